package licensespringtest

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const defaultPageSize = 20

// listOrders handles ListOrders. It ignores unknown parameters and invalid values,
// so a client that misspells a filter receives all orders.
func (s *Server) listOrders(x *exchange) response {
	query := x.request.URL.Query()
	limit := nonNegative(query.Get("limit"), defaultPageSize)
	if limit == 0 {
		limit = defaultPageSize
	}
	count, offset, results := s.page(query, limit)
	var next, previous any
	if offset+limit < count {
		next = pageURL(x.request, limit, offset+limit)
	}
	if offset > 0 {
		previous = pageURL(x.request, limit, max(0, offset-limit))
	}

	return jsonResponse(http.StatusOK, map[string]any{
		"count": count, "next": next, "previous": previous, "results": results,
	})
}

// page returns the number of orders that match a query, and one page of records
// with its offset. The records are copies, so that the caller can encode them
// without the store's lock.
func (s *Server) page(query url.Values, limit int) (count, offset int, results []any) {
	now := time.Now()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	orders := slices.DeleteFunc(s.candidates(query), func(o *order) bool {
		return o.visibleAt.After(now) || !s.matches(o, query)
	})
	sortOrders(orders, query.Get("order_by"))
	offset = min(nonNegative(query.Get("offset"), 0), len(orders))
	page := orders[offset:min(offset+limit, len(orders))]
	results = make([]any, len(page))
	for i, o := range page {
		results[i] = s.record(o, now, !s.config.quirks[QuirkNoListItems])
	}

	return len(orders), offset, results
}

// candidates returns the orders that a query may match, in a slice that the
// caller may modify. It uses the index for lookups by store id: without it, a
// test with many orders would take quadratic time.
func (s *Server) candidates(query url.Values) []*order {
	id := query.Get("store_id")
	if id == "" || s.config.ignoredFilters {
		return slices.Clone(s.store.sequence)
	}
	if o, ok := s.store.byStoreID[id]; ok {
		return []*order{o}
	}

	return nil
}

// matches reports whether an order matches the filters of a query.
func (s *Server) matches(o *order, query url.Values) bool {
	if archived, err := strconv.ParseBool(query.Get("is_archived")); err == nil && archived != o.archived {
		return false
	}
	if address := query.Get("customer__email"); address != "" {
		if o.customer == nil || o.customer.properties["email"] != address {
			return false
		}
	}
	if s.config.ignoredFilters {
		return true
	}
	if id := query.Get("store_id"); id != "" && id != o.storeID {
		return false
	}

	return strings.HasPrefix(o.storeID, query.Get("store_id__startswith"))
}

// sortOrders sorts orders, which must be in order of creation. The newest come
// first unless the query names another known order.
func sortOrders(orders []*order, by string) {
	name, descending := strings.CutPrefix(by, "-")
	compare := map[string]func(a, b *order) int{
		"created_at": func(a, b *order) int { return a.createdAt.Compare(b.createdAt) },
		"store_id":   func(a, b *order) int { return cmp.Compare(a.storeID, b.storeID) },
		"id":         func(a, b *order) int { return cmp.Compare(a.id, b.id) },
	}
	ascending, known := compare[name]
	if !known {
		ascending, descending = compare["created_at"], true
	}
	slices.SortStableFunc(orders, ascending)
	if descending {
		slices.Reverse(orders)
	}
}

// nonNegative parses a number that is not negative. It returns fallback for any
// other text.
func nonNegative(s string, fallback int) int {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 0 {
		return fallback
	}

	return int(n)
}

// pageURL returns the full URL of another page of the same list, with the host
// from the request.
func pageURL(r *http.Request, limit, offset int) string {
	query := r.URL.Query()
	query.Set("limit", strconv.Itoa(limit))
	query.Set("offset", strconv.Itoa(offset))
	page := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: query.Encode()}

	return page.String()
}
