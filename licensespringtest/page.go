package licensespringtest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultPageSize = 20
	// maxPageSize is the maximum limit of all lists except that of orders. A higher
	// limit counts as this one.
	maxPageSize = 100
)

// A page is one page of a list. Its records are copies, so that the caller can
// encode them without the store's lock.
type page struct {
	limit, offset int
	count         int // of the records of all pages
	results       []any
}

// pageLimit returns the limit of a query.
func pageLimit(query url.Values) int {
	limit := nonNegative(query.Get("limit"), defaultPageSize)
	if limit == 0 {
		return defaultPageSize
	}

	return limit
}

// cappedLimit returns the limit of a query, and maxPageSize instead of a higher one.
func cappedLimit(query url.Values) int {
	return min(pageLimit(query), maxPageSize)
}

// paginate returns the page of the given values that starts at the offset of a
// query.
func paginate[T any](values []T, query url.Values, limit int, record func(T) any) page {
	offset := min(nonNegative(query.Get("offset"), 0), len(values))
	shown := values[offset:][:min(limit, len(values)-offset)]
	p := page{limit: limit, offset: offset, count: len(values), results: make([]any, len(shown))}
	for i, value := range shown {
		p.results[i] = record(value)
	}

	return p
}

// response returns the response with a page.
func (p page) response(r *http.Request) response {
	var next, previous any
	if p.limit < p.count-p.offset {
		next = pageURL(r, p.limit, p.offset+p.limit)
	}
	if p.offset > 0 {
		previous = pageURL(r, p.limit, max(0, p.offset-p.limit))
	}

	return jsonResponse(http.StatusOK, map[string]any{
		"count": p.count, "next": next, "previous": previous, "results": p.results,
	})
}

// sortBy sorts values, which must be in order of creation, by the order_by of a
// query. The newest come first unless it names another known key. One of the keys
// must be created_at.
func sortBy[T any](values []T, query url.Values, keys map[string]func(a, b T) int) {
	name, descending := strings.CutPrefix(query.Get("order_by"), "-")
	ascending, known := keys[name]
	if !known {
		ascending, descending = keys["created_at"], true
	}
	slices.SortStableFunc(values, ascending)
	if descending {
		slices.Reverse(values)
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
