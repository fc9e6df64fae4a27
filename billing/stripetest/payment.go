package stripetest

import (
	"time"

	"github.com/stripe/stripe-go/v85"
)

// settlement is the way in which a payment ends.
type settlement struct {
	// delayed payments are pending for a time.
	delayed time.Duration
	// fails is set if a delayed payment fails.
	fails bool
	// manual attempts are not part of the schedule of retries.
	manual bool
	// settled is called when a delayed payment ends.
	settled func(succeeded bool)
}

type paymentIntent struct {
	identity

	customer *customer // nil for a guest
	invoice  *invoice  // nil for a one-off payment
	amount   int64
	currency string
	status   stripe.PaymentIntentStatus
	charges  []*charge
	canceled time.Time
}

type charge struct {
	identity

	intent   *paymentIntent
	status   stripe.ChargeStatus
	refunded int64
	refunds  []*refund
	dispute  *dispute
}

// Charge returns a charge.
func (s *Server) Charge(id string) *stripe.Charge {
	return locked(s, func() *stripe.Charge { return decode[stripe.Charge](s, get[*charge](s, id)) })
}

// ChargeOf returns the charge that paid an invoice or a Checkout session. It panics if
// there is none.
func (s *Server) ChargeOf(id string) *stripe.Charge {
	return locked(s, func() *stripe.Charge {
		var paid *charge
		switch e := s.entities[id].(type) {
		case *invoice:
			paid = e.charge
		case *session:
			switch {
			case e.invoice != nil:
				paid = e.invoice.charge
			case e.intent != nil && e.intent.status == stripe.PaymentIntentStatusSucceeded:
				paid = e.intent.latest()
			}
		}
		if paid == nil {
			misuse("no charge paid %q", id)
		}
		return decode[stripe.Charge](s, paid)
	})
}

func (s *Server) newIntent(c *customer, amount int64, currency string, inv *invoice) *paymentIntent {
	p := &paymentIntent{
		identity: s.identify(PaymentIntents, "pi", nil), customer: c, invoice: inv, amount: amount, currency: currency,
		status: stripe.PaymentIntentStatusRequiresPaymentMethod,
	}
	s.add(p)
	s.emit(stripe.EventTypePaymentIntentCreated, p)
	return p
}

// latest returns the latest charge, or nil.
func (p *paymentIntent) latest() *charge {
	if len(p.charges) == 0 {
		return nil
	}
	return p.charges[len(p.charges)-1]
}

// pay attempts a payment. It calls done when the payment has ended.
func (s *Server) pay(p *paymentIntent, succeeds bool, how settlement, done func(succeeded bool)) {
	c := &charge{identity: s.identify(Charges, "ch", nil), intent: p, status: stripe.ChargeStatusPending}
	s.add(c)
	p.charges = append(p.charges, c)
	if how.delayed == 0 {
		s.settle(c, succeeds, done)
		return
	}
	p.status = stripe.PaymentIntentStatusProcessing
	s.emit(stripe.EventTypeChargePending, c)
	s.emit(stripe.EventTypePaymentIntentProcessing, p)
	s.at(s.now.Add(how.delayed), func() { s.settle(c, !how.fails, done) })
}

func (s *Server) settle(c *charge, succeeds bool, done func(succeeded bool)) {
	p := c.intent
	if succeeds {
		c.status, p.status = stripe.ChargeStatusSucceeded, stripe.PaymentIntentStatusSucceeded
		s.emit(stripe.EventTypeChargeSucceeded, c)
		s.emit(stripe.EventTypePaymentIntentSucceeded, p)
	} else {
		c.status, p.status = stripe.ChargeStatusFailed, stripe.PaymentIntentStatusRequiresPaymentMethod
		s.emit(stripe.EventTypeChargeFailed, c)
		s.emit(stripe.EventTypePaymentIntentPaymentFailed, p)
	}
	done(succeeds)
}

// attempt attempts to pay an open invoice.
func (s *Server) attempt(inv *invoice, how settlement) {
	// Manual attempts after the first attempt do not change the schedule.
	scheduled := !how.manual || inv.attemptCount == 0
	if scheduled {
		inv.nextAttempt = time.Time{}
	}
	done := func(succeeded bool) {
		if scheduled {
			inv.attemptCount++
		}
		if succeeded {
			s.markPaid(inv, inv.intent.latest())
		} else {
			s.paymentFailed(inv, scheduled)
		}
		if how.settled != nil {
			how.settled(succeeded)
		}
	}
	if how.delayed == 0 && inv.customer.method == PaymentNone {
		done(false)
		return
	}
	succeeds := how.delayed == 0 && inv.customer.pays()
	s.pay(inv.intent, succeeds, how, done)
	// A subscription is active while its payment is pending.
	if sub := inv.subscription; inv.isProcessing() && sub != nil && sub.status == stripe.SubscriptionStatusIncomplete {
		s.setStatus(sub, stripe.SubscriptionStatusActive)
	}
}

func (inv *invoice) isProcessing() bool {
	return inv.intent != nil && inv.intent.status == stripe.PaymentIntentStatusProcessing
}

// paymentFailed schedules the next attempt to pay an invoice. An invoice without which
// the subscription does not start or resume is not retried.
func (s *Server) paymentFailed(inv *invoice, scheduled bool) {
	sub := inv.subscription
	retried := scheduled && inv.autoAdvance && !inv.sendsInvoice() && sub != nil &&
		sub.status != stripe.SubscriptionStatusIncomplete && sub.status != stripe.SubscriptionStatusPaused
	retries := s.cfg.dunning.Retries
	last := inv.attemptCount > len(retries)
	if retried && !last {
		s.scheduleAttempt(inv, s.now.Add(retries[inv.attemptCount-1]))
	}
	s.emitUpdate(inv)
	s.emit(stripe.EventTypeInvoicePaymentFailed, inv)
	s.subscriptionUnpaid(inv)
	if retried && last {
		s.giveUp(inv)
	}
}

func (s *Server) scheduleAttempt(inv *invoice, at time.Time) {
	inv.nextAttempt = at
	s.at(at, func() {
		if inv.status == stripe.InvoiceStatusOpen && inv.nextAttempt.Equal(at) {
			s.attempt(inv, settlement{})
		}
	})
}

func (s *Server) cancelIntent(inv *invoice) {
	if p := inv.intent; p != nil && p.status != stripe.PaymentIntentStatusSucceeded {
		p.status, p.canceled = stripe.PaymentIntentStatusCanceled, s.now
		s.emit(stripe.EventTypePaymentIntentCanceled, p)
	}
}
