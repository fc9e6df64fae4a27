package fulfillment_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// largeOrder returns an order of about 60 KiB.
func largeOrder(id string) *licensespring.Order {
	order := newOrder(id)
	order.Items[0].Note = strings.Repeat("x", 60<<10)
	return order
}

// fill enqueues large orders and then small orders until the store is full.
func fill(t *testing.T, p *fulfillment.Pipeline) (orders int) {
	t.Helper()
	for _, order := range [...]func(string) *licensespring.Order{largeOrder, newOrder} {
		for {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			err := p.Enqueue(ctx, order(fmt.Sprint("inv-", orders)))
			cancel()
			if err != nil {
				require.ErrorIs(t, err, fulfillment.ErrStoreFull)
				break
			}
			orders++
		}
	}
	return orders
}

// Enqueue stops before the store is full, so that the orders in the queue can be
// finished, with their passwords.
func TestFullStoreFinishesQueuedOrders(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithMaxStoreBytes(4<<20), fulfillment.WithKeepPasswords(true))
	user := licensespring.NewOrder("user").AddItem("acmeweb", licensespring.NewUserLicense("grace@example.com"))
	require.NoError(t, p.Enqueue(t.Context(), user))
	n := fill(t, p)
	require.Greater(t, n, 40)
	require.ErrorIs(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "evt_1", Payload: make([]byte, 8000)}), fulfillment.ErrStoreFull)
	dead := 0
	for ; p.Health(t.Context()) == nil; dead++ { // less than an order may be free
		require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: fmt.Sprint("evt_", dead)}))
	}
	require.LessOrEqual(t, dead, 10)
	require.ErrorIs(t, p.Health(t.Context()), fulfillment.ErrStoreFull)

	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: n + 1, Dead: dead}, stats(t, p))
	r, err := p.Result(t.Context(), "user")
	require.NoError(t, err)
	password := ""
	for _, l := range r.Order.Licenses() {
		for _, u := range l.LicenseUsers {
			password = u.InitialPassword.Reveal()
		}
	}
	assert.NotEmpty(t, password)
}

// No order is created without capacity for its result.
func TestFullStoreCreatesNoOrder(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	dir := t.TempDir()
	p := openDir(t, dir)
	for i := range 20 {
		require.NoError(t, p.Enqueue(t.Context(), largeOrder(fmt.Sprint("large-", i))))
	}
	require.NoError(t, p.Close())

	// Other files have used up the disk.
	p = openDir(t, dir, fulfillment.WithMaxStoreBytes(1<<20))
	stop := run(t, p, newClient(t, s))
	<-time.After(1500 * time.Millisecond)
	stop()
	require.ErrorIs(t, p.Health(t.Context()), fulfillment.ErrStoreFull)
	assert.Empty(t, s.Requests())
	assert.Equal(t, 20, stats(t, p).Depth)
	require.NoError(t, p.Close())

	run(t, openDir(t, dir), newClient(t, s))
	require.Eventually(t, func() bool { return s.LicenseCount() == 20 }, testTimeout, pollInterval)
}

// The capacity of a server elsewhere is unknown. After it rejected a write, a probe
// makes no call until a write succeeds.
func TestProbeMakesNoCallInFullStore(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	c := startCluster(t, 1, 0)
	c.stop(0)
	c.options[0].JetStreamMaxStore = 1 << 20
	c.start(t, 0)
	p := c.open(t)
	n := fill(t, p)
	require.Positive(t, n)
	var seen events
	require.NoError(t, fulfillment.DeliverProbe(t.Context(), p, newClient(t, s), seen.option()))
	assert.Empty(t, s.Requests())
	require.ErrorIs(t, seen.first().Err, fulfillment.ErrStoreFull)
	assert.Equal(t, fulfillment.DispositionRetry, seen.first().Disposition)
	assert.GreaterOrEqual(t, stats(t, p).Depth, n, "the order that was rejected last may be in the queue, without its ledger entry")
}

// Results are larger than small orders. Enqueue reserves their space, so that all
// orders it accepts are finished.
func TestAcceptedOrdersHaveSpaceForTheirResults(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(string) *licensespring.Order{
		"small orders":  newOrder,
		"many licenses": manyLicenses, // a result has about 140 times the size of its order
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			p := openPipeline(t, fulfillment.WithMaxStoreBytes(8<<20))
			n := 0
			err := error(nil)
			for err == nil {
				if err = p.Enqueue(t.Context(), order(fmt.Sprint("inv-", n))); err == nil {
					n++
				}
			}
			require.ErrorIs(t, err, fulfillment.ErrStoreFull)
			require.Greater(t, n, 40)
			run(t, p, newClient(t, s))
			waitUntilEmpty(t, p)
			assert.Equal(t, fulfillment.Stats{Done: n}, stats(t, p))

			// The results leave no space for as many orders, until they are pruned.
			cutoff := time.Now()
			pruned, err := p.PruneResults(t.Context(), cutoff.Add(-time.Hour))
			require.NoError(t, err)
			assert.Zero(t, pruned)
			pruned, err = p.PruneResults(t.Context(), cutoff)
			require.NoError(t, err)
			assert.Equal(t, n, pruned)
			require.NoError(t, p.Health(t.Context()))
			require.NoError(t, p.Enqueue(t.Context(), order("inv-0")))
			waitUntilEmpty(t, p)
			assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p), "the order is found at the service")
			assert.Len(t, s.Orders(), n)
		})
	}
}

// manyLicenses returns an order whose result is much larger.
func manyLicenses(id string) *licensespring.Order {
	order := newOrder(id)
	order.Items[0].Licenses = make([]licensespring.License, 100)
	return order
}

// The message of an order is its JSON, padded for the result.
func TestReservedMessageHoldsTheOrder(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	order := newOrder("inv-1")
	body, err := order.MarshalJSON()
	require.NoError(t, err)
	s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity))
	run(t, p, newClient(t, s))
	require.NoError(t, p.Enqueue(t.Context(), order))
	waitUntilEmpty(t, p)
	letters := deadLetters(t, p)
	require.Len(t, letters, 1)
	stored, err := letters[0].Order.MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, string(body), string(stored))
	require.NoError(t, p.Retry(t.Context(), letters[0].Seq))
	waitUntilEmpty(t, p)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p), "the padding is not part of the key")
}

// A full store loses no message: each one has led to its order or its dead letter when
// the workers are done.
func TestAcceptedMessagesHaveSpaceForTheirOrders(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithMaxStoreBytes(8<<20))
	q := openQueue(t, p)
	n := 0
	err := error(nil)
	for err == nil {
		if err = q.Put(t.Context(), fmt.Sprint("inv-", n), []byte(strings.Repeat("x", 1500))); err == nil {
			n++
		}
	}
	require.ErrorIs(t, err, fulfillment.ErrStoreFull)
	require.Greater(t, n, 100)
	for i := 0; p.Health(t.Context()) == nil; i++ { // less than a message may be free
		require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: fmt.Sprint("evt_", i)}))
	}
	require.ErrorIs(t, p.Health(t.Context()), fulfillment.ErrStoreFull)
	require.ErrorIs(t, p.Probe(t.Context()), fulfillment.ErrStoreFull)
	require.ErrorIs(t, p.Enqueue(t.Context(), newOrder("other")), fulfillment.ErrStoreFull)
	rejected := stats(t, p).Dead

	rejects := 0
	runQueue(t, q, func(ctx context.Context, m fulfillment.QueueMessage) error {
		if strings.HasSuffix(m.ID, "7") {
			return p.Reject(ctx, fulfillment.Rejection{ID: m.ID, Reason: "no", Payload: m.Body})
		}
		return p.Enqueue(ctx, newOrder(m.ID))
	})
	waitUntilProcessed(t, q)
	for i := range n {
		if i%10 == 7 {
			rejects++
		}
	}
	assert.Equal(t, fulfillment.Stats{Depth: n - rejects, Dead: rejected + rejects}, withoutAge(stats(t, p)))
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: n - rejects, Dead: rejected + rejects}, stats(t, p))
	assert.Empty(t, p.Missing())
}

// Messages whose orders are large wait for space, and leave the space of the queued
// orders alone.
func TestLargeOrdersOfMessagesWaitForSpace(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithMaxStoreBytes(8<<20))
	q := openQueue(t, p)
	const messages = 150 // their orders need 16 MiB
	for i := range messages {
		require.NoError(t, q.Put(t.Context(), fmt.Sprint("inv-", i), nil))
	}
	full := make(chan struct{}, 1)
	runQueue(t, q, func(ctx context.Context, m fulfillment.QueueMessage) error {
		err := p.Enqueue(ctx, manyLicenses(m.ID))
		if err != nil {
			assert.ErrorIs(t, err, fulfillment.ErrStoreFull)
			select {
			case full <- struct{}{}:
			default:
			}
		}
		return err
	})
	<-full
	require.Positive(t, depth(t, q))
	require.Eventually(t, func() bool { return errors.Is(p.Health(t.Context()), fulfillment.ErrStoreFull) }, testTimeout, pollInterval)
	run(t, p, newClient(t, s))
	require.Eventually(t, func() bool { return stats(t, p).Depth == 0 && stats(t, p).Done > 10 }, testTimeout, pollInterval, "the queued orders are finished")
	// The results fill the store. The operator prunes them.
	require.Eventually(t, func() bool {
		_, err := p.PruneResults(t.Context(), time.Now())
		require.NoError(t, err)
		return depth(t, q) == 0 && stats(t, p).Depth == 0
	}, testTimeout, 100*time.Millisecond)
	assert.Len(t, s.Orders(), messages)
	assert.Zero(t, stats(t, p).Dead)
}

func withoutAge(s fulfillment.Stats) fulfillment.Stats {
	s.OldestAge, s.Waiting = 0, 0
	return s
}
