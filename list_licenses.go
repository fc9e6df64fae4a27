package licensespring

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
)

// maxIDsPerRequest keeps a URL below 2,000 characters.
const maxIDsPerRequest = 100

// ListLicenses returns an iterator over the licenses that match the filter. It
// requests a page when the loop reaches it, each with the timeouts of a call of its
// own. The loop can be left at any time. An error ends the loop: it is yielded with a
// nil record and is one of those of [Client.GetLicense].
//
// The service ignores a filter that it does not know and returns all licenses. So
// each page is compared with the filter before any license of it is yielded, and a
// license that does not match is [ErrBadResponse]. If licenses do not show the
// member of a filter, such as the code of their product, one more request per loop
// shows whether the service knows the filter: the same one with a value that no
// license has. If the service does not show active or enabled to a filter by them,
// the error is ErrBadResponse.
//
// The error is ErrBadResponse also if an element of the list is not a license, or if
// the list does not end. A license that is created or changed during the loop may be
// missed. One that the service returns on two pages in a row is yielded once.
func (c *Client) ListLicenses(ctx context.Context, filter LicenseFilter) iter.Seq2[*LicenseRecord, error] {
	filter.IDs = slices.Clone(filter.IDs)
	return func(yield func(*LicenseRecord, error) bool) {
		f := filter.normalized()
		l := listing[LicenseRecord, *LicenseRecord]{
			name: OpListLicenses, invalid: filter.validate(), private: f.private(), pageSize: cmp.Or(f.PageSize, maxPageSize),
		}
		if l.invalid == nil {
			l.query, l.invalid = f.values()
			l.filters = f.filters(l.query)
		}
		if l.invalid != nil || f.IDs == nil {
			l.run(ctx, c, yield)
			return
		}
		all := slices.Concat(l.filters, filters[LicenseRecord, *LicenseRecord]{idFilter(nil)}) // what a probe has proven is true of each group
		for ids := range slices.Chunk(distinct(f.IDs), maxIDsPerRequest) {
			all[len(all)-1].judge = idFilter(ids).judge
			group := l
			group.filters, group.query = all, maps.Clone(l.query)
			group.query.Set("id__in", joinIDs(ids))
			if !group.run(ctx, c, yield) {
				return
			}
		}
	}
}

// distinct returns the IDs without duplicates, in order.
func distinct(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		twice := seen[id]
		seen[id] = true
		return twice
	})
}
