package fulfillment

import (
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
)

// decision describes how a worker handles a failed call.
type decision struct {
	// deadLetter: the order cannot succeed unchanged.
	deadLetter bool
	// counts: the order may have caused the failure, so that the delivery counts
	// toward the maximum.
	counts bool
	pause  pause
	// retryAt is the earliest time for a retry, if the service or the rate limiter
	// reported one.
	retryAt time.Time
	// responded: the service rejected the order, so that it is available.
	responded bool
}

// pause describes whether a failed call pauses the worker.
type pause int

const (
	// pauseAfterStreak pauses after several failures in a row.
	pauseAfterStreak pause = iota
	// pauseNever: only this order is affected.
	pauseNever
	// pauseNow: the next order would fail for the same reason.
	pauseNow
)

// decisions is the table of the package documentation. Each kind occurs once, so
// that the order of the entries is irrelevant.
var decisions = [...]kindDecision{
	{licensespring.ErrInvalidRequest, decision{deadLetter: true, pause: pauseNever}},
	{licensespring.ErrOrderConflict, decision{deadLetter: true, pause: pauseNever}},
	// Only an append ends with ErrOrderExists: another order has the id.
	{licensespring.ErrOrderExists, decision{deadLetter: true, pause: pauseNever}},
	// EnsureOrder settles the outcome. It counts in case it never can.
	{licensespring.ErrOutcomeUnknown, decision{counts: true, pause: pauseAfterStreak}},
	{licensespring.ErrUnavailable, decision{pause: pauseAfterStreak}},
	{licensespring.ErrRateLimited, decision{pause: pauseNow}},
	// The API key or the base URL is wrong, and not the order.
	{licensespring.ErrUnauthorized, decision{pause: pauseNow}},
	{licensespring.ErrRedirected, decision{pause: pauseNow}},
	// The base URL may be wrong, or something in the order.
	{licensespring.ErrNotFound, decision{counts: true, pause: pauseAfterStreak}},
	{licensespring.ErrBadResponse, decision{counts: true, pause: pauseAfterStreak}},
	{licensespring.ErrNotSent, decision{pause: pauseNever}},
}

type kindDecision struct {
	kind licensespring.ErrorKind
	decision
}

// defaultDecision applies to errors of other packages and to unknown kinds.
var defaultDecision = decision{counts: true, pause: pauseAfterStreak} //nolint:gochecknoglobals // it is never assigned to

// decide returns the decision for the error of a call.
func decide(err error) decision { return decideBy(decisions[:], err) }

// decideBy looks an error up by its kind, and not by errors.Is: an error that
// matches several kinds would make the result depend on the order of the table.
// An unknown outcome has precedence over the kind.
func decideBy(table []kindDecision, err error) decision {
	e, ok := errors.AsType[*licensespring.Error](err)
	if !ok {
		return defaultDecision
	}
	kind := e.Kind
	if licensespring.OutcomeOf(err) == licensespring.OutcomeUnknown {
		kind = licensespring.ErrOutcomeUnknown
	}
	d := defaultDecision
	for i := range table {
		if table[i].kind == kind {
			d = table[i].decision
		}
	}
	d.retryAt = e.RetryAt
	// A rate limit during the lookup is not caused by the order.
	if e.RateLimitSource != "" && !d.deadLetter {
		d.pause, d.counts = pauseNow, false
	}
	d.responded = d.deadLetter && e.StatusCode != 0
	return d
}
