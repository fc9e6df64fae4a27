package licensespringtest

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// listLicenseUsers handles ListLicenseUsers. It ignores unknown parameters, so a
// client that misspells the filter receives all users.
func (s *Server) listLicenseUsers(x *exchange) response {
	return s.userPage(x.request.URL.Query()).response(x.request)
}

// userPage returns one page of the users that match a query.
func (s *Server) userPage(query url.Values) page {
	v := view{at: time.Now()}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	address := query.Get("true_email__iexact")
	users := slices.DeleteFunc(slices.Clone(s.store.userSequence), func(u *user) bool {
		return !v.shows(u.visibleAt) || address != "" && !s.config.ignoredFilters && !strings.EqualFold(u.email, address)
	})
	sortBy(users, query, map[string]func(a, b *user) int{
		"created_at": func(a, b *user) int { return a.createdAt.Compare(b.createdAt) },
		"id":         func(a, b *user) int { return cmp.Compare(a.id, b.id) },
	})

	return paginate(users, query, cappedLimit(query), func(u *user) any {
		record := s.userRecord(u)
		record["created_at"] = u.createdAt.UTC().Format(fractionLayout)

		return record
	})
}
