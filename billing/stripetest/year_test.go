package stripetest_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

var update = flag.Bool("update", false, "update the golden files")

// A year of a subscription emits the expected events.
func TestYear(t *testing.T) {
	t.Parallel()
	s := newServer(t, stripetest.WithStart(time.Date(2031, time.January, 31, 9, 0, 0, 0, time.UTC)))
	var text strings.Builder
	reported := 0
	report := func(step string) {
		fmt.Fprintf(&text, "# %s\n", step)
		for _, e := range s.Events()[reported:] {
			fmt.Fprintf(&text, "%s  %s%s\n", time.Unix(e.Created, 0).UTC().Format("2006-01-02 15:04"), e.Type, summary(e))
			reported++
		}
	}
	to := func(month time.Month, day int) {
		s.AdvanceTo(time.Date(2031, month, day, 12, 0, 0, 0, time.UTC))
	}
	session := s.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: month, TrialDays: 14})
	sub, customer := session.Subscription.ID, session.Customer.ID
	report("checkout with a trial of 14 days")
	to(time.February, 15)
	report("the trial ends")
	to(time.March, 20)
	report("renewal")
	s.ChangeItem(sub, 0, stripetest.Change{Quantity: 3})
	s.ChangeItem(sub, 0, stripetest.Change{Price: "price_pro", Proration: stripetest.AlwaysInvoice})
	report("more seats, another plan")
	s.FailPayments(customer, 2)
	to(time.April, 20)
	report("a renewal whose first two payments fail")
	charge := s.ChargeOf(lastInvoice(s, sub).ID).ID
	s.Refund(charge, 1000)
	dispute := s.Dispute(charge)
	to(time.May, 10)
	s.CloseDispute(dispute.ID, true)
	report("partial refund, dispute that is won")
	s.PauseCollection(sub, stripe.SubscriptionPauseCollectionBehaviorVoid, time.Date(2031, time.June, 20, 0, 0, 0, 0, time.UTC))
	to(time.July, 1)
	report("collection is paused over two renewals")
	s.SetPaymentMethod(customer, stripetest.PaymentFails)
	to(time.July, 20)
	s.PayInvoice(lastInvoice(s, sub).ID)
	s.SetPaymentMethod(customer, stripetest.PaymentSucceeds)
	s.PayInvoice(lastInvoice(s, sub).ID)
	report("a failed renewal is paid manually with another card")
	to(time.September, 20)
	report("two renewals")
	s.CancelAtPeriodEnd(sub, true)
	to(time.December, 31)
	report("canceled at the end of the period")

	const path = "testdata/year.golden"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), text.String())
}

// summary returns the members of the object that show its state.
func summary(e *stripe.Event) string {
	text := ""
	for _, name := range []string{"status", "payment_status", "billing_reason", "attempt_count", "amount_due", "amount", "amount_refunded", "cancel_at_period_end"} {
		value, ok := e.Data.Object[name]
		if ok && value != false && value != float64(0) {
			text += fmt.Sprintf(" %s=%v", name, value)
		}
	}
	return text
}
