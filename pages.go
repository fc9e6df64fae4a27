package licensespring

import (
	"cmp"
	"context"
	"iter"
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

// Orders returns all orders that the filter asks for, to be ranged over. Pages
// are asked for as the loop comes to them, each within the time of a call of
// its own; to leave the loop early costs nothing. An error ends the loop: it
// comes with a nil record, and is one of those of [Client.GetOrder].
//
// A service that sends page after page with nothing that was asked for, because
// it ignores the filter or the page, is [ErrBadResponse] in the end.
//
// The records of a list may lack their items; [Client.GetOrder] has them. An
// order that is made or archived while the loop runs may be missed.
func (c *Client) Orders(ctx context.Context, filter OrderFilter) iter.Seq2[*OrderRecord, error] {
	return func(yield func(*OrderRecord, error) bool) {
		size := cmp.Or(filter.PageSize, maxPageSize)
		l := listing{filter: filter}
		for offset := 0; ; {
			p, err := c.listPage(ctx, filter, offset, size)
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
			if l.idle == idlePages {
				yield(nil, &Error{Op: opList, Kind: ErrBadResponse, detail: "page after page of the list holds nothing that was asked for"})
				return
			}
			offset += p.size // the service may give less than it is asked for
		}
	}
}

// listing is one run through the pages of a list.
type listing struct {
	filter OrderFilter
	seen   map[int64]bool // on the page before: a new order shifts the pages
	idle   int            // pages in a row that held nothing that was asked for
}

// fresh returns what of a page was asked for and is not on the page before.
func (l *listing) fresh(p *page) []*OrderRecord {
	records := make([]*OrderRecord, 0, len(p.records))
	seen := make(map[int64]bool, len(p.records))
	for i := range p.records {
		rec := &p.records[i]
		seen[rec.ID] = rec.ID != 0
		if !l.seen[rec.ID] && l.filter.matches(rec) {
			records = append(records, rec)
		}
	}
	l.seen = seen
	if l.idle++; len(records) > 0 {
		l.idle = 0
	}
	return records
}

func (c *Client) listPage(ctx context.Context, filter OrderFilter, offset, limit int) (*page, error) {
	k := c.begin(ctx, opList, nil)
	defer k.end()

	if limit < 1 || limit > maxPageSize {
		return nil, k.invalid("", fault("page_size", RuleOutOfRange, "must be from 1 to 100"))
	}
	p, err := k.list(opList, filter, offset, limit)
	if err != nil {
		return nil, k.fail(lookupError(err))
	}
	k.done("", 0)
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
	records []OrderRecord
	odd     [][]string
	size    int // what is no record counts too, for the offset of the next page
	last    bool
}

const (
	maxPageSize    = 100
	largestPage    = 10_000 // what is taken from a service that does not know the limit
	defaultOrderBy = "-created_at"
	// scannedPages bounds the search for one order where the service ignores
	// the filter. Newest first, so that a fresh order is on the first page.
	scannedPages = 5
	// idlePages is how many pages in a row may hold nothing that was asked for. A
	// service that ignores the offset sends the same one for ever, and nothing
	// would be yielded that the caller could leave the loop at.
	idlePages = 50
)

// readPage reads a page of up to limit orders. It fails if there is no list in
// it, since "no orders" is an answer with consequences.
func readPage(body []byte, limit int) (*page, bool) {
	p := &page{}
	r := newRecordReader(len(body))
	ok, told := false, false
	add := func(_ int, el []byte) {
		p.size++
		if jsonread.KindOf(el) != jsonread.Object || len(p.records) > largestPage {
			return
		}
		r.answer, r.odd = nil, nil
		rec := r.order(el)
		p.records, p.odd = append(p.records, rec), append(p.odd, r.odd)
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
		p.last = p.size < limit
	}
	return p, ok && !r.overfull() && len(p.records) <= largestPage
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
