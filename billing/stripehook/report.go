package stripehook

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/licensespring-go/licensespring"
)

// Disposition says what became of a delivery.
type Disposition string

// The dispositions.
const (
	// Queued means that the order is stored in the queue.
	Queued Disposition = "queued"
	// Ignored means that the event asks for no order.
	Ignored Disposition = "ignored"
	// Rejected means that no order can be made of the event, and that it is a
	// dead letter.
	Rejected Disposition = "rejected"
	// Refused means that the request is not one of Stripe's.
	Refused Disposition = "refused"
	// Failed means that it was tried in vain, and that Stripe should try again.
	Failed Disposition = "failed"
)

// Report is what became of one delivery. It holds nothing of the customer's.
type Report struct {
	// EventID and EventType are the event's, empty if it was refused.
	EventID, EventType string
	// OrderID is the id of the order, or of the dead letter.
	OrderID     string
	Disposition Disposition
	// Status is the HTTP status of the answer.
	Status int
	// Reason says why, if the disposition is not Queued.
	Reason string
	// Licenses is how many licenses the order asks for.
	Licenses int
	// Err is what was found, if there is more to say than Reason.
	Err error
	// Took is how long the delivery took.
	Took time.Duration
}

func refused(status int, reason string, err error) Report {
	return Report{Disposition: Refused, Status: status, Reason: reason, Err: err}
}

func (r Report) ignored(reason string) Report {
	r.Disposition, r.Reason = Ignored, reason
	return r
}

func (r Report) rejected(err error) Report {
	r.Disposition, r.Reason, r.Err = Rejected, err.Error(), err
	return r
}

func (r Report) failed(reason string, err error) Report {
	r.Disposition, r.Reason, r.Err, r.Status = Failed, reason, err, http.StatusServiceUnavailable
	return r
}

func (r *Report) attrs() []slog.Attr {
	attrs := []slog.Attr{
		slog.String("disposition", string(r.Disposition)),
		slog.Int("status", r.Status),
		slog.Duration("took", r.Took),
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
	if r.Licenses > 0 {
		attrs = append(attrs, slog.Int("licenses", r.Licenses))
	}
	if wrong, ok := errors.AsType[*licensespring.ValidationError](r.Err); ok {
		return append(attrs, slog.Any("findings", wrong))
	}
	if r.Disposition == Failed && r.Err != nil {
		text("error", r.Err.Error())
	}
	return attrs
}
