package fulfillment

import (
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
)

// verdict is what to do about a call that failed.
type verdict struct {
	// dead: the order can never succeed as it is.
	dead bool
	// counts: the failure may be the order's own, so that it is given up after a
	// number of them.
	counts bool
	// hold says whether other orders would fail as well.
	hold hold
	// until is when the service said to come back.
	until time.Time
	// isAnswer: the service answered, so it works.
	isAnswer bool
}

// hold is how a failure stops the whole worker.
type hold int

const (
	// holdStreak: only if it goes on.
	holdStreak hold = iota
	// holdNever: it is about this order.
	holdNever
	// holdNow: the next order would fail for the same reason.
	holdNow
)

// verdicts is the table of the package documentation. A kind that is not in it
// is handled like ErrBadResponse: not understood, so tried again, and not for ever.
var verdicts = [...]struct {
	kind licensespring.ErrorKind
	verdict
}{
	{licensespring.ErrInvalidRequest, verdict{dead: true, hold: holdNever}},
	{licensespring.ErrOrderConflict, verdict{dead: true, hold: holdNever}},
	// An append to an order that is another one; a plain order that is there
	// already ends as Existing or in a conflict.
	{licensespring.ErrOrderExists, verdict{dead: true, hold: holdNever}},
	// The order's own fault only if the service fails on it again and again.
	{licensespring.ErrOutcomeUnknown, verdict{counts: true, hold: holdStreak}},
	// Never reached, or it was before anything was sent: not the order's fault.
	{licensespring.ErrUnavailable, verdict{hold: holdStreak}},
	{licensespring.ErrRateLimited, verdict{hold: holdNow}},
	// The configuration is at fault. Orders wait until somebody mends it.
	{licensespring.ErrUnauthorized, verdict{hold: holdNow}},
	{licensespring.ErrRedirected, verdict{hold: holdNow}},
	// The base URL, or something the order names: it cannot be told.
	{licensespring.ErrNotFound, verdict{counts: true, hold: holdStreak}},
	{licensespring.ErrBadResponse, verdict{counts: true, hold: holdStreak}},
	{licensespring.ErrNotSent, verdict{hold: holdNever}},
}

// judge says what to do about the error of a call.
func judge(err error) verdict {
	v := verdict{counts: true, hold: holdStreak}
	e, ok := errors.AsType[*licensespring.Error](err)
	if !ok {
		return v
	}
	for i := range verdicts {
		if verdicts[i].kind == e.Kind {
			v = verdicts[i].verdict
		}
	}
	v.until = e.RetryAt
	if e.LimitedBy != "" && !v.dead {
		v.hold, v.counts = holdNow, false // whatever else there was, a limit is in the way now
	}
	v.isAnswer = v.dead && e.StatusCode != 0
	return v
}
