package reconcile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/audit"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// differences audits, and returns the differences as "kind subject".
func (w *world) differences(fix bool) []string {
	w.T.Helper()
	a := &audit.Audit{Subjects: w.Reader, Reconciler: w.Reconciler, Client: w.Client, Fix: fix, FixTimeout: 3 * time.Minute}
	var found []string
	_, err := a.Run(w.T.Context(), audit.Position{}, func(d audit.Difference) error {
		found = append(found, string(d.Kind)+" "+d.Subject)
		return nil
	})
	require.NoError(w.T, err)
	return found
}

// addPurchase adds a perpetual price.
func (w *world) addPurchase(id, product string, metadata ...string) {
	p := stripetest.Price{ID: id, UnitAmount: 9900, Metadata: map[string]string{"product_short_code": product, "license_type": "perpetual"}}
	for i := 0; i < len(metadata); i += 2 {
		p.Metadata[metadata[i]] = metadata[i+1]
	}
	w.Stripe.AddPrice(p)
}

func session(id string) stripehook.Source {
	return stripehook.Source{Kind: stripehook.SourceSession, ID: id}
}

// hooked calls a function once before a call.
type hooked struct {
	reconcile.Client

	assign, disable func()
}

func (h *hooked) AssignKeys(ctx context.Context, order *licensespring.Order) (*licensespring.Order, error) {
	if f := h.assign; f != nil {
		h.assign = nil
		f()
	}
	return h.Client.AssignKeys(ctx, order)
}

func (h *hooked) EnsureLicense(ctx context.Context, id int64, state licensespring.LicenseState) (*licensespring.LicenseResult, error) {
	if f := h.disable; f != nil && !*state.Enabled {
		h.disable = nil
		f()
	}
	return h.Client.EnsureLicense(ctx, id, state)
}

// newHooked returns a started world with hooks.
func newHooked(t *testing.T) (*world, *hooked) {
	t.Helper()
	w := newWorld(t, start)
	w.AddPrice("price_month")
	h := &hooked{Client: w.Client}
	var err error
	w.Reconciler, err = reconcile.Open(t.Context(), w.Pipeline, h, w.Reader, reconcile.WithOrderWait(10*time.Millisecond))
	require.NoError(t, err)
	w.Start()
	return w, h
}

// editRecord changes what is stored of a subject, as a job of another machine does.
func (w *world) editRecord(subject stripehook.Source, edit func(*reconcile.Record)) {
	w.T.Helper()
	jobs, err := w.Pipeline.OpenJobs(w.T.Context(), "subjects")
	require.NoError(w.T, err)
	state, err := jobs.State(w.T.Context(), reconcile.Key(subject))
	require.NoError(w.T, err)
	rec := &reconcile.Record{}
	require.NoError(w.T, json.Unmarshal(state.Data, rec))
	edit(rec)
	state.Data, err = json.Marshal(rec)
	require.NoError(w.T, err)
	require.NoError(w.T, jobs.SaveState(w.T.Context(), state))
}

// A machine that was paused does not send an order that it could not store.
func TestOrderAfterStateChanged(t *testing.T) {
	t.Parallel()
	w, h := newHooked(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	first := w.Service.Licenses()[0].Key
	w.Hide(func(_ int, l map[string]any) bool { return l["license_key"] != first })
	h.assign = func() { w.editRecord(subscription(sub), func(rec *reconcile.Record) { rec.Jobs = 100 }) }
	w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 2, Proration: stripetest.AlwaysInvoice})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	w.awaitRecord(subscription(sub), func(rec *reconcile.Record) bool { return rec.Jobs > 102 })
	w.Hide(nil)
	w.Settle()
	assert.Len(t, w.Service.Licenses(), 2)
}

// A machine that was paused disables a license that another one has seen paid again.
func TestDisableAfterStateChanged(t *testing.T) {
	t.Parallel()
	w, h := newHooked(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	d := w.dispute(sub)
	h.disable = func() {
		w.Stripe.CloseDispute(d.ID, true)
		w.editRecord(subscription(sub), func(rec *reconcile.Record) {
			for id, known := range rec.Memory.Licenses {
				known.Disabled = ""
				rec.Memory.Licenses[id] = known
			}
		})
	}
	w.Play(0)
	w.Play(0)
	assert.Equal(t, []string{"enabled until 2031-02-19"}, w.Licenses())
}

// An order that the service rejected is replaced when its price was corrected.
func TestRejectedOrderIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.AddPrice("price_month", "license_policy", "wrong")
	w.Start()
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}}})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return len(w.DeadLetters()) == 1 }, 3*time.Minute, 10*time.Millisecond)
	assert.Equal(t, []string{"unlicensed " + s.Subscription.ID}, w.differences(false))
	w.awaitLooks(subscription(s.Subscription.ID))
	require.Len(t, w.DeadLetters(), 1, "the same order is not tried with other keys")

	w.AddPrice("price_month")
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(s.Subscription.ID)))
	w.Settle()
	assert.Equal(t, []string{"enabled until 2031-02-19"}, w.Licenses())
	assert.Empty(t, w.DeadLetters())
}

// The dead letter of a replaced order is removed, although another change has failed.
func TestDeadLetterOfReplacedOrder(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, _ := w.subscribe("price_month", 1, 0)
	w.Service.Inject(licensespringtest.Status(http.StatusBadRequest).On(licensespringtest.CreateOrder).Forever())
	w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 2, Proration: stripetest.AlwaysInvoice})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return len(w.DeadLetters()) == 1 }, 3*time.Minute, 10*time.Millisecond)
	w.Service.ClearFaults()
	w.Service.Inject(licensespringtest.Status(http.StatusBadRequest).On(licensespringtest.UpdateLicense).Forever())
	w.Stripe.Play(t.Context(), 32*day, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return w.Service.LicenseCount() == 2 }, 3*time.Minute, 10*time.Millisecond)
	w.Service.ClearFaults()
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(sub)))
	w.Settle()
	assert.Equal(t, slices.Repeat([]string{"enabled until 2031-03-19"}, 2), w.Licenses())
	assert.Empty(t, w.DeadLetters())
}

// An order of licenses with users has an id that none had before, also after a license was
// deleted and forgotten.
func TestUserOrderAfterDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.AddPrice("price_user", "product_short_code", "acmeweb", "authorization_method", "user", "license_user", "ada@example.com")
	w.Start()
	sub, _ := w.subscribe("price_user", 1, 0)
	for _, quantity := range []int64{2, 1, 2} {
		w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: quantity, Proration: stripetest.AlwaysInvoice})
		w.Play(0)
		if quantity == 2 && w.Service.LicenseCount() == 2 {
			w.Service.DeleteLicense(w.Service.Licenses()[1].ID)
		}
	}
	assert.Len(t, w.Service.Orders(), 3)
}

// The dead letter of an expectation does not prevent the order when the payment arrives.
func TestPaymentAfterExpectation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.addPurchase("price_once", "acmecad")
	w.Start()
	w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_once"}}, InvoiceCreation: true})
	var completed []byte
	w.Stripe.Play(t.Context(), 0, func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if assert.NoError(t, err) && bytes.Contains(body, []byte(`"checkout.session.completed"`)) {
			completed = body
			return
		}
		rw.WriteHeader(http.StatusServiceUnavailable) // Stripe delivers the others again
	})
	require.Equal(t, stripehook.DispositionRejected, w.Hook.ProcessExpected(t.Context(), completed, true).Disposition)
	require.Len(t, w.DeadLetters(), 1)
	w.Play(day)
	assert.Equal(t, []string{"enabled until <nil>"}, w.Licenses())
	assert.Empty(t, w.DeadLetters())
}

// A license that cannot be changed does not keep the others from being extended.
func TestOneLicenseFails(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	w.subscribe("price_month", 3, 0)
	first := strconv.FormatInt(w.Service.Licenses()[0].ID, 10)
	w.Service.Inject(licensespringtest.Status(http.StatusBadRequest).On(licensespringtest.UpdateLicense).
		When(func(r *http.Request) bool { return strings.Contains(r.URL.Path, first) }).Forever())
	w.Stripe.Play(t.Context(), 32*day, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return len(w.DeadLetters()) > 0 }, 3*time.Minute, 10*time.Millisecond)
	assert.Equal(t, []string{"enabled until 2031-02-19", "enabled until 2031-03-19", "enabled until 2031-03-19"}, w.Licenses())
}

// A license that another subscription has adopted is disabled with the first one, which is
// reported.
func TestAdoptedFromAnotherSubscription(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	sub, customer := w.subscribe("price_month", 1, 0)
	w.Stripe.CancelAtPeriodEnd(sub, true)
	w.Play(20 * day)
	s := w.Stripe.Checkout(stripetest.Checkout{
		Customer: customer, Items: []stripetest.Item{{Price: "price_month"}}, SubscriptionMetadata: map[string]string{"adopt_order_id": sub},
	})
	w.Play(12 * day)
	assert.Equal(t, []string{"review " + s.Subscription.ID}, w.differences(false))
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(s.Subscription.ID)))
	w.Settle()
	assert.Len(t, w.DeadLetters(), 1)
	w.Service.EnableLicense(w.Service.Licenses()[0].ID)
	require.NoError(t, w.Reconciler.Request(t.Context(), subscription(s.Subscription.ID)))
	w.Settle()
	assert.Empty(t, w.DeadLetters())
}

// Licenses with users that are ordered later have an order of their own.
func TestLaterOrderWithUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.addPurchase("price_cad", "acmecad")
	w.addPurchase("price_web", "acmeweb", "authorization_method", "user")
	w.Start()
	s := w.Stripe.Checkout(stripetest.Checkout{Name: "Ada", Items: []stripetest.Item{{Price: "price_cad"}, {Price: "price_web"}}})
	w.Play(0)
	require.Len(t, w.DeadLetters(), 1, "there is no address for the user")
	w.addPurchase("price_web", "acmeweb", "authorization_method", "user", "license_user", "ada@example.com")
	require.NoError(t, w.Reconciler.Request(t.Context(), session(s.ID)))
	w.Settle()
	assert.Equal(t, []string{"enabled until <nil>", "enabled until <nil>"}, w.Licenses())
	w.Stripe.Refund(w.Stripe.ChargeOf(s.ID).ID, 0)
	w.Play(0)
	assert.Equal(t, []string{"disabled until <nil>", "disabled until <nil>"}, w.Licenses())
}

// What was sold once is delivered once, also if its price later sells another product.
func TestPurchaseOfAnotherProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.addPurchase("price_once", "acmecad")
	w.Start()
	w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_once"}}})
	w.Play(0)
	w.addPurchase("price_once", "acmeapi")
	assert.Empty(t, w.differences(true))
	assert.Equal(t, []string{"enabled until <nil>"}, w.Licenses())
}

// A subscription and a purchase of the same product, in one order.
func TestSubscriptionAndPurchase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.AddPrice("price_month")
	w.addPurchase("price_once", "acmecad")
	w.Start()
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}, {Price: "price_once"}}})
	w.Play(0)
	w.Play(32 * day)
	assert.Equal(t, []string{"enabled until 2031-03-19", "enabled until <nil>"}, w.Licenses())
	w.Stripe.CancelNow(s.Subscription.ID)
	w.Play(0)
	assert.Equal(t, []string{"disabled until 2031-03-19", "enabled until <nil>"}, w.Licenses())
	assert.Empty(t, w.differences(false))
}

// The dead letter of a subject that turns out to be another one is removed.
func TestDeadLetterOfAnotherSubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, start)
	w.Stripe.AddPrice(stripetest.Price{ID: "price_free", Metadata: map[string]string{"product_short_code": "acmecad", "license_type": "perpetual"}})
	w.Start()
	w.Stripe.Inject(stripetest.Status(http.StatusForbidden).On(stripetest.CheckoutSessions).Forever())
	w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_free"}}, InvoiceCreation: true})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return len(w.DeadLetters()) == 2 }, 3*time.Minute, 10*time.Millisecond)
	w.Stripe.ClearFaults()
	for letter, err := range w.Pipeline.DeadLetters(t.Context()) {
		require.NoError(t, err)
		subject, ok := reconcile.ParseKey(string(letter.Payload))
		require.True(t, ok)
		require.NoError(t, w.Reconciler.Request(t.Context(), subject))
	}
	w.Settle()
	assert.Equal(t, []string{"enabled until <nil>"}, w.Licenses())
	assert.Empty(t, w.DeadLetters())
}

// An enabled license that names a subscription which Stripe does not have is an orphan,
// whatever its order.
func TestOrphanBySubscription(t *testing.T) {
	t.Parallel()
	w := startMonthly(t)
	w.subscribe("price_month", 1, 0)
	l := licensespring.NewLicense()
	l.SubscriptionID = "sub_gone"
	_, err := w.Client.EnsureOrder(t.Context(), licensespring.NewOrder("manual-1").AddItem("acmecad", l))
	require.NoError(t, err)
	assert.Equal(t, []string{"orphan sub_gone"}, w.differences(false))
}
