package licensespring

import (
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrorKind is what went wrong, in words a program can act on. The kinds are
// constants and comparable, so that errors.Is finds them in any error this
// package returns:
//
//	if errors.Is(err, licensespring.ErrOrderExists) { … }
type ErrorKind string

// The kinds of error.
const (
	// ErrInvalidRequest means that the request itself is wrong: found by the
	// SDK before anything was sent (then errors.As finds a [*ValidationError])
	// or said by the service, which made nothing.
	ErrInvalidRequest ErrorKind = "invalid request"
	// ErrInvalidConfig means that [New] was given a key or options it cannot
	// work with; errors.As finds a [*ValidationError] that lists all of them.
	ErrInvalidConfig ErrorKind = "invalid configuration"
	// ErrUnauthorized means that the service did not accept the management key
	// (it answers 403, or 401): nothing was made.
	ErrUnauthorized ErrorKind = "not authorized"
	// ErrNotFound means that the service has no such order, or that no order
	// carries the given id. After a create it means that there is nothing at
	// the address: see [WithBaseURL].
	ErrNotFound ErrorKind = "not found"
	// ErrOrderExists means that the id was taken before this call, so nothing
	// was made by it.
	ErrOrderExists ErrorKind = "order exists"
	// ErrOrderConflict means that the id is taken by an order that differs from
	// the one asked for; the Differences of the [*Error] list how.
	ErrOrderConflict ErrorKind = "order conflict"
	// ErrRateLimited means that the service, or a budget kept on this side,
	// allows no further request before the RetryAt of the [*Error].
	ErrRateLimited ErrorKind = "rate limited"
	// ErrRedirected means that the service, or something in front of it,
	// answered with a redirect, which is never followed.
	ErrRedirected ErrorKind = "redirected"
	// ErrUnavailable means that the service could not be reached, took too
	// long, or answered with a server error. What that means for an order is in
	// the Outcome of the [*Error].
	ErrUnavailable ErrorKind = "service unavailable"
	// ErrBadResponse means that a read was answered by something that cannot be
	// understood. A create that is answered so is ErrOutcomeUnknown instead.
	ErrBadResponse ErrorKind = "bad response"
	// ErrOutcomeUnknown means that the order may or may not have been made, and
	// that the SDK could not find out. Call [Client.EnsureOrder] with the same
	// order, later, to settle it. It matches every error whose Outcome is
	// [Unknown], whatever its Kind.
	ErrOutcomeUnknown ErrorKind = "outcome unknown"
	// ErrNotSent means that no attempt of the call can have reached the
	// service. It matches every error whose Outcome is [NotSent], whatever its
	// Kind.
	ErrNotSent ErrorKind = "not sent"
)

// Error makes a kind usable as an error, and as a target of errors.Is.
func (k ErrorKind) Error() string { return "licensespring: " + string(k) }

// Error is what every failed call returns. Kind says what went wrong, and
// Outcome what became of the order, which is the first thing to look at:
//
//	var e *licensespring.Error
//	if errors.As(err, &e) && e.Outcome == licensespring.Unknown { … }
//
// Its text is short, on one line, and holds no URL, no body, no key, no e-mail
// address and nothing else that the request held but the order's id.
type Error struct {
	// Op is what was called, as in "create order".
	Op string
	// OrderID is the caller's id of the order, where the call was about one.
	OrderID string
	// Kind is what went wrong. It is ErrOutcomeUnknown whenever Outcome is Unknown.
	Kind ErrorKind
	// Outcome is what became of the order: Refused, NotSent or Unknown. It is
	// empty for a call that makes nothing.
	Outcome Outcome
	// StatusCode is the HTTP status of the last answer, or 0 if none came.
	StatusCode int
	// Code is the service's code for the error, as in "order_id_exists", or
	// empty. The codes are the service's, and it may add to them.
	Code string
	// Message is what the service said, scrubbed of what the request held.
	Message string
	// Fields is what the service said of single fields.
	Fields []FieldError
	// Differences lists how the order that is there differs from the one asked
	// for, where that was found out.
	Differences []Difference
	// RequestID is the service's id for its last answer, for its support staff,
	// or empty if it gave none.
	RequestID string
	// RetryAt is when to come back, or the zero time if neither the service nor
	// a budget named one.
	RetryAt time.Time
	// LimitedBy says whose rate limit is in the way, and is empty if none is.
	LimitedBy LimitedBy
	// Attempts is what was tried, in order.
	Attempts []Attempt

	// detail says in words of ours how it came about.
	detail string
	// causes are what Unwrap returns: errors of the context, of the network, or
	// a *ValidationError. Their texts are not part of this error's.
	causes []error
}

// FieldError is what the service said of one field of the request.
type FieldError struct {
	// Path is the field's, as in items[0].licenses[2].max_activations: the same
	// as validation uses.
	Path string
	// Messages are the service's, scrubbed as [Error.Message] is.
	Messages []string
}

// Error returns what happened in one line of bounded length.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("licensespring: ")
	b.WriteString(e.Op)
	if e.OrderID != "" {
		b.WriteByte(' ')
		b.WriteString(strconv.Quote(bound(e.OrderID, 64)))
	}
	b.WriteString(": ")
	b.WriteString(string(e.Kind))
	if e.Outcome == NotSent && e.Kind != ErrNotSent {
		b.WriteString(" (not sent)")
	}
	for _, part := range []string{e.detail, e.Message, e.fieldText()} {
		if part != "" {
			b.WriteString(": ")
			b.WriteString(part)
		}
	}
	if status := e.statusText(); status != "" {
		b.WriteString(" (")
		b.WriteString(status)
		b.WriteByte(')')
	}
	return b.String()
}

func (e *Error) statusText() string {
	if e.StatusCode == 0 {
		return e.Code
	}
	return strings.TrimSpace("status " + strconv.Itoa(e.StatusCode) + " " + e.Code)
}

func (e *Error) fieldText() string {
	const shown = 3
	var b strings.Builder
	for i, f := range e.Fields {
		if i == shown {
			b.WriteString("; and ")
			b.WriteString(strconv.Itoa(len(e.Fields) - shown))
			b.WriteString(" more")
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(bound(f.Path, 80))
		b.WriteString(": ")
		b.WriteString(bound(strings.Join(f.Messages, ", "), 120))
	}
	return b.String()
}

// Is reports whether the error is of the given kind. An error whose outcome is
// not known matches [ErrOutcomeUnknown], perhaps [ErrUnavailable] or
// [ErrRateLimited] besides, and never a kind which says that nothing was made.
func (e *Error) Is(target error) bool {
	kind, ok := target.(ErrorKind) // errors.Is does the unwrapping
	if !ok {
		return false
	}
	switch kind {
	case ErrOutcomeUnknown:
		return e.Outcome == Unknown
	case ErrNotSent:
		return e.Outcome == NotSent || (e.Outcome == "" && e.Kind == kind)
	case ErrRateLimited:
		return e.Kind == kind || e.LimitedBy != ""
	case ErrUnavailable:
		return e.Kind == kind || (e.Outcome == Unknown && (e.StatusCode == 0 || e.StatusCode >= http.StatusInternalServerError))
	default:
		return e.Kind == kind
	}
}

// Unwrap returns what caused the error, so that errors.Is finds
// context.Canceled or context.DeadlineExceeded, and errors.As a
// [*ValidationError] or an error of package net.
func (e *Error) Unwrap() []error { return e.causes }

// LogValue returns the error as a group of attributes, with the same promise as
// [Error.Error].
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("op", e.Op),
		slog.String("kind", string(e.Kind)),
	}
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	text("order_id", e.OrderID)
	text("outcome", string(e.Outcome))
	if e.StatusCode != 0 {
		attrs = append(attrs, slog.Int("status", e.StatusCode))
	}
	text("code", e.Code)
	text("detail", e.detail)
	text("message", e.Message)
	text("fields", e.fieldText())
	text("request_id", e.RequestID)
	text("limited_by", string(e.LimitedBy))
	if !e.RetryAt.IsZero() {
		attrs = append(attrs, slog.Time("retry_at", e.RetryAt))
	}
	return slog.GroupValue(append(attrs, slog.Int("attempts", len(e.Attempts)))...)
}

// bound cuts s to at most n bytes, between characters.
func bound(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
