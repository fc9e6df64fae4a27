package licensespring

import (
	"cmp"
	"context"
	"iter"
	"reflect"
	"strings"

	"github.com/google/go-querystring/query"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// OrderFilter selects the orders of [Client.ListOrders]. An empty string selects
// all. The zero filter lists all orders, newest first.
type OrderFilter struct {
	// StoreID is the caller's id of an order.
	StoreID string `url:"store_id,omitempty"`
	// StoreIDPrefix is a prefix of the caller's ids.
	StoreIDPrefix string `url:"store_id__startswith,omitempty"`
	// CustomerEmail is the e-mail address of the customer.
	CustomerEmail string `url:"customer__email,omitempty"`
	// IsArchived selects archived orders if it is true, and other orders if it is
	// false. Nil leaves the choice to the service.
	IsArchived *bool `url:"is_archived,omitempty"`
	// OrderBy is the field to sort by, with a leading minus for descending order.
	// Empty means "-created_at".
	OrderBy string `url:"order_by,omitempty"`
	// PageSize is the number of orders per request, from 1 to 100. 0 means 100; any
	// other number is [ErrInvalidRequest].
	PageSize int `url:"-"`
}

// matches reports whether a record matches the filter, as far as the record shows
// it: the service ignores a filter that it does not know and returns all orders.
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

// ListOrders returns an iterator over the orders that match the filter. It
// requests a page when the loop reaches it, each with the timeouts of a call of
// its own. The loop can be left at any time. An error ends the loop: it is yielded
// with a nil record and is one of those of [Client.GetOrder].
//
// If the service ignores the filter or the offset and returns page after page
// without a matching order, the error is [ErrBadResponse].
//
// The records of a list may lack their items; [Client.GetOrder] returns them. An
// order that is created or archived during the loop may be missed.
func (c *Client) ListOrders(ctx context.Context, filter OrderFilter) iter.Seq2[*OrderRecord, error] {
	return func(yield func(*OrderRecord, error) bool) {
		size := cmp.Or(filter.PageSize, maxPageSize)
		l := listing{filter: filter}
		for offset := 0; ; {
			p, err := c.listOrdersPage(ctx, filter, offset, size)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, rec := range l.fresh(p) {
				if !yield(rec, nil) {
					return
				}
			}
			if p.last || p.size == 0 {
				return
			}
			if l.emptyPages == maxEmptyPages {
				yield(nil, &Error{Op: OpListOrders, Kind: ErrBadResponse, detail: "many pages in a row hold no matching order"})
				return
			}
			offset += p.size // the service may return less than the limit
		}
	}
}

// listing is the state of one loop over a list.
type listing struct {
	filter     OrderFilter
	previous   map[int64]bool // IDs of the previous page: a new order shifts the pages
	emptyPages int            // pages in a row without a matching order
}

// fresh returns the matching orders of a page that are not on the previous page.
func (l *listing) fresh(p *page) []*OrderRecord {
	records := make([]*OrderRecord, 0, len(p.records))
	ids := make(map[int64]bool, len(p.records))
	for i := range p.records {
		rec := &p.records[i]
		ids[rec.ID] = rec.ID != 0
		if !l.previous[rec.ID] && l.filter.matches(rec) {
			records = append(records, rec)
		}
	}
	l.previous = ids
	if l.emptyPages++; len(records) > 0 {
		l.emptyPages = 0
	}
	return records
}

func (c *Client) listOrdersPage(ctx context.Context, filter OrderFilter, offset, limit int) (*page, error) {
	op := c.begin(ctx, OpListOrders, "")
	defer op.finish()

	if limit < 1 || limit > maxPageSize {
		return nil, op.invalid(validationError("page_size", RuleOutOfRange, "must be from 1 to 100"))
	}
	p, err := op.listPage(OpListOrders, filter, offset, limit, 0)
	if err != nil {
		return nil, op.fail(asError(err))
	}
	op.succeed("", 0)
	return p, nil
}

// listQuery is the query of one page.
type listQuery struct {
	OrderFilter

	Limit  int `url:"limit"`
	Offset int `url:"offset,omitempty"`
}

// page is one page of a list of orders.
type page struct {
	records    []OrderRecord
	unreadable [][]string // of each record
	size       int        // elements, including those that are not records
	last       bool
}

const (
	maxPageSize    = 100
	maxPageRecords = 10_000 // of a service that ignores the limit
	defaultOrderBy = "-created_at"
	// maxSearchPages limits the search for one order if the service ignores the
	// filter. A new order is on the first page.
	maxSearchPages = 5
	// maxEmptyPages is the maximum number of pages in a row without a matching
	// order. A service that ignores the offset repeats the same page for ever.
	maxEmptyPages = 50
)

// readPage reads a page. It fails if there is no list in the document, since "no
// orders" is a result with consequences.
func readPage(document *jsonread.Document, limit int) (*page, bool) {
	p := &page{}
	r := newRecordReader(document)
	ok, hasNext := false, false
	for it := document.Root().Members(); it.Next(); {
		switch string(it.Name) {
		case "next":
			// Its URL is not used: it may name another host, which would receive the
			// management key.
			p.last, hasNext = it.Value.Kind() != jsonread.String || string(it.Value.Bytes()) == `""`, true
		case "results":
			ok = it.Value.Kind() == jsonread.Array
			p.read(r, it.Value)
		}
	}
	if !hasNext { // an incomplete page is the last one
		p.last = p.size < limit
	}
	return p, ok && !r.memory.exhausted() && len(p.records) <= maxPageRecords
}

// read appends the elements of a list. The last one of duplicate lists does not
// count alone: each may hold the order that is looked for.
func (p *page) read(r *recordReader, list jsonread.Value) {
	if n := min(list.Len(), maxPageRecords); p.records == nil && r.memory.reserve(int64(n)*int64(reflect.TypeFor[OrderRecord]().Size())) { //nolint:gosec // no record is that large
		p.records, p.unreadable = make([]OrderRecord, 0, n), make([][]string, 0, n)
	}
	for it := list.Elements(); it.Next(); {
		p.size++
		if it.Value.Kind() != jsonread.Object || len(p.records) > maxPageRecords {
			continue
		}
		r.unreadable = nil
		p.records = append(p.records, OrderRecord{})
		r.order(&p.records[len(p.records)-1], it.Value)
		p.unreadable = append(p.unreadable, r.unreadable)
	}
}

// listPage requests one page.
func (op *operation) listPage(name Op, filter OrderFilter, offset, limit, maxAttempts int) (*page, error) {
	if filter.OrderBy == "" {
		filter.OrderBy = defaultOrderBy
	}
	values, err := query.Values(listQuery{OrderFilter: filter, Limit: limit, Offset: offset})
	if err != nil {
		return nil, &Error{Kind: ErrInvalidRequest, causes: []error{err}}
	}
	resp := op.read(name, pathOrders, values.Encode(), maxAttempts)
	if resp.Ending != exchange.OK {
		e := op.responseError(resp)
		if e.Kind == ErrNotFound {
			// A missing list does not mean that there are no orders.
			e.Kind, e.detail = ErrBadResponse, "there is no list of orders at this address; check the base URL"
		}
		return nil, e
	}
	p, ok := readPage(resp.Document, limit)
	if !ok {
		return nil, op.badResponse(resp, "the response is not a list of orders")
	}
	return p, nil
}
