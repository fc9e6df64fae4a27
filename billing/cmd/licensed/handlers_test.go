package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAdminGuards(t *testing.T) {
	t.Parallel()
	r := start(t, env())
	with := func(name, value string) func(*http.Request) {
		return func(q *http.Request) {
			if name == "Host" {
				q.Host = value
				return
			}
			q.Header.Set(name, value)
		}
	}
	tests := []struct {
		name, method, path string
		change             func(*http.Request)
		status             int
	}{
		{"page", "GET", "/", nil, 200},
		{"by another name of this machine", "GET", "/", with("Host", "localhost:8081"), 200},
		{"by a name made to point here", "GET", "/", with("Host", "evil.example"), 421},
		{"by a name made to point here, API", "GET", "/api/dead", with("Host", "evil.example:8081"), 421},
		{"a page of another site posts", "POST", "/api/dead/1/retry", with("Origin", "https://evil.example"), 403},
		{"a page of another site, as new browsers say it", "DELETE", "/api/dead/1", with("Sec-Fetch-Site", "cross-site"), 403},
		{"no such letter", "DELETE", "/api/dead/1", nil, 404},
		{"no number", "POST", "/api/dead/-1/retry", nil, 404},
		{"empty order", "POST", "/api/orders", nil, 422},
		{"no such path", "GET", "/favicon.ico", nil, 404},
		{"a post of the page", "POST", "/", nil, 405},
	}
	for _, tt := range tests {
		status, body, header := do(t, tt.method, r.admin+tt.path, tt.change)
		assert.Equal(t, tt.status, status, "%s: %s", tt.name, body)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), tt.name)
		assert.Equal(t, "DENY", header.Get("X-Frame-Options"), tt.name)
	}
}

// TestTooLarge is an order that no queue takes. It is refused for what it is, so
// that enqueue goes on with the next.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	r := start(t, env())
	for name, size := range map[string]int{"for the queue": maxOrder - 1<<10, "to be read": maxOrder + 1<<10} {
		body := `{"id": "inv-1", "items": [{"product_code": "acme-cad", "note": "` + strings.Repeat("x", size) + `", "licenses": [{}]}]}`
		status, answer, _ := do(t, http.MethodPost, r.admin+"/api/orders", func(q *http.Request) {
			q.Body, q.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		})
		assert.Equal(t, 413, status, "%s: %.100s", name, answer)
		assert.Contains(t, answer, "too large", name)
	}
	assert.True(t, (&refusedError{status: http.StatusRequestEntityTooLarge}).isOrders())
}

func TestAdminToken(t *testing.T) {
	t.Parallel()
	r := start(t, env("LICENSED_ADMIN_TOKEN", "open-sesame"))
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"none":        {nil, 401},
		"wrong":       {func(q *http.Request) { q.SetBasicAuth("me", "open") }, 401},
		"by a person": {func(q *http.Request) { q.SetBasicAuth("anybody", "open-sesame") }, 200},
		"as the user": {func(q *http.Request) { q.SetBasicAuth("open-sesame", "") }, 401},
		"bearer":      {func(q *http.Request) { q.Header.Set("Authorization", "Bearer open-sesame") }, 200},
		"bad bearer":  {func(q *http.Request) { q.Header.Set("Authorization", "Bearer open-sesam") }, 401},
	} {
		for _, path := range []string{"/", "/metrics", "/api/status"} {
			status, _, _ := get(t, r.admin+path, tt.change)
			assert.Equal(t, tt.status, status, name+path)
		}
	}
	status, _, _ := get(t, r.admin+"/healthz", nil)
	assert.Equal(t, 200, status)

	var out, fault output
	assert.Equal(t, exitFailed, run(t.Context(), []string{"status", "-server", r.admin}, env(), &out, &fault))
	assert.Contains(t, fault.String(), "status 401")
	assert.Equal(t, exitOK, run(t.Context(), []string{"status", "-server", r.admin}, env("LICENSED_ADMIN_TOKEN", "open-sesame"), &out, &fault))
}
