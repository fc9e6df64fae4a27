package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func output(t *testing.T, showPasswords bool) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	require.NoError(t, run(t.Context(), &stdout, &stderr, showPasswords))
	assert.Contains(t, stderr.String(), "Using a fake of the service at http://127.0.0.1:")
	return stdout.String()
}

func TestRun(t *testing.T) {
	t.Parallel()
	stdout := output(t, false)
	for _, want := range []string{
		"Order inv-2031-000417: created\n  id        1659826094882456\n",
		"ada@example.com · Ada Lovelace · Analytical Engines",
		"   1. key AB2C-D3EF-GH4J-K5MN   perpetual  \"key set by the caller\"\n      inactive, enabled, 0 of 1 activation\n" +
			"      features render, export\n      id 1659826094883898\n",
		"time-limited 1y until 2032-01-01",
		"time-limited 30d, trial",
		"virtual machines not allowed",
		"maintenance until 2033-03-01",
		"subscription sub-4711",
		"floating for 5 users",
		"      feature render\n",
		`metadata {"cost_center":"R&D","seats":12}`,
		"0 of 5 activations",
		"at most 1000 consumptions",
		"feature calls (at most 33 consumptions)",
		"grace@example.com, initial password [redacted]",
		"ada@example.com, manager, initial password [redacted]",
		"Warnings: none.\nAttempts:\n  create order #1: responded 200, ok\n",
	} {
		assert.Contains(t, stdout, want)
	}
	assert.NotContains(t, stdout, "0x", "a pointer")
	assert.Contains(t, stdout, "-show-passwords prints them")

	shown := output(t, true)
	assert.NotContains(t, shown, "[redacted]")
	assert.NotContains(t, shown, "-show-passwords")
}

// TestReadme compares the output in README.md, which omits some lines.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(readme), "go run ./examples/createorder\n")
	_, rest, _ = strings.Cut(rest, "```text\n")
	shown, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	stdout := output(t, false)
	for part := range strings.SplitSeq(shown, "   …\n") {
		assert.Contains(t, stdout, part)
	}
}

// TestOrder checks that the order contains every license type.
func TestOrder(t *testing.T) {
	t.Parallel()
	order := newOrder()
	assert.Empty(t, order.Check())
	kinds := make(map[licensespring.LicenseType]bool)
	for _, item := range order.Items {
		for i := range item.Licenses {
			kinds[item.Licenses[i].LicenseType] = true
		}
	}
	for _, kind := range []licensespring.LicenseType{
		licensespring.TimeLimited, licensespring.Perpetual, licensespring.Consumption, licensespring.Subscription, "",
	} {
		assert.True(t, kinds[kind], string(kind))
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	var stderr bytes.Buffer
	require.ErrorIs(t, run(canceled, &stderr, &stderr, false), context.Canceled)
	require.ErrorIs(t, run(t.Context(), brokenPipe{}, &stderr, false), errBrokenPipe)
}

var errBrokenPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBrokenPipe }
