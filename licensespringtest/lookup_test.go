package licensespringtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// storeIDs are the orders of a list's page.
func storeIDs(t *testing.T, list map[string]any) []string {
	t.Helper()
	ids := []string{}
	for _, r := range list["results"].([]any) {
		ids = append(ids, dig(t, r, "store_id").(string))
	}

	return ids
}

func TestList(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, `{"id":"b-1","customer":{"email":"ada@example.com"},"items":[{"product_code":"acme-cad","licenses":[{}]}]}`)
	create(t, srv, order("a-2"))
	create(t, srv, order("b-3"))
	create(t, srv, `{"id":"old","created":"2001-01-01 00:00:00","items":[{"product_code":"acme-cad"}]}`)
	require.True(t, srv.ArchiveOrder("b-3"))
	assert.False(t, srv.ArchiveOrder("nobody"))

	newestFirst := []string{"b-3", "a-2", "b-1", "old"}
	tests := []struct {
		query string
		count int
		want  []string
	}{
		{"", 4, newestFirst},
		{"order_by=-created_at", 4, newestFirst},
		{"order_by=created_at", 4, []string{"old", "b-1", "a-2", "b-3"}},
		{"order_by=store_id", 4, []string{"a-2", "b-1", "b-3", "old"}},
		{"order_by=-store_id", 4, []string{"old", "b-3", "b-1", "a-2"}},
		{"order_by=id", 4, []string{"b-1", "a-2", "b-3", "old"}},
		{"order_by=bogus", 4, newestFirst},
		{"store_id=b-1", 1, []string{"b-1"}},
		{"store_id=b", 0, []string{}},
		{"store_id__startswith=b-", 2, []string{"b-3", "b-1"}},
		{"customer__email=ada@example.com", 1, []string{"b-1"}},
		{"customer__email=nobody@example.com", 0, []string{}},
		{"is_archived=true", 1, []string{"b-3"}},
		{"is_archived=false", 3, []string{"a-2", "b-1", "old"}},
		{"is_archived=perhaps", 4, newestFirst},
		// Unknown filters are ignored: everything is returned.
		{"storeid=b-1", 4, newestFirst},
		{"Store_ID=b-1", 4, newestFirst},
		{"limit=2", 4, []string{"b-3", "a-2"}},
		{"limit=2&offset=2", 4, []string{"b-1", "old"}},
		{"limit=2&offset=3", 4, []string{"old"}},
		{"limit=2&offset=9", 4, []string{}},
		{"limit=0&offset=-1", 4, newestFirst},
		{"limit=x&offset=x", 4, newestFirst},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			a := do(t, srv, http.MethodGet, ordersPath+"?"+tt.query, "")
			require.Equal(t, http.StatusOK, a.status)
			list := a.json(t)
			assert.Equal(t, float64(tt.count), list["count"])
			assert.Equal(t, tt.want, storeIDs(t, list))
		})
	}
}

func TestList_pages(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithBasePath("saas/"))
	for i := range 25 {
		create(t, srv, order(fmt.Sprintf("o-%02d", i)))
	}
	assert.True(t, strings.HasSuffix(srv.URL(), "/saas"))

	list := do(t, srv, http.MethodGet, ordersPath+"?store_id__startswith=o-&order_by=store_id", "").json(t)
	assert.Equal(t, 25.0, list["count"])
	assert.Len(t, storeIDs(t, list), 20, "by default")
	assert.Nil(t, list["previous"])
	assert.Equal(t, srv.URL()+ordersPath+"?limit=20&offset=20&order_by=store_id&store_id__startswith=o-", list["next"])

	// The address of the next page names the host the client used.
	next, err := url.Parse(list["next"].(string))
	require.NoError(t, err)
	r := newRequest(t, srv, http.MethodGet, strings.TrimPrefix(next.RequestURI(), "/saas"), "")
	r.Host = "saas.example.com"
	a, err := send(srv.Client(), r)
	require.NoError(t, err)
	list = a.json(t)
	assert.Equal(t, []string{"o-20", "o-21", "o-22", "o-23", "o-24"}, storeIDs(t, list))
	assert.Nil(t, list["next"])
	assert.Equal(t, "http://saas.example.com/saas"+ordersPath+"?limit=20&offset=0&order_by=store_id&store_id__startswith=o-", list["previous"])
}

func TestList_ignoredFilters(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithIgnoredFilters(), lst.WithQuirks(lst.BareLists))
	create(t, srv, order("a"))
	create(t, srv, order("b"))
	list := do(t, srv, http.MethodGet, ordersPath+"?store_id=a", "").json(t)
	assert.Equal(t, []string{"b", "a"}, storeIDs(t, list))
	assert.NotContains(t, dig(t, list, "results", 0), "order_items")
}

func TestGet(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	made := create(t, srv, `{"id":"a","items":[{"product_code":"acme-cad"},{"product_code":"acme-web","licenses":[{"users":[{"email":"a@example.com"}]}]}]}`)
	path := fmt.Sprintf("%s%d/", ordersPath, srv.Orders()[0].ID)
	assert.Equal(t, made, do(t, srv, http.MethodGet, path, "").json(t))

	for _, unknown := range []string{"1/", "-1/", "x/", "99999999999999999999/"} {
		a := do(t, srv, http.MethodGet, ordersPath+unknown, "")
		assert.Equal(t, http.StatusNotFound, a.status, unknown)
		assert.JSONEq(t, `{"detail":"Not found."}`, a.body)
	}
}

func TestRenameOrder(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, order("a"))
	create(t, srv, order("c"))
	require.NoError(t, srv.RenameOrder("a", "b"))
	require.Error(t, srv.RenameOrder("a", "b"), "not there any more")
	require.Error(t, srv.RenameOrder("b", "c"), "taken")
	_, ok := srv.Order("a")
	assert.False(t, ok)
	create(t, srv, order("a"))
	assert.Equal(t, 3, srv.LicenseCount(), "a renamed order no longer guards its old id")
	assert.Equal(t, http.StatusConflict, do(t, srv, http.MethodPost, createPath, order("b")).status)
}

func TestGenerateLicense(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	var keys []string
	a := do(t, srv, http.MethodGet, ordersPath+"generate_license/?product=acme-cad&quantity=3", "")
	require.Equal(t, http.StatusOK, a.status)
	require.NoError(t, json.Unmarshal([]byte(a.body), &keys))
	require.Len(t, keys, 3)
	for _, key := range keys {
		assert.Regexp(t, keyForm, key)
	}
	create(t, srv, withLicense("acme-cad", `{"key":"`+keys[0]+`"}`))

	a = do(t, srv, http.MethodGet, ordersPath+"generate_license/?product=acme-cad", "")
	require.NoError(t, json.Unmarshal([]byte(a.body), &keys))
	assert.Len(t, keys, 1, "by default")

	tests := []struct{ query, want string }{
		{"", `{"product":["This field is required."]}`},
		{"product=acme-cad&quantity=x", `{"quantity":["A valid integer is required."]}`},
		{"product=acme-cad&quantity=", `{"quantity":["A valid integer is required."]}`},
		{"product=acme-cad&quantity=0", `{"quantity":["Ensure this value is between 1 and 1000."]}`},
		{"quantity=1001", `{"product":["This field is required."],"quantity":["Ensure this value is between 1 and 1000."]}`},
		{"product=nobody", `{"status":400,"code":"unknown_product","message":"Product does not exist."}`},
		{"product=acme-web", `{"status":400,"code":"invalid_product_auth_method","message":"Product does not use license keys."}`},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			a := do(t, srv, http.MethodGet, ordersPath+"generate_license/?"+tt.query, "")
			assert.Equal(t, http.StatusBadRequest, a.status)
			assert.JSONEq(t, tt.want, a.body)
		})
	}
}

func TestInvisible(t *testing.T) {
	t.Parallel()
	visible := func(t *testing.T, srv *lst.Server) int {
		t.Helper()
		n := 0
		list := do(t, srv, http.MethodGet, ordersPath+"?store_id=o-1", "").json(t)
		for _, o := range list["results"].([]any) {
			for _, item := range dig(t, o, "order_items").([]any) {
				n += len(dig(t, item, "licenses").([]any))
			}
		}
		stored, _ := srv.Order("o-1")
		a := do(t, srv, http.MethodGet, fmt.Sprintf("%s%d/", ordersPath, stored.ID), "")
		require.Equal(t, n > 0, a.status == http.StatusOK)

		return n
	}
	add := `{"id":"o-1","append":true,"items":[{"product_code":"acme-cad","licenses":[{}]}]}`
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		srv.Inject(lst.InvisibleFor(5 * time.Second))
		assert.Len(t, create(t, srv, order("o-1"))["order_items"], 1, "the answer shows it")
		assert.Zero(t, visible(t, srv))
		pass(2 * time.Second)
		assert.Zero(t, visible(t, srv), "the option is shorter than the fault")
		assert.Equal(t, http.StatusConflict, do(t, srv, http.MethodPost, createPath, order("o-1")).status, "hidden, not absent")
		pass(3 * time.Second)
		assert.Equal(t, 1, visible(t, srv))

		assert.Len(t, create(t, srv, add)["order_items"], 2)
		assert.Equal(t, 1, visible(t, srv), "an append hides behind the order that was there")
		pass(time.Second)
		assert.Equal(t, 2, visible(t, srv))
	}, lst.WithLookupDelay(time.Second))
}
