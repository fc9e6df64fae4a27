package licensespring

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-querystring/query"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// OrderFilter says which orders [Client.Orders] returns. An empty text filters
// nothing; the zero filter is that of all orders, newest first.
type OrderFilter struct {
	// StoreID is the caller's id of an order, in full.
	StoreID string `url:"store_id,omitempty"`
	// StoreIDPrefix is what the caller's ids begin with.
	StoreIDPrefix string `url:"store_id__startswith,omitempty"`
	// CustomerEmail is the customer's address.
	CustomerEmail string `url:"customer__email,omitempty"`
	// IsArchived asks for archived orders only if it is true, and for the
	// others only if it is false. Nil does not ask.
	IsArchived *bool `url:"is_archived,omitempty"`
	// OrderBy is the field to sort by, with a minus for descending. Empty means
	// "-created_at".
	OrderBy string `url:"order_by,omitempty"`
	// PageSize is how many orders one request asks for, 1 to 100; 0 means 100,
	// and any other number is [ErrInvalidRequest].
	PageSize int `url:"-"`
}

// matches reports whether a record is one the filter asks for, as far as the
// record shows it: the service ignores a filter it does not know and returns
// everything.
func (f *OrderFilter) matches(rec *OrderRecord) bool {
	if f.StoreID != "" && !sameID(rec.StoreID, f.StoreID) {
		return false
	}
	if !strings.HasPrefix(rec.StoreID, f.StoreIDPrefix) {
		return false
	}
	if f.CustomerEmail != "" && rec.Customer != nil && rec.Customer.Email != "" {
		return sameEmail(withoutSuffix(rec.Customer.Email), f.CustomerEmail)
	}
	return true
}

// listQuery is the query of one page.
type listQuery struct {
	OrderFilter

	Limit  int `url:"limit"`
	Offset int `url:"offset,omitempty"`
}

// page is one page of a list of orders.
type page struct {
	records []OrderRecord
	odd     [][]string
	last    bool
}

const (
	maxPageSize    = 100
	defaultOrderBy = "-created_at"
	// scannedPages bounds the search for one order where the service ignores
	// the filter. Newest first, so that a fresh order is on the first page.
	scannedPages = 5
)

// readPage reads a page of up to limit orders. It fails if there is no list in
// it, since "no orders" is an answer with consequences.
func readPage(body []byte, limit int) (*page, bool) {
	p := &page{}
	ok, told := false, false
	add := func(_ int, el []byte) {
		rec, odd := readOrderRecord(el)
		p.records, p.odd = append(p.records, rec), append(p.odd, odd)
	}
	jsonread.Members(body, func(name, val []byte) {
		switch string(name) {
		case "next":
			// Only whether there is one. It is a URL of the service's making,
			// which may name another host, and the key would go there.
			p.last, told = jsonread.KindOf(val) != jsonread.String || string(val) == `""`, true
		case "results":
			ok = jsonread.KindOf(val) == jsonread.Array
			jsonread.Elements(val, add)
		}
	})
	if !told { // a page that is not full is the last one
		p.last = len(p.records) < limit
	}
	return p, ok
}

// list gets one page.
func (k *call) list(op string, filter OrderFilter, offset, limit int) (*page, error) {
	if filter.OrderBy == "" {
		filter.OrderBy = defaultOrderBy
	}
	values, err := query.Values(listQuery{OrderFilter: filter, Limit: limit, Offset: offset})
	if err != nil {
		return nil, &Error{Kind: ErrInvalidRequest, causes: []error{err}}
	}
	reply := k.read(op, pathOrders, values.Encode())
	if reply.Ending != exchange.Done {
		e := k.refusal(reply)
		if e.Kind == ErrNotFound {
			// No list at this address says nothing of the orders there are.
			e.Kind, e.detail = ErrBadResponse, "there is no list of orders at this address; see the base URL"
		}
		return nil, e
	}
	p, ok := readPage(reply.Body, limit)
	if !ok {
		e := k.refusal(reply)
		e.Kind, e.detail = ErrBadResponse, "the answer is no list of orders"
		return nil, e
	}
	return p, nil
}

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
		if p.last || len(p.records) == 0 {
			return nil, nil, &Error{Kind: ErrNotFound, detail: "no order has the id"}
		}
		offset += len(p.records) // the service may give less than it is asked for
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

// Orders returns all orders that the filter asks for, to be ranged over. Pages
// are asked for as the loop comes to them, each within the time of a call of
// its own; to leave the loop early costs nothing. An error ends the loop: it
// comes with a nil record, and is one of those of [Client.GetOrder].
//
// The records of a list may lack their items; [Client.GetOrder] has them. An
// order that is made or archived while the loop runs may be missed.
func (c *Client) Orders(ctx context.Context, filter OrderFilter) iter.Seq2[*OrderRecord, error] {
	return func(yield func(*OrderRecord, error) bool) {
		size := filter.PageSize
		if size == 0 {
			size = maxPageSize
		}
		if size < 1 || size > maxPageSize {
			k := c.begin(ctx, opList, nil)
			defer k.end()
			yield(nil, k.invalid("", fault("page_size", RuleOutOfRange, "must be from 1 to 100")))
			return
		}
		var seen map[int64]bool // of the page before: a new order shifts the pages
		for offset := 0; ; {
			p, err := c.listPage(ctx, filter, offset, size)
			if err != nil {
				yield(nil, err)
				return
			}
			now := make(map[int64]bool, len(p.records))
			for i := range p.records {
				rec := &p.records[i]
				now[rec.ID] = rec.ID != 0
				if seen[rec.ID] || !filter.matches(rec) {
					continue
				}
				if !yield(rec, nil) {
					return
				}
			}
			if seen = now; p.last || len(p.records) == 0 {
				return
			}
			offset += len(p.records) // the service may give less than it is asked for
		}
	}
}

func (c *Client) listPage(ctx context.Context, filter OrderFilter, offset, limit int) (*page, error) {
	k := c.begin(ctx, opList, nil)
	defer k.end()
	p, err := k.list(opList, filter, offset, limit)
	if err != nil {
		return nil, k.fail(lookupError(err))
	}
	k.done("", 0)
	return p, nil
}
