package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// lostAnswers creates an order at a service that loses the first two answers.
func lostAnswers(ctx context.Context, server *licensespringtest.Server, w io.Writer) error {
	const id = "inv-2031-000417"
	_, _ = fmt.Fprintf(w, `1. The answer is lost, twice

A program creates order %s. The service makes it, and then the
connection breaks before the answer is out. The second answer is lost as well.

`, id)

	server.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder).Times(2))
	server.ResetRequests()
	client, err := newClient(server.APIKey(), server.URL())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	res, err := client.CreateOrder(ctx, newOrder(id))
	if err != nil {
		return err
	}

	printBothSides(w, res.Attempts, server.Requests())
	_, _ = fmt.Fprintf(w, `
CreateOrder returned no error, the outcome %q, and the order as it was
made, with the keys %s.
`, res.Outcome, strings.Join(res.Order.LicenseKeys(), " and "))
	if res.Outcome != licensespring.Recovered {
		return fmt.Errorf("the outcome is %q: want %q", res.Outcome, licensespring.Recovered)
	}
	return checkStored(server, id, w)
}

// printBothSides prints what each attempt looked like to the client, and what
// the service did about it. Each of these attempts reached the service.
func printBothSides(w io.Writer, attempts []licensespring.Attempt, requests []licensespringtest.Request) {
	for i, attempt := range attempts {
		_, _ = fmt.Fprintf(w, "  client   %s\n", attempt)
		if i < len(requests) {
			_, _ = fmt.Fprintf(w, "  service  %s\n", did(requests[i]))
		}
	}
}

// did says what the service did with a request.
func did(r licensespringtest.Request) string {
	text := "showed the order"
	switch {
	case r.Changed:
		text = "made the order"
	case r.Status == http.StatusConflict || r.Fault != "" && r.Endpoint == licensespringtest.CreateOrder:
		text = "made nothing: the order's id is taken"
	}
	if r.Fault != "" {
		text += "; its answer was lost"
	}
	return text
}
