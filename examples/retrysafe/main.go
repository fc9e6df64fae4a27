// Command retrysafe shows how the SDK handles an order whose response is lost. It
// needs no account: it uses a fake of the service with injected faults.
//
//	go run ./examples/retrysafe
//
// The first part loses the response to a create twice, and prints the attempts of
// the call that recovered the order. The second part kills a process after the
// service created its order and before it responded, and starts the process again.
// Both parts end with a check that the fake stores one order with two licenses.
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

// run runs both parts, or the worker process of the second one. It returns the exit
// code.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		_, _ = fmt.Fprintln(stderr, "Retrysafe takes no arguments.")
		return 2
	}
	if getenv(envWorker) != "" {
		return runWorker(ctx, getenv, stdout, stderr)
	}

	server := licensespringtest.NewServer(nil)
	defer server.Close()
	for _, part := range []func(context.Context, *licensespringtest.Server, io.Writer) error{lostResponses, killedProcess} {
		if err := part(ctx, server, stdout); err != nil {
			_, _ = fmt.Fprintln(stderr, err)
			return 1
		}
	}
	return 0
}

// newClient returns a client with short waits between attempts. The defaults are
// right for a real service.
func newClient(key, baseURL string) (*licensespring.Client, error) {
	return licensespring.New(key,
		licensespring.WithBaseURL(baseURL),
		licensespring.WithRetryWaits(20*time.Millisecond, 100*time.Millisecond),
	)
}

// newOrder returns an order with two licenses. The id comes from the invoice: the
// service accepts each id once, which makes a retry safe.
func newOrder(id string) *licensespring.Order {
	return licensespring.NewOrder(id).
		AddItem("acmecad",
			licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3),
			licensespring.NewLicense().Perpetual(),
		)
}

// checkStored checks that the fake stores the order once, with two licenses.
func checkStored(server *licensespringtest.Server, id string, w io.Writer) error {
	var orders, licenses int
	for _, order := range server.Orders() {
		if order.StoreID == id {
			orders, licenses = orders+1, licenses+len(order.Licenses())
		}
	}
	if orders != 1 || licenses != 2 {
		return fmt.Errorf("order %s: the service stores %d orders with %d licenses, want 1 order with 2 licenses", id, orders, licenses)
	}
	_, err := fmt.Fprintf(w, "The service stores one order %s with two licenses.\n", id)
	return err
}
