package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var duration = regexp.MustCompile(`\b[0-9.]+(µs|ms|s)\b`)

// TestRun compares the tree with the README, except for the durations and attributes.
func TestRun(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, want, ok := strings.Cut(string(readme), "```text\n")
	require.True(t, ok)
	want, _, _ = strings.Cut(want, "```\n")

	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	var spans, attributes strings.Builder
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, " = ") {
			attributes.WriteString(line)
		} else {
			spans.WriteString(line)
		}
	}
	assert.Equal(t, duration.ReplaceAllString(want, "T"), duration.ReplaceAllString(spans.String(), "T"))
	assert.Contains(t, attributes.String(), "   │  licensespring.outcome = recovered\n")
	assert.Contains(t, attributes.String(), "         http.response.status_code = 200\n")
}

// TestRunCanceled checks that the spans are printed even if the context is canceled.
func TestRunCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out strings.Builder
	require.ErrorIs(t, run(ctx, &out), context.Canceled)
	assert.Contains(t, out.String(), "licensespring.outcome = not_sent")
}
