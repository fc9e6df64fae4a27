package exchange

import (
	"context"
	"math"
	"time"
)

// longestWait is the longest wait that is ever sat through. The service counts
// requests over 60 seconds, so a longer one is no pause but a shutdown; the
// caller gets the time to come back at instead.
const longestWait = 5 * time.Minute

// wait chooses the wait before the attempt that follows a.
//
// Without a word from the service it is exponential backoff with full jitter:
// anything between nothing and the step, so that many clients that failed
// together do not come back together. With Retry-After it is what was asked
// for, and up to one first step more, for the same reason. After a bare 429 at
// least half the step is waited: "too many" is no reason to come at once.
func (x *Exchanger) wait(a *Attempt, hint time.Duration, hinted bool) time.Duration {
	if hinted {
		return hint + x.jittered(x.cfg.WaitMin)
	}
	step := x.cfg.WaitMax
	if shift := a.Number - 1; shift < 30 && x.cfg.WaitMin < x.cfg.WaitMax>>shift {
		step = x.cfg.WaitMin << shift
	}
	step = min(step, longestWait)
	if a.Ending == Limited {
		return step/2 + x.jittered(step/2)
	}
	return x.jittered(step)
}

// jittered is a random part of d. A source of randomness that leaves its bounds
// does not take the wait with it.
func (x *Exchanger) jittered(d time.Duration) time.Duration {
	part := x.cfg.Jitter()
	if math.IsNaN(part) {
		part = 0
	}
	return time.Duration(min(max(part, 0), 1) * float64(d))
}

// fits reports whether something can still be sent after the wait.
func fits(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}
