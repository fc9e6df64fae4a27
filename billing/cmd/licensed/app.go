package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/inbox"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// app holds the components of the service.
type app struct {
	set        *settings
	logger     *slog.Logger
	started    time.Time
	serviceURL string
	draining   atomic.Bool

	fake     *licensespringtest.Server
	stripe   *stripetest.Server // of the demo
	pipeline *fulfillment.Pipeline
	inbox    *inbox.Inbox
	client   *licensespring.Client
	hook     *stripehook.Handler
	// reconciler and audits are nil without a key of the Stripe API.
	reconciler *reconcile.Reconciler
	audits     *audits
	activity   *activity
	metrics    *metrics
	notifier   *notifier // nil: no endpoint is configured

	readiness *readiness
	catalogue catalogue
	clock     *clockComparison // of the check command

	closers []func() error
}

// newApp creates the components in the order of their dependencies.
func newApp(ctx context.Context, set *settings, log io.Writer) (_ *app, err error) {
	a := &app{set: set, logger: newLogger(set, log), started: time.Now(), activity: newActivity()}
	a.readiness = &readiness{logger: a.logger}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if set.fake {
		a.startFake()
	}
	if err := a.openPipeline(ctx); err != nil {
		return nil, err
	}
	if a.inbox, err = inbox.Open(ctx, a.pipeline, inbox.WithInvoiceTimeout(set.invoiceTimeout)); err != nil {
		return nil, err
	}
	a.metrics = newMetrics(a.pipeline, a.inbox, a.activity, set.requestsPerMinute())
	if err := a.newClient(); err != nil {
		return nil, err
	}
	if err := a.newReconciler(ctx); err != nil {
		return nil, err
	}
	if err := a.newHook(); err != nil {
		return nil, err
	}
	if a.notifier, err = a.newNotifier(); err != nil {
		return nil, err
	}
	a.addChecks()
	a.metrics.registry.MustRegister(newReadinessCollector(a.readiness), newAuditCollector(a.audits))
	a.warnAboutRateLimit()
	return a, nil
}

// close closes the components in reverse order.
func (a *app) close() error {
	var errs []error
	for _, closer := range slices.Backward(a.closers) {
		errs = append(errs, closer())
	}
	a.closers = nil
	return errors.Join(errs...)
}

func newLogger(set *settings, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	switch {
	case set.verbose:
		options.Level = slog.LevelDebug
	case set.demo:
		options.Level = slog.LevelError + 1 // the demo prints the results itself
	}
	if set.logJSON {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// startFake starts the fake of the service, and sets the missing settings.
func (a *app) startFake() {
	dialect := licensespringtest.DialectClassic
	if a.set.current {
		dialect = licensespringtest.DialectCurrent
	}
	a.fake = licensespringtest.NewServer(nil, licensespringtest.WithDialect(dialect))
	a.closers = append(a.closers, func() error { a.fake.Close(); return nil })
	a.set.managementKey, a.set.baseURL = licensespring.NewSecret(a.fake.APIKey()), a.fake.URL()
	if a.set.webhookSecret.IsZero() {
		a.set.webhookSecret = licensespring.NewSecret("whsec_" + rand.Text())
	}
	if a.set.rateLimit == 0 {
		a.set.rateLimit = int(licensespring.RateLimitFree)
	}
	if a.set.demo {
		a.startStripe()
	}
}

func (a *app) openPipeline(ctx context.Context) error {
	options := []fulfillment.Option{
		fulfillment.WithLogger(a.logger), fulfillment.WithKeepPasswords(a.set.keepPasswords || a.set.notifyPasswords),
	}
	if a.set.name != "" {
		options = append(options, fulfillment.WithName(a.set.name))
	}
	if a.set.replicas != 0 {
		options = append(options, fulfillment.WithReplicas(a.set.replicas))
	}
	if a.set.resultTTL != 0 {
		options = append(options, fulfillment.WithResultTTL(a.set.resultTTL))
	}
	switch {
	case a.set.natsURL != "":
		options = append(options, fulfillment.WithURL(a.set.natsURL))
		if a.set.natsCreds != "" {
			if err := checkCredentials(a.set.natsCreds); err != nil {
				return err
			}
			options = append(options, fulfillment.WithNATSOptions(nats.UserCredentials(a.set.natsCreds)))
		}
	default:
		dir, err := a.storeDir()
		if err != nil {
			return err
		}
		options = append(options, fulfillment.WithStoreDir(dir))
		if !a.set.storeKey.IsZero() {
			options = append(options, fulfillment.WithEncryptionKey(a.set.storeKey))
		}
	}
	var err error
	if a.pipeline, err = fulfillment.Open(ctx, options...); err != nil {
		return err
	}
	a.closers = append(a.closers, a.pipeline.Close)
	return nil
}

// storeDir returns the directory of the queue. Without a setting it creates a
// temporary one, because the orders of the fake do not survive the process either.
func (a *app) storeDir() (string, error) {
	if a.set.store != "" {
		return a.set.store, nil
	}
	dir, err := os.MkdirTemp("", "licensed-")
	if err != nil {
		return "", err
	}
	a.closers = append(a.closers, func() error { return os.RemoveAll(dir) })
	return dir, nil
}

func (a *app) newClient() error {
	base := newTransport(a.set.workers)
	a.closers = append(a.closers, func() error { base.CloseIdleConnections(); return nil })
	transport := http.RoundTripper(base)
	if a.fake != nil {
		transport = a.fake.Client().Transport
	}
	if a.metrics != nil {
		transport = &countingTransport{next: transport, activity: a.activity, requests: a.metrics.requests}
	}
	options := []licensespring.Option{
		licensespring.WithHTTPClient(&http.Client{Transport: a.clock.of(transport)}),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.RateLimit(a.set.rateLimit))),
		licensespring.WithDialect(a.set.dialect()),
		licensespring.WithLogger(a.logger),
		licensespring.WithUserAgent("licensed"),
	}
	a.serviceURL = licensespring.DefaultBaseURL
	if a.set.baseURL != "" {
		a.serviceURL = a.set.baseURL
		options = append(options, licensespring.WithBaseURL(a.set.baseURL))
	}
	var err error
	a.client, err = licensespring.New(a.set.managementKey.Reveal(), options...)
	return err
}

func (a *app) newHook() error {
	options := append(a.mappingOptions(),
		stripehook.WithInbox(a.inbox),
		stripehook.WithLogger(a.logger),
		stripehook.WithObserver(func(r stripehook.Report) {
			a.activity.recordEvent(r)
			a.metrics.recordEvent(r)
		}),
	)
	if a.set.stripeKey.IsZero() {
		a.logger.Warn("no Stripe API key: events without line items become dead letters, and licenses are not kept as they are paid for",
			slog.String("variable", envStripeKey))
	} else {
		options = append(options, stripehook.WithLineItems(a.stripeItems()), stripehook.WithSubjects(a.reconciler))
	}
	var err error
	secrets := a.set.webhookSecrets()
	a.hook, err = stripehook.New(secrets[0], a.pipeline, append(options, stripehook.WithSecrets(secrets[1:]...))...)
	return err
}

// mappingOptions returns the options that determine the order of an event.
func (a *app) mappingOptions() []stripehook.Option {
	options := []stripehook.Option{
		stripehook.WithIDPrefix(a.set.idPrefix),
		stripehook.WithAuthorizationMethods(a.catalogue.authorization),
	}
	if a.set.skipUnlicensed {
		options = append(options, stripehook.WithSkipUnlicensedLines())
	}
	if a.set.liveOnly {
		options = append(options, stripehook.WithLiveOnly())
	}
	return options
}

// runInbox processes stored events until ctx ends and active calls return. It reads
// the products first, because they determine the form of licenses.
func (a *app) runInbox(ctx context.Context) error {
	a.readCatalogue(ctx)
	return a.inbox.Run(ctx, a.hook, fulfillment.WithGracePeriod(a.set.grace))
}

// runWorkers runs the workers until ctx ends and active calls return.
func (a *app) runWorkers(ctx context.Context) error {
	return a.pipeline.Run(ctx, a.client,
		fulfillment.WithConcurrency(a.set.workers),
		fulfillment.WithGracePeriod(a.set.grace),
		fulfillment.WithObserver(func(e fulfillment.Event) {
			a.activity.recordDelivery(e)
			a.metrics.recordDelivery(e)
			a.requestAfterOrder(e)
		}),
	)
}
