package fulfillment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// fatalOrder is the id of the order whose call ends the process.
const fatalOrder = "fatal"

// exitOnFatalOrder returns a client that ends the process during the call for
// fatalOrder.
func exitOnFatalOrder(client *licensespring.Client) fulfillment.Ensurer {
	return ensureFunc(func(ctx context.Context, o *licensespring.Order) (*licensespring.OrderResult, error) {
		if o.ID == fatalOrder {
			os.Exit(0) //nolint:revive // like a process that is out of memory
		}
		return client.EnsureOrder(ctx, o)
	})
}

// An order that ends the process becomes a dead letter. The concurrent orders do
// not.
func TestFatalOrderIsDeadLetter(t *testing.T) {
	t.Parallel()
	const limit = 3
	s := licensespringtest.NewServer(t)
	s.Inject(licensespringtest.DelayBefore(100 * time.Millisecond).Forever()) // so that calls overlap
	p := openPipeline(t, fulfillment.WithListen("127.0.0.1:0"), shortAckWait)
	enqueue(t, p, 5)
	require.NoError(t, p.Enqueue(t.Context(), newOrder(fatalOrder)))
	for i := 5; i < 20; i++ {
		require.NoError(t, p.Enqueue(t.Context(), newOrder(fmt.Sprint("inv-", i))))
	}
	exits := 0
	for stats(t, p).Depth > 0 {
		c := startChild(t, s, envQueue+"="+p.Address(), fmt.Sprint(envLimit, "=", limit))
		exited := make(chan error, 1)
		go func() { exited <- c.cmd.Wait() }()
		empty := time.NewTicker(pollInterval)
		for alive := true; alive; {
			select {
			case err := <-exited:
				require.NoError(t, err, c.stderr.String())
				exits++
				alive = false
			case <-empty.C:
				if alive = stats(t, p).Depth > 0; !alive {
					_ = c.cmd.Process.Kill()
					<-exited
				}
			}
		}
		empty.Stop()
		require.LessOrEqual(t, exits, limit+1, "the number of calls is not limited")
	}
	assert.Equal(t, limit+1, exits, "the first call does not count")
	assert.Equal(t, fulfillment.Stats{Done: 20, Dead: 1}, stats(t, p))
	assert.Equal(t, 20, s.LicenseCount())
	l := deadLetters(t, p)[0]
	assert.Equal(t, fatalOrder, l.OrderID)
	assert.Contains(t, l.Failure.Text, "the process ended during the call: 3 of 3 attempts")
	require.ErrorIs(t, &l.Failure, licensespring.ErrOutcomeUnknown)
	assert.Zero(t, storedAttempts(t, p), "the attempts must be removed")

	// After the client is corrected, a retry starts with zero attempts.
	require.NoError(t, p.Retry(t.Context(), l.Seq))
	run(t, p, newClient(t, s), fulfillment.WithMaxDeliveries(limit))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 21}, stats(t, p))
}

// Failures that the order did not cause do not count, however often they occur.
func TestUncountedFailures(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	enqueue(t, p, 1)
	calls := 0
	var seen events
	run(t, p, ensureFunc(func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error) {
		calls++
		kind := licensespring.ErrUnavailable
		if calls%3 == 0 {
			kind = licensespring.ErrNotFound
		}
		return nil, &licensespring.Error{Kind: kind}
	}), fulfillment.WithMaxDeliveries(3), fulfillment.WithConcurrency(1), seen.option())
	waitUntilEmpty(t, p)
	require.Len(t, deadLetters(t, p), 1)
	require.ErrorIs(t, &deadLetters(t, p)[0].Failure, licensespring.ErrNotFound)
	require.Eventually(t, func() bool { return seen.count(fulfillment.DispositionDead) == 1 }, testTimeout, pollInterval)
	assert.Equal(t, 9, calls)
	assert.Zero(t, storedAttempts(t, p))
}

// A call that the end of Run cancels does not count as interrupted.
func TestCanceledCallIsNotCounted(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	enqueue(t, p, 1)
	called := make(chan struct{})
	hang := ensureFunc(func(ctx context.Context, _ *licensespring.Order) (*licensespring.OrderResult, error) {
		called <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	for range 4 {
		stop := run(t, p, hang, fulfillment.WithMaxDeliveries(2), fulfillment.WithGracePeriod(0))
		<-called
		stop()
		assert.Zero(t, storedAttempts(t, p))
	}
	assert.Equal(t, 1, stats(t, p).Depth)
	assert.Zero(t, stats(t, p).Dead)
}

func TestPanicIsError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		with func()
		text string
	}{
		"a value":       {func() { panic("ada@example.com has no product") }, "fulfillment: panic: string"}, // the value may contain customer data
		"runtime error": {func() { _ = os.Args[len(os.Args)+1] }, "fulfillment: panic: runtime error: index out of range"},
		"nil":           {nil, "fulfillment: the client returned neither a result nor an error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			log := &lockedBuffer{}
			p := openPipeline(t, fulfillment.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			client := newClient(t, s)
			require.NoError(t, p.Enqueue(t.Context(), newOrder("poison")))
			enqueue(t, p, 10)
			run(t, p, ensureFunc(func(ctx context.Context, o *licensespring.Order) (*licensespring.OrderResult, error) {
				if o.ID != "poison" {
					return client.EnsureOrder(ctx, o)
				}
				if c.with != nil {
					c.with()
				}
				return nil, nil
			}), fulfillment.WithMaxDeliveries(3))
			waitUntilEmpty(t, p)
			assert.Equal(t, fulfillment.Stats{Done: 10, Dead: 1}, stats(t, p))
			l := deadLetters(t, p)[0]
			assert.Contains(t, l.Failure.Text, c.text)
			assert.Equal(t, 3, l.Deliveries)
			assert.NotContains(t, l.Failure.Text+log.String(), "ada@")
			if c.with != nil {
				assert.Contains(t, log.String(), "worker_attempts_test.go", "the stack")
			}
		})
	}
}

func TestPanicOfObserver(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	enqueue(t, p, 5)
	run(t, p, newClient(t, s), fulfillment.WithObserver(func(fulfillment.Event) { panic(errors.New("no")) }))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 5}, stats(t, p))
}

func storedAttempts(t *testing.T, p *fulfillment.Pipeline) int {
	t.Helper()
	n, err := fulfillment.StoredAttempts(t.Context(), p)
	require.NoError(t, err)
	return n
}

// lockedBuffer is a bytes.Buffer that is safe for concurrent use.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
