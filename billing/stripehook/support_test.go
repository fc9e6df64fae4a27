package stripehook_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

const secret = "whsec_test_secret"

// memory is a queue in memory.
type memory struct {
	mu        sync.Mutex
	orders    map[string]string // id to the JSON of the order
	letters   map[string]fulfillment.Rejection
	enqueued  int
	conflicts int // orders that differ from the first one with their id

	enqueueErr, rejectErr error
}

func newMemory() *memory {
	return &memory{orders: map[string]string{}, letters: map[string]fulfillment.Rejection{}}
}

// Enqueue stores the first order with an id, like the service.
func (m *memory) Enqueue(_ context.Context, order *licensespring.Order) error {
	text, err := json.MarshalIndent(order, "", "  ")
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.enqueueErr != nil {
		return m.enqueueErr
	}
	m.enqueued++
	switch first, ok := m.orders[order.ID]; {
	case !ok:
		m.orders[order.ID] = string(text)
	case first != string(text):
		m.conflicts++
	}
	return nil
}

func (m *memory) Reject(_ context.Context, r fulfillment.Rejection) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rejectErr != nil {
		return m.rejectErr
	}
	if r.ID == "" {
		return errors.New("the rejection has no id")
	}
	m.letters[r.ID] = r
	return nil
}

// stripeAPI fakes the list endpoints of the Stripe API, and subscriptions. Each page has one line, so
// that every list requires paging.
func stripeAPI(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/") // "", v1, checkout, sessions, id, line_items
		id := parts[len(parts)-2]
		if parts[len(parts)-2] == "subscriptions" {
			id = parts[len(parts)-1]
		}
		data, err := os.ReadFile(filepath.Join("testdata", "api", filepath.Base(id)+".json"))
		switch {
		case r.Header.Get("Authorization") != "Bearer sk_test_key":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error": {"message": "Invalid API Key provided: sk_te***", "type": "invalid_request_error"}}`))
			return
		case err != nil:
			w.Header().Set("Request-Id", "req_1")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"error": {"message": "No such object: ada@example.com", "type": "invalid_request_error"}}`))
			return
		}
		if parts[len(parts)-2] == "subscriptions" {
			_, _ = w.Write(data) //nolint:gosec // a file of the test, and the client is the handler
			return
		}
		var list struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		var raw struct {
			Data []json.RawMessage `json:"data"`
		}
		_ = json.Unmarshal(data, &list)
		_ = json.Unmarshal(data, &raw)
		next := 0
		for i := range list.Data {
			if list.Data[i].ID == r.URL.Query().Get("starting_after") {
				next = i + 1
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"object": "list", "url": r.URL.Path,
			"data": raw.Data[next : next+1], "has_more": next+1 < len(raw.Data),
		})
	}))
	t.Cleanup(server.Close)
	return server
}

// newHook returns a handler that uses stripeAPI.
func newHook(t *testing.T, queue stripehook.Queue, options ...stripehook.Option) *stripehook.Handler {
	t.Helper()
	api := stripeAPI(t)
	items := stripehook.NewStripeLineItems(licensespring.NewSecret("sk_test_key"), api.Client(), api.URL)
	hook, err := stripehook.New(licensespring.NewSecret(secret), queue,
		append([]stripehook.Option{stripehook.WithLineItems(items)}, options...)...)
	require.NoError(t, err)
	return hook
}

func event(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "events", name+".json"))
	require.NoError(t, err)
	return data
}

// signed returns a delivery as Stripe sends it.
func signed(t testing.TB, payload []byte, at time.Time) *http.Request {
	t.Helper()
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: secret, Timestamp: at})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/stripe", strings.NewReader(string(payload)))
	r.Header.Set("Stripe-Signature", p.Header)
	return r
}

func deliver(t testing.TB, hook http.Handler, payload []byte) int {
	t.Helper()
	w := httptest.NewRecorder()
	hook.ServeHTTP(w, signed(t, payload, time.Now()))
	return w.Code
}

// validating is a queue that validates each order.
type validating struct {
	*memory
	t *testing.T
}

func (v validating) Enqueue(ctx context.Context, order *licensespring.Order) error {
	require.NoError(v.t, order.Validate())
	require.NotEmpty(v.t, order.Items)
	return v.memory.Enqueue(ctx, order)
}
