package licensespringtest

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A RateLimit sets the request limits of a server. See [WithRateLimit].
type RateLimit struct {
	// PerMinute is the maximum number of requests in any 60 seconds, 0 for no
	// limit. The vendor's plans allow 600, 900, 1200 or 2400.
	PerMinute int
	// PerSecond is the maximum number of requests in any second, 0 for no limit.
	// The vendor allows 50 in every plan.
	PerSecond int
	// PerTenSeconds is the maximum number of requests in any ten seconds, 0 for
	// no limit. The vendor allows 200 per IP address in every plan.
	PerTenSeconds int
	// RetryAfter is the form of the Retry-After header of a 429 response. The
	// default is [RetryAfterSeconds].
	RetryAfter RetryAfter
}

// RetryAfter is a form of the Retry-After header. The vendor does not document
// the header.
type RetryAfter int

const (
	// RetryAfterSeconds sends the wait in seconds, rounded up.
	RetryAfterSeconds RetryAfter = iota
	// RetryAfterDate sends the end of the wait as an HTTP date.
	RetryAfterDate
	// NoRetryAfter omits the header.
	NoRetryAfter
)

// A limiter applies a RateLimit. Rejected requests do not count.
type limiter struct {
	mu       sync.Mutex
	limit    RateLimit
	accepted []time.Time // in the last minute
}

// take counts a request and returns 0. If the request exceeds the limit, take
// returns the time until the limit allows one.
func (l *limiter) take(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit.PerMinute <= 0 && l.limit.PerTenSeconds <= 0 && l.limit.PerSecond <= 0 {
		return 0
	}
	old := 0
	for old < len(l.accepted) && now.Sub(l.accepted[old]) >= time.Minute {
		old++
	}
	l.accepted = l.accepted[old:]
	wait := max(
		l.waitFor(now, l.limit.PerMinute, time.Minute),
		l.waitFor(now, l.limit.PerTenSeconds, 10*time.Second),
		l.waitFor(now, l.limit.PerSecond, time.Second),
	)
	if wait == 0 {
		l.accepted = append(l.accepted, now)
	}

	return wait
}

// waitFor returns the time until the window contains fewer requests than the
// limit.
func (l *limiter) waitFor(now time.Time, limit int, window time.Duration) time.Duration {
	if limit <= 0 || len(l.accepted) < limit {
		return 0
	}

	return max(0, window-now.Sub(l.accepted[len(l.accepted)-limit]))
}

// throttled returns the response to a request that exceeds the limit.
func (l *limiter) throttled(now time.Time, wait time.Duration) response {
	seconds := int64((wait + time.Second - 1) / time.Second)
	resp := detailError(http.StatusTooManyRequests,
		fmt.Sprintf("Request was throttled. Expected available in %d seconds.", seconds))
	switch l.limit.RetryAfter {
	case RetryAfterSeconds:
		resp.header.Set("Retry-After", strconv.FormatInt(seconds, 10))
	case RetryAfterDate:
		// An HTTP date has no fraction, so round up to the next full second.
		at := now.Add(wait + time.Second - 1).UTC().Truncate(time.Second)
		resp.header.Set("Retry-After", at.Format(http.TimeFormat))
	case NoRetryAfter:
	}

	return resp
}
