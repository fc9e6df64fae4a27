package stripetest

import (
	"maps"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// Checkout is a Checkout session.
type Checkout struct {
	// Customer is the id of a customer. Without it the session creates one, from the
	// details below.
	Customer string
	// Guest sessions create no customer. Only one-off payments can be made by guests.
	Guest bool
	// Email, Name, Company and Phone are what the customer enters.
	Email, Name, Company, Phone string

	// Items are the items. If one of them is recurring, the session starts a
	// subscription.
	Items []Item
	// InvoiceCreation creates an invoice of a one-off payment.
	InvoiceCreation bool
	// TrialDays and MissingPaymentMethod are those of the subscription.
	TrialDays            int
	MissingPaymentMethod MissingPaymentMethod
	// Delayed is the time after which a payment with a delayed notification ends, as with
	// bank debits. FailsLater makes it fail.
	Delayed    time.Duration
	FailsLater bool

	Metadata             map[string]string
	SubscriptionMetadata map[string]string
}

// sessionLife is the time after which an open session expires.
const sessionLife = day

type session struct {
	identity
	Checkout

	customer     *customer // nil until the session is complete, and for a guest
	lines        []*sessionLine
	status       stripe.CheckoutSessionStatus
	payment      stripe.CheckoutSessionPaymentStatus
	intent       *paymentIntent
	invoice      *invoice
	subscription *subscription
	expiresAt    time.Time
}

type sessionLine struct {
	id       string
	price    *price
	quantity int64
}

// Checkout opens and completes a Checkout session. The session stays open if the payment
// is declined; see [Server.CompleteCheckout].
func (s *Server) Checkout(c Checkout) *stripe.CheckoutSession {
	return locked(s, func() *stripe.CheckoutSession {
		one := s.openCheckout(c)
		s.completeCheckout(one)
		return decode[stripe.CheckoutSession](s, one)
	})
}

// OpenCheckout opens a Checkout session, which expires after a day.
func (s *Server) OpenCheckout(c Checkout) *stripe.CheckoutSession {
	return locked(s, func() *stripe.CheckoutSession { return decode[stripe.CheckoutSession](s, s.openCheckout(c)) })
}

// CompleteCheckout pays an open session.
func (s *Server) CompleteCheckout(sessionID string) *stripe.CheckoutSession {
	return s.changeSession(sessionID, s.completeCheckout)
}

// ExpireCheckout expires an open session.
func (s *Server) ExpireCheckout(sessionID string) *stripe.CheckoutSession {
	return s.changeSession(sessionID, s.expireCheckout)
}

// CheckoutSession returns a Checkout session.
func (s *Server) CheckoutSession(id string) *stripe.CheckoutSession {
	return locked(s, func() *stripe.CheckoutSession { return decode[stripe.CheckoutSession](s, get[*session](s, id)) })
}

func (s *Server) changeSession(id string, change func(*session)) *stripe.CheckoutSession {
	return locked(s, func() *stripe.CheckoutSession {
		one := get[*session](s, id)
		if one.status != stripe.CheckoutSessionStatusOpen {
			misuse("session %q is %s", id, one.status)
		}
		change(one)
		return decode[stripe.CheckoutSession](s, one)
	})
}

func (s *Server) openCheckout(c Checkout) *session {
	one := &session{
		identity: s.identify(CheckoutSessions, "cs", maps.Clone(c.Metadata)), Checkout: c,
		status: stripe.CheckoutSessionStatusOpen, payment: stripe.CheckoutSessionPaymentStatusUnpaid,
		expiresAt: s.now.Add(sessionLife),
	}
	if c.Customer != "" {
		one.customer = get[*customer](s, c.Customer)
	}
	for _, item := range c.Items {
		line := &sessionLine{id: s.newID("li"), price: get[*price](s, item.Price), quantity: first(item.Quantity, 1)}
		if line.price.Inactive {
			misuse("the price %q is inactive", item.Price)
		}
		one.lines = append(one.lines, line)
	}
	switch {
	case len(one.lines) == 0:
		misuse("the session has no items")
	case one.isSubscription() && (c.Guest || c.InvoiceCreation):
		misuse("a session that starts a subscription has a customer and an invoice")
	case !one.isSubscription() && c.TrialDays > 0:
		misuse("a one-off payment has no trial")
	}
	s.add(one)
	s.at(one.expiresAt, func() {
		if one.status == stripe.CheckoutSessionStatusOpen {
			s.expireCheckout(one)
		}
	})
	return one
}

func (s *Server) expireCheckout(one *session) {
	one.status = stripe.CheckoutSessionStatusExpired
	s.emit(stripe.EventTypeCheckoutSessionExpired, one)
}

func (one *session) isSubscription() bool {
	for _, line := range one.lines {
		if line.price.Interval != "" {
			return true
		}
	}
	return false
}

// total is the amount that is due at the start.
func (one *session) total() int64 {
	var sum int64
	for _, line := range one.lines {
		sum += one.amount(line)
	}
	return sum
}

func (one *session) amount(line *sessionLine) int64 {
	if line.price.Interval != "" && one.TrialDays > 0 || line.price.Metered {
		return 0
	}
	return line.price.UnitAmount * line.quantity
}

func (s *Server) completeCheckout(one *session) {
	c := one.customer
	if c == nil {
		c = &customer{method: PaymentSucceeds}
		if !one.Guest {
			c = s.addCustomer(Customer{Email: one.Email, Name: one.Name, Phone: one.Phone})
		}
	}
	if one.isSubscription() {
		s.checkoutSubscription(one, c)
	} else {
		s.checkoutPayment(one, c)
	}
}

// complete completes a session whose payment has ended or is pending.
func (s *Server) complete(one *session, c *customer, status stripe.CheckoutSessionPaymentStatus) {
	one.status, one.payment = stripe.CheckoutSessionStatusComplete, status
	if !one.Guest {
		one.customer = c
	}
}

// settledLater reports the end of a delayed payment.
func (s *Server) settledLater(one *session, succeeded bool) {
	if !succeeded {
		s.emit(stripe.EventTypeCheckoutSessionAsyncPaymentFailed, one)
		return
	}
	one.payment = stripe.CheckoutSessionPaymentStatusPaid
	s.emit(stripe.EventTypeCheckoutSessionAsyncPaymentSucceeded, one)
}

// checkoutPayment pays a one-off session. Its invoice is created after the payment, so
// that the event of the session has no invoice.
func (s *Server) checkoutPayment(one *session, c *customer) {
	if one.total() == 0 {
		s.complete(one, c, stripe.CheckoutSessionPaymentStatusNoPaymentRequired)
		s.emit(stripe.EventTypeCheckoutSessionCompleted, one)
		s.invoiceSession(one)
		return
	}
	payer := c
	if one.Guest {
		payer = nil
	}
	if one.intent == nil {
		one.intent = s.newIntent(payer, one.total(), one.lines[0].price.Currency, nil)
	}
	how := settlement{delayed: one.Delayed, fails: one.FailsLater}
	succeeds := one.Delayed == 0 && c.pays()
	if one.Delayed > 0 {
		s.complete(one, c, stripe.CheckoutSessionPaymentStatusUnpaid)
	}
	s.pay(one.intent, succeeds, how, func(succeeded bool) {
		switch {
		case one.Delayed > 0:
			s.settledLater(one, succeeded)
		case succeeded:
			s.complete(one, c, stripe.CheckoutSessionPaymentStatusPaid)
			s.emit(stripe.EventTypeCheckoutSessionCompleted, one)
		default:
			return // the session stays open
		}
		if succeeded {
			s.invoiceSession(one)
		}
	})
	if one.Delayed > 0 {
		s.emit(stripe.EventTypeCheckoutSessionCompleted, one)
	}
}

// invoiceSession creates the invoice of a one-off session, if it has one.
func (s *Server) invoiceSession(one *session) {
	if !one.InvoiceCreation || one.customer == nil {
		return
	}
	inv := s.newInvoice(one.customer, stripe.InvoiceBillingReasonManual, nil)
	inv.metadata = one.metadata
	for _, line := range one.lines {
		inv.lines = append(inv.lines, s.onceLine(one, line))
	}
	one.invoice = inv
	s.openInvoice(inv)
	inv.status, inv.finalizedAt, inv.intent = stripe.InvoiceStatusOpen, s.now, one.intent
	var paid *charge
	if one.intent != nil {
		one.intent.invoice = inv
		s.addInvoicePayment(inv)
		paid, inv.attemptCount = one.intent.latest(), 1
	}
	s.emit(stripe.EventTypeInvoiceFinalized, inv)
	s.markPaid(inv, paid)
}

// onceLine returns the line of an invoice for a one-off item.
func (s *Server) onceLine(one *session, line *sessionLine) *invoiceLine {
	return &invoiceLine{
		id: s.newID("il"), price: line.price, quantity: line.quantity, amount: one.amount(line),
		start: s.now, end: s.now, itemID: s.newID("ii"),
	}
}

// checkoutSubscription starts the subscription of a session. A declined payment starts
// none.
func (s *Server) checkoutSubscription(one *session, c *customer) {
	recurring := Subscription{
		Customer: c.id, TrialDays: one.TrialDays, MissingPaymentMethod: one.MissingPaymentMethod, Metadata: one.SubscriptionMetadata,
	}
	var once []*invoiceLine
	for _, line := range one.lines {
		if line.price.Interval == "" {
			once = append(once, s.onceLine(one, line))
		} else {
			recurring.Items = append(recurring.Items, Item{Price: line.price.id, Quantity: line.quantity})
		}
	}
	due := one.total() > 0
	if due && one.Delayed == 0 {
		if c.failures > 0 || c.method != PaymentSucceeds {
			p := s.newIntent(c, one.total(), one.lines[0].price.Currency, nil)
			s.pay(p, c.pays(), settlement{}, func(bool) {})
			return // the session stays open
		}
	}
	how := settlement{delayed: one.Delayed, fails: one.FailsLater, settled: func(succeeded bool) {
		if one.Delayed > 0 {
			s.settledLater(one, succeeded)
		}
	}}
	one.subscription = s.subscribe(recurring, how, once...)
	one.invoice = one.subscription.latest
	status := stripe.CheckoutSessionPaymentStatusPaid
	switch {
	case !due:
		status = stripe.CheckoutSessionPaymentStatusNoPaymentRequired
	case one.Delayed > 0:
		status = stripe.CheckoutSessionPaymentStatusUnpaid
	}
	s.complete(one, c, status)
	s.emit(stripe.EventTypeCheckoutSessionCompleted, one)
}
