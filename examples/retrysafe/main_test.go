package main

import (
	"bytes"
	"context"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// variable matches the waits, which differ between runs.
var variable = regexp.MustCompile(`after [0-9.]+(µs|ms|s)`)

func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	assert.Equal(t, `A program creates order inv-2031-000417. The service creates it and closes the
connection without a response. The response to the first retry is lost as well.

  client   create order #1: sent, connection closed, retry …
  service  created the order; the response was lost
  client   create order #2: sent, connection closed, retry …
  service  rejected the request: the id exists; the response was lost
  client   create order #3: responded 409, rejected, no retry: final response
  service  rejected the request: the id exists
  client   look up order #1: responded 200, ok
  service  returned the order

CreateOrder returned the outcome "recovered" and the order with the license keys
GWK6-VCJM-VZ4Y-LY7H and CYXJ-84WD-9JGA-KW56.
The service stores one order inv-2031-000417 with two licenses.
`, variable.ReplaceAllString(out.String(), "…"))
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, run(ctx, &bytes.Buffer{}), context.Canceled)
}

func TestEffect(t *testing.T) {
	t.Parallel()
	const create, list = licensespringtest.CreateOrder, licensespringtest.ListOrders
	for want, r := range map[string]licensespringtest.Request{
		"created the order":                                          {Endpoint: create, Changed: true, Status: 200},
		"created the order; the response was lost":                   {Endpoint: create, Changed: true, Fault: "drop", Status: 409},
		"rejected the request: the id exists":                        {Endpoint: create, Status: 409},
		"rejected the request: the id exists; the response was lost": {Endpoint: create, Fault: "drop"},
		"returned the order":                                         {Endpoint: list, Status: 200},
		"returned the order; the response was lost":                  {Endpoint: list, Fault: "drop"},
	} {
		assert.Equal(t, want, effect(r))
	}
}
