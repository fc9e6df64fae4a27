package licensespring

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrorKind is the kind of an error. Kinds are comparable constants, so errors.Is
// finds them in every error that this package returns:
//
//	if errors.Is(err, licensespring.ErrOrderExists) { … }
type ErrorKind string

// The kinds of errors. Every error of a call has one of them as its Kind.
// [ErrNotSent] may match in addition; [ErrOutcomeUnknown] never matches together
// with another kind.
const (
	// ErrInvalidRequest means that the request is invalid. Either validation
	// rejected it before anything was sent, and errors.As finds a
	// [*ValidationError], or the service did, and created or changed nothing.
	ErrInvalidRequest ErrorKind = "invalid request"
	// ErrInvalidConfig means that the key or the options of [New] are invalid.
	// errors.As finds a [*ValidationError] with all findings.
	ErrInvalidConfig ErrorKind = "invalid configuration"
	// ErrUnauthorized means that the service rejected the management key (status
	// 403 or 401). Nothing was created or changed.
	ErrUnauthorized ErrorKind = "not authorized"
	// ErrNotFound means that there is no order, license, customer or product with
	// the given id. After a create it means that the address does not exist: see
	// [WithBaseURL].
	ErrNotFound ErrorKind = "not found"
	// ErrOrderExists means that the id was taken before this call, which created
	// nothing.
	ErrOrderExists ErrorKind = "order exists"
	// ErrOrderConflict means that the id belongs to a different order. The
	// Differences of the [*Error] list how it differs. Review them manually.
	ErrOrderConflict ErrorKind = "order conflict"
	// ErrLicenseConflict means that [Client.EnsureLicense] has changed nothing,
	// because the wanted state would end a license earlier or enable a license that
	// is disabled. The Differences of the [*Error] list what needs AllowShorten or
	// AllowEnable; see [LicenseState].
	ErrLicenseConflict ErrorKind = "license conflict"
	// ErrRateLimited means that the service, or the [RateLimiter] of the client,
	// allows no request before the RetryAt of the [*Error].
	ErrRateLimited ErrorKind = "rate limited"
	// ErrRedirected means that the response was a redirect. Redirects are never
	// followed.
	ErrRedirected ErrorKind = "redirected"
	// ErrUnavailable means that the service could not be reached, timed out, or
	// responded with a server error.
	ErrUnavailable ErrorKind = "service unavailable"
	// ErrBadResponse means that the response to a read is not what was requested.
	// After a write that is ErrOutcomeUnknown instead.
	ErrBadResponse ErrorKind = "bad response"
	// ErrOutcomeUnknown means that the order may or may not have been created, or
	// the license changed. [Client.EnsureOrder] with the same order, or
	// [Client.EnsureLicense] with the same state, settles it, now or later. It
	// matches every error whose Outcome is [OutcomeUnknown], and such an error
	// matches no other kind.
	ErrOutcomeUnknown ErrorKind = "outcome unknown"
	// ErrNotSent means that no request of the call, a lookup included, reached the
	// service. It means the same for every method and matches in addition to the
	// Kind, so a read whose connection was refused is ErrUnavailable and
	// ErrNotSent. It is the Kind if the context was done before the first attempt.
	ErrNotSent ErrorKind = "not sent"
)

// Error makes an ErrorKind usable as an error and as a target of errors.Is.
func (k ErrorKind) Error() string { return "licensespring: " + string(k) }

// Error is the error of a failed call. Kind is what happened, and Outcome its
// effect; see [OutcomeOf].
//
// Its text is short, on one line, and holds no URL, body, key or e-mail address,
// and no other data of the request than the id of the order or the license.
type Error struct {
	// Op is the call that failed.
	Op Op
	// OrderID is the caller's id of the order, and empty if the call has none.
	OrderID string
	// LicenseID is the ID the service assigned to the license, and 0 if the call has
	// none.
	LicenseID int64
	// Kind is the kind of the error. It is ErrOutcomeUnknown if and only if
	// Outcome is OutcomeUnknown.
	Kind ErrorKind
	// Outcome is OutcomeRejected, OutcomeNotSent or OutcomeUnknown after a write,
	// and empty after a read.
	Outcome Outcome
	// StatusCode is the HTTP status of the last response, or 0 if there was none.
	StatusCode int
	// Code is the error code of the service, such as "order_id_exists", or empty.
	// The service may add codes.
	Code string
	// Message is the message of the service, without data of the request.
	Message string
	// Fields are the messages of the service about single fields.
	Fields []FieldError
	// Differences lists how the existing order differs from the one that was sent,
	// or the license from what was wanted, if they were compared. Tolerated
	// differences are left out.
	Differences []Difference
	// RequestID identifies the last response for the service's support. It is
	// empty if the response had none.
	RequestID string
	// RetryAt is the time at which the call can be repeated, if the service or the
	// rate limiter named one.
	RetryAt time.Time
	// RateLimitSource tells whose rate limit applies, and is empty if none does.
	RateLimitSource RateLimitSource
	// Attempts are the requests of the call in order.
	Attempts []Attempt

	// detail is the reason in this package's words.
	detail string
	// notSent reports that no attempt of the call reached the service.
	notSent bool
	// newUsers is behind a pointer, so that printing an Error does not print them.
	newUsers *[]UserRecord
	// causes are the results of Unwrap: errors of the context and the network, or
	// a *ValidationError. Error does not print their texts.
	causes []error
}

// FieldError is what the service reported about one field of the request.
type FieldError struct {
	// Path is the path of the field, such as items[0].licenses[2].max_activations,
	// in the form that validation uses.
	Path string
	// Messages are the messages of the service, without data of the request.
	Messages []string
}

// Error returns the operation, the kind and the reason in one line of bounded
// length.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("licensespring: ")
	b.WriteString(string(e.Op))
	if e.OrderID != "" {
		b.WriteByte(' ')
		b.WriteString(strconv.Quote(bound(e.OrderID, 64)))
	}
	if e.LicenseID > 0 {
		b.WriteByte(' ')
		b.WriteString(strconv.FormatInt(e.LicenseID, 10))
	}
	b.WriteString(": ")
	b.WriteString(string(e.Kind))
	if e.Kind != ErrNotSent && e.Is(ErrNotSent) {
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
// unknown is [ErrOutcomeUnknown] and of no other kind, so the order of the cases
// of a switch does not matter.
func (e *Error) Is(target error) bool {
	kind, ok := target.(ErrorKind) // errors.Is does the unwrapping
	switch {
	case !ok:
		return false
	case e.Outcome == OutcomeUnknown:
		return kind == ErrOutcomeUnknown
	case kind == ErrNotSent:
		return e.notSent || e.Outcome == OutcomeNotSent || e.Kind == ErrNotSent
	case kind == ErrRateLimited:
		return e.Kind == kind || e.RateLimitSource != ""
	case kind == ErrOutcomeUnknown:
		return false
	default:
		return e.Kind == kind
	}
}

// NewUsers returns the users that [Client.EnsureLicense] or [Client.AssignUser] had
// assigned before it failed, with their initial passwords, which the service shows only
// once. They are not part of the texts of the error.
func (e *Error) NewUsers() []UserRecord {
	if e.newUsers == nil {
		return nil
	}
	return slices.Clone(*e.newUsers)
}

// Unwrap returns the causes: errors.Is finds context.Canceled or
// context.DeadlineExceeded if the context ended the call, and errors.As finds a
// [*ValidationError] or an error of package net.
func (e *Error) Unwrap() []error { return e.causes }

// LogValue returns the error as a group of attributes. Like [Error.Error], it
// holds no data of the request but the id of the order or the license.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("op", string(e.Op)),
		slog.String("kind", string(e.Kind)),
	}
	text := func(key, value string) {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	text("order_id", e.OrderID)
	if e.LicenseID > 0 {
		attrs = append(attrs, slog.Int64("license_id", e.LicenseID))
	}
	text("outcome", string(e.Outcome))
	if e.StatusCode != 0 {
		attrs = append(attrs, slog.Int("status", e.StatusCode))
	}
	text("code", e.Code)
	text("detail", e.detail)
	text("message", e.Message)
	text("fields", e.fieldText())
	text("request_id", e.RequestID)
	text("rate_limit_source", string(e.RateLimitSource))
	if !e.RetryAt.IsZero() {
		attrs = append(attrs, slog.Time("retry_at", e.RetryAt))
	}
	return slog.GroupValue(append(attrs, slog.Int("attempts", len(e.Attempts)))...)
}

// bound truncates s to at most n bytes, between characters.
func bound(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// ValidationError lists all errors that validation found in a request, or in the
// key and options of [New]. It matches [ErrInvalidRequest], or
// [ErrInvalidConfig] if it comes from New.
type ValidationError struct {
	// Findings are the findings of severity [SeverityError], at least one, in the
	// order of the document.
	Findings []Finding

	kind ErrorKind // empty means ErrInvalidRequest
}

// The numbers of findings in the text of an error and in a log entry. The rest
// is counted.
const (
	maxShownInText = 3
	maxShownInLog  = 20
)

// Error returns the first findings and the number of the others.
func (e *ValidationError) Error() string { return "licensespring: " + summary(e.Findings) }

// summary puts the first findings and the number of the others on one line.
func summary(findings []Finding) string {
	var b strings.Builder
	for i, f := range findings {
		if i == maxShownInText {
			fmt.Fprintf(&b, "; and %d more", len(findings)-i)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(f.String())
	}
	return b.String()
}

// Is reports whether target is [ErrInvalidRequest], or [ErrInvalidConfig] for an
// error of [New].
func (e *ValidationError) Is(target error) bool { return target == cmp.Or(e.kind, ErrInvalidRequest) }

// LogValue returns the number of findings, and the path and rule of each.
func (e *ValidationError) LogValue() slog.Value {
	shown := make([]string, min(len(e.Findings), maxShownInLog))
	for i := range shown {
		f := e.Findings[i]
		shown[i] = strings.TrimPrefix(f.Path+" "+string(f.Rule), " ")
	}
	return slog.GroupValue(slog.Int("count", len(e.Findings)), slog.Any("findings", shown))
}
