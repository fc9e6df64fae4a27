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
	r := start(t, env(), "-plan", "900")
	code, _, fault := r.command("enqueue", file(t,
		`{"id": "inv-1", "items": [{"product_code": "acme-cad", "licenses": [{}]}]}`,
		`{"id": "inv-2", "items": [{"product_code": "acme-gone", "licenses": [{}]}]}`))
	require.Equal(t, exitOK, code, fault)
	r.settled(1, 1)
	var body string
	var header http.Header
	eventually(t, "both deliveries are counted", func() bool {
		_, body, header = get(t, r.admin+"/metrics", nil)
		return strings.Contains(body, "\nlicensed_delivery_duration_seconds_count 2\n")
	})
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
		`licensed_order_duration_seconds_count 1`,
		`licensed_delivery_duration_seconds_count 2`,
	} {
		assert.Regexp(t, "(?m)^"+regexp.QuoteMeta(line)+"$", body)
	}
	assert.Contains(t, body, "go_goroutines")
	assert.NotContains(t, body, "inv-1", "an id is no label")

	// What Prometheus asks of names, units and help texts.
	faults, err := promlint.New(strings.NewReader(body)).Lint()
	require.NoError(t, err)
	for _, fault := range faults {
		assert.False(t, strings.HasPrefix(fault.Metric, "licensed_"), "%s: %s", fault.Metric, fault.Text)
	}
}
