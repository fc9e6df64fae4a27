package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// interrupter is where a run writes its results, and interrupts it after some.
type interrupter struct {
	mu        sync.Mutex
	after     int
	interrupt func()
	text      bytes.Buffer
}

func (i *interrupter) Write(p []byte) (int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.after--; i.after == 0 {
		i.interrupt()
	}
	return i.text.Write(p)
}

// interrupted runs the program and interrupts it after a number of results.
func interrupted(t *testing.T, srv *licensespringtest.Server, input string, after int, args ...string) ending {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	results := &interrupter{after: after, interrupt: cancel}
	var stderr bytes.Buffer
	code := run(ctx, args, environment(srv), strings.NewReader(input), results, &stderr)
	return ending{code: code, stdout: results.text.String(), stderr: stderr.String()}
}

// smallOrders returns n orders of one to three licenses as JSON Lines.
func smallOrders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"o-%d","items":[{"product_code":"acme-cad","licenses":[{}%s]}]}`+"\n", i, strings.Repeat(",{}", i%3))
	}
	return b.String()
}

// requireBooks asks the fake, which holds the truth: each order is there once, as
// it was asked for, and no other is.
func requireBooks(t *testing.T, srv *licensespringtest.Server, orders int) {
	t.Helper()
	books := make(map[string]int)
	for _, order := range srv.Orders() {
		// Not require.Contains, which looks at every key.
		require.Zero(t, books[order.StoreID], "%s is there twice", order.StoreID)
		books[order.StoreID] = len(order.Licenses())
		require.Len(t, order.Requests, 1, "requests that made something of %s", order.StoreID)
	}
	require.Len(t, books, orders)
	for i := range orders {
		require.Equal(t, 1+i%3, books[fmt.Sprintf("o-%d", i)], "licenses of o-%d", i)
	}
}

// requireTold asks whether the results of a run tell of everything that the fake
// holds after it.
func requireTold(t *testing.T, srv *licensespringtest.Server, results string) {
	t.Helper()
	told := make(map[string]string)
	for _, r := range readResults(t, results) {
		require.Empty(t, told[r.ID], "%s has two results", r.ID)
		told[r.ID] = r.Outcome
	}
	books := make(map[string]bool)
	for _, order := range srv.Orders() {
		books[order.StoreID] = true
		require.Contains(t, []string{"created", "recovered", "existing", "unknown"}, told[order.StoreID],
			"%s was made, and nobody was told", order.StoreID)
	}
	for id, outcome := range told {
		if outcome != "unknown" && outcome != "not sent" {
			require.True(t, books[id], "%s is %s, and is not there", id, outcome)
		}
	}
}

func TestInterruptedAnywhereAndRunAgain(t *testing.T) {
	t.Parallel()
	const orders = 150
	input := smallOrders(orders)
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			srv := licensespringtest.NewServer(t)
			srv.Inject(faultMix()...)
			args := []string{"-f", "-", "-plan", "unlimited", "-concurrency", fmt.Sprint(1 + random.IntN(16)), "-grace", "1m"}
			first := interrupted(t, srv, input, 1+random.IntN(orders-50), args...)
			require.Equal(t, exitInterrupted, first.code, first.stderr)
			require.Contains(t, first.stderr, "Interrupted: the orders under way have 1m0s to end.")
			require.Contains(t, first.stderr, "Interrupted. Run the same again")
			requireTold(t, srv, first.stdout)
			require.Less(t, len(srv.Orders()), orders)
			if seed%2 == 0 { // go on where it said
				if _, line, ok := strings.Cut(first.stderr, "-from "); ok {
					line, _, _ = strings.Cut(line, " ")
					args = append(args, "-from", line)
				}
			}
			runUntilDone(t, srv, input, args)
			requireBooks(t, srv, orders)
		})
	}
}

// runUntilDone runs an import as often as it says that this would help.
func runUntilDone(t *testing.T, srv *licensespringtest.Server, input string, args []string) {
	t.Helper()
	const most = 5
	for n := range most {
		again := runWith(t.Context(), srv, input, args...)
		if !slices.Contains(args, "-from") {
			requireTold(t, srv, again.stdout)
		}
		if again.code == exitDone {
			return
		}
		require.Contains(t, []int{exitNotSent, exitUnknown}, again.code, again.stderr)
		t.Logf("run %d: %s", n, again.stderr)
	}
	require.Fail(t, "it does not come to an end")
}

func TestManyOrdersInterruptedHalfwayAndRunAgain(t *testing.T) {
	t.Parallel()
	orders := 20_000
	if testing.Short() || raceEnabled {
		orders = 2_000
	}
	input := smallOrders(orders)
	srv := licensespringtest.NewServer(t, licensespringtest.WithJournalLimit(1))
	srv.Inject(faultMix()...)
	args := []string{"-f", "-", "-plan", "unlimited", "-concurrency", "16", "-grace", "1m"}
	first := interrupted(t, srv, input, orders/2, args...)
	require.Equal(t, exitInterrupted, first.code, first.stderr)
	requireTold(t, srv, first.stdout)
	made := len(srv.Orders())
	require.GreaterOrEqual(t, made, orders/2-50)
	require.LessOrEqual(t, made, orders/2+50, "no further order is taken")
	runUntilDone(t, srv, input, args)
	requireBooks(t, srv, orders)
}

// Orders that do not end in time are cut off, said to be unknown, and settled by
// the next run.
func TestGrace(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv.Inject(licensespringtest.Custom(func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(discard{}, r)
		cancel()
		<-r.Context().Done() // never an answer
	}).On(licensespringtest.CreateOrder).Times(2))
	var stdout, stderr bytes.Buffer
	start := time.Now()
	args := []string{"-f", "-", "-concurrency", "2", "-grace", "50ms"}
	code := run(ctx, args, environment(srv), strings.NewReader(smallOrders(100)), &stdout, &stderr)
	assert.Equal(t, exitInterrupted, code, stderr.String())
	assert.Less(t, time.Since(start), 10*time.Second, "the attempts had 30 seconds")
	assert.Contains(t, stdout.String(), `"outcome":"unknown"`)
	requireTold(t, srv, stdout.String())

	again := runWith(t.Context(), srv, smallOrders(100), "-f", "-", "-plan", "unlimited")
	assert.Equal(t, exitDone, again.code, again.stderr)
	requireBooks(t, srv, 100)
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

// A pipe into which nobody writes must not keep the program from ending.
func TestInterruptedWhileItWaitsForInput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-f", "-"}, {"-f", "-", "-dry-run"}, {"-f", "-", "-format", "csv"}} {
		srv := licensespringtest.NewServer(t)
		reader, writer := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		results := &interrupter{after: 1, interrupt: cancel}
		var written sync.WaitGroup
		written.Go(func() {
			if args[len(args)-1] == "csv" { // not even a header row
				cancel()
				return
			}
			_, _ = io.WriteString(writer, smallOrders(1)) // and then nothing
		})
		var stderr bytes.Buffer
		code := run(ctx, args, environment(srv), reader, results, &stderr)
		assert.Equal(t, exitInterrupted, code, stderr.String())
		written.Wait()
		require.NoError(t, writer.Close()) // lets the goroutine end that waits
	}
}

func TestInterruptibleReader(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("0123456789", 50_000)
	got, err := io.ReadAll(interruptible(t.Context(), strings.NewReader(text)))
	require.NoError(t, err)
	assert.Equal(t, text, string(got))
	_, err = io.ReadAll(interruptible(t.Context(), io.MultiReader(strings.NewReader(text), brokenReader{})))
	require.EqualError(t, err, "broken disk")
}
