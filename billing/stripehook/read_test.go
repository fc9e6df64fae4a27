package stripehook_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Each of several secrets is accepted, and no other.
func TestSecrets(t *testing.T) {
	t.Parallel()
	hook := newHook(t, newMemory(), stripehook.WithSecrets(licensespring.NewSecret("whsec_connect"), licensespring.NewSecret("whsec_next")))
	payload := event(t, "checkout_payment_expanded")
	for name, want := range map[string]int{secret: 200, "whsec_connect": 200, "whsec_next": 200, "whsec_other": 400, "": 400} {
		r := signed(t, payload, time.Now())
		r.Header.Set("Stripe-Signature", signedWith(payload, name, time.Now()))
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		assert.Equal(t, want, w.Code, name)
	}
	_, err := stripehook.New(licensespring.NewSecret(secret), newMemory(), stripehook.WithSecrets(licensespring.Secret{}))
	require.EqualError(t, err, "stripehook: the signing secret is empty")
}

// A signature from the future could be replayed until then.
func TestFutureSignature(t *testing.T) {
	t.Parallel()
	var report stripehook.Report
	hook := newHook(t, newMemory(), stripehook.WithObserver(func(r stripehook.Report) { report = r }))
	for offset, want := range map[time.Duration]int{
		4 * time.Minute: 200, // the clocks differ
		6 * time.Minute: 400, 24 * time.Hour: 400,
	} {
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, signed(t, event(t, "checkout_payment_expanded"), time.Now().Add(offset)))
		assert.Equal(t, want, w.Code, offset)
		if want == 400 {
			assert.Equal(t, "the signature is from the future: check the clock", report.Reason)
		}
	}
	// Stripe's library uses the last of several timestamps.
	payload := event(t, "checkout_payment_expanded")
	r := signed(t, payload, time.Now())
	future := time.Now().Add(24 * time.Hour)
	r.Header.Set("Stripe-Signature", "t="+strconv.FormatInt(time.Now().Unix(), 10)+","+signedWith(payload, secret, future))
	w := httptest.NewRecorder()
	hook.ServeHTTP(w, r)
	assert.Equal(t, 400, w.Code)
}

// Test mode creates test orders, or none.
func TestLiveOnly(t *testing.T) {
	t.Parallel()
	test := event(t, "checkout_test_mode")
	report, queue := delivered(t, test)
	assert.Equal(t, stripehook.DispositionQueued, report.Disposition)
	assert.Len(t, queue.orders, 1)
	report, queue = delivered(t, test, stripehook.WithLiveOnly())
	assert.Equal(t, stripehook.DispositionIgnored, report.Disposition)
	assert.Equal(t, "test mode", report.Reason)
	assert.Equal(t, 200, report.Status, "Stripe would disable the endpoint of connected accounts")
	assert.Empty(t, queue.orders)
	report, _ = delivered(t, event(t, "checkout_payment_expanded"), stripehook.WithLiveOnly())
	assert.Equal(t, stripehook.DispositionQueued, report.Disposition)

	hook := newHook(t, newMemory(), stripehook.WithLiveOnly())
	report, err := hook.Replay(t.Context(), test)
	require.NoError(t, err)
	assert.Equal(t, "test mode", report.Reason)
}

// The account of an event is part of the order id, and of the requests to Stripe.
func TestAccounts(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]struct{ order, account, context string }{
		``:                                     {"p-cs_live_a1", "", ""},
		`"account": "acct_1",`:                 {"p-acct_1-cs_live_a1", "acct_1", ""},
		`"account": "acct_2",`:                 {"p-acct_2-cs_live_a1", "acct_2", ""},
		`"account": "acct_1", "context": "x",`: {"p-acct_1-cs_live_a1", "acct_1", ""},
		`"context": "acct_3",`:                 {"p-acct_3-cs_live_a1", "", "acct_3"},
	} {
		var got http.Header
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.Header
			_, _ = w.Write([]byte(`{"data": [{"id": "li_1", "quantity": 1, "price": {"id": "p", "metadata": {"product_short_code": "acmecad"}}}]}`))
		}))
		t.Cleanup(api.Close)
		payload := bytes.Replace(event(t, "checkout_payment"), []byte(`"object": "event",`), []byte(`"object": "event", `+members), 1)
		report, queue := delivered(t, payload, stripehook.WithIDPrefix("p-"),
			stripehook.WithLineItems(stripehook.NewStripeLineItems(licensespring.NewSecret("sk"), api.Client(), api.URL)))
		assert.Equal(t, want.order, report.OrderID)
		assert.Contains(t, queue.orders, want.order)
		assert.Equal(t, want.account, got.Get("Stripe-Account"), members)
		assert.Equal(t, want.context, got.Get("Stripe-Context"), members)
	}
}

// Bodies that stall occupy a bounded number of slots for a bounded time. Afterwards
// events are accepted again.
func TestStalledBodies(t *testing.T) {
	t.Parallel()
	const slots, stalled = 3, 40
	var largest, reading atomic.Int64
	var statuses [600]atomic.Int64
	hook := newHook(t, newMemory(), stripehook.WithMaxBodies(slots), stripehook.WithReadTimeout(time.Second),
		stripehook.WithObserver(func(r stripehook.Report) { statuses[r.Status].Add(1) }))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &countedBody{readCloser: r.Body, reading: &reading, largest: &largest}
		hook.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for range stalled {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = conn.Write([]byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000)))
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		return statuses[http.StatusRequestTimeout].Load()+statuses[http.StatusServiceUnavailable].Load() == stalled
	}, 3*time.Minute, 10*time.Millisecond)
	assert.LessOrEqual(t, largest.Load(), int64(slots))
	assert.NotZero(t, statuses[http.StatusServiceUnavailable].Load())
	assert.Equal(t, 200, deliver(t, hook, event(t, "checkout_payment_expanded")))
}

// countedBody counts the bodies of which a part was read.
type countedBody struct {
	readCloser
	reading, largest *atomic.Int64
	started          bool
}

type readCloser = interface {
	Read(p []byte) (int, error)
	Close() error
}

func (b *countedBody) Read(p []byte) (int, error) {
	if !b.started {
		b.started = true
		n := b.reading.Add(1)
		for old := b.largest.Load(); n > old; old = b.largest.Load() {
			if b.largest.CompareAndSwap(old, n) {
				break
			}
		}
	}
	n, err := b.readCloser.Read(p)
	if err != nil && b.started {
		b.reading.Add(-1)
	}
	return n, err
}

// A processing time beyond the read timeout does not cancel the request.
func TestReadTimeoutDoesNotLimitProcessing(t *testing.T) {
	t.Parallel()
	queue := newMemory()
	hook := newHook(t, queue, stripehook.WithReadTimeout(100*time.Millisecond), stripehook.WithLineItems(lineItemsFunc(
		func(ctx context.Context, _ stripehook.Source) ([]stripehook.Line, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(500 * time.Millisecond):
				return []stripehook.Line{{Quantity: 1, Price: &stripehook.Price{Metadata: map[string]string{"product_short_code": "acmecad"}}}}, nil
			}
		})))
	server := httptest.NewServer(hook)
	t.Cleanup(server.Close)
	payload := event(t, "checkout_payment")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(payload))
	require.NoError(t, err)
	r.Header.Set("Stripe-Signature", signedWith(payload, secret, time.Now()))
	res, err := server.Client().Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	assert.Equal(t, 200, res.StatusCode)
	assert.Len(t, queue.orders, 1)
}
