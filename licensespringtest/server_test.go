package licensespringtest_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// TestServer_errorOrder checks which of several errors is reported.
func TestServer_errorOrder(t *testing.T) {
	t.Parallel()
	const noKey = `{"detail":"Authentication credentials were not provided."}`
	tests := []struct {
		name, method, path, contentType, authorization string
		status                                         int
		body                                           string
	}{
		{"unknown path and no key", "POST", "/api/v1/bogus/", "", "", 404, `{"detail":"Not found."}`},
		{"root", "GET", "/", "", "", 404, `{"detail":"Not found."}`},
		{"another version", "POST", "/api/v2/orders/create_order/", "application/json", "right", 404, `{"detail":"Not found."}`},
		{"two slashes", "POST", "/api/v1/orders/create_order//", "application/json", "right", 404, `{"detail":"Not found."}`},
		{"no key", "POST", createPath, "application/json", "", 403, noKey},
		{"wrong key", "POST", createPath, "application/json", "Api-Key nope", 403, noKey},
		{"key with another scheme", "POST", createPath, "application/json", "Bearer " + lst.DefaultAPIKey, 403, noKey},
		{"scheme in lower case", "POST", createPath, "application/json", "api-key " + lst.DefaultAPIKey, 403, noKey},
		{"no key and wrong method", "PUT", createPath, "", "", 403, noKey},
		{"method", "PUT", createPath, "text/plain", "right", 405, `{"detail":"Method \"PUT\" not allowed."}`},
		{"method of the list", "POST", ordersPath, "application/json", "right", 405, `{"detail":"Method \"POST\" not allowed."}`},
		{"wrong content type", "POST", createPath, "text/plain", "right", 415, `{"detail":"Unsupported media type \"text/plain\" in request."}`},
		{"no content type", "POST", createPath, "", "right", 415, `{"detail":"Unsupported media type \"\" in request."}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			r, err := http.NewRequestWithContext(t.Context(), tt.method, srv.URL()+tt.path, strings.NewReader(order("a")))
			require.NoError(t, err)
			if tt.authorization == "right" {
				tt.authorization = "Api-Key " + srv.APIKey()
			}
			for name, value := range map[string]string{"Authorization": tt.authorization, "Content-Type": tt.contentType} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			resp, err := send(srv.Client(), r)
			require.NoError(t, err)
			assert.Equal(t, tt.status, resp.status)
			assert.JSONEq(t, tt.body, resp.body)
			assertNothingStored(t, srv)
		})
	}
}

func TestServer_missingSlash(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	redirect := do(t, srv, http.MethodPost, "/api/v1/orders/create_order?x=1", order("a"))
	assert.Equal(t, http.StatusMovedPermanently, redirect.status)
	assert.Equal(t, "/api/v1/orders/create_order/?x=1", redirect.header.Get("Location"))

	// A client that follows the redirect sends a GET, which creates nothing.
	r := newRequest(t, srv, http.MethodPost, "/api/v1/orders/create_order", order("a"))
	resp, err := srv.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	assertNothingStored(t, srv)

	assert.Equal(t, http.StatusMovedPermanently, do(t, srv, http.MethodGet, "/api/v1/orders", "").status)
	assert.Equal(t, http.StatusMovedPermanently, do(t, srv, http.MethodGet, "/api/v1/orders/7", "").status)
}

func TestServer_withoutTest(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(nil, lst.WithAPIKey("another"))
	assert.Equal(t, "another", srv.APIKey())
	assert.Equal(t, http.StatusOK, do(t, srv, http.MethodPost, createPath, order("a")).status)
	srv.Close()
	srv.Close()
	_, err := try(t, srv, http.MethodPost, createPath, order("b"))
	require.Error(t, err)
	assert.Len(t, srv.Orders(), 1, "stored orders remain readable")
}

func TestServer_withListener(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := lst.NewServer(t, lst.WithListener(l))
	assert.Equal(t, "http://"+l.Addr().String(), srv.URL())
	create(t, srv, order("a"))
}

func TestServer_panicsOnInvalidOptions(t *testing.T) {
	t.Parallel()
	for _, option := range []lst.Option{
		lst.WithProducts(lst.Product{Code: "a"}, lst.Product{Code: "a"}),
		lst.WithProducts(lst.Product{}),
		lst.WithPolicies(lst.Policy{Code: "a"}, lst.Policy{Code: "a"}),
		lst.WithPolicies(lst.Policy{}),
	} {
		assert.Panics(t, func() { lst.NewServer(t, option) })
	}
}

func TestServer_defaultKeyForm(t *testing.T) {
	t.Parallel()
	assert.Regexp(t, `^[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}$`, lst.NewServer(t).APIKey())
}

func TestServer_incompleteRequestIsNotApplied(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, n *lst.Network) {
		t.Helper()
		c, err := n.DialContext(t.Context(), "tcp", "x")
		require.NoError(t, err)
		body := order("a")
		_, err = fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Api-Key %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			createPath, srv.APIKey(), len(body)+1, body)
		require.NoError(t, err)
		synctest.Wait()
		require.NoError(t, c.Close())
		synctest.Wait()
		assert.Equal(t, body, string(srv.Requests()[0].Body))
		assertNothingStored(t, srv)
	})
}

func TestServer_concurrentUse(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	done := make(chan error)
	var requests [8][25]*http.Request
	for worker := range requests {
		for i := range requests[worker] {
			requests[worker][i] = newRequest(t, srv, http.MethodPost, createPath, order(fmt.Sprintf("%d-%d", worker, i)))
		}
	}
	for worker := range requests {
		go func() {
			var err error
			for i := range requests[worker] {
				srv.Inject(lst.Status(500), lst.DropAfter().On(lst.GetOrder))
				_, e := send(srv.Client(), requests[worker][i])
				srv.Orders()
				srv.Requests()
				srv.PendingFaults()
				err = errors.Join(err, e)
			}
			done <- err
		}()
	}
	for range requests {
		require.NoError(t, <-done)
	}
}

// TestServer_responsesAreCopies changes an order while other goroutines read it, so
// that the race detector finds responses that share mutable data with the store.
func TestServer_responsesAreCopies(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	body := `{"id":"o-1","append":true,"metadata":"{}","customer":{"email":"ada@example.com"},"items":[
		{"product_code":"acmecad","licenses":[{"metadata":{"a":[1]},"custom_fields":[{"name":"a","value":1}]}]},
		{"product_code":"acmeweb","licenses":[{"users":[{"email":"ada@example.com"}]}]}]}`
	create(t, srv, body)
	byID := fmt.Sprintf("%s%d/", ordersPath, srv.Orders()[0].ID)
	const rounds = 20
	var all sync.WaitGroup
	for _, request := range []struct{ method, path, body string }{
		{http.MethodPost, createPath, body},
		{http.MethodGet, ordersPath, ""},
		{http.MethodGet, byID, ""},
	} {
		requests := make([]*http.Request, rounds)
		for i := range requests {
			requests[i] = newRequest(t, srv, request.method, request.path, request.body)
		}
		all.Go(func() {
			for _, r := range requests {
				_, err := send(srv.Client(), r)
				assert.NoError(t, err)
			}
		})
	}
	all.Go(func() {
		for range rounds {
			// A concurrent append can create another order o-1, which makes the
			// second rename fail.
			_ = srv.RenameOrder("o-1", "o-2")
			srv.SignIn("ada@example.com")
			srv.ArchiveOrder("o-2")
			_ = srv.RenameOrder("o-2", "o-1")
		}
	})
	all.Wait()
	assert.Equal(t, 2*(rounds+1), srv.LicenseCount())
}

// TestServer_methods checks the methods of each path. A path can have several.
func TestServer_methods(t *testing.T) {
	t.Parallel()
	tests := []struct{ path, method, allow string }{
		{createPath, "GET", "POST"},
		{ordersPath, "DELETE", "GET"},
		{ordersPath + "7/", "PATCH", "GET"},
		{licensesPath, "POST", "GET"},
		{licensesPath + "7/", "DELETE", "GET, PATCH"},
		{licensesPath + "7/", "PUT", "GET, PATCH"},
		{licensesPath + "7/enable/", "GET", "POST"},
		{licensesPath + "7/disable/", "PATCH", "POST"},
		{licensesPath + "7/update_features/", "PUT", "POST"},
		{licensesPath + "7/assign_user/", "GET", "POST"},
		{licensesPath + "7/unassign_user/", "DELETE", "POST"},
		{licenseUsersPath, "POST", "GET"},
		{licenseUsersPath + "set_password/", "GET", "POST"},
		{customersPath, "POST", "GET"},
		{customersPath + "7/", "DELETE", "GET"},
		{productsPath, "POST", "GET"},
		{productsPath + "7/", "POST", "GET"},
	}
	for _, tt := range tests {
		t.Run(tt.method+tt.path, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			resp := do(t, srv, tt.method, tt.path, "{}")
			assert.Equal(t, http.StatusMethodNotAllowed, resp.status)
			assert.JSONEq(t, `{"detail":"Method \"`+tt.method+`\" not allowed."}`, resp.body)
			assert.Equal(t, tt.allow, resp.header.Get("Allow"))
			assert.Empty(t, srv.Requests()[0].Endpoint)

			resp = do(t, srv, tt.method, strings.TrimSuffix(tt.path, "/"), "{}")
			assert.Equal(t, http.StatusMovedPermanently, resp.status)
			assert.Equal(t, tt.path, resp.header.Get("Location"))

			r := newRequest(t, srv, tt.method, tt.path, "{}")
			r.Header.Set("Authorization", "Api-Key wrong")
			resp, err := send(srv.Client(), r)
			require.NoError(t, err)
			assert.Equal(t, http.StatusForbidden, resp.status)
		})
	}
}

func TestServer_unknownPaths(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, order("a"))
	for _, path := range []string{
		licensePath(srv, 0, "reset/"), licensePath(srv, 0, "enable//"), licensePath(srv, 0, "/"), licensesPath + "x/enable/",
		licensesPath + "{id}/enable/", licensesPath + "enable/", licensesPath + "-1/", licenseUsersPath + "7/",
		licenseUsersPath + "7/set_password/", "/api/v1/", "/api/v1/orders/7/enable/", "/v1/licenses/",
	} {
		resp := do(t, srv, http.MethodPost, path, "")
		assert.Equal(t, http.StatusNotFound, resp.status, path)
		assert.JSONEq(t, `{"detail":"Not found."}`, resp.body, path)
	}
}

// TestServer_endpoints sends a valid request to each endpoint.
func TestServer_endpoints(t *testing.T) {
	t.Parallel()
	for _, e := range endpointCases() {
		t.Run(string(e.endpoint), func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t, lst.WithBasePath("saas"))
			prepare(t, srv)
			resp := do(t, srv, e.method, e.path(srv), e.body)
			assert.Equal(t, http.StatusOK, resp.status, resp.body)
			assert.Equal(t, e.applied != nil, srv.Requests()[0].Changed)
			assert.Equal(t, e.endpoint, srv.Requests()[0].Endpoint)
			assert.True(t, strings.HasPrefix(string(e.endpoint), e.method+" "))
		})
	}
}
