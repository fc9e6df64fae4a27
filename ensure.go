package licensespring

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// EnsureOrder makes sure that the order is there, once, and says how it came
// to be. It can be called any number of times with the same order: by a
// webhook that is delivered twice, from several machines at once, after a
// crash in the middle of the last call.
//
// Without an error the order is there as asked for: [Created] (or [Appended],
// [Recovered]) by this call, [Existing] if it was there before. With one:
//
//   - [ErrOrderConflict]: the id belongs to an order that differs; the
//     Differences of the [*Error] list how, with the paths that validation uses.
//     What counts as a difference is written in the package documentation.
//   - [ErrOutcomeUnknown]: it could not be found out. Call again later.
//   - the other errors of [Client.CreateOrder], with the same meaning.
//
// A plain order is sent at once, for only the service can decide a race, and
// looked up when its id is taken. An append is looked up first and converges:
// licenses that are there already are not sent again. That takes keys to know
// them by, so an append whose licenses do not all have one is refused with
// [ErrInvalidRequest]; [Client.ReserveKeys] fills them in.
func (c *Client) EnsureOrder(ctx context.Context, order *Order) (*OrderResult, error) {
	k := c.begin(ctx, opEnsure, order)
	defer k.end()

	req, findings, err := c.createRequest(order)
	if err != nil {
		return nil, k.invalid(NotSent, err)
	}
	k.sending(req.Body, findings)
	if order.Append {
		return k.ensureAppend(order, req)
	}
	return k.create(order, req)
}

// RuleAppendWithoutKeys is a fault of EnsureOrder: an append whose licenses do
// not all carry a key cannot be told from the same append made before.
const RuleAppendWithoutKeys = "append_without_keys"

// ensureAppend looks which licenses of an append are there, and sends the rest.
func (k *call) ensureAppend(order *Order, req exchange.Request) (*OrderResult, error) {
	if !order.hasAllKeys() {
		return nil, k.invalid(NotSent, fault("items", RuleAppendWithoutKeys,
			"every license of an append needs a key, so that it can be found again"))
	}
	rec, odd, err := k.lookup(opLookup, order.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return k.create(order, req)
	case err != nil:
		e := lookupError(err)
		e.Outcome = NotSent // nothing that makes anything was sent
		return nil, k.fail(e)
	case !rec.showsLicenses():
		return nil, k.fail(&Error{
			Kind: ErrBadResponse, Outcome: NotSent, detail: "the order is there, and does not show which licenses it has",
		})
	}
	k.part = &part{of: order}
	return k.converge(rec, odd, &Error{})
}

// part is what of an append is sent, because the rest is there already.
type part struct {
	of     *Order
	keys   map[string]bool // of the licenses that are sent
	places []place         // of these licenses in the whole, in the order they are sent
}

// converge sends those licenses that rec does not show, if those it shows are
// as asked for.
func (k *call) converge(rec *OrderRecord, odd []string, e *Error) (*OrderResult, error) {
	order := k.part.of
	missing := missingLicenses(order, rec)
	switch {
	case len(missing) == 0:
		return k.existing(order, rec, odd, e)
	case k.part.keys != nil && len(missing) >= len(k.part.keys):
		// Somebody was seen to have made some of these since, and now less is to
		// be seen than before: without an end to it this would go round for ever.
		return k.unknown(e, "what is to be seen of the order changes from one look to the next")
	}
	there := make(map[string]bool)
	for _, key := range order.licenseKeys() {
		there[key] = !missing[key]
	}
	if differences := comparePart(order, rec, there); !isSame(differences) {
		return nil, k.conflict(differences, e)
	}
	k.part.keys = missing
	toSend := k.part.order()
	req, _, err := k.c.createRequest(toSend)
	if err != nil {
		return nil, k.invalid(NotSent, err)
	}
	return k.create(toSend, req)
}

// order returns a copy of the whole with just the licenses of the part, and
// notes their places.
func (p *part) order() *Order {
	o := p.of.Clone()
	p.places = p.places[:0]
	items := o.Items[:0]
	for i, item := range o.Items {
		licenses := item.Licenses[:0]
		for j, l := range item.Licenses {
			if p.keys[l.Key] {
				licenses = append(licenses, l)
				p.places = append(p.places, place{item: i, license: j})
			}
		}
		if item.Licenses = licenses; len(licenses) > 0 {
			items = append(items, item)
		}
	}
	o.Items = items
	return o
}

// path returns the place in the whole of what is at a place of the part.
func (p *part) path(path string) string {
	if p == nil {
		return path
	}
	here := place{item: -1} // of the part, where the loop is
	for i, at := range p.places {
		if i == 0 || p.places[i-1].item != at.item {
			here = place{item: here.item + 1, license: -1}
		}
		here.license++
		if rest, ok := strings.CutPrefix(path, here.String()); ok {
			return at.String() + rest
		}
		if rest, ok := strings.CutPrefix(path, here.itemString()); ok && !strings.HasPrefix(rest, ".licenses[") {
			return at.itemString() + rest
		}
	}
	return path
}

// ensureRefused looks whether the order is there when it was refused: because
// its id is taken, or, of an append, because somebody else who ensures the
// same order was faster and its keys are taken.
func (k *call) ensureRefused(order *Order, e *Error) (*OrderResult, error) {
	if order.Append {
		return k.appendRefused(order, e)
	}
	if e.Kind != ErrOrderExists {
		return nil, k.fail(e)
	}
	rec, odd, err := k.reread(order.ID, legible)
	if err != nil {
		return k.unknown(e, "the id is taken; "+unsettled(&Error{}, err), err)
	}
	return k.existing(order, rec, odd, e)
}

func (k *call) appendRefused(order *Order, e *Error) (*OrderResult, error) {
	if !mayBeTaken(e) {
		return nil, k.fail(e)
	}
	rec, odd, err := k.reread(order.ID, func(rec *OrderRecord) error {
		err := keysSeen(order, rec)
		if legible(rec) == nil && !errors.Is(err, errNotSeen) {
			return nil // somebody was here, with all of it or with some
		}
		return errNotSeen
	})
	switch {
	case seenNowhere(err):
		return nil, k.fail(e) // refused for what it is, then
	case err != nil:
		return k.unknown(e, "its keys may be taken; "+unsettled(&Error{}, err), err)
	}
	if k.part == nil {
		k.part = &part{of: order}
	}
	return k.converge(rec, odd, e) // each time with less to send, or it ends
}

// mayBeTaken reports whether an append may have been refused because its keys
// are taken. How the service says that is not documented.
func mayBeTaken(e *Error) bool {
	switch {
	case e.Kind == ErrOrderExists:
		return true
	case e.Kind != ErrInvalidRequest || isAboutOther(e.Code):
		return false
	}
	return len(e.Fields) == 0 || slices.ContainsFunc(e.Fields, func(f FieldError) bool {
		return strings.HasSuffix(f.Path, "key") || strings.HasSuffix(f.Path, "]") || !strings.Contains(f.Path, "[")
	})
}

// existing is the end of a call whose order was there before: as asked for, or
// not.
func (k *call) existing(order *Order, rec *OrderRecord, odd []string, e *Error) (*OrderResult, error) {
	differences := compareOrder(order, rec, !order.Append)
	if isSame(differences) {
		return k.result(Existing, order, rec, odd), nil
	}
	return nil, k.conflict(differences, e)
}

func (k *call) conflict(differences []Difference, e *Error) error {
	e.Kind, e.Outcome, e.Differences = ErrOrderConflict, Refused, hard(differences)
	e.detail, e.Message = "the order that is there differs", "" // the service's says less
	return k.fail(e)
}
