package licensespring

import (
	"errors"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// create sends the request of a create and finds out what became of it. This
// is the whole decision, from the last reply to one of made, refused, unknown:
//
//	the last reply                      some attempt may have acted   then
//	2xx that shows the order            –                             made
//	anything else                       no                            refused
//	anything else                       yes                           settle: look it up
func (k *call) create(order *Order, req exchange.Request) (*OrderResult, error) {
	reply := k.send(opCreate, req)
	if rec, odd, ok := readMade(order, reply); ok {
		return k.result(k.madeOutcome(order, rec), order, rec, odd), nil
	}
	e := k.refusal(reply)
	if reply.Ending == exchange.Done {
		e.detail = "the answer does not show the order"
	}
	if reply.MayHaveActed() {
		return k.settle(order, req, reply, e)
	}
	e.Outcome = NotSent
	if answered(reply) {
		e.Outcome = Refused
		if e.Kind == ErrNotSent { // of the last attempt alone; before it came a 429
			e.Kind = ErrRateLimited
		}
	}
	return k.refused(order, e)
}

// readMade reads the record from a reply that says the order was made. Not
// every 2xx does: JSON that shows no order, or somebody else's, is as good as
// no answer at all.
func readMade(order *Order, reply *exchange.Reply) (*OrderRecord, []string, bool) {
	if reply.Ending != exchange.Done {
		return nil, nil, false
	}
	rec, odd := readOrderRecord(reply.Body)
	if !rec.showsOrder() || (rec.StoreID != "" && !sameID(rec.StoreID, order.ID)) {
		return nil, nil, false
	}
	return &rec, odd, true
}

// sameID compares ids as the service keeps them. It cuts off space around a
// text; validation keeps such ids from being sent in the first place.
func sameID(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

// madeOutcome tells an append to an order that was there from one that made
// the order: in the latter the record holds no licenses but those asked for.
func (k *call) madeOutcome(order *Order, rec *OrderRecord) Outcome {
	switch {
	case !order.Append:
		return Created
	case k.part != nil: // it was looked up before
		return Appended
	}
	asked := 0
	for i := range order.Items {
		asked += len(order.Items[i].Licenses)
	}
	if len(rec.OrderItems) > 0 && len(rec.Licenses()) == asked {
		return Created
	}
	return Appended
}

// answered reports whether any attempt got an answer.
func answered(reply *exchange.Reply) bool {
	for i := range reply.Attempts {
		if reply.Attempts[i].Phase == exchange.Answered {
			return true
		}
	}
	return false
}

// refused is the end of a create of which nothing was made by this call. For
// EnsureOrder an order that is there is not the end yet.
func (k *call) refused(order *Order, e *Error) (*OrderResult, error) {
	if k.op == opEnsure {
		return k.ensureRefused(order, e)
	}
	return nil, k.fail(e)
}

// unknown is the end of a create that may have made the order.
func (k *call) unknown(e *Error, detail string, causes ...error) (*OrderResult, error) {
	e.Outcome, e.detail = Unknown, detail
	for _, err := range causes {
		e.addCauses(err)
		var lookup *Error
		if errors.As(err, &lookup) && !lookup.RetryAt.IsZero() {
			e.RetryAt, e.LimitedBy = lookup.RetryAt, lookup.LimitedBy
		}
	}
	return nil, k.fail(e)
}

// addCauses takes over the causes of err, but not the errors of this package
// among them: a lookup that was not authorized must not make the whole match
// ErrUnauthorized, which says that nothing was made.
func (e *Error) addCauses(err error) {
	switch wrapped := err.(type) { //nolint:errorlint // it is the tree that is walked
	case nil:
	case interface{ Unwrap() []error }: // an *Error too
		for _, cause := range wrapped.Unwrap() {
			e.addCauses(cause)
		}
	default:
		if !slices.Contains(e.causes, err) {
			e.causes = append(e.causes, err)
		}
	}
}
