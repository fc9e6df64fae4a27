package licensespring

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring/internal/apierror"
	"github.com/licensespring-go/licensespring/internal/budget"
	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/redact"
)

// The names of what a call does, in errors, attempts and logs.
const (
	opCreate   = "create order"
	opEnsure   = "ensure order"
	opLookup   = "look up order"
	opGet      = "get order"
	opFind     = "find order"
	opList     = "list orders"
	opGenerate = "generate license keys"
	opReserve  = "reserve license keys"
	opPreview  = "preview order"
)

// call is one call of a user's: it holds what all its requests share, the time
// they have together and the journal of their attempts.
type call struct {
	c        *Client
	ctx      context.Context
	cancel   context.CancelFunc
	op       string
	orderID  string
	body     []byte // what was sent, to scrub messages with
	warnings []Finding
	attempts []Attempt
	part     *part // of an append of which the rest is there; nil: the whole
}

func (c *Client) begin(ctx context.Context, op string, order *Order) *call {
	k := &call{c: c, op: op, ctx: ctx, cancel: func() {}}
	if c.cfg.callTimeout > 0 {
		k.ctx, k.cancel = context.WithTimeout(ctx, c.cfg.callTimeout)
	}
	if order != nil {
		k.orderID = order.ID
	}
	return k
}

func (k *call) end() { k.cancel() }

func (k *call) sending(body []byte, findings []Finding) {
	k.body, k.warnings = body, findings
}

// send sends one request, and notes and logs its attempts.
func (k *call) send(op string, req exchange.Request) *exchange.Reply {
	reply := k.c.x.Do(k.ctx, req)
	if k.attempts == nil {
		k.attempts = make([]Attempt, 0, len(reply.Attempts))
	}
	before := 0 // attempts of an earlier request for the same
	for i := range k.attempts {
		if k.attempts[i].Op == op {
			before++
		}
	}
	for _, a := range reply.Attempts {
		a.Number += before
		k.attempts = append(k.attempts, newAttempt(op, a))
	}
	if k.c.cfg.logger.Enabled(k.ctx, slog.LevelDebug) {
		for _, a := range k.attempts[len(k.attempts)-len(reply.Attempts):] {
			k.c.cfg.logger.LogAttrs(k.ctx, slog.LevelDebug, "licensespring attempt", slog.Any("attempt", a))
		}
	}
	return reply
}

// invalid completes the error of what was found before anything was sent.
func (k *call) invalid(outcome Outcome, err error) error {
	return k.fail(invalid(outcome, err))
}

// invalid is the error of a request that is wrong in itself: err is the
// *ValidationError that lists how.
func invalid(outcome Outcome, err error) *Error {
	e := &Error{Kind: ErrInvalidRequest, Outcome: outcome, causes: []error{err}}
	var wrong *ValidationError
	if errors.As(err, &wrong) {
		e.detail = summary(wrong.Findings)
	}
	return e
}

// fault is the *ValidationError of a single fault.
func fault(path, rule, message string) error {
	return &ValidationError{Findings: []Finding{{Path: path, Rule: rule, Severity: Fault, Message: message}}}
}

// fail completes an error with what the call knows, and logs it.
func (k *call) fail(e *Error) error {
	e.Op, e.OrderID, e.Attempts = k.op, k.orderID, k.attempts
	if e.Outcome == Unknown {
		e.Kind = ErrOutcomeUnknown
	}
	level := slog.LevelWarn
	if e.Outcome == Unknown {
		level = slog.LevelError
	}
	if k.ctx != nil {
		k.c.cfg.logger.LogAttrs(k.ctx, level, "licensespring call failed", slog.Any("error", e))
	}
	return e
}

// refusal is the error for a reply to a request that was not granted. Its
// outcome is that of a read; a create sets its own.
func (k *call) refusal(reply *exchange.Reply) *Error {
	e := &Error{
		StatusCode: reply.Status,
		RetryAt:    reply.RetryAt,
		RequestID:  requestID(reply.Header),
	}
	if n := len(reply.Attempts); n > 0 {
		e.detail = reply.Attempts[n-1].Reason
	}
	// A word of the service is final: that the context is over as well, by now,
	// is not why.
	if err := k.ctx.Err(); err != nil && reply.Ending != exchange.Refused && reply.Ending != exchange.Done {
		e.detail = "the context is over"
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
	scrub := redact.New(k.body, k.c.secrets()...)
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

// scrubPath scrubs a path name by name. Those of the wire stay as they are: a
// customer named Grace must not hide allow_grace_period.
func scrubPath(scrub *redact.Scrubber, path string) string {
	names := strings.Split(path, ".")
	for i, name := range names {
		bare, index := name, ""
		if bracket := strings.IndexByte(name, '['); bracket >= 0 {
			bare, index = name[:bracket], name[bracket:]
		}
		if !isFieldName(bare) || strings.Trim(index, "[]0123456789") != "" {
			names[i] = scrub.Text(name)
		}
	}
	return strings.Join(names, ".")
}

// isFieldName reports whether any object of an order has a member of the name.
func isFieldName(name string) bool {
	return slices.ContainsFunc([]object{
		&Order{}, &Customer{}, &OrderItem{}, &License{}, &LicenseUser{}, &ProductFeature{}, &CustomField{},
	}, func(o object) bool { return hasField(o, name) })
}

// done logs the end of a call that went well.
func (k *call) done(outcome Outcome, warnings int) {
	logger := k.c.cfg.logger
	if !logger.Enabled(k.ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.String("op", k.op)}
	if k.orderID != "" {
		attrs = append(attrs, slog.String("order_id", k.orderID))
	}
	if outcome != "" {
		attrs = append(attrs, slog.String("outcome", string(outcome)), slog.Int("warnings", warnings))
	}
	logger.LogAttrs(k.ctx, slog.LevelDebug, "licensespring call done", append(attrs, slog.Int("attempts", len(k.attempts)))...)
}

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
	case status < http.StatusBadRequest:
		return ErrRedirected
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrUnauthorized
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusConflict:
		return ErrOrderExists
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusProxyAuthRequired, status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		return ErrUnavailable
	default:
		return ErrInvalidRequest
	}
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

func isRefusal(err error) bool {
	var refused *budget.Refusal
	return errors.As(err, &refused)
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// requestID is the service's name for an answer, if it looks like one.
func requestID(h http.Header) string {
	id := h.Get("X-Request-Id")
	if len(id) > 128 || !headerSafe(id) {
		return ""
	}
	return id
}
