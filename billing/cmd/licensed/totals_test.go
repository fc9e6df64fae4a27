package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// purchaseEvents returns the events of the n-th purchase, and the id and the number of
// licenses of its order.
func purchaseEvents(t *testing.T, n int) (events [][]byte, id string, licenses int) {
	t.Helper()
	number := strconv.Itoa(n)
	add := func(name string, from ...string) {
		payload, err := sample(name)
		require.NoError(t, err)
		for _, old := range append(from, "evt_demo_"+name[:1]) {
			payload = bytes.ReplaceAll(payload, []byte(`"`+old+`"`), []byte(`"`+old+"-"+number+`"`))
		}
		events = append(events, payload)
	}
	switch n % 3 {
	case 0: // paid immediately
		add("1_checkout", "cs_demo_1")
		return events, "cs_demo_1-" + number, 2
	case 1: // a subscription: two events for one order
		add("2_subscription_invoice", "in_demo_2", "sub_demo_2")
		add("3_subscription_checkout", "in_demo_2", "sub_demo_2", "cs_demo_3")
		return events, "sub_demo_2-" + number, 3
	default: // a bank transfer: two events; the first requires no order
		add("4_unpaid", "cs_demo_4")
		add("5_paid_later", "cs_demo_4")
		return events, "cs_demo_4-" + number, 1
	}
}

// The events of many purchases are delivered concurrently one to three times in random
// order, while the service fails in every way. The totals must match.
func TestTotals(t *testing.T) {
	t.Parallel()
	const purchases = 90
	set, err := newSettings([]string{"-fake", "-listen", "127.0.0.1:0", "-admin", "127.0.0.1:0"}, env(), &output{})
	require.NoError(t, err)
	a, err := newApp(t.Context(), set, &output{})
	require.NoError(t, err)
	t.Cleanup(func() { _ = a.close() })
	for i := range 4 {
		at := func(f licensespringtest.Fault) licensespringtest.Fault {
			return f.On(licensespringtest.CreateOrder).Nth(1 + 6*i)
		}
		a.fake.Inject(
			at(licensespringtest.DropAfter()), at(licensespringtest.DropBefore()), at(licensespringtest.CutResponse(90)),
			at(licensespringtest.Status(http.StatusBadGateway, licensespringtest.Stored())),
			at(licensespringtest.Status(http.StatusTooManyRequests)), at(licensespringtest.HugeBody(64<<10)),
		)
	}

	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	var deliveries [][]byte
	want := map[string]int{}
	total := 0
	for n := range purchases {
		events, id, licenses := purchaseEvents(t, n)
		want[id] = licenses
		total += licenses
		for _, event := range events {
			for range 1 + random.IntN(3) {
				deliveries = append(deliveries, event)
			}
		}
	}
	random.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })

	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 2)
	go func() { stopped <- a.runWorkers(ctx) }()
	go func() { stopped <- a.runInbox(ctx) }()
	queue := make(chan []byte)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for payload := range queue {
				assert.Equal(t, http.StatusOK, a.deliver(t, payload))
			}
		})
	}
	for _, payload := range deliveries {
		queue <- payload
	}
	close(queue)
	all.Wait()
	eventually(t, "all orders are finished", func() bool {
		stats, err := a.pipeline.Stats(t.Context())
		require.NoError(t, err)
		in, err := a.inbox.Stats(t.Context())
		return err == nil && in.Events.Depth == 0 && in.Expected.Depth == 0 && stats.Depth == 0 && stats.Done+stats.Dead == purchases
	})
	cancel()
	require.NoError(t, <-stopped)
	require.NoError(t, <-stopped)

	got := map[string]int{}
	for _, order := range a.fake.Orders() {
		got[order.StoreID] = len(order.Licenses())
	}
	assert.Equal(t, want, got)
	assert.Equal(t, total, a.fake.LicenseCount())
	results := map[string]int{}
	for result, err := range a.pipeline.Results(t.Context()) {
		require.NoError(t, err)
		results[result.OrderID] = len(result.Order.LicenseKeys())
	}
	assert.Equal(t, want, results)
	assert.Empty(t, a.fake.PendingFaults(), "every fault must occur")
}

// deliver posts a signed event to the webhook.
func (a *app) deliver(t *testing.T, payload []byte) int {
	t.Helper()
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: payload, Secret: a.set.webhookSecret.Reveal(), Timestamp: time.Now(),
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, webhookPath, bytes.NewReader(payload))
	r.Header.Set("Stripe-Signature", signed.Header)
	w := httptest.NewRecorder()
	a.publicHandler().ServeHTTP(w, r)
	return w.Code
}
