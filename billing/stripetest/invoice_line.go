package stripetest

import "time"

// invoiceLine is a line of an invoice.
type invoiceLine struct {
	id        string
	price     *price
	quantity  int64
	amount    int64
	proration bool
	// isChange is set for a proration that bills a change.
	isChange     bool
	start, end   time.Time
	subscription *subscription     // nil for a line of a one-off purchase
	item         *subscriptionItem // nil likewise
	itemID       string            // id of the invoice item of a proration or a one-off line
}

// newLine returns a line of a subscription for its current billing period.
func (s *Server) newLine(sub *subscription, item *subscriptionItem, quantity int64) *invoiceLine {
	line := &invoiceLine{
		id: s.newID("il"), price: item.price, quantity: quantity, amount: item.price.UnitAmount * quantity,
		start: sub.periodStart, end: sub.periodEnd, subscription: sub, item: item, itemID: s.newID("ii"),
	}
	if item.price.Metered {
		line.quantity, line.amount = 0, 0
	}
	return line
}
