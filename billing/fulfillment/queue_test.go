package fulfillment_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

func openQueue(t *testing.T, p *fulfillment.Pipeline) *fulfillment.Queue {
	t.Helper()
	q, err := p.OpenQueue(t.Context(), "events")
	require.NoError(t, err)
	return q
}

func depth(t *testing.T, q *fulfillment.Queue) int {
	t.Helper()
	s, err := q.Stats(t.Context())
	require.NoError(t, err)
	return s.Depth
}

// Messages are processed until the function succeeds. A message with a retry time is
// not retried earlier.
func TestQueue(t *testing.T) {
	t.Parallel()
	q := openQueue(t, openPipeline(t))
	for i := range 5 {
		for range 2 {
			require.NoError(t, q.Put(t.Context(), "evt_"+strconv.Itoa(i), []byte("body")))
		}
	}
	assert.Equal(t, 5, depth(t, q))
	var mu sync.Mutex
	calls := map[string]int{}
	var first time.Time
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- q.Run(ctx, func(_ context.Context, m fulfillment.QueueMessage) error {
			mu.Lock()
			defer mu.Unlock()
			calls[m.ID]++
			assert.Equal(t, "body", string(m.Body))
			assert.WithinDuration(t, time.Now(), m.StoredAt, time.Minute)
			switch {
			case m.ID == "evt_1" && calls[m.ID] == 1:
				panic("ada@example.com")
			case m.ID == "evt_2" && calls[m.ID] == 1:
				return errors.New("failed")
			case m.ID == "evt_3" && calls[m.ID] == 1:
				first = time.Now()
				return &fulfillment.RetryError{Err: errors.New("wait"), At: first.Add(time.Second)}
			case m.ID == "evt_3":
				assert.GreaterOrEqual(t, time.Since(first), time.Second)
			}
			return nil
		}, fulfillment.WithBackoff(time.Millisecond, 10*time.Millisecond))
	}()
	require.Eventually(t, func() bool { return depth(t, q) == 0 }, testTimeout, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	assert.Equal(t, map[string]int{"evt_0": 1, "evt_1": 2, "evt_2": 2, "evt_3": 2, "evt_4": 1}, calls)

	// A message that left the queue can be stored again.
	require.NoError(t, q.Put(t.Context(), "evt_0", nil))
	assert.Equal(t, 1, depth(t, q))
}

func TestQueueErrors(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	for _, name := range []string{"", "orders", "attempts", "results", "Events", "a.b"} {
		_, err := p.OpenQueue(t.Context(), name)
		require.EqualError(t, err, "fulfillment: open queue: the name is invalid", name)
	}
	q := openQueue(t, p)
	require.EqualError(t, q.Put(t.Context(), "", nil), "fulfillment: put: the id is empty")
	require.ErrorIs(t, q.Put(t.Context(), "evt_1", make([]byte, 16<<20)), fulfillment.ErrTooLarge)
	require.EqualError(t, q.Run(t.Context(), nil, fulfillment.WithConcurrency(0)),
		"fulfillment: the concurrency must be from 1 to 1000\nfulfillment: the function is nil")
	require.NoError(t, p.Close())
	require.ErrorIs(t, q.Put(t.Context(), "evt_1", nil), fulfillment.ErrClosed)

	q = openQueue(t, openPipeline(t, fulfillment.WithMaxStoreBytes(1)))
	require.ErrorIs(t, q.Put(t.Context(), "evt_1", make([]byte, 1000)), fulfillment.ErrStoreFull)
}

// A failed disk of a queue is reported like that of the orders.
func TestQueueOnFullDisk(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("/dev/full does not exist")
	}
	dir := t.TempDir()
	p := openDir(t, dir)
	openQueue(t, p)
	require.NoError(t, p.Close())
	block := filepath.Join(streamDir(dir, "licensespring-events"), "msgs", "1.blk")
	require.NoError(t, os.Remove(block))
	require.NoError(t, os.Symlink("/dev/full", block))
	p = openDir(t, dir)
	q := openQueue(t, p)
	require.ErrorIs(t, q.Put(t.Context(), "evt_1", nil), fulfillment.ErrStoreFailed)
	require.ErrorIs(t, p.Health(t.Context()), fulfillment.ErrStoreFailed)
}

// A damaged queue must not be treated as a missing one.
func TestDamagedQueueIsUnchanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := openDir(t, dir)
	require.NoError(t, openQueue(t, p).Put(t.Context(), "evt_1", nil))
	require.NoError(t, p.Close())
	meta := filepath.Join(streamDir(dir, "licensespring-events"), "meta.inf")
	whole, err := os.ReadFile(meta)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(meta, whole[:len(whole)/2], 0o600))
	_, err = fulfillment.Open(t.Context(), fulfillment.WithStoreDir(dir))
	require.ErrorIs(t, err, fulfillment.ErrStoreUnreadable, "its messages are not missing")
	require.NoError(t, os.WriteFile(meta, whole, 0o600))
	assert.Equal(t, 1, depth(t, openQueue(t, openDir(t, dir))))
}

func TestOrderState(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	state := func(id string) fulfillment.OrderState {
		state, err := p.OrderState(t.Context(), id)
		require.NoError(t, err)
		return state
	}
	assert.Equal(t, fulfillment.OrderUnknown, state("inv-1"))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-2")))
	require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "inv-3", Reason: "no"}))
	// A rejection of a queued order does not hide the order.
	require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "inv-1", Reason: "no"}))
	assert.Equal(t, fulfillment.OrderQueued, state("inv-1"))
	assert.Equal(t, fulfillment.OrderDead, state("inv-3"))
	queued, err := p.IsQueued(t.Context(), newOrder("inv-1"))
	require.NoError(t, err)
	assert.True(t, queued)
	another := newOrder("inv-1")
	another.Items[0].Note = "another content"
	queued, err = p.IsQueued(t.Context(), another)
	require.NoError(t, err)
	assert.False(t, queued)
	for id, want := range map[string]int{"inv-1": 1, "inv-2": 0, "inv-3": 1} {
		n := 0
		for letter, err := range p.DeadLettersOf(t.Context(), id) {
			require.NoError(t, err)
			assert.Equal(t, id, letter.OrderID)
			n++
		}
		assert.Equal(t, want, n, id)
	}

	s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity).On(licensespringtest.CreateOrder))
	run(t, p, newClient(t, s), fulfillment.WithConcurrency(1))
	waitUntilEmpty(t, p)
	assert.ElementsMatch(t, []fulfillment.OrderState{fulfillment.OrderDone, fulfillment.OrderDead}, []fulfillment.OrderState{state("inv-1"), state("inv-2")})
	require.NoError(t, p.Close())
	_, err = p.OrderState(t.Context(), "inv-1")
	require.ErrorIs(t, err, fulfillment.ErrClosed)
}
