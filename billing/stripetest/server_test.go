package stripetest_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// The methods can be called concurrently.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 {
				sub := subscribe(t, s, stripetest.Subscription{})
				s.Advance(day)
				s.Deliver(t.Context(), func(http.ResponseWriter, *http.Request) { s.Pending() })
				get(t, s, "/v1/subscriptions/"+sub.ID)
				s.CancelNow(sub.ID)
			}
		})
	}
	wait.Wait()
	assert.Empty(t, s.Violations())
}

// The same options and calls produce the same objects.
func TestDeterminism(t *testing.T) {
	t.Parallel()
	first, second := newServer(t), newServer(t)
	playEverything(first)
	playEverything(second)
	assert.Equal(t, first.Events(), second.Events())
	other := newServer(t, stripetest.WithSeed(2))
	playEverything(other)
	assert.Equal(t, kinds(first, 0), kinds(other, 0))
	assert.NotEqual(t, first.Events()[0].ID, other.Events()[0].ID)
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	customer := s.AddCustomer(stripetest.Customer{}).ID
	for name, misuse := range map[string]func(){
		"clock":    func() { s.AdvanceTo(s.Now().Add(-time.Second)) },
		"version":  func() { stripetest.New(stripetest.WithAPIVersion("2017-01-27")) },
		"customer": func() { s.Subscribe(stripetest.Subscription{Customer: "cus_none", Items: month}) },
		"no items": func() { s.Subscribe(stripetest.Subscription{Customer: customer}) },
		"one-off": func() {
			s.Subscribe(stripetest.Subscription{Customer: customer, Items: []stripetest.Item{{Price: "price_once"}}})
		},
		"periods": func() {
			s.Subscribe(stripetest.Subscription{Customer: customer, Items: []stripetest.Item{month[0], {Price: "price_year"}}})
		},
		"anchor": func() {
			s.Subscribe(stripetest.Subscription{Customer: customer, Items: month, BillingCycleAnchor: s.Now()})
		},
		"interval":   func() { s.AddPrice(stripetest.Price{Interval: "decade"}) },
		"method":     func() { s.SetPaymentMethod(customer, "cash") },
		"refund":     func() { s.Refund("ch_none", 0) },
		"resume":     func() { s.Resume(subscribe(t, s, stripetest.Subscription{}).ID) },
		"paid":       func() { s.PayInvoice(lastInvoice(s, subscribe(t, s, stripetest.Subscription{}).ID).ID) },
		"guest":      func() { s.Checkout(stripetest.Checkout{Guest: true, Items: month}) },
		"item":       func() { s.ChangeItem(subscribe(t, s, stripetest.Subscription{}).ID, 1, stripetest.Change{}) },
		"empty cart": func() { s.Checkout(stripetest.Checkout{}) },
	} {
		assert.Panics(t, misuse, name)
	}
	assert.NotEmpty(t, s.Events(), "the server can be used after a panic")
}

func TestPeriods(t *testing.T) {
	t.Parallel()
	for _, of := range []struct {
		interval string
		count    int64
		want     string
	}{
		{"day", 3, "2032-03-03"},
		{"week", 2, "2032-03-14"},
		{"month", 3, "2032-05-29"},
		{"year", 1, "2033-02-28"},
	} {
		s := newServer(t, stripetest.WithStart(time.Date(2032, time.February, 29, 0, 0, 0, 0, time.UTC)))
		s.AddPrice(stripetest.Price{ID: "price_x", UnitAmount: 100, Interval: of.interval, IntervalCount: of.count})
		sub := subscribe(t, s, stripetest.Subscription{Items: []stripetest.Item{{Price: "price_x"}}})
		assert.Equal(t, of.want, time.Unix(sub.Items.Data[0].CurrentPeriodEnd, 0).UTC().Format(time.DateOnly))
		due, ok := s.NextDue()
		assert.True(t, ok)
		assert.Equal(t, sub.Items.Data[0].CurrentPeriodEnd, due.Unix())
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	s := newServer(t, stripetest.WithAPIKey("sk_test_1"), stripetest.WithTestMode(), stripetest.WithSigningTime(time.Now))
	assert.Equal(t, "sk_test_1", s.APIKey())
	one := s.Checkout(stripetest.Checkout{Items: month})
	assert.False(t, one.Livemode)
	assert.True(t, strings.HasPrefix(one.ID, "cs_test_"))
	hook, q := newHook(t, s, stripehook.WithTolerance(time.Minute))
	assert.Equal(t, len(s.Events()), s.Deliver(t.Context(), hook.ServeHTTP))
	assert.Contains(t, q.orders[one.Subscription.ID], `"is_test": true`)
	assert.Equal(t, "Status(500)", stripetest.Status(500).String())
}

// A price with the id of another one replaces it.
func TestReplacedPrice(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	sub := subscribe(t, s, stripetest.Subscription{})
	product := sub.Items.Data[0].Price.Product.ID
	s.AddPrice(stripetest.Price{ID: "price_month", UnitAmount: 4000, Interval: "month", Inactive: true})
	other := s.AddPrice(stripetest.Price{Product: product, UnitAmount: 1})
	assert.Equal(t, product, other.Product.ID)
	s.Advance(32 * day)
	assert.Equal(t, int64(4000), lastInvoice(s, sub.ID).AmountPaid)
	assert.Panics(t, func() { subscribe(t, s, stripetest.Subscription{}) }, "the price is inactive")
	_, page := get(t, s, "/v1/prices?active=false")
	assert.Equal(t, []string{"price_month"}, ids(page))
}
