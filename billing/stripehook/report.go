package stripehook

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// Disposition describes how the handler processed a delivery.
type Disposition string

// The dispositions.
const (
	// DispositionQueued means that the order is stored in the queue.
	DispositionQueued Disposition = "queued"
	// DispositionStored means that the event is stored in the inbox.
	DispositionStored Disposition = "stored"
	// DispositionDuplicate means that an earlier event led to the order already.
	DispositionDuplicate Disposition = "duplicate"
	// DispositionWaiting means that the invoice of a session has not led to an order
	// yet. Only [Handler.ProcessExpected] reports it.
	DispositionWaiting Disposition = "waiting"
	// DispositionRequested means that the reconciliation of the subject of the event is
	// requested; see [WithSubjects].
	DispositionRequested Disposition = "requested"
	// DispositionIgnored means that the event requires no order.
	DispositionIgnored Disposition = "ignored"
	// DispositionRejected means that the event cannot be converted to an order, and
	// is stored as a dead letter.
	DispositionRejected Disposition = "rejected"
	// DispositionInvalid means that the request is not a valid delivery of Stripe.
	DispositionInvalid Disposition = "invalid"
	// DispositionFailed means that a temporary error occurred, and that Stripe
	// or the inbox retries.
	DispositionFailed Disposition = "failed"
)

// Report describes one delivery. It contains no customer data.
type Report struct {
	// EventID and EventType are empty if the disposition is DispositionInvalid.
	EventID, EventType string
	// OrderID is the id of the order, or of the dead letter.
	OrderID     string
	Disposition Disposition
	// Status is the HTTP status of the response.
	Status int
	// Reason is set unless the disposition is DispositionQueued, DispositionStored or
	// DispositionRequested.
	Reason string
	// Amount is the amount that the event reports, in the smallest unit of its currency.
	Amount int64
	// Licenses is the number of licenses in the order.
	Licenses int
	// Warnings lists what was left out of the order, such as an unusable address.
	Warnings []licensespring.Finding
	// Err holds details in addition to Reason, or nil.
	Err error
	// Duration is the time that the delivery took.
	Duration time.Duration
	// FromInbox reports whether the event was processed after the response to Stripe.
	FromInbox bool
}

func invalidReport(status int, reason string, err error) Report {
	return Report{Disposition: DispositionInvalid, Status: status, Reason: reason, Err: err}
}

func (r Report) ignored(reason string) Report {
	r.Disposition, r.Reason = DispositionIgnored, reason
	return r
}

func (r Report) rejected(err error) Report {
	r.Disposition, r.Reason, r.Err = DispositionRejected, err.Error(), err
	return r
}

func (r Report) failed(reason string, err error) Report {
	r.Disposition, r.Reason, r.Err, r.Status = DispositionFailed, reason, err, http.StatusServiceUnavailable
	return r
}

func (r Report) duplicate(state fulfillment.OrderState) Report {
	r.Disposition, r.Reason = DispositionDuplicate, "the order is "+string(state)
	return r
}

func (r *Report) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("disposition", string(r.Disposition)),
		slog.Int("status", r.Status),
		slog.Duration("duration", r.Duration),
	}
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	text("event_id", r.EventID)
	text("event_type", r.EventType)
	text("order_id", r.OrderID)
	text("reason", r.Reason)
	if r.Disposition == DispositionIgnored && r.Amount > 0 {
		attrs = append(attrs, slog.Int64("amount", r.Amount))
	}
	if r.Licenses > 0 {
		attrs = append(attrs, slog.Int("licenses", r.Licenses))
	}
	if len(r.Warnings) > 0 {
		attrs = append(attrs, slog.Any("warnings", r.Warnings))
	}
	if invalid, ok := errors.AsType[*licensespring.ValidationError](r.Err); ok {
		return append(attrs, slog.Any("findings", invalid))
	}
	if r.Disposition == DispositionFailed && r.Err != nil {
		text("error", r.Err.Error())
	}
	return attrs
}
