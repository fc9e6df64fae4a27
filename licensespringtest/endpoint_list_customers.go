package licensespringtest

import (
	"cmp"
	"net/url"
	"slices"
	"time"
)

// listCustomers handles ListCustomers. It ignores unknown parameters, so a client
// that misspells a filter receives all customers.
func (s *Server) listCustomers(x *exchange) response {
	return s.customerPage(x.request.URL.Query()).response(x.request)
}

// customerPage returns one page of the customers that match a query.
func (s *Server) customerPage(query url.Values) page {
	v := view{at: time.Now()}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	customers := slices.DeleteFunc(slices.Clone(s.store.customerSequence), func(c *customer) bool {
		return !v.shows(c.visibleAt) || !s.customerMatches(c, query)
	})
	sortBy(customers, query, map[string]func(a, b *customer) int{
		"created_at": func(a, b *customer) int { return a.createdAt.Compare(b.createdAt) },
		"updated_at": func(a, b *customer) int { return a.updatedAt.Compare(b.updatedAt) },
		"id":         func(a, b *customer) int { return cmp.Compare(a.id, b.id) },
	})

	return paginate(customers, query, cappedLimit(query), func(c *customer) any { return s.wholeCustomerRecord(c) })
}

// customerMatches reports whether a customer matches the filters of a query.
func (s *Server) customerMatches(c *customer, query url.Values) bool {
	if s.config.ignoredFilters {
		return true
	}

	return !slices.ContainsFunc([]string{"email", "reference"}, func(name string) bool {
		return query.Get(name) != "" && c.properties[name] != query.Get(name)
	})
}
