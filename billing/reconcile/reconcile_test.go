package reconcile_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// The license of a subscription follows the money.
func TestSubscription(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.WithStart(time.Date(2031, 1, 15, 10, 0, 0, 0, time.UTC)))
	w.AddPrice("price_month")
	w.Start()

	session := w.Stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}}})
	sub, customer := session.Subscription.ID, session.Customer.ID
	w.Play(0)
	first := "enabled until 2031-02-19" // the paid period, three days, and one because it is not known whether the day counts
	require.Equal(t, []string{first}, w.Licenses())

	w.Play(32 * day)
	assert.Equal(t, []string{"enabled until 2031-03-19"}, w.Licenses(), "renewed")

	w.Stripe.FailPayments(customer, 1)
	w.Play(28 * day)
	assert.Equal(t, []string{"enabled until 2031-03-19"}, w.Licenses(), "past due: unchanged")
	w.Play(10 * day)
	assert.Equal(t, []string{"enabled until 2031-04-19"}, w.Licenses(), "recovered")

	w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 3, Proration: stripetest.AlwaysInvoice})
	w.Play(0)
	assert.Equal(t, []string{"enabled until 2031-04-19", "enabled until 2031-04-19", "enabled until 2031-04-19"}, w.Licenses(), "two more seats")

	w.Stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 2})
	w.Play(0)
	assert.Equal(t, []string{"enabled until 2031-04-19", "enabled until 2031-04-19", "disabled until 2031-04-19"}, w.Licenses(), "one less, newest first")

	w.Stripe.CancelNow(sub)
	w.Play(0)
	assert.Equal(t, []string{"disabled until 2031-04-19", "disabled until 2031-04-19", "disabled until 2031-04-19"}, w.Licenses(), "canceled")
	assert.Empty(t, w.DeadLetters())

	rec, err := w.Reconciler.Record(t.Context(), stripehook.Source{Kind: stripehook.SourceSubscription, ID: sub})
	require.NoError(t, err)
	assert.True(t, rec.Matches("ADA@example.com "))
	assert.True(t, rec.Matches(w.Service.Licenses()[0].Key))
	assert.False(t, rec.Matches("grace@example.com"))
	for _, e := range rec.History {
		t.Log(e.At.Format(time.DateTime), e.Status, e.Decision, e.Reason, e.Steps, e.Notes, e.Error)
	}
}
