package licensespring

import (
	"context"
	"errors"
	"time"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// settleReads is how often an order is looked up before the SDK gives up
// finding it. A fresh order may be invisible for a moment, so that an empty
// lookup proves nothing; the waits between the reads double, as those between
// attempts do.
const settleReads = 6

// rereadAttempts is how often each of these lookups is sent: a second time, so
// that a rate limit can be waited out.
const rereadAttempts = 2

var (
	errNotSeen   = errors.New("licensespring: the order was not to be seen")
	errPartsSeen = errors.New("licensespring: only a part of the licenses was to be seen")
)

// settle finds out what became of a create that may have been received and was
// not answered with the order. Reply is its last reply, e what that says.
func (k *call) settle(order *Order, req exchange.Request, reply *exchange.Reply, e *Error) (*OrderResult, error) {
	if order.Append {
		return k.settleAppend(order, req, e)
	}
	return k.settlePlain(order, reply, e)
}

// settlePlain looks the order up by its id, which the service gives away only
// once:
//
//	found, and it is what was asked for   Recovered
//	found, with what was asked for and    unknown: somebody may have appended to ours
//	more
//	found, and it is another one          ErrOrderExists: the id was taken before.
//	                                      But after a 2xx, which promised that it was
//	                                      made, nobody can say: unknown
//	not found, after bounded re-reads     unknown: it may yet appear
func (k *call) settlePlain(order *Order, reply *exchange.Reply, e *Error) (*OrderResult, error) {
	rec, odd, err := k.reread(order.ID, legible)
	if err != nil {
		return k.unknown(e, unsettled(e, err), err)
	}
	differences := compareOrder(order, rec, true)
	if isSame(differences) {
		return k.result(Recovered, order, rec, odd), nil
	}
	e.Differences = hard(differences)
	if reply.Ending == exchange.Unreadable || reply.Ending == exchange.Done {
		return k.unknown(e, "an order with the id is there, and differs from the one asked for")
	}
	if onlyMore(e.Differences) {
		return k.unknown(e, "the order with the id holds what was asked for, and more")
	}
	e.Kind, e.Outcome, e.detail, e.Message = ErrOrderExists, Refused, "another order has the id", ""
	if k.op == opEnsure {
		e.Kind = ErrOrderConflict
	}
	return nil, k.fail(e)
}

// settleAppend looks for the keys of the licenses in the order: a key is given
// away only once, so that it tells whether its license was made.
//
//	all are there                     Recovered
//	all are, on other licenses        unknown: nobody but the caller knows who else
//	                                  was given the keys
//	none is, after bounded re-reads   sent again: its keys guard it now
//	some are                          unknown: an append is made whole or not at all,
//	                                  so somebody else had a hand in it
//	no keys to look for               unknown, and never a blind re-send
func (k *call) settleAppend(order *Order, req exchange.Request, e *Error) (*OrderResult, error) {
	if !order.hasAllKeys() {
		return k.unknown(e, "licenses appended without keys cannot be told from others; reserve keys to settle such a call")
	}
	for resent := 1; ; resent++ {
		rec, odd, err := k.reread(order.ID, func(rec *OrderRecord) error { return keysSeen(order, rec) })
		switch {
		case err == nil:
			differences := compareOrder(order, rec, false)
			if isSame(differences) {
				return k.result(Recovered, order, rec, odd), nil
			}
			e.Differences = hard(differences)
			return k.unknown(e, "the keys are there, on licenses that differ from those asked for")
		case !seenNowhere(err) || resent >= k.c.cfg.maxAttempts:
			return k.unknown(e, unsettled(e, err), err)
		}
		reply := k.send(opCreate, req)
		if rec, odd, ok := readMade(order, reply); ok {
			return k.result(k.madeOutcome(order, rec), order, rec, odd), nil
		}
		// Refused perhaps because the first one was made after all: its keys
		// are taken then, and the next look finds them. So whatever the answer
		// is, only a look can tell.
		e = k.refusal(reply)
		if !reply.MayHaveActed() && e.Kind != ErrInvalidRequest && e.Kind != ErrOrderExists {
			return k.unknown(e, e.detail)
		}
	}
}

// seenNowhere reports whether every look was made and none showed anything. A
// search that was broken off (then errors are joined) has not shown that.
func seenNowhere(err error) bool {
	return err == errNotSeen //nolint:errorlint // a joined one is just what must not match
}

// onlyMore reports whether the one difference is that there are more licenses
// than were asked for.
func onlyMore(differences []Difference) bool {
	return len(differences) == 1 && differences[0].Path == pathSurplus
}

// legible fails for a record that does not show its licenses: it proves
// nothing about them.
func legible(rec *OrderRecord) error {
	if !rec.showsLicenses() {
		return errPartsSeen
	}
	return nil
}

// keysSeen reports whether the record shows the keys of all licenses of the
// order; if not, errNotSeen for none of them and errPartsSeen for some, or for a
// record that shows no licenses.
func keysSeen(order *Order, rec *OrderRecord) error {
	if err := legible(rec); err != nil {
		return err
	}
	missing := missingLicenses(order, rec)
	switch total := len(order.licenseKeys()); {
	case len(missing) == 0:
		return nil
	case len(missing) == total:
		return errNotSeen
	default:
		return errPartsSeen
	}
}

// missingLicenses returns the keys of the order that the record does not show.
func missingLicenses(order *Order, rec *OrderRecord) map[string]bool {
	missing := make(map[string]bool)
	for _, key := range order.licenseKeys() {
		missing[key] = true
	}
	for _, key := range rec.LicenseKeys() {
		delete(missing, key)
	}
	return missing
}

func (o *Order) licenseKeys() []string {
	var keys []string
	for i := range o.Items {
		for j := range o.Items[i].Licenses {
			if key := o.Items[i].Licenses[j].Key; key != "" {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// hasAllKeys reports whether every license the order makes carries a key. An
// item without licenses makes what the service likes.
func (o *Order) hasAllKeys() bool {
	licenses := 0
	for i := range o.Items {
		if len(o.Items[i].Licenses) == 0 {
			return false
		}
		licenses += len(o.Items[i].Licenses)
	}
	return licenses > 0 && len(o.licenseKeys()) == licenses
}

// reread looks the order up until enough is content with it. Its error is the
// last one of enough, errNotSeen if the order was never found, or why it could
// not be looked for.
func (k *call) reread(id string, enough func(*OrderRecord) error) (*OrderRecord, []string, error) {
	k.lookups = rereadAttempts
	defer func() { k.lookups = 0 }()
	var last error
	wait := k.c.cfg.waitMin
	for n := range settleReads {
		if n > 0 {
			if err := k.pause(wait); err != nil {
				return nil, nil, errors.Join(last, err)
			}
			wait = min(2*wait, k.c.cfg.waitMax)
		}
		rec, odd, err := k.lookup(opLookup, id)
		switch {
		case err == nil:
			if last = enough(rec); last == nil {
				return rec, odd, nil
			}
		case errors.Is(err, ErrNotFound):
			last = errNotSeen
		case errors.Is(err, ErrUnavailable), errors.Is(err, ErrBadResponse), k.limitPasses(err):
			last = err // a moment from now it may work
		default:
			return nil, nil, err
		}
		if k.ctx.Err() != nil {
			return nil, nil, errors.Join(last, k.ctx.Err())
		}
	}
	return nil, nil, last
}

// longestPause is the longest rate limit that is waited for to look an order up:
// what lasts longer is no pause but a shutdown.
const longestPause = 5 * time.Minute

// limitPasses reports whether err is a rate limit that is over in time. The next
// look waits for that at the budget, which the service's word has paused.
func (k *call) limitPasses(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Kind != ErrRateLimited || e.RetryAt.IsZero() {
		return false
	}
	deadline, ok := k.ctx.Deadline()
	return time.Until(e.RetryAt) <= longestPause && (!ok || e.RetryAt.Before(deadline))
}

// unsettled says in words why an outcome stayed unknown.
func unsettled(e *Error, err error) string {
	why := "the order could not be looked up"
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		why = "the context ended before it could be looked up"
	case errors.Is(err, errNoTime):
		why = "no time was left to look it up again"
	case errors.Is(err, errNotSeen):
		why = "the order was not to be seen"
	case errors.Is(err, errPartsSeen):
		why = "only a part of the order was to be seen"
	case errors.Is(err, ErrUnauthorized):
		why = "the key may not look it up"
	case errors.Is(err, ErrRateLimited):
		why = "a rate limit was in the way of looking it up"
	}
	if e.detail == "" || e.detail == detailContext {
		return why
	}
	return e.detail + "; " + why
}

// pause waits for d, if that fits the time of the call: a wait that cannot end
// in time is not begun.
func (k *call) pause(d time.Duration) error {
	if deadline, ok := k.ctx.Deadline(); ok && time.Until(deadline) <= d {
		return errNoTime
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-k.ctx.Done():
		return k.ctx.Err()
	case <-timer.C:
	}
	if n := len(k.attempts); n > 0 {
		k.attempts[n-1].Wait, k.attempts[n-1].Verdict = d, "looked up again"
	}
	return nil
}

var errNoTime = errors.New("licensespring: the wait does not fit the deadline")
