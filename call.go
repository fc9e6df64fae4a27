package licensespring

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/apierror"
	"github.com/licensespring-go/licensespring/internal/budget"
	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/redact"
	"github.com/licensespring-go/licensespring/internal/wire"
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
	start    time.Time
	ctx      context.Context //nolint:containedctx // a call is its context and what is done within it
	cancel   context.CancelFunc
	op       string
	orderID  string
	body     []byte // what was sent, to scrub messages with
	warnings []Finding
	attempts []Attempt
	// lookups is how often a lookup is sent at the most, 0 for as often as
	// everything else. Those that are repeated anyway are sent less often, so
	// that a service that is down is not asked six times four times.
	lookups int
	part    *part // of an append of which the rest is there; nil: the whole

	// How it ended.
	ended   bool
	outcome Outcome
	warned  int
	err     *Error
}

func (c *Client) begin(ctx context.Context, op string, order *Order) *call {
	k := &call{c: c, op: op, start: time.Now(), cancel: func() {}}
	if order != nil {
		k.orderID = order.ID
	}
	// The observers come first: whatever context they return, the call's own
	// time limit holds.
	k.ctx = startCall(ctx, c.cfg.observers, CallStarted{Op: op, OrderID: k.orderID})
	if c.cfg.callTimeout > 0 {
		k.ctx, k.cancel = context.WithTimeout(k.ctx, c.cfg.callTimeout)
	}
	return k
}

// end tells those who listen how the call ended. It is deferred: when the caller's
// transport panics nothing was decided, and the end must not look like a good one.
func (k *call) end() {
	defer k.cancel()
	if !k.ended {
		e := &Error{Kind: ErrUnavailable, detail: "the call did not return"}
		if k.op == opCreate || k.op == opEnsure {
			e.Outcome = Unknown
		}
		_ = k.fail(e)
	}
	k.logEnd()
	k.observeEnd()
}

func (k *call) sending(body []byte, findings []Finding) {
	k.body, k.warnings = body, findings
}

// send sends one request, and notes its attempts.
func (k *call) send(op string, req exchange.Request) *exchange.Reply {
	before := 0 // attempts of an earlier request for the same
	for i := range k.attempts {
		if k.attempts[i].Op == op {
			before++
		}
	}
	req.Watcher = k.watch(op, before, req)
	reply := k.c.x.Do(k.ctx, req)
	if k.attempts == nil {
		k.attempts = make([]Attempt, 0, len(reply.Attempts))
	}
	for _, a := range reply.Attempts {
		a.Number += before
		k.attempts = append(k.attempts, newAttempt(op, a))
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
	if wrong, ok := errors.AsType[*ValidationError](err); ok {
		e.detail = summary(wrong.Findings)
	}
	return e
}

// fault is the *ValidationError of a single fault.
func fault(path, rule, message string) error {
	return &ValidationError{Findings: []Finding{{Path: path, Rule: rule, Severity: Fault, Message: message}}}
}

// fail ends the call with an error, completed with what the call knows.
func (k *call) fail(e *Error) error {
	e.Op, e.OrderID, e.Attempts = k.op, k.orderID, k.attempts
	if e.Outcome == Unknown {
		e.Kind = ErrOutcomeUnknown
	}
	k.ended, k.err = true, e
	return e
}

// done ends the call well.
func (k *call) done(outcome Outcome, warnings int) {
	k.ended, k.outcome, k.warned = true, outcome, warnings
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

// scrubPath scrubs a path name by name. Those of the wire stay as they are: a
// customer named Grace must not hide allow_grace_period. Others are scrubbed
// together, for an address that stands as a name has dots of its own.
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
		kept = append(kept, wire.PageSpelling(bare)+index) // as validation has it, whatever the dialect
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

// isFieldName reports whether any object of an order has a member of the name.
func isFieldName(name string) bool {
	return slices.ContainsFunc([]object{
		&Order{}, &Customer{}, &OrderItem{}, &License{}, &LicenseUser{}, &ProductFeature{}, &CustomField{},
	}, func(o object) bool { return hasField(o, name) })
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

// requestID is the service's name for an answer, if it looks like one. A proxy
// may make it of what it was sent, so one that repeats any of that is none.
func (k *call) requestID(h http.Header) string {
	id := h.Get("X-Request-Id")
	if id == "" || len(id) > 128 || !headerSafe(id) || k.scrubber().Text(id) != id {
		return ""
	}
	return id
}

// scrubber takes what the call has sent out of texts.
func (k *call) scrubber() *redact.Scrubber { return redact.New(k.body, k.c.secrets()...) }
