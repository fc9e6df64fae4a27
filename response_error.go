package licensespring

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring/internal/apierror"
	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/ratelimit"
	"github.com/licensespring-go/licensespring/internal/redact"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// detailContext is the detail of an error of a call whose context is done.
const detailContext = "context done"

// invalidRequest returns the error of a request that is invalid. Err is the
// *ValidationError that lists its findings.
func invalidRequest(err error) *Error {
	e := &Error{Kind: ErrInvalidRequest, causes: []error{err}}
	if invalid, ok := errors.AsType[*ValidationError](err); ok {
		e.detail = summary(invalid.Findings)
	}
	return e
}

// validationError returns a *ValidationError with one finding.
func validationError(path string, rule Rule, message string) error {
	return &ValidationError{Findings: []Finding{{Path: path, Rule: rule, Severity: SeverityError, Message: message}}}
}

// asError returns the *Error in err, to be completed by fail.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.addCauses(err) // of a joined error
		return e
	}
	return &Error{Kind: ErrUnavailable, causes: []error{err}}
}

// responseError returns the error that a response stands for.
func (op *operation) responseError(resp *exchange.Response) *Error {
	e := &Error{
		StatusCode: resp.Status,
		RetryAt:    resp.RetryAt,
		RequestID:  op.requestID(resp.Header),
	}
	if n := len(resp.Attempts); n > 0 {
		e.detail = resp.Attempts[n-1].Reason
	}
	if errors.Is(resp.Err, exchange.ErrTooLarge) {
		e.detail += "; see WithMaxResponseBytes"
	}
	// A final response is the cause, even if the context is done by now.
	if err := op.ctx.Err(); err != nil && resp.Ending != exchange.Rejected && resp.Ending != exchange.OK {
		e.detail = detailContext
		e.causes = append(e.causes, err)
	}
	if resp.Err != nil {
		e.causes = append(e.causes, resp.Err)
	}
	setRateLimit(e, resp)
	code := ""
	if resp.Status >= http.StatusMultipleChoices {
		code = op.parseErrorBody(e, resp.Body)
	}
	switch e.Kind = kindOf(resp, code); {
	case e.Kind == ErrRedirected:
		e.detail = "redirects are not followed; check the base URL"
	case e.Kind == ErrOrderExists && !op.name.concernsOrders():
		e.Kind = ErrInvalidRequest // a 409 about something else
	}
	return e
}

// setRateLimit sets which rate limit rejected the request, if one did.
func setRateLimit(e *Error, resp *exchange.Response) {
	if resp.Status == http.StatusTooManyRequests {
		e.RateLimitSource = RateLimitSourceService
	}
	var limited *ratelimit.Error
	if !errors.As(resp.Err, &limited) {
		return
	}
	e.RetryAt, e.RateLimitSource, e.detail = limited.RetryAt, RateLimitSourceClient, "the rate limiter allows no request before the deadline"
	if limited.FromService {
		e.RateLimitSource, e.detail = RateLimitSourceService, "the pause that the service requested exceeds the deadline"
	}
}

// parseErrorBody sets what an error body reports, without the data of the
// request. It returns the code as the service sent it: scrubbing must not turn
// order_id_exists into another code.
func (op *operation) parseErrorBody(e *Error, body []byte) string {
	parsed := apierror.Parse(body)
	scrub := op.scrubber()
	e.Code, e.Message = parsed.Code, scrub.Text(parsed.Message)
	if !isKnownCode(parsed.Code) {
		e.Code = scrub.Text(parsed.Code)
	}
	if e.Message != "" || len(parsed.Fields) > 0 {
		e.detail = ""
	}
	for _, f := range parsed.Fields {
		field := FieldError{Path: scrubPath(scrub, f.Path)}
		for _, m := range f.Messages {
			field.Messages = append(field.Messages, scrub.Text(m))
		}
		e.Fields = append(e.Fields, field)
	}
	return parsed.Code
}

// kindOf returns the kind of error of a response. A known code decides, whatever
// the status.
func kindOf(resp *exchange.Response, code string) ErrorKind {
	switch code {
	case codeOrderExists:
		return ErrOrderExists
	case codeInvalidKey:
		return ErrUnauthorized
	}
	switch status := resp.Status; {
	case status == 0 && isRateLimited(resp.Err):
		return ErrRateLimited
	case status == 0 && isContext(resp.Err) && resp.Ending == exchange.NotSent:
		return ErrNotSent
	case status == 0:
		return ErrUnavailable
	case resp.Ending == exchange.BadBody, resp.Ending == exchange.OK:
		return ErrBadResponse
	case status < http.StatusOK: // not a final response
		return ErrUnavailable
	case status < http.StatusBadRequest:
		return ErrRedirected
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrUnauthorized
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusConflict && !isUnrelatedToKeys(code):
		return ErrOrderExists
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case isFromProxy(status), status >= http.StatusInternalServerError:
		return ErrUnavailable
	default:
		return ErrInvalidRequest
	}
}

// isFromProxy reports whether a 4xx is about the connection and not about the
// request.
func isFromProxy(status int) bool {
	switch status {
	case http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly,
		exchange.StatusClientClosedRequest, exchange.StatusLoadBalancerTimeout:
		return true
	default:
		return false
	}
}

func isRateLimited(err error) bool {
	var limited *ratelimit.Error
	return errors.As(err, &limited)
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// The codes of the service that this package acts on.
const (
	codeOrderExists = "order_id_exists"
	codeInvalidKey  = "invalid_api_key"
)

// isKnownCode reports whether the service documents a code. Another code may
// hold data of the request and is scrubbed.
func isKnownCode(code string) bool {
	return code == codeOrderExists || code == codeInvalidKey || code == "validation_error" || isUnrelatedToKeys(code)
}

// isUnrelatedToKeys reports whether a code rules out that a license key or an id
// is taken.
func isUnrelatedToKeys(code string) bool {
	switch code {
	case "unknown_product", "disabled_product", "archived_product", "unsupported_product_feature",
		"customer_account_not_found", "customer_account_id_mismatch", "invalid_product_auth_method",
		"license_key_required", "invalid_json", "missing_parameters":
		return true
	default:
		return false
	}
}

// requestID returns the X-Request-Id of a response. An id that repeats data of
// the request, as that of a proxy may, is dropped.
func (op *operation) requestID(h http.Header) string {
	id := h.Get("X-Request-Id")
	if id == "" || len(id) > 128 || !headerSafe(id) || op.scrubber().Text(id) != id {
		return ""
	}
	return id
}

// scrubber removes the data of the request from texts of the service.
func (op *operation) scrubber() *redact.Scrubber {
	return redact.New(op.body, op.client.secrets()...)
}

// scrubPath scrubs a path name by name. It keeps names of the wire, so that a
// customer named Grace does not hide allow_grace_period. It scrubs adjacent
// other names as one text, since an e-mail address used as a name has dots.
func scrubPath(scrub *redact.Scrubber, path string) string {
	if strings.Contains(path, "@") {
		return scrub.Text(path)
	}
	names := strings.Split(path, ".")
	kept := make([]string, 0, len(names))
	for from := 0; from < len(names); {
		to := from
		for to < len(names) && !isWireName(names[to]) {
			to++
		}
		if to > from {
			kept = append(kept, scrub.Text(strings.Join(names[from:to], ".")))
			from = to
			continue
		}
		bare, index := cutIndex(names[from])
		kept = append(kept, wire.ClassicSpelling(bare)+index) // the spelling of validation paths
		from++
	}
	return strings.Join(kept, ".")
}

// isWireName reports whether a part of a path is a member of an order, with or
// without an index.
func isWireName(name string) bool {
	bare, index := cutIndex(name)
	return isFieldName(bare) && strings.Trim(index, "[]0123456789") == ""
}

func cutIndex(name string) (bare, index string) {
	if bracket := strings.IndexByte(name, '['); bracket >= 0 {
		return name[:bracket], name[bracket:]
	}
	return name, ""
}

// isFieldName reports whether any object of an order has a member of that name.
func isFieldName(name string) bool {
	return slices.ContainsFunc([]object{
		&Order{}, &Customer{}, &OrderItem{}, &License{}, &LicenseUser{}, &ProductFeature{}, &CustomField{},
	}, func(o object) bool { return hasField(o, name) })
}
