package stripehook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// RetryLimit is the time after which a stored event becomes a dead letter if the Stripe
// API rejects its requests, for example because the key has no permission. Outages,
// rate limits and an invalid key are retried without a limit.
const RetryLimit = time.Hour

// Inbox stores verified events until they are processed. Package inbox has an
// implementation. Both methods return nil only after the event is stored, and the same
// errors as [Queue]. The id identifies the event: storing an event again while it is in
// the inbox has no effect.
type Inbox interface {
	// Store stores an event for [Handler.Process].
	Store(ctx context.Context, id string, payload []byte) error
	// Expect stores the event of a session whose order is created by its invoice, for
	// [Handler.ProcessExpected].
	Expect(ctx context.Context, id string, payload []byte) error
}

// SessionInvoices finds the invoice of a session. The handler uses it if the
// [LineItems] implements it, as [StripeLineItems] does.
type SessionInvoices interface {
	// SessionInvoice returns the id of the invoice, or an empty id if the session has
	// none yet.
	SessionInvoice(ctx context.Context, session Source) (string, error)
}

var (
	errPanicked       = errors.New("a panic occurred")
	errNoInvoiceEvent = errors.New("the session is paid, and no event of its invoice has led to an order:" +
		" subscribe the endpoint to invoice.paid or invoice.payment_succeeded, and retry the dead letter")
	errNoInvoice = errors.New("the invoice of the session is not known")
)

// identity identifies an event among all accounts.
func (e *event) identity() string {
	source := e.source()
	return source.owner() + "/" + e.id
}

// store stores an event in the inbox. Events that can be ignored without a lookup are
// not stored.
func (h *Handler) store(ctx context.Context, e event, body []byte) Report {
	report := Report{EventID: e.id, EventType: e.kind, Status: http.StatusOK}
	put := h.cfg.inbox.Store
	p, err := h.purchase(e)
	report.Amount = p.amount
	switch {
	case err != nil:
	case p.invoiced:
		put = h.cfg.inbox.Expect
	case p.ignoreReason != "" && !h.namesSubject(e):
		return report.ignored(p.ignoreReason)
	}
	if p.id != "" {
		report.OrderID = h.orderID(p)
	}
	err = put(ctx, e.identity(), body)
	switch {
	case errors.Is(err, fulfillment.ErrTooLarge):
		return h.requestSubject(ctx, e, body, h.process(ctx, e, body)) // the order is smaller than the event
	case err != nil:
		return report.failed("the event could not be stored", err)
	}
	report.Disposition = DispositionStored
	return report
}

// Process processes an event of the [Inbox] that was stored at a time. If the
// disposition is DispositionFailed, the event must be retried. Err may be an
// [*APIError], which determines when. After any other disposition the event is done.
func (h *Handler) Process(ctx context.Context, payload []byte, storedAt time.Time) Report {
	return h.processStored(ctx, payload, time.Since(storedAt) > RetryLimit, func(ctx context.Context, e event) Report {
		return h.requestSubject(ctx, e, payload, h.process(ctx, e, payload))
	})
}

// ProcessExpected checks whether the invoice of a stored session has led to an order.
// If not, the disposition is DispositionWaiting, or the event becomes a dead letter if
// it is overdue. Otherwise ProcessExpected is like [Handler.Process].
func (h *Handler) ProcessExpected(ctx context.Context, payload []byte, overdue bool) Report {
	return h.processStored(ctx, payload, overdue, func(ctx context.Context, e event) Report {
		report := h.checkExpected(ctx, e, overdue)
		if report.Disposition == DispositionRejected {
			return h.reject(ctx, e, payload, report)
		}
		return report
	})
}

// processStored calls process for a decoded event, and reports the result. If the last
// attempt fails permanently, the event becomes a dead letter.
func (h *Handler) processStored(ctx context.Context, payload []byte, last bool, process func(context.Context, event) Report) Report {
	start := time.Now()
	e, err := parseEvent(payload)
	if err != nil { // the handler stored an event
		return Report{Disposition: DispositionFailed, Reason: err.Error(), Err: err, FromInbox: true}
	}
	ctx, cancel := context.WithTimeout(ctx, h.cfg.timeout)
	defer cancel()
	report := h.recoverPanics(ctx, e, process)
	if last && report.IsPermanent() {
		report = h.reject(ctx, e, payload, report.rejected(fmt.Errorf("%s: %w", report.Reason, report.Err)))
	}
	report.FromInbox, report.Duration = true, time.Since(start)
	h.report(ctx, report)
	return report
}

// recoverPanics converts a panic to a failure, so that one event cannot stop the
// others. The panic value may contain customer data.
func (h *Handler) recoverPanics(ctx context.Context, e event, process func(context.Context, event) Report) (report Report) {
	defer func() {
		if v := recover(); v != nil {
			report = h.newReport(e).failed("the event could not be processed", errPanicked)
			h.cfg.logger.LogAttrs(ctx, slog.LevelError, "stripe event panicked", slog.String("stack", string(debug.Stack())))
		}
	}()
	return process(ctx, e)
}

func (h *Handler) checkExpected(ctx context.Context, e event, overdue bool) Report {
	report := h.newReport(e)
	p, err := h.purchase(e)
	if err != nil {
		return report.rejected(err)
	}
	if !p.invoiced { // it was stored with other options
		return report.ignored(p.ignoreReason)
	}
	report.OrderID = h.orderID(purchase{id: p.source.ID, source: p.source})
	found, err := h.invoicedPurchase(ctx, p)
	unknown := errors.Is(err, errNoInvoice) || (err != nil && (isPermanent(err) || !overdue))
	switch {
	case unknown: // a missing invoice has no order either
	case err != nil:
		return report.failed("the invoice of the session could not be fetched", err)
	default:
		report.OrderID = h.orderID(found)
		state, err := h.orderState(ctx, report.OrderID)
		if err != nil {
			return report.failed("the order could not be looked up", err)
		}
		if state != fulfillment.OrderUnknown {
			return report.duplicate(state)
		}
	}
	if overdue {
		return report.rejected(errNoInvoiceEvent)
	}
	report.Disposition, report.Reason = DispositionWaiting, ignoreInvoiced
	return report
}

// invoicedPurchase returns the purchase of an invoiced session with the order id that
// its invoice uses.
func (h *Handler) invoicedPurchase(ctx context.Context, p purchase) (purchase, error) {
	p.invoiced, p.ignoreReason = false, ""
	if p.id != "" || p.err != nil {
		return p, nil //nolint:nilerr // p.err is part of the purchase
	}
	invoices, ok := h.cfg.items.(SessionInvoices)
	if !ok {
		return p, errNoInvoice
	}
	id, err := invoices.SessionInvoice(ctx, p.source)
	if err == nil && id == "" {
		err = errNoInvoice
	}
	p.id = id
	return p, err
}

// IsPermanent reports whether a retry of a failed event fails with the same error,
// unless the configuration changes.
func (r *Report) IsPermanent() bool {
	return r.Disposition == DispositionFailed && isPermanent(r.Err)
}

func isPermanent(err error) bool {
	if api, ok := errors.AsType[*APIError](err); ok {
		return api.isPermanent()
	}
	return errors.Is(err, errPanicked) || errors.Is(err, errNoLineItems)
}
