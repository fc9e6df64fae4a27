// Package budget keeps requests within the service's limits.
//
// The service counts the requests of the last 60 seconds, at any moment. A
// token bucket alone cannot keep to that and use it up: its burst comes on top
// of its rate. So the window is kept as what it is, a log of the last grants:
// the next one may be given when the one that is a full limit ago has left the
// window. What a token bucket is good at, spreading a burst out within a
// second, is left to golang.org/x/time/rate.
package budget

import (
	"container/list"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit allows Requests in any stretch of time as long as Per.
type Limit struct {
	Requests int
	Per      time.Duration
}

// guard widens each window by this part of it. The service counts when a
// request arrives, and requests do not all take the same time to get there.
const guard = 100 // one hundredth

// Budget grants requests, first come, first served. It starts nothing of its
// own: whoever waits longest waits for the time, the others wait for him.
type Budget struct {
	limits []Limit

	mu     sync.Mutex
	burst  *rate.Limiter // nil: none
	log    []time.Time   // ring of the last grants, as many as the largest limit
	next   int           // where the next grant goes
	filled int
	paused time.Time
	remote bool      // the pause is the service's word
	queue  list.List // of *waiter; the first one waits for the time
}

type waiter struct{ turn chan struct{} } // closed when it is the first

// Refusal is the error of a request that cannot be granted in time.
type Refusal struct {
	// At is when to come back.
	At time.Time
	// Remote tells that the service asked for the pause, not this budget.
	Remote bool
}

// Error says who refused.
func (r *Refusal) Error() string {
	if r.Remote {
		return "licensespring: the service asked for a pause that does not fit the deadline"
	}
	return "licensespring: the budget allows no request before the deadline"
}

// New returns a budget that keeps all the limits at once, and spreads requests
// to perSecond on top of a burst. PerSecond zero means that it does not.
func New(perSecond, burst int, limits ...Limit) *Budget {
	b := &Budget{}
	size := 0
	for _, l := range limits {
		b.limits = append(b.limits, Limit{Requests: l.Requests, Per: l.Per + l.Per/guard})
		size = max(size, l.Requests)
	}
	b.log = make([]time.Time, size)
	if perSecond > 0 {
		b.burst = rate.NewLimiter(rate.Limit(perSecond), burst)
	}
	return b
}

// Pass returns when a request may be sent. It returns at once, with a
// [*Refusal], if that is not before ctx's deadline, and with ctx's error when
// ctx is over.
func (b *Budget) Pass(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	if b.queue.Len() == 0 && b.grant(time.Now()) == 0 {
		b.mu.Unlock()
		return nil
	}
	if refusal := b.tooLate(ctx, b.queue.Len()); refusal != nil {
		b.mu.Unlock()
		return refusal
	}
	w := &waiter{turn: make(chan struct{})}
	place := b.queue.PushBack(w)
	if b.queue.Len() == 1 {
		close(w.turn)
	}
	b.mu.Unlock()
	defer b.leave(place)

	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.turn:
	}
	return b.first(ctx)
}

// first waits, as the first in the queue, until there is a grant.
func (b *Budget) first(ctx context.Context) error {
	for {
		b.mu.Lock()
		wait := b.grant(time.Now())
		var refusal error
		if wait > 0 {
			refusal = b.tooLate(ctx, 0)
		}
		b.mu.Unlock()
		switch {
		case wait == 0:
			return nil
		case refusal != nil:
			return refusal
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
			// Look again: there may have been a pause meanwhile.
		}
	}
}

// leave takes a waiter out of the queue and gives the turn to the next one.
func (b *Budget) leave(place *list.Element) {
	b.mu.Lock()
	defer b.mu.Unlock()
	wasFirst := b.queue.Front() == place
	b.queue.Remove(place)
	if front := b.queue.Front(); wasFirst && front != nil {
		close(front.Value.(*waiter).turn) //nolint:errcheck // only waiters are put in
	}
}

// grant notes a request at now and returns 0, or returns how long to wait.
func (b *Budget) grant(now time.Time) time.Duration {
	if wait := b.earliest(0, now).Sub(now); wait > 0 {
		return wait
	}
	if b.burst != nil {
		r := b.burst.ReserveN(now, 1)
		if wait := r.DelayFrom(now); wait > 0 {
			r.CancelAt(now)
			return wait
		}
	}
	if len(b.log) > 0 {
		b.log[b.next] = now
		b.next = (b.next + 1) % len(b.log)
		b.filled = min(b.filled+1, len(b.log))
	}
	return 0
}

// farthest is how many windows ahead are told apart: years of them, and few
// enough to be counted in nanoseconds.
const farthest = 1 << 20

// earliest returns when the windows and the pause allow a request that ahead
// others come before: the exact time for none, and no later than it for more.
func (b *Budget) earliest(ahead int, now time.Time) time.Time {
	at := b.paused
	for _, l := range b.limits {
		// The request that is l.Requests before this one must have left the window,
		// and so on: the first of that line is in the log, or comes now at the earliest.
		rounds, back := min(ahead/l.Requests, farthest), l.Requests-ahead%l.Requests
		free := now.Add(time.Duration(rounds) * l.Per)
		if back <= b.filled {
			grant := b.log[(b.next-back+len(b.log))%len(b.log)]
			free = grant.Add(time.Duration(rounds+1) * l.Per)
		}
		if free.After(at) {
			at = free
		}
	}
	return at
}

// tooLate returns a refusal if a request that ahead others come before cannot
// be granted within ctx's deadline.
func (b *Budget) tooLate(ctx context.Context, ahead int) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	at := b.soonest(ahead, time.Now())
	if at.Before(deadline) {
		return nil
	}
	return &Refusal{At: at, Remote: b.remote && !at.After(b.paused)}
}

// soonest returns a time before which a request that ahead others come before
// is not granted.
func (b *Budget) soonest(ahead int, now time.Time) time.Time {
	at := b.earliest(ahead, now)
	if b.burst != nil {
		missing := float64(ahead+1) - b.burst.TokensAt(now)
		if spread := now.Add(time.Duration(missing / float64(b.burst.Limit()) * float64(time.Second))); spread.After(at) {
			at = spread
		}
	}
	return at
}

// Least returns how long it takes at the least until n more requests are
// granted, of which underWay have asked: those that do not wait have been.
func (b *Budget) Least(n, underWay int) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n -= max(0, underWay-b.queue.Len()); n < 1 {
		return 0
	}
	now := time.Now()
	return max(0, b.soonest(n-1, now).Sub(now))
}

// Pause lets nobody pass before t, because the service asked for it. A pause
// is never shortened.
func (b *Budget) Pause(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.After(b.paused) {
		b.paused, b.remote = t, true
	}
}

// PerSecond returns how many requests a second are granted in the long run, or
// 0 if nothing limits them.
func (b *Budget) PerSecond() float64 {
	slowest := 0.0
	if b.burst != nil {
		slowest = float64(b.burst.Limit())
	}
	for _, l := range b.limits {
		if r := float64(l.Requests) / l.Per.Seconds(); slowest == 0 || r < slowest {
			slowest = r
		}
	}
	return slowest
}
