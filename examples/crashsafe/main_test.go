package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// TestMain runs the worker if the program under test has started the test binary as
// one.
func TestMain(m *testing.M) {
	if os.Getenv(envWorker) != "" {
		os.Exit(runWorker(context.Background(), os.Getenv, os.Stdout, os.Stderr))
	}
	m.Run()
}

// variable matches the system's text for a killed process.
var variable = regexp.MustCompile(`killed \(.*\)`)

func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), licensespringtest.NewServer(t), &out))
	assert.Equal(t, `Another process ensures order inv-2031-000418. It is killed after the service
created the order and before it responded. Then it is started again.

  process  calls EnsureOrder
  service  created the order, has not responded
  process  …

  process  calls EnsureOrder
  process  create order #1: responded 409, rejected, no retry: final response
  process  look up order #1: responded 200, ok
  process  returns with outcome "existing" and the license keys GWK6-VCJM-VZ4Y-LY7H and CYXJ-84WD-9JGA-KW56

The service stores one order inv-2031-000418 with two licenses.
`, variable.ReplaceAllString(out.String(), "…"))
}

// TestWorkerFails checks that the worker reports its errors.
func TestWorkerFails(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	env := map[string]string{envWorker: "inv-1", envKey: "wrong", envBaseURL: srv.URL()}
	var stdout, stderr bytes.Buffer
	code := runWorker(t.Context(), func(name string) string { return env[name] }, &stdout, &stderr)
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr.String(), "not authorized")

	env[envKey] = ""
	stderr.Reset()
	assert.Equal(t, 1, runWorker(t.Context(), func(name string) string { return env[name] }, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "api_key")
	assert.Empty(t, srv.Orders())
}

// TestWorkerExitsEarly checks that run fails if the worker exits before the
// service has stored its order.
func TestWorkerExitsEarly(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	srv.Inject(licensespringtest.Status(400))
	var out bytes.Buffer
	err := run(t.Context(), srv, &out)
	require.ErrorContains(t, err, "exited before it could be killed")
	require.ErrorContains(t, err, "invalid request")
}
