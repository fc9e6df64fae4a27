package stripetest

import (
	"time"

	"github.com/stripe/stripe-go/v85"
)

// PayInvoice charges the customer of an invoice, which is finalized if it is a draft. A
// failed attempt does not change the schedule of retries.
func (s *Server) PayInvoice(invoiceID string) *stripe.Invoice {
	return s.changeInvoice(invoiceID, func(inv *invoice) {
		if inv.status == stripe.InvoiceStatusDraft {
			s.finalize(inv)
		}
		if inv.amountDue() == 0 {
			s.markPaid(inv, nil)
			return
		}
		s.attempt(inv, settlement{manual: true})
	})
}

// PayInvoiceOutOfBand marks an invoice as paid outside Stripe.
func (s *Server) PayInvoiceOutOfBand(invoiceID string) *stripe.Invoice {
	return s.changeInvoice(invoiceID, func(inv *invoice) {
		if inv.status == stripe.InvoiceStatusDraft {
			s.finalize(inv)
		}
		inv.paidOutOfBand = true
		s.cancelIntent(inv)
		s.markPaid(inv, nil)
	})
}

// VoidInvoice voids an invoice.
func (s *Server) VoidInvoice(invoiceID string) *stripe.Invoice {
	return s.changeInvoice(invoiceID, func(inv *invoice) {
		if inv.status == stripe.InvoiceStatusDraft {
			misuse("invoice %q is a draft", inv.id)
		}
		s.void(inv)
	})
}

// MarkUncollectible writes an open invoice off. It can still be paid.
func (s *Server) MarkUncollectible(invoiceID string) *stripe.Invoice {
	return s.changeInvoice(invoiceID, func(inv *invoice) {
		if inv.status != stripe.InvoiceStatusOpen {
			misuse("invoice %q is %s", inv.id, inv.status)
		}
		s.markUncollectible(inv)
	})
}

// changeInvoice changes an invoice that is neither paid nor void.
func (s *Server) changeInvoice(id string, change func(*invoice)) *stripe.Invoice {
	return locked(s, func() *stripe.Invoice {
		inv := get[*invoice](s, id)
		if inv.status == stripe.InvoiceStatusPaid || inv.status == stripe.InvoiceStatusVoid {
			misuse("invoice %q is %s", id, inv.status)
		}
		if inv.isProcessing() {
			misuse("invoice %q has a pending payment", id)
		}
		change(inv)
		return decode[stripe.Invoice](s, inv)
	})
}

// void voids an open invoice. The subscription of a void invoice counts as paid.
func (s *Server) void(inv *invoice) {
	inv.status, inv.voidedAt, inv.autoAdvance, inv.nextAttempt = stripe.InvoiceStatusVoid, s.now, false, time.Time{}
	s.cancelIntent(inv)
	s.emitUpdate(inv)
	s.emit(stripe.EventTypeInvoiceVoided, inv)
	s.writtenOff(inv)
}

func (s *Server) markUncollectible(inv *invoice) {
	inv.status, inv.uncollectibles, inv.autoAdvance, inv.nextAttempt = stripe.InvoiceStatusUncollectible, s.now, false, time.Time{}
	s.emitUpdate(inv)
	s.emit(stripe.EventTypeInvoiceMarkedUncollectible, inv)
	s.writtenOff(inv)
}

// writtenOff updates the subscription of an invoice that is not collected any more. An
// incomplete subscription still expires.
func (s *Server) writtenOff(inv *invoice) {
	if sub := inv.subscription; sub != nil && sub.status != stripe.SubscriptionStatusIncomplete {
		s.subscriptionPaid(inv)
	}
}
