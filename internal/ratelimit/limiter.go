// Package ratelimit keeps requests within the rate limits of the service.
//
// The service counts the requests of the last 60 seconds, at any moment. A
// token bucket cannot use such a limit fully without exceeding it, because its
// burst comes on top of its rate. The Limiter therefore keeps a log of the last
// grants: with a limit of n requests, a request is granted when the n-th grant
// before it has left the window. A token bucket of golang.org/x/time/rate
// spreads bursts within a second.
package ratelimit

import (
	"container/list"
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit allows at most Requests in any period of length Per.
type Limit struct {
	Requests int
	Per      time.Duration
}

// windowMargin widens each window by 1/windowMargin. The service counts a request
// when it arrives, and the latency of requests varies.
const windowMargin = 100

// Limiter grants requests in the order of their arrival. It starts no goroutine:
// the head of the queue waits on the timer; the others wait for the head.
type Limiter struct {
	limits []Limit

	mu          sync.Mutex
	bucket      *rate.Limiter // nil: no spreading
	log         []time.Time   // ring of the last grants, as long as the largest limit
	next        int           // index of the next grant in log
	filled      int           // number of grants in log
	pausedUntil time.Time
	queue       list.List // of *waiter; the head waits on the timer
}

type waiter struct{ atHead chan struct{} } // closed when the waiter reaches the head of the queue

// Error is the error of a request that cannot be granted before its deadline.
type Error struct {
	// RetryAt is the earliest time at which the request can be granted.
	RetryAt time.Time
	// FromService reports that the service requested the pause. Otherwise the
	// configured limits are the cause.
	FromService bool
}

// Error reports whether the service or the limiter delays the request.
func (e *Error) Error() string {
	if e.FromService {
		return "licensespring: pause requested by the service exceeds the deadline"
	}
	return "licensespring: rate limiter allows no request before the deadline"
}

// New returns a Limiter that enforces all limits and spreads requests to
// perSecond with the given burst. A perSecond of zero disables spreading.
func New(perSecond, burst int, limits ...Limit) *Limiter {
	l := &Limiter{}
	size := 0
	for _, limit := range limits {
		l.limits = append(l.limits, Limit{Requests: limit.Requests, Per: limit.Per + limit.Per/windowMargin})
		size = max(size, limit.Requests)
	}
	l.log = make([]time.Time, size)
	if perSecond > 0 {
		l.bucket = rate.NewLimiter(rate.Limit(perSecond), burst)
	}
	return l
}

// Wait blocks until a request may be sent. It returns an [*Error] at once if the
// request cannot be granted before the deadline of ctx, and the error of ctx if
// ctx is done.
func (l *Limiter) Wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	if l.queue.Len() == 0 && l.grant(time.Now()) == 0 {
		l.mu.Unlock()
		return nil
	}
	if err := l.checkDeadline(ctx, l.queue.Len()); err != nil {
		l.mu.Unlock()
		return err
	}
	w := &waiter{atHead: make(chan struct{})}
	element := l.queue.PushBack(w)
	if l.queue.Len() == 1 {
		close(w.atHead)
	}
	l.mu.Unlock()
	defer l.leave(element)

	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.atHead:
	}
	return l.waitAtHead(ctx)
}

// waitAtHead waits for a grant as the head of the queue.
func (l *Limiter) waitAtHead(ctx context.Context) error {
	for {
		l.mu.Lock()
		wait := l.grant(time.Now())
		var err error
		if wait > 0 {
			err = l.checkDeadline(ctx, 0)
		}
		l.mu.Unlock()
		switch {
		case wait == 0:
			return nil
		case err != nil:
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
			// Try again: Pause may have been called in the meantime.
		}
	}
}

// leave removes a waiter from the queue. If it was the head, the next waiter
// becomes the head.
func (l *Limiter) leave(element *list.Element) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wasHead := l.queue.Front() == element
	l.queue.Remove(element)
	if front := l.queue.Front(); wasHead && front != nil {
		close(front.Value.(*waiter).atHead) //nolint:errcheck // the queue holds only waiters
	}
}

// grant records a request at now and returns 0, or returns how long to wait.
func (l *Limiter) grant(now time.Time) time.Duration {
	if wait := l.earliestInWindows(0, now).Sub(now); wait > 0 {
		return wait
	}
	if l.bucket != nil {
		r := l.bucket.ReserveN(now, 1)
		if wait := r.DelayFrom(now); wait > 0 {
			r.CancelAt(now)
			return wait
		}
	}
	if len(l.log) > 0 {
		l.log[l.next] = now
		l.next = (l.next + 1) % len(l.log)
		l.filled = min(l.filled+1, len(l.log))
	}
	return 0
}

// maxWindows caps the number of windows in an estimate: years of them, and few
// enough that nanoseconds do not overflow.
const maxWindows = 1 << 20

// earliestInWindows returns when the windows and the pause allow a request that
// has ahead requests before it. The time is exact if ahead is 0, and otherwise a
// lower bound.
func (l *Limiter) earliestInWindows(ahead int, now time.Time) time.Time {
	at := l.pausedUntil
	for _, limit := range l.limits {
		// The request that is limit.Requests before this one must have left the
		// window, and so on. The first of that chain is in the log, or is granted
		// now at the earliest.
		windows, back := min(ahead/limit.Requests, maxWindows), limit.Requests-ahead%limit.Requests
		free := now.Add(time.Duration(windows) * limit.Per)
		if back <= l.filled {
			granted := l.log[(l.next-back+len(l.log))%len(l.log)]
			free = granted.Add(time.Duration(windows+1) * limit.Per)
		}
		if free.After(at) {
			at = free
		}
	}
	return at
}

// checkDeadline returns an [*Error] if a request that has ahead requests before
// it cannot be granted before the deadline of ctx.
func (l *Limiter) checkDeadline(ctx context.Context, ahead int) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		return nil
	}
	at := l.earliest(ahead, time.Now())
	if at.Before(deadline) {
		return nil
	}
	return &Error{RetryAt: at, FromService: !l.pausedUntil.IsZero() && !at.After(l.pausedUntil)}
}

// earliest returns a lower bound for the time at which a request that has ahead
// requests before it is granted.
func (l *Limiter) earliest(ahead int, now time.Time) time.Time {
	at := l.earliestInWindows(ahead, now)
	if l.bucket != nil {
		missing := float64(ahead+1) - l.bucket.TokensAt(now)
		if spread := now.Add(time.Duration(missing / float64(l.bucket.Limit()) * float64(time.Second))); spread.After(at) {
			at = spread
		}
	}
	return at
}

// MinimumWait returns a lower bound for the time until n more requests are
// granted. InFlight of them have called Wait; those that are not in the queue have
// been granted.
func (l *Limiter) MinimumWait(n, inFlight int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n -= max(0, inFlight-l.queue.Len()); n < 1 {
		return 0
	}
	now := time.Now()
	return max(0, l.earliest(n-1, now).Sub(now))
}

// Pause grants no request before t, because the service requested it. It never
// shortens an earlier pause.
func (l *Limiter) Pause(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.After(l.pausedUntil) {
		l.pausedUntil = t
	}
}

// PerSecond returns the sustained rate in requests per second, or 0 if there is
// no limit.
func (l *Limiter) PerSecond() float64 {
	slowest := 0.0
	if l.bucket != nil {
		slowest = float64(l.bucket.Limit())
	}
	for _, limit := range l.limits {
		if r := float64(limit.Requests) / limit.Per.Seconds(); slowest == 0 || r < slowest {
			slowest = r
		}
	}
	return slowest
}
