package exchange

import "time"

// For the tests: the pure functions, each of which is a table of its own.
var (
	ClassifyAnswer = classifyAnswer
	ClassifyError  = classifyError
	MayResend      = mayResend
	WhyNot         = whyNot
	RetryAfter     = retryAfter
	ErrTooLarge    = errTooLarge
	ErrReplay      = errReplay
	FirstSize      = firstSize
)

// The bounds on waits.
const (
	MaxRetryAfter = maxRetryAfter
	LongestWait   = longestWait
)

// Wait is the wait after an attempt.
func Wait(x *Exchanger, a Attempt, hint time.Duration, hinted bool) time.Duration {
	return x.wait(&a, hint, hinted)
}

// NewFailure is a failure of a call whose context is over, or not.
var NewFailure = newFailure
