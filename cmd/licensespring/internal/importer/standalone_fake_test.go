package importer

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

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// TestServe runs the example in import.md: a standalone fake, an interrupted import
// and the same import again.
func TestServe(t *testing.T) {
	t.Parallel()
	serving, stop := context.WithCancel(t.Context())
	defer stop()
	stderrReader, stderrWriter := io.Pipe()
	var (
		fake   sync.WaitGroup
		stored bytes.Buffer
		code   int
	)
	fake.Go(func() {
		code = runCommand(serving, []string{"--serve", "127.0.0.1:0", "--faults"}, nil, nil, &stored, stderrWriter)
		_ = stderrWriter.Close()
	})
	env := make(map[string]string)
	lines := bufio.NewScanner(stderrReader)
	for len(env) < 2 && lines.Scan() {
		if export, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			name, value, _ := strings.Cut(export, "=")
			env[name] = value
		}
	}
	require.Len(t, env, 2)
	getenv := environmentOf(env[envKey], env[envBaseURL])

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	args := []string{"--generate", "300", "--rate-limit", "none"}
	first := &interrupter{after: 100, interrupt: cancel}
	assert.Equal(t, exit.Interrupted, runCommand(ctx, args, getenv, nil, first, io.Discard))
	var stderr bytes.Buffer
	for n := 0; runCommand(t.Context(), args, getenv, nil, io.Discard, &stderr) != exit.Done; n++ {
		require.Less(t, n, 5, stderr.String())
	}

	stop()
	var rest strings.Builder
	for lines.Scan() {
		rest.WriteString(lines.Text() + "\n")
	}
	fake.Wait()
	assert.Equal(t, exit.Done, code)
	assert.Equal(t, "The fake stores 300 orders with 800 licenses.\n", rest.String())
	licensesOf := make(map[string]int)
	for line := range strings.Lines(stored.String()) {
		var order storedOrder
		require.NoError(t, json.Unmarshal([]byte(line), &order))
		require.NotContains(t, licensesOf, order.ID)
		licensesOf[order.ID] = order.Licenses
	}
	for n := 1; n <= 300; n++ {
		want := sample(n).order()
		licenses := 0
		for i := range want.Items {
			licenses += len(want.Items[i].Licenses)
		}
		assert.Equal(t, licenses, licensesOf[want.ID], want.ID)
	}
	assert.Len(t, licensesOf, 300)
}
