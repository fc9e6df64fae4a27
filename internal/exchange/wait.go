package exchange

import (
	"context"
	"math"
	"time"
)

// maxWait is the maximum wait before a retry. The service counts requests over
// 60 seconds, so a longer wait means an outage. The call ends instead and
// returns the time at which to retry.
const maxWait = 5 * time.Minute

// wait returns the wait before the attempt that follows a.
//
// Without a hint from the service it is exponential backoff with full jitter,
// so that clients that failed together do not retry together. With a hint it is
// the requested wait plus up to WaitMin of jitter. After a 429 without a hint
// it is at least half a step: an immediate retry would be limited again.
func (x *Exchanger) wait(a *Attempt, hint time.Duration, hinted bool) time.Duration {
	if hinted {
		return hint + x.jitter(x.cfg.WaitMin)
	}
	step := x.cfg.WaitMax
	if shift := a.Number - 1; shift < 30 && x.cfg.WaitMin < x.cfg.WaitMax>>shift {
		step = x.cfg.WaitMin << shift
	}
	step = min(step, maxWait)
	if a.isRateLimited() {
		return step/2 + x.jitter(step/2)
	}
	return x.jitter(step)
}

// jitter returns a random part of d. Values of Config.Jitter outside [0, 1] are
// clamped.
func (x *Exchanger) jitter(d time.Duration) time.Duration {
	factor := x.cfg.Jitter()
	if math.IsNaN(factor) {
		factor = 0
	}
	return time.Duration(min(max(factor, 0), 1) * float64(d))
}

// fitsDeadline reports whether the wait ends before the deadline of ctx.
func fitsDeadline(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}
