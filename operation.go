package licensespring

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// operation is one call of the caller: the state that its requests share.
type operation struct {
	client    *Client
	name      Op
	orderID   string
	licenseID int64
	start     time.Time
	ctx       context.Context //nolint:containedctx // an operation does not outlive its context
	cancel    context.CancelFunc

	body     []byte // of the writes, as JSON, to scrub it from messages
	maxBody  int64  // maximum size of a response; 0: that of the client
	warnings []Finding
	attempts []Attempt
	sending  bool         // a request is under way; still true if the transport panicked
	newUsers []UserRecord // users that the call has assigned, with their passwords

	// How the operation ended, for the logger and the observers.
	ended        bool
	outcome      Outcome
	warningCount int
	err          *Error
}

func (c *Client) begin(ctx context.Context, name Op, orderID string) *operation {
	return c.beginCall(ctx, CallStarted{Op: name, OrderID: orderID})
}

func (c *Client) beginCall(ctx context.Context, call CallStarted) *operation {
	op := &operation{
		client: c, name: call.Op, orderID: call.OrderID, licenseID: call.LicenseID, start: time.Now(), cancel: func() {},
	}
	// Observers first: the timeout applies to whatever context they return.
	op.ctx = startCall(ctx, c.cfg.observers, call)
	if c.cfg.callTimeout > 0 {
		op.ctx, op.cancel = context.WithTimeout(op.ctx, c.cfg.callTimeout)
	}
	return op
}

// finish reports the end of the operation to the logger and the observers. It is
// deferred, so that a panic of the caller's transport is reported as well.
func (op *operation) finish() {
	defer op.cancel()
	if !op.ended {
		e := &Error{Kind: ErrUnavailable, detail: "the call did not return"}
		if op.name.writes() {
			e.Outcome = OutcomeUnknown
		}
		_ = op.fail(e)
	}
	protect(op.logEnd)
	op.observeEnd()
}

// addPrivate adds JSON whose values messages of the service must not show.
func (op *operation) addPrivate(values []byte) {
	if op.body != nil {
		values = slices.Concat([]byte{'['}, op.body, []byte{','}, values, []byte{']'})
	}
	op.body = values
}

// send sends one request, retries included, and records its attempts.
func (op *operation) send(name Op, req exchange.Request) *exchange.Response {
	before := 0 // attempts of earlier requests with the same name
	for i := range op.attempts {
		if op.attempts[i].Op == name {
			before++
		}
	}
	req.Watcher = op.watch(name, before, req)
	req.MaxBody = op.maxBody
	op.sending = true
	resp := op.client.exchanger.Do(op.ctx, req)
	op.sending = false
	if op.attempts == nil {
		op.attempts = make([]Attempt, 0, len(resp.Attempts))
	}
	for _, a := range resp.Attempts {
		a.Number += before
		op.attempts = append(op.attempts, newAttempt(name, a))
	}
	return resp
}

// reachedService reports whether any attempt of the operation, a lookup
// included, may have reached the service.
func (op *operation) reachedService() bool {
	return op.sending || slices.ContainsFunc(op.attempts, func(a Attempt) bool { return a.Phase != PhaseNotSent })
}

// fail ends the operation with an error. The caller sets the outcome only if it
// is unknown: whether the operation was rejected or not sent follows from its
// attempts.
func (op *operation) fail(e *Error) error {
	e.Op, e.OrderID, e.LicenseID, e.Attempts = op.name, op.orderID, op.licenseID, op.attempts
	if len(op.newUsers) > 0 {
		e.newUsers = &op.newUsers
	}
	switch {
	case e.Outcome == OutcomeUnknown:
		e.Kind = ErrOutcomeUnknown
		// An invalid later request of the call must not match ErrInvalidRequest.
		e.causes = slices.DeleteFunc(e.causes, func(err error) bool {
			_, invalid := errors.AsType[*ValidationError](err)
			return invalid
		})
	case op.reachedService():
		if op.name.writes() {
			e.Outcome = OutcomeRejected
		}
		if e.Kind == ErrNotSent { // true of the last attempt only
			op.describeEarlier(e)
		}
	default:
		e.notSent = true
		if op.name.writes() {
			e.Outcome = OutcomeNotSent
		}
	}
	op.ended, op.err = true, e
	return e
}

// describeEarlier sets the kind of an error whose last attempt was not sent to
// that of the last response.
func (op *operation) describeEarlier(e *Error) {
	e.Kind = ErrUnavailable
	for _, a := range slices.Backward(op.attempts) {
		if a.Phase != PhaseResponded {
			continue
		}
		if a.Status == http.StatusTooManyRequests {
			e.Kind, e.RateLimitSource = ErrRateLimited, RateLimitSourceService
			e.RetryAt = a.Start.Add(a.Took + a.Wait)
		}
		return
	}
}

// invalid ends the operation with the error of an invalid request: err is the
// [*ValidationError] that lists what is invalid.
func (op *operation) invalid(err error) error { return op.fail(invalidRequest(err)) }

// succeed ends the operation without an error. The outcome of a read is empty.
func (op *operation) succeed(outcome Outcome, warnings int) {
	op.ended, op.outcome, op.warningCount = true, outcome, warnings
}

// The messages of the log. The package documentation lists their attributes.
const (
	eventAttempt = "licensespring attempt"
	eventDone    = "licensespring call done"
	eventFailed  = "licensespring call failed"
)

// logEnd logs the end of the operation: at level error if the outcome is
// unknown, since that needs attention, and at level warn after other errors.
func (op *operation) logEnd() {
	logger := op.client.cfg.logger
	switch {
	case op.err == nil:
		if logger.Enabled(op.ctx, slog.LevelDebug) {
			logger.LogAttrs(op.ctx, slog.LevelDebug, eventDone, op.doneAttrs()...)
		}
	case op.err.Outcome == OutcomeUnknown:
		logger.LogAttrs(op.ctx, slog.LevelError, eventFailed, slog.Any("error", op.err))
	default:
		logger.LogAttrs(op.ctx, slog.LevelWarn, eventFailed, slog.Any("error", op.err))
	}
}

func (op *operation) doneAttrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("op", string(op.name))}
	if op.orderID != "" {
		attrs = append(attrs, slog.String("order_id", op.orderID))
	}
	if op.licenseID > 0 {
		attrs = append(attrs, slog.Int64("license_id", op.licenseID))
	}
	if op.outcome != "" {
		attrs = append(attrs, slog.String("outcome", string(op.outcome)), slog.Int("warnings", op.warningCount))
	}
	return append(attrs, slog.Int("attempts", len(op.attempts)))
}

func (op *operation) observeEnd() {
	ended := CallEnded{
		CallStarted: CallStarted{Op: op.name, OrderID: op.orderID, LicenseID: op.licenseID},
		Took:        time.Since(op.start),
		Outcome:     op.outcome,
		Attempts:    op.attempts,
		Warnings:    op.warningCount,
	}
	if op.err != nil {
		ended.Outcome, ended.Err = op.err.Outcome, op.err
	}
	endCall(op.ctx, op.client.cfg.observers, ended)
}

// watcher reports the attempts of one request as they happen.
type watcher struct {
	op      *operation
	name    Op
	before  int // attempts of earlier requests with the same name
	started AttemptStarted
}

// watch returns nil if neither an observer nor the logger wants the attempts, so
// that they cost nothing.
func (op *operation) watch(name Op, before int, req exchange.Request) exchange.Watcher {
	if len(op.client.cfg.observers) == 0 && !op.logsAttempts() {
		return nil
	}
	address, _, _ := strings.Cut(req.URL, "?")
	return &watcher{
		op: op, name: name, before: before,
		started: AttemptStarted{Op: name, Method: req.Method, URL: address},
	}
}

func (op *operation) logsAttempts() (enabled bool) {
	protect(func() { enabled = op.client.cfg.logger.Enabled(op.ctx, slog.LevelDebug) })
	return enabled
}

// Start implements [exchange.Watcher].
func (w *watcher) Start(ctx context.Context, n int) context.Context {
	started := w.started
	started.Number = w.before + n
	return startAttempt(ctx, w.op.client.cfg.observers, started)
}

// End implements [exchange.Watcher].
func (w *watcher) End(ctx context.Context, a exchange.Attempt) {
	a.Number += w.before
	attempt := newAttempt(w.name, a)
	protect(func() {
		w.op.client.cfg.logger.LogAttrs(ctx, slog.LevelDebug, eventAttempt, slog.Any("attempt", attempt))
	})
	endAttempt(ctx, w.op.client.cfg.observers, attempt)
}
