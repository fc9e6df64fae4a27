package licensespring

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// EnsureOrder makes sure that the order exists, once, and reports whether this
// call created it. It can be called any number of times with the same order: for
// a webhook that is delivered twice, by several machines at the same time, or
// after a crash during an earlier call.
//
// A nil error means that the order exists as given: [OutcomeCreated] (or
// [OutcomeAppended], [OutcomeRecovered]) if this call created it,
// [OutcomeExisting] if it existed before. The error matches
//
//   - [ErrOrderConflict] if the id belongs to a different order. The Differences
//     of the [*Error] list how, with the paths that validation uses; see
//     [Order.Diff].
//   - [ErrOutcomeUnknown], and no other kind, if the outcome could not be
//     determined. Call EnsureOrder again later.
//   - one of the other errors of [Client.CreateOrder], with the same meaning.
//
// EnsureOrder sends a plain order at once and looks it up if the id is taken:
// only the service can decide between two callers. It looks up an append first
// and sends only the licenses that do not exist yet. It recognizes them by their
// keys, so an append with a license without a key is rejected with
// [ErrInvalidRequest]; [Client.AssignKeys] sets the keys.
func (c *Client) EnsureOrder(ctx context.Context, order *Order) (*OrderResult, error) {
	op := c.begin(ctx, OpEnsureOrder, order.id())
	defer op.finish()

	sub, err := op.prepare(order)
	if err != nil {
		return nil, op.invalid(err)
	}
	if !order.Append {
		return op.sendOrder(sub)
	}
	next, res, err := op.lookUpAppend(sub)
	if next == nil {
		return res, err
	}
	return op.sendAppend(next)
}

// lookUpAppend looks up the order before an append is sent. It returns the
// submission of the licenses that do not exist yet or, if there is nothing to
// send, how the operation ended.
func (op *operation) lookUpAppend(sub *submission) (*submission, *OrderResult, error) {
	if !sub.order.hasAllKeys() {
		return nil, nil, op.invalid(validationError("items", RuleAppendWithoutKeys,
			"every license of an append needs a key, so that it can be looked up"))
	}
	rec, unreadable, err := op.findOrder(OpLookUpOrder, sub.order.ID, 0)
	switch {
	case errors.Is(err, ErrNotFound):
		return sub, nil, nil
	case err != nil:
		return nil, nil, op.fail(asError(err))
	case !rec.showsLicenses():
		return nil, nil, op.fail(&Error{Kind: ErrBadResponse, detail: "the order exists, and the response does not show its licenses"})
	}
	found := &lookup{rec: rec, unreadable: unreadable, productErr: op.verifyProducts(sub.order, rec, 0)}
	return op.remaining(sub, found, &Error{})
}

// ensureRejected decides about an append that was rejected before anything was
// applied. In CreateOrder that is final. In EnsureOrder another caller may have
// added licenses with the same keys: then the remaining ones are sent.
func (op *operation) ensureRejected(sub *submission, e *Error) (*submission, *OrderResult, error) {
	if op.name != OpEnsureOrder || !mayBeTaken(e) {
		return nil, nil, op.fail(e)
	}
	found, err := op.pollOrder(sub.order, func(rec *OrderRecord) error {
		if err := requireKeys(sub.order, rec); requireLicenses(rec) != nil || errors.Is(err, errNotVisible) {
			return errNotVisible
		}
		return nil // all of the keys are visible, or some
	})
	switch {
	case neverVisible(err):
		return nil, nil, op.fail(e) // rejected for another reason
	case err != nil:
		return nil, nil, op.unknown(e, "license keys may be taken; "+unsettledReason("", err), err)
	}
	return op.remaining(sub, found, e)
}

// remaining returns the submission of those licenses that the record does not show,
// if those it shows are as wanted. Otherwise it ends the operation. E is the error
// to complete in that case.
func (op *operation) remaining(sub *submission, found *lookup, e *Error) (*submission, *OrderResult, error) {
	whole := sub.whole
	missing := missingLicenses(whole, found.rec)
	if sub.keys != nil && len(missing) >= len(sub.keys) {
		// Without progress the loop would not end.
		return nil, nil, op.unknown(e, "lookups show fewer licenses than before")
	}
	var differences []Difference
	if len(missing) == 0 {
		differences = compareOrder(whole, found.rec, false)
	} else {
		existing := make(map[string]bool)
		for _, key := range whole.licenseKeys() {
			existing[key] = !missing[key]
		}
		differences = compareLicenses(whole, found.rec, existing)
	}
	switch {
	case !allTolerated(differences):
		e.Differences = breakingDifferences(differences)
		return nil, nil, op.conflict(e)
	case found.productErr != nil:
		return nil, nil, op.fail(asError(found.productErr)) // this call has created nothing
	case len(missing) == 0:
		return nil, op.result(OutcomeExisting, found, differences), nil
	}
	next, err := op.prepareSome(whole, missing)
	if err != nil {
		return nil, nil, op.invalid(err)
	}
	return next, nil, nil
}

// mayBeTaken reports whether an append may have been rejected because a license
// key is taken. How the service reports that is not documented.
func mayBeTaken(e *Error) bool {
	switch {
	case e.Kind == ErrOrderExists:
		return true
	case e.Kind != ErrInvalidRequest || isUnrelatedToKeys(e.Code):
		return false
	}
	return len(e.Fields) == 0 || slices.ContainsFunc(e.Fields, func(f FieldError) bool {
		return strings.HasSuffix(f.Path, "key") || strings.HasSuffix(f.Path, "]") || !strings.Contains(f.Path, "[")
	})
}
