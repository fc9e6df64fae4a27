package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPruneResults(t *testing.T) {
	t.Parallel()
	r := startServe(t, env(), "-result-ttl", "8760h")
	code, _, stderr := r.command("enqueue", file(t, `{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(1, 0)
	for _, tt := range []struct{ before, out string }{
		{"2026-01-31", "0 results removed\n"},
		{"1h", "0 results removed\n"},
		{time.Now().Add(time.Hour).Format(time.RFC3339), "1 results removed\n"},
	} {
		code, out, stderr := r.command("results", "prune", "-before", tt.before)
		assert.Equal(t, exitOK, code, stderr)
		assert.Equal(t, tt.out, out, tt.before)
	}
	r.waitUntilEmpty(0, 0)
	for _, args := range [][]string{
		{"results"},
		{"results", "prune"}, // a default would remove results by accident
		{"results", "prune", "-before", "yesterday"},
		{"results", "prune", "-before", "-1h"}, // in the future
	} {
		code, _, _ := r.command(args...)
		assert.NotEqual(t, exitOK, code, args)
	}
}
