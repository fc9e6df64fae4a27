package fulfillment

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"github.com/licensespring-go/licensespring"
)

// Failure is the stored form of the error that made an order a dead letter. It is
// an error itself, and errors.Is matches its kind:
//
//	errors.Is(&letter.Failure, licensespring.ErrOrderConflict)
type Failure struct {
	// Text is the text of the error, on one line.
	Text string `json:"text"`
	// Kind, Outcome, StatusCode, Code, Message and RequestID are copied from a
	// [*licensespring.Error], and empty for other errors.
	Kind       licensespring.ErrorKind `json:"kind,omitzero"`
	Outcome    licensespring.Outcome   `json:"outcome,omitzero"`
	StatusCode int                     `json:"status_code,omitzero"`
	Code       string                  `json:"code,omitzero"`
	Message    string                  `json:"message,omitzero"`
	RequestID  string                  `json:"request_id,omitzero"`
	// Fields holds the service's errors for single fields.
	Fields []licensespring.FieldError `json:"fields,omitzero"`
	// Findings holds the findings of the validation.
	Findings []licensespring.Finding `json:"findings,omitzero"`
	// Differences lists how the existing order differs from this one.
	Differences []licensespring.Difference `json:"differences,omitzero"`
	// Attempts lists the attempts of the last call.
	Attempts []licensespring.Attempt `json:"attempts,omitzero"`
}

// newFailure converts an error. Errors of the SDK hold no secrets. Only the text
// of other errors is kept.
func newFailure(err error) Failure {
	f := Failure{Text: err.Error()}
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		f.Kind, f.Outcome = e.Kind, e.Outcome
		f.StatusCode, f.Code, f.Message, f.RequestID = e.StatusCode, e.Code, e.Message, e.RequestID
		f.Fields, f.Differences, f.Attempts = e.Fields, e.Differences, e.Attempts
	}
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		f.Findings = invalid.Findings
		if f.Kind == "" {
			f.Kind = licensespring.ErrInvalidRequest
		}
	}
	return f
}

// identity identifies a failure that does not depend on the state of the service or
// the network. It is empty for others.
func (f *Failure) identity() string {
	switch f.Kind {
	case licensespring.ErrInvalidRequest, licensespring.ErrOrderConflict, licensespring.ErrOrderExists:
	default:
		return ""
	}
	h := sha256.New()
	for _, part := range [...]string{string(f.Kind), strconv.Itoa(f.StatusCode), f.Code, f.Message} {
		_, _ = fmt.Fprintf(h, "%q", part)
	}
	for i := range f.Findings {
		_, _ = fmt.Fprintf(h, "%q", f.Findings[i].String())
	}
	return hex.EncodeToString(h.Sum(nil)[:contentKeyBytes])
}

// Error returns the text of the stored error.
func (f *Failure) Error() string { return f.Text }

// Is reports whether the stored error matched the [licensespring.ErrorKind].
func (f *Failure) Is(target error) bool {
	e := licensespring.Error{Kind: f.Kind, Outcome: f.Outcome, StatusCode: f.StatusCode}
	return f.Kind != "" && e.Is(target)
}
