package importer

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

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/fake"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// interrupter is a writer that interrupts the run after a number of results.
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
func interrupted(t *testing.T, srv *licensespringtest.Server, input string, after int, args ...string) runResult {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	results := &interrupter{after: after, interrupt: cancel}
	var stderr bytes.Buffer
	code := runCommand(ctx, args, environmentOf(srv), strings.NewReader(input), results, &stderr)
	return runResult{code: code, stdout: results.text.String(), stderr: stderr.String()}
}

// smallOrders returns n orders of one to three licenses as JSON Lines.
func smallOrders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"o-%d","items":[{"product_code":"acmecad","licenses":[{}%s]}]}`+"\n", i, strings.Repeat(",{}", i%3))
	}
	return b.String()
}

// requireStored checks that the fake stores each order once, with its licenses, and
// no other order.
func requireStored(t *testing.T, srv *licensespringtest.Server, orders int) {
	t.Helper()
	stored := make(map[string]int)
	for _, order := range srv.Orders() {
		// Not require.NotContains, which is linear.
		require.Zero(t, stored[order.StoreID], "%s is stored twice", order.StoreID)
		stored[order.StoreID] = len(order.Licenses())
		require.Len(t, order.Requests, 1, "requests that changed %s", order.StoreID)
	}
	require.Len(t, stored, orders)
	for i := range orders {
		require.Equal(t, 1+i%3, stored[fmt.Sprintf("o-%d", i)], "licenses of o-%d", i)
	}
}

// requireReported checks that the results of a run contain every order that the fake
// stores.
func requireReported(t *testing.T, srv *licensespringtest.Server, results string) {
	t.Helper()
	reported := make(map[string]string)
	for _, r := range readResults(t, results) {
		require.Empty(t, reported[r.ID], "%s has two results", r.ID)
		reported[r.ID] = r.Outcome
	}
	stored := make(map[string]bool)
	for _, order := range srv.Orders() {
		stored[order.StoreID] = true
		require.Contains(t, []string{"created", "recovered", "existing", "unknown"}, reported[order.StoreID],
			"%s was stored and not reported", order.StoreID)
	}
	for id, outcome := range reported {
		if outcome != "unknown" && outcome != "not sent" {
			require.True(t, stored[id], "%s is %s, and is not stored", id, outcome)
		}
	}
}

func TestResumeAfterInterrupt(t *testing.T) {
	t.Parallel()
	const orders = 150
	input := smallOrders(orders)
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0))
			srv := licensespringtest.NewServer(t)
			srv.Inject(fake.RandomFaults()...)
			args := []string{"-f", "-", "--rate-limit", "none", "--concurrency", fmt.Sprint(1 + random.IntN(16)), "--grace", "1m"}
			first := interrupted(t, srv, input, 1+random.IntN(orders-50), args...)
			require.Equal(t, exit.Interrupted, first.code, first.stderr)
			require.Contains(t, first.stderr, "Interrupted: waiting up to 1m0s for the orders in flight.")
			require.Contains(t, first.stderr, "Interrupted. Run the same command again")
			requireReported(t, srv, first.stdout)
			require.Less(t, len(srv.Orders()), orders)
			if seed%2 == 0 { // start at the line that the message names
				if _, line, ok := strings.Cut(first.stderr, "--from "); ok {
					line, _, _ = strings.Cut(line, " ")
					args = append(args, "--from", line)
				}
			}
			runUntilDone(t, srv, input, args)
			requireStored(t, srv, orders)
		})
	}
}

// runUntilDone repeats an import until its exit code is 0.
func runUntilDone(t *testing.T, srv *licensespringtest.Server, input string, args []string) {
	t.Helper()
	const maxRuns = 5
	for n := range maxRuns {
		next := runWith(t.Context(), srv, input, args...)
		if !slices.Contains(args, "--from") {
			requireReported(t, srv, next.stdout)
		}
		if next.code == exit.Done {
			return
		}
		require.Contains(t, []int{exit.NotSent, exit.Unknown}, next.code, next.stderr)
		t.Logf("run %d: %s", n, next.stderr)
	}
	require.Fail(t, "the import does not complete")
}

func TestResumeManyOrders(t *testing.T) {
	t.Parallel()
	orders := 20_000
	if testing.Short() || raceEnabled {
		orders = 1_000
	}
	input := smallOrders(orders)
	srv := licensespringtest.NewServer(t, licensespringtest.WithRequestLogLimit(1))
	srv.Inject(fake.RandomFaults()...)
	args := []string{"-f", "-", "--rate-limit", "none", "--concurrency", "16", "--grace", "1m"}
	first := interrupted(t, srv, input, orders/2, args...)
	require.Equal(t, exit.Interrupted, first.code, first.stderr)
	requireReported(t, srv, first.stdout)
	created := len(srv.Orders())
	require.GreaterOrEqual(t, created, orders/2-50)
	require.LessOrEqual(t, created, orders/2+50, "no further order is started")
	runUntilDone(t, srv, input, args)
	requireStored(t, srv, orders)
}

// TestGrace checks that orders which exceed the grace period are canceled and
// unknown, and that the next run settles them.
func TestGrace(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	srv.Inject(licensespringtest.Custom(func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(discardResponse{}, r)
		cancel()
		<-r.Context().Done() // never responds
	}).On(licensespringtest.CreateOrder).Times(2))
	var stdout, stderr bytes.Buffer
	start := time.Now()
	args := []string{"-f", "-", "--concurrency", "2", "--grace", "50ms"}
	code := runCommand(ctx, args, environmentOf(srv), strings.NewReader(smallOrders(100)), &stdout, &stderr)
	assert.Equal(t, exit.Interrupted, code, stderr.String())
	assert.Less(t, time.Since(start), 10*time.Second, "the attempts had 30 seconds")
	assert.Contains(t, stdout.String(), `"outcome":"unknown"`)
	requireReported(t, srv, stdout.String())

	next := runWith(t.Context(), srv, smallOrders(100), "-f", "-", "--rate-limit", "none")
	assert.Equal(t, exit.Done, next.code, next.stderr)
	requireStored(t, srv, 100)
}

type discardResponse struct{}

func (discardResponse) Header() http.Header         { return http.Header{} }
func (discardResponse) Write(p []byte) (int, error) { return len(p), nil }
func (discardResponse) WriteHeader(int)             {}

// TestInterruptWhileReading interrupts a run that waits for input from a pipe.
func TestInterruptWhileReading(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-f", "-"}, {"-f", "-", "--dry-run"}, {"-f", "-", "--format", "csv"}} {
		srv := licensespringtest.NewServer(t)
		reader, writer := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		results := &interrupter{after: 1, interrupt: cancel}
		var written sync.WaitGroup
		written.Go(func() {
			if args[len(args)-1] == "csv" { // no header row
				cancel()
				return
			}
			_, _ = io.WriteString(writer, smallOrders(1)) // and no further input
		})
		var stderr bytes.Buffer
		code := runCommand(ctx, args, environmentOf(srv), reader, results, &stderr)
		assert.Equal(t, exit.Interrupted, code, stderr.String())
		written.Wait()
		require.NoError(t, writer.Close()) // ends the goroutine that reads
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
