package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// lostResponses creates an order while the first two responses are lost.
func lostResponses(ctx context.Context, server *licensespringtest.Server, w io.Writer) error {
	const id = "inv-2031-000417"
	_, _ = fmt.Fprintf(w, `1. Two lost responses

A program creates order %s. The service creates it and closes the
connection without a response. The response to the first retry is lost as well.

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

	printAttempts(w, res.Attempts, server.Requests())
	_, _ = fmt.Fprintf(w, `
CreateOrder returned the outcome %q and the order with the license keys
%s.
`, res.Outcome, strings.Join(res.Order.LicenseKeys(), " and "))
	if res.Outcome != licensespring.OutcomeRecovered {
		return fmt.Errorf("outcome %q, want %q", res.Outcome, licensespring.OutcomeRecovered)
	}
	return checkStored(server, id, w)
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
