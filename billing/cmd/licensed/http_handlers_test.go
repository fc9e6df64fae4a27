package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAdminProtection(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
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
		{"page with Host localhost", "GET", "/", with("Host", "localhost:8081"), 200},
		{"DNS rebinding", "GET", "/", with("Host", "evil.example"), 421},
		{"DNS rebinding of the API", "GET", "/api/dead", with("Host", "evil.example:8081"), 421},
		{"cross-origin POST", "POST", "/api/dead/1/retry", with("Origin", "https://evil.example"), 403},
		{"cross-site DELETE with Sec-Fetch-Site", "DELETE", "/api/dead/1", with("Sec-Fetch-Site", "cross-site"), 403},
		{"unknown dead letter", "DELETE", "/api/dead/1", nil, 404},
		{"invalid dead letter number", "POST", "/api/dead/-1/retry", nil, 404},
		{"empty order", "POST", "/api/orders", nil, 422},
		{"unknown path", "GET", "/favicon.ico", nil, 404},
		{"POST to the page", "POST", "/", nil, 405},
	}
	for _, tt := range tests {
		status, body, header := do(t, tt.method, r.admin+tt.path, tt.change)
		assert.Equal(t, tt.status, status, "%s: %s", tt.name, body)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), tt.name)
		assert.Equal(t, "DENY", header.Get("X-Frame-Options"), tt.name)
	}
}

// An oversized order is an error of the order, so that enqueue continues with the
// next one.
func TestOversizedOrder(t *testing.T) {
	t.Parallel()
	r := startServe(t, env())
	for name, size := range map[string]int{"above the message limit": maxOrderBytes - 1<<10, "above the request limit": maxOrderBytes + 1<<10} {
		body := `{"id": "inv-1", "items": [{"product_code": "acmecad", "note": "` + strings.Repeat("x", size) + `", "licenses": [{}]}]}`
		status, response, _ := do(t, http.MethodPost, r.admin+"/api/orders", func(q *http.Request) {
			q.Body, q.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		})
		assert.Equal(t, 413, status, "%s: %.100s", name, response)
		assert.Contains(t, response, "too large", name)
	}
	assert.True(t, (&adminError{status: http.StatusRequestEntityTooLarge}).isOrderError())
}

func TestAdminToken(t *testing.T) {
	t.Parallel()
	r := startServe(t, env("LICENSED_ADMIN_TOKEN", "open-sesame"))
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"none":       {nil, 401},
		"wrong":      {func(q *http.Request) { q.SetBasicAuth("me", "open") }, 401},
		"password":   {func(q *http.Request) { q.SetBasicAuth("any", "open-sesame") }, 200},
		"user name":  {func(q *http.Request) { q.SetBasicAuth("open-sesame", "") }, 401},
		"bearer":     {func(q *http.Request) { q.Header.Set("Authorization", "Bearer open-sesame") }, 200},
		"bad bearer": {func(q *http.Request) { q.Header.Set("Authorization", "Bearer open-sesam") }, 401},
	} {
		for _, path := range []string{"/", "/metrics", "/api/status"} {
			status, _, _ := get(t, r.admin+path, tt.change)
			assert.Equal(t, tt.status, status, name+path)
		}
	}
	status, _, _ := get(t, r.admin+"/healthz", nil)
	assert.Equal(t, 200, status)

	var stdout, stderr output
	assert.Equal(t, exitFailed, run(t.Context(), []string{"status", "-server", r.admin}, env(), &stdout, &stderr))
	assert.Contains(t, stderr.String(), "status 401")
	assert.Equal(t, exitOK, run(t.Context(), []string{"status", "-server", r.admin}, env("LICENSED_ADMIN_TOKEN", "open-sesame"), &stdout, &stderr))
}
