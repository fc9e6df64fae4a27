package fulfillment_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// copyMessages copies the message files of a stream.
func copyMessages(t *testing.T, dir, stream string) (copied string) {
	t.Helper()
	copied = t.TempDir()
	require.NoError(t, os.CopyFS(copied, os.DirFS(filepath.Join(streamDir(dir, stream), "msgs"))))
	return copied
}

// restoreMessages replaces the message files of a stream, and keeps the newer
// state of the consumer. A kill can leave that state, because JetStream stores
// acknowledgments and removals separately.
func restoreMessages(t *testing.T, dir, stream, copied string) {
	t.Helper()
	messages := filepath.Join(streamDir(dir, stream), "msgs")
	require.NoError(t, os.RemoveAll(messages))
	require.NoError(t, os.CopyFS(messages, os.DirFS(copied)))
}

// Orders that were acknowledged are back in the queue.
func TestAcknowledgedOrdersLeaveTheQueue(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before, copied, after int // orders processed before the copy, in it, and enqueued after it
	}{
		"first orders":      {copied: 5},
		"later orders":      {before: 3, copied: 5},
		"lower sequence":    {copied: 5, after: 3}, // the consumer is ahead of the stream
		"empty and behind":  {before: 3, after: 3}, // new orders get sequence numbers that were acknowledged
		"nothing came back": {before: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			dir := t.TempDir()
			n := 0
			enqueueMore := func(p *fulfillment.Pipeline, count int) {
				for range count {
					n++
					require.NoError(t, p.Enqueue(t.Context(), newOrder(fmt.Sprint("inv-", n))))
				}
			}
			finish := func(p *fulfillment.Pipeline) {
				stop := run(t, p, newClient(t, s))
				waitUntilEmpty(t, p)
				stop()
			}
			p := openDir(t, dir)
			enqueueMore(p, tt.before)
			finish(p)
			enqueueMore(p, tt.copied)
			require.NoError(t, p.Close())
			copied := copyMessages(t, dir, "licensespring-orders")
			p = openDir(t, dir)
			enqueueMore(p, tt.after)
			finish(p)
			require.NoError(t, p.Close())
			restoreMessages(t, dir, "licensespring-orders", copied)

			p = openDir(t, dir)
			requests := len(s.Requests())
			finish(p)
			assert.Len(t, s.Requests(), requests, "orders with a result need no request")
			enqueueMore(p, 2)
			finish(p)
			assert.Equal(t, fulfillment.Stats{Done: n}, stats(t, p))
			assert.Equal(t, n, s.LicenseCount())
		})
	}
}

// An acknowledged order without a result is processed: its dead letter can be
// retried, and after a discard its event can be delivered again.
func TestAcknowledgedOrdersWithoutResultAreProcessed(t *testing.T) {
	t.Parallel()
	for name, resend := range map[string]func(*testing.T, *fulfillment.Pipeline, uint64){
		"retry": func(t *testing.T, p *fulfillment.Pipeline, seq uint64) {
			t.Helper()
			require.NoError(t, p.Retry(t.Context(), seq))
		},
		"discard and enqueue": func(t *testing.T, p *fulfillment.Pipeline, seq uint64) {
			t.Helper()
			require.NoError(t, p.Discard(t.Context(), seq))
			require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			dir := t.TempDir()
			p := openDir(t, dir)
			require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
			require.NoError(t, p.Close())
			copied := copyMessages(t, dir, "licensespring-orders")
			p = openDir(t, dir)
			s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity).On(licensespringtest.CreateOrder).Forever())
			stop := run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			stop()
			require.NoError(t, p.Close())
			restoreMessages(t, dir, "licensespring-orders", copied)

			p = openDir(t, dir)
			stop = run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			stop()
			letters := deadLetters(t, p)
			require.Len(t, letters, 1)
			s.ClearFaults()
			resend(t, p, letters[0].Seq)
			run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
			assert.Equal(t, 1, s.LicenseCount())
		})
	}
}

// Run finds stranded orders too, on servers of any kind.
func TestRunRedeliversStrandedOrders(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := startCluster(t, 1, 0).open(t, fulfillment.WithReconcileInterval(600*time.Millisecond))
	enqueue(t, p, 5)
	require.NoError(t, fulfillment.Strand(t.Context(), p))
	assert.Equal(t, 5, stats(t, p).Depth)
	assert.Zero(t, stats(t, p).Waiting+stats(t, p).InFlight)
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 5}, stats(t, p))
}

// Redelivery resets the delivery count of JetStream, but not the interrupted calls
// of an order that ends the process.
func TestRedeliveryKeepsInterruptedCalls(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	dir := t.TempDir()
	p := openDir(t, dir)
	enqueue(t, p, 1)
	require.NoError(t, fulfillment.StoreAttempts(t.Context(), p, 3))
	require.NoError(t, fulfillment.Strand(t.Context(), p))
	require.NoError(t, p.Close())
	p = openDir(t, dir)
	run(t, p, newClient(t, s), fulfillment.WithMaxDeliveries(3))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Dead: 1}, stats(t, p))
	assert.Empty(t, s.Requests())
}
