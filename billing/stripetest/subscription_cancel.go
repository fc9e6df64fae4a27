package stripetest

import (
	"time"

	"github.com/stripe/stripe-go/v85"
)

// CancelNow ends a subscription immediately.
func (s *Server) CancelNow(subscriptionID string) *stripe.Subscription {
	return locked(s, func() *stripe.Subscription {
		sub := s.running(subscriptionID)
		sub.canceledAt, sub.cancelReason = s.now, stripe.SubscriptionCancellationDetailsReasonCancellationRequested
		s.end(sub)
		return decode[stripe.Subscription](s, sub)
	})
}

// CancelAtPeriodEnd ends a subscription at the end of its billing period, or keeps it.
func (s *Server) CancelAtPeriodEnd(subscriptionID string, cancel bool) *stripe.Subscription {
	return locked(s, func() *stripe.Subscription {
		sub := s.running(subscriptionID)
		sub.cancelAtPeriodEnd = cancel
		if cancel {
			sub.cancelAt, sub.canceledAt = sub.periodEnd, s.now
			sub.cancelReason = stripe.SubscriptionCancellationDetailsReasonCancellationRequested
		} else {
			sub.cancelAt, sub.canceledAt, sub.cancelReason = time.Time{}, time.Time{}, ""
		}
		s.emitUpdate(sub)
		return decode[stripe.Subscription](s, sub)
	})
}

// running returns a subscription that has not ended.
func (s *Server) running(id string) *subscription {
	sub := get[*subscription](s, id)
	if sub.isEnded() {
		misuse("subscription %q is %s", id, sub.status)
	}
	return sub
}

// end ends a subscription. Its open invoices stay open and are collected no more. Its
// pending prorations are never billed.
func (s *Server) end(sub *subscription) {
	if sub.canceledAt.IsZero() {
		sub.canceledAt = s.now
	}
	sub.status, sub.endedAt, sub.pending = stripe.SubscriptionStatusCanceled, s.now, nil
	for _, inv := range sub.invoices {
		if inv.isUnpaid() {
			inv.autoAdvance, inv.nextAttempt = false, time.Time{}
			s.emitUpdate(inv)
		}
	}
	s.emit(stripe.EventTypeCustomerSubscriptionDeleted, sub)
}
