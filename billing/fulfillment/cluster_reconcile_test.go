package fulfillment_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// Two machines reconcile subscriptions whose quantities change, while the servers of a
// cluster of three, including the leader of the jobs, are restarted one at a time.
func TestClusterReconciliation(t *testing.T) {
	t.Parallel()
	c := startCluster(t, 3, 0)
	s := licensespringtest.NewServer(t)
	ack := fulfillment.WithAckWait(2 * time.Second)
	p := c.open(t, fulfillment.WithReplicas(3), ack)
	shop := stripetest.New(stripetest.WithTB(t))
	shop.AddPrice(stripetest.Price{ID: "price_month", UnitAmount: 2500, Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad"}})
	requests := openReconciler(t, p, s, shop)
	var jobs atomic.Int64
	for range 2 { // two machines
		machine := c.open(t, ack)
		run(t, machine, newClient(t, s))
		runReconciler(t, openReconciler(t, machine, s, shop, reconcile.WithObserver(func(reconcile.Report) { jobs.Add(1) })))
	}

	var (
		stopped atomic.Bool
		all     sync.WaitGroup
		most    [12]int // licenses of each subscription
		last    [12]int
		subs    [12]string
	)
	for i := range subs {
		session := shop.Checkout(stripetest.Checkout{
			Email: fmt.Sprintf("customer%d@example.com", i), Items: []stripetest.Item{{Price: "price_month", Quantity: 1}},
		})
		subs[i], most[i], last[i] = session.Subscription.ID, 1, 1
	}
	all.Go(func() {
		for n := 0; !stopped.Load() || n < len(subs); n++ {
			i := n % len(subs)
			if n >= len(subs) {
				i = rand.IntN(len(subs))
				last[i] = 1 + rand.IntN(5)
				most[i] = max(most[i], last[i])
				shop.ChangeItem(subs[i], 0, stripetest.Change{Quantity: int64(last[i]), Proration: stripetest.AlwaysInvoice})
			}
			for range 1 + rand.IntN(2) {
				for t.Context().Err() == nil && requests.Request(t.Context(), stripehook.Source{Kind: stripehook.SourceSubscription, ID: subs[i]}) != nil {
					t.Log("retry request") // like the sender of a webhook event
				}
			}
			<-time.After(time.Duration(10+rand.IntN(50)) * time.Millisecond)
		}
	})
	c.restart(t, *restartsFlag, "licensespring-subjects", "KV_licensespring-subjects-state", "licensespring-orders")
	stopped.Store(true)
	all.Wait()
	require.Eventually(t, func() bool {
		waiting, err := requests.Stats(t.Context())
		return err == nil && waiting.Waiting+waiting.Scheduled == 0
	}, testTimeout, pollInterval)
	for i, sub := range subs {
		issued, enabled := 0, 0
		for _, l := range s.Licenses() {
			if l.OrderStoreID == sub {
				issued++
				if l.Enabled {
					enabled++
				}
			}
		}
		assert.Equal(t, last[i], enabled, "enabled licenses of %s", sub)
		assert.LessOrEqual(t, issued, most[i], "licenses of %s", sub)
	}
	t.Logf("%d jobs, %d licenses, %d servers restarted", jobs.Load(), s.LicenseCount(), *restartsFlag)
}

// restart restarts the servers one at a time, every second time the leader of the first
// stream.
func (c *cluster) restart(t *testing.T, rounds int, streams ...string) {
	t.Helper()
	conn, err := nats.Connect(c.urls(), nats.MaxReconnects(-1))
	require.NoError(t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	for i := range rounds {
		c.waitForReplicas(t, js, streams...)
		stop := c.leader(t, js, streams[0])
		if i%2 == 1 {
			stop = rand.IntN(len(c.servers))
		}
		c.stop(stop)
		<-time.After(time.Duration(500+rand.IntN(1500)) * time.Millisecond)
		c.start(t, stop)
	}
	c.waitForReplicas(t, js, streams...)
}

func openReconciler(t *testing.T, p *fulfillment.Pipeline, s *licensespringtest.Server, shop *stripetest.Server, options ...reconcile.Option) *reconcile.Reconciler {
	t.Helper()
	reader := lifecycle.NewReader(stripehook.NewStripeLineItems(licensespring.NewSecret(shop.APIKey()), shop.Client(), shop.URL()))
	r, err := reconcile.Open(t.Context(), p, newClient(t, s), reader, append(options, reconcile.WithOrderWait(10*time.Millisecond))...)
	require.NoError(t, err)
	return r
}

// runReconciler runs jobs until the test ends.
func runReconciler(t *testing.T, r *reconcile.Reconciler) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		assert.NoError(t, r.Run(ctx, fulfillment.WithBackoff(5*time.Millisecond, 100*time.Millisecond)))
	})
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
}
