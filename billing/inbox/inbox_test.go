package inbox_test

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/inbox"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

var _ stripehook.Inbox = (*inbox.Inbox)(nil)

// An event is accepted while the Stripe API fails, and leads to its order afterwards,
// without another delivery.
func TestStripeFails(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int64{
		"revoked key": 401,
		"outage":      503,
		"rate limit":  429, // with Retry-After: 1
		// The permission is granted later.
		"no permission": 403,
		"not found":     404,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newStripeAPI(t)
			api.status.Store(status)
			failed := make(chan struct{}, 100)
			s := newService(t, nil, api.items(), stripehook.WithObserver(func(r stripehook.Report) {
				if r.Disposition == stripehook.DispositionFailed {
					failed <- struct{}{}
				}
			}))
			s.run()
			code, body := deliver(t, s.hook, sessionEvent("cs_1"))
			assert.Equal(t, http.StatusOK, code)
			assert.Equal(t, "stored", body)
			<-failed
			assert.Equal(t, 1, s.stats().Events.Depth)
			api.status.Store(0)
			s.waitFor(1, 0)
			state, err := s.pipeline.OrderState(t.Context(), "cs_1")
			require.NoError(t, err)
			assert.Equal(t, fulfillment.OrderQueued, state)
		})
	}
}

// A key that is invalid pauses the worker, so that a full inbox does not cause a
// request for each event.
func TestInvalidKeyPauses(t *testing.T) {
	t.Parallel()
	api := newStripeAPI(t)
	api.status.Store(401)
	s := newService(t, nil, api.items())
	for _, id := range []string{"cs_1", "cs_2", "cs_3", "cs_4", "cs_5", "cs_6", "cs_7", "cs_8"} {
		deliver(t, s.hook, sessionEvent(id))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	require.NoError(t, s.inbox.Run(ctx, s.hook, fulfillment.WithBackoff(time.Minute, time.Minute)))
	assert.LessOrEqual(t, api.requests.Load(), int64(4), "one for each slot")
	assert.Equal(t, 8, s.stats().Events.Depth)
}

// An event whose requests Stripe rejects permanently becomes a dead letter. Others are
// retried for as long as it takes.
func TestRetryLimit(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int64
		age    time.Duration
		want   stripehook.Disposition
	}{
		"not found, young": {404, time.Minute, stripehook.DispositionFailed},
		"not found, old":   {404, 2 * time.Hour, stripehook.DispositionRejected},
		"forbidden, old":   {403, 2 * time.Hour, stripehook.DispositionRejected},
		"invalid key, old": {401, 48 * time.Hour, stripehook.DispositionFailed},
		"outage, old":      {502, 48 * time.Hour, stripehook.DispositionFailed},
		"rate limit, old":  {429, 48 * time.Hour, stripehook.DispositionFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := newStripeAPI(t)
			api.status.Store(tt.status)
			s := newService(t, nil, api.items())
			r := s.hook.Process(t.Context(), sessionEvent("cs_1"), time.Now().Add(-tt.age))
			assert.Equal(t, tt.want, r.Disposition)
			assert.True(t, r.FromInbox)
			stats, err := s.pipeline.Stats(t.Context())
			require.NoError(t, err)
			if tt.want == stripehook.DispositionFailed {
				assert.Zero(t, stats.Dead)
				return
			}
			assert.Equal(t, 1, stats.Dead)
			assert.Contains(t, s.deadLetter().Failure.Text, "the line items could not be fetched: stripe responded with status")
		})
	}
}

// A panic in the source of line items does not stop other events.
func TestPanic(t *testing.T) {
	t.Parallel()
	var fixed atomic.Bool
	s := newService(t, nil, stripehook.WithLineItems(linesFunc(func(of stripehook.Source) []stripehook.Line {
		if of.ID == "cs_1" && !fixed.Load() {
			panic("ada@example.com")
		}
		return []stripehook.Line{{Quantity: 1, Price: &stripehook.Price{Metadata: map[string]string{"product_short_code": "acmecad"}}}}
	})))
	s.run()
	deliver(t, s.hook, sessionEvent("cs_1"))
	deliver(t, s.hook, sessionEvent("cs_2"))
	require.Eventually(t, func() bool { return s.stats().Events.Depth == 1 }, 3*time.Minute, 10*time.Millisecond)
	fixed.Store(true)
	s.waitFor(2, 0)
}

type linesFunc func(stripehook.Source) []stripehook.Line

func (f linesFunc) Lines(_ context.Context, of stripehook.Source) ([]stripehook.Line, error) {
	return f(of), nil
}

// Concurrent and repeated deliveries lead to one order, and one fetch of the lines
// while the event is in the inbox.
func TestRepeatedEvents(t *testing.T) {
	t.Parallel()
	api := newStripeAPI(t)
	s := newService(t, nil, api.items())
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { deliver(t, s.hook, sessionEvent("cs_1")) })
		all.Go(func() { deliver(t, s.hook, invoiceEvent("invoice.paid", "in_1", "sub_1")) })
		all.Go(func() { deliver(t, s.hook, invoiceEvent("invoice.payment_succeeded", "in_1", "sub_1")) })
	}
	all.Wait()
	assert.Equal(t, 3, s.stats().Events.Depth)
	s.run()
	s.waitFor(2, 0)
	requests := api.requests.Load()
	assert.LessOrEqual(t, requests, int64(3))
	deliver(t, s.hook, sessionEvent("cs_1"))
	s.waitFor(2, 0)
	assert.Equal(t, requests, api.requests.Load(), "the order is known")
}

// A store that cannot store the event makes Stripe retry.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	require.NoError(t, s.pipeline.Close())
	code, body := deliver(t, s.hook, sessionEvent("cs_1"))
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, "failed", body)
}

// An event that requires no order is not stored.
func TestIgnoredEventIsNotStored(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	code, body := deliver(t, s.hook, newEvent("charge.succeeded", "evt_1", map[string]any{}))
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "ignored", body)
	_, body = deliver(t, s.hook, sessionEvent("cs_1", "payment_status", "unpaid"))
	assert.Equal(t, "ignored", body)
	assert.Zero(t, s.stats().Events.Depth)
}

// The inbox survives a restart. Events of it are processed by the next process.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	api := newStripeAPI(t)
	for restart := range 2 {
		p, err := fulfillment.Open(t.Context(), fulfillment.WithStoreDir(dir))
		require.NoError(t, err)
		in, err := inbox.Open(t.Context(), p)
		require.NoError(t, err)
		hook, err := stripehook.New(licensespring.NewSecret(secret), p, stripehook.WithInbox(in), api.items())
		require.NoError(t, err)
		if restart == 0 {
			deliver(t, hook, sessionEvent("cs_1"))
			require.NoError(t, p.Health(t.Context()))
			require.NoError(t, p.Close())
			continue
		}
		s := &service{t: t, pipeline: p, inbox: in, hook: hook}
		stop := s.run()
		s.waitFor(1, 0)
		stop()
		require.NoError(t, p.Close())
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := inbox.Open(t.Context(), nil, inbox.WithInvoiceTimeout(0), nil)
	require.EqualError(t, err, "inbox: the invoice timeout must be positive\ninbox: the pipeline is nil")
	s := newService(t, nil)
	require.EqualError(t, s.inbox.Run(t.Context(), nil), "inbox: the handler is nil")
	require.Error(t, s.inbox.Run(t.Context(), s.hook, fulfillment.WithConcurrency(0)))
}

// Run returns when the pipeline is closed.
func TestClosed(t *testing.T) {
	t.Parallel()
	s := newService(t, nil)
	done := make(chan error, 1)
	go func() { done <- s.inbox.Run(t.Context(), s.hook) }()
	require.NoError(t, s.pipeline.Close())
	assert.ErrorIs(t, <-done, fulfillment.ErrClosed)
}

// An event that is redelivered after the metadata of its price changed is done. It does
// not become the dead letter of a conflict.
func TestRedeliveryAfterMetadataChange(t *testing.T) {
	t.Parallel()
	var code atomic.Value
	code.Store("acmecad")
	s := newService(t, nil, stripehook.WithLineItems(linesFunc(func(stripehook.Source) []stripehook.Line {
		return []stripehook.Line{{Quantity: 1, Price: &stripehook.Price{Metadata: map[string]string{"product_short_code": code.Load().(string)}}}}
	})))
	s.run()
	service := licensespringtest.NewServer(t)
	client, err := licensespring.New(service.APIKey(), licensespring.WithBaseURL(service.URL()))
	require.NoError(t, err)
	deliver(t, s.hook, sessionEvent("cs_1"))
	s.waitFor(1, 0)
	code.Store("acmeapi")
	deliver(t, s.hook, sessionEvent("cs_1")) // the order is queued
	s.waitFor(1, 0)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.pipeline.Run(ctx, client) }()
	s.waitFor(0, 0)
	deliver(t, s.hook, sessionEvent("cs_1")) // the order is done
	s.waitFor(0, 0)
	cancel()
	require.NoError(t, <-done)
	assert.Equal(t, 1, service.LicenseCount())
	assert.Equal(t, "acmecad", service.Licenses()[0].ProductCode)
}
