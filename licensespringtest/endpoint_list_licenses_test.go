package licensespringtest_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// threeLicenses are created one second after the other.
func threeLicenses(t *testing.T, srv *lst.Server) {
	t.Helper()
	for _, body := range []string{
		`{"id":"o-1","customer":{"email":"ada@example.com"},"items":[{"product_code":"acmecad","licenses":[
			{"key":"K-1","subscription_id":"sub_1","validity_period":"2031-05-06 12:00:00","note":"n-1"}]}]}`,
		`{"id":"o-2","customer":{"company":"C"},"items":[{"product_code":"acmecad","licenses":[
			{"key":"K-2","subscription_id":"sub_2","validity_period":"2031-05-07 00:00:00","note":"n-2","enabled":false}]}]}`,
		`{"id":"o-3","items":[{"product_code":"acmeweb","licenses":[
			{"users":[{"email":"Grace@example.com"}],"note":"n-3","active":true}]}]}`,
	} {
		create(t, srv, body)
		pass(time.Second)
	}
}

func TestListLicenses(t *testing.T) {
	t.Parallel()
	all := []any{"n-3", "n-2", "n-1"}
	one, two, three := []any{"n-1"}, []any{"n-2"}, []any{"n-3"}
	none := []any{}
	tests := []struct {
		query string
		want  []any
	}{
		{"", all},
		{"order_by=-created_at", all},
		{"order_by=created_at", []any{"n-1", "n-2", "n-3"}},
		{"order_by=id", []any{"n-1", "n-2", "n-3"}},
		{"order_by=-id", all},
		{"order_by=updated_at", []any{"n-1", "n-2", "n-3"}},
		{"order_by=validity_period", []any{"n-1", "n-2", "n-3"}},
		{"order_by=-validity_period", all},
		{"order_by=note", all},
		{"limit=1", three},
		{"limit=1&offset=1", two},
		{"limit=2&offset=2", one},
		{"limit=0", all},
		{"offset=3", none},

		{"license_key=K-2", two},
		{"license_key=K-9", none},
		{"license_key=", all},
		{"order__store_id=o-2", two},
		{"order__store_id=o", none},
		{"subscription_id=sub_1", one},
		{"subscription_id=SUB_1", none},
		{"customer_email=ada@example.com", one},
		{"customer_email=ADA@example.com", none},
		{"product_short_code=acmecad", []any{"n-2", "n-1"}},
		{"license_users__true_email=Grace@example.com", three},
		{"license_users__true_email=grace@example.com", none},
		{"license_template_code=gold", none},
		{"active=true", three},
		{"active=false", []any{"n-2", "n-1"}},
		{"enabled=false", two},
		{"enabled=true", []any{"n-3", "n-1"}},
		{"enabled=maybe", all},
		{"id__in=1", none},
		{"id__in=", all},
		{"id__in=1,x", all},
		{"validity_period__gt=2031-05-06", two},
		{"validity_period__gte=2031-05-06", []any{"n-2", "n-1"}},
		{"validity_period__lt=2031-05-06", none},
		{"validity_period__lte=2031-05-06", one},
		{"validity_period__gte=2031-05-07&validity_period__lt=2031-05-08", two},
		{"validity_period__lt=soon", all},
		{"updated_at__gt=2000-01-01T00:00:01Z", three},
		{"updated_at__gte=2000-01-01T00:00:01Z", []any{"n-3", "n-2"}},
		{"updated_at__lt=2000-01-01T00:00:01.5Z", []any{"n-2", "n-1"}},
		{"updated_at__lte=2000-01-01", one},
		{"subscription_id=sub_1&license_key=K-1", one},
		{"subscription_id=sub_1&license_key=K-2", none},

		// Unknown filters are ignored.
		{"licence_key=K-1", all},
		{"subscription=sub_1", all},
		{"order_store_id=o-1", all},
	}
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		threeLicenses(t, srv)
		for _, tt := range tests {
			list := do(t, srv, http.MethodGet, licensesPath+"?"+tt.query, "").json(t)
			assert.Equal(t, tt.want, results(t, list, "note"), tt.query)
		}
		customer := srv.Orders()[1].Customer.ID
		id := func(i int) string { return strconv.FormatInt(srv.Orders()[i].Licenses()[0].ID, 10) }
		for query, want := range map[string][]any{
			fmt.Sprintf("customer_id=%d", customer):      two,
			"customer_id=1":                              none,
			"id__in=" + id(0):                            one,
			"id__in=" + id(0) + "," + id(2):              {"n-3", "n-1"},
			"id__in=" + id(0) + ",7&enabled=false":       none,
			"id__in=" + id(1) + "&subscription_id=sub_2": two,
		} {
			list := do(t, srv, http.MethodGet, licensesPath+"?"+query, "").json(t)
			assert.Equal(t, want, results(t, list, "note"), query)
		}
	})
}

// TestListLicenses_withoutEnd sorts licenses of which some have no end.
func TestListLicenses_withoutEnd(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmecad", `{"note":"1"},{"note":"2","validity_period":"2032-01-01 00:00:00"},
		{"note":"3"},{"note":"4","validity_period":"2031-01-01 00:00:00"}`))
	for query, want := range map[string][]any{
		"?order_by=validity_period":  {"4", "2", "1", "3"},
		"?order_by=-validity_period": {"3", "1", "2", "4"},
	} {
		list := do(t, srv, http.MethodGet, licensesPath+query, "").json(t)
		assert.Equal(t, want, results(t, list, "note"), query)
	}
}

func TestListLicenses_ignoredFilters(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		threeLicenses(t, srv)
		for path, want := range map[string]int{
			licensesPath + "?license_key=K-1":                        3,
			licensesPath + "?id__in=1":                               3,
			licensesPath + "?validity_period__lt=2001-01-01":         3,
			customersPath + "?email=ada@example.com":                 2,
			licenseUsersPath + "?true_email__iexact=ada@example.com": 1,
		} {
			assert.Len(t, do(t, srv, http.MethodGet, path, "").json(t)["results"], want, path)
		}
	}, lst.WithIgnoredFilters())
}

func TestListLicenses_pages(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmecad", strings.Repeat(`{"subscription_id":"s"},`, 119)+`{"subscription_id":"s"}`))
	list := do(t, srv, http.MethodGet, licensesPath, "").json(t)
	assert.Len(t, list["results"], 20, "by default")

	list = do(t, srv, http.MethodGet, licensesPath+"?limit=500&order_by=id&subscription_id=s", "").json(t)
	assert.Equal(t, 120.0, list["count"])
	first := results(t, list, "id")
	assert.Len(t, first, 100, "the limit is capped silently")
	assert.Equal(t, srv.URL()+licensesPath+"?limit=100&offset=100&order_by=id&subscription_id=s", list["next"])
	assert.Nil(t, list["previous"])

	next, ok := strings.CutPrefix(list["next"].(string), srv.URL())
	require.True(t, ok)
	list = do(t, srv, http.MethodGet, next, "").json(t)
	second := results(t, list, "id")
	assert.Len(t, second, 20)
	assert.Nil(t, list["next"])
	assert.Equal(t, srv.URL()+licensesPath+"?limit=100&offset=0&order_by=id&subscription_id=s", list["previous"])
	seen := make(map[any]bool)
	for _, id := range append(first, second...) {
		seen[id] = true
	}
	assert.Len(t, seen, 120)
}
