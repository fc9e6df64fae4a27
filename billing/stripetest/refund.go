package stripetest

import "github.com/stripe/stripe-go/v85"

type refund struct {
	identity

	charge *charge
	amount int64
	status stripe.RefundStatus
}

// Refund refunds an amount of a charge, or all of the rest if the amount is zero.
func (s *Server) Refund(chargeID string, amount int64) *stripe.Refund {
	return locked(s, func() *stripe.Refund {
		c := get[*charge](s, chargeID)
		rest := c.intent.amount - c.refunded
		amount = first(amount, rest)
		switch {
		case c.status != stripe.ChargeStatusSucceeded:
			misuse("charge %q is %s", chargeID, c.status)
		case amount <= 0, amount > rest:
			misuse("%d cannot be refunded: charge %q has %d left", amount, chargeID, rest)
		case c.dispute != nil && (c.dispute.isOpen() && !c.dispute.inquiry || c.dispute.status == stripe.DisputeStatusLost):
			misuse("charge %q is disputed", chargeID)
		}
		r := &refund{identity: s.identify(Refunds, "re", nil), charge: c, amount: amount, status: stripe.RefundStatusSucceeded}
		s.add(r)
		c.refunded += amount
		c.refunds = append(c.refunds, r)
		s.emit(stripe.EventTypeRefundCreated, r)
		s.emit(stripe.EventTypeChargeRefunded, c)
		return decode[stripe.Refund](s, r)
	})
}

// FailRefund makes a refund fail afterwards, as when a bank returns it.
func (s *Server) FailRefund(refundID string) *stripe.Refund {
	return locked(s, func() *stripe.Refund {
		r := get[*refund](s, refundID)
		if r.status != stripe.RefundStatusSucceeded {
			misuse("refund %q is %s", refundID, r.status)
		}
		r.status = stripe.RefundStatusFailed
		r.charge.refunded -= r.amount
		s.emit(stripe.EventTypeRefundUpdated, r)
		s.emit(stripe.EventTypeRefundFailed, r)
		s.emit(stripe.EventTypeChargeRefundUpdated, r)
		return decode[stripe.Refund](s, r)
	})
}
