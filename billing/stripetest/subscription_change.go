package stripetest

import (
	"github.com/stripe/stripe-go/v85"
)

// ProrationBehavior is how a change of a subscription is billed.
type ProrationBehavior string

// The proration behaviors.
const (
	// CreateProrations bills the change with the next invoice. It is the default.
	CreateProrations ProrationBehavior = "create_prorations"
	// AlwaysInvoice bills the change immediately.
	AlwaysInvoice ProrationBehavior = "always_invoice"
	// NoProrations does not bill the change.
	NoProrations ProrationBehavior = "none"
)

// Change is a change of a subscription item.
type Change struct {
	// Price is the new price. The default is the current one. A price with another
	// billing period starts a period, which is billed immediately.
	Price string
	// Quantity is the new quantity. The default is the current one.
	Quantity int64
	// Proration is how the change is billed. The default is [CreateProrations].
	Proration ProrationBehavior
}

// ChangeItem changes an item of a subscription, by its index.
func (s *Server) ChangeItem(subscriptionID string, index int, c Change) *stripe.Subscription {
	return locked(s, func() *stripe.Subscription {
		sub := s.running(subscriptionID)
		if index < 0 || index >= len(sub.items) {
			misuse("subscription %q has no item %d", subscriptionID, index)
		}
		if sub.status == stripe.SubscriptionStatusIncomplete || sub.status == stripe.SubscriptionStatusPaused {
			misuse("an item of subscription %q cannot change while it is %s", subscriptionID, sub.status)
		}
		s.changeItem(sub, sub.items[index], c)
		return decode[stripe.Subscription](s, sub)
	})
}

func (s *Server) changeItem(sub *subscription, item *subscriptionItem, c Change) {
	old, proration := *item, first(c.Proration, CreateProrations)
	next := subscriptionItem{id: item.id, created: item.created, price: item.price, quantity: first(c.Quantity, item.quantity)}
	if c.Price != "" {
		next.price = s.recurringPrice(c.Price)
	}
	restarts := !next.price.sameInterval(old.price)
	if restarts && len(sub.items) > 1 {
		misuse("the billing period of subscription %q cannot change: it has several items", sub.id)
	}
	trialing := sub.status == stripe.SubscriptionStatusTrialing
	if trialing {
		restarts = false // the first period begins after the trial
	}
	*item = next
	var lines []*invoiceLine
	if proration != NoProrations && !trialing {
		lines = append(lines, s.prorationLine(sub, &old, -1))
		if !restarts {
			lines = append(lines, s.prorationLine(sub, item, 1))
		}
	}
	sub.pending = append(sub.pending, lines...)
	switch {
	case restarts:
		sub.anchor = s.now
		s.collectDraft(s.startPeriod(sub, stripe.InvoiceBillingReasonSubscriptionUpdate))
	case proration == AlwaysInvoice && len(lines) > 0:
		inv := s.newInvoice(sub.customer, stripe.InvoiceBillingReasonSubscriptionUpdate, sub)
		inv.lines = s.takePending(sub)
		sub.latest = inv
		s.emitUpdate(sub)
		s.openInvoice(inv)
		s.collectDraft(inv)
	default:
		s.emitUpdate(sub)
	}
}

// prorationLine returns a line for the rest of the billing period: a credit if the sign
// is negative.
func (s *Server) prorationLine(sub *subscription, item *subscriptionItem, sign int64) *invoiceLine {
	line := s.newLine(sub, item, item.quantity)
	line.amount = sign * prorate(line.amount, sub.periodEnd.Sub(s.now), sub.periodEnd.Sub(sub.periodStart))
	line.proration, line.isChange, line.start = true, true, s.now
	return line
}
