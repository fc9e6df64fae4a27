package licensespring

import (
	"context"
	"errors"
	"net/http"

	"github.com/licensespring-go/licensespring/internal/apierror"
	"github.com/licensespring-go/licensespring/internal/budget"
	"github.com/licensespring-go/licensespring/internal/exchange"
)

// invalid is the error of a request that is wrong in itself: err is the
// *ValidationError that lists how.
func invalid(outcome Outcome, err error) *Error {
	e := &Error{Kind: ErrInvalidRequest, Outcome: outcome, causes: []error{err}}
	if wrong, ok := errors.AsType[*ValidationError](err); ok {
		e.detail = summary(wrong.Findings)
	}
	return e
}

// fault is the *ValidationError of a single fault.
func fault(path, rule, message string) error {
	return &ValidationError{Findings: []Finding{{Path: path, Rule: rule, Severity: Fault, Message: message}}}
}

// refusal is the error for a reply to a request that was not granted. Its
// outcome is that of a read; a create sets its own.
func (k *call) refusal(reply *exchange.Reply) *Error {
	e := &Error{
		StatusCode: reply.Status,
		RetryAt:    reply.RetryAt,
		RequestID:  k.requestID(reply.Header),
	}
	if n := len(reply.Attempts); n > 0 {
		e.detail = reply.Attempts[n-1].Reason
	}
	// A word of the service is final: that the context is over as well, by now,
	// is not why.
	if err := k.ctx.Err(); err != nil && reply.Ending != exchange.Refused && reply.Ending != exchange.Done {
		e.detail = detailContext
		e.causes = append(e.causes, err)
	}
	if reply.Err != nil {
		e.causes = append(e.causes, reply.Err)
	}
	k.limit(e, reply)
	code := ""
	if reply.Status >= http.StatusMultipleChoices {
		code = k.explain(e, reply.Body)
	}
	e.Kind = kindOf(reply, code)
	return e
}

// limit says who is in the way, if a rate limit is.
func (k *call) limit(e *Error, reply *exchange.Reply) {
	if reply.Status == http.StatusTooManyRequests {
		e.LimitedBy = LimitedByService
	}
	var refused *budget.Refusal
	if !errors.As(reply.Err, &refused) {
		return
	}
	e.RetryAt, e.LimitedBy, e.detail = refused.At, LimitedByBudget, "the budget allows no request before the deadline"
	if refused.Remote {
		e.LimitedBy, e.detail = LimitedByService, "the service asked for a pause that does not fit the deadline"
	}
}

// explain takes over what an error body says, scrubbed of what the request held.
// It returns the code as it was: a customer named Exists must not make
// order_id_exists another code.
func (k *call) explain(e *Error, body []byte) string {
	said := apierror.Parse(body)
	scrub := k.scrubber()
	e.Code, e.Message = said.Code, scrub.Text(said.Message)
	if !isKnownCode(said.Code) {
		e.Code = scrub.Text(said.Code)
	}
	if e.Message != "" || len(said.Fields) > 0 {
		e.detail = ""
	}
	for _, f := range said.Fields {
		field := FieldError{Path: scrubPath(scrub, k.part.path(f.Path))}
		for _, m := range f.Messages {
			field.Messages = append(field.Messages, scrub.Text(m))
		}
		e.Fields = append(e.Fields, field)
	}
	return said.Code
}

// detailContext says that the call's time was up or that the caller ended it.
const detailContext = "the context is over"

// kindOf names what went wrong. The code decides where it is known, whatever
// the status: the service uses both as it likes.
func kindOf(reply *exchange.Reply, code string) ErrorKind {
	switch code {
	case codeOrderExists:
		return ErrOrderExists
	case codeInvalidKey:
		return ErrUnauthorized
	}
	switch status := reply.Status; {
	case status == 0 && isRefusal(reply.Err):
		return ErrRateLimited
	case status == 0 && isContext(reply.Err) && reply.Ending == exchange.NotSent:
		return ErrNotSent
	case status == 0:
		return ErrUnavailable
	case reply.Ending == exchange.Unreadable, reply.Ending == exchange.Done:
		return ErrBadResponse
	case status < http.StatusOK: // no answer as HTTP knows it
		return ErrUnavailable
	case status < http.StatusBadRequest:
		return ErrRedirected
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrUnauthorized
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusConflict && !isAboutOther(code):
		return ErrOrderExists
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusProxyAuthRequired, status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		return ErrUnavailable
	default:
		return ErrInvalidRequest
	}
}

func isRefusal(err error) bool {
	var refused *budget.Refusal
	return errors.As(err, &refused)
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// The service's codes that this package acts upon.
const (
	codeOrderExists = "order_id_exists"
	codeInvalidKey  = "invalid_api_key"
)

// isKnownCode reports whether the service documents a code. Any other text may
// stand in its place, so that it is scrubbed.
func isKnownCode(code string) bool {
	return code == codeOrderExists || code == codeInvalidKey || code == "validation_error" || isAboutOther(code)
}

// isAboutOther reports the codes of a refusal that is certainly not about a
// license key which is taken.
func isAboutOther(code string) bool {
	switch code {
	case "unknown_product", "disabled_product", "archived_product", "unsupported_product_feature",
		"customer_account_not_found", "customer_account_id_mismatch", "invalid_product_auth_method",
		"license_key_required", "invalid_json", "missing_parameters":
		return true
	default:
		return false
	}
}
