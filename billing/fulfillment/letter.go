package fulfillment

import (
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
)

// Rejection is something that could not be turned into an order: a webhook
// event with metadata that makes no sense, say.
type Rejection struct {
	// ID tells it from other rejections, and is required: the id of the event,
	// or of the order it would have become. Rejecting the same ID again replaces
	// what was there.
	ID string
	// Reason says what is wrong, for people.
	Reason string
	// Source says where it came from, as in "stripe checkout.session.completed".
	Source string
	// Payload is the thing itself, as it came. It is stored and shown.
	Payload []byte
	// Err is what was found, if there is more to say than Reason: a
	// [*licensespring.ValidationError], for one. What it holds of the kinds and
	// findings of this SDK is kept.
	Err error
}

// DeadLetter is an order that was given up, or a [Rejection]. A person looks at
// it: mends what is wrong and calls [Pipeline.Retry], or [Pipeline.Discard].
type DeadLetter struct {
	// Seq names the letter, for Retry and Discard.
	Seq uint64
	// OrderID is the caller's id of the order, or the ID of the Rejection.
	OrderID string
	// Order is what was asked for. It is nil for a Rejection.
	Order *licensespring.Order
	// Failure says why.
	Failure Failure
	// Source and Payload are those of a Rejection. An entry of the queue that
	// cannot be read as an order has a Payload, too.
	Source  string
	Payload []byte
	// Enqueued is when the order came into the queue, and Died when it was
	// given up.
	Enqueued, Died time.Time
	// Deliveries is how often it was tried.
	Deliveries int
}

// Failure is why an order was given up: what a [*licensespring.Error] said, in
// a form that can be stored. It is an error itself, and errors.Is finds its kind
// in it:
//
//	errors.Is(&letter.Failure, licensespring.ErrOrderConflict)
type Failure struct {
	// Text is the error's text, on one line.
	Text string `json:"text"`
	// Kind, Outcome, StatusCode, Code, Message and RequestID are those of the
	// error, empty if it was another kind of error.
	Kind       licensespring.ErrorKind `json:"kind,omitzero"`
	Outcome    licensespring.Outcome   `json:"outcome,omitzero"`
	StatusCode int                     `json:"status_code,omitzero"`
	Code       string                  `json:"code,omitzero"`
	Message    string                  `json:"message,omitzero"`
	RequestID  string                  `json:"request_id,omitzero"`
	// Fields is what the service said of single fields.
	Fields []licensespring.FieldError `json:"fields,omitzero"`
	// Findings is what validation found.
	Findings []licensespring.Finding `json:"findings,omitzero"`
	// Differences lists how the order that is there differs from this one.
	Differences []licensespring.Difference `json:"differences,omitzero"`
	// Attempts is what the last delivery tried, in order.
	Attempts []licensespring.Attempt `json:"attempts,omitzero"`
}

// newFailure keeps of an error what can be kept. The errors of the SDK hold no
// secret; texts of others are not taken from inside it.
func newFailure(err error) Failure {
	f := Failure{Text: err.Error()}
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		f.Kind, f.Outcome = e.Kind, e.Outcome
		f.StatusCode, f.Code, f.Message, f.RequestID = e.StatusCode, e.Code, e.Message, e.RequestID
		f.Fields, f.Differences, f.Attempts = e.Fields, e.Differences, e.Attempts
	}
	if wrong, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		f.Findings = wrong.Findings
		if f.Kind == "" {
			f.Kind = licensespring.ErrInvalidRequest
		}
	}
	return f
}

// Error returns the text of the error that was.
func (f *Failure) Error() string { return f.Text }

// Is reports whether the failure is of the given [licensespring.ErrorKind], by
// the same rules as the error that was.
func (f *Failure) Is(target error) bool {
	e := licensespring.Error{Kind: f.Kind, Outcome: f.Outcome, StatusCode: f.StatusCode}
	return f.Kind != "" && e.Is(target)
}
