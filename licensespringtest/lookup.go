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

// listOrders answers GET orders/. Parameters it does not know, and values it
// cannot read, are ignored: a client that misspells a filter gets everything.
func (s *Server) listOrders(x *exchange) reply {
	query := x.request.URL.Query()
	limit := count(query.Get("limit"), defaultPageSize)
	if limit == 0 {
		limit = defaultPageSize
	}
	found, offset, results := s.page(query, limit)
	var next, previous any
	if offset+limit < found {
		next = pageURL(x.request, limit, offset+limit)
	}
	if offset > 0 {
		previous = pageURL(x.request, limit, max(0, offset-limit))
	}

	return jsonReply(http.StatusOK, map[string]any{
		"count": found, "next": next, "previous": previous, "results": results,
	})
}

// page returns how many orders a query finds and the records of one page of
// them, with its offset. The records are copies, so that they are
// encoded without the store's lock.
func (s *Server) page(query url.Values, limit int) (found, offset int, results []any) {
	now := time.Now()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	orders := slices.DeleteFunc(s.candidates(query), func(o *order) bool {
		return o.visibleAt.After(now) || !s.matches(o, query)
	})
	sortOrders(orders, query.Get("order_by"))
	offset = min(count(query.Get("offset"), 0), len(orders))
	page := orders[offset:min(offset+limit, len(orders))]
	results = make([]any, len(page))
	for i, o := range page {
		results[i] = s.record(o, now, !s.config.quirks[BareLists])
	}

	return len(orders), offset, results
}

// candidates returns the orders a query may be about, for the caller to change.
// A look at all of them for each lookup by id would make a test with many orders
// quadratic.
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

// matches applies the filters of a query to an order.
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

// sortOrders sorts orders that come in the order they were made. The newest come
// first unless the query says otherwise in a way the service knows.
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

// count reads a number that is not negative, or takes the default.
func count(s string, otherwise int) int {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil || n < 0 {
		return otherwise
	}

	return int(n)
}

// pageURL is the full address of another page of the same list. Its host is the
// one the client used, whatever the server calls itself.
func pageURL(r *http.Request, limit, offset int) string {
	query := r.URL.Query()
	query.Set("limit", strconv.Itoa(limit))
	query.Set("offset", strconv.Itoa(offset))
	page := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: query.Encode()}

	return page.String()
}

// getOrder answers GET orders/{id}/.
func (s *Server) getOrder(id int64) reply {
	record := s.lookUp(id)
	if record == nil {
		return notFound()
	}

	return jsonReply(http.StatusOK, record)
}

// lookUp returns the record of an order, nil if lookups do not show one.
func (s *Server) lookUp(id int64) map[string]any {
	now := time.Now()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	o, ok := s.store.byID[id]
	if !ok || o.visibleAt.After(now) {
		return nil
	}

	return s.record(o, now, true)
}

// maxGenerated bounds how many keys one call makes.
const maxGenerated = 1000

// generateLicense answers GET orders/generate_license/.
func (s *Server) generateLicense(x *exchange) reply {
	query := x.request.URL.Query()
	errs := make(map[string]any)
	code := query.Get("product")
	if code == "" {
		errs["product"] = wrong(msgRequired)
	}
	quantity := int64(1)
	if query.Has("quantity") {
		n, err := strconv.ParseInt(query.Get("quantity"), 10, 64)
		switch {
		case err != nil:
			errs["quantity"] = wrong("A valid integer is required.")
		case n < 1 || n > maxGenerated:
			errs["quantity"] = wrong("Ensure this value is between 1 and %d.", maxGenerated)
		}
		quantity = n
	}
	if len(errs) > 0 {
		return fieldErrors(errs)
	}

	p, known := s.catalogue.products[code]
	switch {
	case !known:
		return coded(http.StatusBadRequest, "unknown_product", "Product does not exist.")
	case p.Auth == UserBased:
		return coded(http.StatusBadRequest, "invalid_product_auth_method", "Product does not use license keys.")
	}

	return jsonReply(http.StatusOK, s.store.reserveKeys(quantity))
}
