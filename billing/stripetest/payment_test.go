package stripetest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

func TestRefund(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	one := s.Checkout(stripetest.Checkout{Items: []stripetest.Item{{Price: "price_once"}}})
	charge := s.ChargeOf(one.ID).ID
	s.Refund(charge, 900)
	c := s.Charge(charge)
	assert.Equal(t, []any{int64(900), false}, []any{c.AmountRefunded, c.Refunded})
	rest := s.Refund(charge, 0)
	assert.Equal(t, int64(9000), rest.Amount)
	assert.True(t, s.Charge(charge).Refunded)
	assert.Panics(t, func() { s.Refund(charge, 1) })
	assert.Equal(t, []string{"refund.created", "charge.refunded", "refund.created", "charge.refunded"}, kinds(s, len(s.Events())-4))
	assert.Equal(t, stripe.CheckoutSessionPaymentStatusPaid, s.CheckoutSession(one.ID).PaymentStatus)
	s.FailRefund(rest.ID)
	assert.Equal(t, int64(900), s.Charge(charge).AmountRefunded)
}

func TestDispute(t *testing.T) {
	t.Parallel()
	for want, play := range map[stripe.DisputeStatus]func(s *stripetest.Server, charge string) *stripe.Dispute{
		stripe.DisputeStatusNeedsResponse: func(s *stripetest.Server, charge string) *stripe.Dispute { return s.Dispute(charge) },
		stripe.DisputeStatusWon: func(s *stripetest.Server, charge string) *stripe.Dispute {
			return s.CloseDispute(s.Dispute(charge).ID, true)
		},
		stripe.DisputeStatusLost: func(s *stripetest.Server, charge string) *stripe.Dispute {
			return s.CloseDispute(s.Dispute(charge).ID, false)
		},
		stripe.DisputeStatusWarningNeedsResponse: func(s *stripetest.Server, charge string) *stripe.Dispute { return s.Inquire(charge) },
		stripe.DisputeStatusWarningClosed: func(s *stripetest.Server, charge string) *stripe.Dispute {
			return s.CloseDispute(s.Inquire(charge).ID, true)
		},
	} {
		s := newServer(t)
		sub := subscribe(t, s, stripetest.Subscription{})
		since := len(s.Events())
		d := play(s, s.ChargeOf(lastInvoice(s, sub.ID).ID).ID)
		assert.Equal(t, want, d.Status)
		assert.True(t, s.Charge(d.Charge.ID).Disputed)
		events := kinds(s, since)
		assert.Equal(t, want == stripe.DisputeStatusWon, slices.Contains(events, "charge.dispute.funds_reinstated"))
		isInquiry := want == stripe.DisputeStatusWarningNeedsResponse || want == stripe.DisputeStatusWarningClosed
		assert.Equal(t, !isInquiry, slices.Contains(events, "charge.dispute.funds_withdrawn"))
		assert.Equal(t, stripe.SubscriptionStatusActive, s.Subscription(sub.ID).Status)
	}
}
