package fulfillment

import (
	"context"
	"sync"
	"time"
)

// breaker is the circuit breaker of a worker: it is open while orders would all
// fail, and half open after that, when one order at a time is let through as a
// probe, until a call succeeds. Without it an outage would cost each order in the
// queue a delivery, and the service would be asked for all of them as soon as it
// is back.
type breaker struct {
	first, ceiling time.Duration

	mu      sync.Mutex
	streak  int // failures in a row
	tripped bool
	until   time.Time // open until then, and half open from then on
	limited time.Time // a rate limit ends then, whatever succeeds meanwhile
}

// inARow is how many failures one after the other are taken for an outage.
const inARow = 3

// longest bounds a pause, whatever the service says: a date in its answer that
// is years away must not stop a worker for good.
const longest = time.Hour

// succeeded notes that the service answered: the breaker is closed.
func (b *breaker) succeeded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streak, b.tripped, b.until = 0, false, time.Time{}
}

// failed notes a call that failed. Those that were under way together when the
// trouble began count once, or sixteen of them would make the first pause the
// longest.
func (b *breaker) failed(v verdict, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v.hold == holdNever {
		return
	}
	if !v.until.IsZero() && v.hold == holdNow {
		// A limit with a time. When that has come all may go on at once.
		if until := earlier(v.until, now.Add(longest)).Add(jitter(b.first)); until.After(b.limited) {
			b.limited = until
		}
		return
	}
	if now.Before(b.until) {
		return
	}
	b.streak++
	pauses := b.streak - inARow + 1
	if v.hold == holdNow {
		pauses = b.streak
	}
	if pauses > 0 {
		b.tripped, b.until = true, now.Add(backoff(b.first, b.ceiling, pauses))
	}
}

// wait waits until orders may be taken, and says whether only one may, as a
// probe. It reports whether ctx lasted.
func (b *breaker) wait(ctx context.Context) (probe, lasted bool) {
	for {
		b.mu.Lock()
		left, probe := max(time.Until(b.until), time.Until(b.limited)), b.tripped
		b.mu.Unlock()
		if left <= 0 {
			return probe, ctx.Err() == nil
		}
		// In pieces: a call that was under way may succeed meanwhile.
		if !sleep(ctx, min(left, time.Second)) {
			return probe, false
		}
	}
}

// ready reports whether an order that was taken may be called now, and if not how
// much is left of a pause: nothing, if orders may go on one at a time.
func (b *breaker) ready(probe bool) (left time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left = max(time.Until(b.until), time.Until(b.limited), 0)
	return left, left == 0 && (probe || !b.tripped)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
