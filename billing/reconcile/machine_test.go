package reconcile_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/inbox"
	"github.com/licensespring-go/licensespring/billing/internal/worldtest"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/reconcile"
	"github.com/licensespring-go/licensespring/billing/stripehook"
	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// services are the addresses of the two fakes.
type services struct {
	stripe     *http.Client
	stripeURL  string
	stripeKey  string
	licenseURL string
	licenseKey string
	// hides returns which licenses a list lacks, or nil.
	hides func() worldtest.Hide
}

// machine is one process of the billing pipeline, with an embedded store. A test opens
// it in this process, or in one that is killed.
type machine struct {
	pipeline   *fulfillment.Pipeline
	client     *licensespring.Client
	transport  *http.Transport
	reader     *lifecycle.Reader
	reconciler *reconcile.Reconciler
	inbox      *inbox.Inbox
	hook       *stripehook.Handler
}

// openMachine opens a machine in a directory. Run runs its workers.
func openMachine(ctx context.Context, dir string, s services, options ...fulfillment.Option) (*machine, error) {
	m := &machine{transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	var err error
	m.pipeline, err = fulfillment.Open(ctx, append([]fulfillment.Option{
		fulfillment.WithStoreDir(dir), fulfillment.WithAckWait(time.Second),
	}, options...)...)
	if err != nil {
		return nil, err
	}
	m.client, err = licensespring.New(s.licenseKey,
		licensespring.WithBaseURL(s.licenseURL), licensespring.WithHTTPClient(&http.Client{Transport: worldtest.HideLicenses(m.transport, s.hides)}),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit)),
		licensespring.WithRetryWaits(time.Millisecond, 10*time.Millisecond),
		licensespring.WithAttemptTimeout(2*time.Second), licensespring.WithMaxAttempts(3))
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	items := stripehook.NewStripeLineItems(licensespring.NewSecret(s.stripeKey), s.stripe, s.stripeURL)
	m.reader = lifecycle.NewReader(items)
	m.reconciler, err = reconcile.Open(ctx, m.pipeline, m.client, m.reader, reconcile.WithOrderWait(10*time.Millisecond))
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	if m.inbox, err = inbox.Open(ctx, m.pipeline); err != nil {
		return nil, errors.Join(err, m.close())
	}
	m.hook, err = stripehook.New(licensespring.NewSecret(stripetest.DefaultSecret), m.pipeline,
		stripehook.WithInbox(m.inbox), stripehook.WithLineItems(items), stripehook.WithSubjects(m.reconciler))
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// run runs the workers until ctx ends. Active calls are canceled then.
func (m *machine) run(ctx context.Context) error {
	options := []fulfillment.RunOption{
		fulfillment.WithBackoff(10*time.Millisecond, 200*time.Millisecond), fulfillment.WithGracePeriod(0), fulfillment.WithMaxDeliveries(0),
	}
	var running sync.WaitGroup
	errs := make([]error, 3)
	running.Go(func() { errs[0] = m.pipeline.Run(ctx, m.client, options...) })
	running.Go(func() { errs[1] = m.inbox.Run(ctx, m.hook, options...) })
	running.Go(func() { errs[2] = m.reconciler.Run(ctx, options...) })
	running.Wait()
	return errors.Join(errs...)
}

// backlog is what waits.
type backlog struct {
	events, jobs, orders int
	// scheduled is the number of jobs that are scheduled for a retry.
	scheduled int
}

func (m *machine) backlog(ctx context.Context) (b backlog, err error) {
	events, err := m.inbox.Stats(ctx)
	if err != nil {
		return b, err
	}
	jobs, err := m.reconciler.Stats(ctx)
	if err != nil {
		return b, err
	}
	orders, err := m.pipeline.Stats(ctx)
	return backlog{events: events.Events.Depth, jobs: jobs.Waiting, orders: orders.Depth, scheduled: jobs.Scheduled}, err
}

func (b *backlog) waiting() int { return b.events + b.jobs + b.orders }

func (m *machine) close() error {
	m.transport.CloseIdleConnections()
	return m.pipeline.Close()
}
