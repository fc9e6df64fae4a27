package stripetest

import (
	"maps"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// Item is a price that is bought, and its quantity.
type Item struct {
	Price string
	// Quantity is the number of units. The default is 1.
	Quantity int64
}

// MissingPaymentMethod is what happens at the end of a trial without a payment method.
type MissingPaymentMethod string

// The ends of a trial.
const (
	// MissingCreatesInvoice renews the subscription, so that its payment fails. It is
	// the default.
	MissingCreatesInvoice MissingPaymentMethod = "create_invoice"
	MissingPauses         MissingPaymentMethod = "pause"
	MissingCancels        MissingPaymentMethod = "cancel"
)

// Subscription is a subscription to start.
type Subscription struct {
	// Customer is the id of the customer.
	Customer string
	Items    []Item
	// TrialDays is the length of a trial.
	TrialDays int
	// MissingPaymentMethod is the end of the trial without a payment method.
	MissingPaymentMethod MissingPaymentMethod
	// SendInvoice sends invoices instead of charging the customer.
	SendInvoice bool
	// DaysUntilDue is the time for the payment of a sent invoice. The default is 30.
	DaysUntilDue int
	// BillingCycleAnchor is the end of the first billing period, if it is shorter than
	// the others. Its line is prorated.
	BillingCycleAnchor time.Time
	Metadata           map[string]string
}

// firstPaymentTimeout is the time in which the first invoice must be paid.
const firstPaymentTimeout = 23 * time.Hour

// trialNotice is the time before the end of a trial at which an event reports it.
const trialNotice = 3 * day

type subscription struct {
	identity

	customer *customer
	status   stripe.SubscriptionStatus
	items    []*subscriptionItem

	anchor, periodStart, periodEnd time.Time
	// prorated is set if the first period is shorter.
	prorated             bool
	trialStart, trialEnd time.Time
	missing              MissingPaymentMethod

	cancelAtPeriodEnd             bool
	cancelAt, canceledAt, endedAt time.Time
	cancelReason                  stripe.SubscriptionCancellationDetailsReason

	sendInvoice  bool
	daysUntilDue int
	paused       *pausedCollection
	latest       *invoice
	invoices     []*invoice
	// pending are the prorations that the next invoice bills.
	pending []*invoiceLine
	// resuming is set while the invoice that resumes a paused subscription is open.
	resuming bool
}

type subscriptionItem struct {
	id       string
	created  time.Time
	price    *price
	quantity int64
}

// Subscribe starts a subscription as a request to the API does. If the first payment
// fails, the subscription is incomplete.
func (s *Server) Subscribe(p Subscription) *stripe.Subscription {
	return locked(s, func() *stripe.Subscription {
		sub := s.subscribe(p, settlement{})
		return decode[stripe.Subscription](s, sub)
	})
}

// Subscription returns a subscription.
func (s *Server) Subscription(id string) *stripe.Subscription {
	return locked(s, func() *stripe.Subscription { return decode[stripe.Subscription](s, get[*subscription](s, id)) })
}

// subscribe starts a subscription whose first payment ends as how describes. The first
// invoice also bills the one-off lines.
func (s *Server) subscribe(p Subscription, how settlement, once ...*invoiceLine) *subscription {
	sub := s.newSubscription(p)
	s.add(sub)
	s.scheduleRenewal(sub)
	if sub.status == stripe.SubscriptionStatusTrialing {
		s.scheduleTrialNotice(sub)
	}
	if s.cfg.flexible && sub.isFree() && len(once) == 0 {
		if sub.status == stripe.SubscriptionStatusIncomplete {
			sub.status = stripe.SubscriptionStatusActive
		}
		s.emit(stripe.EventTypeCustomerSubscriptionCreated, sub)
		return sub
	}
	inv := s.newInvoice(sub.customer, stripe.InvoiceBillingReasonSubscriptionCreate, sub)
	inv.lines = append(s.periodLines(sub), once...)
	sub.latest = inv
	s.emit(stripe.EventTypeCustomerSubscriptionCreated, sub)
	s.openInvoice(inv)
	if sub.sendInvoice {
		s.scheduleFinalization(inv)
		return sub
	}
	s.finalize(inv)
	s.collect(inv, how)
	if sub.status == stripe.SubscriptionStatusIncomplete {
		s.at(s.now.Add(firstPaymentTimeout), func() { s.expireIncomplete(sub) })
	}
	return sub
}

func (s *Server) newSubscription(p Subscription) *subscription {
	sub := &subscription{
		identity: s.identify(Subscriptions, "sub", maps.Clone(p.Metadata)), customer: get[*customer](s, p.Customer),
		status: stripe.SubscriptionStatusIncomplete, anchor: s.now, periodStart: s.now,
		sendInvoice: p.SendInvoice, daysUntilDue: first(p.DaysUntilDue, 30), missing: first(p.MissingPaymentMethod, MissingCreatesInvoice),
	}
	for _, item := range p.Items {
		sub.items = append(sub.items, &subscriptionItem{
			id: s.newID("si"), created: s.now, price: s.recurringPrice(item.Price), quantity: first(item.Quantity, 1),
		})
	}
	if len(sub.items) == 0 {
		misuse("the subscription has no items")
	}
	sub.checkIntervals()
	switch {
	case p.TrialDays > 0:
		sub.status = stripe.SubscriptionStatusTrialing
		sub.trialStart, sub.trialEnd = s.now, s.now.AddDate(0, 0, p.TrialDays)
		sub.anchor, sub.periodEnd = sub.trialEnd, sub.trialEnd
	case !p.BillingCycleAnchor.IsZero():
		sub.anchor, sub.periodEnd, sub.prorated = p.BillingCycleAnchor.UTC(), p.BillingCycleAnchor.UTC(), true
		if !sub.periodEnd.After(s.now) || sub.periodEnd.After(addPeriods(s.now, sub.interval().Interval, sub.interval().IntervalCount, 1)) {
			misuse("the billing cycle anchor is not within the first billing period")
		}
	default:
		sub.periodEnd = sub.nextPeriodEnd(s.now)
	}
	if sub.sendInvoice && sub.status == stripe.SubscriptionStatusIncomplete {
		sub.status = stripe.SubscriptionStatusActive
	}
	return sub
}

func (s *Server) recurringPrice(id string) *price {
	p := get[*price](s, id)
	if p.Interval == "" {
		misuse("the price %q is not recurring", id)
	}
	if p.Inactive {
		misuse("the price %q is inactive", id)
	}
	return p
}

func (sub *subscription) checkIntervals() {
	for _, item := range sub.items {
		if !item.price.sameInterval(sub.interval()) {
			misuse("the prices of subscription %q have different billing periods", sub.id)
		}
	}
}

// interval returns a price with the billing period of the subscription.
func (sub *subscription) interval() *price { return sub.items[0].price }

// nextPeriodEnd returns the end of the billing period that contains a time.
func (sub *subscription) nextPeriodEnd(t time.Time) time.Time {
	p := sub.interval()
	for n := int64(1); ; n++ {
		if end := addPeriods(sub.anchor, p.Interval, p.IntervalCount, n); end.After(t) {
			return end
		}
	}
}

// isFree reports whether nothing is due at the start.
func (sub *subscription) isFree() bool {
	if sub.status == stripe.SubscriptionStatusTrialing {
		return true
	}
	for _, item := range sub.items {
		if !item.price.Metered && item.price.UnitAmount*item.quantity > 0 {
			return false
		}
	}
	return true
}

// isEnded reports whether the status is terminal.
func (sub *subscription) isEnded() bool {
	return sub.status == stripe.SubscriptionStatusCanceled || sub.status == stripe.SubscriptionStatusIncompleteExpired
}

func (s *Server) setStatus(sub *subscription, status stripe.SubscriptionStatus) {
	sub.status = status
	s.emitUpdate(sub)
}

// expireIncomplete ends a subscription whose first invoice was not paid.
func (s *Server) expireIncomplete(sub *subscription) {
	if sub.status != stripe.SubscriptionStatusIncomplete {
		return
	}
	sub.status, sub.endedAt = stripe.SubscriptionStatusIncompleteExpired, s.now
	s.void(sub.latest)
	s.emitUpdate(sub)
}

func (s *Server) scheduleTrialNotice(sub *subscription) {
	end, at := sub.trialEnd, sub.trialEnd.Add(-trialNotice)
	if at.Before(s.now) {
		at = s.now
	}
	s.at(at, func() {
		if sub.status == stripe.SubscriptionStatusTrialing && sub.trialEnd.Equal(end) {
			s.emit(stripe.EventTypeCustomerSubscriptionTrialWillEnd, sub)
		}
	})
}
