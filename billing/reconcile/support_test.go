package reconcile_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
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

const day = 24 * time.Hour

// world is the whole path from a fake of Stripe to a fake of the service.
type world struct {
	t          *testing.T
	stripe     *stripetest.Server
	service    *licensespringtest.Server
	pipeline   *fulfillment.Pipeline
	client     *licensespring.Client
	inbox      *inbox.Inbox
	hook       *stripehook.Handler
	reconciler *reconcile.Reconciler
	reader     *lifecycle.Reader
}

func newWorld(t *testing.T, options ...stripetest.Option) *world {
	t.Helper()
	w := &world{t: t, service: licensespringtest.NewServer(t)}
	w.stripe = stripetest.New(append([]stripetest.Option{stripetest.WithTB(t), stripetest.WithSigningTime(time.Now)}, options...)...)
	var err error
	w.pipeline, err = fulfillment.Open(t.Context(), fulfillment.WithStoreDir(t.TempDir()), fulfillment.WithSyncInterval(time.Minute))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, w.pipeline.Close()) })
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	w.client, err = licensespring.New(w.service.APIKey(),
		licensespring.WithBaseURL(w.service.URL()), licensespring.WithHTTPClient(&http.Client{Transport: transport}),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit)),
		licensespring.WithRetryWaits(time.Millisecond, 10*time.Millisecond))
	require.NoError(t, err)
	items := stripehook.NewStripeLineItems(licensespring.NewSecret(w.stripe.APIKey()), w.stripe.Client(), w.stripe.URL())
	w.reader = lifecycle.NewReader(items)
	w.reconciler, err = reconcile.Open(t.Context(), w.pipeline, w.client, w.reader, reconcile.WithOrderWait(10*time.Millisecond))
	require.NoError(t, err)
	w.inbox, err = inbox.Open(t.Context(), w.pipeline)
	require.NoError(t, err)
	w.hook, err = stripehook.New(licensespring.NewSecret(stripetest.DefaultSecret), w.pipeline,
		stripehook.WithInbox(w.inbox), stripehook.WithLineItems(items), stripehook.WithSubjects(w.reconciler))
	require.NoError(t, err)
	return w
}

// start runs the workers until the test ends.
func (w *world) start() {
	backoff := fulfillment.WithBackoff(10*time.Millisecond, time.Second)
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(w.t, w.pipeline.Run(ctx, w.client, backoff)) })
	running.Go(func() { assert.NoError(w.t, w.inbox.Run(ctx, w.hook, backoff)) })
	running.Go(func() { assert.NoError(w.t, w.reconciler.Run(ctx, backoff)) })
	w.t.Cleanup(func() {
		cancel()
		running.Wait()
	})
}

// play moves the clock of Stripe, delivers its events, and waits until they are
// processed.
func (w *world) play(d time.Duration) {
	w.t.Helper()
	w.stripe.Play(w.t.Context(), d, w.hook.ServeHTTP)
	w.settle()
}

// settle waits until nothing is waiting.
func (w *world) settle() {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		events, err := w.inbox.Stats(w.t.Context())
		require.NoError(w.t, err)
		jobs, err := w.reconciler.Stats(w.t.Context())
		require.NoError(w.t, err)
		stats, err := w.pipeline.Stats(w.t.Context())
		require.NoError(w.t, err)
		return events.Events.Depth+jobs.Waiting+jobs.Scheduled+stats.Depth == 0
	}, 30*time.Second, 5*time.Millisecond)
}

func (w *world) addPrice(id string, metadata ...string) {
	p := stripetest.Price{ID: id, UnitAmount: 2500, Interval: "month", Metadata: map[string]string{"product_short_code": "acmecad"}}
	for i := 0; i < len(metadata); i += 2 {
		p.Metadata[metadata[i]] = metadata[i+1]
	}
	w.stripe.AddPrice(p)
}

// licenses returns the licenses of the service, oldest first, as short texts.
func (w *world) licenses() []string {
	var texts []string
	for _, l := range w.service.Licenses() {
		text := "disabled"
		if l.Enabled {
			text = "enabled"
		}
		texts = append(texts, fmt.Sprintf("%s until %.10v", text, l.Properties["validity_period"]))
	}
	return texts
}

func (w *world) deadLetters() []string {
	var texts []string
	for letter, err := range w.pipeline.DeadLetters(w.t.Context()) {
		require.NoError(w.t, err)
		texts = append(texts, letter.Failure.Text)
	}
	return texts
}
