package reconcile_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/internal/worldtest"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// awaitRecord waits until the record of a subject satisfies the condition.
func (w *world) awaitRecord(subject stripehook.Source, condition func(*reconcile.Record) bool) {
	w.T.Helper()
	require.Eventually(w.T, func() bool {
		rec, err := w.Reconciler.Record(w.T.Context(), subject)
		return err == nil && condition(rec)
	}, 3*time.Minute, 5*time.Millisecond)
}

// awaitLooks waits until jobs have looked for ordered licenses several more times.
func (w *world) awaitLooks(subject stripehook.Source) {
	w.T.Helper()
	rec, err := w.Reconciler.Record(w.T.Context(), subject)
	require.NoError(w.T, err)
	w.awaitRecord(subject, func(now *reconcile.Record) bool { return now.Jobs > rec.Jobs+2 })
}

// A list that lacks a license of the first order leads neither to another one, nor to the
// end of the others.
func TestPartOfFirstOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.AddPrice("price_month")
	w.Hide(worldtest.Newest)
	w.Start()
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month", Quantity: 3}}})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	w.awaitRecord(subscription(s.Subscription.ID), func(rec *reconcile.Record) bool { return len(rec.Memory.Licenses) == 2 && rec.Looks > 2 })
	w.Hide(nil)
	w.Settle()
	assert.Equal(t, slices.Repeat([]string{"enabled until 2031-02-19"}, 3), w.Licenses())
	assert.Empty(t, w.DeadLetters())
	for _, r := range w.Service.Requests() {
		assert.NotContains(t, r.Path, "/disable/")
	}
}

// Licenses that were seen while nothing had to be changed count later, when a list lacks
// one.
func TestSeenLicensesCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.AddPrice("price_month")
	// The lists fail after the order.
	w.Service.Inject(licensespringtest.Status(http.StatusForbidden).On(licensespringtest.ListLicenses).
		When(func(*http.Request) bool { return w.Service.LicenseCount() > 0 }).Forever())
	w.Start()
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month", Quantity: 2}}})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return w.Service.LicenseCount() == 2 }, 3*time.Minute, time.Millisecond)
	w.Stripe.FailPayments(s.Customer.ID, 1)
	w.Stripe.Play(t.Context(), 32*day, w.Hook.ServeHTTP)
	require.EqualValues(t, "past_due", w.Stripe.Subscription(s.Subscription.ID).Status)
	w.Service.ClearFaults()
	w.Settle()
	w.Hide(worldtest.Newest)
	w.Stripe.Play(t.Context(), 8*day, w.Hook.ServeHTTP)
	require.EqualValues(t, "active", w.Stripe.Subscription(s.Subscription.ID).Status)
	w.awaitRecord(subscription(s.Subscription.ID), func(rec *reconcile.Record) bool { return rec.Status == "active" })
	w.Hide(nil)
	w.Settle()
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(s.Subscription.ID)))
	w.Settle()
	assert.Equal(t, slices.Repeat([]string{"enabled until 2031-03-19"}, 2), w.Licenses())
	assert.Empty(t, w.DeadLetters())
}

// The quantity grows before a list shows the license of the first order.
func TestFirstOrderIsShownLate(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	w.Hide(worldtest.All)
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}}})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return w.Service.LicenseCount() == 1 }, 3*time.Minute, 10*time.Millisecond)
	first := w.Service.Licenses()[0].Key
	w.Stripe.ChangeItem(s.Subscription.ID, 0, stripetest.Change{Quantity: 2, Proration: stripetest.AlwaysInvoice})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	w.awaitLooks(subscription(s.Subscription.ID))
	w.Hide(func(_ int, l map[string]any) bool { return l["license_key"] == first })
	w.awaitLooks(subscription(s.Subscription.ID))
	w.Hide(nil)
	w.Settle()
	assert.Equal(t, slices.Repeat([]string{"enabled until 2031-02-19"}, 2), w.Licenses())
}

// A license that is not visible when it has to be disabled is disabled later.
func TestNotVisibleAtCancellation(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	w.Hide(worldtest.All)
	w.Stripe.CancelNow(sub)
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	w.awaitLooks(subscription(sub))
	w.Hide(nil)
	w.Settle()
	assert.Equal(t, []string{"disabled until 2031-02-19"}, w.Licenses())
}

// A deleted license is a difference, and one that replaces it is adopted.
func TestDeletedLicense(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	require.True(t, w.Service.DeleteLicense(w.Service.Licenses()[0].ID))
	w.Play(32 * day)
	assert.Equal(t, []string{"review " + sub}, w.differences(false))
	replacement := licensespring.NewLicense()
	replacement.SubscriptionID, replacement.LicenseType = sub, licensespring.Subscription
	_, err := w.Client.EnsureOrder(t.Context(), licensespring.NewOrder("manual-1").AddItem("acmecad", replacement))
	require.NoError(t, err)
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(sub)))
	w.Settle()
	assert.Equal(t, []string{"enabled until 2031-03-19"}, w.Licenses())
	assert.Empty(t, w.differences(false))
}

// showEnabled makes lists show all licenses enabled, until the faults are cleared.
func (w *world) showEnabled() {
	w.Service.Inject(licensespringtest.Custom(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write(bytes.ReplaceAll(rec.Body.Bytes(), []byte(`"enabled":false`), []byte(`"enabled":true`)))
	}).On(licensespringtest.ListLicenses).Forever())
}

// A license that this program has disabled was disabled again manually, and a list that is
// behind shows it enabled.
func TestManualAfterOwnDisableAndStaleList(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	id := w.Service.Licenses()[0].ID
	d := w.dispute(sub)
	w.Play(0)
	w.Service.EnableLicense(id)
	w.Service.DisableLicense(id, "support@example.com")
	w.showEnabled()
	w.Stripe.CloseDispute(d.ID, true)
	w.Play(0)
	w.Service.ClearFaults()
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(sub)))
	w.Settle()
	assert.Equal(t, []string{"disabled until 2031-02-19"}, w.Licenses())
}

// A license that has to be disabled, and that no list shows, is found by its id.
func TestNeverListed(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	w.Hide(worldtest.All)
	w.Stripe.CancelNow(sub)
	w.Play(0)
	assert.Equal(t, []string{"disabled until 2031-02-19"}, w.Licenses())
}

// A deleted license is not issued again after a suspension.
func TestDeletedLicenseAfterSuspension(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	require.True(t, w.Service.DeleteLicense(w.Service.Licenses()[0].ID))
	_, err := w.Pipeline.PruneResults(t.Context(), time.Now().Add(time.Hour))
	require.NoError(t, err)
	d := w.dispute(sub)
	w.Play(0)
	w.Stripe.CloseDispute(d.ID, true)
	w.Play(0)
	assert.Empty(t, w.Licenses())
}

// A list that shows only a part of a purchase does not lead to a review.
func TestPartOfPurchase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.addPurchase("price_once", "acmecad")
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_once", Quantity: 3}}})
	license := licensespring.NewLicense()
	license.LicenseType = licensespring.Perpetual
	require.NoError(t, w.Pipeline.Enqueue(t.Context(), licensespring.NewOrder(s.ID).AddItem("acmecad", license, license.Clone(), license.Clone())))
	w.Hide(worldtest.Newest)
	w.Start()
	require.Eventually(t, func() bool { return w.Service.LicenseCount() == 3 }, 3*time.Minute, 5*time.Millisecond)
	w.Play(0)
	assert.Empty(t, w.DeadLetters())
	w.Hide(nil)
	require.NoError(t, w.Reconciler.Request(t.Context(), session(s.ID)))
	w.Settle()
	assert.Len(t, w.Licenses(), 3)
	assert.Empty(t, w.DeadLetters())
}

// A list that is behind shows a license enabled that was disabled manually.
func TestManualDisableAndStaleList(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	w.showEnabled()
	require.True(t, w.Service.DisableLicense(w.Service.Licenses()[0].ID, "support@example.com"))
	d := w.dispute(sub)
	w.Play(0)
	w.Service.ClearFaults()
	w.Stripe.CloseDispute(d.ID, true)
	w.Play(0)
	assert.Equal(t, []string{"disabled until 2031-02-19"}, w.Licenses())
}

// The time of a disable is learned later if the read after it failed, so that a manual
// disable is recognized.
func TestTimeOfDisableIsLearned(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	id := w.Service.Licenses()[0].ID
	d := w.dispute(sub)
	w.Service.Inject(licensespringtest.Status(http.StatusInternalServerError).On(licensespringtest.GetLicense).Nth(2).Forever())
	w.Play(0)
	w.Service.ClearFaults()
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(sub)))
	w.Settle()
	require.Equal(t, []string{"disabled until 2031-02-19"}, w.Licenses())
	w.Service.EnableLicense(id)
	w.Service.DisableLicense(id, "support@example.com")
	w.Stripe.CloseDispute(d.ID, true)
	w.Play(0)
	assert.Equal(t, []string{"disabled until 2031-02-19"}, w.Licenses())
}

// The product of a license that is no longer sold is read from its order.
func TestProductOfOtherOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.AddPrice("price_month")
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}}})
	old, other := licensespring.NewLicense(), licensespring.NewLicense()
	old.SubscriptionID = s.Subscription.ID
	_, err := w.Client.EnsureOrder(t.Context(), licensespring.NewOrder("manual-1").AddItem("acmeapi", old, other))
	require.NoError(t, err)
	w.Start()
	w.Play(0)
	assert.Equal(t, []string{"disabled until <nil>", "enabled until <nil>", "enabled until 2031-02-19"}, w.Licenses())
	assert.Empty(t, w.DeadLetters())
	rec, err := w.Reconciler.Record(t.Context(), subscription(s.Subscription.ID))
	require.NoError(t, err)
	assert.Len(t, rec.Memory.Licenses, 2, "the other license of the order does not belong to the subscription")
	_, err = json.Marshal(rec)
	require.NoError(t, err)
}
