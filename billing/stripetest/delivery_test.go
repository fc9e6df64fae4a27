package stripetest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// endpoint records the deliveries to a webhook.
type endpoint struct {
	t      *testing.T
	server *stripetest.Server
	secret string
	status func(attempt int) int
	events []stripe.Event
	times  []time.Time
}

func newEndpoint(t *testing.T, s *stripetest.Server) *endpoint {
	t.Helper()
	return &endpoint{t: t, server: s, secret: stripetest.DefaultSecret, status: func(int) int { return http.StatusOK }}
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	assert.NoError(e.t, err)
	event, err := webhook.ConstructEventWithOptions(body, r.Header.Get("Stripe-Signature"), e.secret,
		webhook.ConstructEventOptions{Tolerance: 200 * 365 * day, IgnoreAPIVersionMismatch: true})
	assert.NoError(e.t, err)
	e.events = append(e.events, event)
	e.times = append(e.times, e.server.Now()) // the handler may call the server
	w.WriteHeader(e.status(len(e.events)))
}

func (e *endpoint) ids() []string {
	var ids []string
	for i := range e.events {
		ids = append(ids, e.events[i].ID)
	}
	return ids
}

// emitted returns the ids of all events.
func emitted(s *stripetest.Server) []string {
	var ids []string
	for _, e := range s.Events() {
		ids = append(ids, e.ID)
	}
	return ids
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	subscribe(t, s, stripetest.Subscription{})
	pending := s.Pending()
	assert.Equal(t, stripe.EventTypeCustomerCreated, pending[0].Type)
	assert.Equal(t, stripetest.DefaultURL, pending[0].URL)
	e := newEndpoint(t, s)
	assert.Equal(t, len(pending), s.Deliver(t.Context(), e.ServeHTTP))
	assert.Equal(t, emitted(s), e.ids())
	assert.Zero(t, s.Deliver(t.Context(), e.ServeHTTP))
}

// A rejected delivery is retried for three days.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.AddCustomer(stripetest.Customer{})
	e := newEndpoint(t, s)
	start := s.Now()
	e.status = func(int) int { return http.StatusServiceUnavailable }
	s.Play(t.Context(), 10*day, e.ServeHTTP)
	assert.Greater(t, len(e.events), 5)
	assert.Len(t, slices.Compact(e.ids()), 1)
	last := e.times[len(e.times)-1].Sub(start)
	assert.True(t, last > 2*day && last <= 3*day, last)
	assert.Empty(t, s.Pending())

	s.AddCustomer(stripetest.Customer{})
	e.events, e.status = nil, func(attempt int) int { return map[bool]int{true: 500, false: 204}[attempt < 3] }
	s.Play(t.Context(), day, e.ServeHTTP)
	assert.Len(t, e.events, 3)
}

func TestDeliveryPolicy(t *testing.T) {
	t.Parallel()
	play := func(seed uint64) (*stripetest.Server, *endpoint) {
		s := newServer(t, stripetest.WithSeed(seed), stripetest.WithDelivery(stripetest.Delivery{
			Duplicate: 0.3, Delay: 0.3, MaxDelay: 2 * day, Lose: 0.1, Shuffle: true,
		}))
		e := newEndpoint(t, s)
		subscribe(t, s, stripetest.Subscription{})
		s.Play(t.Context(), 200*day, e.ServeHTTP)
		return s, e
	}
	s, e := play(1)
	all, got := emitted(s), e.ids()
	unique := slices.Compact(slices.Sorted(slices.Values(got)))
	assert.Less(t, len(unique), len(all), "some are lost")
	assert.Greater(t, len(got), len(unique), "some are duplicated")
	assert.False(t, slices.IsSortedFunc(e.events, func(a, b stripe.Event) int { return int(a.Created - b.Created) }), "some are late")
	assert.Subset(t, all, unique)
	same, again := play(1)
	assert.Equal(t, got, again.ids(), "a seed determines the deliveries")
	assert.Equal(t, all, emitted(same))
	_, other := play(2)
	assert.NotEqual(t, got, other.ids())
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	s := newServer(t,
		stripetest.WithAPIVersion(stripetest.VersionBasil),
		stripetest.WithEndpoint(stripetest.Endpoint{URL: "https://old.example.com/", Version: stripetest.Version2018, Secret: "whsec_old", Events: []string{"invoice.paid"}}),
		stripetest.WithEndpoint(stripetest.Endpoint{URL: "https://off.example.com/", Disabled: true}),
		stripetest.WithEndpoint(stripetest.Endpoint{URL: "https://new.example.com/", Version: stripetest.VersionNewest, Secret: "whsec_new", Events: []string{"invoice.paid", "customer.created"}}),
	)
	subscribe(t, s, stripetest.Subscription{})
	old, newest := newEndpoint(t, s), newEndpoint(t, s)
	old.secret, newest.secret = "whsec_old", "whsec_new"
	s.Deliver(t.Context(), func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Host {
		case "old.example.com":
			old.ServeHTTP(w, r)
		case "new.example.com":
			newest.ServeHTTP(w, r)
		default:
			assert.Fail(t, r.URL.Host)
		}
	})
	require.Len(t, old.events, 1)
	require.Len(t, newest.events, 2)
	assert.Equal(t, old.events[0].ID, newest.events[1].ID)
	assert.Contains(t, old.events[0].Data.Object, "subscription")
	assert.Contains(t, newest.events[1].Data.Object, "parent")
	status, event := get(t, s, "/v1/events/"+old.events[0].ID, "Stripe-Version", string(stripetest.Version2018))
	assert.Equal(t, 200, status)
	assert.Equal(t, string(stripetest.VersionBasil), event["api_version"], "events have the version of the account")
	assert.InDelta(t, 2, event["pending_webhooks"], 0)
	_, page := get(t, s, "/v1/webhook_endpoints")
	assert.Equal(t, "disabled", dig(page, "data", 1)["status"])
	assert.Equal(t, []any{"invoice.paid"}, dig(page, "data", 2)["enabled_events"])
}

func TestDropPending(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	subscribe(t, s, stripetest.Subscription{})
	n := s.DropPending(func(p stripetest.PendingEvent) bool { return p.Type == stripe.EventTypeInvoicePaid })
	assert.Equal(t, 1, n)
	e := newEndpoint(t, s)
	s.Deliver(t.Context(), e.ServeHTTP)
	assert.NotContains(t, e.ids(), eventOf(s, "invoice.paid"))
}

func TestForward(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.AddCustomer(stripetest.Customer{})
	e := newEndpoint(t, s)
	process := httptest.NewServer(e)
	defer process.Close()
	assert.Equal(t, 1, s.Deliver(t.Context(), stripetest.Forward(process.Client(), process.URL)))
	assert.Len(t, e.events, 1)
	assert.Empty(t, s.Pending())
}

// An event shows its object at the time of the event.
func TestEventSnapshot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	subscribe(t, s, stripetest.Subscription{})
	for _, e := range s.Events() {
		data, err := json.Marshal(e.Data.Object)
		require.NoError(t, err)
		switch e.Type {
		case stripe.EventTypeCustomerSubscriptionCreated:
			assert.Contains(t, string(data), `"status":"incomplete"`)
		case stripe.EventTypeCustomerSubscriptionUpdated:
			assert.Equal(t, map[string]any{"status": "incomplete"}, e.Data.PreviousAttributes)
		case stripe.EventTypeInvoiceCreated:
			assert.Contains(t, string(data), `"status":"draft"`)
		default:
		}
	}
}
