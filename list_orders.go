package licensespring

import (
	"cmp"
	"context"
	"iter"
	"net/url"
	"strings"

	"github.com/google/go-querystring/query"
)

const (
	defaultOrderBy = "-created_at"
	// maxSearchPages limits the search for one order if the service ignores the
	// filter. A new order is on the first page.
	maxSearchPages = 5
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
// If the service ignores the filter or the offset, so that page after page holds no
// new order that matches, or if the list does not end, the error is
// [ErrBadResponse].
//
// The records of a list may lack their items; [Client.GetOrder] returns them. An
// order that is created or archived during the loop may be missed.
func (c *Client) ListOrders(ctx context.Context, filter OrderFilter) iter.Seq2[*OrderRecord, error] {
	return func(yield func(*OrderRecord, error) bool) {
		l := listing[OrderRecord, *OrderRecord]{
			name: OpListOrders, matches: filter.matches, pageSize: cmp.Or(filter.PageSize, maxPageSize),
		}
		var ch checker
		ch.pageSize(filter.PageSize)
		if l.invalid = errorsAmong(ch.findings); l.invalid == nil {
			l.query, l.invalid = filter.values()
		}
		l.run(ctx, c, yield)
	}
}

// values returns the query of the filter.
func (f *OrderFilter) values() (url.Values, error) {
	ordered := *f
	ordered.OrderBy = cmp.Or(f.OrderBy, defaultOrderBy)
	return query.Values(ordered)
}
