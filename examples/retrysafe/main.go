// Command retrysafe shows how the SDK handles a create whose response is lost: it loses
// two responses on purpose, prints the attempts of the call that recovered the order, and
// checks that the service stores the order once. It uses a fake of the service and needs
// no account:
//
//	go run ./examples/retrysafe
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run creates an order while the first two responses are lost.
func run(ctx context.Context, w io.Writer) error {
	const id = "inv-2031-000417"
	_, _ = fmt.Fprintf(w, `A program creates order %s. The service creates it and closes the
connection without a response. The response to the first retry is lost as well.

`, id)
	server := licensespringtest.NewServer(nil)
	defer server.Close()
	server.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder).Times(2))
	client, err := licensespring.New(server.APIKey(), licensespring.WithBaseURL(server.URL()),
		// The default waits are right for a real service.
		licensespring.WithRetryWaits(20*time.Millisecond, 100*time.Millisecond))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	// The id comes from the invoice: the service accepts each id once, which makes a
	// retry safe.
	order := licensespring.NewOrder(id).AddItem("acmecad",
		licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3),
		licensespring.NewLicense().Perpetual())
	res, err := client.CreateOrder(ctx, order)
	if err != nil {
		return err
	}

	printAttempts(w, res.Attempts, server.Requests())
	_, _ = fmt.Fprintf(w, `
CreateOrder returned the outcome %q and the order with the license keys
%s.
`, res.Outcome, strings.Join(res.Order.LicenseKeys(), " and "))
	if stored := server.Orders(); len(stored) != 1 || len(stored[0].Licenses()) != 2 {
		return fmt.Errorf("the service stores %d orders with %d licenses, want 1 with 2", len(stored), server.LicenseCount())
	}
	_, err = fmt.Fprintf(w, "The service stores one order %s with two licenses.\n", id)
	return err
}

// printAttempts prints each attempt as the client recorded it, and the effect of
// its request at the service. Every attempt reached the service.
func printAttempts(w io.Writer, attempts []licensespring.Attempt, requests []licensespringtest.Request) {
	for i, attempt := range attempts {
		_, _ = fmt.Fprintf(w, "  client   %s\n", attempt)
		if i < len(requests) {
			_, _ = fmt.Fprintf(w, "  service  %s\n", effect(requests[i]))
		}
	}
}

// effect describes the effect of a request at the service. The cases exclude each
// other.
func effect(r licensespringtest.Request) string {
	var text string
	switch create := r.Endpoint == licensespringtest.CreateOrder; {
	case create && r.Changed:
		text = "created the order"
	case create && !r.Changed:
		text = "rejected the request: the id exists"
	case !create:
		text = "returned the order"
	}
	if r.Fault != "" {
		text += "; the response was lost"
	}
	return text
}
