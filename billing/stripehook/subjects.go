package stripehook

import (
	"context"
	"slices"
)

// Subjects reconciles the licenses of subscriptions and one-off payments. Package
// reconcile has an implementation.
type Subjects interface {
	// RequestEvent requests a job for the subject that an event names. It returns nil
	// after the request is stored, or if the event names none.
	RequestEvent(ctx context.Context, payload []byte) error
}

// subjectEvents are the events after which licenses may have to change, in addition to
// those of purchases.
var subjectEvents = [...]string{
	"checkout.session.async_payment_failed",
	"invoice.payment_failed", "invoice.voided", "invoice.marked_uncollectible",
	"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
	"customer.subscription.paused", "customer.subscription.resumed",
	"charge.refunded", "refund.created", "refund.updated", "refund.failed",
	"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
	"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
}

// namesSubject reports whether the licenses of the subject of an event are reconciled.
func (h *Handler) namesSubject(e event) bool {
	if h.cfg.subjects == nil || h.cfg.liveOnly && !e.live {
		return false
	}
	switch e.kind {
	case sessionCompleted, sessionAsyncPaymentSucceeded, invoicePaid, invoicePaymentSucceeded:
		return true
	default:
		return slices.Contains(subjectEvents[:], e.kind)
	}
}

// leaveToSubjects leaves orders to the reconciliation, which knows how long they are
// paid for. A session whose invoice has to be awaited remains an expectation.
func (h *Handler) leaveToSubjects(e event, p purchase) purchase {
	if !h.namesSubject(e) || p.invoiced && !p.ofSubscription {
		return p
	}
	return purchase{ignoreReason: ignoreReconciled, amount: p.amount, live: p.live, source: p.source}
}

// requestSubject requests a job for the subject of an event after its order is stored.
func (h *Handler) requestSubject(ctx context.Context, e event, payload []byte, report Report) Report {
	if !h.namesSubject(e) || report.Disposition == DispositionFailed || report.Disposition == DispositionRejected {
		return report
	}
	if err := h.cfg.subjects.RequestEvent(ctx, payload); err != nil {
		return report.failed("the reconciliation could not be requested", err)
	}
	if report.Disposition == DispositionIgnored {
		report.Disposition, report.Reason = DispositionRequested, ""
	}
	return report
}
