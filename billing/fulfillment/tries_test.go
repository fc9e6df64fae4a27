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

// deadly is the order that ends the process which calls for it.
const deadly = "deadly"

// killedBy is a client that a certain order is too much for.
func killedBy(client *licensespring.Client) fulfillment.Ensurer {
	return ensureFunc(func(ctx context.Context, o *licensespring.Order) (*licensespring.OrderResult, error) {
		if o.ID == deadly {
			os.Exit(0) //nolint:revive // it dies, as a process does that is out of memory
		}
		return client.EnsureOrder(ctx, o)
	})
}

// An order that kills whoever calls for it is given up in the end, and takes
// none of those with it that were under way beside it.
func TestAnOrderThatKillsIsGivenUp(t *testing.T) {
	t.Parallel()
	const limit = 3
	s := licensespringtest.NewServer(t)
	s.Inject(licensespringtest.DelayBefore(100 * time.Millisecond).Forever()) // so that they are under way
	p := openPipeline(t, fulfillment.WithListen("127.0.0.1:0"), killedAckWait)
	enqueue(t, p, 5)
	require.NoError(t, p.Enqueue(t.Context(), keyOrder(deadly)))
	for i := 5; i < 20; i++ {
		require.NoError(t, p.Enqueue(t.Context(), keyOrder(fmt.Sprint("inv-", i))))
	}
	deaths := 0
	for stats(t, p).Depth > 0 {
		v := startVictim(t, s, envQueue+"="+p.Address(), fmt.Sprint(envLimit, "=", limit))
		ended := make(chan error, 1)
		go func() { ended <- v.cmd.Wait() }()
		empty := time.NewTicker(tick)
		for alive := true; alive; {
			select {
			case err := <-ended:
				require.NoError(t, err, v.errors.String())
				deaths++
				alive = false
			case <-empty.C:
				if alive = stats(t, p).Depth > 0; !alive {
					_ = v.cmd.Process.Kill()
					<-ended
				}
			}
		}
		empty.Stop()
		require.LessOrEqual(t, deaths, limit+1, "it is delivered for ever")
	}
	assert.Equal(t, limit+1, deaths, "the first call is not counted")
	assert.Equal(t, fulfillment.Stats{Done: 20, Dead: 1}, stats(t, p))
	assert.Equal(t, 20, s.LicenseCount())
	l := letters(t, p)[0]
	assert.Equal(t, deadly, l.OrderID)
	assert.Contains(t, l.Failure.Text, "the call never came back: 3 of its 3 tries")
	require.ErrorIs(t, &l.Failure, licensespring.ErrOutcomeUnknown)
	assert.Zero(t, tried(t, p), "nothing is left of what was counted")

	// Once the client is mended, the order begins anew.
	require.NoError(t, p.Retry(t.Context(), l.Seq))
	run(t, p, newClient(t, s), fulfillment.WithMaxDeliveries(limit))
	settled(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 21}, stats(t, p))
}

// What is nobody's order's fault does not use up its tries, however often.
func TestOnlyWhatCountsIsCounted(t *testing.T) {
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
	settled(t, p)
	require.Len(t, letters(t, p), 1)
	require.ErrorIs(t, &letters(t, p)[0].Failure, licensespring.ErrNotFound)
	require.Eventually(t, func() bool { return seen.count(fulfillment.Dead) == 1 }, soon, tick)
	assert.Equal(t, 9, calls)
	assert.Zero(t, tried(t, p))
}

// A call that was cut off by the end of Run came back.
func TestACallThatIsCutOffIsNotCounted(t *testing.T) {
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
		stop := run(t, p, hang, fulfillment.WithMaxDeliveries(2), fulfillment.WithGrace(0))
		<-called
		stop()
		assert.Zero(t, tried(t, p))
	}
	assert.Equal(t, 1, stats(t, p).Depth)
	assert.Zero(t, stats(t, p).Dead)
}

func TestAPanicIsAnError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		with func()
		text string
	}{
		"a value":       {func() { panic("ada@example.com has no product") }, "fulfillment: panic: string"}, // it may be a customer's
		"runtime error": {func() { _ = os.Args[len(os.Args)+1] }, "fulfillment: panic: runtime error: index out of range"},
		"nil":           {nil, "fulfillment: the client returned neither a result nor an error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			log := &lockedBuffer{}
			p := openPipeline(t, fulfillment.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			client := newClient(t, s)
			require.NoError(t, p.Enqueue(t.Context(), keyOrder("poison")))
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
			settled(t, p)
			assert.Equal(t, fulfillment.Stats{Done: 10, Dead: 1}, stats(t, p))
			l := letters(t, p)[0]
			assert.Contains(t, l.Failure.Text, c.text)
			assert.Equal(t, 3, l.Deliveries)
			assert.NotContains(t, l.Failure.Text+log.String(), "ada@")
			if c.with != nil {
				assert.Contains(t, log.String(), "tries_test.go", "where it was")
			}
		})
	}
}

func TestAnObserverThatPanicsStopsNothing(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	enqueue(t, p, 5)
	run(t, p, newClient(t, s), fulfillment.WithObserver(func(fulfillment.Event) { panic(errors.New("no")) }))
	settled(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 5}, stats(t, p))
}

func tried(t *testing.T, p *fulfillment.Pipeline) int {
	t.Helper()
	n, err := fulfillment.Tried(t.Context(), p)
	require.NoError(t, err)
	return n
}

// lockedBuffer is a buffer for several goroutines.
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
