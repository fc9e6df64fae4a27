package main

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := start(t, env(), "-plan", "900")
	code, _, fault := r.command("enqueue", file(t,
		`{"id": "inv-1", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`,
		`{"id": "inv-2", "items": [{"product_code": "acme-gone", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, fault)
	r.settled(1, 1)
	_, body, header := get(t, r.admin+"/metrics", nil)
	assert.Contains(t, header.Get("Content-Type"), "text/plain")
	for _, line := range []string{
		`licensed_order_deliveries_total{ending="done"} 1`,
		`licensed_order_deliveries_total{ending="dead"} 1`,
		`licensed_order_deliveries_total{ending="later"} 0`,
		`licensed_webhook_events_total{disposition="queued"} 0`,
		`licensed_api_requests_total{status="200"} 1`,
		`licensed_api_requests_total{status="400"} 1`,
		`licensed_api_requests_last_minute 2`,
		`licensed_api_requests_per_minute_limit 900`,
		`licensed_queue_up 1`,
		`licensed_queue_depth 0`,
		`licensed_queue_results 1`,
		`licensed_queue_dead_letters 1`,
		`licensed_order_seconds_count 1`,
		`licensed_delivery_seconds_count 2`,
	} {
		assert.Regexp(t, "(?m)^"+regexp.QuoteMeta(line)+"$", body)
	}
	assert.Contains(t, body, "go_goroutines")
	assert.NotContains(t, body, "inv-1", "an id is no label")
}
