package stripetest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v85"
)

type invoice struct {
	identity

	number       string
	customer     *customer
	subscription *subscription // nil unless it bills one
	reason       stripe.InvoiceBillingReason
	status       stripe.InvoiceStatus
	lines        []*invoiceLine
	// details is the metadata of the subscription when the invoice was finalized.
	details                map[string]string
	periodStart, periodEnd time.Time

	autoAdvance    bool
	attemptCount   int
	nextAttempt    time.Time
	dueDate        time.Time
	overdue        bool
	amountPaid     int64
	starting       int64 // balance of the customer before and after finalization
	ending         int64
	intent         *paymentIntent
	charge         *charge
	payment        *invoicePayment
	paidOutOfBand  bool
	finalizedAt    time.Time
	paidAt         time.Time
	voidedAt       time.Time
	uncollectibles time.Time
}

// Invoice returns an invoice.
func (s *Server) Invoice(id string) *stripe.Invoice {
	return locked(s, func() *stripe.Invoice { return decode[stripe.Invoice](s, get[*invoice](s, id)) })
}

// SubscriptionInvoices returns the invoices of a subscription, oldest first.
func (s *Server) SubscriptionInvoices(subscriptionID string) []*stripe.Invoice {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := get[*subscription](s, subscriptionID)
	invoices := make([]*stripe.Invoice, len(sub.invoices))
	for i, inv := range sub.invoices {
		invoices[i] = decode[stripe.Invoice](s, inv)
	}
	return invoices
}

// newInvoice returns a draft. openInvoice stores it when it has lines.
func (s *Server) newInvoice(c *customer, reason stripe.InvoiceBillingReason, sub *subscription) *invoice {
	s.invoices++
	inv := &invoice{
		identity: s.identify(Invoices, "in", nil), number: fmt.Sprintf("STRIPETEST-%04d", s.invoices), customer: c,
		subscription: sub, reason: reason, status: stripe.InvoiceStatusDraft, autoAdvance: true, starting: c.balance,
		periodStart: s.now, periodEnd: s.now,
	}
	if sub != nil {
		inv.details = maps.Clone(sub.metadata)
	}
	return inv
}

func (s *Server) openInvoice(inv *invoice) {
	s.add(inv)
	inv.customer.invoices = append(inv.customer.invoices, inv)
	if inv.subscription != nil {
		inv.subscription.invoices = append(inv.subscription.invoices, inv)
	}
	s.emit(stripe.EventTypeInvoiceCreated, inv)
}

// total is the sum of the lines. It is negative for a credit.
func (inv *invoice) total() int64 {
	var sum int64
	for _, line := range inv.lines {
		sum += line.amount
	}
	return sum
}

// amountDue is the total less the credit of the customer.
func (inv *invoice) amountDue() int64 { return max(inv.total()+inv.starting, 0) }

// isUnpaid reports whether the invoice can still be paid automatically.
func (inv *invoice) isUnpaid() bool {
	return inv.status == stripe.InvoiceStatusDraft || inv.status == stripe.InvoiceStatusOpen
}

func (inv *invoice) sendsInvoice() bool {
	return inv.subscription != nil && inv.subscription.sendInvoice
}

// finalize opens a draft.
func (s *Server) finalize(inv *invoice) {
	inv.status, inv.finalizedAt, inv.starting = stripe.InvoiceStatusOpen, s.now, inv.customer.balance
	inv.ending = min(inv.total()+inv.starting, 0)
	inv.customer.balance = inv.ending
	if inv.sendsInvoice() {
		inv.dueDate = s.now.AddDate(0, 0, inv.subscription.daysUntilDue)
	}
	if inv.amountDue() > 0 {
		inv.intent = s.newIntent(inv.customer, inv.amountDue(), inv.currency(), inv)
		s.addInvoicePayment(inv)
	}
	s.emit(stripe.EventTypeInvoiceFinalized, inv)
}

// collect collects an open invoice for the first time.
func (s *Server) collect(inv *invoice, how settlement) {
	switch {
	case inv.amountDue() == 0:
		s.markPaid(inv, nil)
	case inv.sendsInvoice():
		s.emit(stripe.EventTypeInvoiceSent, inv)
		s.at(inv.dueDate, func() { s.passDueDate(inv) })
	default:
		s.attempt(inv, how)
	}
}

// passDueDate handles a sent invoice that was not paid in time.
func (s *Server) passDueDate(inv *invoice) {
	if inv.status != stripe.InvoiceStatusOpen {
		return
	}
	if !inv.overdue {
		inv.overdue = true
		s.emit(stripe.EventTypeInvoiceOverdue, inv)
		s.subscriptionUnpaid(inv)
		var grace time.Duration
		for _, wait := range s.cfg.dunning.Retries {
			grace += wait
		}
		s.at(s.now.Add(grace), func() { s.passDueDate(inv) })
		return
	}
	s.giveUp(inv)
}

// markPaid marks an open invoice as paid by a charge, or without one.
func (s *Server) markPaid(inv *invoice, by *charge) {
	inv.status, inv.paidAt, inv.charge, inv.nextAttempt = stripe.InvoiceStatusPaid, s.now, by, time.Time{}
	inv.amountPaid = inv.amountDue()
	s.emitUpdate(inv)
	s.emit(stripe.EventTypeInvoicePaid, inv)
	if by != nil {
		s.emit(stripe.EventTypeInvoicePaymentPaid, inv.payment)
	}
	if !inv.paidOutOfBand {
		s.emit(stripe.EventTypeInvoicePaymentSucceeded, inv)
	}
	s.subscriptionPaid(inv)
}

// subscriptionPaid updates the subscription after its invoice was paid or written off.
func (s *Server) subscriptionPaid(inv *invoice) {
	sub := inv.subscription
	if sub == nil || sub.isEnded() || sub.latestFinalized() != inv {
		return
	}
	switch sub.status {
	case stripe.SubscriptionStatusIncomplete, stripe.SubscriptionStatusPastDue, stripe.SubscriptionStatusUnpaid:
		s.setStatus(sub, stripe.SubscriptionStatusActive)
	case stripe.SubscriptionStatusPaused:
		sub.resuming = false
		s.setStatus(sub, stripe.SubscriptionStatusActive)
		s.emit(stripe.EventTypeCustomerSubscriptionResumed, sub)
	case stripe.SubscriptionStatusActive, stripe.SubscriptionStatusTrialing, stripe.SubscriptionStatusCanceled,
		stripe.SubscriptionStatusIncompleteExpired:
	}
}

// subscriptionUnpaid updates the subscription after a payment of its invoice failed.
func (s *Server) subscriptionUnpaid(inv *invoice) {
	sub := inv.subscription
	if sub != nil && sub.status == stripe.SubscriptionStatusActive && sub.latestFinalized() == inv {
		s.setStatus(sub, stripe.SubscriptionStatusPastDue)
	}
}

// latestFinalized returns the latest invoice of a subscription that is not a draft. It
// determines the status.
func (sub *subscription) latestFinalized() *invoice {
	for _, inv := range slices.Backward(sub.invoices) {
		if inv.status != stripe.InvoiceStatusDraft {
			return inv
		}
	}
	return nil
}

// giveUp handles an invoice of a subscription that is collected no more.
func (s *Server) giveUp(inv *invoice) {
	sub := inv.subscription
	inv.nextAttempt = time.Time{}
	s.emitUpdate(inv)
	if sub == nil || sub.status != stripe.SubscriptionStatusPastDue {
		return
	}
	switch s.cfg.dunning.Final {
	case FinalCancel:
		sub.cancelReason = stripe.SubscriptionCancellationDetailsReasonPaymentFailed
		s.end(sub)
	case FinalUnpaid:
		s.setStatus(sub, stripe.SubscriptionStatusUnpaid)
	case FinalPastDue:
	default:
		misuse("unknown final action %q", s.cfg.dunning.Final)
	}
}

func (inv *invoice) currency() string { return inv.lines[0].price.Currency }
