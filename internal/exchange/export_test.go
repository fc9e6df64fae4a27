package exchange

import "time"

// The pure functions. Each has a table test.
var (
	ClassifyResponse = classifyResponse
	ClassifyError    = classifyError
	ShouldRetry      = shouldRetry
	NoRetryReason    = noRetryReason
	RetryAfter       = retryAfter
	ErrReplay        = errReplay
	InitialCapacity  = initialCapacity
	NextCapacity     = nextCapacity
	NewFailure       = newFailure
)

// The bounds on waits.
const (
	MaxRetryAfter = maxRetryAfter
	MaxWait       = maxWait
)

// Wait returns the wait after an attempt.
func Wait(x *Exchanger, a Attempt, hint time.Duration, hinted bool) time.Duration {
	return x.wait(&a, hint, hinted)
}
