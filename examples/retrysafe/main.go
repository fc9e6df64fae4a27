// Command retrysafe shows what becomes of an order whose answer is lost. It
// needs no account: it runs against a fake of the service, which loses answers
// on request.
//
//	go run ./examples/retrysafe
//
// The first part loses the answer to a create, twice, and prints how the call
// recovered the order, attempt by attempt. The second part kills a process
// between its request and the answer, and runs it again. In both, the fake is
// asked in the end what it holds: one order, with just the licenses asked for.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program. It returns the exit code: 0 if both parts ended as
// they should.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		_, _ = fmt.Fprintln(stderr, "Retrysafe takes no arguments.")
		return 2
	}
	// The second part starts this program again, as the process that dies.
	if getenv(envWorker) != "" {
		return worker(ctx, getenv, stdout, stderr)
	}

	server := licensespringtest.NewServer(nil)
	defer server.Close()
	for _, part := range []func(context.Context, *licensespringtest.Server, io.Writer) error{lostAnswers, killedProcess} {
		if err := part(ctx, server, stdout); err != nil {
			_, _ = fmt.Fprintln(stderr, err)
			return 1
		}
	}
	return 0
}

// newClient returns a client as a billing program would use it, but for its
// waits: nobody wants to watch half a second pass.
func newClient(key, baseURL string) (*licensespring.Client, error) {
	return licensespring.New(key,
		licensespring.WithBaseURL(baseURL),
		licensespring.WithRetryWaits(20*time.Millisecond, 100*time.Millisecond),
	)
}

// newOrder returns what was bought. It has an id of its own, taken from the
// invoice: the service gives each id away only once.
func newOrder(id string) *licensespring.Order {
	return licensespring.NewOrder(id).
		AddItem("acme-cad",
			licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3),
			licensespring.NewLicense().Perpetual(),
		)
}

// checkStored asks the fake what it holds of an order, which is the truth
// whatever a client was told: once, with the two licenses asked for.
func checkStored(server *licensespringtest.Server, id string, w io.Writer) error {
	var orders, licenses int
	for _, order := range server.Orders() {
		if order.StoreID == id {
			orders, licenses = orders+1, licenses+len(order.Licenses())
		}
	}
	if orders != 1 || licenses != 2 {
		return fmt.Errorf("the service holds %d orders %s with %d licenses: want one with two", orders, id, licenses)
	}
	_, err := fmt.Fprintf(w, "The service holds one order %s, with the two licenses asked for.\n", id)
	return err
}
