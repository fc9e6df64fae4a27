package fulfillment_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// logText is a log that is safe for concurrent use.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) option() fulfillment.Option {
	return fulfillment.WithLogger(slog.New(slog.NewTextHandler(l, nil)))
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// damage changes the only message file of a stream.
func damage(t *testing.T, dir, stream string, change func([]byte) []byte) {
	t.Helper()
	name := filepath.Join(streamDir(dir, stream), "msgs", "1.blk")
	block, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, change(block), 0o600))
}

func truncated(block []byte) []byte { return block[:len(block)/2] }

// flipped changes one byte of the n-th of a hundred parts.
func flipped(n int) func([]byte) []byte {
	return func(block []byte) []byte {
		block[len(block)/100*n] ^= 0xff
		return block
	}
}

// A damaged message file does not lose orders silently: the lost ones are logged and
// listed, and can be enqueued again.
func TestDamageIsReported(t *testing.T) {
	t.Parallel()
	const n = 100
	for name, change := range map[string]func([]byte) []byte{
		"truncated":      truncated,
		"flipped header": flipped(50), // without the check the server allocates all memory
		"flipped body":   func(b []byte) []byte { b[len(b)/2-300] ^= 0xff; return b },
		"last message":   func(b []byte) []byte { b[len(b)-20] ^= 0xff; return b },
		"first message":  flipped(0),
		"empty":          func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			dir := t.TempDir()
			p := openDir(t, dir)
			enqueue(t, p, n)
			require.NoError(t, p.Close())
			damage(t, dir, "licensespring-orders", change)

			var log logText
			p = openDir(t, dir, log.option())
			depth := stats(t, p).Depth
			require.Less(t, depth, n)
			missing := p.Missing()
			require.Len(t, missing, n-depth)
			assert.Equal(t, n-depth, stats(t, p).Missing)
			assert.Contains(t, log.String(), "order_id="+missing[0].OrderID)
			assert.WithinDuration(t, time.Now(), missing[0].AcceptedAt, testTimeout)

			stop := run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			stop()
			for i, m := range missing {
				if i == 0 { // cannot be recovered
					require.NoError(t, p.Forget(t.Context(), m.OrderID))
					require.ErrorIs(t, p.Forget(t.Context(), m.OrderID), fulfillment.ErrNotMissing)
					continue
				}
				require.NoError(t, p.Enqueue(t.Context(), newOrder(m.OrderID)))
			}
			assert.Empty(t, p.Missing())
			stop = run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			stop()
			assert.Equal(t, fulfillment.Stats{Done: n - 1}, stats(t, p))
			assert.Equal(t, n-1, s.LicenseCount())
			require.NoError(t, p.Close())
			assert.Empty(t, openDir(t, dir).Missing())
		})
	}
}

// The ledger covers dead letters until they are discarded or retried with success.
func TestLostDeadLettersAreReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := openDir(t, dir)
	for i := range 3 {
		require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: fmt.Sprint("evt_", i), Reason: "no"}))
	}
	require.NoError(t, p.Discard(t.Context(), 1))
	require.NoError(t, p.Close())
	damage(t, dir, "licensespring-dead-letters", func([]byte) []byte { return nil })
	p = openDir(t, dir)
	missing := p.Missing()
	require.Len(t, missing, 2)
	assert.Equal(t, "evt_1", missing[0].OrderID)
	assert.Equal(t, "evt_2", missing[1].OrderID)
}

// A damaged ledger reports nothing that is not missing.
func TestDamagedLedger(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	dir := t.TempDir()
	p := openDir(t, dir)
	enqueue(t, p, 10)
	require.NoError(t, p.Close())
	damage(t, dir, "licensespring-accepted", truncated)
	p = openDir(t, dir)
	assert.Empty(t, p.Missing())
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 10}, stats(t, p))
}

// consumerDamage is damage to one of the files of a consumer.
var consumerDamage = map[string]struct {
	file   string
	change func([]byte) []byte
}{
	"state flipped":      {"o.dat", flipped(0)},
	"state truncated":    {"o.dat", truncated},
	"state empty":        {"o.dat", func([]byte) []byte { return nil }},
	"settings flipped":   {"meta.inf", func(b []byte) []byte { b[len(b)/2] ^= 0xff; return b }},
	"settings truncated": {"meta.inf", truncated},
}

// damageConsumer changes a file of the consumer of a stream.
func damageConsumer(t *testing.T, dir, stream, consumer, file string, change func([]byte) []byte) {
	t.Helper()
	name := filepath.Join(streamDir(dir, stream), "obs", consumer, file)
	state, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, change(state), 0o600))
}

// The state of the consumer is repaired: it is not needed to finish the orders.
func TestDamagedConsumerIsRepaired(t *testing.T) {
	t.Parallel()
	const n = 30
	for name, tt := range consumerDamage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			dir := t.TempDir()
			p := openDir(t, dir)
			enqueue(t, p, n)
			stop := run(t, p, newClient(t, s))
			require.Eventually(t, func() bool { return stats(t, p).Done > 3 }, testTimeout, time.Millisecond)
			stop()
			require.NoError(t, p.Close())
			damageConsumer(t, dir, "licensespring-orders", "licensespring-workers", tt.file, tt.change)

			var log logText
			p = openDir(t, dir, shortAckWait, log.option())
			run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			assert.Equal(t, fulfillment.Stats{Done: n}, stats(t, p), log.String())
			assert.Equal(t, n, s.LicenseCount())
		})
	}
}

// Run checks the ledger on servers of any kind.
func TestRunChecksTheLedger(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := startCluster(t, 1, 0).open(t)
	enqueue(t, p, 3)
	require.NoError(t, fulfillment.RemoveQueued(t.Context(), p, 2))
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	require.Eventually(t, func() bool { return len(p.Missing()) == 1 }, testTimeout, pollInterval)
	assert.Equal(t, "inv-1", p.Missing()[0].OrderID)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1"))) // within the dedupe window
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 3}, stats(t, p))
}
