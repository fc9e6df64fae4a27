package simulation

import (
	"context"
	"errors"
	"sync"
	"time"

	ls "github.com/licensespring-go/licensespring"
)

// A callRecord is what is known about a call of the SDK, whatever it does.
type callRecord struct {
	number  int
	caller  string
	process *process
	crashed bool // the process crashed during the call

	start, end time.Time
	deadline   time.Time // latest time at which the call must end; zero: none
	canceledAt time.Time // time at which its context is canceled; zero: never
	done       ls.Outcome
	reported   []ls.Attempt
	warnings   []ls.Finding
	err        error
	e          *ls.Error // err, or nil

	mu       sync.Mutex
	observed []*observation
	events   events
}

// observe records an attempt and returns its tag.
func (c *callRecord) observe(o *observation) tag {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.observed = append(c.observed, o)
	return tag{call: c.number, attempt: len(c.observed)}
}

func (c *callRecord) outcome() ls.Outcome {
	if c.e != nil {
		return c.e.Outcome
	}
	return c.done
}

func (c *callRecord) succeeded() bool { return c.done != "" }

// attempts returns the attempts that the call reports.
func (c *callRecord) attempts() []ls.Attempt { return c.reported }

// limits are the times after which a call is interrupted.
type limits struct {
	cancel, deadline, crash time.Duration
	resets                  bool
}

// begin starts a call with its limits. It returns the context of the call, and a
// function that releases it.
func (c *callRecord) begin(ctx context.Context, l limits) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(withCall(ctx, c))
	stop = cancel
	c.start = time.Now()
	if timeout := c.process.plan.callTimeout; timeout > 0 {
		c.deadline = c.start.Add(timeout)
	}
	interrupt := func(after time.Duration, f func()) {
		c.canceledAt = c.start.Add(after)
		c.deadline = earlier(c.deadline, c.canceledAt)
		timer := time.AfterFunc(after, f)
		stop = func() {
			timer.Stop()
			cancel()
		}
	}
	switch {
	case l.cancel < 0:
		cancel()
		c.canceledAt, c.deadline = c.start, c.start
	case l.cancel > 0:
		interrupt(l.cancel, cancel)
	case l.deadline > 0:
		var release context.CancelFunc
		ctx, release = context.WithTimeout(ctx, l.deadline)
		stop = func() {
			release()
			cancel()
		}
		c.deadline = earlier(c.deadline, c.start.Add(l.deadline))
	case l.crash > 0:
		interrupt(l.crash, func() { c.process.crash(cancel, l.resets) })
	}
	return ctx, stop
}

// finish records how a call ended. The attempts of an error are those that it holds.
func (c *callRecord) finish(done ls.Outcome, attempts []ls.Attempt, warnings []ls.Finding, err error) {
	c.end = time.Now()
	c.done, c.reported, c.warnings, c.err = done, attempts, warnings, err
	if errors.As(err, &c.e) {
		c.reported = c.e.Attempts
	}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
