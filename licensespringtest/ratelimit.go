package licensespringtest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A RateLimit says how many requests the service takes. See [WithRateLimit].
type RateLimit struct {
	// PerMinute is the number of requests in any 60 seconds, 0 for no limit.
	// The vendor's plans allow 600, 900, 1200 or 2400.
	PerMinute int
	// PerSecond is the number of requests in any second, 0 for no limit. The
	// vendor allows 50, whatever the plan.
	PerSecond int
	// PerTenSeconds is the number of requests in any ten seconds, 0 for no
	// limit. The vendor allows 200 to an IP address, whatever the plan.
	PerTenSeconds int
	// RetryAfter is the form of the Retry-After header of a 429, by default
	// seconds.
	RetryAfter RetryAfter
}

// RetryAfter is a form of the Retry-After header. The vendor documents none.
type RetryAfter int

const (
	// RetryAfterSeconds says how many seconds to wait, rounded up.
	RetryAfterSeconds RetryAfter = iota
	// RetryAfterDate says when to come back, as an HTTP date.
	RetryAfterDate
	// NoRetryAfter leaves the header out.
	NoRetryAfter
)

// A limiter keeps the times of the requests of the last minute. Requests it
// refuses do not count.
type limiter struct {
	mu    sync.Mutex
	limit RateLimit
	taken []time.Time
}

// take counts a request, or says how long to wait before the next has a chance.
func (l *limiter) take(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit.PerMinute <= 0 && l.limit.PerTenSeconds <= 0 && l.limit.PerSecond <= 0 {
		return 0
	}
	old := 0
	for old < len(l.taken) && now.Sub(l.taken[old]) >= time.Minute {
		old++
	}
	l.taken = l.taken[old:]
	wait := max(
		l.waitFor(now, l.limit.PerMinute, time.Minute),
		l.waitFor(now, l.limit.PerTenSeconds, 10*time.Second),
		l.waitFor(now, l.limit.PerSecond, time.Second),
	)
	if wait == 0 {
		l.taken = append(l.taken, now)
	}

	return wait
}

// waitFor is how long the request that is limit requests ago stays within the
// window.
func (l *limiter) waitFor(now time.Time, limit int, window time.Duration) time.Duration {
	if limit <= 0 || len(l.taken) < limit {
		return 0
	}

	return max(0, window-now.Sub(l.taken[len(l.taken)-limit]))
}

// tooMany is the answer to a request that came too early.
func (l *limiter) tooMany(now time.Time, wait time.Duration) reply {
	seconds := int64((wait + time.Second - 1) / time.Second)
	answer := detail(http.StatusTooManyRequests,
		fmt.Sprintf("Request was throttled. Expected available in %d seconds.", seconds))
	switch l.limit.RetryAfter {
	case RetryAfterSeconds:
		answer.header.Set("Retry-After", strconv.FormatInt(seconds, 10))
	case RetryAfterDate:
		// An HTTP date has no fraction: the next full second is late enough.
		at := now.Add(wait + time.Second - 1).UTC().Truncate(time.Second)
		answer.header.Set("Retry-After", at.Format(http.TimeFormat))
	case NoRetryAfter:
	}

	return answer
}
