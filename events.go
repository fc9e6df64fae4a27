package licensespring

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// The messages of the log. What comes with each is listed in the package
// documentation, and nothing else does.
const (
	eventAttempt = "licensespring attempt"
	eventDone    = "licensespring call done"
	eventFailed  = "licensespring call failed"
)

// watcher tells of the attempts of one request, as they happen.
type watcher struct {
	k       *call
	op      string
	before  int // attempts of an earlier request for the same
	started AttemptStarted
}

// watch returns nil where nobody wants to know, so that nothing is made for it.
func (k *call) watch(op string, before int, req exchange.Request) exchange.Watcher {
	if len(k.c.cfg.observers) == 0 && !k.c.cfg.logger.Enabled(k.ctx, slog.LevelDebug) {
		return nil
	}
	address, _, _ := strings.Cut(req.URL, "?")
	return &watcher{
		k: k, op: op, before: before,
		started: AttemptStarted{Op: op, Method: req.Method, URL: address},
	}
}

// Start is called before the n-th attempt of the request.
func (w *watcher) Start(ctx context.Context, n int) context.Context {
	started := w.started
	started.Number = w.before + n
	return startAttempt(ctx, w.k.c.cfg.observers, started)
}

// End is called when an attempt is over and it is decided whether another one
// is to follow.
func (w *watcher) End(ctx context.Context, a exchange.Attempt) {
	a.Number += w.before
	attempt := newAttempt(w.op, a)
	w.k.c.cfg.logger.LogAttrs(ctx, slog.LevelDebug, eventAttempt, slog.Any("attempt", attempt))
	endAttempt(ctx, w.k.c.cfg.observers, attempt)
}

// logEnd logs the end of a call. An unknown outcome is an error, whoever looks
// at the log; what was refused is the caller's to judge.
func (k *call) logEnd() {
	logger := k.c.cfg.logger
	switch {
	case k.err == nil:
		if logger.Enabled(k.ctx, slog.LevelDebug) {
			logger.LogAttrs(k.ctx, slog.LevelDebug, eventDone, k.doneAttrs()...)
		}
	case k.err.Outcome == Unknown:
		logger.LogAttrs(k.ctx, slog.LevelError, eventFailed, slog.Any("error", k.err))
	default:
		logger.LogAttrs(k.ctx, slog.LevelWarn, eventFailed, slog.Any("error", k.err))
	}
}

func (k *call) doneAttrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("op", k.op)}
	if k.orderID != "" {
		attrs = append(attrs, slog.String("order_id", k.orderID))
	}
	if k.outcome != "" {
		attrs = append(attrs, slog.String("outcome", string(k.outcome)), slog.Int("warnings", k.warned))
	}
	return append(attrs, slog.Int("attempts", len(k.attempts)))
}

// observeEnd tells the observers how the call ended.
func (k *call) observeEnd() {
	ended := CallEnded{
		CallStarted: CallStarted{Op: k.op, OrderID: k.orderID},
		Took:        time.Since(k.start),
		Outcome:     k.outcome,
		Attempts:    k.attempts,
		Warnings:    k.warned,
	}
	if k.err != nil {
		ended.Outcome, ended.Err = k.err.Outcome, k.err
	}
	endCall(k.ctx, k.c.cfg.observers, ended)
}
