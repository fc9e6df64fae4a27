package stripehook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// Queue is where orders go. It is a [fulfillment.Pipeline], or something around
// one. Both methods return nil only when what they were given is stored. An order
// that Enqueue will never take is told by errors.Is: licensespring.ErrInvalidRequest
// or fulfillment.ErrTooLarge. It becomes a Rejection.
type Queue interface {
	Enqueue(ctx context.Context, order *licensespring.Order) error
	Reject(ctx context.Context, r fulfillment.Rejection) error
}

// Handler is a webhook endpoint for Stripe. Make one with [New]. It is safe for
// concurrent use.
type Handler struct {
	queue Queue
	config
}

// New returns a handler that accepts events signed with the endpoint's signing
// secret (whsec_…) and puts the orders they lead to into the queue.
func New(secret licensespring.Secret, queue Queue, options ...Option) (*Handler, error) {
	c := defaultConfig(secret)
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	// Anybody can sign with an empty secret.
	if secret.IsZero() {
		c.fault("the signing secret is empty")
	}
	if queue == nil {
		c.fault("the queue is nil")
	}
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	return &Handler{queue: queue, config: c}, nil
}

// ServeHTTP answers one delivery of an event. The package documentation says
// with what.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	report := h.serve(w, r)
	report.Took = time.Since(begun)
	h.tell(r.Context(), report)

	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(report.Status)
	_, _ = io.WriteString(w, string(report.Disposition)+"\n")
}

// serve does everything but answer, so that there is one place that does.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) Report {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return refused(http.StatusMethodNotAllowed, "not a POST", nil)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return refused(http.StatusRequestEntityTooLarge, "the body is too large", nil)
		}
		return refused(http.StatusBadRequest, "the body could not be read", err)
	}
	event, err := webhook.ConstructEventWithOptions(body, r.Header.Get("Stripe-Signature"), h.secret.Reveal(),
		webhook.ConstructEventOptions{
			Tolerance: h.tolerance,
			// The few members read here are known in the form of any version.
			IgnoreAPIVersionMismatch: true,
		})
	switch {
	case err == nil && event.ID != "":
	case errors.Is(err, webhook.ErrTooOld):
		return refused(http.StatusBadRequest, "the signature is too old", err)
	case isSignature(err):
		return refused(http.StatusBadRequest, "the signature is wrong", err)
	default:
		// Signed and no event, as the thin events of Stripe are: the endpoint is
		// set up wrong, and Stripe shows the answer to who did.
		return refused(http.StatusBadRequest, "the body is not an event", nil)
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	return h.act(ctx, newDelivery(&event), body)
}

func isSignature(err error) bool {
	return errors.Is(err, webhook.ErrNotSigned) || errors.Is(err, webhook.ErrInvalidHeader) ||
		errors.Is(err, webhook.ErrNoValidSignature)
}

// Redo acts on an event as if it was delivered once more, without a signature:
// payload must come from where only verified events are, such as a dead letter.
// It returns nil if nothing is left to do, which the report explains: the order
// is in the queue, or there is none to make. The error wraps the same findings as
// the dead letter does; Redo itself writes no dead letter.
func (h *Handler) Redo(ctx context.Context, payload []byte) (Report, error) {
	d, err := parseDelivery(payload)
	if err != nil {
		return Report{Disposition: Rejected, Reason: err.Error(), Err: err, Status: http.StatusOK}, err
	}
	report := h.order(ctx, d)
	return report, report.Err
}

// act is what a verified event leads to.
func (h *Handler) act(ctx context.Context, d delivery, body []byte) Report {
	report := h.order(ctx, d)
	if report.Disposition != Rejected {
		return report
	}
	err := h.queue.Reject(ctx, fulfillment.Rejection{
		ID:      report.OrderID,
		Reason:  report.Reason,
		Source:  "stripe " + d.kind,
		Payload: body,
		Err:     report.Err,
	})
	if err != nil {
		return report.failed("the dead letter could not be stored", err)
	}
	return report
}

// order puts the order that an event leads to into the queue, if it leads to one.
func (h *Handler) order(ctx context.Context, d delivery) Report {
	report := Report{EventID: d.id, EventType: d.kind, OrderID: h.prefix + d.id, Status: http.StatusOK}
	p, err := d.purchase(h.renewals)
	if err != nil {
		return report.rejected(err)
	}
	if p.none != "" {
		report.OrderID = ""
		return report.ignored(p.none)
	}
	report.OrderID = h.prefix + p.id
	if p.trouble != nil {
		return report.rejected(p.trouble)
	}
	lines, err := h.lines(ctx, p)
	if err != nil {
		return report.failed("the line items could not be fetched", err)
	}
	order, err := h.build(p, lines)
	switch {
	case err != nil:
		return report.rejected(err)
	case order == nil:
		return report.ignored("nothing in it needs a license")
	}
	if err := h.queue.Enqueue(ctx, order); err != nil {
		if errors.Is(err, licensespring.ErrInvalidRequest) || errors.Is(err, fulfillment.ErrTooLarge) {
			return report.rejected(err)
		}
		return report.failed("the order could not be stored", err)
	}
	report.Disposition = Queued
	for _, item := range order.Items {
		report.Licenses += len(item.Licenses)
	}
	return report
}

// tell says what became of a delivery to the log and to the observer. Nothing of
// the event's content is in it but ids.
func (h *Handler) tell(ctx context.Context, r Report) {
	level := slog.LevelInfo
	switch r.Disposition {
	case Ignored:
		level = slog.LevelDebug
	case Refused, Rejected:
		level = slog.LevelWarn
	case Failed:
		level = slog.LevelError
	case Queued:
	}
	h.logger.LogAttrs(ctx, level, "stripe event", r.attrs()...)
	h.observe(r)
}
