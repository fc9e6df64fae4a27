package licensespring

import (
	"context"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// GetOrder returns the order with the ID that the service assigned, the ID of an
// [OrderRecord]. Whether it still shows initial passwords is not documented: take
// them from the result of the create. The error is [ErrNotFound],
// [ErrInvalidRequest] if id is not positive, or one that any request can have:
// [ErrUnauthorized], [ErrRateLimited], [ErrUnavailable], [ErrBadResponse],
// [ErrRedirected], and [ErrNotSent] if no attempt reached the service.
func (c *Client) GetOrder(ctx context.Context, id int64) (*OrderRecord, error) {
	op := c.begin(ctx, OpGetOrder, "")
	defer op.finish()

	if err := checkID(id); err != nil {
		return nil, op.invalid(err)
	}
	rec, _, err := op.getOrder(OpGetOrder, id, 0)
	if err != nil {
		return nil, op.fail(asError(err))
	}
	op.succeed("", 0)
	return rec, nil
}

// GetOrderByStoreID returns the order with the caller's id, the ID of an [Order].
// Only an exact match counts, whatever the service returns. The error is
// [ErrNotFound] if no order has the id, [ErrBadResponse] if the service ignores
// the filter and the order is not among its 500 newest, or one of those of
// [Client.GetOrder]. An order that was created a moment ago may not be visible
// yet.
func (c *Client) GetOrderByStoreID(ctx context.Context, storeID string) (*OrderRecord, error) {
	op := c.begin(ctx, OpGetOrderByStoreID, storeID)
	defer op.finish()

	if strings.TrimSpace(storeID) == "" {
		return nil, op.invalid(validationError("id", RuleRequired, "is empty"))
	}
	rec, _, err := op.findOrder(OpGetOrderByStoreID, storeID, 0)
	if err != nil {
		return nil, op.fail(asError(err))
	}
	op.succeed("", 0)
	return rec, nil
}

// read sends a request that changes nothing. MaxAttempts limits its attempts,
// if it is positive, below those of the client.
func (op *operation) read(name Op, path, query string, maxAttempts int) *exchange.Response {
	req := op.client.readRequest(path, query)
	req.MaxAttempts = maxAttempts
	return op.send(name, req)
}

// findOrder returns the order with the caller's id, with its items and licenses.
func (op *operation) findOrder(name Op, storeID string, maxAttempts int) (*OrderRecord, []string, error) {
	filter := OrderFilter{StoreID: storeID}
	values, err := filter.values()
	if err != nil {
		return nil, nil, invalidRequest(err)
	}
	offset := 0
	for range maxSearchPages {
		p, err := listPage[OrderRecord](op, name, values, offset, maxPageSize, maxAttempts)
		if err != nil {
			return nil, nil, err
		}
		for i := range p.records {
			rec := &p.records[i]
			if !filter.matches(rec) {
				continue
			}
			if rec.isComplete() || rec.ID == 0 {
				return rec, p.unreadable[i], nil
			}
			return op.getOrderAs(name, rec.ID, storeID, maxAttempts) // a list may omit the items
		}
		if p.size > len(p.records) { // the order may be the unreadable element
			return nil, nil, &Error{Kind: ErrBadResponse, detail: "the list holds an element that is not an order"}
		}
		if p.last || p.size == 0 {
			return nil, nil, &Error{Kind: ErrNotFound, detail: "no order has this id"}
		}
		offset += p.size // the service may return less than the limit
	}
	// The service ignored the filter. That the order is not among the newest ones
	// does not prove that it does not exist.
	return nil, nil, &Error{Kind: ErrBadResponse, detail: "the service ignored the filter, and the order is not among the newest"}
}

// getOrderAs returns the order with the service's ID, which must have the
// caller's id too.
func (op *operation) getOrderAs(name Op, id int64, storeID string, maxAttempts int) (*OrderRecord, []string, error) {
	rec, unreadable, err := op.getOrder(name, id, maxAttempts)
	if err == nil && rec.StoreID != "" && !sameID(rec.StoreID, storeID) {
		return nil, nil, &Error{Kind: ErrBadResponse, detail: "the response shows another order"}
	}
	return rec, unreadable, err
}

// getOrder returns the order with the service's ID.
func (op *operation) getOrder(name Op, id int64, maxAttempts int) (*OrderRecord, []string, error) {
	resp := op.read(name, pathOrders+strconv.FormatInt(id, 10)+"/", "", maxAttempts)
	if resp.Ending != exchange.OK {
		return nil, nil, op.responseError(resp)
	}
	rec, unreadable := readOrderRecord(resp.Document)
	switch {
	case !rec.showsOrder():
		return nil, nil, op.badResponse(resp, "the response is not an order")
	case rec.ID != 0 && rec.ID != id:
		return nil, nil, op.badResponse(resp, "the response shows another order")
	}
	return rec, unreadable, nil
}

// badResponse returns the error of a read whose response is readable JSON but not
// what was requested.
func (op *operation) badResponse(resp *exchange.Response, detail string) *Error {
	e := op.responseError(resp)
	e.Kind, e.detail = ErrBadResponse, detail
	return e
}
