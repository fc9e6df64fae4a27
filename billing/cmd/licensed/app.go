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
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// app is the service with everything in it, not yet listening.
type app struct {
	set      *settings
	logger   *slog.Logger
	started  time.Time
	service  string // where orders go, for people
	draining atomic.Bool

	fake     *licensespringtest.Server
	pipeline *fulfillment.Pipeline
	client   *licensespring.Client
	hook     *stripehook.Handler
	board    *board
	metrics  *metrics

	closers []func() error
}

// newApp makes the parts in the order in which they need each other.
func newApp(ctx context.Context, set *settings, log io.Writer) (_ *app, err error) {
	a := &app{set: set, logger: newLogger(set, log), started: time.Now(), board: newBoard()}
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
	a.metrics = newMetrics(a.pipeline, a.board, set.perMinute())
	if err := a.newClient(); err != nil {
		return nil, err
	}
	if err := a.newHook(); err != nil {
		return nil, err
	}
	return a, nil
}

// close undoes what newApp did, last first.
func (a *app) close() error {
	var faults []error
	for _, closer := range slices.Backward(a.closers) {
		faults = append(faults, closer())
	}
	a.closers = nil
	return errors.Join(faults...)
}

func newLogger(set *settings, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	switch {
	case set.verbose:
		options.Level = slog.LevelDebug
	case set.demo:
		options.Level = slog.LevelError + 1 // the demo tells it itself
	}
	if set.logJSON {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// startFake starts the fake of the service, and fills in what it takes.
func (a *app) startFake() {
	dialect := licensespringtest.DialectPage
	if a.set.current {
		dialect = licensespringtest.DialectCurrent
	}
	a.fake = licensespringtest.NewServer(nil, licensespringtest.WithDialect(dialect))
	a.closers = append(a.closers, func() error { a.fake.Close(); return nil })
	a.set.managementKey, a.set.baseURL = licensespring.NewSecret(a.fake.APIKey()), a.fake.URL()
	if a.set.webhookSecret.IsZero() {
		a.set.webhookSecret = licensespring.NewSecret("whsec_" + rand.Text())
	}
	if a.set.plan == 0 {
		a.set.plan = int(licensespring.PlanFree)
	}
}

func (a *app) openPipeline(ctx context.Context) error {
	options := []fulfillment.Option{
		fulfillment.WithLogger(a.logger), fulfillment.WithKeepPasswords(a.set.keepPasswords),
	}
	if a.set.name != "" {
		options = append(options, fulfillment.WithName(a.set.name))
	}
	if a.set.replicas != 0 {
		options = append(options, fulfillment.WithReplicas(a.set.replicas))
	}
	switch {
	case a.set.natsURL != "":
		options = append(options, fulfillment.WithURL(a.set.natsURL))
		if a.set.natsCreds != "" {
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

// storeDir is the directory of the queue: a temporary one for the fake, whose
// orders do not outlive it either.
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
	own := newTransport(a.set.workers)
	a.closers = append(a.closers, func() error { own.CloseIdleConnections(); return nil })
	transport := http.RoundTripper(own)
	if a.fake != nil {
		transport = a.fake.Client().Transport
	}
	options := []licensespring.Option{
		licensespring.WithHTTPClient(&http.Client{
			Transport: &counting{next: transport, board: a.board, requests: a.metrics.requests},
		}),
		licensespring.WithBudget(licensespring.NewBudget(licensespring.Plan(a.set.plan))),
		licensespring.WithDialect(a.set.dialect()),
		licensespring.WithLogger(a.logger),
		licensespring.WithUserAgent("licensed"),
	}
	a.service = licensespring.DefaultBaseURL
	if a.set.baseURL != "" {
		a.service = a.set.baseURL
		options = append(options, licensespring.WithBaseURL(a.set.baseURL))
	}
	var err error
	a.client, err = licensespring.New(a.set.managementKey.Reveal(), options...)
	return err
}

func (a *app) newHook() error {
	options := []stripehook.Option{
		stripehook.WithIDPrefix(a.set.idPrefix),
		stripehook.WithLogger(a.logger),
		stripehook.WithObserver(func(r stripehook.Report) {
			a.board.event(r)
			a.metrics.event(r)
		}),
	}
	if a.set.renewals {
		options = append(options, stripehook.WithRenewals())
	}
	if a.set.otherProducts {
		options = append(options, stripehook.WithOtherProducts())
	}
	if a.set.stripeKey.IsZero() {
		a.logger.Warn("no stripe key: events without their line items are not accepted", slog.String("variable", envStripeKey))
	} else {
		options = append(options, stripehook.WithAPIKey(a.set.stripeKey))
	}
	var err error
	a.hook, err = stripehook.New(a.set.webhookSecret, a.pipeline, options...)
	return err
}

// work runs the workers until ctx ends and the calls under way have.
func (a *app) work(ctx context.Context) error {
	return a.pipeline.Run(ctx, a.client,
		fulfillment.WithConcurrency(a.set.workers),
		fulfillment.WithGrace(a.set.grace),
		fulfillment.WithObserver(func(e fulfillment.Event) {
			a.board.delivery(e)
			a.metrics.delivery(e)
		}),
	)
}
