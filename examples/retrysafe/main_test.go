package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// TestMain runs the worker if the program under test has started the test binary as
// one.
func TestMain(m *testing.M) {
	if os.Getenv(envWorker) != "" {
		os.Exit(run(context.Background(), nil, os.Getenv, os.Stdout, os.Stderr))
	}
	m.Run()
}

func noEnv(string) string { return "" }

// variable matches the output that differs between runs: the waits, and the system's
// text for a killed process.
var variable = regexp.MustCompile(`after [0-9.]+(µs|ms|s)|killed \(.*\)`)

func TestRun(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), nil, noEnv, &stdout, &stderr)

	require.Equal(t, 0, code, stderr.String())
	assert.Empty(t, stderr.String())
	assert.Equal(t, `1. Two lost responses

A program creates order inv-2031-000417. The service creates it and closes the
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

2. A killed process

Another process ensures order inv-2031-000418. It is killed after the service
created the order and before it responded. Then it is started again.

  process  calls EnsureOrder
  service  created the order, has not responded
  process  …

  process  calls EnsureOrder
  process  create order #1: responded 409, rejected, no retry: final response
  process  look up order #1: responded 200, ok
  process  returns with outcome "existing" and the license keys 2U32-RG9G-DXJX-3Q35 and DYN6-UM2R-3953-F36Z

The service stores one order inv-2031-000418 with two licenses.
`, variable.ReplaceAllString(stdout.String(), "…"))
}

func TestNoArguments(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	assert.Equal(t, 2, run(t.Context(), []string{"-x"}, noEnv, &stdout, &stderr))
	assert.Empty(t, stdout.String())
	assert.NotEmpty(t, stderr.String())
}

func TestCheckStored(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	var out bytes.Buffer
	require.EqualError(t, checkStored(srv, "inv-1", &out),
		"order inv-1: the service stores 0 orders with 0 licenses, want 1 order with 2 licenses")

	client, err := newClient(srv.APIKey(), srv.URL())
	require.NoError(t, err)
	_, err = client.CreateOrder(t.Context(), newOrder("inv-1"))
	require.NoError(t, err)
	require.NoError(t, checkStored(srv, "inv-1", &out))
	require.ErrorIs(t, checkStored(srv, "inv-1", brokenPipe{}), errBrokenPipe)

	// Licenses that were added twice.
	_, err = client.CreateOrder(t.Context(), newOrder("inv-1").Appending())
	require.NoError(t, err)
	require.EqualError(t, checkStored(srv, "inv-1", &out),
		"order inv-1: the service stores 1 orders with 4 licenses, want 1 order with 2 licenses")
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

var errBrokenPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBrokenPipe }

// TestWorkerFails checks that the worker reports its errors.
func TestWorkerFails(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	env := map[string]string{envWorker: "inv-1", envKey: "wrong", envBaseURL: srv.URL()}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), nil, func(name string) string { return env[name] }, &stdout, &stderr)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr.String(), "not authorized")

	env[envKey] = ""
	stderr.Reset()
	assert.Equal(t, 1, run(t.Context(), nil, func(name string) string { return env[name] }, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "api_key")
	assert.Empty(t, srv.Orders())
}

// TestWorkerExitsEarly checks that killedProcess fails if the worker exits before the
// service has stored its order.
func TestWorkerExitsEarly(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	srv.Inject(licensespringtest.Status(400))
	var out bytes.Buffer
	err := killedProcess(t.Context(), srv, &out)
	require.ErrorContains(t, err, "exited before it could be killed")
	require.ErrorContains(t, err, "invalid request")
	assert.True(t, strings.HasPrefix(out.String(), "\n2. "))
}
