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
	w.addPrice("price_month")
	w.start()

	session := w.stripe.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: []stripetest.Item{{Price: "price_month"}}})
	sub, customer := session.Subscription.ID, session.Customer.ID
	w.play(0)
	first := "enabled until 2031-02-19" // the paid period, three days, and one because it is not known whether the day counts
	require.Equal(t, []string{first}, w.licenses())

	w.play(32 * day)
	assert.Equal(t, []string{"enabled until 2031-03-19"}, w.licenses(), "renewed")

	w.stripe.FailPayments(customer, 1)
	w.play(28 * day)
	assert.Equal(t, []string{"enabled until 2031-03-19"}, w.licenses(), "past due: unchanged")
	w.play(10 * day)
	assert.Equal(t, []string{"enabled until 2031-04-19"}, w.licenses(), "recovered")

	w.stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 3, Proration: stripetest.AlwaysInvoice})
	w.play(0)
	assert.Equal(t, []string{"enabled until 2031-04-19", "enabled until 2031-04-19", "enabled until 2031-04-19"}, w.licenses(), "two more seats")

	w.stripe.ChangeItem(sub, 0, stripetest.Change{Quantity: 2})
	w.play(0)
	assert.Equal(t, []string{"enabled until 2031-04-19", "enabled until 2031-04-19", "disabled until 2031-04-19"}, w.licenses(), "one less, newest first")

	w.stripe.CancelNow(sub)
	w.play(0)
	assert.Equal(t, []string{"disabled until 2031-04-19", "disabled until 2031-04-19", "disabled until 2031-04-19"}, w.licenses(), "canceled")
	assert.Empty(t, w.deadLetters())

	rec, err := w.reconciler.Record(t.Context(), stripehook.Source{Kind: stripehook.SourceSubscription, ID: sub})
	require.NoError(t, err)
	assert.True(t, rec.Matches("ADA@example.com "))
	assert.True(t, rec.Matches(w.service.Licenses()[0].Key))
	assert.False(t, rec.Matches("grace@example.com"))
	for _, e := range rec.History {
		t.Log(e.At.Format(time.DateTime), e.Status, e.Decision, e.Reason, e.Steps, e.Notes, e.Error)
	}
}
