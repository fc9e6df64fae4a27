package simulation

import (
	"context"
	"errors"
	"sync"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A call is one call of the SDK with everything that is known about it.
type call struct {
	number   int
	caller   string
	op       operation
	spec     *orderSpec
	process  *process
	accepted bool // whether the service accepts the order from this process
	final    bool // no faults are active and no other request is in flight
	crashed  bool // the process crashed during the call

	start, end time.Time
	deadline   time.Time // latest time at which the call must end; zero: none
	canceledAt time.Time // time at which its context is canceled; zero: never
	result     *ls.OrderResult
	err        error
	e          *ls.Error  // err, or nil
	stored     *lst.Order // the order in the fake at the end of the call, or nil

	mu       sync.Mutex
	observed []*observation
	events   events
}

// observe records an attempt and returns its tag.
func (c *call) observe(o *observation) tag {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observed = append(c.observed, o)
	return tag{call: c.number, attempt: len(c.observed)}
}

func (c *call) outcome() ls.Outcome {
	switch {
	case c.result != nil:
		return c.result.Outcome
	case c.e != nil:
		return c.e.Outcome
	default:
		return ""
	}
}

func (c *call) succeeded() bool { return c.result != nil }

// limits are the times after which a call is interrupted.
type limits struct {
	cancel, deadline, crash time.Duration
	resets                  bool
}

// call makes one call and records its result.
func (r *run) call(ctx context.Context, caller string, p *process, op operation, spec *orderSpec, l limits) *call {
	c := &call{caller: caller, op: op, spec: spec, process: p, accepted: r.plan.accepts(spec, p.plan)}
	r.addCall(c)
	ctx, cancel := context.WithCancel(withCall(ctx, c))
	defer cancel()
	c.start = time.Now()
	if p.plan.callTimeout > 0 {
		c.deadline = c.start.Add(p.plan.callTimeout)
	}
	interrupt := func(after time.Duration, f func()) *time.Timer {
		c.canceledAt = c.start.Add(after)
		c.deadline = earlier(c.deadline, c.canceledAt)
		return time.AfterFunc(after, f)
	}
	switch {
	case l.cancel < 0:
		cancel()
		c.canceledAt, c.deadline = c.start, c.start
	case l.cancel > 0:
		defer interrupt(l.cancel, cancel).Stop()
	case l.deadline > 0:
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, l.deadline)
		defer stop()
		c.deadline = earlier(c.deadline, c.start.Add(l.deadline))
	case l.crash > 0:
		defer interrupt(l.crash, func() { p.crash(cancel, l.resets) }).Stop()
	}
	if op == ensure {
		c.result, c.err = p.client.EnsureOrder(ctx, spec.order)
	} else {
		c.result, c.err = p.client.CreateOrder(ctx, spec.order)
	}
	c.end = time.Now()
	errors.As(c.err, &c.e)
	if stored, ok := r.server.Order(spec.order.ID); ok {
		c.stored = &stored
	}
	return c
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// caller behaves as a careful program: it repeats its call as the errors advise.
func (r *run) caller(ctx context.Context, name string, plan *callerPlan, p *process) {
	wait(plan.after)
	spec := r.plan.variants[plan.variant]
	l := limits{cancel: plan.cancel, deadline: plan.deadline, crash: plan.crash, resets: plan.resets}
	op := plan.op
	for try := range plan.tries {
		c := r.call(ctx, name, p, op, spec, l)
		switch {
		case p.crashed():
			c.crashed = true
			// The result of the call is lost with the process.
			wait(plan.restart)
			p = r.startProcess(p.plan)
			op = ensure
		case c.succeeded():
			if plan.repeats && spec.ensurable() {
				wait(plan.pauses[try])
				r.call(ctx, name, p, ensure, spec, limits{})
			}
			return
		case c.outcome() == ls.OutcomeUnknown:
			op = ensure
		case errors.Is(c.err, ls.ErrUnavailable), errors.Is(c.err, ls.ErrRateLimited), errors.Is(c.err, ls.ErrNotSent):
		default:
			return
		}
		if op == ensure && !spec.ensurable() {
			return // it must be resolved manually
		}
		l = limits{}
		wait(plan.pauses[try])
	}
}

func wait(d time.Duration) {
	if d > 0 {
		<-time.After(d)
	}
}
