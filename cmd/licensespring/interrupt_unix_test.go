//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// importOrders are the arguments of an import of 400 orders with 1066 licenses.
func importOrders(results string) []string {
	return []string{"order", "import", "--generate", "400", "--rate-limit", "none", "--concurrency", "4", "--out", results}
}

// command returns a command with the environment of a fake.
func (f *fakeProcess) command(t *testing.T, binary string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = f.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	return cmd, &stderr
}

// waitForLines waits until a file has a number of lines.
func waitForLines(t *testing.T, name string, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		content, err := os.ReadFile(name)
		return err == nil && bytes.Count(content, []byte("\n")) >= n
	}, 3*time.Minute, time.Millisecond)
}

// storedOrders returns the number of orders and licenses in a saved state.
func storedOrders(t *testing.T, name string) (orders, licenses int) {
	t.Helper()
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	var state struct {
		Orders []struct {
			StoreID  string                                 `json:"store_id"`
			Requests [][]byte                               `json:"requests"`
			Items    []struct{ Licenses []json.RawMessage } `json:"items"`
		} `json:"orders"`
	}
	require.NoError(t, json.Unmarshal(content, &state))
	for _, o := range state.Orders {
		assert.Len(t, o.Requests, 1, o.StoreID)
		for _, i := range o.Items {
			licenses += len(i.Licenses)
		}
	}
	return len(state.Orders), licenses
}

// TestInterruptedImport interrupts an import with a signal, and runs it again. A second
// signal at the same time, such as those of timeout(1) to the program and its group, is
// not another interrupt.
func TestInterruptedImport(t *testing.T) {
	t.Parallel()
	binary := build(t)
	dir := t.TempDir()
	state, results := filepath.Join(dir, "state.json"), filepath.Join(dir, "results.jsonl")
	fake := startFake(t, binary, "--listen", "127.0.0.1:0", "--control", "none", "--state", state,
		"--fault", "delay-after,duration=5ms,on=create_order,forever=true")
	cmd, stderr := fake.command(t, binary, importOrders(results)...)
	require.NoError(t, cmd.Start())
	waitForLines(t, results, 20)
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	assert.Equal(t, exit.Interrupted, cmd.ProcessState.ExitCode(), stderr.String())
	assert.Contains(t, stderr.String(), "Interrupted: waiting up to 15s for the orders in flight.")

	cmd, stderr = fake.command(t, binary, importOrders(results)...)
	require.NoError(t, cmd.Run(), stderr.String())
	assert.Contains(t, stderr.String(), "existing")
	fake.stop()
	assert.Contains(t, fake.said.String(), "Stored: 400 orders with 1066 licenses.")
	orders, licenses := storedOrders(t, state)
	assert.Equal(t, 400, orders)
	assert.Equal(t, 1066, licenses)
}

// TestSecondInterrupt checks that a second signal ends the program at once.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	binary := build(t)
	results := filepath.Join(t.TempDir(), "results.jsonl")
	fake := startFake(t, binary, "--listen", "127.0.0.1:0", "--control", "none", "--fault", "stall-after,on=create_order,nth=10,forever=true")
	cmd := exec.CommandContext(t.Context(), binary, importOrders(results)...)
	cmd.Env = fake.env
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	waitForLines(t, results, 5)
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	var said strings.Builder
	for !strings.Contains(said.String(), "Press Ctrl-C again") {
		part := make([]byte, 100)
		n, err := stderr.Read(part)
		require.NoError(t, err)
		said.Write(part[:n])
	}
	<-time.After(2 * repeatDelay)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	start := time.Now()
	require.Error(t, cmd.Wait())
	assert.Equal(t, exit.Unknown, cmd.ProcessState.ExitCode())
	assert.Less(t, time.Since(start), 10*time.Second, "the grace period is 15 s")
}

// TestClosedPipe lets the reader of the output end early: what was begun is completed and
// reported all the same.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	binary := build(t)
	fake := startFake(t, binary, "--listen", "127.0.0.1:0", "--control", "none")
	closed := func(args ...string) string {
		reader, writer, err := os.Pipe()
		require.NoError(t, err)
		require.NoError(t, reader.Close())
		defer func() { _ = writer.Close() }()
		cmd, stderr := fake.command(t, binary, args...)
		cmd.Stdout = writer
		require.Error(t, cmd.Run())
		assert.Equal(t, exit.Failed, cmd.ProcessState.ExitCode(), stderr.String())
		return stderr.String()
	}
	create := []string{"order", "create", "o-1", "--product", "acmecad", "--licenses", "20"}
	assert.Contains(t, closed(create...), `cannot write the output (order "o-1": created): `)
	for _, format := range []string{"jsonl", "table"} {
		said := closed("license", "disable", "--all", "--yes", "-o", format)
		assert.Contains(t, said, "20 licenses: 20 ")
		assert.Contains(t, said, "cannot write the output")
		assert.Equal(t, 20, strings.Count(said, `"outcome":`), "the results are on standard error")
	}
}

// TestKilledFake kills the fake during an import, and resumes both.
func TestKilledFake(t *testing.T) {
	t.Parallel()
	binary := build(t)
	dir := t.TempDir()
	state, results := filepath.Join(dir, "state.json"), filepath.Join(dir, "results.jsonl")
	args := []string{"--control", "none", "--state", state}
	fake := startFake(t, binary, append(args, "--listen", "127.0.0.1:0", "--fault", "delay-after,duration=5ms,on=create_order,forever=true")...)
	cmd, stderr := fake.command(t, binary, append(importOrders(results), "--timeout", "1s")...)
	require.NoError(t, cmd.Start())
	waitForLines(t, results, 20)
	require.NoError(t, fake.cmd.Process.Kill())
	fake.wait()
	require.Error(t, cmd.Wait())
	// Orders in flight may have been created. The others are not sent.
	assert.Contains(t, []int{exit.NotSent, exit.Unknown}, cmd.ProcessState.ExitCode(), stderr.String())

	again := startFake(t, binary, append(args, "--listen", fake.address)...)
	cmd, stderr = again.command(t, binary, importOrders(results)...)
	require.NoError(t, cmd.Run(), stderr.String())
	again.stop()
	orders, licenses := storedOrders(t, state)
	assert.Equal(t, 400, orders)
	assert.Equal(t, 1066, licenses)
}

// TestUnreachable checks the exit code of a read and of a write.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	binary := build(t)
	fake := startFake(t, binary, "--listen", "127.0.0.1:0", "--control", "none")
	fake.stop()
	for _, args := range [][]string{{"order", "list"}, {"order", "create", "o-1", "--product", "acmecad"}} {
		cmd, stderr := fake.command(t, binary, append(args, "--timeout", "300ms")...)
		require.Error(t, cmd.Run())
		assert.Equal(t, exit.NotSent, cmd.ProcessState.ExitCode(), stderr.String())
	}
}

// TestKeyPipe names a pipe without a writer as the key file.
func TestKeyPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "key")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, build(t), "order", "list", "--key-file", pipe)
	require.Error(t, cmd.Run())
	assert.Equal(t, exit.Usage, cmd.ProcessState.ExitCode())
}
