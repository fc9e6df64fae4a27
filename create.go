package licensespring

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// CreateOrder creates an order and reports its outcome.
//
// A nil error means that the order exists: the Outcome of the result is
// [OutcomeCreated], [OutcomeAppended], or [OutcomeRecovered] if the response was
// lost and a lookup found the order. After an error, its Outcome is
// [OutcomeRejected] or [OutcomeNotSent] if this call created nothing, and
// [OutcomeUnknown] if it may have. The error matches
//
//   - [ErrInvalidRequest] if the order is invalid. If it was found to be before
//     sending, errors.As finds a [*ValidationError] with all findings.
//   - [ErrOrderExists] if the id was taken before this call.
//   - [ErrUnauthorized], [ErrRateLimited], [ErrRedirected], [ErrNotFound] or
//     [ErrUnavailable] if the order was rejected or could not be sent.
//   - [ErrNotSent], in addition to one of the above, if no attempt reached the
//     service.
//   - [ErrOutcomeUnknown], and no other kind, if the order may have been created.
//     [Client.EnsureOrder] with the same order settles it, now or after a
//     restart.
//
// CreateOrder retries only where a retry cannot create a second order; see the
// package documentation. It does not modify the order. When ctx is done, it
// returns promptly.
func (c *Client) CreateOrder(ctx context.Context, order *Order) (*OrderResult, error) {
	op := c.begin(ctx, OpCreateOrder, order.id())
	defer op.finish()

	sub, err := op.prepare(order)
	switch {
	case err != nil:
		return nil, op.invalid(err)
	case order.Append:
		return op.sendAppend(sub)
	default:
		return op.sendOrder(sub)
	}
}

// id returns the id of the order, and "" if the order is nil.
func (o *Order) id() string {
	if o == nil {
		return ""
	}
	return o.ID
}

// sendOrder sends a plain order, which its id protects against being created
// twice, and finds out how the create ended:
//
//	last response                an attempt is ambiguous   then
//	2xx that shows the order     any                       created
//	other                        yes                       look up and compare
//	"id taken", in EnsureOrder   no                        look up and compare
//	other                        no                        rejected or not sent
//
// A record that shows only a part of what was sent, and nothing else, may not be
// complete yet: an order may be visible before its licenses. It is looked up again.
// If it stays so, the outcome is unknown after an ambiguous attempt, and otherwise
// the record is of another order.
func (op *operation) sendOrder(sub *submission) (*OrderResult, error) {
	resp := op.send(OpCreateOrder, sub.req)
	if created, ok := readCreated(sub.order, resp); ok {
		return op.result(OutcomeCreated, created, sub.differences(created.rec)), nil
	}
	e := op.createError(sub, resp)
	ambiguous := e.Outcome == OutcomeUnknown
	if !ambiguous && (op.name != OpEnsureOrder || e.Kind != ErrOrderExists) {
		return nil, op.fail(e)
	}
	var subset []Difference // of the last record that shows only a part of the order
	found, err := op.pollOrder(sub.order, func(rec *OrderRecord) error {
		subset = nil
		if err := requireLicenses(rec); err != nil {
			return err
		}
		if breaking := breakingDifferences(sub.differences(rec)); onlyMissing(breaking) {
			subset = breaking
			return errPartlyVisible
		}
		return nil
	})
	switch {
	case err == errPartlyVisible && !ambiguous && subset != nil: //nolint:errorlint // a joined error: lookups ended early
		e.Differences = subset // after all lookups, what is missing does not exist
		return nil, op.conflict(e)
	case err != nil && ambiguous:
		return nil, op.unknown(e, unsettledReason(e.detail, err), err)
	case err != nil:
		return nil, op.unknown(e, "the id is taken; "+unsettledReason("", err), err)
	}
	differences := sub.differences(found.rec)
	switch {
	case !allTolerated(differences):
	case found.productErr != nil:
		return nil, op.unknown(e, unsettledReason(e.detail, found.productErr), found.productErr)
	case ambiguous:
		return op.result(OutcomeRecovered, found, differences), nil
	default:
		return op.result(OutcomeExisting, found, differences), nil
	}
	e.Differences = breakingDifferences(differences)
	if ambiguous {
		switch {
		case isSuccess(resp): // the service reported that it created the order
			return nil, op.unknown(e, "an order with this id exists and differs from the one sent", found.productErr)
		case onlySurplus(e.Differences): // it may have been appended to
			return nil, op.unknown(e, "the order holds what was sent and additional licenses", found.productErr)
		}
	}
	return nil, op.conflict(e)
}

// sendAppend sends an append until its outcome is known. The id of an append
// protects nothing, so only the license keys can: a key is assigned once.
//
// After an ambiguous attempt:
//
//	licenses without keys         unknown; the append is never repeated
//	all keys visible              recovered, or unknown if other licenses have them
//	no key visible, all lookups   sent as a new request, which its keys protect
//	some keys visible             unknown: an append is applied as a whole, so
//	                              another caller used the keys
//
// In EnsureOrder, a rejection that may mean "key taken" is followed by a lookup
// too: another call may have added some of the licenses. The rest is sent.
func (op *operation) sendAppend(sub *submission) (*OrderResult, error) {
	ambiguous := false // an attempt may have applied sub
	for resends := 0; ; {
		resp := op.send(OpCreateOrder, sub.req)
		if created, ok := readCreated(sub.order, resp); ok {
			return op.result(OutcomeAppended, created, sub.differences(created.rec)), nil
		}
		e := op.createError(sub, resp)
		if !ambiguous && e.Outcome != OutcomeUnknown {
			next, res, err := op.ensureRejected(sub, e)
			if next == nil {
				return res, err
			}
			sub, resends = next, 0
			continue
		}
		switch {
		case !sub.order.hasAllKeys():
			return nil, op.unknown(e, "licenses without keys cannot be looked up; use AssignKeys before an append")
		case e.Outcome != OutcomeUnknown && e.Kind != ErrInvalidRequest && e.Kind != ErrOrderExists:
			return nil, op.unknown(e, e.detail) // of an earlier attempt
		}
		ambiguous = true
		found, err := op.pollOrder(sub.order, func(rec *OrderRecord) error { return requireKeys(sub.order, rec) })
		switch {
		case err == nil:
			return op.recovered(sub, found, e)
		case !neverVisible(err) || resends >= op.client.cfg.maxAttempts-1:
			return nil, op.unknown(e, unsettledReason(e.detail, err), err)
		}
		resends++
	}
}

// recovered ends an ambiguous append whose keys are all visible.
func (op *operation) recovered(sub *submission, found *lookup, e *Error) (*OrderResult, error) {
	differences := compareOrder(sub.order, found.rec, false)
	switch {
	case !allTolerated(differences):
		e.Differences = breakingDifferences(differences)
		return nil, op.unknown(e, "licenses with these keys exist and differ from those sent", found.productErr)
	case found.productErr != nil:
		return nil, op.unknown(e, unsettledReason(e.detail, found.productErr), found.productErr)
	default:
		return op.result(OutcomeRecovered, found, sub.differences(found.rec)), nil
	}
}

// readCreated reads the record from a response that shows the created order. A
// 2xx with other JSON, or with another order, does not prove anything.
func readCreated(order *Order, resp *exchange.Response) (*lookup, bool) {
	if resp.Ending != exchange.OK {
		return nil, false
	}
	rec, unreadable := readOrderRecord(resp.Document)
	if !rec.showsOrder() || (rec.StoreID != "" && !sameID(rec.StoreID, order.ID)) {
		return nil, false
	}
	return &lookup{rec: rec, unreadable: unreadable}, true
}

// isSuccess reports whether the last response was a 2xx, readable or not.
func isSuccess(resp *exchange.Response) bool {
	return resp.Ending == exchange.BadBody || resp.Ending == exchange.OK
}

// createError returns the error of a create whose response does not show the
// order. Its outcome is unknown if any attempt may have been applied, and
// otherwise set by fail.
func (op *operation) createError(sub *submission, resp *exchange.Response) *Error {
	e := op.responseError(resp)
	if resp.Ending == exchange.OK {
		e.detail = "the response does not show the order"
	}
	if e.Kind == ErrNotFound {
		e.detail = "no such endpoint; check the base URL"
	}
	for i := range e.Fields {
		e.Fields[i].Path = sub.wholePath(e.Fields[i].Path)
	}
	if resp.MayHaveActed() {
		e.Outcome = OutcomeUnknown
	}
	return e
}

// conflict ends the operation with the error that another order has the id.
func (op *operation) conflict(e *Error) error {
	e.Kind, e.Outcome = ErrOrderExists, ""
	if op.name == OpEnsureOrder {
		e.Kind = ErrOrderConflict
	}
	e.detail, e.Message = "the existing order differs; review Differences", "" // more precise than the service's message
	return op.fail(e)
}

// unknown ends the operation with the error that it may have taken effect.
func (op *operation) unknown(e *Error, detail string, causes ...error) error {
	e.Outcome, e.detail = OutcomeUnknown, detail
	for _, err := range causes {
		e.addCauses(err)
		var lookup *Error
		if errors.As(err, &lookup) && !lookup.RetryAt.IsZero() {
			e.RetryAt, e.RateLimitSource = lookup.RetryAt, lookup.RateLimitSource
		}
	}
	return op.fail(e)
}

// addCauses adds the causes of err, without the errors of this package among
// them: the error must not match the kind of a failed lookup.
func (e *Error) addCauses(err error) {
	switch wrapped := err.(type) { //nolint:errorlint // the tree itself is walked
	case nil:
	case interface{ Unwrap() []error }: // includes *Error
		for _, cause := range wrapped.Unwrap() {
			e.addCauses(cause)
		}
	default:
		// Comparing errors of an uncomparable type panics.
		if !reflect.ValueOf(err).Comparable() || !slices.Contains(e.causes, err) {
			e.causes = append(e.causes, err)
		}
	}
}
