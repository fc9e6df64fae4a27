package stripehook

import (
	"context"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// Subscription holds the members of a Stripe subscription that determine a license.
type Subscription struct {
	// TrialEnd is the end of the trial, or zero if the subscription is not in a trial.
	TrialEnd time.Time
}

// Subscriptions fetches a subscription. The handler uses it if the [LineItems]
// implements it, as [StripeLineItems] does. Otherwise the license of a subscription that
// begins with a trial is not a trial license.
type Subscriptions interface {
	Subscription(ctx context.Context, of Source) (Subscription, error)
}

// SourceSubscription is the kind of the source of [Subscriptions].
const SourceSubscription SourceKind = "subscription"

// trialEnd returns the end of the trial with which a subscription begins, or zero. Only
// a subscription with a recurring line that costs nothing can be in a trial.
func (h *Handler) trialEnd(ctx context.Context, p purchase, lines []Line) (time.Time, error) {
	subscriptions, ok := h.cfg.items.(Subscriptions)
	free := func(l Line) bool { return l.isRecurring() && l.Amount == 0 }
	if !ok || p.subscription == "" || !slices.ContainsFunc(lines, free) {
		return time.Time{}, nil
	}
	of := p.source
	of.Kind, of.ID = SourceSubscription, p.subscription
	s, err := subscriptions.Subscription(ctx, of)
	return s.TrialEnd, err
}

func (l *Line) isRecurring() bool { return l.Price != nil && l.Price.Interval != "" }

// subscriptionObject is a subscription.
type subscriptionObject struct {
	stripe.APIResource

	Status   stripe.SubscriptionStatus `json:"status"`
	TrialEnd int64                     `json:"trial_end"`
}

// Subscription implements [Subscriptions].
func (s *StripeLineItems) Subscription(ctx context.Context, of Source) (Subscription, error) {
	params := newListParams(ctx, of)
	params.Limit = nil
	var one subscriptionObject
	if err := s.get(ctx, stripe.FormatURLPath("/v1/subscriptions/%s", of.ID), params, &one); err != nil {
		return Subscription{}, err
	}
	if one.Status != stripe.SubscriptionStatusTrialing || one.TrialEnd == 0 {
		return Subscription{}, nil
	}
	return Subscription{TrialEnd: time.Unix(one.TrialEnd, 0).UTC()}, nil
}
