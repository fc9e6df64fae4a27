package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/licensespringtest"
)

// fakeStripe is a Stripe account with an endpoint and prices.
type fakeStripe struct {
	endpoints, prices []any
	status            map[string]int // by the path, if not 200
}

func endpointOf(url string, events ...string) map[string]any {
	return map[string]any{"id": "we_1", "url": url, "status": "enabled", "enabled_events": events}
}

func priceOf(id string, metadata map[string]string) map[string]any {
	return map[string]any{"id": id, "metadata": metadata}
}

func (f *fakeStripe) start(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := f.status[r.URL.Path]
		if r.Header.Get("Authorization") != "Bearer rk_test" {
			status = http.StatusUnauthorized
		}
		if status != 0 {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"error": {"message": "no", "type": "invalid_request_error"}}`))
			return
		}
		data := []any{}
		switch r.URL.Path {
		case "/v1/webhook_endpoints":
			data = f.endpoints
		case "/v1/prices":
			data = f.prices
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data})
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const ownURL = "https://shop.example.com/webhooks/stripe"

func TestCheck(t *testing.T) {
	t.Parallel()
	changes := []string{
		"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
		"customer.subscription.paused", "customer.subscription.resumed",
		"charge.refunded", "refund.failed", "charge.dispute.created", "charge.dispute.closed",
	}
	required := append([]string{"checkout.session.completed", "checkout.session.async_payment_succeeded", "invoice.paid"}, changes...)
	tests := []struct {
		name   string
		stripe fakeStripe
		args   string
		code   int
		want   []string // in the output
	}{
		{
			"complete",
			fakeStripe{endpoints: []any{endpointOf(ownURL, required...)}, prices: []any{priceOf("price_1", map[string]string{"product_short_code": "acmecad"})}},
			"", exitOK,
			[]string{
				"ok       the settings are valid", "ok       the store directory is writable", "ok       the clock of this machine is right",
				"ok       the service has 4 products", "can read checkout sessions", "can read subscriptions",
				"ok       the webhook endpoint is subscribed to the required events", "ok       1 of 1 active prices describe a license",
			},
		},
		{
			"no invoice event",
			fakeStripe{endpoints: []any{endpointOf(ownURL, append([]string{"checkout.session.completed", "invoice.created"}, changes...)...)}},
			"", exitFailed,
			[]string{"error    webhook endpoint we_1 is not subscribed to checkout.session.async_payment_succeeded, invoice.paid"},
		},
		{
			"the other invoice event",
			fakeStripe{endpoints: []any{endpointOf(ownURL, append([]string{"checkout.session.completed", "checkout.session.async_payment_succeeded", "invoice.payment_succeeded"}, changes...)...)}},
			"", exitOK,
			[]string{"ok       the webhook endpoint"},
		},
		{"all events", fakeStripe{endpoints: []any{endpointOf(ownURL, "*")}}, "", exitOK, []string{"ok       the webhook endpoint"}},
		{
			"another endpoint",
			fakeStripe{endpoints: []any{endpointOf("https://shop.example.com/other", "*")}},
			"", exitFailed,
			[]string{"error    no enabled webhook endpoint at Stripe has the URL of this service"},
		},
		{
			"endpoint behind another path",
			fakeStripe{endpoints: []any{endpointOf("https://shop.example.com/other", "*")}},
			"-webhook-url https://shop.example.com/other", exitOK,
			[]string{"ok       the webhook endpoint"},
		},
		{
			"missing permissions",
			fakeStripe{status: map[string]int{"/v1/invoices": 403, "/v1/webhook_endpoints": 403}},
			"", exitFailed,
			[]string{
				"error    the Stripe API key has no permission to read invoices",
				"warning  webhook endpoints not checked: stripe responded with status 403",
			},
		},
		{"invalid key", fakeStripe{status: map[string]int{"/v1/checkout/sessions": 401}}, "", exitFailed, []string{"error    the Stripe API key is invalid"}},
		{
			"prices",
			fakeStripe{
				endpoints: []any{endpointOf(ownURL, required...)},
				prices: []any{
					priceOf("price_none", nil),
					priceOf("price_unknown", map[string]string{"product_short_code": "acmegone"}),
					priceOf("price_invalid", map[string]string{"product_short_code": "acmecad", "max_activations": "many"}),
					priceOf("price_user", map[string]string{"product_short_code": "acmeweb"}),
				},
			},
			"", exitFailed,
			[]string{
				"warning  price price_none: stripehook: the price has no license metadata",
				"error    price price_unknown: items[0].product_code: there is no such product",
				"error    price price_invalid: price.metadata.max_activations: must be a non-negative integer",
				"ok       1 of 4 active prices describe a license",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			service := licensespringtest.NewServer(t)
			vars := env("LICENSESPRING_MANAGEMENT_KEY", service.APIKey(), "LICENSESPRING_BASE_URL", service.URL(),
				"STRIPE_API_KEY", "rk_test", "STRIPE_BASE_URL", tt.stripe.start(t), "STRIPE_WEBHOOK_SECRET", "whsec_test",
				"LICENSED_STORE", filepath.Join(t.TempDir(), "new", "store"))
			var stdout, stderr output
			code := run(t.Context(), append([]string{"check"}, strings.Fields(tt.args)...), vars, &stdout, &stderr)
			assert.Equal(t, tt.code, code, stdout.String()+stderr.String())
			for _, want := range tt.want {
				assert.Contains(t, stdout.String(), want)
			}
			assert.NotContains(t, stdout.String()+stderr.String(), "rk_test")
		})
	}
}

func TestCheckWithoutKeys(t *testing.T) {
	t.Parallel()
	var stdout, stderr output
	assert.Equal(t, exitFailed, run(t.Context(), []string{"check"}, env(), &stdout, &stderr))
	assert.Contains(t, stdout.String(), "warning  LICENSESPRING_MANAGEMENT_KEY is not set: products not checked")
	for _, want := range []string{
		"error    LICENSESPRING_MANAGEMENT_KEY is not set", "error    STRIPE_WEBHOOK_SECRET is not set",
		"error    set -store or -nats: the queue must survive the process", "error    STRIPE_API_KEY is not set", "warning  clock not checked",
	} {
		assert.Contains(t, stdout.String(), want)
	}
}

func TestCheckStore(t *testing.T) {
	t.Parallel()
	regular := file(t, "x")
	other := httptest.NewServer(http.NotFoundHandler()) // not a NATS server
	t.Cleanup(other.Close)
	nats := "nats://" + strings.TrimPrefix(other.URL, "http://")
	tests := []struct{ name, args, want string }{
		{"a file", "-store " + regular, "error    the store: " + regular + " is not a directory"},
		{"below a file", "-store " + filepath.Join(regular, "store"), "error    the store: "},
		{"another server", "-nats " + nats, "error    the NATS cluster: "},
		{"no server", "-nats nats://127.0.0.1:1", "error    the NATS cluster: "},
		{"no credentials", "-nats nats://127.0.0.1:1 -nats-creds " + regular + "-not", "error    the NATS cluster: -nats-creds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr output
			assert.Equal(t, exitFailed, run(t.Context(), append([]string{"check"}, strings.Fields(tt.args)...), env(), &stdout, &stderr))
			assert.Contains(t, stdout.String(), tt.want)
		})
	}
	// A check leaves no file.
	dir := t.TempDir()
	require.NoError(t, checkDirectory(dir))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestCheckClock(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]string{
		0:                                   "ok       the clock of this machine is right",
		3 * time.Second:                     "ok       the clock of this machine is right",
		90 * time.Second:                    "warning  the clock of this machine is 1m",
		-time.Hour:                          "behind: events are rejected",
		10 * time.Minute:                    "ahead: events are rejected",
		-time.Minute - 500*time.Millisecond: "behind: synchronize it",
	} {
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(-ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusUnauthorized)
		}))
		t.Cleanup(service.Close)
		var stdout, stderr output
		run(t.Context(), []string{"check"}, env("LICENSESPRING_MANAGEMENT_KEY", "k", "LICENSESPRING_BASE_URL", service.URL), &stdout, &stderr)
		assert.Contains(t, stdout.String(), want, ahead)
	}
}

// serve reports an endpoint that is not subscribed to the required events.
func TestServeChecksStripe(t *testing.T) {
	t.Parallel()
	stripe := fakeStripe{endpoints: []any{endpointOf(ownURL, "checkout.session.completed", "checkout.session.async_payment_succeeded")}}
	r := startServe(t, env("STRIPE_API_KEY", "rk_test", "STRIPE_BASE_URL", stripe.start(t), "STRIPE_WEBHOOK_SECRET", "whsec_test"), "-fake")
	const problem = "webhook endpoint we_1 is not subscribed to invoice.paid"
	eventually(t, "the problem is reported", func() bool { return strings.Contains(r.stderr.String(), problem) })
}
