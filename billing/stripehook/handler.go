package stripehook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// Queue stores orders and rejections. [fulfillment.Pipeline] implements it. Both
// methods return nil only after their argument is stored. Enqueue returns an error
// that matches licensespring.ErrInvalidRequest or fulfillment.ErrTooLarge for an
// order that it can never store. The handler stores such an order as a Rejection.
type Queue interface {
	Enqueue(ctx context.Context, order *licensespring.Order) error
	Reject(ctx context.Context, r fulfillment.Rejection) error
}

// WarningQueue stores warnings with an order, so that they are part of its result. The
// handler uses it if the [Queue] implements it, as [fulfillment.Pipeline] does.
type WarningQueue interface {
	EnqueueWithWarnings(ctx context.Context, order *licensespring.Order, warnings []licensespring.Finding) error
}

// OrderStates reports what is known about an order id. The handler uses it if the
// [Queue] implements it, as [fulfillment.Pipeline] does. Without it, an event that is
// redelivered after the metadata of its prices changed enqueues a different order
// under the same id, which becomes a dead letter.
type OrderStates interface {
	OrderState(ctx context.Context, id string) (fulfillment.OrderState, error)
	// DiscardRejection removes the dead letter of an earlier event with the order id,
	// because the order is queued now.
	DiscardRejection(ctx context.Context, id string) error
}

// Handler is a webhook endpoint for Stripe. [New] returns one. A Handler is safe for
// concurrent use.
type Handler struct {
	queue Queue
	cfg   config
	// bodies holds one element per request whose body is being read.
	bodies chan struct{}
}

// New returns a handler that accepts events signed with the signing secret of the
// endpoint (whsec_…), and stores their orders in the queue.
func New(secret licensespring.Secret, queue Queue, options ...Option) (*Handler, error) {
	c := defaultConfig(secret)
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	for _, secret := range c.secrets {
		if secret.IsZero() { // anyone can sign with an empty secret
			c.invalid("the signing secret is empty")
		}
	}
	if queue == nil {
		c.invalid("the queue is nil")
	}
	if c.subjects != nil && c.inbox == nil {
		c.invalid("the subjects require an inbox")
	}
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	return &Handler{queue: queue, cfg: c, bodies: make(chan struct{}, c.maxBodies)}, nil
}

// ServeHTTP handles one delivery of an event. The package documentation lists the
// responses.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	report := h.handle(w, r)
	report.Duration = time.Since(start)
	h.report(r.Context(), report)

	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(report.Status)
	_, _ = io.WriteString(w, string(report.Disposition)+"\n")
}

// handle processes a request without writing the response.
func (h *Handler) handle(w http.ResponseWriter, r *http.Request) Report {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return invalidReport(http.StatusMethodNotAllowed, "the method is not POST", nil)
	}
	body, invalid := h.readVerified(w, r)
	if invalid != nil {
		return *invalid
	}
	e, err := parseEvent(body)
	if err != nil {
		// The body is signed but not an event, like the thin events of Stripe. The
		// endpoint is misconfigured, and Stripe shows the response.
		return invalidReport(http.StatusBadRequest, "the body is not an event", nil)
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.cfg.timeout)
	defer cancel()
	if h.cfg.inbox != nil {
		return h.store(ctx, e, body)
	}
	return h.process(ctx, e, body)
}

// Replay processes an event again without verifying a signature. The payload must
// come from a source of verified events, such as a dead letter. Replay returns nil
// if the order is queued or the event requires none; the report distinguishes them.
// Its error wraps the same findings as the dead letter. Replay stores no dead letter.
//
// A session whose order is created by its invoice creates the order itself, with the
// id that the invoice uses, so that a later event of the invoice changes nothing.
//
// The corrections replace values of the event.
func (h *Handler) Replay(ctx context.Context, payload []byte, corrections ...Correction) (Report, error) {
	e, err := parseEvent(payload)
	if err != nil {
		return Report{Disposition: DispositionRejected, Reason: err.Error(), Err: err, Status: http.StatusOK}, err
	}
	report := h.requestSubject(ctx, e, payload, h.enqueue(ctx, e, &replay{corrections: corrections}))
	return report, report.Err
}

// process enqueues the order of a verified event, or stores the event as a dead
// letter.
func (h *Handler) process(ctx context.Context, e event, body []byte) Report {
	report := h.enqueue(ctx, e, nil)
	if report.Disposition != DispositionRejected {
		return report
	}
	return h.reject(ctx, e, body, report)
}

// reject stores the event of a rejected report as a dead letter.
func (h *Handler) reject(ctx context.Context, e event, body []byte, report Report) Report {
	err := h.queue.Reject(ctx, fulfillment.Rejection{
		ID:      report.OrderID,
		Reason:  report.Reason,
		Source:  "stripe " + e.kind,
		Payload: body,
		Err:     report.Err,
	})
	if err != nil {
		return report.failed("the dead letter could not be stored", err)
	}
	return report
}

// replay is the retry of an event by an operator.
type replay struct{ corrections []Correction }

// enqueue enqueues the order of an event, if the event requires one. retry is nil unless
// an operator retries the event.
func (h *Handler) enqueue(ctx context.Context, e event, retry *replay) Report {
	report := h.newReport(e)
	p, err := h.purchase(e)
	if err != nil {
		return report.rejected(err)
	}
	if retry != nil {
		if err := p.correct(retry.corrections); err != nil {
			return report.rejected(err)
		}
	}
	if p.invoiced && retry != nil {
		if p, err = h.invoicedPurchase(ctx, p); err != nil {
			if errors.Is(err, errNoInvoice) {
				return report.rejected(err)
			}
			return report.failed("the invoice of the session could not be fetched", err)
		}
	}
	report.Amount = p.amount
	if p.ignoreReason != "" {
		report.OrderID = ""
		return report.ignored(p.ignoreReason)
	}
	report.OrderID = h.orderID(p)
	if p.err != nil {
		return report.rejected(p.err)
	}
	state, err := h.orderState(ctx, report.OrderID)
	switch {
	case err != nil:
		return report.failed("the order could not be looked up", err)
	case state == fulfillment.OrderDone, state == fulfillment.OrderQueued:
		return report.duplicate(state)
	}
	order, report := h.newOrderOf(ctx, p, report)
	if order == nil {
		return report
	}
	if err := h.enqueueOrder(ctx, order, report.Warnings); err != nil {
		if errors.Is(err, licensespring.ErrInvalidRequest) || errors.Is(err, fulfillment.ErrTooLarge) {
			return report.rejected(err)
		}
		return report.failed("the order could not be stored", err)
	}
	if state == fulfillment.OrderDead {
		h.discardRejection(ctx, order.ID)
	}
	report.Disposition = DispositionQueued
	for _, item := range order.Items {
		report.Licenses += len(item.Licenses)
	}
	return report
}

// enqueueOrder enqueues an order with its warnings if the queue implements
// [WarningQueue].
func (h *Handler) enqueueOrder(ctx context.Context, order *licensespring.Order, warnings []licensespring.Finding) error {
	if queue, ok := h.queue.(WarningQueue); ok && len(warnings) > 0 {
		return queue.EnqueueWithWarnings(ctx, order, warnings)
	}
	return h.queue.Enqueue(ctx, order)
}

// newReport returns the report of an event whose order is not known yet.
func (h *Handler) newReport(e event) Report {
	return Report{EventID: e.id, EventType: e.kind, OrderID: h.orderID(purchase{id: e.id, source: e.source()}), Status: http.StatusOK}
}

// purchase decodes the object of an event.
func (h *Handler) purchase(e event) (purchase, error) {
	p, err := e.purchase()
	if err == nil && h.cfg.liveOnly && !e.live {
		return purchase{ignoreReason: ignoreTestMode, amount: p.amount}, nil
	}
	return h.leaveToSubjects(e, p), err
}

// newOrderOf returns the order of a purchase. The order is nil if the report is final.
func (h *Handler) newOrderOf(ctx context.Context, p purchase, report Report) (*licensespring.Order, Report) {
	lines, err := h.lines(ctx, p)
	if err != nil {
		return nil, report.failed("the line items could not be fetched", err)
	}
	if lines, err = p.correctLines(lines); err != nil {
		return nil, report.rejected(err)
	}
	if p.unlicensedRenewal {
		if slices.ContainsFunc(lines, func(l Line) bool { return l.isChange() }) {
			return nil, report.rejected(errSubscriptionChange)
		}
		return nil, report.ignored(ignoreRenewal)
	}
	if p.trialEnd, err = h.trialEnd(ctx, p, lines); err != nil {
		return nil, report.failed("the subscription could not be fetched", err)
	}
	order, warnings, err := h.newOrder(p, lines)
	report.Warnings = warnings
	switch {
	case err != nil:
		return nil, report.rejected(err)
	case order == nil && slices.ContainsFunc(lines, func(l Line) bool { return l.Amount > 0 && l.isUnlicensed() }):
		return nil, report.ignored(ignoreUnlicensed)
	case order == nil:
		return nil, report.ignored(ignoreNoLicense)
	case !p.freeInvoice:
		return order, report
	}
	session, err := h.invoiceSession(ctx, p)
	switch {
	case errors.Is(err, errFreeInvoice):
		return nil, report.rejected(err)
	case err != nil:
		return nil, report.failed("the session of the invoice could not be fetched", err)
	case session != "":
		return nil, report.ignored(ignoreFreeSession)
	default:
		return order, report
	}
}

// orderState returns the state of an order id if the queue implements [OrderStates].
func (h *Handler) orderState(ctx context.Context, id string) (fulfillment.OrderState, error) {
	if states, ok := h.queue.(OrderStates); ok {
		return states.OrderState(ctx, id)
	}
	return fulfillment.OrderUnknown, nil
}

// discardRejection only logs an error: an obsolete dead letter does no harm.
func (h *Handler) discardRejection(ctx context.Context, id string) {
	states, ok := h.queue.(OrderStates)
	if !ok {
		return
	}
	if err := states.DiscardRejection(ctx, id); err != nil {
		h.cfg.logger.LogAttrs(ctx, slog.LevelWarn, "obsolete dead letter not removed", slog.String("order_id", id), slog.Any("error", err))
	}
}

// report logs a delivery and calls the observer. Both receive only the ids of the
// event's content.
func (h *Handler) report(ctx context.Context, r Report) {
	level := slog.LevelInfo
	switch r.Disposition {
	case DispositionWaiting:
		level = slog.LevelDebug
	case DispositionIgnored:
		if r.Amount <= 0 {
			level = slog.LevelDebug
		}
	case DispositionInvalid, DispositionRejected:
		level = slog.LevelWarn
	case DispositionFailed:
		level = slog.LevelError
	case DispositionQueued:
		if len(r.Warnings) > 0 {
			level = slog.LevelWarn
		}
	case DispositionStored, DispositionDuplicate, DispositionRequested:
	}
	h.cfg.logger.LogAttrs(ctx, level, "stripe event", r.attrs()...)
	h.cfg.observe(r)
}
