package licensespringtest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// The requests of these tests are written by hand: the SDK must not be what
// proves the fake right, nor the other way round.

const (
	ordersPath = "/api/v1/orders/"
	createPath = ordersPath + "create_order/"
)

// An answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

// json decodes the body into an any.
func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), "body: %s", a.body)

	return v
}

// do sends a request with the server's key and fails the test if there is no
// answer.
func do(t *testing.T, srv *lst.Server, method, path, body string) answer {
	t.Helper()
	a, err := try(t, srv, method, path, body)
	require.NoError(t, err)

	return a
}

// try sends a request with the server's key.
func try(t *testing.T, srv *lst.Server, method, path, body string) (answer, error) {
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

func send(client *http.Client, r *http.Request) (answer, error) {
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)

	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

// create sends an order that must be made.
func create(t *testing.T, srv *lst.Server, body string) map[string]any {
	t.Helper()
	a := do(t, srv, http.MethodPost, createPath, body)
	require.Equal(t, http.StatusOK, a.status, "body: %s", a.body)

	return a.json(t)
}

// order is a small order with the given id.
func order(id string) string {
	return `{"id":"` + id + `","items":[{"product_code":"acme-cad","licenses":[{}]}]}`
}

// withLicense is an order of one license of a product.
func withLicense(product, license string) string {
	return `{"id":"o-1","items":[{"product_code":"` + product + `","licenses":[` + license + `]}]}`
}

// dig walks into a decoded value by member names and indices.
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

func assertNothingStored(t *testing.T, srv *lst.Server) {
	t.Helper()
	assert.Empty(t, srv.Orders())
	for _, r := range srv.Requests() {
		assert.False(t, r.Changed)
	}
}

// inBubble runs a test with a server on a network in memory, where waits take no
// time. Leaving the bubble shows that no goroutine is left behind.
func inBubble(t *testing.T, test func(t *testing.T, srv *lst.Server, n *lst.Network), opts ...lst.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := lst.NewNetwork()
		srv := lst.NewServer(t, append([]lst.Option{lst.WithNetwork(n)}, opts...)...)
		test(t, srv, n)
	})
}

// pass lets time pass, which in a bubble takes none.
func pass(d time.Duration) {
	<-time.After(d)
}
