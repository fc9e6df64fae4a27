package licensespringtest_test

import (
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

// storeIDs returns the store ids of a page of orders.
func storeIDs(t *testing.T, list map[string]any) []string {
	t.Helper()
	ids := []string{}
	for _, r := range list["results"].([]any) {
		ids = append(ids, dig(t, r, "store_id").(string))
	}

	return ids
}

func TestListOrders(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, `{"id":"b-1","customer":{"email":"ada@example.com"},"items":[{"product_code":"acmecad","licenses":[{}]}]}`)
	create(t, srv, order("a-2"))
	create(t, srv, order("b-3"))
	create(t, srv, `{"id":"old","created":"2001-01-01 00:00:00","items":[{"product_code":"acmecad"}]}`)
	require.True(t, srv.ArchiveOrder("b-3"))
	assert.False(t, srv.ArchiveOrder("no-such-order"))

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
		{"customer__email=unknown@example.com", 0, []string{}},
		{"is_archived=true", 1, []string{"b-3"}},
		{"is_archived=false", 3, []string{"a-2", "b-1", "old"}},
		{"is_archived=maybe", 4, newestFirst},
		// Unknown filters are ignored.
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
			resp := do(t, srv, http.MethodGet, ordersPath+"?"+tt.query, "")
			require.Equal(t, http.StatusOK, resp.status)
			list := resp.json(t)
			assert.Equal(t, float64(tt.count), list["count"])
			assert.Equal(t, tt.want, storeIDs(t, list))
		})
	}
}

func TestListOrders_pages(t *testing.T) {
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

	// The URL of the next page has the host from the request.
	next, err := url.Parse(list["next"].(string))
	require.NoError(t, err)
	r := newRequest(t, srv, http.MethodGet, strings.TrimPrefix(next.RequestURI(), "/saas"), "")
	r.Host = "saas.example.com"
	resp, err := send(srv.Client(), r)
	require.NoError(t, err)
	list = resp.json(t)
	assert.Equal(t, []string{"o-20", "o-21", "o-22", "o-23", "o-24"}, storeIDs(t, list))
	assert.Nil(t, list["next"])
	assert.Equal(t, "http://saas.example.com/saas"+ordersPath+"?limit=20&offset=0&order_by=store_id&store_id__startswith=o-", list["previous"])
}

func TestListOrders_ignoredFilters(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithIgnoredFilters(), lst.WithQuirks(lst.QuirkNoListItems))
	create(t, srv, order("a"))
	create(t, srv, order("b"))
	list := do(t, srv, http.MethodGet, ordersPath+"?store_id=a", "").json(t)
	assert.Equal(t, []string{"b", "a"}, storeIDs(t, list))
	assert.NotContains(t, dig(t, list, "results", 0), "order_items")
}

func TestLookupDelay(t *testing.T) {
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
		resp := do(t, srv, http.MethodGet, fmt.Sprintf("%s%d/", ordersPath, stored.ID), "")
		require.Equal(t, n > 0, resp.status == http.StatusOK)

		return n
	}
	add := `{"id":"o-1","append":true,"items":[{"product_code":"acmecad","licenses":[{}]}]}`
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		srv.Inject(lst.InvisibleFor(5 * time.Second))
		assert.Len(t, create(t, srv, order("o-1"))["order_items"], 1, "the response shows the order")
		assert.Zero(t, visible(t, srv))
		pass(2 * time.Second)
		assert.Zero(t, visible(t, srv), "the longer delay applies")
		assert.Equal(t, http.StatusConflict, do(t, srv, http.MethodPost, createPath, order("o-1")).status, "the order exists but is hidden")
		pass(3 * time.Second)
		assert.Equal(t, 1, visible(t, srv))

		assert.Len(t, create(t, srv, add)["order_items"], 2)
		assert.Equal(t, 1, visible(t, srv), "the appended license is still hidden")
		pass(time.Second)
		assert.Equal(t, 2, visible(t, srv))
	}, lst.WithLookupDelay(time.Second))
}
