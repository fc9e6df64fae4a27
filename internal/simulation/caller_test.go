package simulation

import (
	"context"
	"errors"
	"sync"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// call is one call of a client's, and everything that is known of it.
type call struct {
	number   int
	caller   string
	op       operation
	asked    *asked
	process  *process
	accepted bool // whether the service takes the order, as it is sent
	calm     bool // nothing goes wrong, and nothing is under way any more
	crashed  bool // the process was gone when it ended

	start, end time.Time
	over       time.Time // when it must have ended; zero: no such time
	cut        time.Time // when its context was to be canceled; zero: never
	result     *ls.OrderResult
	err        error
	e          *ls.Error  // err, or nil
	held       *lst.Order // by the fake, when the call had ended; nil: no such order

	mu    sync.Mutex
	seen  []*sighting
	heard heard
}

// see notes an attempt and returns its mark.
func (c *call) see(s *sighting) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, s)
	return tagOf(c.number, len(c.seen))
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

func (c *call) made() bool { return c.result != nil }

// limits are what may end a call before its time.
type limits struct {
	cancel, deadline, crash time.Duration
	abrupt                  bool
}

// call makes one call and notes what became of it.
func (r *run) call(ctx context.Context, who string, p *process, op operation, a *asked, l limits) *call {
	c := &call{caller: who, op: op, asked: a, process: p, accepted: r.plan.accepted(a, p.plan)}
	r.note(c)
	ctx, cancel := context.WithCancel(withCall(ctx, c))
	defer cancel()
	c.start = time.Now()
	if p.plan.callTimeout > 0 {
		c.over = c.start.Add(p.plan.callTimeout)
	}
	end := func(after time.Duration, how func()) *time.Timer {
		c.cut = c.start.Add(after)
		c.over = earlier(c.over, c.cut)
		return time.AfterFunc(after, how)
	}
	switch {
	case l.cancel < 0:
		cancel()
		c.cut, c.over = c.start, c.start
	case l.cancel > 0:
		defer end(l.cancel, cancel).Stop()
	case l.deadline > 0:
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, l.deadline)
		defer stop()
		c.over = earlier(c.over, c.start.Add(l.deadline))
	case l.crash > 0:
		defer end(l.crash, func() { p.crash(cancel, l.abrupt) }).Stop()
	}
	if op == ensure {
		c.result, c.err = p.client.EnsureOrder(ctx, a.order)
	} else {
		c.result, c.err = p.client.CreateOrder(ctx, a.order)
	}
	c.end = time.Now()
	errors.As(c.err, &c.e)
	if held, ok := r.server.Order(a.order.ID); ok {
		c.held = &held
	}
	return c
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// caller does what a careful program does: it calls, and calls again as what it
// was told advises.
func (r *run) caller(ctx context.Context, who string, plan *callerPlan, p *process) {
	wait(plan.after)
	a := r.plan.variants[plan.variant]
	l := limits{cancel: plan.cancel, deadline: plan.deadline, crash: plan.crash, abrupt: plan.abrupt}
	op := plan.op
	for try := range plan.tries {
		c := r.call(ctx, who, p, op, a, l)
		switch {
		case p.crashed():
			c.crashed = true
			// Whatever the call said, nobody is left who heard it.
			wait(plan.restart)
			p = r.start(p.plan)
			op = ensure
		case c.made():
			if plan.again && a.ensurable() {
				wait(plan.pauses[try])
				r.call(ctx, who, p, ensure, a, limits{})
			}
			return
		case c.outcome() == ls.Unknown:
			op = ensure
		case errors.Is(c.err, ls.ErrUnavailable), errors.Is(c.err, ls.ErrRateLimited), errors.Is(c.err, ls.ErrNotSent):
		default:
			return
		}
		if op == ensure && !a.ensurable() {
			return // nobody can settle it but a person
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
