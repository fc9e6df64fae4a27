package licensespring

import (
	"context"
	"time"

	"github.com/licensespring-go/licensespring/internal/exchange"
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
