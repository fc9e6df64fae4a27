package fulfillment_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

var longPolicy = strings.Repeat("p", 40)

// deliverLargest posts the event of a purchase with the maximum number of licenses.
// All members of the metadata are set, so that the order has its maximum size.
func deliverLargest(t *testing.T, p *fulfillment.Pipeline) stripehook.Report {
	t.Helper()
	const secret = "whsec_test"
	payload := `{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": true, "data": {"object": {
		"id": "cs_1", "mode": "payment", "payment_status": "paid", "customer_details": {"email": "ada@example.com", "name": "Ada Lovelace"},
		"line_items": {"data": [{"amount_total": 100, "quantity": 10000, "price": {"id": "price_1", "metadata": {
			"product_short_code": "acmecad", "license_policy": "` + longPolicy + `", "license_type": "time-limited",
			"max_activations": "1000000", "valid_duration": "1000d"}}}]}}}}`
	var report stripehook.Report
	hook, err := stripehook.New(licensespring.NewSecret(secret), p, stripehook.WithTimeout(time.Minute),
		stripehook.WithObserver(func(r stripehook.Report) { report = r }))
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(payload))
	r.Header.Set("Stripe-Signature", webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{
		Payload: []byte(payload), Secret: secret, Timestamp: time.Now(),
	}).Header)
	w := httptest.NewRecorder()
	hook.ServeHTTP(w, r)
	assert.Equal(t, http.StatusOK, w.Code)
	return report
}

// The largest order of the webhook passes the queue, the client and the results.
func TestLargestOrder(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("creates 10,000 licenses")
	}
	s := licensespringtest.NewServer(t, licensespringtest.WithPolicies(licensespringtest.Policy{Code: longPolicy}))
	p := openPipeline(t)
	report := deliverLargest(t, p)
	require.Equal(t, stripehook.DispositionQueued, report.Disposition, report.Reason)
	require.Equal(t, stripehook.MaxLicenses, report.Licenses)

	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	for _, l := range deadLetters(t, p) {
		require.Fail(t, "dead letter", l.Failure.Text)
	}
	require.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
	stored, _ := s.Order("cs_1")
	require.Len(t, stored.Licenses(), stripehook.MaxLicenses)
	r, err := p.Result(t.Context(), "cs_1")
	require.NoError(t, err)
	require.NotNil(t, r.Order, "the record fits into a message of the embedded server")
	unique := make(map[string]bool)
	for _, key := range r.Order.LicenseKeys() {
		unique[key] = true
	}
	assert.Len(t, unique, stripehook.MaxLicenses)
	assert.Equal(t, stripehook.MaxLicenses, s.LicenseCount())
}

// The maximum message size of other servers is 1 MiB by default. An event whose order
// does not fit becomes a dead letter with the sizes.
func TestLargestOrderExceedsServerLimit(t *testing.T) {
	t.Parallel()
	p := startCluster(t, 1, 1<<20).open(t)
	report := deliverLargest(t, p)
	assert.Equal(t, stripehook.DispositionRejected, report.Disposition)
	letters := deadLetters(t, p)
	require.Len(t, letters, 1)
	assert.Equal(t, "cs_1", letters[0].OrderID)
	assert.Regexp(t, `^fulfillment: the order is too large for the queue: \d+ bytes, and the maximum is 983040: `, letters[0].Failure.Text)
	assert.Contains(t, string(letters[0].Payload), `"quantity": 10000`)
	require.ErrorIs(t, report.Err, fulfillment.ErrTooLarge)
	assert.Equal(t, fulfillment.Stats{Dead: 1}, stats(t, p))
}
