package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := startServe(t, env(), "-rate-limit", "900")
	code, _, stderr := r.command("enqueue", file(t,
		`{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`,
		`{"id": "inv-2", "items": [{"product_code": "acmegone", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, stderr)
	r.waitUntilEmpty(1, 1)
	var body string
	var header http.Header
	eventually(t, "both deliveries are counted", func() bool {
		_, body, header = get(t, r.admin+"/metrics", nil)
		return strings.Contains(body, "\nlicensed_delivery_duration_seconds_count 2\n")
	})
	assert.Contains(t, header.Get("Content-Type"), "text/plain")
	for _, line := range []string{
		`licensed_order_deliveries_total{disposition="done"} 1`,
		`licensed_order_deliveries_total{disposition="dead"} 1`,
		`licensed_order_deliveries_total{disposition="retry"} 0`,
		`licensed_webhook_events_total{disposition="queued"} 0`,
		`licensed_api_requests_total{status="200"} 2`,
		`licensed_api_requests_total{status="400"} 1`,
		`licensed_api_requests_last_minute 3`,
		`licensed_api_requests_per_minute_limit 900`,
		`licensed_queue_up 1`,
		`licensed_queue_depth 0`,
		`licensed_queue_results 1`,
		`licensed_queue_dead_letters 1`,
		`licensed_order_duration_seconds_count 1`,
		`licensed_delivery_duration_seconds_count 2`,
	} {
		assert.Regexp(t, "(?m)^"+regexp.QuoteMeta(line)+"$", body)
	}
	assert.Contains(t, body, "go_goroutines")
	assert.NotContains(t, body, "inv-1", "an order id must not be a label")

	// The conventions of Prometheus for names, units and help texts.
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	require.NoError(t, err)
	for _, p := range problems {
		assert.False(t, strings.HasPrefix(p.Metric, "licensed_"), "%s: %s", p.Metric, p.Text)
	}
}
