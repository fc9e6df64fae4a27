package reconcile_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

var start = stripetest.WithStart(time.Date(2031, 1, 15, 10, 0, 0, 0, time.UTC))

// subscribe starts a subscription and returns its id and that of the customer.
func (w *world) subscribe(price string, quantity int64, trialDays int) (sub, customer string) {
	w.T.Helper()
	s := w.Stripe.Checkout(stripetest.Checkout{
		Email: "ada@example.com", Items: []stripetest.Item{{Price: price, Quantity: quantity}}, TrialDays: trialDays,
	})
	w.Play(0)
	return s.Subscription.ID, s.Customer.ID
}

// startMonthly returns a started world with the price price_month.
func startMonthly(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, start)
	w.AddPrice("price_month")
	w.Start()
	return w
}

// dispute disputes the payment of the newest invoice of a subscription.
func (w *world) dispute(sub string) *stripe.Dispute {
	w.T.Helper()
	return w.Stripe.Dispute(w.Stripe.ChargeOf(w.Stripe.SubscriptionInvoices(sub)[0].ID).ID)
}

func subscription(id string) stripehook.Source {
	return stripehook.Source{Kind: stripehook.SourceSubscription, ID: id}
}

// Each row ends in one state of the licenses.
func TestLives(t *testing.T) {
	t.Parallel()
	const paid, renewed = "2031-02-19", "2031-03-19"
	for _, tt := range []struct {
		name string
		live func(w *world)
		want []string
		dead string // contained in the only dead letter, or empty
	}{
		{"trial that is continued", func(w *world) {
			w.subscribe("price_month", 1, 14)
			assert.Equal(w.T, []string{"enabled until 2031-02-02"}, w.Licenses())
			w.Play(15 * day)
		}, []string{"enabled until 2031-03-04"}, ""},
		{"trial without a payment method, paused", func(w *world) {
			c := w.Stripe.AddCustomer(stripetest.Customer{Email: "ada@example.com"})
			w.Stripe.SetPaymentMethod(c.ID, stripetest.PaymentNone)
			w.Stripe.Subscribe(stripetest.Subscription{
				Customer: c.ID, Items: []stripetest.Item{{Price: "price_month"}}, TrialDays: 14, MissingPaymentMethod: stripetest.MissingPauses,
			})
			w.Play(0)
			assert.Equal(w.T, []string{"enabled until 2031-02-02"}, w.Licenses())
			w.Play(15 * day)
		}, []string{"disabled until 2031-02-02"}, ""},
		{"seats on a later invoice", func(w *world) {
			sub, _ := w.subscribe("price_month", 3, 0)
			w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 5})
			w.Play(0)
			assert.Len(w.T, w.Licenses(), 5)
			w.Play(32 * day)
		}, []string{"enabled until " + renewed, "enabled until " + renewed, "enabled until " + renewed, "enabled until " + renewed, "enabled until " + renewed}, ""},
		{"seats as devices", func(w *world) {
			sub, _ := w.subscribe("price_devices", 3, 0)
			w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 8})
			w.Play(0)
			assert.EqualValues(w.T, 8, w.Service.Licenses()[0].Properties["max_activations"])
		}, []string{"enabled until " + paid}, ""},
		{"full refund of the current period", func(w *world) {
			sub, _ := w.subscribe("price_month", 1, 0)
			w.Stripe.Refund(w.Stripe.ChargeOf(w.Stripe.SubscriptionInvoices(sub)[0].ID).ID, 0)
			w.Play(0)
		}, []string{"disabled until " + paid}, ""},
		{"full refund of an earlier period", func(w *world) {
			sub, _ := w.subscribe("price_month", 1, 0)
			w.Play(32 * day)
			w.Stripe.Refund(w.Stripe.ChargeOf(w.Stripe.SubscriptionInvoices(sub)[0].ID).ID, 0)
			w.Play(0)
		}, []string{"enabled until " + renewed}, ""},
		{"partial refund", func(w *world) {
			sub, _ := w.subscribe("price_month", 1, 0)
			w.Stripe.Refund(w.Stripe.ChargeOf(w.Stripe.SubscriptionInvoices(sub)[0].ID).ID, 1000)
			w.Play(0)
		}, []string{"enabled until " + paid}, "refund"},
		{"dispute that is won", func(w *world) {
			sub, _ := w.subscribe("price_month", 1, 0)
			d := w.dispute(sub)
			w.Play(0)
			assert.Equal(w.T, []string{"disabled until " + paid}, w.Licenses())
			w.Stripe.CloseDispute(d.ID, true)
			w.Play(0)
		}, []string{"enabled until " + paid}, ""},
		{"dispute that is lost", func(w *world) {
			sub, _ := w.subscribe("price_month", 1, 0)
			d := w.dispute(sub)
			w.Play(0)
			w.Stripe.CloseDispute(d.ID, false)
			w.Play(0)
		}, []string{"disabled until " + paid}, ""},
		{"refund of a one-off purchase", func(w *world) {
			s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_once"}}})
			w.Play(0)
			assert.Equal(w.T, []string{"enabled until <nil>"}, w.Licenses())
			w.Stripe.Refund(w.Stripe.ChargeOf(s.ID).ID, 0)
			w.Play(0)
		}, []string{"disabled until <nil>"}, ""},
		{"one-off purchase with an invoice", func(w *world) {
			w.Stripe.Checkout(stripetest.Checkout{
				Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_once"}}, InvoiceCreation: true,
			})
			w.Play(0)
		}, []string{"enabled until <nil>"}, ""},
		{"delayed payment that fails", func(w *world) {
			w.Stripe.Checkout(stripetest.Checkout{
				Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_once"}}, Delayed: 2 * day, FailsLater: true,
			})
			w.Play(3 * day)
		}, nil, ""},
		{"delayed payment", func(w *world) {
			w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_once"}}, Delayed: 2 * day})
			w.Play(0)
			assert.Empty(w.T, w.Licenses())
			w.Play(3 * day)
		}, []string{"enabled until <nil>"}, ""},
		{"session that costs nothing", func(w *world) {
			w.Stripe.AddPrice(stripetest.Price{ID: "price_free", Metadata: map[string]string{"product_short_code": "acmecad", "license_type": "perpetual"}})
			w.Stripe.Checkout(stripetest.Checkout{
				Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_free"}}, InvoiceCreation: true,
			})
			w.Play(0)
		}, []string{"enabled until <nil>"}, ""},
		{"disabled by hand", func(w *world) {
			sub, _ := w.subscribe("price_month", 1, 0)
			w.Service.DisableLicense(w.Service.Licenses()[0].ID, "support@example.com")
			w.Play(32 * day)
			require.NoError(w.T, w.Reconciler.Request(w.T.Context(), subscription(sub)))
			w.Settle()
		}, []string{"disabled until " + paid}, ""},
		{"unpaid, disabled by hand, and paid", func(w *world) {
			sub, customer := w.subscribe("price_month", 1, 0)
			w.Stripe.SetPaymentMethod(customer, stripetest.PaymentFails)
			w.Play(50 * day)
			require.Equal(w.T, []string{"disabled until " + paid}, w.Licenses(), "unpaid")
			w.Service.EnableLicense(w.Service.Licenses()[0].ID)
			w.Service.DisableLicense(w.Service.Licenses()[0].ID, "support@example.com")
			w.Stripe.SetPaymentMethod(customer, stripetest.PaymentSucceeds)
			invoices := w.Stripe.SubscriptionInvoices(sub)
			w.Stripe.PayInvoice(invoices[len(invoices)-1].ID)
			w.Play(0)
		}, []string{"disabled until " + paid}, ""},
		{"unpaid, and paid", func(w *world) {
			sub, customer := w.subscribe("price_month", 1, 0)
			w.Stripe.SetPaymentMethod(customer, stripetest.PaymentFails)
			w.Play(50 * day)
			w.Stripe.SetPaymentMethod(customer, stripetest.PaymentSucceeds)
			invoices := w.Stripe.SubscriptionInvoices(sub)
			w.Stripe.PayInvoice(invoices[len(invoices)-1].ID)
			w.Play(0)
		}, []string{"enabled until " + renewed}, ""},
		{"price without metadata, corrected", func(w *world) {
			w.Stripe.AddPrice(stripetest.Price{ID: "price_bare", UnitAmount: 100, Interval: "month"})
			s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_bare"}}})
			w.Play(0)
			assert.Len(w.T, w.DeadLetters(), 1)
			assert.Empty(w.T, w.Licenses())
			w.Stripe.AddPrice(stripetest.Price{ID: "price_bare", UnitAmount: 100, Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad"}})
			require.NoError(w.T, w.Reconciler.Request(w.T.Context(), subscription(s.Subscription.ID)))
			w.Settle()
		}, []string{"enabled until " + paid}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, start, stripetest.WithDunning(stripetest.Dunning{Final: stripetest.FinalUnpaid}))
			w.AddPrice("price_month")
			w.AddPrice("price_devices", "quantity", "max_activations")
			w.Stripe.AddPrice(stripetest.Price{ID: "price_once", UnitAmount: 9900, Metadata: map[string]string{"product_short_code": "acmecad", "license_type": "perpetual"}})
			w.Start()
			tt.live(w)
			assert.Equal(t, tt.want, w.Licenses())
			dead := w.DeadLetters()
			if tt.dead == "" {
				assert.Empty(t, dead)
				return
			}
			require.Len(t, dead, 1)
			assert.Contains(t, dead[0], tt.dead)
		})
	}
}

// Events that are doubled, late, out of order or lost end in the same state. A job for
// the subject recovers a lost one.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start, stripetest.WithDelivery(stripetest.Delivery{
		Duplicate: 0.5, Delay: 0.5, MaxDelay: 3 * day, Lose: 0.2, Shuffle: true,
	}))
	w.AddPrice("price_month")
	w.Start()
	var subs []string
	for i := range 5 {
		s := w.Stripe.Checkout(stripetest.Checkout{Email: strings.Repeat("a", i+1) + "@example.com", Items: []stripetest.Item{{Price: "price_month", Quantity: 2}}})
		subs = append(subs, s.Subscription.ID)
	}
	for month := range 3 {
		w.Play(15 * day)
		w.Stripe.ChangeItem(subs[month], 0, stripetest.Change{Quantity: int64(month + 3)})
		w.Play(16 * day)
	}
	w.Stripe.CancelNow(subs[4])
	w.Play(5 * day)
	for _, sub := range subs { // as an audit does
		require.NoError(t, w.Reconciler.Request(t.Context(), subscription(sub)))
	}
	w.Settle()
	counts := map[string]int{}
	for _, text := range w.Licenses() {
		counts[text]++
	}
	assert.Equal(t, map[string]int{"enabled until 2031-05-19": 3 + 4 + 5 + 2, "disabled until " + disabledUntil(w, subs[4]): 2}, counts)
	assert.Empty(t, w.DeadLetters())
}

func disabledUntil(w *world, sub string) string {
	for _, l := range w.Service.Licenses() {
		if l.OrderStoreID == sub {
			until, _ := l.Properties["validity_period"].(string)
			return until[:len(time.DateOnly)]
		}
	}
	return ""
}

// A failing service delays a job, and an error that remains becomes a dead letter that
// the next success removes.
func TestFailures(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	w.Service.Inject(licensespringtest.Status(http.StatusBadRequest).On(licensespringtest.UpdateLicense).Forever())
	w.Stripe.Play(t.Context(), 32*day, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return len(w.DeadLetters()) == 1 }, 3*time.Minute, 10*time.Millisecond)
	assert.Contains(t, w.DeadLetters()[0], "the licenses cannot be reconciled")
	w.Settle()

	w.Service.ClearFaults()
	w.Service.Inject(licensespringtest.DropAfter().On(licensespringtest.UpdateLicense), licensespringtest.Status(http.StatusServiceUnavailable))
	w.Stripe.Inject(stripetest.Cut(), stripetest.Status(http.StatusInternalServerError), stripetest.RateLimited(time.Second))
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(sub)))
	w.Settle()
	assert.Equal(t, []string{"enabled until 2031-03-19"}, w.Licenses())
	assert.Empty(t, w.DeadLetters())
}

// A license that this program failed to disable, and that is then disabled manually,
// stays disabled.
func TestFailedDisable(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 2, 0)
	w.Service.Inject(licensespringtest.Status(http.StatusForbidden).On(licensespringtest.DisableLicense).Forever())
	d := w.dispute(sub)
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool {
		rec, err := w.Reconciler.Record(t.Context(), subscription(sub))
		return err == nil && rec.LastError() != ""
	}, 3*time.Minute, 10*time.Millisecond)
	w.Service.DisableLicense(w.Service.Licenses()[1].ID, "support@example.com")
	w.Service.ClearFaults()
	w.Settle()
	assert.Equal(t, []string{"disabled until 2031-02-19", "disabled until 2031-02-19"}, w.Licenses())
	w.Stripe.CloseDispute(d.ID, true)
	w.Play(0)
	assert.Equal(t, []string{"enabled until 2031-02-19", "disabled until 2031-02-19"}, w.Licenses())
}

// A license that is disabled manually a moment before this program would disable it stays
// disabled.
func TestDisabledManuallyBefore(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	id := w.Service.Licenses()[0].ID
	w.Service.Inject(licensespringtest.DelayBefore(0).On(licensespringtest.GetLicense).When(func(*http.Request) bool {
		w.Service.DisableLicense(id, "support@example.com")
		return true
	}))
	d := w.dispute(sub)
	w.Play(0)
	require.Equal(t, []string{"disabled until 2031-02-19"}, w.Licenses())
	w.Stripe.CloseDispute(d.ID, true)
	w.Play(0)
	assert.Equal(t, []string{"disabled until 2031-02-19"}, w.Licenses())
	assert.Empty(t, w.DeadLetters())
}

// The product of a subscription changes before its first licenses were read.
func TestProductChangesBeforeFirstRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.AddPrice("price_month")
	w.AddPrice("price_api", "product_short_code", "acmeapi")
	w.Start()
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}}})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return w.Service.LicenseCount() == 1 }, 3*time.Minute, time.Millisecond)
	w.Service.Inject(licensespringtest.Status(http.StatusForbidden).On(licensespringtest.ListLicenses).Forever())
	w.Stripe.ChangeItem(s.Subscription.ID, 0, stripetest.Change{Price: "price_api"})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	w.Service.ClearFaults()
	w.Settle()
	assert.Equal(t, []string{"disabled until 2031-02-19", "enabled until 2031-02-19"}, w.Licenses())
	assert.Empty(t, w.DeadLetters())
}

// An order is stored with its keys before it is given to the pipeline, and given again
// after a crash in between.
func TestStoredOrders(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	var stored reconcile.PendingOrder
	w.Service.Inject(licensespringtest.DelayBefore(0).On(licensespringtest.CreateOrder).When(func(*http.Request) bool {
		rec, err := w.Reconciler.Record(t.Context(), subscription(sub))
		if assert.NoError(t, err) && assert.Len(t, rec.Orders, 1, "before it is sent") {
			stored = rec.Orders[0]
		}
		return true
	}))
	w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 2, Proration: stripetest.NoProrations})
	w.Play(0)
	require.Len(t, w.Service.Licenses(), 2)
	assert.Contains(t, string(stored.Order), w.Service.Licenses()[1].Key)

	// As it is after a crash before an order of a third license is sent.
	key := "AB2C-D3EF-GH4J-K5MN"
	stored.Order = bytes.ReplaceAll(stored.Order, []byte(w.Service.Licenses()[1].Key), []byte(key))
	stored.Found = nil
	jobs, err := w.Pipeline.OpenJobs(t.Context(), "subjects")
	require.NoError(t, err)
	state, err := jobs.State(t.Context(), reconcile.Key(subscription(sub)))
	require.NoError(t, err)
	var rec reconcile.Record
	require.NoError(t, json.Unmarshal(state.Data, &rec))
	rec.Orders = append(rec.Orders, stored)
	state.Data, err = json.Marshal(rec)
	require.NoError(t, err)
	require.NoError(t, jobs.SaveState(t.Context(), state))
	w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 3, Proration: stripetest.NoProrations})
	w.Play(0)
	require.Len(t, w.Service.Licenses(), 3)
	assert.Equal(t, key, w.Service.Licenses()[2].Key)
	assert.Equal(t, slices.Repeat([]string{"enabled until 2031-02-19"}, 3), w.Licenses())
}

// After the licenses are as wanted, a job changes nothing.
func TestNothingToChange(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	d := w.dispute(sub)
	w.Play(0)
	w.Stripe.CloseDispute(d.ID, true)
	w.Play(0)
	require.Equal(t, []string{"enabled until 2031-02-19"}, w.Licenses())
	w.Service.ResetRequests()
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(sub)))
	w.Settle()
	assert.NotEmpty(t, w.Service.Requests())
	for _, r := range w.Service.Requests() {
		assert.Equal(t, http.MethodGet, r.Method)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, s := range []stripehook.Source{
		{Kind: stripehook.SourceSubscription, ID: "sub_1"},
		{Kind: stripehook.SourceInvoice, ID: "in_1", Account: "acct_1"},
		{Kind: stripehook.SourceSession, ID: "cs_1", Context: "org_1"},
	} {
		got, ok := reconcile.ParseKey(reconcile.Key(s))
		assert.True(t, ok)
		assert.Equal(t, s, got)
	}
	for _, key := range []string{"", "subscription", "a/b/c", "/a/b/c", "a/b/c/"} {
		_, ok := reconcile.ParseKey(key)
		assert.False(t, ok, key)
	}
	for order, want := range map[string]stripehook.Source{
		"shop-sub_1":        {Kind: stripehook.SourceSubscription, ID: "sub_1"},
		"shop-acct_9-sub_1": {Kind: stripehook.SourceSubscription, ID: "sub_1", Account: "acct_9"},
		"shop-sub_1-2":      {Kind: stripehook.SourceSubscription, ID: "sub_1"},
		"shop-cs_1":         {Kind: stripehook.SourceSession, ID: "cs_1"},
		"sub_1":             {},
		"shop-inv-1":        {},
	} {
		got, ok := reconcile.SubjectOfOrder(order, "shop-")
		assert.Equal(t, want != stripehook.Source{}, ok, order)
		if ok {
			assert.Equal(t, want, got, order)
		}
	}
}
