package licensespring_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// listed returns a client of lists at a path whose pages the function returns, and
// the queries it received.
func listed(t *testing.T, path string, page func(query url.Values) string, options ...licensespring.Option) (*licensespring.Client, *[]url.Values) {
	t.Helper()
	var queries []url.Values
	return newClient(t, testKey, append([]licensespring.Option{
		licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			assert.Equal(t, "saas.licensespring.com", req.URL.Host)
			assert.Equal(t, path, req.URL.Path)
			queries = append(queries, req.URL.Query())
			return response(req, http.StatusOK, page(req.URL.Query())), nil
		})}),
	}, options...)...), &queries
}

func listedLicenses(t *testing.T, page func(query url.Values) string, options ...licensespring.Option) (*licensespring.Client, *[]url.Values) {
	t.Helper()
	return listed(t, "/api/v1/licenses/", page, options...)
}

// gather returns the records of a loop before its error, and the error.
func gather[R any](records iter.Seq2[*R, error]) ([]*R, error) {
	var all []*R
	for rec, err := range records {
		if err != nil {
			return all, err
		}
		all = append(all, rec)
	}
	return all, nil
}

// licenseIDs returns the IDs of licenses.
func licenseIDs(licenses []*licensespring.LicenseRecord) []int64 {
	var ids []int64
	for _, l := range licenses {
		ids = append(ids, l.ID)
	}
	return ids
}

// licenseFilters has a row for each filter: licenses that match it, that contradict
// it, and that do not show it. A license has the ID 1 unless the filter is by ID.
func licenseFilters() []licenseFilterRow {
	day := licensespring.Date{Year: 2031, Month: time.May, Day: 7}
	at := time.Date(2031, 3, 2, 11, 20, 30, 250_000_789, time.FixedZone("", 3600)) // in UTC, 10:20:30.250000
	rows := []licenseFilterRow{
		{
			name: "license_key", filter: licensespring.LicenseFilter{LicenseKey: givenKey}, value: givenKey, noSuch: noSuchText,
			match: []string{`"license_key": "` + givenKey + `"`},
			other: []string{
				`"license_key": "` + otherKey + `"`, `"license_key": null`, `"license_key": ""`,
				`"license_key": "` + strings.ToLower(givenKey) + `"`, // another key
				`"license_key": "` + givenKey + ` "`, `"license_key": 7`,
			},
			hidden: []string{`"key": "` + givenKey + `"`, `"license_key": ["` + givenKey + `"]`, `"license_key": true`},
		},
		{
			name: "order__store_id", filter: licensespring.LicenseFilter{OrderStoreID: "inv-1"}, value: "inv-1", noSuch: noSuchText,
			match:  []string{`"order_store_id": "inv-1"`, `"order_store_id": " inv-1 "`}, // the service trims ids
			other:  []string{`"order_store_id": "inv-10"`, `"order_store_id": "INV-1"`, `"order_store_id": null`, `"order_store_id": ""`},
			hidden: []string{`"order": 5`, `"order_store_id": {}`},
		},
		{
			name: "subscription_id", filter: licensespring.LicenseFilter{SubscriptionID: "sub_417"}, value: "sub_417", noSuch: noSuchText,
			match:  []string{`"subscription_id": "sub_417"`},
			other:  []string{`"subscription_id": "sub_41"`, `"subscription_id": "SUB_417"`, `"subscription_id": null`, `"subscription_id": ""`, `"subscription_id": 417`},
			hidden: []string{`"subscription": "sub_417"`, `"subscription_id": {"id": "sub_417"}`},
		},
		{
			name: "customer_id", filter: licensespring.LicenseFilter{CustomerID: 77}, value: "77", noSuch: noSuchID,
			match:  []string{`"customer": 77`, `"customer": "77"`, `"customer": {"id": 77}`, `"customer_id": 77`},
			other:  []string{`"customer": 7`, `"customer": {"id": 78}`, `"customer": null`, `"customer": {"id": null}`},
			hidden: []string{`"note": "x"`, `"customer": {}`, `"customer": {"email": "ada@example.com"}`, `"customer": "ada"`, `"customer": [77]`},
		},
		{
			name: "customer_email", filter: licensespring.LicenseFilter{CustomerEmail: "Ada@example.com"}, value: "Ada@example.com", noSuch: noSuchEmail,
			match: []string{`"customer": {"email": "ada@example.com"}`, `"customer": {"id": 7, "email": "ADA@EXAMPLE.COM|a1b2"}`},
			other: []string{
				`"customer": {"email": "grace@example.com"}`, `"customer": {"email": null}`, `"customer": {"email": ""}`,
				`"customer": {"email": "ada@example.com.example"}`, `"customer": null`,
			},
			hidden: []string{`"note": "x"`, `"customer": 77`, `"customer": {"id": 77}`, `"customer": {}`, `"customer": {"email": []}`, `"customer": "ada@example.com"`},
		},
		{
			name: "product_short_code", filter: licensespring.LicenseFilter{ProductShortCode: "acmecad"}, value: "acmecad", noSuch: noSuchCode,
			hidden: []string{`"note": "x"`, `"product": {"short_code": "acmecad"}`}, // not reliable
		},
		{
			name: "license_template_code", filter: licensespring.LicenseFilter{LicenseTemplateCode: "gold"}, value: "gold", noSuch: noSuchCode,
			hidden: []string{`"note": "x"`},
		},
		{
			name: "license_users__true_email", filter: licensespring.LicenseFilter{LicenseUserEmail: "grace@example.com"}, value: "grace@example.com", noSuch: noSuchEmail,
			match: []string{
				`"license_users": [{"true_email": "Grace@Example.com"}]`,
				`"license_users": [{"email": "grace@example.com|a1b2"}]`,
				`"license_users": [{"true_email": "ada@example.com"}, {"true_email": "grace@example.com"}]`,
				`"license_user": {"true_email": "grace@example.com"}`,
				`"license_users": [], "license_user": {"true_email": "grace@example.com"}`,
				`"license_users": [7, {"true_email": "grace@example.com"}]`,
			},
			other: []string{
				`"license_users": [{"true_email": "ada@example.com"}]`, `"license_users": []`, `"license_users": null`, `"license_user": null`,
				`"license_user": {"true_email": "ada@example.com"}`, `"license_users": null, "license_user": {"true_email": "ada@example.com"}`,
			},
			hidden: []string{
				`"note": "x"`, `"license_users": [7]`, `"license_users": [{"id": 7}]`, `"license_users": 7`, `"license_user": 7`,
				`"license_users": [{"true_email": "ada@example.com"}, {"id": 8}]`, `"license_users": [], "license_user": 7`,
			},
		},
		{
			name: "active", filter: licensespring.LicenseFilter{Active: new(false)}, value: "false",
			match: []string{`"active": false`, `"active": "false"`, `"active": 0`}, other: []string{`"active": true`, `"active": null`},
			hidden: []string{`"enabled": false`, `"active": "no"`, `"active": {}`},
		},
		{
			name: "enabled", filter: licensespring.LicenseFilter{Enabled: new(true)}, value: "true",
			match: []string{`"enabled": true`}, other: []string{`"enabled": false`, `"enabled": null`},
			hidden: []string{`"active": true`, `"enabled": "yes"`},
		},
		{
			name: "id__in", filter: licensespring.LicenseFilter{IDs: []int64{1, 2, 1}}, value: "1,2", noSuch: noSuchID,
			match: []string{`"id": 1`, `"id": "2"`}, other: []string{`"id": 3`, `"id": -1`, `"id": null`}, hidden: []string{`"id": "x"`, `"id": {}`},
		},
	}
	for i, suffix := range []string{"__gt", "__gte", "__lt", "__lte"} {
		dates := []licensespring.LicenseFilter{{ValidityPeriodAfter: day}, {ValidityPeriodFrom: day}, {ValidityPeriodBefore: day}, {ValidityPeriodUntil: day}}
		times := []licensespring.LicenseFilter{{UpdatedAfter: at}, {UpdatedFrom: at}, {UpdatedBefore: at}, {UpdatedUntil: at}}
		noSuch := []string{"9999-12-31", "9999-12-31", "1900-01-01", "1900-01-01"}[i]
		before := []string{`"2031-05-06"`, `"2031-05-06T23:59:59.999999Z"`, `"2031-05-07T01:00:00+02:00"`, `"1999-12-31 00:00:00"`}
		equal := []string{`"2031-05-07"`, `"2031-05-07T00:00:00Z"`, `"2031-05-07 23:59:59"`, `"2031-05-08T01:00:00+02:00"`}
		after := []string{`"2031-05-08"`, `"2031-05-07T23:00:00-02:00"`, `"9999-12-31"`}
		row := licenseFilterRow{name: "validity_period" + suffix, filter: dates[i], value: "2031-05-07", noSuch: noSuch}
		row.match, row.other = splitRange(i, before, equal, after)
		row.other = append(row.other, `null`, `""`, `"0000-00-00"`, `"0000-00-00 00:00:00"`) // it does not end
		row.hidden = []string{`7`, `"soon"`, `{}`}
		rows = append(rows, row.members("validity_period"))

		before = []string{`"2031-03-02T10:20:30.249999Z"`, `"2031-03-02T10:20:29Z"`, `"2031-03-02 11:20:30.24+01:00"`, `"2031-03-01"`}
		equal = []string{`"2031-03-02T10:20:30.250000Z"`}
		after = []string{`"2031-03-02T10:20:30.250001Z"`, `"2031-03-02T10:20:32Z"`, `"2031-03-02T11:20:30.252+01:00"`, `"2031-03-04"`}
		row = licenseFilterRow{name: "updated_at" + suffix, filter: times[i], value: "2031-03-02 10:20:30.25", noSuch: noSuch + " 00:00:00"}
		row.match, row.other = splitRange(i, before, equal, after)
		// The precision leaves open which side it is on.
		row.match = append(row.match, `"2031-03-02T10:20:30Z"`, `"2031-03-02 10:20:31"`, `"2031-03-02T10:20:30.25Z"`, `"2031-03-02"`)
		row.other = append(row.other, `null`, `""`)
		row.hidden = []string{`7`, `"yesterday"`, `[]`}
		rows = append(rows, row.members("updated_at"))
	}
	return rows
}

// splitRange returns the values that match a bound (after, from, before, until), and
// the others.
func splitRange(i int, before, equal, after []string) (match, other []string) {
	below, above := append([]string(nil), before...), append([]string(nil), after...)
	switch i {
	case 0:
		return above, append(below, equal...)
	case 1:
		return append(above, equal...), below
	case 2:
		return below, append(above, equal...)
	default:
		return append(below, equal...), above
	}
}

const (
	noSuchText  = "no-such-value-5f0e7c1d9a3b4826b1c7"
	noSuchCode  = "nosuchcode5f0e7c1d9a3b4826b1c7"
	noSuchEmail = "no-such-value-5f0e7c1d9a3b4826@licensespring-go.invalid"
	noSuchID    = "9223372036854775807"
)

type licenseFilterRow struct {
	name   string // on the wire
	filter licensespring.LicenseFilter
	value  string // on the wire
	noSuch string // of the probe; empty: there is none
	// The members of licenses.
	match, other, hidden []string
}

// members makes members with a name from values, and adds a license without it.
func (r licenseFilterRow) members(name string) licenseFilterRow {
	for _, list := range []*[]string{&r.match, &r.other, &r.hidden} {
		for i, value := range *list {
			(*list)[i] = `"` + name + `": ` + value
		}
	}
	r.hidden = append(r.hidden, `"note": "x"`)
	return r
}

// license returns a license with a member.
func (r licenseFilterRow) license(member string) string {
	if r.name == "id__in" {
		return `{` + member + `}`
	}
	return `{"id": 1, ` + member + `}`
}

// query returns the query of the filter.
func (r licenseFilterRow) query(value, limit string) url.Values {
	return url.Values{r.name: {value}, "limit": {limit}, "order_by": {"-created_at"}}
}

// Licenses that match are yielded, with one request.
func TestListLicensesFilterMatched(t *testing.T) {
	t.Parallel()
	for _, row := range licenseFilters() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, member := range row.match {
				client, queries := listedLicenses(t, func(url.Values) string { return listOf(row.license(member)) })
				licenses, err := gather(client.ListLicenses(t.Context(), row.filter))
				require.NoError(t, err, member)
				require.Len(t, licenses, 1)
				assert.JSONEq(t, row.license(member), string(licenses[0].Raw()))
				assert.Equal(t, []url.Values{row.query(row.value, "100")}, *queries)
			}
		})
	}
}

// A license that contradicts the filter ends the loop before any license of its page
// is yielded.
func TestListLicensesFilterIgnored(t *testing.T) {
	t.Parallel()
	for _, row := range licenseFilters() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, member := range row.other {
				// Even beside licenses that match, and that need a probe.
				all := append(append([]string(nil), row.match...), row.hidden[0], member)
				for _, page := range []string{listOf(row.license(member)), listOf(licensesWith(row, all)...)} {
					client, queries := listedLicenses(t, func(url.Values) string { return page })
					licenses, err := gather(client.ListLicenses(t.Context(), row.filter))
					assert.Empty(t, licenses)
					require.Error(t, err, member)
					assertMatches(t, err, licensespring.ErrBadResponse)
					assert.Contains(t, err.Error(), "the service ignored the filter "+row.name+" (status 200)")
					assertTerse(t, err)
					assert.Len(t, *queries, 1, "no probe")
				}
			}
		})
	}
}

func licensesWith(row licenseFilterRow, members []string) []string {
	licenses := make([]string, len(members))
	for i, member := range members {
		licenses[i] = row.license(member)
	}
	return licenses
}

// One probe shows whether the service knows a filter whose member the licenses do
// not show.
func TestListLicensesFilterNotShown(t *testing.T) {
	t.Parallel()
	for _, row := range licenseFilters() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if row.noSuch == "" { // active and enabled
				for _, member := range row.hidden {
					client, queries := listedLicenses(t, func(url.Values) string { return listOf(row.license(member)) })
					licenses, err := gather(client.ListLicenses(t.Context(), row.filter))
					assert.Empty(t, licenses)
					assertMatches(t, err, licensespring.ErrBadResponse)
					assert.Contains(t, err.Error(), "the response does not show "+row.name)
					assert.Len(t, *queries, 1)
				}
				return
			}
			probe := row.query(row.noSuch, "1")
			for _, member := range row.hidden {
				known := func(query url.Values) string {
					if query.Get(row.name) == row.noSuch {
						return listOf()
					}
					return listOf(row.license(member))
				}
				client, queries := listedLicenses(t, known)
				licenses, err := gather(client.ListLicenses(t.Context(), row.filter))
				require.NoError(t, err, member)
				assert.Len(t, licenses, 1)
				assert.Equal(t, []url.Values{row.query(row.value, "100"), probe}, *queries)

				client, queries = listedLicenses(t, func(url.Values) string { return listOf(row.license(member)) })
				licenses, err = gather(client.ListLicenses(t.Context(), row.filter))
				assert.Empty(t, licenses)
				assertMatches(t, err, licensespring.ErrBadResponse)
				assert.Contains(t, err.Error(), "the service ignored the filter "+row.name)
				assert.Len(t, errorOf(t, err).Attempts, 2)
				assert.Equal(t, licensespring.OpListLicenses, errorOf(t, err).Attempts[1].Op)
				assert.Equal(t, []url.Values{row.query(row.value, "100"), probe}, *queries)
			}
		})
	}
}

// A probe is sent once per loop, and only if there is a license to check.
func TestListLicensesProbesOnce(t *testing.T) {
	t.Parallel()
	page := func(query url.Values) string {
		if query.Get("product_short_code") == noSuchCode || query.Get("license_template_code") == noSuchCode {
			return listOf()
		}
		first, _ := strconv.Atoi(query.Get("offset"))
		if first >= 6 {
			return listOf()
		}
		return fmt.Sprintf(`{"next": "x", "results": [{"id": %d}, {"id": %d}]}`, first+1, first+2)
	}
	client, queries := listedLicenses(t, page)
	licenses := client.ListLicenses(t.Context(), licensespring.LicenseFilter{ProductShortCode: "acmecad", LicenseTemplateCode: "gold", PageSize: 2})
	for range 2 { // each loop probes
		*queries = nil
		all, err := gather(licenses)
		require.NoError(t, err)
		assert.Equal(t, []int64{1, 2, 3, 4, 5, 6}, licenseIDs(all))
		assert.Len(t, *queries, 4+2)
		assert.Equal(t, noSuchCode, (*queries)[1].Get("product_short_code"))
		assert.Equal(t, "gold", (*queries)[1].Get("license_template_code"), "one filter is replaced")
		assert.Equal(t, noSuchCode, (*queries)[2].Get("license_template_code"))
		assert.False(t, (*queries)[2].Has("offset"))
	}

	client, queries = listedLicenses(t, func(url.Values) string { return listOf() })
	all, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{ProductShortCode: "acmecad"}))
	require.NoError(t, err)
	assert.Empty(t, all)
	assert.Len(t, *queries, 1)
}

// A probe that does not arrive at a result ends the loop. A service that rejects its
// value knows the filter.
func TestListLicensesProbeFails(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		status int
		body   string
		kind   licensespring.ErrorKind // empty: the loop goes on
	}{
		{"rejects the value", 400, `{"product_short_code": ["Select a valid choice."]}`, ""},
		{"rejects another value", 400, `{"order_by": ["Not a valid choice."]}`, licensespring.ErrInvalidRequest},
		{"rejects the request", 400, `{"detail": "product_short_code"}`, licensespring.ErrInvalidRequest},
		{"blocked by a gateway", 403, `{"product_short_code": ["blocked"]}`, licensespring.ErrUnauthorized},
		{"not found", 404, `{"detail": "Not found."}`, licensespring.ErrBadResponse},
		{"unavailable", 501, ``, licensespring.ErrUnavailable},
		{"not a list", 200, `{"results": null}`, licensespring.ErrBadResponse},
		{"an element that is not a license", 200, `{"results": [7]}`, licensespring.ErrBadResponse},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				if req.URL.Query().Get("product_short_code") == noSuchCode {
					return response(req, row.status, row.body), nil
				}
				return response(req, http.StatusOK, listOf(`{"id": 1}`)), nil
			})}))
			licenses, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{ProductShortCode: "acmecad"}))
			if row.kind == "" {
				require.NoError(t, err)
				assert.Len(t, licenses, 1)
				return
			}
			assert.Empty(t, licenses)
			assertMatches(t, err, row.kind)
		})
	}
}

// All filters are sent together, and each is checked.
func TestListLicensesAllFilters(t *testing.T) {
	t.Parallel()
	filter := licensespring.LicenseFilter{
		LicenseKey: givenKey, OrderStoreID: "inv-1", SubscriptionID: "sub_417", CustomerID: 77, CustomerEmail: customerEmail,
		ProductShortCode: "acmecad", LicenseUserEmail: userEmail, Active: new(false), Enabled: new(true), IDs: []int64{licenseID}, LicenseTemplateCode: "gold",
		ValidityPeriodAfter: licensespring.Date{Year: 2031, Month: 1, Day: 1}, ValidityPeriodFrom: licensespring.Date{Year: 2031, Month: 1, Day: 2},
		ValidityPeriodBefore: licensespring.Date{Year: 2032, Month: 1, Day: 1}, ValidityPeriodUntil: licensespring.Date{Year: 2032, Month: 1, Day: 2},
		UpdatedAfter: time.Unix(0, 0), UpdatedFrom: time.Unix(1, 0), UpdatedBefore: time.Unix(2e9, 0), UpdatedUntil: time.Unix(2e9, 5000),
		OrderBy: "validity_period", PageSize: 7,
	}
	want := url.Values{
		"license_key": {givenKey}, "order__store_id": {"inv-1"}, "subscription_id": {"sub_417"}, "customer_id": {"77"}, "customer_email": {customerEmail},
		"product_short_code": {"acmecad"}, "license_users__true_email": {userEmail}, "active": {"false"}, "enabled": {"true"},
		"id__in": {"1933000000000021"}, "license_template_code": {"gold"},
		"validity_period__gt": {"2031-01-01"}, "validity_period__gte": {"2031-01-02"}, "validity_period__lt": {"2032-01-01"}, "validity_period__lte": {"2032-01-02"},
		"updated_at__gt": {"1970-01-01 00:00:00"}, "updated_at__gte": {"1970-01-01 00:00:01"}, "updated_at__lt": {"2033-05-18 03:33:20"}, "updated_at__lte": {"2033-05-18 03:33:20.000005"},
		"order_by": {"validity_period"}, "limit": {"7"},
	}
	// Each filter is checked in turn: a license that shows nothing but active and
	// enabled needs a probe for each of the others.
	for _, ignored := range append([]string{""}, namesOf(want)...) {
		probes := map[string]bool{}
		client, queries := listedLicenses(t, func(query url.Values) string {
			if query.Get("limit") == "1" {
				for name := range want {
					if query.Get(name) != want.Get(name) && name != "limit" {
						probes[name] = true
						if name != ignored {
							return listOf()
						}
					}
				}
			}
			return listOf(`{"id": 1933000000000021, "active": false, "enabled": true}`)
		})
		licenses, err := gather(client.ListLicenses(t.Context(), filter))
		assert.Equal(t, want, (*queries)[0])
		switch ignored {
		case "", "order_by", "limit", "active", "enabled", "id__in": // no filter, or shown
			require.NoError(t, err)
			assert.Len(t, licenses, 1)
			assert.Len(t, probes, len(want)-5)
		default:
			assert.Empty(t, licenses)
			require.ErrorIs(t, err, licensespring.ErrBadResponse)
			assert.Contains(t, err.Error(), "the service ignored the filter "+ignored+" (")
			assertTerse(t, err)
		}
	}
}

func namesOf(query url.Values) []string {
	var names []string
	for name := range query {
		names = append(names, name)
	}
	return names
}

// Many IDs are requested in groups of 100, each with the other filters.
func TestListLicensesManyIDs(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 100, 101, 250} {
		var ids []int64
		for i := range n {
			ids = append(ids, int64(n-i))
		}
		service := func(query url.Values) string {
			var found []string
			for id := range strings.SplitSeq(query.Get("id__in"), ",") {
				if id != noSuchID {
					found = append(found, `{"id": `+id+`}`)
				}
			}
			if query.Get("product_short_code") == noSuchCode {
				found = nil
			}
			return listOf(found...)
		}
		client, queries := listedLicenses(t, service)
		filter := licensespring.LicenseFilter{IDs: append(append([]int64{}, ids...), ids...), ProductShortCode: "acmecad"}
		licenses := client.ListLicenses(t.Context(), filter)
		clear(filter.IDs) // the loop has a copy
		all, err := gather(licenses)
		require.NoError(t, err)
		assert.Equal(t, ids, licenseIDs(all))
		if n == 0 {
			assert.Empty(t, *queries)
			continue
		}
		assert.Len(t, *queries, (n+99)/100+1, "and one probe")
		for _, query := range *queries {
			assert.LessOrEqual(t, strings.Count(query.Get("id__in"), ","), 99)
			assert.True(t, query.Has("product_short_code"))
		}
	}

	// Everybody's licenses are never returned, not even those of another group.
	client, queries := listedLicenses(t, func(url.Values) string { return listOf(`{"id": 150}`) })
	ids := make([]int64, 150)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	all, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{IDs: ids}))
	assert.Empty(t, all)
	assertMatches(t, err, licensespring.ErrBadResponse)
	assert.Contains(t, err.Error(), "the service ignored the filter id__in")
	assert.Len(t, *queries, 1)
}

func TestListLicensesValidates(t *testing.T) {
	t.Parallel()
	client, queries := listedLicenses(t, func(url.Values) string { return listOf() })
	_, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{
		LicenseKey: " " + givenKey, OrderStoreID: "\t", SubscriptionID: "sub\x00", CustomerID: -1, CustomerEmail: customerEmail + " ",
		ProductShortCode: "acme\ncad", LicenseUserEmail: "\xff", IDs: []int64{1, 0, -3}, LicenseTemplateCode: " ",
		ValidityPeriodFrom: licensespring.Date{Year: 2031, Month: 2, Day: 30}, UpdatedUntil: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC),
		OrderBy: " -id", PageSize: 101,
	}))
	assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
	var invalid *licensespring.ValidationError
	require.ErrorAs(t, err, &invalid)
	var found []string
	for _, f := range invalid.Findings {
		found = append(found, f.Path+" "+string(f.Rule))
	}
	assert.ElementsMatch(t, []string{
		"license_key surrounding_space", "order__store_id surrounding_space", "subscription_id invalid_text", "customer_id out_of_range",
		"customer_email surrounding_space", "product_short_code control_character", "license_users__true_email invalid_text",
		"id__in[1] out_of_range", "id__in[2] out_of_range", "license_template_code surrounding_space",
		"validity_period__gte invalid_date", "updated_at__lte invalid_date", "order_by surrounding_space", "page_size out_of_range",
	}, found)
	assertTerse(t, err)

	// Also if there is nothing to request.
	_, err = gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{IDs: []int64{}, PageSize: -1}))
	assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
	assert.Empty(t, *queries)
}

func TestListLicensesPaging(t *testing.T) {
	t.Parallel()
	const last = `{"next": null, "results": [{"id": 26}]}`
	tests := []struct {
		name   string
		first  string
		want   []int64 // of two pages; the second one holds 26
		detail string  // of ErrBadResponse
	}{
		{"next", `{"next": "x", "results": [{"id": 1}]}`, []int64{1, 26}, ""},
		{"next at another host", `{"next": "https://elsewhere.example/api/v1/licenses/?offset=77", "results": [{"id": 1}]}`, []int64{1, 26}, ""},
		{"no next", `{"next": null, "results": [{"id": 1}]}`, []int64{1}, ""},
		{"empty next", `{"next": "", "results": [{"id": 1}]}`, []int64{1}, ""},
		{"no next, page not full", `{"results": [{"id": 1}]}`, []int64{1}, ""},
		{"no next, page full", `{"results": [{"id": 1}, {"id": 2}]}`, []int64{1, 2, 26}, ""},
		{"more than requested", `{"next": "x", "results": [{"id": 1}, {"id": 2}, {"id": 3}]}`, []int64{1, 2, 3, 26}, ""},
		// A new license shifts the pages: the last one of a page appears again on the
		// next.
		{"shifted", `{"next": "x", "results": [{"id": 1}, {"id": 26}]}`, []int64{1, 26}, ""},
		{"unexpected members", `{"next": "x", "count": "many", "results": [{"id": 1, "enabled": []}]}`, []int64{1, 26}, ""},
		{"empty", `{"next": null, "results": []}`, nil, ""},
		// The end of the list is not known.
		{"next, empty page", `{"next": "x", "results": []}`, nil, "the page is empty and names a next page"},
		// It may be the license that the caller looks for.
		{"an unreadable element", `{"next": "x", "results": [{"id": 1}, 17]}`, nil, "the list holds an element that is not a license"},
		{"a null element", `{"next": "x", "results": [null]}`, nil, "the list holds an element that is not a license"},
		{"no list", `{"next": null}`, nil, "the response is not a list of licenses"},
		{"a bare list", `[{"id": 1}]`, nil, "the response is not a list of licenses"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, _ := listedLicenses(t, func(query url.Values) string {
				if query.Get("offset") == "" {
					return tt.first
				}
				return last
			})
			licenses, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{PageSize: 2}))
			assert.Equal(t, tt.want, licenseIDs(licenses))
			if tt.detail == "" {
				require.NoError(t, err)
				return
			}
			assertMatches(t, err, licensespring.ErrBadResponse)
			assert.Contains(t, err.Error(), tt.detail)
			assertTerse(t, err)
		})
	}
}

// Pages are requested on demand, with the number of licenses read so far as their
// offset, whatever limit the service applies.
func TestListLicensesOnDemand(t *testing.T) {
	t.Parallel()
	client, queries := listedLicenses(t, func(query url.Values) string {
		first, _ := strconv.Atoi(query.Get("offset"))
		var page []string
		for id := first + 1; id <= min(first+40, 100); id++ { // a limit of 40
			page = append(page, `{"id": `+strconv.Itoa(id)+`}`)
		}
		next := `"x"`
		if first+40 >= 100 {
			next = "null"
		}
		return `{"count": 100, "next": ` + next + `, "results": [` + strings.Join(page, ",") + `]}`
	})
	licenses := client.ListLicenses(t.Context(), licensespring.LicenseFilter{})
	assert.Empty(t, *queries)
	n := 0
	for _, err := range licenses {
		require.NoError(t, err)
		if n++; n == 40 {
			break
		}
	}
	assert.Len(t, *queries, 1)
	*queries = nil
	all, err := gather(licenses)
	require.NoError(t, err)
	assert.Len(t, all, 100)
	require.Len(t, *queries, 3)
	assert.Equal(t, "40", (*queries)[1].Get("offset"))
	assert.Equal(t, "80", (*queries)[2].Get("offset"))
}

// A list that does not end is an error.
func TestListLicensesEndless(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		page func(offset int) string
		want int
	}{
		{"the offset is ignored", func(int) string { return `{"next": "x", "results": [{"id": 1}, {"id": 2}]}` }, 2},
		{"the offset is ignored, without ids", func(int) string { return `{"next": "x", "results": [{"note": "a"}, {"note": "b"}]}` }, 2},
		{"two replicas in turn", func(offset int) string {
			return fmt.Sprintf(`{"next": "x", "results": [{"id": %d}, {"id": 9}]}`, offset/2%2+1)
		}, 22},
		{"longer than its count", func(offset int) string {
			return `{"count": 3, "next": "x", "results": [` + strings.TrimSuffix(fmt.Sprintf(strings.Repeat(`{"id": %d},`, 5), offset+1, offset+2, offset+3, offset+4, offset+5), ",") + `]}`
		}, 10_030},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			client, _ := listedLicenses(t, func(query url.Values) string {
				offset, _ := strconv.Atoi(query.Get("offset"))
				return row.page(offset)
			})
			licenses, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{}))
			assertMatches(t, err, licensespring.ErrBadResponse)
			assertTerse(t, err)
			assert.Len(t, licenses, row.want)
		})
	}
}

// An error on a later page follows the licenses that were read before it.
func TestListLicensesFailsOnLaterPage(t *testing.T) {
	t.Parallel()
	client, requests := respondingInTurn(t, []int{200, 403}, func(int) string { return `{"next": "x", "results": [{"id": 1}]}` })
	licenses, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{SubscriptionID: "sub_417", PageSize: 1}))
	assert.Empty(t, licenses) // the probe failed
	assertMatches(t, err, licensespring.ErrUnauthorized)
	assert.Len(t, *requests, 2)

	client, _ = respondingInTurn(t, []int{200, 403}, func(int) string { return `{"next": "x", "results": [{"id": 1}]}` })
	licenses, err = gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{}))
	assert.Len(t, licenses, 1)
	assertMatches(t, err, licensespring.ErrUnauthorized)
}

// createLicenses creates three licenses for two customers and two users.
func createLicenses(t *testing.T, client *licensespring.Client) {
	t.Helper()
	end := time.Date(2031, time.May, 7, 13, 0, 0, 0, time.UTC)
	ada, grace := licensespring.Customer{Email: "ada@example.com"}, licensespring.Customer{Email: "grace@example.com"}
	for _, order := range []*licensespring.Order{
		licensespring.NewOrder("inv-1").WithCustomer(ada).AddItem("acmecad", licensespring.NewKeyLicense(givenKey).TimeLimitedUntil(end).WithSubscriptionID("sub_1")),
		licensespring.NewOrder("inv-2").WithCustomer(grace).AddItem("acmecad", licensespring.NewKeyLicense(otherKey).TimeLimitedUntil(end.AddDate(1, 0, 0))),
		licensespring.NewOrder("inv-3").WithCustomer(ada).AddItem("acmeweb", licensespring.NewUserLicense("alan@example.com", "joan@example.com")),
	} {
		_, err := client.CreateOrder(t.Context(), order)
		require.NoError(t, err)
	}
}

// Against the fake, which knows all filters, and in some rows ignores them.
func TestListLicensesOfService(t *testing.T) {
	t.Parallel()
	day := licensespring.Date{Year: 2031, Month: time.May, Day: 7}
	past, future := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2101, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name   string
		filter licensespring.LicenseFilter
		want   []string // ids of orders, newest first
		probes int
	}{
		{"all", licensespring.LicenseFilter{}, []string{"inv-3", "inv-2", "inv-1"}, 0},
		{"key", licensespring.LicenseFilter{LicenseKey: otherKey}, []string{"inv-2"}, 0},
		{"order", licensespring.LicenseFilter{OrderStoreID: "inv-3"}, []string{"inv-3"}, 0},
		{"subscription", licensespring.LicenseFilter{SubscriptionID: "sub_1"}, []string{"inv-1"}, 0},
		{"unknown subscription", licensespring.LicenseFilter{SubscriptionID: "sub_2"}, nil, 0},
		{"customer", licensespring.LicenseFilter{CustomerEmail: "ada@example.com"}, []string{"inv-3", "inv-1"}, 0},
		{"product", licensespring.LicenseFilter{ProductShortCode: "acmecad"}, []string{"inv-2", "inv-1"}, 1},
		{"unknown product", licensespring.LicenseFilter{ProductShortCode: "acmepaint"}, nil, 0},
		{"user", licensespring.LicenseFilter{LicenseUserEmail: "joan@example.com"}, []string{"inv-3"}, 0},
		{"template", licensespring.LicenseFilter{LicenseTemplateCode: "gold"}, nil, 0},
		{"active", licensespring.LicenseFilter{Active: new(true)}, nil, 0},
		{"enabled", licensespring.LicenseFilter{Enabled: new(true), OrderBy: "created_at"}, []string{"inv-1", "inv-2", "inv-3"}, 0},
		{"ends after a day", licensespring.LicenseFilter{ValidityPeriodAfter: day}, []string{"inv-2"}, 0},
		{"ends from a day on", licensespring.LicenseFilter{ValidityPeriodFrom: day}, []string{"inv-2", "inv-1"}, 0},
		{"ends before a day", licensespring.LicenseFilter{ValidityPeriodBefore: day}, nil, 0},
		{"ends until a day", licensespring.LicenseFilter{ValidityPeriodUntil: day}, []string{"inv-1"}, 0},
		{"updated between", licensespring.LicenseFilter{UpdatedAfter: past, UpdatedUntil: future}, []string{"inv-3", "inv-2", "inv-1"}, 0},
		{"updated before", licensespring.LicenseFilter{UpdatedBefore: past}, nil, 0},
		{"updated from", licensespring.LicenseFilter{UpdatedFrom: future}, nil, 0},
		{"several", licensespring.LicenseFilter{CustomerEmail: "ada@example.com", ProductShortCode: "acmeweb", Enabled: new(true)}, []string{"inv-3"}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, size := range []int{0, 1, 2} {
				client, s := onLoopback(t, nil)
				createLicenses(t, client)
				filter := row.filter
				filter.PageSize = size
				licenses, err := gather(client.ListLicenses(t.Context(), filter))
				require.NoError(t, err)
				var got []string
				for _, l := range licenses {
					got = append(got, l.OrderStoreID)
				}
				assert.Equal(t, row.want, got)
				pages := 1
				if size > 0 {
					pages = max(1, (len(row.want)+size-1)/size)
				}
				assert.Equal(t, pages+row.probes, sentTo(s, lst.ListLicenses))
			}

			// A filter that is ignored never returns all licenses.
			client, _ := onLoopback(t, []lst.Option{lst.WithIgnoredFilters()})
			createLicenses(t, client)
			licenses, err := gather(client.ListLicenses(t.Context(), row.filter))
			if len(row.want) == 3 { // all licenses match
				require.NoError(t, err)
				return
			}
			assert.Empty(t, licenses)
			assertMatches(t, err, licensespring.ErrBadResponse)
			assert.Contains(t, err.Error(), "the service ignored the filter ")
			assertTerse(t, err)
		})
	}
}

// The forms in which the service may show a customer and users.
func TestListLicensesOfServiceWithQuirks(t *testing.T) {
	t.Parallel()
	for quirk, probes := range map[lst.Quirk]int{
		lst.QuirkCustomerID: 1, // a number does not show the address
		lst.QuirkSingleUser: 0, lst.QuirkPlainEmails: 0, lst.QuirkZeroDates: 0,
	} {
		client, s := onLoopback(t, []lst.Option{lst.WithQuirks(quirk)})
		createLicenses(t, client)
		licenses, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{CustomerEmail: "ada@example.com", LicenseUserEmail: "joan@example.com"}))
		require.NoError(t, err)
		require.Len(t, licenses, 1)
		assert.Equal(t, "inv-3", licenses[0].OrderStoreID)
		assert.Equal(t, 1+probes, sentTo(s, lst.ListLicenses))

		byCustomer, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{CustomerID: licenses[0].CustomerID}))
		require.NoError(t, err)
		assert.Len(t, byCustomer, 2)
		read, err := client.GetLicense(t.Context(), licenses[0].ID)
		require.NoError(t, err)
		assertSameJSON(t, licenses[0], read)
	}
	client, _ := onLoopback(t, []lst.Option{lst.WithQuirks(lst.QuirkCustomerNull)})
	createLicenses(t, client)
	licenses, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{CustomerEmail: "ada@example.com"}))
	assert.Empty(t, licenses)
	assertMatches(t, err, licensespring.ErrBadResponse) // the license has no customer
}

// A license that was just created may not be visible.
func TestGetLicenseNotVisible(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		s.Inject(lst.InvisibleFor(time.Minute).On(lst.CreateOrder))
		res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		id := res.Order.Licenses()[1].ID
		_, err = client.GetLicense(t.Context(), id)
		assertMatches(t, err, licensespring.ErrNotFound)
		_, err = client.GetLicenseByKey(t.Context(), givenKey)
		assertMatches(t, err, licensespring.ErrNotFound)
		<-time.After(time.Minute)
		read, err := client.GetLicense(t.Context(), id)
		require.NoError(t, err)
		found, err := client.GetLicenseByKey(t.Context(), givenKey)
		require.NoError(t, err)
		assertSameJSON(t, read, found)
		assert.Equal(t, new(true), found.Enabled)
		assert.Equal(t, customerEmail, found.Customer.Email)
	})
}

// Reads are retried, each page on its own.
func TestListLicensesRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		createLicenses(t, client)
		s.Inject(lst.DropBefore(), lst.Status(503), lst.CutResponse(300), lst.Status(429))
		licenses, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{ProductShortCode: "acmecad", PageSize: 1}))
		require.NoError(t, err)
		assert.Len(t, licenses, 2)

		s.Inject(lst.DropBefore().Forever())
		licenses, err = gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{}))
		assert.Empty(t, licenses)
		assertMatches(t, err, licensespring.ErrUnavailable)
		assert.Len(t, errorOf(t, err).Attempts, 4)
	})
}

// FuzzLicenseList checks that reading any list of licenses ends without a panic, and
// that only licenses that match the filters are yielded.
func FuzzLicenseList(f *testing.F) {
	for _, seed := range []string{
		`{"count": 1, "next": null, "previous": null, "results": [{"id": 1933000000000021, "enabled": true, "subscription_id": "sub_417", "validity_period": "2031-05-07"}]}`,
		`{"next": "https://elsewhere.example/", "results": [{"id": 1, "license_key": "` + givenKey + `"}]}`,
		`{"results": [{"id": 1, "license_key": "` + givenKey + `"}, {"id": 2, "license_key": "` + givenKey + `"}]}`,
		`{"results": [{"id": "7", "enabled": "true", "validity_period": null}, null, [], "x", {"id": 1, "id": 2}]}`,
		`{"results": [], "results": [{"subscription_id": "sub_417", "subscription_id": "sub_418"}]}`,
		`{"results": [{"customer": {"email": "ada@example.com|x"}, "license_users": [{"true_email": "u3@example.org"}], "updated_at": "2031-05-07"}]}`,
		`{"results": [{"customer": 7, "license_users": [7], "license_user": {"email": "u3@example.org|x"}}]}`,
		`{"count": 1, "next": "x", "results": [{}]}`, `{"results": {}}`, `[]`, `{}`, `null`, ``, `{"results": [`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		requests := 0
		client := newClient(t, testKey, licensespring.WithMaxAttempts(1),
			licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				requests++
				require.LessOrEqual(t, requests, 2000, "the loop does not end")
				if req.URL.Query().Get("limit") == "1" {
					return response(req, http.StatusOK, listOf()), nil // the service knows all filters
				}
				return response(req, http.StatusOK, string(body)), nil
			})}))
		day := licensespring.Date{Year: 2031, Month: time.May, Day: 7}
		for _, filter := range []licensespring.LicenseFilter{
			{},
			{LicenseKey: givenKey},
			{SubscriptionID: "sub_417", Enabled: new(true)},
			{CustomerEmail: "ada@example.com"},
			{CustomerID: 7},
			{LicenseUserEmail: "u3@example.org"},
			{IDs: []int64{7, licenseID}},
			{ValidityPeriodFrom: day, UpdatedUntil: day.Time()},
		} {
			requests = 0
			for l, err := range client.ListLicenses(t.Context(), filter) {
				assert.Equal(t, err == nil, l != nil)
				if err != nil {
					require.ErrorIs(t, err, licensespring.ErrBadResponse)
					continue
				}
				assert.True(t, filter.LicenseKey == "" || l.LicenseKey == filter.LicenseKey || l.LicenseKey == "")
				assert.True(t, filter.SubscriptionID == "" || l.SubscriptionID == filter.SubscriptionID || l.SubscriptionID == "")
				assert.True(t, filter.Enabled == nil || l.Enabled != nil && *l.Enabled == *filter.Enabled)
				assert.True(t, filter.CustomerID == 0 || l.CustomerID == filter.CustomerID || l.CustomerID == 0)
				assert.True(t, filter.IDs == nil || l.ID == 0 || l.ID == 7 || l.ID == licenseID)
				assert.True(t, filter.ValidityPeriodFrom.IsZero() || l.ValidityPeriod.IsZero() || !l.ValidityPeriod.Before(day.Time()))
			}
		}
		requests = 0
		l, err := client.GetLicenseByKey(t.Context(), givenKey)
		if err == nil {
			assert.Equal(t, givenKey, l.LicenseKey)
		} else if !errors.Is(err, licensespring.ErrNotFound) {
			require.ErrorIs(t, err, licensespring.ErrBadResponse)
		}
	})
}

// The shortest licenses and products, as many as fit into a response, take a bounded
// amount of memory.
//
//nolint:paralleltest // allocations of other tests would be counted too
func TestHostileNumberOfListedRecords(t *testing.T) {
	const size = 1 << 20
	many := func(piece, last string) string { return strings.Repeat(piece, size/len(piece)) + last }
	licenses := func(ctx context.Context, c *licensespring.Client) error {
		return drain(c.ListLicenses(ctx, licensespring.LicenseFilter{ProductShortCode: "acmecad", LicenseUserEmail: userEmail}))
	}
	for _, row := range []struct {
		name, body string
		read       func(context.Context, *licensespring.Client) error
	}{
		{"empty licenses", `{"next":null,"results":[` + many("{},", "{}") + `]}`, licenses},
		{"entries that are no licenses", `{"next":null,"results":[` + many("0,", "{}") + `]}`, licenses},
		{"two lists", `{"next":null,"results":[` + many("{},", "{}") + `],"results":[{}]}`, licenses},
		{"a license with many users", `{"next":null,"results":[{"license_users":[` + many(`{"id":7},`, "{}") + `]}]}`, licenses},
		{"a license with many features", `{"id":5,"product_features":[` + many("{},", "{}") + `]}`, reads()["get license"]},
		{"a member many times", `{"next":null,"results":[{"license_users":0` + many(`,"license_users":[]`, "") + `}]}`, licenses},
		{"a product with many features", `{"id":5,"features":[` + many("{},", "{}") + `]}`, reads()["get product"]},
		{"empty products", `{"next":null,"results":[` + many("{},", "{}") + `]}`, reads()["list products"]},
		{"empty customers", `{"next":null,"results":[` + many("{},", "{}") + `]}`, reads()["list customers"]},
		{"deep metadata", `{"id":5,"metadata":` + strings.Repeat(`{"a":`, 9_000) + `1` + strings.Repeat(`}`, 9_000) + `}`, reads()["get license"]},
	} {
		t.Run(row.name, func(t *testing.T) {
			client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithHTTPClient(respondingWith(row.body)))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := row.read(t.Context(), client)
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(100*len(row.body)))
			if err != nil {
				require.ErrorIs(t, err, licensespring.ErrBadResponse)
			}
		})
	}
}

// A list that ends before its count is an error: the licenses that are missing would
// not be noticed. Without a member next, the count tells whether there are more pages.
func TestListLicensesEndsEarly(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		page func(query url.Values) string
		want []int64
		err  string
	}{
		"next is null": {
			func(url.Values) string { return `{"count": 250, "next": null, "results": [{"id": 1}]}` }, nil, "ends before the number of licenses that it names",
		},
		"some were removed meanwhile": {
			func(url.Values) string { return `{"count": 3, "next": null, "results": [{"id": 1}]}` }, []int64{1}, "",
		},
		"short pages without next": {
			func(query url.Values) string {
				if query.Get("offset") == "1" {
					return `{"count": 2, "results": [{"id": 2}]}`
				}
				return `{"count": 2, "results": [{"id": 1}]}`
			}, []int64{1, 2}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := listedLicenses(t, row.page)
			all, err := gather(client.ListLicenses(t.Context(), licensespring.LicenseFilter{}))
			if row.err != "" {
				require.ErrorIs(t, err, licensespring.ErrBadResponse)
				assert.Contains(t, err.Error(), row.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, row.want, licenseIDs(all))
		})
	}
}
