package licensespring

import (
	"time"

	"github.com/licensespring-go/licensespring/internal/ratelimit"
)

// RateLimit is the number of requests that the service allows a company in any 60
// seconds, for all its keys together. The constants are the limits of the
// vendor's plans. Any other number is valid too, such as RateLimit(300) for a
// machine that may use half of RateLimitFree.
type RateLimit int

// The rate limits.
const (
	RateLimitFree            RateLimit = 600
	RateLimitBusinessStarter RateLimit = 900
	RateLimitBusinessPlus    RateLimit = 1200
	RateLimitEnterprise      RateLimit = 2400

	// RateLimitUnknown applies only the limits that hold for every plan: 50
	// requests per second, and 200 per ten seconds and IP address. It is the
	// default.
	RateLimitUnknown RateLimit = 0
	// NoRateLimit disables rate limiting. It is meant for tests against a fake
	// service.
	NoRateLimit RateLimit = -1
)

// The limits that hold for every plan.
const (
	// A burst of 10 and 40 per second after it: at most 50 in any second.
	requestsPerSecond = 40
	requestBurst      = 10
	// requestsPerAddress is the limit of one IP address in ten seconds.
	requestsPerAddress = 200
)

// RateLimiter keeps the requests of its clients within a rate limit. Create it
// with [NewRateLimiter]: [New] rejects the zero RateLimiter. Every request counts,
// retries and lookups included, and waits for its turn if the limit is reached,
// first come, first served. A 429 of the service pauses all clients that share
// the limiter for as long as the service requests, up to five minutes.
//
// All clients of a company in a program should share one RateLimiter; see
// [WithRateLimiter]. Several machines should split the limit.
//
// A request that cannot be sent before its deadline fails at once with
// [ErrRateLimited]. RetryAt and RateLimitSource of the [*Error] tell when to
// retry and whose limit applies.
type RateLimiter struct{ limiter *ratelimit.Limiter }

// NewRateLimiter returns a limiter for the given limit in any 60 seconds. It also
// applies the limits that hold for every plan: 50 requests per second, and 200 in
// ten seconds per IP address. The latter amounts to 1200 per minute, so a single
// machine cannot reach [RateLimitEnterprise]. [NoRateLimit], like any negative
// limit, disables rate limiting.
func NewRateLimiter(limit RateLimit) *RateLimiter {
	if limit < 0 {
		return &RateLimiter{limiter: ratelimit.New(0, 0)}
	}
	limits := []ratelimit.Limit{{Requests: requestsPerAddress, Per: 10 * time.Second}}
	if limit > 0 {
		limits = append(limits, ratelimit.Limit{Requests: int(limit), Per: time.Minute})
	}
	return &RateLimiter{limiter: ratelimit.New(requestsPerSecond, requestBurst, limits...)}
}

// RateLimitSource tells whose rate limit rejected a request.
type RateLimitSource string

// The sources of rate limits.
const (
	// RateLimitSourceService means that the service responded with 429, to this
	// request or to one of another call that shares the [RateLimiter].
	RateLimitSourceService RateLimitSource = "service"
	// RateLimitSourceClient means that the [RateLimiter] rejected the request. It
	// was not sent.
	RateLimitSourceClient RateLimitSource = "client"
)
