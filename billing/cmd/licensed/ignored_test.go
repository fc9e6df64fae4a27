package main

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Ignored events are counted by type and reason in the metrics and on the status page.
func TestIgnoredEvents(t *testing.T) {
	t.Parallel()
	r := startServe(t, env("STRIPE_WEBHOOK_SECRET", "whsec_test"), "-fake")
	event := func(kind string) string {
		return `{"id": "evt_1", "object": "event", "type": "` + kind + `", "data": {"object": {"amount": 4200}}}`
	}
	for _, kind := range []string{"charge.succeeded", "charge.succeeded", "customer.<b>created"} {
		assert.Equal(t, 200, r.post(event(kind)))
	}
	_, body, _ := get(t, r.admin+"/metrics", nil)
	assert.Contains(t, body, `licensed_webhook_ignored_total{reason="unhandled event type",type="charge.succeeded"} 2`)
	_, body, _ = get(t, r.admin+"/", nil)
	assert.Contains(t, body, "<td>charge.succeeded</td><td>unhandled event type</td><td>2</td>")
	assert.Contains(t, body, "<td>customer.&lt;b&gt;created</td>")
	assert.Contains(t, r.stderr.String(), "event_type=charge.succeeded reason=\"unhandled event type\" amount=4200")
	v := r.status()
	assert.Len(t, v.Ignored, 2)
	assert.Equal(t, 2, v.Ignored[0].N)
}

// The number of counted types is limited.
func TestIgnoredTypesAreLimited(t *testing.T) {
	t.Parallel()
	a := newActivity()
	const n = 3 * maxIgnoredTypes
	for i := range n {
		a.recordEvent(stripehook.Report{Disposition: stripehook.DispositionIgnored, EventType: "t" + strconv.Itoa(i), Reason: "unhandled event type"})
	}
	counts := a.ignoredCounts()
	assert.Len(t, counts, maxIgnoredTypes+1)
	assert.Equal(t, n-maxIgnoredTypes, counts[ignoredEvent{"other", "unhandled event type"}])
}
