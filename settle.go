package licensespring

import (
	"context"
	"errors"
	"time"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

const (
	// maxPolls is the maximum number of lookups that settle an outcome. A new
	// order may be invisible for a moment, so one empty lookup proves nothing.
	maxPolls = 6
	// pollAttempts is the maximum number of attempts of such a lookup: a retry
	// waits out a rate limit, and the polling itself repeats the lookup.
	pollAttempts = 2
	// maxPause is the longest rate limit that polling waits for.
	maxPause = 5 * time.Minute
)

var (
	errNotVisible      = errors.New("licensespring: order not visible yet")
	errPartlyVisible   = errors.New("licensespring: order only partly visible")
	errExceedsDeadline = errors.New("licensespring: wait exceeds deadline")
)

// lookup is the result of looking up an order.
type lookup struct {
	rec        *OrderRecord
	unreadable []string // paths of unreadable members
	productErr error    // why rec does not show the codes of all its products
}

// pollOrder looks up the order until accept returns nil for its record and the
// codes of its products are known. The waits between the lookups double, like
// those between attempts. The error is errNotVisible if no lookup found the order,
// errPartlyVisible if one showed a part and the last none, the last error of accept, or the reason why the lookups ended early. If only the
// products stay unknown, it is nil.
func (op *operation) pollOrder(order *Order, accept func(*OrderRecord) error) (*lookup, error) {
	var (
		found  *lookup
		last   error
		partly bool // a lookup showed a part of the order
	)
	wait := op.client.cfg.waitMin
	for n := range maxPolls {
		if n > 0 {
			if err := op.pause(wait); err != nil {
				last = errors.Join(last, err)
				break
			}
			wait = min(2*wait, op.client.cfg.waitMax)
		}
		var err error
		if found == nil {
			var candidate lookup
			candidate.rec, candidate.unreadable, err = op.findOrder(OpLookUpOrder, order.ID, pollAttempts)
			switch {
			case errors.Is(err, ErrNotFound):
				err = errNotVisible
			case err == nil:
				if err = accept(candidate.rec); err == nil {
					found = &candidate
				}
			}
		}
		if found != nil { // only the products are read again
			err = op.verifyProducts(order, found.rec, pollAttempts)
		}
		switch {
		case err == nil:
			return found, nil
		case errors.Is(err, errNotVisible) && partly: // a replica that is behind
			last = errPartlyVisible
		case errors.Is(err, errNotVisible), errors.Is(err, errPartlyVisible):
			last, partly = err, errors.Is(err, errPartlyVisible)
		case errors.Is(err, errProductUnknown):
			found.productErr = err
			return found, nil
		case errors.Is(err, ErrUnavailable), errors.Is(err, ErrBadResponse), op.canWaitOut(err):
			last = err // the next lookup may succeed
		case found != nil:
			found.productErr = err
			return found, nil
		default:
			return nil, err
		}
		if op.ctx.Err() != nil {
			last = errors.Join(last, op.ctx.Err())
			break
		}
	}
	if found != nil {
		found.productErr = last
		return found, nil
	}
	return nil, last
}

// pause waits for d. It returns an error at once if the wait exceeds the
// deadline.
func (op *operation) pause(d time.Duration) error {
	if deadline, ok := op.ctx.Deadline(); ok && time.Until(deadline) <= d {
		return errExceedsDeadline
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-op.ctx.Done():
		return op.ctx.Err()
	case <-timer.C:
	}
	if n := len(op.attempts); n > 0 {
		last := &op.attempts[n-1]
		if last.Wait, last.Decision = d, "poll again"; last.Op.writes() {
			last.Decision = "read back"
		}
	}
	return nil
}

// canWaitOut reports whether err is a rate limit that ends before the deadline.
// The next lookup waits for it: the service's 429 has paused the rate limiter.
func (op *operation) canWaitOut(err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Kind != ErrRateLimited || e.RetryAt.IsZero() {
		return false
	}
	deadline, ok := op.ctx.Deadline()
	return time.Until(e.RetryAt) <= maxPause && (!ok || e.RetryAt.Before(deadline))
}

// neverVisible reports whether all lookups of pollOrder took place and none
// found the order. Lookups that ended early return a joined error instead.
func neverVisible(err error) bool {
	return err == errNotVisible //nolint:errorlint // a joined error must not match
}

// requireLicenses fails for a record that does not show its licenses: it proves
// nothing about them.
func requireLicenses(rec *OrderRecord) error {
	if !rec.showsLicenses() {
		return errPartlyVisible
	}
	return nil
}

// requireKeys fails unless the record shows the keys of all licenses of the
// order: with errNotVisible if it shows none of them, and with errPartlyVisible
// if it shows some, or no licenses at all.
func requireKeys(order *Order, rec *OrderRecord) error {
	if err := requireLicenses(rec); err != nil {
		return err
	}
	missing := missingLicenses(order, rec)
	switch len(missing) {
	case 0:
		return nil
	case len(order.licenseKeys()):
		return errNotVisible
	default:
		return errPartlyVisible
	}
}

// missingLicenses returns the license keys of the order that the record does not
// show.
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

// hasAllKeys reports whether every license that the order creates has a key. An
// item without licenses leaves their number to the service.
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

// unsettledReason returns the detail of an error whose outcome stays unknown:
// how the create ended, and why the lookups did not settle it.
func unsettledReason(detail string, err error) string {
	reason := "lookup failed"
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		reason = "context done before the lookup"
	case errors.Is(err, errExceedsDeadline):
		reason = "no time left for another lookup"
	case errors.Is(err, errNotVisible):
		reason = "order not visible yet"
	case errors.Is(err, errProductUnknown):
		reason = "the record does not show its products"
	case errors.Is(err, errPartlyVisible):
		reason = "order only partly visible"
	case errors.Is(err, ErrUnauthorized):
		reason = "the API key is not permitted to read the order"
	case errors.Is(err, exchange.ErrTooLarge):
		reason = "the order is too large to read; see WithMaxResponseBytes"
	case errors.Is(err, ErrRateLimited):
		reason = "rate limited during lookup"
	}
	if detail == "" || detail == detailContext {
		return reason
	}
	return detail + "; " + reason
}
