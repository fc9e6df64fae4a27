package stripehook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

var _ stripehook.Queue = (*fulfillment.Pipeline)(nil)

func asValidation(err error) (*licensespring.ValidationError, bool) {
	return errors.AsType[*licensespring.ValidationError](err)
}

// Invalid requests must not reach the queue.
func TestInvalidRequests(t *testing.T) {
	t.Parallel()
	paid := event(t, "checkout_payment_expanded")
	now := time.Now()
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	tests := []struct {
		name    string
		request *http.Request
		change  func(*http.Request)
		status  int
		reason  string
	}{
		{"get", httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody), nil, 405, "the method is not POST"},
		{"no signature", signed(t, paid, now), func(r *http.Request) { r.Header.Del("Stripe-Signature") }, 400, "the signature is invalid"},
		{"malformed header", signed(t, paid, now), with("Stripe-Signature", "nonsense"), 400, "the signature is invalid"},
		{"signature of another secret", signed(t, paid, now), with("Stripe-Signature", signedWith(paid, "whsec_other", now)), 400, "the signature is invalid"},
		{"signature of the empty secret", signed(t, paid, now), with("Stripe-Signature", signedWith(paid, "", now)), 400, "the signature is invalid"},
		{"modified", signed(t, paid, now), body(bytes.Replace(paid, []byte(`"quantity": 2`), []byte(`"quantity": 9`), 1)), 400, "the signature is invalid"},
		{"appended space", signed(t, paid, now), body(append(bytes.Clone(paid), ' ')), 400, "the signature is invalid"},
		{"another body", signed(t, paid, now), body(event(t, "checkout_free")), 400, "the signature is invalid"},
		{"replay after the tolerance", signed(t, paid, now.Add(-6*time.Minute)), nil, 400, "the signature is too old"},
		{"old signature with a new time", signed(t, paid, now.Add(-6*time.Minute)), func(r *http.Request) {
			_, rest, _ := strings.Cut(r.Header.Get("Stripe-Signature"), ",")
			r.Header.Set("Stripe-Signature", "t="+strconv.FormatInt(time.Now().Unix(), 10)+","+rest)
		}, 400, "the signature is invalid"},
		{"not JSON", signed(t, []byte("paid!"), now), nil, 400, "the body is not an event"},
		{"not an event", signed(t, []byte(`{"object": "invoice", "id": "in_1"}`), now), nil, 400, "the body is not an event"},
		{"no event id", signed(t, []byte(`{"object": "event", "type": "invoice.paid", "data": {"object": {}}}`), now), nil, 400, "the body is not an event"},
		{"thin event", signed(t, []byte(`{"object": "v2.core.event", "id": "evt_1"}`), now), nil, 400, "the body is not an event"},
		{"empty", signed(t, nil, now), nil, 400, "the body is not an event"},
		{"too large", signed(t, append(bytes.Clone(paid), bytes.Repeat([]byte(" "), stripehook.DefaultMaxBody)...), now), nil, 413, "the body is too large"},
		{"truncated", signed(t, paid, now), func(r *http.Request) {
			r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))
		}, 400, "the body could not be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			queue := newMemory()
			var report stripehook.Report
			hook := newHook(t, queue, stripehook.WithObserver(func(r stripehook.Report) { report = r }))
			if tt.change != nil {
				tt.change(tt.request)
			}
			w := httptest.NewRecorder()
			hook.ServeHTTP(w, tt.request)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, stripehook.DispositionInvalid, report.Disposition)
			assert.Equal(t, tt.reason, report.Reason)
			assert.Equal(t, "invalid\n", w.Body.String())
			assert.Empty(t, queue.orders)
			assert.Empty(t, queue.letters)
			if tt.status == http.StatusMethodNotAllowed {
				assert.Equal(t, http.MethodPost, w.Header().Get("Allow"))
			}
		})
	}
}

func signedWith(payload []byte, secret string, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: payload, Secret: secret, Timestamp: at}).Header
}

func body(payload []byte) func(*http.Request) {
	return func(r *http.Request) { r.Body = io.NopCloser(bytes.NewReader(payload)) }
}

// A recorded delivery that is replayed is accepted within the tolerance, without an
// effect, and rejected afterwards.
func TestTolerance(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := newMemory()
		hook, err := stripehook.New(licensespring.NewSecret(secret), queue, stripehook.WithTolerance(time.Minute))
		require.NoError(t, err)
		payload := event(t, "checkout_payment_expanded")
		recorded := signed(t, payload, time.Now()).Header
		for _, want := range []int{200, 200, 400} {
			r := signed(t, payload, time.Now())
			r.Header = recorded
			w := httptest.NewRecorder()
			hook.ServeHTTP(w, r)
			assert.Equal(t, want, w.Code)
			<-time.After(time.Minute)
		}
		assert.Len(t, queue.orders, 1)
		assert.Zero(t, queue.conflicts)
	})
}

// Concurrent, repeated and reordered events of a purchase must enqueue one order.
func TestRepeatedEventsEnqueueOneOrder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		events []string
		id     string
	}{
		{"same event", []string{"checkout_payment"}, "cs_live_a1"},
		{"subscription session and invoice", []string{"checkout_subscription", "invoice_subscription"}, "sub_s1"},
		{"subscription invoice and session", []string{"invoice_subscription", "checkout_subscription"}, "sub_s1"},
		{"subscription after a renewal", []string{"invoice_renewal", "invoice_subscription", "checkout_subscription"}, "sub_s1"},
		{"unpaid and paid later", []string{"checkout_unpaid", "checkout_paid_later"}, "cs_live_a5"},
		{"paid later and unpaid", []string{"checkout_paid_later", "checkout_unpaid"}, "cs_live_a5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			queue := newMemory()
			hook := newHook(t, queue)
			for _, name := range tt.events {
				assert.Equal(t, http.StatusOK, deliver(t, hook, event(t, name)))
			}
			var wg sync.WaitGroup
			for range 8 {
				for _, name := range tt.events {
					wg.Go(func() { assert.Equal(t, http.StatusOK, deliver(t, hook, event(t, name))) })
				}
			}
			wg.Wait()
			assert.Len(t, queue.orders, 1)
			assert.Contains(t, queue.orders, tt.id)
			assert.Equal(t, 9, queue.enqueued)
			assert.Zero(t, queue.conflicts, "a purchase must have one order")
			assert.Empty(t, queue.letters)
		})
	}
}

// The session reports no invoice although one exists. Both must have the same order
// id.
func TestSubscriptionSessionAndInvoiceShareID(t *testing.T) {
	t.Parallel()
	queue := newMemory()
	hook := newHook(t, queue)
	session := bytes.Replace(event(t, "checkout_metered"), []byte(`"sub_s2"`), []byte(`"sub_s1"`), 1)
	assert.Equal(t, http.StatusOK, deliver(t, hook, session))
	assert.Equal(t, http.StatusOK, deliver(t, hook, event(t, "invoice_subscription")))
	assert.Len(t, queue.orders, 1)
	assert.Equal(t, 2, queue.enqueued)
}

func TestTemporaryErrors(t *testing.T) {
	t.Parallel()
	down := errors.New("no space left")
	lines := func(err error) stripehook.Option {
		return stripehook.WithLineItems(lineItemsFunc(func(context.Context, stripehook.Source) ([]stripehook.Line, error) { return nil, err }))
	}
	tests := []struct {
		name            string
		event           string
		enqueue, reject error
		options         []stripehook.Option
		reason          string
	}{
		{"queue unavailable", "checkout_payment", down, nil, nil, "the order could not be stored"},
		{"dead letters unavailable", "checkout_bad_metadata", nil, down, nil, "the dead letter could not be stored"},
		{"stripe unavailable", "checkout_payment", nil, nil, []stripehook.Option{lines(down)}, "the line items could not be fetched"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			queue := newMemory()
			queue.enqueueErr, queue.rejectErr = tt.enqueue, tt.reject
			var report stripehook.Report
			options := append([]stripehook.Option{stripehook.WithObserver(func(r stripehook.Report) { report = r })}, tt.options...)
			hook := newHook(t, queue, options...)
			status := deliver(t, hook, event(t, tt.event))
			assert.Equal(t, http.StatusServiceUnavailable, status)
			assert.Equal(t, stripehook.DispositionFailed, report.Disposition)
			assert.Equal(t, tt.reason, report.Reason)
			require.ErrorIs(t, report.Err, down)

			// The next delivery succeeds.
			queue.enqueueErr, queue.rejectErr = nil, nil
			assert.Equal(t, http.StatusOK, deliver(t, newHook(t, queue), event(t, tt.event)))
			assert.Len(t, append(keys(queue.orders), keys(queue.letters)...), 1)
		})
	}
}

func keys[V any](m map[string]V) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	return list
}

// lineItemsFunc implements stripehook.LineItems.
type lineItemsFunc func(context.Context, stripehook.Source) ([]stripehook.Line, error)

func (f lineItemsFunc) Lines(ctx context.Context, of stripehook.Source) ([]stripehook.Line, error) {
	return f(ctx, of)
}

func TestWithoutLineItems(t *testing.T) {
	t.Parallel()
	queue := newMemory()
	hook, err := stripehook.New(licensespring.NewSecret(secret), queue)
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, deliver(t, hook, event(t, "checkout_payment")))
	assert.Equal(t, http.StatusOK, deliver(t, hook, event(t, "checkout_payment_expanded")))
	assert.Contains(t, queue.orders, "cs_live_a2")
}

// An order that only the queue rejects becomes a dead letter.
func TestQueueRejectsOrder(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"invalid": &licensespring.ValidationError{Findings: []licensespring.Finding{{Path: "id", Message: "is invalid"}}},
		// A retry cannot succeed.
		"too large": fmt.Errorf("wrapped: %w", fulfillment.ErrTooLarge),
	} {
		queue := newMemory()
		queue.enqueueErr = err
		assert.Equal(t, http.StatusOK, deliver(t, newHook(t, queue), event(t, "checkout_payment")), name)
		assert.Equal(t, err, queue.letters["cs_live_a1"].Err, name)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	t.Run("prefix", func(t *testing.T) {
		t.Parallel()
		queue := newMemory()
		hook := newHook(t, queue, stripehook.WithIDPrefix("stripe-"))
		deliver(t, hook, event(t, "checkout_payment"))
		deliver(t, hook, event(t, "invoice_subscription"))
		deliver(t, hook, event(t, "checkout_bad_metadata"))
		assert.ElementsMatch(t, []string{"stripe-cs_live_a1", "stripe-sub_s1"}, keys(queue.orders))
		assert.Equal(t, []string{"stripe-cs_live_b1"}, keys(queue.letters))
	})
	t.Run("skip unlicensed lines", func(t *testing.T) {
		t.Parallel()
		queue := newMemory()
		hook := newHook(t, queue, stripehook.WithSkipUnlicensedLines())
		assert.Equal(t, http.StatusOK, deliver(t, hook, event(t, "checkout_other_product")))
		assert.Empty(t, queue.orders)
		assert.Empty(t, queue.letters)
		// A line with one valid and one misspelled key is not skipped.
		deliver(t, hook, event(t, "checkout_bad_metadata"))
		assert.Equal(t, []string{"cs_live_b1"}, keys(queue.letters))
	})
	t.Run("connected account", func(t *testing.T) {
		t.Parallel()
		var requested stripehook.Source
		hook := newHook(t, newMemory(), stripehook.WithLineItems(lineItemsFunc(
			func(_ context.Context, of stripehook.Source) ([]stripehook.Line, error) {
				requested = of
				return nil, errors.New("stop")
			})))
		payload := bytes.Replace(event(t, "checkout_payment"), []byte(`"object": "event",`), []byte(`"object": "event", "account": "acct_1",`), 1)
		deliver(t, hook, payload)
		assert.Equal(t, stripehook.Source{Kind: stripehook.SourceSession, ID: "cs_live_a1", Account: "acct_1"}, requested)
	})
}

func TestNewReportsAllErrors(t *testing.T) {
	t.Parallel()
	hook, err := stripehook.New(licensespring.Secret{}, nil, nil,
		stripehook.WithAPIKey(licensespring.Secret{}), stripehook.WithLineItems(nil), stripehook.WithTolerance(0),
		stripehook.WithTimeout(-1), stripehook.WithMaxBody(0), stripehook.WithMaxBodies(0), stripehook.WithReadTimeout(0),
		stripehook.WithInbox(nil), stripehook.WithAuthorizationMethods(nil), stripehook.WithLogger(nil), stripehook.WithObserver(nil))
	assert.Nil(t, hook)
	assert.Len(t, strings.Split(err.Error(), "\n"), 13)
	_, err = stripehook.New(licensespring.NewSecret(secret), newMemory(), stripehook.WithAPIKey(licensespring.NewSecret("sk_test")))
	assert.NoError(t, err)
}

// A dead letter is replayed after its cause was corrected.
func TestReplay(t *testing.T) {
	t.Parallel()
	queue := newMemory()
	metadata := map[string]string{"product_short_code": "acmecad", "max_activations": "many"}
	hook := newHook(t, queue, stripehook.WithLineItems(lineItemsFunc(
		func(context.Context, stripehook.Source) ([]stripehook.Line, error) {
			return []stripehook.Line{{Quantity: 1, Price: &stripehook.Price{ID: "price_1", Metadata: metadata}}}, nil
		})))
	deliver(t, hook, event(t, "checkout_payment"))
	letter := queue.letters["cs_live_a1"]
	require.NotNil(t, letter.Payload)

	report, err := hook.Replay(t.Context(), letter.Payload)
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	assert.Equal(t, stripehook.DispositionRejected, report.Disposition)
	assert.Empty(t, queue.orders)

	metadata["max_activations"] = "5"
	report, err = hook.Replay(t.Context(), letter.Payload)
	require.NoError(t, err)
	assert.Equal(t, stripehook.DispositionQueued, report.Disposition)
	assert.Equal(t, 1, report.Licenses)
	assert.Contains(t, queue.orders, "cs_live_a1")

	_, err = hook.Replay(t.Context(), []byte(`{"object": "event"}`))
	assert.EqualError(t, err, "the payload is not a Stripe event")
}

// Logs, responses and reports must not contain customer data or secrets.
func TestNoPrivateData(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	queue := newMemory()
	var mu sync.Mutex
	var texts strings.Builder
	hook := newHook(t, queue,
		stripehook.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		stripehook.WithObserver(func(r stripehook.Report) {
			mu.Lock()
			defer mu.Unlock()
			texts.WriteString(r.Reason)
			if r.Err != nil {
				texts.WriteString(r.Err.Error())
			}
		}))
	for _, name := range []string{
		"checkout_payment", "checkout_bad_metadata", "checkout_unreadable", "invoice_subscription", "invoice_change",
		"invoice_subscription", "checkout_too_many", "other",
	} {
		deliver(t, hook, event(t, name))
		w := httptest.NewRecorder()
		r := signed(t, event(t, name), time.Now())
		r.Header.Set("Stripe-Signature", "t=1,v1=00")
		hook.ServeHTTP(w, r)
		texts.WriteString(w.Body.String())
	}
	queue.enqueueErr = errors.New("down")
	deliver(t, hook, event(t, "checkout_payment"))
	deliver(t, hook, bytes.Replace(event(t, "checkout_payment"), []byte("cs_live_a1"), []byte("cs_live_gone"), 1))
	all := log.String() + texts.String()
	assert.Contains(t, all, "price_metadata")
	assert.Contains(t, all, "status 404 (req_1)")
	for _, private := range []string{
		secret, "sk_test", "ada@", "ada king", "lovelace", "grace", "hopper", "example.com", "+1 555", "london", "for ever", "1 year", "whsec",
	} {
		assert.NotContains(t, strings.ToLower(all), private)
	}
}
