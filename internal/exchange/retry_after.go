package exchange

import (
	"net/http"
	"strings"
	"time"
)

// maxRetryAfter caps the value of Retry-After. It is far above maxWait, and far
// below what overflows when seconds become nanoseconds:
// "9223372036854775807" must not become an immediate retry.
const maxRetryAfter = 24 * time.Hour

// retryAfter parses the Retry-After header: seconds, also with a fraction, or a
// date in any of the three forms of HTTP. A date is compared with the server's
// Date header if there is one, so that a wrong local clock does not matter. An
// invalid header counts as absent.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if d, ok := parseSeconds(value); ok {
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

// parseSeconds parses digits with an optional fraction, which is rounded up. The
// cap is applied after each digit, so that nothing overflows.
func parseSeconds(s string) (time.Duration, bool) {
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
