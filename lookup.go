package licensespring

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// read sends a request that changes nothing.
func (k *call) read(op, path, query string) *exchange.Reply {
	req := k.c.readRequest(path, query)
	req.MaxAttempts = k.lookups
	return k.send(op, req)
}

// lookup finds the order with the caller's id, complete with its items.
func (k *call) lookup(op, storeID string) (*OrderRecord, []string, error) {
	filter := OrderFilter{StoreID: storeID}
	offset := 0
	for range scannedPages {
		p, err := k.list(op, filter, offset, maxPageSize)
		if err != nil {
			return nil, nil, err
		}
		for i := range p.records {
			rec := &p.records[i]
			if !filter.matches(rec) {
				continue
			}
			if rec.complete() || rec.ID == 0 {
				return rec, p.odd[i], nil
			}
			return k.getAs(op, rec.ID, storeID) // a list may leave the items out
		}
		if p.size > len(p.records) { // it may be what cannot be read
			return nil, nil, &Error{Kind: ErrBadResponse, detail: "the list holds something that is no order"}
		}
		if p.last || p.size == 0 {
			return nil, nil, &Error{Kind: ErrNotFound, detail: "no order has the id"}
		}
		offset += p.size // the service may give less than it is asked for
	}
	// Not among the newest of all orders, and nobody asked for all orders: the
	// filter was ignored. That is no proof that the order is not there.
	return nil, nil, &Error{Kind: ErrBadResponse, detail: "the service did not filter by the id, and the order is not among its newest"}
}

// complete reports whether every item of the record shows licenses.
func (r *OrderRecord) complete() bool {
	return r.showsLicenses() && !slices.ContainsFunc(r.OrderItems, func(item ItemRecord) bool { return len(item.Licenses) == 0 })
}

// showsLicenses reports whether the record says of every item which licenses it
// has, if any. The old form of an answer does not, and a list may not.
func (r *OrderRecord) showsLicenses() bool {
	return len(r.OrderItems) > 0 && !slices.ContainsFunc(r.OrderItems, func(item ItemRecord) bool { return item.hidden })
}

// getAs gets the order with the service's number, which has to be the one with
// the caller's id too.
func (k *call) getAs(op string, id int64, storeID string) (*OrderRecord, []string, error) {
	rec, odd, err := k.get(op, id)
	if err == nil && rec.StoreID != "" && !sameID(rec.StoreID, storeID) {
		return nil, nil, &Error{Kind: ErrBadResponse, detail: "the service answered with another order"}
	}
	return rec, odd, err
}

// get gets the order with the service's number.
func (k *call) get(op string, id int64) (*OrderRecord, []string, error) {
	reply := k.read(op, pathOrders+strconv.FormatInt(id, 10)+"/", "")
	if reply.Ending != exchange.Done {
		return nil, nil, k.refusal(reply)
	}
	rec, odd := readOrderRecord(reply.Body)
	switch {
	case !rec.showsOrder():
		e := k.refusal(reply)
		e.Kind, e.detail = ErrBadResponse, "the answer is no order"
		return nil, nil, e
	case rec.ID != 0 && rec.ID != id:
		e := k.refusal(reply)
		e.Kind, e.detail = ErrBadResponse, "the service answered with another order"
		return nil, nil, e
	}
	return &rec, odd, nil
}

// lookupError returns the error of a lookup as one to complete and hand out.
func lookupError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: ErrUnavailable, causes: []error{err}}
}

// GetOrder returns the order with the service's own number, the ID of an
// [OrderRecord]. Whether it still shows initial passwords is not known: take
// them from the result of the create. Errors: [ErrNotFound],
// [ErrInvalidRequest] if id is not above zero, and those of any request
// ([ErrUnauthorized], [ErrRateLimited], [ErrUnavailable], [ErrBadResponse],
// [ErrRedirected], [ErrNotSent]).
func (c *Client) GetOrder(ctx context.Context, id int64) (*OrderRecord, error) {
	k := c.begin(ctx, opGet, nil)
	defer k.end()

	if id <= 0 {
		return nil, k.invalid("", fault("id", RuleRequired, "is not a number the service gives to orders"))
	}
	rec, _, err := k.get(opGet, id)
	if err != nil {
		return nil, k.fail(lookupError(err))
	}
	k.done("", 0)
	return rec, nil
}

// FindOrder returns the order with the caller's id, the ID of an [Order]. Only
// an exact match counts, whatever else the service returns. The error is
// [ErrNotFound] if no order has the id, [ErrBadResponse] if the service does
// not filter by it and the order is not among its 500 newest, and otherwise one
// of those of [Client.GetOrder]. An order that was made a moment ago may not be
// found yet.
func (c *Client) FindOrder(ctx context.Context, storeID string) (*OrderRecord, error) {
	k := c.begin(ctx, opFind, &Order{ID: storeID})
	defer k.end()

	if strings.TrimSpace(storeID) == "" {
		return nil, k.invalid("", fault("id", RuleRequired, "is empty"))
	}
	rec, _, err := k.lookup(opFind, storeID)
	if err != nil {
		return nil, k.fail(lookupError(err))
	}
	k.done("", 0)
	return rec, nil
}
