package fulfillment_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// eventsStream is the stream of the queue of openQueue.
const eventsStream = "licensespring-events"

// processed records the messages that a queue has processed.
type processed struct {
	mu  sync.Mutex
	ids []string
}

func (r *processed) handle(_ context.Context, m fulfillment.QueueMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, m.ID)
	return nil
}

// unique returns the ids in order, without repetitions.
func (r *processed) unique() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Compact(slices.Sorted(slices.Values(r.ids)))
}

// runQueue processes the messages of a queue until the test ends or stop is called.
func runQueue(t *testing.T, q *fulfillment.Queue, handle func(context.Context, fulfillment.QueueMessage) error, options ...fulfillment.RunOption) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		assert.NoError(t, q.Run(ctx, handle, append([]fulfillment.RunOption{
			fulfillment.WithBackoff(5*time.Millisecond, 100*time.Millisecond),
		}, options...)...))
	})
	stop = sync.OnceFunc(func() {
		cancel()
		all.Wait()
	})
	t.Cleanup(stop)
	return stop
}

func waitUntilProcessed(t *testing.T, q *fulfillment.Queue) {
	t.Helper()
	require.Eventually(t, func() bool { return depth(t, q) == 0 }, testTimeout, pollInterval, "the queue is not empty")
}

func messageIDs(from, to int) []string {
	var ids []string
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprintf("evt_%03d", i))
	}
	return ids
}

func put(t *testing.T, q *fulfillment.Queue, ids ...string) {
	t.Helper()
	for _, id := range ids {
		require.NoError(t, q.Put(t.Context(), id, []byte("body")))
	}
}

func ledgerEntries(t *testing.T, p *fulfillment.Pipeline) int {
	t.Helper()
	n, err := fulfillment.LedgerEntries(t.Context(), p)
	require.NoError(t, err)
	return n
}

// Messages that were acknowledged are back in the queue. They are processed again,
// and block no others.
func TestAcknowledgedMessagesLeaveTheQueue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before, copied, after int // messages processed before the copy, in it, and put after it
	}{
		"first messages":    {copied: 5},
		"later messages":    {before: 3, copied: 5},
		"lower sequence":    {copied: 5, after: 3},
		"empty and behind":  {before: 3, after: 3},
		"nothing came back": {before: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			n := 0
			putMore := func(q *fulfillment.Queue, count int) {
				put(t, q, messageIDs(n, n+count)...)
				n += count
			}
			finish := func(q *fulfillment.Queue) *processed {
				r := &processed{}
				stop := runQueue(t, q, r.handle)
				waitUntilProcessed(t, q)
				stop()
				return r
			}
			p := openDir(t, dir)
			q := openQueue(t, p)
			putMore(q, tt.before)
			finish(q)
			putMore(q, tt.copied)
			require.NoError(t, p.Close())
			copied := copyMessages(t, dir, eventsStream)
			p = openDir(t, dir)
			q = openQueue(t, p)
			putMore(q, tt.after)
			finish(q)
			require.NoError(t, p.Close())
			restoreMessages(t, dir, eventsStream, copied)

			p = openDir(t, dir)
			q = openQueue(t, p)
			assert.Equal(t, tt.copied, depth(t, q))
			finish(q)
			putMore(q, 2)
			assert.Equal(t, messageIDs(n-2, n), finish(q).unique())
			assert.Empty(t, p.Missing())
		})
	}
}

// Run finds stranded messages too, on servers of any kind.
func TestRunRedeliversStrandedMessages(t *testing.T) {
	t.Parallel()
	p := startCluster(t, 1, 0).open(t, fulfillment.WithReconcileInterval(600*time.Millisecond))
	q := openQueue(t, p)
	put(t, q, messageIDs(0, 5)...)
	require.NoError(t, fulfillment.StrandMessages(t.Context(), q))
	r := &processed{}
	runQueue(t, q, r.handle)
	waitUntilProcessed(t, q)
	assert.Equal(t, messageIDs(0, 5), r.unique())
}

// The state of the consumer of a queue is repaired like that of the orders.
func TestDamagedQueueConsumerIsRepaired(t *testing.T) {
	t.Parallel()
	const n = 30
	for name, tt := range consumerDamage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := openDir(t, dir)
			q := openQueue(t, p)
			put(t, q, messageIDs(0, n)...)
			var first processed
			stop := runQueue(t, q, func(ctx context.Context, m fulfillment.QueueMessage) error {
				if m.ID > "evt_010" {
					return errors.New("failed")
				}
				return first.handle(ctx, m)
			})
			require.Eventually(t, func() bool { return depth(t, q) <= n-4 }, testTimeout, time.Millisecond)
			stop()
			remaining := depth(t, q)
			require.NoError(t, p.Close())
			damageConsumer(t, dir, eventsStream, "licensespring-workers", tt.file, tt.change)

			p = openDir(t, dir, shortAckWait)
			q = openQueue(t, p)
			assert.Equal(t, remaining, depth(t, q))
			var second processed
			runQueue(t, q, second.handle)
			waitUntilProcessed(t, q)
			assert.Equal(t, messageIDs(n-remaining, n), second.unique())
			assert.Empty(t, p.Missing())
		})
	}
}

// A damaged message file does not lose messages silently: the lost ones are logged and
// listed, and can be put again.
func TestLostMessagesAreReported(t *testing.T) {
	t.Parallel()
	const n = 100
	for name, change := range map[string]func([]byte) []byte{
		"truncated":      truncated,
		"flipped header": flipped(50),
		"last message":   func(b []byte) []byte { b[len(b)-20] ^= 0xff; return b },
		"first message":  flipped(0),
		"empty":          func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := openDir(t, dir)
			put(t, openQueue(t, p), messageIDs(0, n)...)
			require.NoError(t, p.Close())
			damage(t, dir, eventsStream, change)

			var log logText
			p = openDir(t, dir, log.option())
			missing := p.Missing()
			q := openQueue(t, p)
			kept := depth(t, q)
			require.Less(t, kept, n)
			require.Len(t, missing, n-kept)
			assert.Equal(t, n-kept, stats(t, p).Missing)
			assert.Contains(t, log.String(), "level=ERROR")
			assert.Contains(t, log.String(), missing[0].OrderID)
			assert.WithinDuration(t, time.Now(), missing[0].AcceptedAt, testTimeout)
			var lost []string
			for _, m := range missing {
				lost = append(lost, m.OrderID)
			}
			assert.Equal(t, messageIDs(kept, n), lost)

			r := &processed{}
			runQueue(t, q, r.handle)
			waitUntilProcessed(t, q)
			require.NoError(t, p.Forget(t.Context(), lost[0]))
			require.ErrorIs(t, p.Forget(t.Context(), lost[0]), fulfillment.ErrNotMissing)
			put(t, q, lost[1:]...)
			assert.Empty(t, p.Missing())
			waitUntilProcessed(t, q)
			assert.Len(t, r.unique(), n-1)
			require.NoError(t, p.Close())
			p = openDir(t, dir)
			assert.Empty(t, p.Missing())
			assert.Zero(t, ledgerEntries(t, p))
		})
	}
}

// A kill between two writes leaves no entry in the ledger without its message, so that
// only lost messages are reported.
func TestKillBetweenWritesOfMessage(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(*testing.T, *fulfillment.Pipeline, *fulfillment.Queue){
		"after the message was stored": func(t *testing.T, _ *fulfillment.Pipeline, q *fulfillment.Queue) {
			t.Helper()
			require.NoError(t, fulfillment.PutOld(t.Context(), q, "evt_000", []byte("body")))
		},
		"before the acknowledgment": func(t *testing.T, p *fulfillment.Pipeline, q *fulfillment.Queue) {
			t.Helper()
			put(t, q, "evt_000")
			require.NoError(t, fulfillment.ForgetAccepted(t.Context(), p))
		},
	} {
		for _, repeated := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, repeated: %t", name, repeated), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				p := openDir(t, dir)
				kill(t, p, openQueue(t, p))
				require.NoError(t, p.Close())
				p = openDir(t, dir)
				q := openQueue(t, p)
				assert.Empty(t, p.Missing())
				if repeated { // the sender delivers it again
					put(t, q, "evt_000")
					assert.Equal(t, 1, ledgerEntries(t, p))
				}
				r := &processed{}
				stop := runQueue(t, q, func(ctx context.Context, m fulfillment.QueueMessage) error {
					assert.Equal(t, "body", string(m.Body))
					return r.handle(ctx, m)
				})
				waitUntilProcessed(t, q)
				stop()
				assert.Equal(t, messageIDs(0, 1), r.unique())
				assert.Zero(t, ledgerEntries(t, p))
				require.NoError(t, p.Close())
				assert.Empty(t, openDir(t, dir).Missing())
			})
		}
	}
}

// Messages that are put again while they are processed leave no entry in the ledger,
// also if other processes process them.
func TestRepeatedMessagesLeaveNoLedgerEntry(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	q := openQueue(t, p)
	r := &processed{}
	stop := runQueue(t, q, r.handle)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				for _, id := range messageIDs(0, 8) {
					assert.NoError(t, q.Put(t.Context(), id, []byte("body")))
				}
			}
		})
	}
	all.Wait()
	waitUntilProcessed(t, q)
	stop()
	assert.Zero(t, ledgerEntries(t, p))
	assert.Equal(t, messageIDs(0, 8), r.unique())
}

// A message, an order and a rejection with the same id are different entries.
func TestLedgerDistinguishesMessages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := openDir(t, dir)
	q := openQueue(t, p)
	put(t, q, "inv-1")
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "inv-1", Reason: "no"}))
	require.NoError(t, p.Close())
	damage(t, dir, eventsStream, func([]byte) []byte { return nil })
	p = openDir(t, dir)
	require.Len(t, p.Missing(), 1)
	assert.Equal(t, "inv-1", p.Missing()[0].OrderID)
	run(t, p, newClient(t, licensespringtest.NewServer(t)))
	waitUntilEmpty(t, p)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	require.Len(t, p.Missing(), 1, "the order is not the message")
	put(t, openQueue(t, p), "inv-1")
	assert.Empty(t, p.Missing())
}

// The body of a message is what was put, byte by byte, in spite of the space that it
// reserves.
func TestMessageBodyIsUnchanged(t *testing.T) {
	t.Parallel()
	q := openQueue(t, openPipeline(t))
	bodies := map[string]string{"spaces": "{} \n  ", "empty": "", "zero": "\x00"}
	for id, body := range bodies {
		require.NoError(t, q.Put(t.Context(), id, []byte(body)))
	}
	got := make(chan fulfillment.QueueMessage, len(bodies))
	runQueue(t, q, func(_ context.Context, m fulfillment.QueueMessage) error {
		got <- m
		return nil
	})
	waitUntilProcessed(t, q)
	for range bodies {
		m := <-got
		assert.Equal(t, bodies[m.ID], string(m.Body), m.ID)
	}
}
