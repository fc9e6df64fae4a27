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

// TestMain lets the test binary be the process that is killed: the program
// starts itself again, and here it is the test.
func TestMain(m *testing.M) {
	if os.Getenv(envWorker) != "" {
		os.Exit(run(context.Background(), nil, os.Getenv, os.Stdout, os.Stderr))
	}
	m.Run()
}

func noEnv(string) string { return "" }

// changing is what is not the same each time: the waits, and how a system says
// that a process was killed.
var changing = regexp.MustCompile(`after [0-9.]+(µs|ms|s)|dead \(.*\)`)

func TestRun(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), nil, noEnv, &stdout, &stderr)

	require.Equal(t, 0, code, stderr.String())
	assert.Empty(t, stderr.String())
	assert.Equal(t, `1. The answer is lost, twice

A program creates order inv-2031-000417. The service makes it, and then the
connection breaks before the answer is out. The second answer is lost as well.

  client   create order #1: sent, connection cut, sent again …
  service  made the order; its answer was lost
  client   create order #2: sent, connection cut, sent again …
  service  made nothing: the order's id is taken; its answer was lost
  client   create order #3: answered 409, refused, not sent again: the answer is final
  service  made nothing: the order's id is taken
  client   look up order #1: answered 200
  service  showed the order

CreateOrder returned no error, the outcome "recovered", and the order as it was
made, with the keys GWK6-VCJM-VZ4Y-LY7H and CYXJ-84WD-9JGA-KW56.
The service holds one order inv-2031-000417, with the two licenses asked for.

2. The process is killed between its request and the answer

Another process ensures order inv-2031-000418. It is killed when the service
has made the order, before the answer is out. Then it is started again and
knows nothing of its first life.

  process  calls EnsureOrder
  service  made the order, and has not answered yet
  process  is …

  process  calls EnsureOrder
  process  create order #1: answered 409, refused, not sent again: the answer is final
  process  look up order #1: answered 200
  process  has the order, outcome "existing", keys 2U32-RG9G-DXJX-3Q35 and DYN6-UM2R-3953-F36Z

The service holds one order inv-2031-000418, with the two licenses asked for.
`, changing.ReplaceAllString(stdout.String(), "…"))
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
		"the service holds 0 orders inv-1 with 0 licenses: want one with two")

	client, err := newClient(srv.APIKey(), srv.URL())
	require.NoError(t, err)
	_, err = client.CreateOrder(t.Context(), newOrder("inv-1"))
	require.NoError(t, err)
	require.NoError(t, checkStored(srv, "inv-1", &out))
	require.ErrorIs(t, checkStored(srv, "inv-1", brokenPipe{}), errBrokenPipe)

	// An append that was sent twice is what must not happen.
	_, err = client.CreateOrder(t.Context(), newOrder("inv-1").Appending())
	require.NoError(t, err)
	require.EqualError(t, checkStored(srv, "inv-1", &out),
		"the service holds 1 orders inv-1 with 4 licenses: want one with two")
}

var errBrokenPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBrokenPipe }

// The worker reports what goes wrong, and the parent passes it on.
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

// A process that ends before the service has stored anything is no story of a
// killed one.
func TestProcessThatFails(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	srv.Inject(licensespringtest.Status(400))
	var out bytes.Buffer
	err := killedProcess(t.Context(), srv, &out)
	require.ErrorContains(t, err, "ended before it could be killed")
	require.ErrorContains(t, err, "invalid request")
	assert.True(t, strings.HasPrefix(out.String(), "\n2. "))
}
