package fulfillment_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// events records the events of a worker.
type events struct {
	mu  sync.Mutex
	all []fulfillment.Event
	// firstAt is the time of the first event.
	firstAt time.Time
}

func (e *events) option() fulfillment.RunOption {
	return fulfillment.WithObserver(func(one fulfillment.Event) {
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.all) == 0 {
			e.firstAt = time.Now()
		}
		e.all = append(e.all, one)
	})
}

func (e *events) count(ending fulfillment.Disposition) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for i := range e.all {
		if e.all[i].Disposition == ending {
			n++
		}
	}
	return n
}

func (e *events) first() fulfillment.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all[0]
}

func enqueue(t testing.TB, p *fulfillment.Pipeline, n int) {
	t.Helper()
	for i := range n {
		require.NoError(t, p.Enqueue(t.Context(), newOrder(fmt.Sprint("inv-", i))))
	}
}

func TestWrongAPIKeyKeepsOrdersQueued(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	enqueue(t, p, 30)
	s.Inject(licensespringtest.Status(http.StatusForbidden).Forever())
	var seen events
	run(t, p, newClient(t, s), seen.option(), fulfillment.WithMaxDeliveries(2))
	require.Eventually(t, func() bool { return seen.count(fulfillment.DispositionRetry) >= 30 }, testTimeout, pollInterval)
	assert.Zero(t, seen.count(fulfillment.DispositionDead), "a wrong API key does not count")
	assert.Equal(t, 30, stats(t, p).Depth)
	s.ClearFaults()
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 30}, stats(t, p))
}

func TestOutageCostsFewDeliveries(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	enqueue(t, p, 200)
	require.NoError(t, s.Offline())
	var seen events
	run(t, p, newClient(t, s), seen.option(), fulfillment.WithBackoff(50*time.Millisecond, 200*time.Millisecond), fulfillment.WithConcurrency(8))
	require.Eventually(t, func() bool { return seen.count(fulfillment.DispositionRetry) >= 1 }, testTimeout, pollInterval)
	<-time.After(1500 * time.Millisecond)
	assert.Greater(t, stats(t, p).Waiting, 120, "most orders must not be delivered")
	require.NoError(t, s.Online())
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 200}, stats(t, p))
	assert.Equal(t, 200, s.LicenseCount())
}

func TestRateLimitPausesWorker(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	enqueue(t, p, 20)
	s.Inject(licensespringtest.Status(http.StatusTooManyRequests, licensespringtest.Header("Retry-After", "5")).Forever())
	var seen events
	// The wait exceeds the call timeout, so that the call returns with RetryAt.
	run(t, p, newClient(t, s, licensespring.WithCallTimeout(4*time.Second)), seen.option(), fulfillment.WithConcurrency(4))
	require.Eventually(t, func() bool { return seen.count(fulfillment.DispositionRetry) >= 1 }, testTimeout, pollInterval)
	first := seen.first()
	require.ErrorIs(t, first.Err, licensespring.ErrRateLimited)
	limited, _ := errors.AsType[*licensespring.Error](first.Err)
	assert.GreaterOrEqual(t, first.RetryIn, limited.RetryAt.Sub(seen.firstAt), "the order waits for the rate limit")
	s.ClearFaults()
	waitUntilEmpty(t, p)
	assert.Equal(t, 20, stats(t, p).Done)

	// Only the four concurrent calls may have sent a request before the pause.
	requests := s.Requests()
	early := 0
	for _, r := range requests {
		if r.Time.Sub(requests[0].Time) < 4900*time.Millisecond {
			early++
		}
	}
	assert.LessOrEqual(t, early, 4, "the worker must pause")
}

func TestRepeatedFailureIsDeadLetter(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	client := newClient(t, s, licensespring.WithMaxAttempts(2))
	poison := newClient(t, s, licensespring.WithMaxAttempts(1), licensespring.WithBaseURL(s.URL()+"/nowhere"))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("poison")))
	run(t, p, ensureFunc(func(ctx context.Context, o *licensespring.Order) (*licensespring.OrderResult, error) {
		if o.ID == "poison" {
			return poison.EnsureOrder(ctx, o)
		}
		return client.EnsureOrder(ctx, o)
	}), fulfillment.WithMaxDeliveries(3))
	enqueue(t, p, 20)
	waitUntilEmpty(t, p)
	all := deadLetters(t, p)
	require.Len(t, all, 1)
	assert.Equal(t, "poison", all[0].OrderID)
	assert.Equal(t, 3, all[0].Deliveries)
	require.ErrorIs(t, &all[0].Failure, licensespring.ErrNotFound)
	assert.Equal(t, fulfillment.Stats{Done: 20, Dead: 1}, stats(t, p))
}

func TestErrorsOfOtherPackages(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	run(t, p, ensureFunc(func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error) {
		return nil, fmt.Errorf("something else")
	}), fulfillment.WithMaxDeliveries(2))
	waitUntilEmpty(t, p)
	all := deadLetters(t, p)
	require.Len(t, all, 1)
	assert.Equal(t, fulfillment.Failure{Text: "something else"}, all[0].Failure)
}

func TestLongCallIsNotRedelivered(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithAckWait(1500*time.Millisecond))
	s.Inject(licensespringtest.DelayAfter(4 * time.Second))
	client := newClient(t, s)
	var seen events
	run(t, p, client, seen.option())
	run(t, p, client, seen.option())
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)
	assert.Len(t, s.Requests(), 1, "the order must not be redelivered")
	r, err := p.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	assert.Equal(t, 1, r.Deliveries)
}

func TestDrain(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	enqueue(t, p, 50)
	s.Inject(licensespringtest.DelayAfter(400 * time.Millisecond).Forever())
	stop := run(t, p, newClient(t, s), fulfillment.WithConcurrency(4))
	require.Eventually(t, func() bool { return stats(t, p).ActiveCalls == 4 }, testTimeout, pollInterval)
	stop()
	have := stats(t, p)
	assert.GreaterOrEqual(t, have.Done, 4, "active calls must finish")
	assert.Len(t, s.Orders(), have.Done, "and their results must be stored")
	assert.Equal(t, 50, have.Done+have.Depth)
	assert.Zero(t, have.ActiveCalls)
}

func TestDrainAfterGracePeriod(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithAckWait(time.Hour)) // an order that is not returned stays unavailable
	enqueue(t, p, 4)
	s.Inject(licensespringtest.StallAfter().Times(4))
	var seen events
	stop := run(t, p, newClient(t, s), fulfillment.WithGracePeriod(200*time.Millisecond), seen.option())
	require.Eventually(t, func() bool { return len(s.Orders()) == 4 }, testTimeout, pollInterval)
	start := time.Now()
	stop()
	assert.Less(t, time.Since(start), testTimeout, "the stalled calls must not be awaited")
	assert.Equal(t, 4, seen.count(fulfillment.DispositionRetry))
	assert.Equal(t, 4, stats(t, p).Depth)

	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 4}, stats(t, p))
	assert.Equal(t, 4, s.LicenseCount())
}

func TestUnreadableEntryIsDeadLetter(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithListen("127.0.0.1:0"))
	conn, err := nats.Connect(p.Address())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Request(fulfillment.DefaultName+".orders.aa.bb", []byte("no order"), testTimeout)
	require.NoError(t, err)
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	all := deadLetters(t, p)
	require.Len(t, all, 1)
	assert.Equal(t, "no order", string(all[0].Payload))
	assert.Nil(t, all[0].Order)
	require.ErrorIs(t, p.Retry(t.Context(), all[0].Seq), fulfillment.ErrNotRetryable)
}

func TestRetryRequiresEmptyQueue(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithDedupeWindow(100*time.Millisecond))
	s.Inject(licensespringtest.Status(http.StatusBadRequest))
	stop := run(t, p, newClient(t, s))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)
	stop()
	require.Eventually(t, func() bool { // after the dedupe window
		return assert.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1"))) && stats(t, p).Depth == 1
	}, testTimeout, pollInterval)
	all := deadLetters(t, p)
	require.Len(t, all, 1)
	require.ErrorIs(t, p.Retry(t.Context(), all[0].Seq), fulfillment.ErrStillQueued)
	assert.Len(t, deadLetters(t, p), 1, "the dead letter must remain")
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
}

func TestOversizedOrdersAndResults(t *testing.T) {
	t.Parallel()
	cluster := startCluster(t, 1, 96<<10)
	p := cluster.open(t)
	s := licensespringtest.NewServer(t)
	order := licensespring.NewOrder("large")
	order.Items = []licensespring.OrderItem{{ProductCode: "acmecad", Licenses: make([]licensespring.License, 400)}}
	require.NoError(t, p.Enqueue(t.Context(), order))
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	r, err := p.Result(t.Context(), "large")
	require.NoError(t, err)
	assert.Nil(t, r.Order, "the record exceeds the maximum message size")
	stored, _ := s.Order("large")
	assert.Equal(t, stored.ID, r.ServiceID)
	assert.Len(t, stored.Licenses(), 400)

	order.ID, order.Items[0].Note = "larger", strings.Repeat("x", 40<<10)
	require.ErrorIs(t, p.Enqueue(t.Context(), order), fulfillment.ErrTooLarge)
	require.ErrorIs(t, p.Enqueue(t.Context(), order), nats.ErrMaxPayload)

	require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "evt", Reason: "no", Payload: make([]byte, 200<<10)}))
	l := deadLetters(t, p)[0]
	assert.Len(t, l.Payload, 48<<10, "the payload must be truncated")
}

func TestQueueIsUnavailable(t *testing.T) {
	t.Parallel()
	cluster := startCluster(t, 1, 0)
	p := cluster.open(t)
	s := licensespringtest.NewServer(t)
	run(t, p, newClient(t, s))
	enqueue(t, p, 5)
	waitUntilEmpty(t, p)
	cluster.stop(0)
	var stored atomic.Bool
	var all sync.WaitGroup
	all.Go(func() {
		stored.Store(assert.NoError(t, p.Enqueue(t.Context(), newOrder("while-away"))))
	})
	<-time.After(time.Second)
	assert.False(t, stored.Load(), "Enqueue must not return before the order is stored")
	cluster.start(t, 0)
	all.Wait()
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 6}, stats(t, p))

	cluster.stop(0)
	expired, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	require.Error(t, p.Enqueue(expired, newOrder("never")))
	_, err := fulfillment.Open(expired, fulfillment.WithURL(cluster.urls()))
	require.Error(t, err)
	cluster.start(t, 0)
}
