package fulfillment

import (
	"errors"

	"github.com/licensespring-go/licensespring"
)

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
