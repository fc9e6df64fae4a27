package licensespring_test

import (
	"context"
	"net/http"
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
	created, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	rec, err := client.GetOrder(t.Context(), created.Order.ID)
	require.NoError(t, err)
	assert.Equal(t, "inv-1", rec.StoreID)
	assert.Equal(t, created.Order.LicenseKeys(), rec.LicenseKeys())
	assert.NotEmpty(t, rec.Raw())

	_, err = client.GetOrder(t.Context(), created.Order.ID+1)
	assertMatches(t, err, licensespring.ErrNotFound)
	e := errorOf(t, err)
	assert.Equal(t, licensespring.OpGetOrder, e.Op)
	assert.Empty(t, e.Outcome) // a read has no outcome
	assert.Equal(t, http.StatusNotFound, e.StatusCode)
	assert.Len(t, e.Attempts, 1)
}

func TestGetOrderRequiresID(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, id := range []int64{0, -1} {
		_, err := client.GetOrder(t.Context(), id)
		assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
		assert.Contains(t, err.Error(), "id: is not an ID of the service")
	}
	assert.Empty(t, s.Requests())
}

func TestGetOrderByStoreID(t *testing.T) {
	t.Parallel()
	for name, service := range map[string][]lst.Option{
		"filtered":              nil,
		"filter ignored":        {lst.WithIgnoredFilters()},
		"lists without items":   {lst.WithQuirks(lst.QuirkNoListItems)},
		"ignored, and no items": {lst.WithIgnoredFilters(), lst.WithQuirks(lst.QuirkNoListItems)},
		"no id at the root":     {lst.WithQuirks(lst.QuirkNoRootID)},
		"no ID to complete it":  {lst.WithQuirks(lst.QuirkNoRootID, lst.QuirkNoListItems)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, s := onLoopback(t, service)
			for _, id := range []string{"inv-10", "inv-1", "INV-1", "inv-11"} {
				order := licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense())
				_, err := client.CreateOrder(t.Context(), order)
				require.NoError(t, err)
			}
			rec, err := client.GetOrderByStoreID(t.Context(), "inv-1")
			require.NoError(t, err)
			assert.Equal(t, "inv-1", rec.StoreID)
			if name != "no ID to complete it" {
				created, _ := s.Order("inv-1")
				assert.Equal(t, created.ID, rec.ID)
				assert.Len(t, rec.LicenseKeys(), 1)
			}
			for _, id := range []string{"inv", "inv-12", "nv-1"} {
				_, err = client.GetOrderByStoreID(t.Context(), id)
				assertMatches(t, err, licensespring.ErrNotFound)
				assert.Equal(t, id, errorOf(t, err).OrderID)
				assert.Equal(t, licensespring.OpGetOrderByStoreID, errorOf(t, err).Op)
			}
		})
	}
}

func TestGetOrderByStoreIDRequiresID(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	for _, id := range []string{"", " \t"} {
		_, err := client.GetOrderByStoreID(t.Context(), id)
		assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
	}
	assert.Empty(t, s.Requests())
}

// The errors of reads have no outcome, and only transient ones are retried.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		fault    lst.Fault
		kind     licensespring.ErrorKind // of GetOrderByStoreID
		get      licensespring.ErrorKind // of GetOrder, if different
		attempts int
	}{
		{"403", lst.Status(403), licensespring.ErrUnauthorized, "", 1},
		{"400", lst.Status(400), licensespring.ErrInvalidRequest, "", 1},
		// A list that does not exist does not prove that the order does not
		// exist.
		{"404", lst.Status(404), licensespring.ErrBadResponse, licensespring.ErrNotFound, 1},
		{"redirect", lst.Redirect(302, "https://elsewhere.example/"), licensespring.ErrRedirected, "", 1},
		{"500", lst.Status(500), licensespring.ErrUnavailable, "", 4},
		{"501", lst.Status(501), licensespring.ErrUnavailable, "", 1},
		{"429", lst.Status(429), licensespring.ErrRateLimited, "", 4},
		{"cut", lst.DropBefore(), licensespring.ErrUnavailable, "", 4},
		{"cut in the body", lst.CutResponse(300), licensespring.ErrBadResponse, "", 4}, // reads are safe to retry
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
				created, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
				require.NoError(t, err)
				s.Inject(tt.fault.Forever())
				get := tt.get
				if get == "" {
					get = tt.kind
				}
				_, findErr := client.GetOrderByStoreID(t.Context(), "inv-1")
				_, getErr := client.GetOrder(t.Context(), created.Order.ID)
				var listErr error
				for rec, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{CustomerEmail: customerEmail}) {
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
		created, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		s.Inject(lst.DropBefore(), lst.Status(503), lst.CutResponse(300))
		rec, err := client.GetOrder(t.Context(), created.Order.ID)
		require.NoError(t, err)
		assert.Equal(t, "inv-1", rec.StoreID)
	})
}

func TestReadContextCanceled(t *testing.T) {
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

		_, err = client.GetOrderByStoreID(ctx, "inv-1") // the context is done already
		assertMatches(t, err, licensespring.ErrNotSent)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// A response with another ID is not the requested order.
func TestGetOrderResponseWithAnotherID(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	s.Inject(lst.Status(200, jsonBody(`{"id": 6, "store_id": "inv-1"}`)))
	_, err := client.GetOrder(t.Context(), 5)
	assertMatches(t, err, licensespring.ErrBadResponse)
	assert.Contains(t, err.Error(), "the response shows another order")
}

// An order without items in a list is completed by GetOrder, which must return
// the same order.
func TestGetOrderByStoreIDCompletedByAnother(t *testing.T) {
	t.Parallel()
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/api/v1/orders/" {
			return response(req, http.StatusOK, `{"next": null, "results": [{"id": 5, "store_id": "inv-1"}]}`), nil
		}
		return response(req, http.StatusOK, `{"id": 5, "store_id": "inv-2", "order_items": [{"licenses": [{}]}]}`), nil
	})}))
	_, err := client.GetOrderByStoreID(t.Context(), "inv-1")
	assertMatches(t, err, licensespring.ErrBadResponse)
}

// Checks the exact queries.
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
			_, err := c.GetOrderByStoreID(ctx, "inv 1&x=2")
			return err
		}, base + "?limit=100&order_by=-created_at&store_id=inv+1%26x%3D2", list},
		{"get", func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrder(ctx, 1600000000000001)
			return err
		}, base + "1600000000000001/", httpmock.NewStringResponder(404, "")},
		{"all orders", func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListOrders(ctx, licensespring.OrderFilter{}))
		}, base + "?limit=100&order_by=-created_at", list},
		{"some orders", func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListOrders(ctx, licensespring.OrderFilter{
				StoreID: "inv-1", StoreIDPrefix: "inv-", CustomerEmail: "ada@example.com", IsArchived: new(false), OrderBy: "store_id", PageSize: 7,
			}))
		}, base + "?customer__email=ada%40example.com&is_archived=false&limit=7&order_by=store_id&store_id=inv-1&store_id__startswith=inv-", list},
		{"archived orders", func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListOrders(ctx, licensespring.OrderFilter{IsArchived: new(true)}))
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
			var requested []string
			transport.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
				requested = append(requested, req.URL.String())
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
			assert.Equal(t, []string{tt.want}, requested)
		})
	}
}

// If the service ignores the filter, the search ends after some pages with
// ErrBadResponse.
func TestGetOrderByStoreIDFilterIgnored(t *testing.T) {
	t.Parallel()
	page := `{"next": "x", "results": [` + strings.TrimSuffix(strings.Repeat(`{"id": 1, "store_id": "other"},`, 100), ",") + `]}`
	client, requested := pages(t, func(string, string) string { return page })
	_, err := client.GetOrderByStoreID(t.Context(), "inv-1")
	assertMatches(t, err, licensespring.ErrBadResponse)
	assert.Contains(t, err.Error(), "the service ignored the filter")
	assert.Len(t, *requested, 5)
}

// ErrNotSent matches a read exactly if no attempt reached the service.
func TestReadsNotSent(t *testing.T) {
	t.Parallel()
	for name, read := range reads() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, network := inMemory(t, nil, licensespring.WithMaxAttempts(2))
				network.OnDial(func(l *lst.Line) { l.Refuse() })
				err := read(t.Context(), client)
				assertMatches(t, err, licensespring.ErrUnavailable, licensespring.ErrNotSent)
				assert.Empty(t, errorOf(t, err).Outcome)
				assert.Len(t, errorOf(t, err).Attempts, 2)

				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				err = read(ctx, client)
				assertMatches(t, err, licensespring.ErrNotSent)
				require.ErrorIs(t, err, context.Canceled)
				assert.Empty(t, s.Requests())
			})
			synctest.Test(t, func(t *testing.T) {
				client, s, network := inMemory(t, nil, licensespring.WithMaxAttempts(2))
				s.Inject(lst.Status(503, lst.Header("Connection", "close")))
				network.Line(2).Refuse()
				err := read(t.Context(), client)
				assertMatches(t, err, licensespring.ErrUnavailable)
				assert.Len(t, s.Requests(), 1)
			})
		})
	}
}
