package licensespringtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// These tests use net/http directly instead of the SDK, so that a mistake in the
// SDK cannot hide one in the fake.

const (
	ordersPath       = "/api/v1/orders/"
	createPath       = ordersPath + "create_order/"
	licensesPath     = "/api/v1/licenses/"
	licenseUsersPath = "/api/v1/license-users/"
	customersPath    = "/api/v1/customers/"
	productsPath     = "/api/v1/products/"
)

// A response is a response with its complete body.
type response struct {
	status int
	header http.Header
	body   string
}

// json decodes the body, which must be an object.
func (r response) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.body), &v), "body: %s", r.body)

	return v
}

// do sends a request with the server's key. It fails the test on an error.
func do(t *testing.T, srv *lst.Server, method, path, body string) response {
	t.Helper()
	resp, err := try(t, srv, method, path, body)
	require.NoError(t, err)

	return resp
}

// try sends a request with the server's key.
func try(t *testing.T, srv *lst.Server, method, path, body string) (response, error) {
	t.Helper()
	r := newRequest(t, srv, method, path, body)

	return send(srv.Client(), r)
}

func newRequest(t *testing.T, srv *lst.Server, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Api-Key "+srv.APIKey())
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}

	return r
}

func send(client *http.Client, r *http.Request) (response, error) {
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)

	return response{resp.StatusCode, resp.Header, string(body)}, err
}

// create sends an order that must be created, and returns its record.
func create(t *testing.T, srv *lst.Server, body string) map[string]any {
	t.Helper()
	resp := do(t, srv, http.MethodPost, createPath, body)
	require.Equal(t, http.StatusOK, resp.status, "body: %s", resp.body)

	return resp.json(t)
}

// order returns a small order with the given id.
func order(id string) string {
	return `{"id":"` + id + `","items":[{"product_code":"acmecad","licenses":[{}]}]}`
}

// withLicense returns an order of one license of a product.
// A license of the user-based product gets a user unless it has users or a key.
func withLicense(product, license string) string {
	if product == "acmeweb" && !strings.Contains(license, `"users"`) && !strings.Contains(license, `"key"`) {
		license = strings.Replace(license, "{", `{"users":[{"email":"first@example.com"}],`, 1)
		license = strings.Replace(license, ",}", "}", 1)
	}
	return `{"id":"o-1","items":[{"product_code":"` + product + `","licenses":[` + license + `]}]}`
}

// dig returns a value nested in a decoded value, by member names and indices.
func dig(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			require.True(t, ok, "%v: not an object at %v: %v", path, step, v)
			v = m[step]
		case int:
			list, ok := v.([]any)
			require.True(t, ok, "%v: not a list at %v: %v", path, step, v)
			require.Greater(t, len(list), step, "%v", path)
			v = list[step]
		}
	}

	return v
}

// licensePath returns the path of a license, by its index among all licenses.
func licensePath(srv *lst.Server, index int, action ...string) string {
	return licensesPath + strconv.FormatInt(srv.Licenses()[index].ID, 10) + "/" + strings.Join(action, "")
}

// results returns one member of each record on a page.
func results(t *testing.T, list map[string]any, path ...any) []any {
	t.Helper()
	records, ok := list["results"].([]any)
	require.True(t, ok)
	values := []any{}
	for _, r := range records {
		values = append(values, dig(t, r, path...))
	}

	return values
}

func assertNothingStored(t *testing.T, srv *lst.Server) {
	t.Helper()
	assert.Empty(t, srv.Orders())
	for _, r := range srv.Requests() {
		assert.False(t, r.Changed)
	}
}

// inBubble runs a test with a server on an in-memory network, in a synctest
// bubble. The bubble fails if a goroutine leaks.
func inBubble(t *testing.T, test func(t *testing.T, srv *lst.Server, n *lst.Network), opts ...lst.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		srv := lst.NewServer(t, append([]lst.Option{lst.WithNetwork(n)}, opts...)...)
		test(t, srv, n)
	})
}

// pass waits for d. In a bubble that takes no real time.
func pass(d time.Duration) {
	<-time.After(d)
}
