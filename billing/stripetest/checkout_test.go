package stripetest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

func TestCheckoutSubscription(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	one := s.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: month})
	assert.Equal(t, []string{
		"customer.created", "customer.subscription.created", "invoice.created", "payment_intent.created", "invoice.finalized",
		"charge.succeeded", "payment_intent.succeeded", "invoice.updated", "invoice.paid", "invoice_payment.paid",
		"invoice.payment_succeeded", "customer.subscription.updated", "checkout.session.completed",
	}, kinds(s, 0))
	assert.Equal(t, stripe.CheckoutSessionPaymentStatusPaid, one.PaymentStatus)
	assert.Equal(t, "ada@example.com", one.CustomerDetails.Email)
	assert.Equal(t, s.Subscription(one.Subscription.ID).LatestInvoice.ID, one.Invoice.ID)
	assert.Nil(t, one.PaymentIntent)
	assert.Equal(t, int64(3000), s.ChargeOf(one.ID).Amount)
}

func TestCheckoutPayment(t *testing.T) {
	t.Parallel()
	once := []stripetest.Item{{Price: "price_once", Quantity: 2}}
	s := newServer(t)
	one := s.Checkout(stripetest.Checkout{Email: "ada@example.com", Items: once, InvoiceCreation: true, Metadata: map[string]string{"a": "b"}})
	var event map[string]any
	for _, e := range s.Events() {
		if e.Type == stripe.EventTypeCheckoutSessionCompleted {
			event = e.Data.Object
		}
	}
	assert.Nil(t, event["invoice"], "the invoice is created after the payment")
	inv := s.Invoice(one.Invoice.ID)
	assert.Equal(t, []any{stripe.InvoiceBillingReasonManual, stripe.InvoiceStatusPaid, int64(19800), "b"},
		[]any{inv.BillingReason, inv.Status, inv.AmountPaid, inv.Metadata["a"]})

	guest := s.Checkout(stripetest.Checkout{Guest: true, Email: "grace@example.com", Items: once})
	assert.Nil(t, guest.Customer)
	assert.Nil(t, guest.Invoice)
	assert.Equal(t, "grace@example.com", guest.CustomerDetails.Email)

	free := s.Checkout(stripetest.Checkout{Items: []stripetest.Item{{Price: "price_free"}}})
	assert.Equal(t, stripe.CheckoutSessionPaymentStatusNoPaymentRequired, free.PaymentStatus)
	assert.Nil(t, free.PaymentIntent)
}

func TestDelayedPayment(t *testing.T) {
	t.Parallel()
	for _, fails := range []bool{false, true} {
		for _, price := range []string{"price_once", "price_month"} {
			s := newServer(t)
			one := s.Checkout(stripetest.Checkout{Items: []stripetest.Item{{Price: price}}, Delayed: 3 * day, FailsLater: fails})
			assert.Equal(t, stripe.CheckoutSessionStatusComplete, one.Status)
			assert.Equal(t, stripe.CheckoutSessionPaymentStatusUnpaid, one.PaymentStatus)
			if price == "price_month" {
				assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(one.Subscription.ID).Status)
			}
			s.Advance(3 * day)
			last := kinds(s, len(s.Events())-1)[0]
			if fails {
				assert.Equal(t, "checkout.session.async_payment_failed", last)
				if price == "price_month" {
					assert.Equal(t, stripe.SubscriptionStatusPastDue, s.Subscription(one.Subscription.ID).Status)
				}
				continue
			}
			assert.Equal(t, "checkout.session.async_payment_succeeded", last)
			assert.Equal(t, stripe.CheckoutSessionPaymentStatusPaid, s.CheckoutSession(one.ID).PaymentStatus)
			assert.Equal(t, s.Now().Add(-3*day).Unix(), s.ChargeOf(one.ID).Created)
		}
	}
}

func TestDeclinedCheckout(t *testing.T) {
	t.Parallel()
	for _, price := range []string{"price_once", "price_month"} {
		s := newServer(t)
		customer := s.AddCustomer(stripetest.Customer{}).ID
		s.FailPayments(customer, 1)
		one := s.Checkout(stripetest.Checkout{Customer: customer, Items: []stripetest.Item{{Price: price}}})
		assert.Equal(t, stripe.CheckoutSessionStatusOpen, one.Status)
		assert.Nil(t, one.Subscription)
		one = s.CompleteCheckout(one.ID)
		assert.Equal(t, stripe.CheckoutSessionPaymentStatusPaid, one.PaymentStatus)
		assert.Panics(t, func() { s.CompleteCheckout(one.ID) })

		open := s.OpenCheckout(stripetest.Checkout{Items: month})
		s.Advance(day)
		assert.Equal(t, stripe.CheckoutSessionStatusExpired, s.CheckoutSession(open.ID).Status)
	}
}

// The first invoice of a subscription also bills one-off items.
func TestCheckoutFee(t *testing.T) {
	t.Parallel()
	for trial, want := range map[int]int64{0: 12900, 7: 9900} {
		s := newServer(t)
		one := s.Checkout(stripetest.Checkout{Items: []stripetest.Item{{Price: "price_month"}, {Price: "price_once"}}, TrialDays: trial})
		assert.Equal(t, stripe.CheckoutSessionPaymentStatusPaid, one.PaymentStatus)
		assert.Equal(t, want, one.AmountTotal)
		assert.Equal(t, want, s.Invoice(one.Invoice.ID).AmountPaid)
		assert.Len(t, s.Subscription(one.Subscription.ID).Items.Data, 1)
		s.Advance(40 * day)
		assert.Equal(t, int64(3000), lastInvoice(s, one.Subscription.ID).AmountPaid)
	}
}

func TestCheckoutTrial(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	one := s.Checkout(stripetest.Checkout{Items: month, TrialDays: 7})
	assert.Equal(t, stripe.CheckoutSessionPaymentStatusNoPaymentRequired, one.PaymentStatus)
	assert.Equal(t, stripe.SubscriptionStatusTrialing, s.Subscription(one.Subscription.ID).Status)
}
