package licensespring_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestGetOrder(t *testing.T) {
	t.Parallel()
	client, _ := onLoopback(t, nil)
	made, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	rec, err := client.GetOrder(t.Context(), made.Order.ID)
	require.NoError(t, err)
	assert.Equal(t, "inv-1", rec.StoreID)
	assert.Equal(t, made.Order.LicenseKeys(), rec.LicenseKeys())
	assert.NotEmpty(t, rec.Raw())

	_, err = client.GetOrder(t.Context(), made.Order.ID+1)
	assertMatches(t, err, licensespring.ErrNotFound)
	e := errorOf(t, err)
	assert.Equal(t, "get order", e.Op)
	assert.Empty(t, e.Outcome) // nothing was to be made
	assert.Equal(t, http.StatusNotFound, e.StatusCode)
	assert.Len(t, e.Attempts, 1)
}

func TestGetOrderNeedsANumber(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, id := range []int64{0, -1} {
		_, err := client.GetOrder(t.Context(), id)
		assertMatches(t, err, licensespring.ErrInvalidRequest)
		assert.Contains(t, err.Error(), "id: is not a number the service gives to orders")
	}
	assert.Empty(t, s.Requests())
}

func TestFindOrder(t *testing.T) {
	t.Parallel()
	for name, service := range map[string][]lst.Option{
		"filtered":                  nil,
		"filter ignored":            {lst.WithIgnoredFilters()},
		"lists without items":       {lst.WithQuirks(lst.BareLists)},
		"ignored, and no items":     {lst.WithIgnoredFilters(), lst.WithQuirks(lst.BareLists)},
		"no id at the root":         {lst.WithQuirks(lst.NoRootID)},
		"nothing to complete it by": {lst.WithQuirks(lst.NoRootID, lst.BareLists)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, service)
			for _, id := range []string{"inv-10", "inv-1", "INV-1", "inv-11"} {
				order := licensespring.NewOrder(id).AddItem("acme-cad", licensespring.NewLicense())
				_, err := client.CreateOrder(t.Context(), order)
				require.NoError(t, err)
			}
			rec, err := client.FindOrder(t.Context(), "inv-1")
			require.NoError(t, err)
			assert.Equal(t, "inv-1", rec.StoreID)
			if name != "nothing to complete it by" {
				made, _ := s.Order("inv-1")
				assert.Equal(t, made.ID, rec.ID)
				assert.Len(t, rec.LicenseKeys(), 1)
			}
			for _, id := range []string{"inv", "inv-12", "nv-1"} {
				_, err = client.FindOrder(t.Context(), id)
				assertMatches(t, err, licensespring.ErrNotFound)
				assert.Equal(t, id, errorOf(t, err).OrderID)
				assert.Equal(t, "find order", errorOf(t, err).Op)
			}
		})
	}
}

func TestFindOrderNeedsAnID(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, id := range []string{"", " \t"} {
		_, err := client.FindOrder(t.Context(), id)
		assertMatches(t, err, licensespring.ErrInvalidRequest)
	}
	assert.Empty(t, s.Requests())
}

// The errors of a read. None of them has an outcome, and none is repeated but
// those that can pass.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		fault    lst.Fault
		kind     licensespring.ErrorKind // of FindOrder
		get      licensespring.ErrorKind // of GetOrder, if it is another
		attempts int
	}{
		{"403", lst.Status(403), licensespring.ErrUnauthorized, "", 1},
		{"400", lst.Status(400), licensespring.ErrInvalidRequest, "", 1},
		// No list at this address says nothing of the orders there are.
		{"404", lst.Status(404), licensespring.ErrBadResponse, licensespring.ErrNotFound, 1},
		{"redirect", lst.Redirect(302, "https://elsewhere.example/"), licensespring.ErrRedirected, "", 1},
		{"500", lst.Status(500), licensespring.ErrUnavailable, "", 4},
		{"501", lst.Status(501), licensespring.ErrUnavailable, "", 1},
		{"429", lst.Status(429), licensespring.ErrRateLimited, "", 4},
		{"cut", lst.DropBefore(), licensespring.ErrUnavailable, "", 4},
		{"cut in the body", lst.CutResponse(300), licensespring.ErrBadResponse, "", 4}, // a read can do no harm
		{"too large", lst.HugeBody(64<<10 + 1), licensespring.ErrBadResponse, "", 4},
		{"HTML", lst.Status(200, lst.Body("text/html", "<html>https://internal.example</html>")), licensespring.ErrBadResponse, "", 4},
		{"something else", lst.Status(200, jsonBody(`{"message": "welcome to https://internal.example"}`)), licensespring.ErrBadResponse, "", 1},
		{"a list of something else", lst.Status(200, jsonBody(`{"results": {}}`)), licensespring.ErrBadResponse, "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, nil, licensespring.WithMaxResponseBytes(64<<10))
				made, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
				require.NoError(t, err)
				s.Inject(tt.fault.Forever())
				get := tt.get
				if get == "" {
					get = tt.kind
				}
				_, findErr := client.FindOrder(t.Context(), "inv-1")
				_, getErr := client.GetOrder(t.Context(), made.Order.ID)
				var listErr error
				for rec, err := range client.Orders(t.Context(), licensespring.OrderFilter{CustomerEmail: customerEmail}) {
					assert.Nil(t, rec)
					require.NoError(t, listErr, "the first error ends the loop")
					listErr = err
				}
				for err, kind := range map[error]licensespring.ErrorKind{findErr: tt.kind, getErr: get, listErr: tt.kind} {
					assertMatches(t, err, kind)
					assertTerse(t, err, "internal.example", "elsewhere.example")
					e := errorOf(t, err)
					assert.Empty(t, e.Outcome)
					assert.Len(t, e.Attempts, tt.attempts, e.Op)
				}
			})
		})
	}
}

func TestReadsRetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		made, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		s.Inject(lst.DropBefore(), lst.Status(503), lst.CutResponse(300))
		rec, err := client.GetOrder(t.Context(), made.Order.ID)
		require.NoError(t, err)
		assert.Equal(t, "inv-1", rec.StoreID)
	})
}

func TestReadWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		s.Inject(lst.StallBefore().Forever())
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := client.GetOrder(ctx, 1)
		assert.Equal(t, 3*time.Second, time.Since(start))
		assertMatches(t, err, licensespring.ErrUnavailable)
		require.ErrorIs(t, err, context.Canceled)

		_, err = client.FindOrder(ctx, "inv-1") // it is over already
		assertMatches(t, err, licensespring.ErrNotSent)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// The number in the answer is the number that was asked for, or the answer is
// another one's.
func TestGetOrderThatIsAnother(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	s.Inject(lst.Status(200, jsonBody(`{"id": 6, "store_id": "inv-1"}`)))
	_, err := client.GetOrder(t.Context(), 5)
	assertMatches(t, err, licensespring.ErrBadResponse)
	assert.Contains(t, err.Error(), "the service answered with another order")
}

// A list that leaves the items out is completed by the order itself, which has
// to be the one that was looked for.
func TestFindOrderThatIsCompletedByAnother(t *testing.T) {
	t.Parallel()
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/api/v1/orders/" {
			return answer(req, http.StatusOK, `{"next": null, "results": [{"id": 5, "store_id": "inv-1"}]}`), nil
		}
		return answer(req, http.StatusOK, `{"id": 5, "store_id": "inv-2", "order_items": [{"licenses": [{}]}]}`), nil
	})}))
	_, err := client.FindOrder(t.Context(), "inv-1")
	assertMatches(t, err, licensespring.ErrBadResponse)
}

// The exact queries.
func TestLookupQueries(t *testing.T) {
	t.Parallel()
	const base = "https://saas.licensespring.com/api/v1/orders/"
	list := httpmock.NewStringResponder(200, `{"count": 0, "next": null, "previous": null, "results": []}`)
	tests := []struct {
		name string
		call func(context.Context, *licensespring.Client) error
		want string
		resp httpmock.Responder
	}{
		{"find", func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.FindOrder(ctx, "inv 1&x=2")
			return err
		}, base + "?limit=100&order_by=-created_at&store_id=inv+1%26x%3D2", list},
		{"get", func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrder(ctx, 1600000000000001)
			return err
		}, base + "1600000000000001/", httpmock.NewStringResponder(404, "")},
		{"all orders", func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.Orders(ctx, licensespring.OrderFilter{}))
		}, base + "?limit=100&order_by=-created_at", list},
		{"some orders", func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.Orders(ctx, licensespring.OrderFilter{
				StoreID: "inv-1", StoreIDPrefix: "inv-", CustomerEmail: "ada@example.com", IsArchived: new(false), OrderBy: "store_id", PageSize: 7,
			}))
		}, base + "?customer__email=ada%40example.com&is_archived=false&limit=7&order_by=store_id&store_id=inv-1&store_id__startswith=inv-", list},
		{"archived orders", func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.Orders(ctx, licensespring.OrderFilter{IsArchived: new(true)}))
		}, base + "?is_archived=true&limit=100&order_by=-created_at", list},
		{"keys", func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GenerateLicenseKeys(ctx, "acme cad", 3)
			return err
		}, base + "generate_license/?product=acme+cad&quantity=3", httpmock.NewStringResponder(200, `["a", "b", "c"]`)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, transport := mocked(t)
			var asked []string
			transport.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
				asked = append(asked, req.URL.String())
				assert.Equal(t, http.MethodGet, req.Method)
				assert.Equal(t, http.Header{
					"Authorization": {"Api-Key " + testKey}, "Accept": {"application/json"}, "User-Agent": {"licensespring-go/0.1.0"},
				}, req.Header)
				assert.Nil(t, req.Body)
				return tt.resp(req)
			})
			if err := tt.call(t.Context(), client); err != nil {
				require.ErrorIs(t, err, licensespring.ErrNotFound)
			}
			assert.Equal(t, []string{tt.want}, asked)
		})
	}
}

// drain ranges over everything and returns the first error.
func drain(orders func(func(*licensespring.OrderRecord, error) bool)) error {
	for _, err := range orders {
		if err != nil {
			return err
		}
	}
	return nil
}

// collect returns the ids of everything there is to range over.
func collect(t *testing.T, orders func(func(*licensespring.OrderRecord, error) bool)) []string {
	t.Helper()
	var ids []string
	for rec, err := range orders {
		require.NoError(t, err)
		ids = append(ids, rec.StoreID)
	}
	return ids
}

func makeOrders(t *testing.T, client *licensespring.Client, n int) []string {
	t.Helper()
	var ids []string // newest first
	for i := range n {
		order := licensespring.NewOrder(fmt.Sprintf("inv-%03d", i)).
			WithCustomer(licensespring.Customer{Email: fmt.Sprintf("c%d@example.com", i%2)}).
			AddItem("acme-cad", licensespring.NewLicense())
		_, err := client.CreateOrder(t.Context(), order)
		require.NoError(t, err)
		ids = append([]string{order.ID}, ids...)
	}
	return ids
}

func TestOrders(t *testing.T) {
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
		{"the other way round", nil, licensespring.OrderFilter{OrderBy: "created_at"}, func(all []string) []string {
			var turned []string
			for _, id := range all {
				turned = append([]string{id}, turned...)
			}
			return turned
		}, 1},
		{"one id", nil, licensespring.OrderFilter{StoreID: "inv-007"}, func([]string) []string { return []string{"inv-007"} }, 1},
		{"a prefix", nil, licensespring.OrderFilter{StoreIDPrefix: "inv-02"}, func(all []string) []string { return all[:5] }, 1},
		{"nothing", nil, licensespring.OrderFilter{StoreID: "inv-7"}, func([]string) []string { return nil }, 1},
		{"a customer", nil, licensespring.OrderFilter{CustomerEmail: "c1@example.com", PageSize: 4}, odd, 3},
		{"archived", nil, licensespring.OrderFilter{IsArchived: new(true)}, func([]string) []string { return nil }, 1},
		{"no items", []lst.Option{lst.WithQuirks(lst.BareLists)}, licensespring.OrderFilter{PageSize: 10}, func(all []string) []string { return all }, 3},
		{"no numbers", []lst.Option{lst.WithQuirks(lst.BareLists, lst.NoRootID)}, licensespring.OrderFilter{PageSize: 10}, func(all []string) []string { return all }, 3},
		{"no customers to see", []lst.Option{lst.WithQuirks(lst.CustomerID)}, licensespring.OrderFilter{CustomerEmail: "c1@example.com"}, odd, 1},
		// An unknown filter is ignored and returns everything: what is not asked
		// for is left out here.
		{"id filter ignored", []lst.Option{lst.WithIgnoredFilters()}, licensespring.OrderFilter{StoreID: "inv-007", PageSize: 10}, func([]string) []string { return []string{"inv-007"} }, 3},
		{"prefix filter ignored", []lst.Option{lst.WithIgnoredFilters()}, licensespring.OrderFilter{StoreIDPrefix: "inv-02"}, func(all []string) []string { return all[:5] }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, tt.service)
			all := makeOrders(t, client, 25)
			assert.Equal(t, tt.want(all), collect(t, client.Orders(t.Context(), tt.filter)))
			assert.Equal(t, tt.pages, sentTo(s, lst.ListOrders))
		})
	}
}

func odd(all []string) []string {
	var some []string
	for i, id := range all {
		if i%2 == 1 {
			some = append(some, id)
		}
	}
	return some
}

// Pages are asked for as the loop comes to them, and no other when it is left.
func TestOrdersOnDemand(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	makeOrders(t, client, 12)
	orders := client.Orders(t.Context(), licensespring.OrderFilter{PageSize: 5})
	assert.Zero(t, sentTo(s, lst.ListOrders)) // nothing happens before it is ranged over

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
	assert.Equal(t, 3, sentTo(s, lst.ListOrders)) // it begins anew
	assert.Len(t, collect(t, orders), 12)
}

func TestOrdersNeedAPageSize(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, size := range []int{-1, 101} {
		n := 0
		for rec, err := range client.Orders(t.Context(), licensespring.OrderFilter{PageSize: size}) {
			n++
			assert.Nil(t, rec)
			assertMatches(t, err, licensespring.ErrInvalidRequest)
			assert.Contains(t, err.Error(), "page_size: must be from 1 to 100")
		}
		assert.Equal(t, 1, n)
	}
	assert.Empty(t, s.Requests())
}

// An error in the middle comes after what was read before it.
func TestOrdersThatFailInTheMiddle(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil, licensespring.WithMaxAttempts(1))
	makeOrders(t, client, 12)
	s.Inject(lst.Status(500).On(lst.ListOrders).Nth(2))
	n := 0
	var last error
	for rec, err := range client.Orders(t.Context(), licensespring.OrderFilter{PageSize: 5}) {
		if last = err; err == nil {
			n++
			assert.NotNil(t, rec)
		}
	}
	assert.Equal(t, 5, n)
	assertMatches(t, last, licensespring.ErrUnavailable)
}

// pages answers a list page by page, each made by a function of its offset.
func pages(t *testing.T, page func(offset, limit string) string) (*licensespring.Client, *[]url.Values) {
	t.Helper()
	var asked []url.Values
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		assert.Equal(t, "saas.licensespring.com", req.URL.Host)
		assert.Equal(t, "/api/v1/orders/", req.URL.Path)
		asked = append(asked, req.URL.Query())
		return answer(req, http.StatusOK, page(req.URL.Query().Get("offset"), req.URL.Query().Get("limit"))), nil
	})}))
	return client, &asked
}

// A URL of the service's making may name another host, and the key would go
// there.
func TestOrdersDoNotFollowNext(t *testing.T) {
	t.Parallel()
	client, asked := pages(t, func(offset, _ string) string {
		if offset == "" {
			return `{"next": "https://elsewhere.example/api/v1/orders/?offset=77", "results": [{"id": 1, "store_id": "a"}]}`
		}
		return `{"next": null, "results": [{"id": 2, "store_id": "b"}]}`
	})
	assert.Equal(t, []string{"a", "b"}, collect(t, client.Orders(t.Context(), licensespring.OrderFilter{})))
	require.Len(t, *asked, 2)
	assert.Equal(t, "1", (*asked)[1].Get("offset"))
}

// The service may give fewer than it is asked for: what it gave is what counts,
// or orders would be passed over.
func TestOrdersOfAServiceWithShortPages(t *testing.T) {
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
	assert.Equal(t, []string{"a", "b", "c", "d"}, collect(t, client.Orders(t.Context(), licensespring.OrderFilter{})))

	client, _ = pages(t, short)
	rec, err := client.FindOrder(t.Context(), "d")
	require.NoError(t, err)
	assert.Equal(t, int64(4), rec.ID)
}

func TestPages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		first string
		want  []string // of two pages, the second of which holds z
	}{
		{"next", `{"next": "x", "results": [{"id": 1, "store_id": "a"}]}`, []string{"a", "z"}},
		{"no next", `{"next": null, "results": [{"id": 1, "store_id": "a"}]}`, []string{"a"}},
		{"empty next", `{"next": "", "results": [{"id": 1, "store_id": "a"}]}`, []string{"a"}},
		{"nothing said, page not full", `{"results": [{"id": 1, "store_id": "a"}]}`, []string{"a"}},
		{"nothing said, page full", `{"results": [{"id": 1, "store_id": "a"}, {"id": 2, "store_id": "b"}]}`, []string{"a", "b", "z"}},
		{"next, and nothing", `{"next": "x", "results": []}`, nil}, // it would never end
		// A new order shifts the pages: the last of one comes again in the next.
		{"shifted", `{"next": "x", "results": [{"id": 1, "store_id": "a"}, {"id": 26, "store_id": "z"}]}`, []string{"a", "z"}},
		{"odd members", `{"next": "x", "count": "many", "results": [{"id": [], "store_id": "a", "customer": 5}, 17]}`, []string{"a", "z"}},
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
			assert.Equal(t, tt.want, collect(t, client.Orders(t.Context(), licensespring.OrderFilter{PageSize: 2})))
		})
	}
}

// A search that the service does not filter has an end, and then says that it
// has found out nothing.
func TestFindOrderAmongAllOrders(t *testing.T) {
	t.Parallel()
	page := `{"next": "x", "results": [` + strings.TrimSuffix(strings.Repeat(`{"id": 1, "store_id": "other"},`, 100), ",") + `]}`
	client, asked := pages(t, func(string, string) string { return page })
	_, err := client.FindOrder(t.Context(), "inv-1")
	assertMatches(t, err, licensespring.ErrBadResponse)
	assert.Contains(t, err.Error(), "did not filter by the id")
	assert.Len(t, *asked, 5)
}

// FuzzListPage: whatever a list holds, reading it does not panic and ends, and
// an order that is plainly there is found.
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
				if req.URL.Path != "/api/v1/orders/" { // a record without its items is completed
					return answer(req, http.StatusOK, `{"store_id": "inv-1"}`), nil
				}
				return answer(req, http.StatusOK, string(body)), nil
			})}))
		n := 0
		for rec, err := range client.Orders(t.Context(), licensespring.OrderFilter{PageSize: 100}) {
			assert.Equal(t, err == nil, rec != nil)
			if n++; n > 1000 {
				break // the same page again and again, each with orders that have no number
			}
		}
		rec, err := client.FindOrder(t.Context(), "inv-1")
		if err == nil {
			assert.Equal(t, "inv-1", strings.TrimSpace(rec.StoreID))
		} else {
			errorOf(t, err)
		}
	})
}
