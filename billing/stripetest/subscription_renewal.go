package stripetest

import (
	"time"

	"github.com/stripe/stripe-go/v85"
)

// draftTime is the time for which the invoice of a renewal is a draft.
const draftTime = time.Hour

func (s *Server) scheduleRenewal(sub *subscription) {
	end := sub.periodEnd
	s.at(end, func() {
		if !sub.isEnded() && sub.status != stripe.SubscriptionStatusPaused && sub.periodEnd.Equal(end) {
			s.endPeriod(sub)
		}
	})
}

// endPeriod ends a billing period or a trial.
func (s *Server) endPeriod(sub *subscription) {
	trialEnds := sub.status == stripe.SubscriptionStatusTrialing
	switch {
	case sub.cancelAtPeriodEnd:
		s.end(sub)
		return
	case sub.status == stripe.SubscriptionStatusIncomplete:
		return // it expires; only a period of a day ends before that
	case trialEnds && sub.customer.method == PaymentNone && !sub.sendInvoice && sub.missing == MissingCancels:
		sub.canceledAt = s.now
		s.end(sub)
		return
	case trialEnds && sub.customer.method == PaymentNone && !sub.sendInvoice && sub.missing == MissingPauses:
		s.setStatus(sub, stripe.SubscriptionStatusPaused)
		s.emit(stripe.EventTypeCustomerSubscriptionPaused, sub)
		return
	case trialEnds:
		sub.status = stripe.SubscriptionStatusActive
	}
	s.startPeriod(sub, stripe.InvoiceBillingReasonSubscriptionCycle)
}

// startPeriod starts the next billing period, with a draft of its invoice.
func (s *Server) startPeriod(sub *subscription, reason stripe.InvoiceBillingReason) *invoice {
	inv := s.newInvoice(sub.customer, reason, sub)
	inv.periodStart, inv.periodEnd = sub.periodStart, sub.periodEnd // the period that ended
	sub.periodStart, sub.periodEnd, sub.prorated = s.now, sub.nextPeriodEnd(s.now), false
	inv.lines = append(s.takePending(sub), s.periodLines(sub)...)
	sub.latest = inv
	if sub.cancelAtPeriodEnd {
		sub.cancelAt = sub.periodEnd
	}
	s.scheduleRenewal(sub)
	s.emitUpdate(sub)
	s.openInvoice(inv)
	switch {
	case sub.status == stripe.SubscriptionStatusUnpaid:
		inv.autoAdvance = false
	case sub.paused != nil:
		sub.paused.apply(s, inv)
	default:
		s.scheduleFinalization(inv)
	}
	return inv
}

// scheduleFinalization finalizes and collects a draft after an hour.
func (s *Server) scheduleFinalization(inv *invoice) {
	s.at(s.now.Add(draftTime), func() { s.collectDraft(inv) })
}

// collectDraft finalizes and collects a draft.
func (s *Server) collectDraft(inv *invoice) {
	if inv.status == stripe.InvoiceStatusDraft && inv.autoAdvance {
		s.finalize(inv)
		s.collect(inv, settlement{})
	}
}

// takePending returns the pending prorations as lines of an invoice.
func (s *Server) takePending(sub *subscription) []*invoiceLine {
	lines := sub.pending
	sub.pending = nil
	return lines
}

// periodLines returns the lines of the current billing period.
func (s *Server) periodLines(sub *subscription) []*invoiceLine {
	lines := make([]*invoiceLine, len(sub.items))
	for i, item := range sub.items {
		line := s.newLine(sub, item, item.quantity)
		switch {
		case sub.status == stripe.SubscriptionStatusTrialing:
			line.amount = 0
		case sub.prorated:
			whole := addPeriods(sub.periodStart, item.price.Interval, item.price.IntervalCount, 1).Sub(sub.periodStart)
			line.amount, line.proration = prorate(line.amount, sub.periodEnd.Sub(sub.periodStart), whole), true
		}
		lines[i] = line
	}
	return lines
}

// prorate returns the part of an amount, rounded to cents.
func prorate(amount int64, part, whole time.Duration) int64 {
	p, w := int64(part/time.Second), int64(whole/time.Second)
	return (2*amount*p + w) / (2 * w)
}
