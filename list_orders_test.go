package licensespring_test

import (
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// drain consumes the sequence and returns the first error.
func drain[R any](records iter.Seq2[*R, error]) error {
	for _, err := range records {
		if err != nil {
			return err
		}
	}
	return nil
}

// collect returns the store ids of all orders.
func collect(t *testing.T, orders func(func(*licensespring.OrderRecord, error) bool)) []string {
	t.Helper()
	var ids []string
	for rec, err := range orders {
		require.NoError(t, err)
		ids = append(ids, rec.StoreID)
	}
	return ids
}

func createOrders(t *testing.T, client *licensespring.Client, n int) []string {
	t.Helper()
	var ids []string // newest first
	for i := range n {
		order := licensespring.NewOrder(fmt.Sprintf("inv-%03d", i)).
			WithCustomer(licensespring.Customer{Email: fmt.Sprintf("c%d@example.com", i%2)}).
			AddItem("acmecad", licensespring.NewLicense())
		_, err := client.CreateOrder(t.Context(), order)
		require.NoError(t, err)
		ids = append([]string{order.ID}, ids...)
	}
	return ids
}

func TestListOrders(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		service []lst.Option
		filter  licensespring.OrderFilter
		want    func(all []string) []string
		pages   int
	}{
		{"all, in one page", nil, licensespring.OrderFilter{}, func(all []string) []string { return all }, 1},
		{"all, in pages", nil, licensespring.OrderFilter{PageSize: 10}, func(all []string) []string { return all }, 3},
		{"all, in full pages", nil, licensespring.OrderFilter{PageSize: 5}, func(all []string) []string { return all }, 5},
		{"one by one", nil, licensespring.OrderFilter{PageSize: 1}, func(all []string) []string { return all }, 25},
		{"reverse order", nil, licensespring.OrderFilter{OrderBy: "created_at"}, func(all []string) []string {
			var turned []string
			for _, id := range all {
				turned = append([]string{id}, turned...)
			}
			return turned
		}, 1},
		{"one id", nil, licensespring.OrderFilter{StoreID: "inv-007"}, func([]string) []string { return []string{"inv-007"} }, 1},
		{"a prefix", nil, licensespring.OrderFilter{StoreIDPrefix: "inv-02"}, func(all []string) []string { return all[:5] }, 1},
		{"nothing", nil, licensespring.OrderFilter{StoreID: "inv-7"}, func([]string) []string { return nil }, 1},
		{"a customer", nil, licensespring.OrderFilter{CustomerEmail: "c1@example.com", PageSize: 4}, everySecond, 3},
		{"archived", nil, licensespring.OrderFilter{IsArchived: new(true)}, func([]string) []string { return nil }, 1},
		{"no items", []lst.Option{lst.WithQuirks(lst.QuirkNoListItems)}, licensespring.OrderFilter{PageSize: 10}, func(all []string) []string { return all }, 3},
		{"no numbers", []lst.Option{lst.WithQuirks(lst.QuirkNoListItems, lst.QuirkNoRootID)}, licensespring.OrderFilter{PageSize: 10}, func(all []string) []string { return all }, 3},
		{"no customers to see", []lst.Option{lst.WithQuirks(lst.QuirkCustomerID)}, licensespring.OrderFilter{CustomerEmail: "c1@example.com"}, everySecond, 1},
		// The service ignores unknown filters and returns everything: the
		// client filters again.
		{"id filter ignored", []lst.Option{lst.WithIgnoredFilters()}, licensespring.OrderFilter{StoreID: "inv-007", PageSize: 10}, func([]string) []string { return []string{"inv-007"} }, 3},
		{"prefix filter ignored", []lst.Option{lst.WithIgnoredFilters()}, licensespring.OrderFilter{StoreIDPrefix: "inv-02"}, func(all []string) []string { return all[:5] }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, tt.service)
			all := createOrders(t, client, 25)
			assert.Equal(t, tt.want(all), collect(t, client.ListOrders(t.Context(), tt.filter)))
			assert.Equal(t, tt.pages, sentTo(s, lst.ListOrders))
		})
	}
}

func everySecond(all []string) []string {
	var some []string
	for i, id := range all {
		if i%2 == 1 {
			some = append(some, id)
		}
	}
	return some
}

// Pages are requested on demand.
func TestListOrdersOnDemand(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	createOrders(t, client, 12)
	orders := client.ListOrders(t.Context(), licensespring.OrderFilter{PageSize: 5})
	assert.Zero(t, sentTo(s, lst.ListOrders)) // nothing is requested before the loop

	n := 0
	for _, err := range orders {
		require.NoError(t, err)
		if n++; n == 5 {
			break
		}
	}
	assert.Equal(t, 1, sentTo(s, lst.ListOrders))
	for range orders {
		if n++; n == 11 {
			break
		}
	}
	assert.Equal(t, 3, sentTo(s, lst.ListOrders)) // it starts again
	assert.Len(t, collect(t, orders), 12)
}

func TestListOrdersValidatesPageSize(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, size := range []int{-1, 101} {
		n := 0
		for rec, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{PageSize: size}) {
			n++
			assert.Nil(t, rec)
			assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
			assert.Contains(t, err.Error(), "page_size: must be from 1 to 100")
		}
		assert.Equal(t, 1, n)
	}
	assert.Empty(t, s.Requests())
}

// An error in the middle follows the orders that were read before it.
func TestListOrdersFailsOnLaterPage(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil, licensespring.WithMaxAttempts(1))
	createOrders(t, client, 12)
	s.Inject(lst.Status(500).On(lst.ListOrders).Nth(2))
	n := 0
	var last error
	for rec, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{PageSize: 5}) {
		if last = err; err == nil {
			n++
			assert.NotNil(t, rec)
		}
	}
	assert.Equal(t, 5, n)
	assertMatches(t, last, licensespring.ErrUnavailable)
}

// pages returns a client of a list whose pages the function returns by their
// offset and limit, and the queries it received.
func pages(t *testing.T, page func(offset, limit string) string) (*licensespring.Client, *[]url.Values) {
	t.Helper()
	var queries []url.Values
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, "saas.licensespring.com", req.URL.Host)
		assert.Equal(t, "/api/v1/orders/", req.URL.Path)
		queries = append(queries, req.URL.Query())
		return response(req, http.StatusOK, page(req.URL.Query().Get("offset"), req.URL.Query().Get("limit"))), nil
	})}))
	return client, &queries
}

// A next URL may name another host, which must not receive the key.
func TestListOrdersIgnoresNextURL(t *testing.T) {
	t.Parallel()
	client, queries := pages(t, func(offset, _ string) string {
		if offset == "" {
			return `{"next": "https://elsewhere.example/api/v1/orders/?offset=77", "results": [{"id": 1, "store_id": "a"}]}`
		}
		return `{"next": null, "results": [{"id": 2, "store_id": "b"}]}`
	})
	assert.Equal(t, []string{"a", "b"}, collect(t, client.ListOrders(t.Context(), licensespring.OrderFilter{})))
	require.Len(t, *queries, 2)
	assert.Equal(t, "1", (*queries)[1].Get("offset"))
}

// The service may return fewer orders than requested: the next offset counts
// the orders that were returned, so that none is skipped.
func TestListOrdersShortPages(t *testing.T) {
	t.Parallel()
	short := func(offset, _ string) string {
		switch offset {
		case "":
			return `{"next": "x", "results": [{"id": 1, "store_id": "a"}, {"id": 2, "store_id": "b"}]}`
		case "2":
			return `{"next": "x", "results": [{"id": 3, "store_id": "c"}, {"id": 4, "store_id": "d", "order_items": [{"licenses": [{"id": 5}]}]}]}`
		default:
			return `{"next": null, "results": []}`
		}
	}
	client, _ := pages(t, short)
	assert.Equal(t, []string{"a", "b", "c", "d"}, collect(t, client.ListOrders(t.Context(), licensespring.OrderFilter{})))

	client, _ = pages(t, short)
	rec, err := client.GetOrderByStoreID(t.Context(), "d")
	require.NoError(t, err)
	assert.Equal(t, int64(4), rec.ID)
}

func TestListOrdersPaging(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		first string
		want  []string // of two pages; the second one holds z
	}{
		{"next", `{"next": "x", "results": [{"id": 1, "store_id": "a"}]}`, []string{"a", "z"}},
		{"no next", `{"next": null, "results": [{"id": 1, "store_id": "a"}]}`, []string{"a"}},
		{"empty next", `{"next": "", "results": [{"id": 1, "store_id": "a"}]}`, []string{"a"}},
		{"no next, page not full", `{"results": [{"id": 1, "store_id": "a"}]}`, []string{"a"}},
		{"no next, page full", `{"results": [{"id": 1, "store_id": "a"}, {"id": 2, "store_id": "b"}]}`, []string{"a", "b", "z"}},
		{"next, empty page", `{"next": "x", "results": []}`, nil}, // it would never end
		// A new order shifts the pages: the last order of a page appears again
		// on the next.
		{"shifted", `{"next": "x", "results": [{"id": 1, "store_id": "a"}, {"id": 26, "store_id": "z"}]}`, []string{"a", "z"}},
		{"unexpected members", `{"next": "x", "count": "many", "results": [{"id": [], "store_id": "a", "customer": 5}, 17]}`, []string{"a", "z"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, _ := pages(t, func(offset, _ string) string {
				if offset == "" {
					return tt.first
				}
				return `{"next": null, "results": [{"id": 26, "store_id": "z"}]}`
			})
			assert.Equal(t, tt.want, collect(t, client.ListOrders(t.Context(), licensespring.OrderFilter{PageSize: 2})))
		})
	}
}

// FuzzListPage checks that reading any list ends without a panic, and that an
// order that is clearly present is found.
func FuzzListPage(f *testing.F) {
	for _, seed := range []string{
		`{"count": 1, "next": null, "previous": null, "results": [{"id": 1600000000000001, "store_id": "inv-1", "order_items": []}]}`,
		`{"next": "https://elsewhere.example/", "results": [{"store_id": "inv-1"}]}`,
		`{"results": [{"id": "7", "store_id": 7}, null, [], "x", {"store_id": "inv-1", "store_id": "inv-2"}]}`,
		`{"results": [], "results": [{"store_id": "inv-1"}]}`,
		`{"results": {}}`, `[]`, `{}`, `null`, ``, `{"results": [`, `{"next": 7, "results": [{"customer": {"email": "ada@example.com|x"}}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		client := newClient(t, testKey, licensespring.WithMaxAttempts(1),
			licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path != "/api/v1/orders/" { // a record without items is completed
					return response(req, http.StatusOK, `{"store_id": "inv-1"}`), nil
				}
				return response(req, http.StatusOK, string(body)), nil
			})}))
		n := 0
		for rec, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{PageSize: 100}) {
			assert.Equal(t, err == nil, rec != nil)
			n++
			require.LessOrEqual(t, n, 3*len(body)+1, "the same page again and again")
		}
		rec, err := client.GetOrderByStoreID(t.Context(), "inv-1")
		if err == nil {
			assert.Equal(t, "inv-1", strings.TrimSpace(rec.StoreID))
		} else {
			errorOf(t, err)
		}
	})
}
