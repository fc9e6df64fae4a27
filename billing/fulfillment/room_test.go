package fulfillment_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// largeOrder is one of some 60 KiB.
func largeOrder(id string) *licensespring.Order {
	order := keyOrder(id)
	order.Items[0].Note = strings.Repeat("x", 60<<10)
	return order
}

// fill enqueues until the store is full, for small orders as well.
func fill(t *testing.T, p *fulfillment.Pipeline) (orders int) {
	t.Helper()
	for _, order := range [...]func(string) *licensespring.Order{largeOrder, keyOrder} {
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

// Enqueue stops before the store is full, and the orders that are in it can be
// finished, with their passwords.
func TestAFullStoreFinishesWhatItHas(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithMaxStore(4<<20), fulfillment.WithKeepPasswords(true))
	user := licensespring.NewOrder("user").AddItem("acme-web", licensespring.NewUserLicense("grace@example.com"))
	require.NoError(t, p.Enqueue(t.Context(), user))
	n := fill(t, p)
	require.Greater(t, n, 40)
	require.ErrorIs(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "evt_1", Payload: make([]byte, 1000)}), fulfillment.ErrStoreFull)
	require.ErrorIs(t, p.Health(t.Context()), fulfillment.ErrStoreFull)

	run(t, p, newClient(t, s))
	settled(t, p)
	assert.Equal(t, fulfillment.Stats{Done: n + 1}, stats(t, p))
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

// There is no room for results any more: no order is made.
func TestNoOrderIsMadeInAFullStore(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	dir := t.TempDir()
	p := openDir(t, dir)
	for i := range 20 {
		require.NoError(t, p.Enqueue(t.Context(), largeOrder(fmt.Sprint("large-", i))))
	}
	require.NoError(t, p.Close())

	// The disk has become smaller, for something else grew on it.
	p = openDir(t, dir, fulfillment.WithMaxStore(1<<20))
	stop := run(t, p, newClient(t, s))
	<-time.After(1500 * time.Millisecond)
	stop()
	require.ErrorIs(t, p.Health(t.Context()), fulfillment.ErrStoreFull)
	assert.Empty(t, s.Requests())
	assert.Equal(t, 20, stats(t, p).Depth)
	require.NoError(t, p.Close())

	run(t, openDir(t, dir), newClient(t, s))
	require.Eventually(t, func() bool { return s.LicenseCount() == 20 }, soon, tick)
}

// The room of a server elsewhere is not known. It refuses, and then an order is
// called for only once something could be stored.
func TestAProbeIsNotMadeWhereNothingCanBeStored(t *testing.T) {
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
	assert.Equal(t, fulfillment.Later, seen.first().Ending)
	assert.Equal(t, n, stats(t, p).Depth)
}
