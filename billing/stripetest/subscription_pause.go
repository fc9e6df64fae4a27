package stripetest

import (
	"time"

	"github.com/stripe/stripe-go/v85"
)

// PauseBehavior is what happens to the invoices of a subscription whose collection is
// paused.
type PauseBehavior = stripe.SubscriptionPauseCollectionBehavior

type pausedCollection struct {
	behavior  PauseBehavior
	resumesAt time.Time
}

// PauseCollection pauses the payments of a subscription, whose status does not change. It
// resumes at a time unless that is zero.
func (s *Server) PauseCollection(subscriptionID string, behavior PauseBehavior, resumesAt time.Time) *stripe.Subscription {
	return locked(s, func() *stripe.Subscription {
		switch behavior {
		case stripe.SubscriptionPauseCollectionBehaviorKeepAsDraft, stripe.SubscriptionPauseCollectionBehaviorMarkUncollectible,
			stripe.SubscriptionPauseCollectionBehaviorVoid:
		default:
			misuse("unknown pause behavior %q", behavior)
		}
		sub := s.running(subscriptionID)
		p := &pausedCollection{behavior: behavior, resumesAt: resumesAt.UTC()}
		sub.paused = p
		s.emitUpdate(sub)
		if !resumesAt.IsZero() {
			s.at(p.resumesAt, func() {
				if sub.paused == p && !sub.isEnded() {
					sub.paused = nil
					s.emitUpdate(sub)
				}
			})
		}
		return decode[stripe.Subscription](s, sub)
	})
}

// Resume resumes the collection of a subscription, or a subscription whose status is
// paused. The latter starts a billing period, and is active when its invoice is paid.
func (s *Server) Resume(subscriptionID string) *stripe.Subscription {
	return locked(s, func() *stripe.Subscription {
		sub := s.running(subscriptionID)
		switch {
		case sub.status == stripe.SubscriptionStatusPaused && !sub.resuming:
			s.resume(sub)
		case sub.paused != nil:
			sub.paused = nil
			s.emitUpdate(sub)
		default:
			misuse("subscription %q is not paused", subscriptionID)
		}
		return decode[stripe.Subscription](s, sub)
	})
}

// resume starts a billing period of a paused subscription. The documentation does not
// name the billing reason of its invoice; it is that of other invoices that a request
// creates.
func (s *Server) resume(sub *subscription) {
	sub.resuming, sub.anchor = true, s.now
	s.collectDraft(s.startPeriod(sub, stripe.InvoiceBillingReasonSubscriptionUpdate))
}

// apply handles the invoice of a subscription whose collection is paused.
func (p *pausedCollection) apply(s *Server, inv *invoice) {
	inv.autoAdvance = false
	switch p.behavior {
	case stripe.SubscriptionPauseCollectionBehaviorVoid:
		s.finalize(inv)
		s.void(inv)
	case stripe.SubscriptionPauseCollectionBehaviorMarkUncollectible:
		s.finalize(inv)
		s.markUncollectible(inv)
	case stripe.SubscriptionPauseCollectionBehaviorKeepAsDraft:
		s.emitUpdate(inv)
	}
}
