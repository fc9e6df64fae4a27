package licensespringtest

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listLicenses handles ListLicenses. It ignores unknown parameters and invalid
// values, so a client that misspells a filter receives all licenses.
func (s *Server) listLicenses(x *exchange) response {
	return s.licensePage(x.request.URL.Query()).response(x.request)
}

// A shownLicense is a license with the state that a view shows.
type shownLicense struct {
	*license

	state *licenseState
}

// licensePage returns one page of the licenses that match a query.
func (s *Server) licensePage(query url.Values) page {
	v := view{at: time.Now()}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	filters := s.licenseFilters(query)
	var licenses []shownLicense
	for _, l := range s.licenseCandidates(query) {
		shown := shownLicense{l, s.store.shown(l, v)}
		if v.shows(l.visibleAt) && !slices.ContainsFunc(filters, func(f licenseFilter) bool { return !f(shown) }) {
			licenses = append(licenses, shown)
		}
	}
	sortBy(licenses, query, map[string]func(a, b shownLicense) int{
		"created_at":      func(a, b shownLicense) int { return a.createdAt.Compare(b.createdAt) },
		"updated_at":      func(a, b shownLicense) int { return a.state.updatedAt.Compare(b.state.updatedAt) },
		"id":              func(a, b shownLicense) int { return cmp.Compare(a.id, b.id) },
		"validity_period": byEnd,
	})

	return paginate(licenses, query, cappedLimit(query), func(l shownLicense) any {
		return s.licenseRecord(l.license, l.state, v.at)
	})
}

// byEnd compares licenses by their end. Those without an end come last.
func byEnd(a, b shownLicense) int {
	endA, endsA := a.state.endsAt()
	endB, endsB := b.state.endsAt()
	switch {
	case endsA && endsB:
		return endA.Compare(endB)
	case endsA:
		return -1
	case endsB:
		return 1
	default:
		return 0
	}
}

// licenseCandidates returns the licenses that a query may match. It uses the index
// for lookups by key, as the list of orders does for its store ids.
func (s *Server) licenseCandidates(query url.Values) []*license {
	key := query.Get("license_key")
	if key == "" || s.config.ignoredFilters {
		return s.store.licenseSequence
	}
	if l, ok := s.store.licensesByKey[key]; ok {
		return []*license{l}
	}

	return nil
}

// A licenseFilter reports whether a license matches one filter of a query.
type licenseFilter func(l shownLicense) bool

// licenseFilters returns the filters of a query. A filter with an empty or invalid
// value is ignored.
func (s *Server) licenseFilters(query url.Values) []licenseFilter {
	if s.config.ignoredFilters {
		return nil
	}
	filters := append(s.textFilters(query), timeFilters(query)...)
	for name, value := range map[string]func(l shownLicense) bool{
		"enabled": func(l shownLicense) bool { return l.state.enabled() },
		"active":  func(l shownLicense) bool { return l.state.properties["active"] == true },
	} {
		if wanted, err := strconv.ParseBool(query.Get(name)); err == nil {
			filters = append(filters, func(l shownLicense) bool { return value(l) == wanted })
		}
	}
	if ids, ok := parseIDs(query.Get("id__in")); ok {
		filters = append(filters, func(l shownLicense) bool { return slices.Contains(ids, l.id) })
	}
	if address := query.Get("license_users__true_email"); address != "" {
		filters = append(filters, func(l shownLicense) bool {
			return slices.ContainsFunc(l.state.users, func(a assignment) bool { return a.user.email == address })
		})
	}

	return filters
}

// textFilters returns the filters of a query that compare a text.
func (s *Server) textFilters(query url.Values) []licenseFilter {
	var filters []licenseFilter
	for name, value := range map[string]func(l shownLicense) string{
		"license_key":           func(l shownLicense) string { return l.key },
		"order__store_id":       func(l shownLicense) string { return l.state.item.order.storeID },
		"subscription_id":       func(l shownLicense) string { return l.state.text("subscription_id") },
		"product_short_code":    func(l shownLicense) string { return l.state.item.product.Code },
		"license_template_code": func(l shownLicense) string { return l.state.text("license_template_code") },
		"customer_id": func(l shownLicense) string {
			if c := l.state.item.order.customer; c != nil {
				return strconv.FormatInt(c.id, 10)
			}

			return ""
		},
		"customer_email": func(l shownLicense) string {
			if c := l.state.item.order.customer; c != nil {
				address, _ := s.store.customers[c.id].properties["email"].(string)

				return address
			}

			return ""
		},
	} {
		if wanted := query.Get(name); wanted != "" {
			filters = append(filters, func(l shownLicense) bool { return value(l) == wanted })
		}
	}

	return filters
}

// timeFilters returns the filters of a query that compare a time. A license without
// an end matches no filter of the validity period. That filter compares dates only.
func timeFilters(query url.Values) []licenseFilter {
	date := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	var filters []licenseFilter
	for suffix, holds := range map[string]func(order int) bool{
		"__gt":  func(order int) bool { return order > 0 },
		"__gte": func(order int) bool { return order >= 0 },
		"__lt":  func(order int) bool { return order < 0 },
		"__lte": func(order int) bool { return order <= 0 },
	} {
		if bound, ok := parseTime(query.Get("validity_period" + suffix)); ok {
			filters = append(filters, func(l shownLicense) bool {
				end, ends := l.state.endsAt()

				return ends && holds(date(end).Compare(date(bound)))
			})
		}
		if bound, ok := parseTime(query.Get("updated_at" + suffix)); ok {
			filters = append(filters, func(l shownLicense) bool { return holds(l.state.updatedAt.Compare(bound)) })
		}
	}

	return filters
}

// parseIDs parses a list of ids with commas between them.
func parseIDs(text string) ([]int64, bool) {
	var ids []int64
	for digits := range strings.SplitSeq(text, ",") {
		id, ok := parseID(digits)
		if !ok {
			return nil, false
		}
		ids = append(ids, id)
	}

	return ids, true
}
