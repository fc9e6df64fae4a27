package fulfillment

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// breaker stops a worker from taking orders while they would all fail. Without
// it an outage would cost each order in the queue a delivery, and the service
// would be asked for all of them as soon as it is back.
type breaker struct {
	first, ceiling time.Duration

	mu      sync.Mutex
	streak  int // failures in a row
	doubt   bool
	until   time.Time
	limited time.Time // a rate limit ends then, whatever succeeds meanwhile
}

// inARow is how many failures one after the other are taken for an outage.
const inARow = 3

// longest bounds a pause, whatever the service says: a date in its answer that
// is years away must not stop a worker for good.
const longest = time.Hour

// works notes that the service answered.
func (b *breaker) works() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.streak, b.doubt, b.until = 0, false, time.Time{}
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
	tripped := b.streak - inARow
	if v.hold == holdNow {
		tripped = b.streak - 1
	}
	if tripped >= 0 {
		b.doubt, b.until = true, now.Add(backoff(b.first, b.ceiling, tripped+1))
	}
}

// wait waits until orders may be taken, and says whether that is in doubt: then
// one is taken, to see how it goes. It reports whether ctx lasted.
func (b *breaker) wait(ctx context.Context) (doubt, lasted bool) {
	for {
		b.mu.Lock()
		left, doubt := max(time.Until(b.until), time.Until(b.limited)), b.doubt
		b.mu.Unlock()
		if left <= 0 {
			return doubt, ctx.Err() == nil
		}
		// In pieces: a call that was under way may succeed meanwhile.
		if !sleep(ctx, min(left, time.Second)) {
			return doubt, false
		}
	}
}

// backoff is the n-th wait, from 1: doubling, with jitter over its upper half.
func backoff(first, ceiling time.Duration, n int) time.Duration {
	d := first
	for range n - 1 {
		if d >= ceiling/2 {
			d = ceiling
			break
		}
		d *= 2
	}
	d = min(d, ceiling)
	return d/2 + jitter(d/2)
}

// jitter is a duration between nothing and d.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
