package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What README.md shows: a fake that stays, an import that is interrupted, and
// the same import again.
func TestServe(t *testing.T) {
	t.Parallel()
	serving, stop := context.WithCancel(t.Context())
	defer stop()
	said, says := io.Pipe()
	var (
		fake  sync.WaitGroup
		books bytes.Buffer
		code  int
	)
	fake.Go(func() {
		code = run(serving, []string{"-serve", "127.0.0.1:0", "-faults"}, environmentOf("", ""), nil, &books, says)
		_ = says.Close()
	})
	env := make(map[string]string)
	lines := bufio.NewScanner(said)
	for len(env) < 2 && lines.Scan() {
		if export, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			name, value, _ := strings.Cut(export, "=")
			env[name] = value
		}
	}
	require.Len(t, env, 2)
	getenv := func(name string) string { return env[name] }

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	args := []string{"-generate", "300", "-plan", "unlimited"}
	first := &interrupter{after: 100, interrupt: cancel}
	assert.Equal(t, exitInterrupted, run(ctx, args, getenv, nil, first, io.Discard))
	var stderr bytes.Buffer
	for n := 0; run(t.Context(), args, getenv, nil, io.Discard, &stderr) != exitDone; n++ {
		require.Less(t, n, 5, stderr.String())
	}

	stop()
	var rest strings.Builder
	for lines.Scan() {
		rest.WriteString(lines.Text() + "\n")
	}
	fake.Wait()
	assert.Equal(t, exitDone, code)
	assert.Equal(t, "The fake holds 300 orders with 800 licenses.\n", rest.String())
	held := make(map[string]int)
	for line := range strings.Lines(books.String()) {
		var b booked
		require.NoError(t, json.Unmarshal([]byte(line), &b))
		require.NotContains(t, held, b.ID)
		held[b.ID] = b.Licenses
	}
	for n := 1; n <= 300; n++ {
		order := sample(n).order()
		licenses := 0
		for i := range order.Items {
			licenses += len(order.Items[i].Licenses)
		}
		assert.Equal(t, licenses, held[order.ID], order.ID)
	}
	assert.Len(t, held, 300)
}
