package licensespringtest

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listOrders handles ListOrders. It ignores unknown parameters and invalid values,
// so a client that misspells a filter receives all orders.
func (s *Server) listOrders(x *exchange) response {
	query := x.request.URL.Query()

	return s.orderPage(query).response(x.request)
}

// orderPage returns one page of the orders that match a query.
func (s *Server) orderPage(query url.Values) page {
	now := time.Now()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	orders := slices.DeleteFunc(s.candidates(query), func(o *order) bool {
		return o.visibleAt.After(now) || !s.matches(o, query)
	})
	sortBy(orders, query, map[string]func(a, b *order) int{
		"created_at": func(a, b *order) int { return a.createdAt.Compare(b.createdAt) },
		"store_id":   func(a, b *order) int { return cmp.Compare(a.storeID, b.storeID) },
		"id":         func(a, b *order) int { return cmp.Compare(a.id, b.id) },
	})

	return paginate(orders, query, pageLimit(query), func(o *order) any {
		return s.record(o, view{at: now}, !s.config.quirks[QuirkNoListItems])
	})
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
