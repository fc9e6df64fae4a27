package exchange

import (
	"net/http"
	"strings"
	"time"
)

// maxRetryAfter is what any longer Retry-After is taken for. It is far above
// longestWait, and far below what would overflow when seconds become
// nanoseconds: "9223372036854775807" must not turn into "at once".
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the Retry-After header: seconds, also with a fraction, or a
// date in any of the three forms HTTP knows. A date is measured against the
// server's own clock where it tells it, so that a wrong clock on this side
// does not matter. What cannot be read counts as not there.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if d, ok := deltaSeconds(value); ok {
		return d, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if server, err := http.ParseTime(h.Get("Date")); err == nil {
		now = server
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

// deltaSeconds reads digits, with or without a fraction, which is rounded up.
// It counts up to the cap and never multiplies what it has not yet bounded.
func deltaSeconds(s string) (time.Duration, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, false
	}
	const limit = int64(maxRetryAfter / time.Second)
	seconds := int64(0)
	for _, digit := range whole {
		seconds = min(seconds*10+int64(digit-'0'), limit)
	}
	if strings.Trim(fraction, "0") != "" {
		seconds = min(seconds+1, limit)
	}
	return time.Duration(seconds) * time.Second, true
}
