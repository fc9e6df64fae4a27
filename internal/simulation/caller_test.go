package simulation

import (
	"context"
	"errors"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A call is one call for an order.
type call struct {
	callRecord

	op       operation
	spec     *orderSpec
	accepted bool // whether the service accepts the order from this process
	final    bool // no faults are active and no other request is in flight

	result *ls.OrderResult
	stored *lst.Order // the order in the fake at the end of the call, or nil
}

// call makes one call and records its result.
func (r *run) call(ctx context.Context, caller string, p *process, op operation, spec *orderSpec, l limits) *call {
	c := &call{callRecord: callRecord{caller: caller, process: p}, op: op, spec: spec, accepted: r.plan.accepts(spec, p.plan)}
	r.addCall(c)
	ctx, stop := c.begin(ctx, l)
	defer stop()
	var err error
	if op == ensure {
		c.result, err = p.client.EnsureOrder(ctx, spec.order)
	} else {
		c.result, err = p.client.CreateOrder(ctx, spec.order)
	}
	if c.result != nil {
		c.finish(c.result.Outcome, c.result.Attempts, c.result.Warnings, err)
	} else {
		c.finish("", nil, nil, err)
	}
	if stored, ok := r.server.Order(spec.order.ID); ok {
		c.stored = &stored
	}
	return c
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
