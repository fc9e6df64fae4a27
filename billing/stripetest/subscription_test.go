package stripetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

func TestRenewal(t *testing.T) {
	t.Parallel()
	s := newServer(t, stripetest.WithStart(time.Date(2031, time.January, 31, 8, 0, 0, 0, time.UTC)))
	sub := subscribe(t, s, stripetest.Subscription{Items: []stripetest.Item{{Price: "price_month", Quantity: 2}}})
	assert.Equal(t, stripe.SubscriptionStatusActive, sub.Status)
	assert.Equal(t, stripe.InvoiceBillingReasonSubscriptionCreate, lastInvoice(s, sub.ID).BillingReason)
	// The day of the month is that of the anchor, or the last one.
	for _, end := range []string{"2031-02-28", "2031-03-31", "2031-04-30"} {
		sub = s.Subscription(sub.ID)
		item := sub.Items.Data[0]
		assert.Equal(t, end, time.Unix(item.CurrentPeriodEnd, 0).UTC().Format(time.DateOnly))
		s.AdvanceTo(time.Unix(item.CurrentPeriodEnd, 0))
		draft := lastInvoice(s, sub.ID)
		assert.Equal(t, stripe.InvoiceStatusDraft, draft.Status)
		assert.Equal(t, stripe.InvoiceBillingReasonSubscriptionCycle, draft.BillingReason)
		assert.Equal(t, item.CurrentPeriodEnd, draft.PeriodEnd, "the period of the invoice is the one that ended")
		assert.Equal(t, item.CurrentPeriodEnd, draft.Lines.Data[0].Period.Start, "that of the line is the next one")
		assert.Equal(t, draft.ID, s.Subscription(sub.ID).LatestInvoice.ID)
		s.Advance(time.Hour)
		paid := s.Invoice(draft.ID)
		assert.Equal(t, stripe.InvoiceStatusPaid, paid.Status)
		assert.Equal(t, int64(6000), paid.AmountPaid)
		assert.Equal(t, int64(2), paid.Lines.Data[0].Quantity)
	}
}

func TestFailedPayments(t *testing.T) {
	t.Parallel()
	retries := []time.Duration{day, 2 * day}
	for final, want := range map[stripetest.FinalAction]stripe.SubscriptionStatus{
		stripetest.FinalCancel:  stripe.SubscriptionStatusCanceled,
		stripetest.FinalUnpaid:  stripe.SubscriptionStatusUnpaid,
		stripetest.FinalPastDue: stripe.SubscriptionStatusPastDue,
	} {
		t.Run(string(final), func(t *testing.T) {
			t.Parallel()
			s := newServer(t, stripetest.WithDunning(stripetest.Dunning{Retries: retries, Final: final}))
			sub := subscribe(t, s, stripetest.Subscription{})
			s.SetPaymentMethod(sub.Customer.ID, stripetest.PaymentFails)
			s.AdvanceTo(time.Unix(sub.Items.Data[0].CurrentPeriodEnd, 0))
			assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
			inv := lastInvoice(s, sub.ID)
			for attempt, wait := range []time.Duration{time.Hour, day, 2 * day} {
				assert.Equal(t, s.Now().Add(wait).Unix(), s.Invoice(inv.ID).NextPaymentAttempt)
				if attempt > 0 {
					assert.Equal(t, stripe.SubscriptionStatusPastDue, s.Subscription(sub.ID).Status)
				}
				s.Advance(wait)
				assert.Equal(t, int64(attempt+1), s.Invoice(inv.ID).AttemptCount)
			}
			after := s.Subscription(sub.ID)
			assert.Equal(t, want, after.Status)
			inv = s.Invoice(inv.ID)
			assert.Equal(t, stripe.InvoiceStatusOpen, inv.Status)
			assert.Zero(t, inv.NextPaymentAttempt)
			if final == stripetest.FinalCancel {
				assert.Equal(t, s.Now().Unix(), after.EndedAt)
				assert.Equal(t, stripe.SubscriptionCancellationDetailsReasonPaymentFailed, after.CancellationDetails.Reason)
				s.Advance(70 * day)
				assert.Len(t, s.SubscriptionInvoices(sub.ID), 2)
				return
			}
			s.SetPaymentMethod(sub.Customer.ID, stripetest.PaymentSucceeds)
			if final == stripetest.FinalUnpaid {
				s.AdvanceTo(time.Unix(after.Items.Data[0].CurrentPeriodEnd, 0).Add(2 * time.Hour))
				draft := lastInvoice(s, sub.ID)
				assert.Equal(t, stripe.InvoiceStatusDraft, draft.Status, "invoices of an unpaid subscription stay drafts")
				s.PayInvoice(draft.ID)
			} else {
				s.PayInvoice(inv.ID)
			}
			assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
		})
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	sub := subscribe(t, s, stripetest.Subscription{})
	s.FailPayments(sub.Customer.ID, 1)
	s.AdvanceTo(time.Unix(sub.Items.Data[0].CurrentPeriodEnd, 0).Add(time.Hour))
	assert.Equal(t, stripe.SubscriptionStatusPastDue, s.Subscription(sub.ID).Status)
	since := len(s.Events())
	s.Advance(day)
	assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
	assert.Equal(t, []string{
		"charge.succeeded", "payment_intent.succeeded", "invoice.updated", "invoice.paid", "invoice_payment.paid",
		"invoice.payment_succeeded", "customer.subscription.updated",
	}, kinds(s, since))
	updated := s.Events()[len(s.Events())-1]
	assert.Equal(t, map[string]any{"status": "past_due"}, updated.Data.PreviousAttributes)
}

// A manual attempt that fails does not change the schedule of retries.
func TestManualPayment(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	sub := subscribe(t, s, stripetest.Subscription{})
	s.SetPaymentMethod(sub.Customer.ID, stripetest.PaymentNone)
	s.AdvanceTo(time.Unix(sub.Items.Data[0].CurrentPeriodEnd, 0).Add(time.Hour))
	before := lastInvoice(s, sub.ID)
	after := s.PayInvoice(before.ID)
	assert.Equal(t, before.NextPaymentAttempt, after.NextPaymentAttempt)
	assert.Equal(t, before.AttemptCount, after.AttemptCount)
	assert.Equal(t, stripe.InvoiceStatusOpen, after.Status)
}

func TestWrittenOff(t *testing.T) {
	t.Parallel()
	for name, writeOff := range map[string]func(*stripetest.Server, string) *stripe.Invoice{
		"void":          (*stripetest.Server).VoidInvoice,
		"uncollectible": (*stripetest.Server).MarkUncollectible,
		"out of band":   (*stripetest.Server).PayInvoiceOutOfBand,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			sub := subscribe(t, s, stripetest.Subscription{})
			s.SetPaymentMethod(sub.Customer.ID, stripetest.PaymentFails)
			s.AdvanceTo(time.Unix(sub.Items.Data[0].CurrentPeriodEnd, 0).Add(2 * time.Hour))
			assert.Equal(t, stripe.SubscriptionStatusPastDue, s.Subscription(sub.ID).Status)
			inv := writeOff(s, lastInvoice(s, sub.ID).ID)
			assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
			assert.NotContains(t, kinds(s, len(s.Events())-4), "invoice.payment_succeeded")
			s.Advance(20 * day)
			assert.Equal(t, inv.Status, s.Invoice(inv.ID).Status)
			assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
		})
	}
}

func TestIncomplete(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (*stripetest.Server, *stripe.Subscription) {
		t.Helper()
		s := newServer(t)
		customer := s.AddCustomer(stripetest.Customer{}).ID
		s.FailPayments(customer, 1)
		sub := subscribe(t, s, stripetest.Subscription{Customer: customer})
		assert.Equal(t, stripe.SubscriptionStatusIncomplete, sub.Status)
		s.Advance(22 * time.Hour)
		assert.Equal(t, stripe.SubscriptionStatusIncomplete, s.Subscription(sub.ID).Status)
		return s, sub
	}
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t)
		s.Advance(time.Hour)
		assert.Equal(t, stripe.SubscriptionStatusIncompleteExpired, s.Subscription(sub.ID).Status)
		assert.Equal(t, stripe.InvoiceStatusVoid, lastInvoice(s, sub.ID).Status)
		s.Advance(60 * day)
		assert.Len(t, s.SubscriptionInvoices(sub.ID), 1)
	})
	t.Run("paid", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t)
		s.PayInvoice(lastInvoice(s, sub.ID).ID)
		assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
		s.Advance(2 * time.Hour)
		assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
	})
}

func TestTrial(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, missing stripetest.MissingPaymentMethod, m stripetest.PaymentMethod) (*stripetest.Server, string) {
		t.Helper()
		s := newServer(t)
		customer := s.AddCustomer(stripetest.Customer{}).ID
		s.SetPaymentMethod(customer, m)
		sub := subscribe(t, s, stripetest.Subscription{Customer: customer, TrialDays: 14, MissingPaymentMethod: missing})
		assert.Equal(t, stripe.SubscriptionStatusTrialing, sub.Status)
		assert.Equal(t, sub.TrialEnd, sub.Items.Data[0].CurrentPeriodEnd)
		inv := lastInvoice(s, sub.ID)
		assert.Equal(t, stripe.InvoiceStatusPaid, inv.Status)
		assert.Zero(t, inv.AmountPaid)
		since := len(s.Events())
		s.Advance(11 * day)
		assert.Equal(t, []string{"customer.subscription.trial_will_end"}, kinds(s, since))
		s.Advance(3 * day)
		return s, sub.ID
	}
	t.Run("paid", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t, "", stripetest.PaymentSucceeds)
		assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub).Status)
		assert.Equal(t, stripe.InvoiceStatusDraft, lastInvoice(s, sub).Status)
		s.Advance(time.Hour)
		assert.Equal(t, int64(3000), lastInvoice(s, sub).AmountPaid)
		assert.Equal(t, stripe.InvoiceBillingReasonSubscriptionCycle, lastInvoice(s, sub).BillingReason)
	})
	t.Run("unpaid", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t, stripetest.MissingCreatesInvoice, stripetest.PaymentNone)
		s.Advance(time.Hour)
		assert.Equal(t, stripe.SubscriptionStatusPastDue, s.Subscription(sub).Status)
	})
	t.Run("canceled", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t, stripetest.MissingCancels, stripetest.PaymentNone)
		assert.Equal(t, stripe.SubscriptionStatusCanceled, s.Subscription(sub).Status)
	})
	t.Run("paused", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t, stripetest.MissingPauses, stripetest.PaymentNone)
		assert.Equal(t, stripe.SubscriptionStatusPaused, s.Subscription(sub).Status)
		s.Advance(90 * day)
		assert.Len(t, s.SubscriptionInvoices(sub), 1, "a paused subscription has no renewals")
		assert.Equal(t, stripe.SubscriptionStatusPaused, s.Resume(sub).Status, "the payment fails")
		s.SetPaymentMethod(s.Subscription(sub).Customer.ID, stripetest.PaymentSucceeds)
		s.PayInvoice(lastInvoice(s, sub).ID)
		resumed := s.Subscription(sub)
		assert.Equal(t, stripe.SubscriptionStatusActive, resumed.Status)
		assert.Equal(t, s.Now().Unix(), resumed.Items.Data[0].CurrentPeriodStart)
		assert.Equal(t, "customer.subscription.resumed", kinds(s, len(s.Events())-1)[0])
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	sub := subscribe(t, s, stripetest.Subscription{})
	end := sub.Items.Data[0].CurrentPeriodEnd
	canceled := s.CancelAtPeriodEnd(sub.ID, true)
	assert.Equal(t, []any{stripe.SubscriptionStatusActive, true, end}, []any{canceled.Status, canceled.CancelAtPeriodEnd, canceled.CancelAt})
	kept := s.CancelAtPeriodEnd(sub.ID, false)
	assert.Zero(t, kept.CancelAt)
	s.CancelAtPeriodEnd(sub.ID, true)
	s.AdvanceTo(time.Unix(end, 0))
	ended := s.Subscription(sub.ID)
	assert.Equal(t, stripe.SubscriptionStatusCanceled, ended.Status)
	assert.Equal(t, end, ended.EndedAt)
	assert.Less(t, ended.CanceledAt, end)
	assert.Len(t, s.SubscriptionInvoices(sub.ID), 1)

	other := subscribe(t, s, stripetest.Subscription{})
	s.Advance(day)
	now := s.CancelNow(other.ID)
	assert.Equal(t, stripe.SubscriptionStatusCanceled, now.Status)
	assert.Equal(t, s.Now().Unix(), now.EndedAt)
	assert.Panics(t, func() { s.CancelNow(other.ID) })
}

func TestPauseCollection(t *testing.T) {
	t.Parallel()
	for behavior, want := range map[stripetest.PauseBehavior]stripe.InvoiceStatus{
		stripe.SubscriptionPauseCollectionBehaviorVoid:              stripe.InvoiceStatusVoid,
		stripe.SubscriptionPauseCollectionBehaviorMarkUncollectible: stripe.InvoiceStatusUncollectible,
		stripe.SubscriptionPauseCollectionBehaviorKeepAsDraft:       stripe.InvoiceStatusDraft,
	} {
		t.Run(string(behavior), func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			sub := subscribe(t, s, stripetest.Subscription{})
			s.PauseCollection(sub.ID, behavior, time.Time{})
			s.Advance(33 * day)
			assert.Equal(t, want, lastInvoice(s, sub.ID).Status)
			assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
			assert.Nil(t, s.Resume(sub.ID).PauseCollection)
			s.PauseCollection(sub.ID, behavior, s.Now().Add(day))
			s.Advance(day)
			assert.Nil(t, s.Subscription(sub.ID).PauseCollection)
			s.Advance(28 * day)
			assert.Equal(t, stripe.InvoiceStatusPaid, lastInvoice(s, sub.ID).Status)
		})
	}
}

func TestChange(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (*stripetest.Server, string) {
		t.Helper()
		s := newServer(t, stripetest.WithStart(time.Date(2031, time.April, 1, 0, 0, 0, 0, time.UTC)))
		sub := subscribe(t, s, stripetest.Subscription{}).ID
		s.Advance(15 * day) // half of the period
		return s, sub
	}
	amounts := func(i *stripe.Invoice) (amounts []int64) {
		for _, line := range i.Lines.Data {
			amounts = append(amounts, line.Amount)
			assert.Equal(t, line.Period.End-line.Period.Start < 20*24*3600, line.Parent.SubscriptionItemDetails.Proration)
		}
		return amounts
	}
	t.Run("next invoice", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t)
		changed := s.ChangeItem(sub, 0, stripetest.Change{Quantity: 3})
		assert.Equal(t, int64(3), changed.Items.Data[0].Quantity)
		assert.Len(t, s.SubscriptionInvoices(sub), 1)
		s.Advance(15*day + time.Hour)
		assert.Equal(t, []int64{-1500, 4500, 9000}, amounts(lastInvoice(s, sub)))
		s.Advance(31 * day)
		assert.Equal(t, []int64{9000}, amounts(lastInvoice(s, sub)))
	})
	t.Run("now", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t)
		since := len(s.Events())
		s.ChangeItem(sub, 0, stripetest.Change{Price: "price_pro", Proration: stripetest.AlwaysInvoice})
		inv := lastInvoice(s, sub)
		assert.Equal(t, []int64{-1500, 3000}, amounts(inv))
		assert.Equal(t, stripe.InvoiceBillingReasonSubscriptionUpdate, inv.BillingReason)
		assert.Equal(t, stripe.InvoiceStatusPaid, inv.Status)
		assert.Equal(t, "customer.subscription.updated", kinds(s, since)[0])
		previous := s.Events()[since].Data.PreviousAttributes
		item := dig(previous, "items", "data", 0)
		assert.Equal(t, "price_month", item["price"].(map[string]any)["id"])
	})
	t.Run("declined", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t)
		s.FailPayments(s.Subscription(sub).Customer.ID, 1)
		s.ChangeItem(sub, 0, stripetest.Change{Quantity: 2, Proration: stripetest.AlwaysInvoice})
		assert.Equal(t, stripe.SubscriptionStatusPastDue, s.Subscription(sub).Status)
		assert.Equal(t, int64(2), s.Subscription(sub).Items.Data[0].Quantity)
		s.Advance(day)
		assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub).Status)
	})
	t.Run("not billed", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t)
		s.ChangeItem(sub, 0, stripetest.Change{Quantity: 2, Proration: stripetest.NoProrations})
		s.Advance(15*day + time.Hour)
		assert.Equal(t, []int64{6000}, amounts(lastInvoice(s, sub)))
	})
	t.Run("credit", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t)
		s.ChangeItem(sub, 0, stripetest.Change{Price: "price_pro", Proration: stripetest.AlwaysInvoice})
		s.ChangeItem(sub, 0, stripetest.Change{Price: "price_month", Proration: stripetest.AlwaysInvoice})
		inv := lastInvoice(s, sub)
		assert.Equal(t, []any{int64(-1500), int64(0), int64(0), int64(-1500), stripe.InvoiceStatusPaid},
			[]any{inv.Total, inv.AmountDue, inv.AmountPaid, inv.EndingBalance, inv.Status})
		s.Advance(15*day + time.Hour)
		inv = lastInvoice(s, sub)
		assert.Equal(t, []int64{3000, 1500, -1500, 0}, []int64{inv.Total, inv.AmountPaid, inv.StartingBalance, inv.EndingBalance})
	})
	t.Run("billing period", func(t *testing.T) {
		t.Parallel()
		s, sub := start(t)
		s.ChangeItem(sub, 0, stripetest.Change{Price: "price_year"})
		assert.Equal(t, []int64{-1500, 30000}, amounts(lastInvoice(s, sub)))
		assert.Equal(t, s.Now().AddDate(1, 0, 0).Unix(), s.Subscription(sub).Items.Data[0].CurrentPeriodEnd)
		s.Advance(60 * day)
		assert.Len(t, s.SubscriptionInvoices(sub), 2)
	})
	t.Run("trial", func(t *testing.T) {
		t.Parallel()
		s := newServer(t)
		sub := subscribe(t, s, stripetest.Subscription{TrialDays: 7}).ID
		s.ChangeItem(sub, 0, stripetest.Change{Price: "price_year", Quantity: 2})
		s.Advance(7*day + time.Hour)
		assert.Equal(t, []int64{60000}, amounts(lastInvoice(s, sub)))
	})
}

func TestSendInvoice(t *testing.T) {
	t.Parallel()
	s := newServer(t, stripetest.WithDunning(stripetest.Dunning{Retries: []time.Duration{5 * day}}))
	sub := subscribe(t, s, stripetest.Subscription{SendInvoice: true, DaysUntilDue: 7})
	assert.Equal(t, stripe.SubscriptionStatusActive, sub.Status)
	s.Advance(time.Hour)
	inv := lastInvoice(s, sub.ID)
	assert.Equal(t, stripe.InvoiceStatusOpen, inv.Status)
	assert.Equal(t, s.Now().AddDate(0, 0, 7).Unix(), inv.DueDate)
	s.Advance(7 * day)
	assert.Equal(t, stripe.SubscriptionStatusPastDue, s.Subscription(sub.ID).Status)
	assert.Contains(t, kinds(s, 0), "invoice.overdue")
	s.PayInvoice(inv.ID)
	assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
	s.Advance(31 * day)
	assert.Equal(t, stripe.SubscriptionStatusPastDue, s.Subscription(sub.ID).Status)
	s.Advance(5 * day)
	assert.Equal(t, stripe.SubscriptionStatusCanceled, s.Subscription(sub.ID).Status)
}

func TestShortPeriod(t *testing.T) {
	t.Parallel()
	s := newServer(t, stripetest.WithStart(time.Date(2031, time.April, 11, 0, 0, 0, 0, time.UTC)))
	sub := subscribe(t, s, stripetest.Subscription{BillingCycleAnchor: time.Date(2031, time.May, 1, 0, 0, 0, 0, time.UTC)})
	line := lastInvoice(s, sub.ID).Lines.Data[0]
	assert.Equal(t, int64(2000), line.Amount)
	assert.True(t, line.Parent.SubscriptionItemDetails.Proration)
	s.Advance(20*day + time.Hour)
	assert.Equal(t, int64(3000), lastInvoice(s, sub.ID).AmountPaid)
	assert.Equal(t, time.Date(2031, time.June, 1, 0, 0, 0, 0, time.UTC).Unix(), s.Subscription(sub.ID).Items.Data[0].CurrentPeriodEnd)
}

// With the flexible billing mode a subscription without an initial payment has no
// invoice.
func TestFlexibleBilling(t *testing.T) {
	t.Parallel()
	metered := []stripetest.Item{{Price: "price_metered"}}
	s := newServer(t)
	assert.NotNil(t, subscribe(t, s, stripetest.Subscription{Items: metered}).LatestInvoice)
	s = newServer(t, stripetest.WithFlexibleBilling())
	sub := subscribe(t, s, stripetest.Subscription{Items: metered})
	require.Nil(t, sub.LatestInvoice)
	assert.Equal(t, stripe.SubscriptionStatusActive, sub.Status)
	s.Advance(32 * day)
	assert.Len(t, s.SubscriptionInvoices(sub.ID), 1)
}

// The open invoice of an ended subscription is collected no more.
func TestCancelPastDue(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	sub := subscribe(t, s, stripetest.Subscription{})
	s.FailPayments(sub.Customer.ID, 1)
	s.AdvanceTo(time.Unix(sub.Items.Data[0].CurrentPeriodEnd, 0).Add(2 * time.Hour))
	s.CancelNow(sub.ID)
	s.Advance(20 * day)
	inv := lastInvoice(s, sub.ID)
	assert.Equal(t, []any{stripe.InvoiceStatusOpen, int64(1), int64(0), false}, []any{inv.Status, inv.AttemptCount, inv.NextPaymentAttempt, inv.AutoAdvance})
}

// The end of a canceled subscription moves with its billing period.
func TestChangeBeforeCancellation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	sub := subscribe(t, s, stripetest.Subscription{}).ID
	s.CancelAtPeriodEnd(sub, true)
	changed := s.ChangeItem(sub, 0, stripetest.Change{Price: "price_year"})
	assert.Equal(t, changed.Items.Data[0].CurrentPeriodEnd, changed.CancelAt)
	s.AdvanceTo(time.Unix(changed.CancelAt, 0))
	assert.Equal(t, stripe.SubscriptionStatusCanceled, s.Subscription(sub).Status)
}
