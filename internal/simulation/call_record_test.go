package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// errorHasOneOutcome checks that an error has an outcome that fits.
func (c *callRecord) errorHasOneOutcome() string {
	o := c.outcome()
	switch {
	case c.err == nil:
		return ""
	case c.e == nil:
		return fmt.Sprintf("an error of another type, %T", c.err)
	case o != ls.OutcomeRejected && o != ls.OutcomeNotSent && o != ls.OutcomeUnknown:
		return fmt.Sprintf("an error with outcome %q", o)
	case errors.Is(c.err, ls.ErrOutcomeUnknown) != (o == ls.OutcomeUnknown),
		(c.e.Kind == ls.ErrOutcomeUnknown) != (o == ls.OutcomeUnknown),
		errors.Is(c.err, ls.ErrNotSent) != (o == ls.OutcomeNotSent):
		return fmt.Sprintf("outcome %q, and %v", o, c.err)
	}
	return ""
}

// unknownMatchesAlone checks that the order of the cases in a caller's switch does
// not matter.
func (c *callRecord) unknownMatchesAlone() string {
	if c.outcome() != ls.OutcomeUnknown {
		return ""
	}
	for _, kind := range []ls.ErrorKind{
		ls.ErrInvalidRequest, ls.ErrInvalidConfig, ls.ErrUnauthorized, ls.ErrNotFound, ls.ErrOrderExists, ls.ErrOrderConflict,
		ls.ErrLicenseConflict, ls.ErrRateLimited, ls.ErrRedirected, ls.ErrUnavailable, ls.ErrBadResponse, ls.ErrNotSent,
	} {
		if errors.Is(c.err, kind) {
			return fmt.Sprintf("it also matches %q", string(kind))
		}
	}
	return ""
}

// notSentIsTrue compares ErrNotSent with the attempts of the call, reads included,
// and with the number of requests that the service received.
func (c *callRecord) notSentIsTrue(received int) string {
	if c.err == nil {
		return ""
	}
	reached := slices.ContainsFunc(c.attempts(), func(a ls.Attempt) bool { return a.Phase != ls.PhaseNotSent })
	switch matches := errors.Is(c.err, ls.ErrNotSent); {
	case matches && (reached || received > 0):
		return fmt.Sprintf("it matches, and a request reached the service; outcome %q", c.outcome())
	case !matches && !reached:
		return fmt.Sprintf("it does not match, and no request reached the service; outcome %q", c.outcome())
	}
	return ""
}

func (c *callRecord) endsInTime() string {
	if !c.deadline.IsZero() && c.end.After(c.deadline) {
		return fmt.Sprintf("it ended %v late", c.end.Sub(c.deadline))
	}
	return ""
}

func (c *callRecord) limitHasTime() string {
	if c.e != nil && (errors.Is(c.err, ls.ErrRateLimited) || c.e.RateLimitSource != "") && (c.e.RetryAt.IsZero() || c.e.RateLimitSource == "") {
		return fmt.Sprintf("retry at %v, source %q", c.e.RetryAt, c.e.RateLimitSource)
	}
	return ""
}

func (c *callRecord) contextWasDone() string {
	if errors.Is(c.err, context.Canceled) && (c.canceledAt.IsZero() || c.end.Before(c.canceledAt)) {
		return "the call was not canceled: " + c.err.Error()
	}
	return ""
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
