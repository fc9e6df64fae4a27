package audit_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/audit"
	"github.com/licensespring-go/licensespring/billing/internal/worldtest"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

const day = 24 * time.Hour

// world is a shop with four subscriptions and a payment.
type world struct {
	*worldtest.World

	subs  []string
	audit *audit.Audit
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: worldtest.New(t, stripetest.WithStart(time.Date(2031, 1, 15, 10, 0, 0, 0, time.UTC)))}
	w.AddPrice("price_month")
	w.Start()
	for _, email := range []string{"a@example.com", "b@example.com", "c@example.com", "d@example.com"} {
		s := w.Stripe.Checkout(stripetest.Checkout{Email: email, Items: []stripetest.Item{{Price: "price_month", Quantity: 2}}})
		w.subs = append(w.subs, s.Subscription.ID)
	}
	w.Play(0)
	w.audit = &audit.Audit{Subjects: w.Reader, Reconciler: w.Reconciler, Client: w.Client, FixTimeout: 3 * time.Minute}
	return w
}

// run audits and returns the differences as "kind subject", sorted as reported.
func (w *world) run(from audit.Position) ([]string, *audit.Summary) {
	w.T.Helper()
	var differences []string
	s, err := w.audit.Run(w.T.Context(), from, func(d audit.Difference) error {
		differences = append(differences, string(d.Kind)+" "+d.Subject)
		assert.NotEmpty(w.T, d.Cause)
		return nil
	})
	require.NoError(w.T, err)
	return differences, s
}

// lose plays without delivering the events.
func (w *world) lose(do func()) {
	do()
	w.Stripe.DropPending(func(stripetest.PendingEvent) bool { return true })
}

// Lost events and changes by hand are found, and corrected if that needs no decision.
func TestAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	differences, s := w.run(audit.Position{})
	assert.Empty(t, differences)
	assert.True(t, s.IsClean())
	assert.Equal(t, 4, s.Subjects)
	assert.Equal(t, 8, s.Licenses)

	w.lose(func() {
		w.Stripe.CancelNow(w.subs[0])                                                                         // licensed and unpaid
		w.Stripe.ChangeItem(w.subs[1], 0, stripetest.Change{Quantity: 3, Proration: stripetest.NoProrations}) // paid and unlicensed
		w.Stripe.ChangeItem(w.subs[2], 0, stripetest.Change{Quantity: 1, Proration: stripetest.NoProrations}) // a duplicate
		w.Stripe.Advance(32 * day)                                                                            // renewals
		w.Stripe.Refund(w.Stripe.ChargeOf(w.Stripe.SubscriptionInvoices(w.subs[3])[1].ID).ID, 100)            // to be decided
	})
	order := licensespring.NewOrder("sub_gone").AddItem("acmecad", licensespring.NewLicense())
	_, err := w.Client.EnsureOrder(t.Context(), order)
	require.NoError(t, err)

	differences, s = w.run(audit.Position{})
	assert.ElementsMatch(t, []string{
		"unpaid " + w.subs[0], "unpaid " + w.subs[0],
		"wrong_date " + w.subs[1], "wrong_date " + w.subs[1], "unlicensed " + w.subs[1],
		"wrong_date " + w.subs[2], "duplicate " + w.subs[2],
		"wrong_date " + w.subs[3], "wrong_date " + w.subs[3], "review " + w.subs[3],
		"orphan sub_gone",
	}, differences)
	assert.False(t, s.IsClean())
	assert.Empty(t, w.DeadLetters(), "an audit without fix changes nothing")

	w.audit.Fix = true
	_, s = w.run(audit.Position{})
	assert.Equal(t, map[audit.Fix]int{audit.FixDone: 9}, s.Fixes)
	w.audit.Fix = false
	differences, s = w.run(audit.Position{})
	assert.ElementsMatch(t, []string{"review " + w.subs[3], "orphan sub_gone"}, differences)
	assert.False(t, s.IsClean())
}

// Licenses that were ordered and do not exist, or that existed before, are differences.
func TestAuditFindsLostLicenses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Hide(worldtest.Newest)
	differences, _ := w.run(audit.Position{})
	assert.ElementsMatch(t, []string{"review " + w.subs[0], "review " + w.subs[1], "review " + w.subs[2], "review " + w.subs[3]}, differences)
	w.Hide(nil)

	w.Service.Inject(licensespringtest.Status(http.StatusBadRequest).On(licensespringtest.CreateOrder).Forever())
	s := w.Stripe.Checkout(stripetest.Checkout{Email: "e@example.com", Items: []stripetest.Item{{Price: "price_month", Quantity: 2}}})
	w.Stripe.Play(t.Context(), 0, w.Hook.ServeHTTP)
	require.Eventually(t, func() bool { return len(w.DeadLetters()) == 1 }, 3*time.Minute, 5*time.Millisecond)
	differences, summary := w.run(audit.Position{})
	assert.Equal(t, []string{"unlicensed " + s.Subscription.ID}, differences)
	assert.False(t, summary.IsClean())
}

// An interrupted audit continues where it ended.
func TestAuditResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lose(func() { w.Stripe.Advance(32 * day) })
	ctx, cancel := context.WithCancel(t.Context())
	first := map[string]bool{}
	s, err := w.audit.Run(ctx, audit.Position{}, func(d audit.Difference) error {
		if first[d.Subject] = true; len(first) == 2 {
			cancel()
			return context.Canceled
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.False(t, s.Complete)
	assert.Equal(t, 1, s.Subjects)
	differences, s := w.run(s.Position)
	assert.True(t, s.Complete)
	assert.Len(t, differences, 3*2, "the subject that was interrupted is compared again")
}

// An error of one subject is a difference, and one that concerns all ends the audit.
func TestAuditErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Stripe.Inject(stripetest.Status(404).On(stripetest.Invoices).Times(1))
	differences, s := w.run(audit.Position{})
	require.Len(t, differences, 1)
	assert.Contains(t, differences[0], "error ")
	assert.True(t, s.Complete)
	assert.False(t, s.IsClean())

	w.Stripe.Inject(stripetest.Status(401).On(stripetest.Invoices).Forever())
	_, err := w.audit.Run(t.Context(), audit.Position{}, func(audit.Difference) error { return nil })
	var api *stripehook.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, 401, api.Status)
}
