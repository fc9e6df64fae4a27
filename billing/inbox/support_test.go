package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/inbox"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

const secret = "whsec_test"

// stripeAPI is a fake of the Stripe API. Each session has one line.
type stripeAPI struct {
	*httptest.Server
	status   atomic.Int64 // of all responses, if not 0
	requests atomic.Int64
	account  atomic.Value // of the last request
	invoice  atomic.Value // of all sessions
}

func newStripeAPI(t *testing.T) *stripeAPI {
	t.Helper()
	a := &stripeAPI{}
	a.invoice.Store("")
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		a.account.Store(r.Header.Get("Stripe-Account"))
		if status := a.status.Load(); status != 0 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(int(status))
			_, _ = w.Write([]byte(`{"error": {"message": "no", "type": "api_error"}}`))
			return
		}
		if !strings.HasSuffix(r.URL.Path, "/line_items") && !strings.HasSuffix(r.URL.Path, "/lines") {
			_, _ = fmt.Fprintf(w, `{"id": "cs_1", "object": "checkout.session", "invoice": %q}`, a.invoice.Load())
			return
		}
		_, _ = w.Write([]byte(`{"object": "list", "has_more": false, "data": [{"id": "li_1", "quantity": 1, "amount_total": 9900,
			"price": {"id": "price_1", "metadata": {"product_short_code": "acmecad"}}}]}`))
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *stripeAPI) items() stripehook.Option {
	return itemsOf(a.URL)
}

func itemsOf(url string) stripehook.Option {
	return stripehook.WithLineItems(stripehook.NewStripeLineItems(
		licensespring.NewSecret("sk_test"), &http.Client{Timeout: 3 * time.Minute}, url))
}

// sessionEvent returns the event of a paid session without line items.
func sessionEvent(id string, members ...string) []byte {
	object := map[string]any{
		"id": id, "object": "checkout.session", "mode": "payment", "payment_status": "paid", "status": "complete", "amount_total": 9900,
		"customer_details": map[string]any{"email": "ada@example.com"},
	}
	return newEvent("checkout.session.completed", "evt_"+id, object, members...)
}

// invoiceEvent returns an event of the first invoice of a subscription.
func invoiceEvent(kind, id, subscription string) []byte {
	return newEvent(kind, "evt_"+kind+id, map[string]any{
		"id": id, "object": "invoice", "status": "paid", "billing_reason": "subscription_create", "subscription": subscription,
		"amount_paid": 9900, "total": 9900, "customer_email": "ada@example.com",
	})
}

func newEvent(kind, id string, object map[string]any, members ...string) []byte {
	for i := 0; i+1 < len(members); i += 2 {
		var value any
		if json.Unmarshal([]byte(members[i+1]), &value) != nil {
			value = members[i+1]
		}
		object[members[i]] = value
	}
	data, err := json.Marshal(map[string]any{
		"id": id, "object": "event", "type": kind, "livemode": true, "data": map[string]any{"object": object},
	})
	if err != nil {
		panic(err)
	}
	return data
}

func deliver(t *testing.T, hook http.Handler, payload []byte) (status int, body string) {
	t.Helper()
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: secret, Timestamp: time.Now()})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(payload)))
	r.Header.Set("Stripe-Signature", p.Header)
	w := httptest.NewRecorder()
	hook.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

func openPipeline(t *testing.T, dir string) *fulfillment.Pipeline {
	t.Helper()
	p, err := fulfillment.Open(t.Context(), fulfillment.WithStoreDir(dir), fulfillment.WithAckWait(time.Second))
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// service is an inbox with its pipeline and handler.
type service struct {
	t        *testing.T
	pipeline *fulfillment.Pipeline
	inbox    *inbox.Inbox
	hook     *stripehook.Handler
}

func newService(t *testing.T, options []inbox.Option, hookOptions ...stripehook.Option) *service {
	t.Helper()
	s := &service{t: t, pipeline: openPipeline(t, t.TempDir())}
	var err error
	s.inbox, err = inbox.Open(t.Context(), s.pipeline, options...)
	require.NoError(t, err)
	s.hook, err = stripehook.New(licensespring.NewSecret(secret), s.pipeline,
		append([]stripehook.Option{stripehook.WithInbox(s.inbox)}, hookOptions...)...)
	require.NoError(t, err)
	return s
}

// run runs the inbox until the test ends or stop is called.
func (s *service) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- s.inbox.Run(ctx, s.hook, fulfillment.WithBackoff(10*time.Millisecond, 100*time.Millisecond))
	}()
	stop = func() {
		cancel()
		require.NoError(s.t, <-done)
		done <- nil
	}
	s.t.Cleanup(stop)
	return stop
}

func (s *service) stats() inbox.Stats {
	s.t.Helper()
	stats, err := s.inbox.Stats(s.t.Context())
	require.NoError(s.t, err)
	return stats
}

// waitFor waits until the inbox is empty and the pipeline has the given numbers of
// queued orders and dead letters.
func (s *service) waitFor(orders, dead int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		q, err := s.pipeline.Stats(s.t.Context())
		require.NoError(s.t, err)
		in := s.stats()
		return in.Events.Depth == 0 && in.Expected.Depth == 0 && q.Depth == orders && q.Dead == dead
	}, 3*time.Minute, 10*time.Millisecond)
}

func (s *service) deadLetter() *fulfillment.DeadLetter {
	s.t.Helper()
	for l, err := range s.pipeline.DeadLetters(s.t.Context()) {
		require.NoError(s.t, err)
		return l
	}
	require.Fail(s.t, "no dead letter")
	return nil
}

func serve(t *testing.T, handler http.Handler) (url string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
