// Package worldtest runs the billing pipeline between a fake of Stripe and a fake of the
// service, for tests.
package worldtest

import (
	"context"
	"fmt"
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
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// World is the whole path from a fake of Stripe to a fake of the service.
type World struct {
	T          *testing.T
	Stripe     *stripetest.Server
	Service    *licensespringtest.Server
	Pipeline   *fulfillment.Pipeline
	Client     *licensespring.Client
	Inbox      *inbox.Inbox
	Hook       *stripehook.Handler
	Reconciler *reconcile.Reconciler
	Reader     *lifecycle.Reader

	hide atomic.Pointer[Hide]
}

// New opens a world without prices. Start runs its workers.
func New(t *testing.T, options ...stripetest.Option) *World {
	t.Helper()
	w := &World{T: t, Service: licensespringtest.NewServer(t)}
	w.Hide(nil)
	w.Stripe = stripetest.New(append([]stripetest.Option{stripetest.WithTB(t), stripetest.WithSigningTime(time.Now)}, options...)...)
	var err error
	w.Pipeline, err = fulfillment.Open(t.Context(), fulfillment.WithStoreDir(t.TempDir()), fulfillment.WithSyncInterval(time.Minute))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.Pipeline.Close()) })
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	w.Client, err = licensespring.New(w.Service.APIKey(),
		licensespring.WithBaseURL(w.Service.URL()), licensespring.WithHTTPClient(&http.Client{Transport: HideLicenses(transport, func() Hide { return *w.hide.Load() })}),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit)),
		licensespring.WithRetryWaits(time.Millisecond, 10*time.Millisecond))
	require.NoError(t, err)
	items := stripehook.NewStripeLineItems(licensespring.NewSecret(w.Stripe.APIKey()), w.Stripe.Client(), w.Stripe.URL())
	w.Reader = lifecycle.NewReader(items)
	w.Reconciler, err = reconcile.Open(t.Context(), w.Pipeline, w.Client, w.Reader, reconcile.WithOrderWait(10*time.Millisecond))
	require.NoError(t, err)
	w.Inbox, err = inbox.Open(t.Context(), w.Pipeline)
	require.NoError(t, err)
	w.Hook, err = stripehook.New(licensespring.NewSecret(stripetest.DefaultSecret), w.Pipeline,
		stripehook.WithInbox(w.Inbox), stripehook.WithLineItems(items), stripehook.WithSubjects(w.Reconciler))
	require.NoError(t, err)
	return w
}

// Hide makes lists of licenses lack some. Nil shows all.
func (w *World) Hide(hide Hide) { w.hide.Store(&hide) }

// Start runs the workers until the test ends.
func (w *World) Start() {
	backoff := fulfillment.WithBackoff(10*time.Millisecond, time.Second)
	ctx, cancel := context.WithCancel(w.T.Context())
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(w.T, w.Pipeline.Run(ctx, w.Client, backoff)) })
	running.Go(func() { assert.NoError(w.T, w.Inbox.Run(ctx, w.Hook, backoff)) })
	running.Go(func() { assert.NoError(w.T, w.Reconciler.Run(ctx, backoff)) })
	w.T.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// Play moves the clock of Stripe, delivers its events, and waits until they are
// processed.
func (w *World) Play(d time.Duration) {
	w.T.Helper()
	w.Stripe.Play(w.T.Context(), d, w.Hook.ServeHTTP)
	w.Settle()
}

// Settle waits until nothing is waiting.
func (w *World) Settle() {
	w.T.Helper()
	require.Eventually(w.T, func() bool {
		events, err := w.Inbox.Stats(w.T.Context())
		require.NoError(w.T, err)
		jobs, err := w.Reconciler.Stats(w.T.Context())
		require.NoError(w.T, err)
		stats, err := w.Pipeline.Stats(w.T.Context())
		require.NoError(w.T, err)
		return events.Events.Depth+jobs.Waiting+jobs.Scheduled+stats.Depth == 0
	}, 3*time.Minute, 5*time.Millisecond)
}

// AddPrice adds a monthly price of the product acmecad.
func (w *World) AddPrice(id string, metadata ...string) {
	p := stripetest.Price{ID: id, UnitAmount: 2500, Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad"}}
	for i := 0; i < len(metadata); i += 2 {
		p.Metadata[metadata[i]] = metadata[i+1]
	}
	w.Stripe.AddPrice(p)
}

// Licenses returns the licenses of the service, oldest first, as short texts.
func (w *World) Licenses() []string {
	var texts []string
	for _, l := range w.Service.Licenses() {
		text := "disabled"
		if l.Enabled {
			text = "enabled"
		}
		texts = append(texts, fmt.Sprintf("%s until %.10v", text, l.Properties["validity_period"]))
	}
	return texts
}

// DeadLetters returns the reasons of the dead letters.
func (w *World) DeadLetters() []string {
	var texts []string
	for letter, err := range w.Pipeline.DeadLetters(w.T.Context()) {
		require.NoError(w.T, err)
		texts = append(texts, letter.Failure.Text)
	}
	return texts
}
