package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The service is ready if its keys are accepted. An outage does not change that.
func TestReadiness(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = w.Write([]byte(`{"error": {"type": "api_error"}}`))
		}
	}
	list := func(data ...any) http.HandlerFunc { // of endpoints; the others are not read
		return func(w http.ResponseWriter, _ *http.Request) {
			assert.NoError(t, json.NewEncoder(w).Encode(map[string]any{"data": data}))
		}
	}
	working := list(endpointOf(ownURL, "*"))
	missingOne := []string{
		"checkout.session.completed", "invoice.paid", "customer.subscription.created", "customer.subscription.updated",
		"customer.subscription.deleted", "customer.subscription.paused", "customer.subscription.resumed", "charge.refunded", "refund.failed",
		"charge.dispute.created", "charge.dispute.closed",
	}
	for _, tt := range []struct {
		name      string
		key       string // of Stripe
		stripe    http.HandlerFunc
		service   licensespringtest.Fault
		hasFault  bool
		wantError string // empty if ready
	}{
		{name: "ready", key: "rk_test", stripe: working},
		{name: "no Stripe key", stripe: working, wantError: "stripe_key: STRIPE_API_KEY is not set\n"},
		{name: "wrong Stripe key", key: "rk_test", stripe: status(401), wantError: "stripe_key: the Stripe API key is invalid\n"},
		{name: "restricted Stripe key", key: "rk_test", stripe: status(403), wantError: "stripe_key: the Stripe API key has no permission to read charges\n"},
		{
			name: "missing events", key: "rk_test", stripe: list(endpointOf(ownURL, missingOne...)),
			wantError: "stripe_endpoint: webhook endpoint we_1 is not subscribed to checkout.session.async_payment_succeeded\n",
		},
		{
			name: "no endpoint", key: "rk_test", stripe: list(),
			wantError: "stripe_endpoint: no enabled webhook endpoint at Stripe has the URL of this service\n",
		},
		{name: "outage of Stripe", key: "rk_test", stripe: status(500)},
		{name: "rate limit of Stripe", key: "rk_test", stripe: status(429)},
		{
			name: "rejected management key", key: "rk_test", stripe: working,
			service: licensespringtest.Status(http.StatusForbidden).Forever(), hasFault: true,
			wantError: "management_key: the service rejected the management key\n",
		},
		{
			name: "outage of the service", key: "rk_test", stripe: working,
			service: licensespringtest.DropBefore().Forever(), hasFault: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			if tt.hasFault {
				s.Inject(tt.service)
			}
			stripe := httptest.NewServer(tt.stripe)
			t.Cleanup(stripe.Close)
			r := startServe(t, env(
				"LICENSESPRING_MANAGEMENT_KEY", s.APIKey(), "LICENSESPRING_BASE_URL", s.URL(),
				"STRIPE_WEBHOOK_SECRET", "whsec_test", "STRIPE_API_KEY", tt.key, "STRIPE_BASE_URL", stripe.URL,
			), "-store", t.TempDir())
			var code int
			var body string
			eventually(t, "all checks return", func() bool {
				code, body, _ = get(t, r.admin+"/readyz", nil)
				return !strings.Contains(body, errNotChecked.Error())
			})
			_, page, _ := get(t, r.admin+"/", nil)
			_, metrics, _ := get(t, r.admin+"/metrics", nil)
			_, text, _ := r.command("status")
			assert.Contains(t, metrics, "\nlicensed_ready{check=\"queue\"} 1\n")
			if tt.wantError == "" {
				assert.Equal(t, 200, code, body)
				assert.NotContains(t, page+text, "ot ready")
				assert.NotContains(t, metrics, "} 0\nlicensed_ready")
				return
			}
			assert.Equal(t, 503, code)
			assert.Equal(t, tt.wantError, body)
			check, reason, _ := strings.Cut(strings.TrimSpace(tt.wantError), ": ")
			assert.Contains(t, page, "Not ready: "+check+": "+reason+".")
			assert.Contains(t, text, "not ready "+check+": "+reason+"\n")
			assert.Contains(t, metrics, "\nlicensed_ready{check=\""+check+"\"} 0\n")
			for public, want := range map[string]int{
				"/readyz": 503, "/readyz/" + check: 503, "/readyz/queue": 200, "/readyz/nothing": 404,
				"/healthz": 200, // a restart does not help
			} {
				code, _, _ := get(t, strings.TrimSuffix(r.webhook, webhookPath)+public, nil)
				assert.Equal(t, want, code, public)
			}
			assert.NotContains(t, r.stderr.String(), "rk_test")
		})
	}
}

// A check is repeated, sooner after a failure. An inconclusive result changes
// nothing.
func TestReadinessChecksAreRepeated(t *testing.T) {
	t.Parallel()
	set := &settings{}
	r := &readiness{logger: newLogger(set, t.Output())}
	results := []error{errors.New("no"), fmt.Errorf("%w: outage", errInconclusive), nil, fmt.Errorf("%w: outage", errInconclusive)}
	r.add("test", time.Millisecond, func(context.Context) error {
		err := results[0]
		results = results[1:]
		return err
	})
	failures := func() []string {
		lines, ok := r.failures("")
		assert.True(t, ok)
		return lines
	}
	require.Equal(t, []string{"test: not checked yet"}, failures())
	for _, want := range []struct {
		ok       bool
		failures []string
	}{
		{false, []string{"test: no"}}, {false, []string{"test: no"}}, {true, nil}, {false, nil},
	} {
		assert.Equal(t, want.ok, r.runOnce(t.Context(), 0))
		assert.Equal(t, want.failures, failures())
	}

	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	repeated := &readiness{logger: newLogger(set, t.Output())}
	repeated.add("test", time.Millisecond, func(context.Context) error {
		if n++; n == 3 {
			cancel()
		}
		return nil
	})
	repeated.run(ctx)
	assert.Equal(t, 3, n)
}

// One IP address cannot use the rate limit of the largest plan.
func TestRateLimitOfOneAddress(t *testing.T) {
	t.Parallel()
	for limit, want := range map[string]bool{"2400": true, "1200": false} {
		r := startServe(t, env(), "-rate-limit", limit)
		assert.Equal(t, want, strings.Contains(r.stderr.String(), "20 requests per second (200 in 10 s)"), limit)
	}
}
