package fulfillment

import (
	"context"
	"sync"
	"time"
)

// breaker is the circuit breaker of a worker. It opens when all orders would fail,
// and is half open afterwards: it admits one order at a time as a probe until a
// call succeeds. Without it an outage would cost every order a delivery, and the
// end of an outage would cause a burst of requests.
type breaker struct {
	initial, maximum time.Duration

	mu           sync.Mutex
	streak       int // failures in a row
	tripped      bool
	openUntil    time.Time // half open from then on if tripped
	limitedUntil time.Time // end of a rate limit, regardless of successful calls
}

// streakThreshold is the number of failures in a row that open the breaker.
const streakThreshold = 3

// maxPause bounds a pause that the service requests, so that a wrong date in a
// response cannot stop a worker permanently.
const maxPause = time.Hour

// succeeded closes the breaker.
func (b *breaker) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streak, b.tripped, b.openUntil = 0, false, time.Time{}
}

// failed records a failed call. Concurrent calls that fail together count once.
// Otherwise a single outage would reach the maximum pause at once.
func (b *breaker) failed(d decision, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d.pause == pauseNever {
		return
	}
	if !d.retryAt.IsZero() && d.pause == pauseNow {
		// No probe is needed after a rate limit with a known end.
		if until := earlier(d.retryAt, now.Add(maxPause)).Add(jitter(b.initial)); until.After(b.limitedUntil) {
			b.limitedUntil = until
		}
		return
	}
	if now.Before(b.openUntil) {
		return
	}
	b.streak++
	pauses := b.streak - streakThreshold + 1
	if d.pause == pauseNow {
		pauses = b.streak
	}
	if pauses > 0 {
		b.tripped, b.openUntil = true, now.Add(backoff(b.initial, b.maximum, pauses))
	}
}

// wait waits until orders may be fetched. probe reports whether only one may be,
// and active whether ctx is still active.
func (b *breaker) wait(ctx context.Context) (probe, active bool) {
	for {
		b.mu.Lock()
		remaining, probe := max(time.Until(b.openUntil), time.Until(b.limitedUntil)), b.tripped
		b.mu.Unlock()
		if remaining <= 0 {
			return probe, ctx.Err() == nil
		}
		// An active call may close the breaker meanwhile.
		if !sleep(ctx, min(remaining, time.Second)) {
			return probe, false
		}
	}
}

// ready reports whether a fetched order may be called for now. Otherwise remaining
// is the rest of the pause, which is zero while the breaker is half open.
func (b *breaker) ready(probe bool) (remaining time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	remaining = max(time.Until(b.openUntil), time.Until(b.limitedUntil), 0)
	return remaining, remaining == 0 && (probe || !b.tripped)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
