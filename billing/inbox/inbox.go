package inbox

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// DefaultInvoiceTimeout is the default of [WithInvoiceTimeout].
const DefaultInvoiceTimeout = time.Hour

const (
	// defaultConcurrency is the number of events processed concurrently. Most of
	// their time is the time of requests to Stripe.
	defaultConcurrency = 4
	// minCheckInterval and maxCheckInterval bound the wait between two checks of an
	// expectation.
	minCheckInterval = 5 * time.Second
	maxCheckInterval = 5 * time.Minute
)

// Inbox is a durable inbox of events. [Open] returns one. An Inbox is safe for
// concurrent use.
type Inbox struct {
	events, expected *fulfillment.Queue
	invoiceTimeout   time.Duration
}

// Option configures an [Inbox].
type Option func(*config)

type config struct {
	invoiceTimeout time.Duration
	errs           []error
}

// WithInvoiceTimeout sets the time after which a paid session becomes a dead letter if
// no event of its invoice has led to its order.
func WithInvoiceTimeout(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.errs = append(c.errs, errors.New("inbox: the invoice timeout must be positive"))
		}
		c.invoiceTimeout = d
	}
}

// Open opens the inbox in the store of a pipeline, and creates it if it does not
// exist. The inbox is usable until the pipeline is closed.
func Open(ctx context.Context, pipeline *fulfillment.Pipeline, options ...Option) (*Inbox, error) {
	c := config{invoiceTimeout: DefaultInvoiceTimeout}
	for _, option := range options {
		if option != nil {
			option(&c)
		}
	}
	if pipeline == nil {
		c.errs = append(c.errs, errors.New("inbox: the pipeline is nil"))
	}
	if len(c.errs) > 0 {
		return nil, errors.Join(c.errs...)
	}
	events, err := pipeline.OpenQueue(ctx, "inbox")
	if err != nil {
		return nil, err
	}
	expected, err := pipeline.OpenQueue(ctx, "expected")
	if err != nil {
		return nil, err
	}
	return &Inbox{events: events, expected: expected, invoiceTimeout: c.invoiceTimeout}, nil
}

// Store implements [stripehook.Inbox].
func (i *Inbox) Store(ctx context.Context, id string, payload []byte) error {
	return i.events.Put(ctx, id, payload)
}

// Expect implements [stripehook.Inbox].
func (i *Inbox) Expect(ctx context.Context, id string, payload []byte) error {
	return i.expected.Put(ctx, id, payload)
}

// Stats holds the counts of an inbox over all machines.
type Stats struct {
	// Events are the stored events that have not led to an order or a dead letter.
	Events fulfillment.QueueStats
	// Expected are the paid sessions whose invoice has not led to an order.
	Expected fulfillment.QueueStats
}

// Stats returns the counts of the inbox.
func (i *Inbox) Stats(ctx context.Context) (s Stats, err error) {
	if s.Events, err = i.events.Stats(ctx); err != nil {
		return s, err
	}
	s.Expected, err = i.expected.Stats(ctx)
	return s, err
}

// Run processes events with the handler until ctx ends and active calls return. It can
// run several times concurrently, in this process and on other machines. The options
// are those of [fulfillment.Queue.Run]; the default concurrency is 4.
func (i *Inbox) Run(ctx context.Context, hook *stripehook.Handler, options ...fulfillment.RunOption) error {
	if hook == nil {
		return errors.New("inbox: the handler is nil")
	}
	options = append([]fulfillment.RunOption{fulfillment.WithConcurrency(defaultConcurrency)}, options...)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var all sync.WaitGroup
	var eventsErr, expectedErr error
	run := func(q *fulfillment.Queue, handle func(context.Context, fulfillment.QueueMessage) error, err *error) {
		all.Go(func() {
			defer cancel() // the other queue ends as well
			*err = q.Run(ctx, handle, options...)
		})
	}
	run(i.events, func(ctx context.Context, m fulfillment.QueueMessage) error {
		return retryOf(hook.Process(ctx, m.Body, m.StoredAt), time.Time{})
	}, &eventsErr)
	run(i.expected, func(ctx context.Context, m fulfillment.QueueMessage) error {
		deadline := m.StoredAt.Add(i.invoiceTimeout)
		return retryOf(hook.ProcessExpected(ctx, m.Body, !time.Now().Before(deadline)), nextCheck(m.StoredAt, deadline))
	}, &expectedErr)
	all.Wait()
	return errors.Join(eventsErr, expectedErr)
}

// nextCheck returns the time of the next check of an expectation. The interval is half
// of its age.
func nextCheck(storedAt, deadline time.Time) time.Time {
	next := time.Now().Add(min(max(time.Since(storedAt)/2, minCheckInterval), maxCheckInterval))
	if next.After(deadline) {
		return deadline
	}
	return next
}

var errWaiting = errors.New("the invoice has not led to an order yet")

// retryOf returns nil if the event is done, and otherwise the error that determines
// its retry.
func retryOf(r stripehook.Report, next time.Time) error {
	switch r.Disposition {
	case stripehook.DispositionWaiting:
		return &fulfillment.RetryError{Err: errWaiting, At: next}
	case stripehook.DispositionFailed:
		return retryOfFailure(r)
	default:
		return nil
	}
}

// retryOfFailure pauses the worker if other events would fail for the same reason.
func retryOfFailure(r stripehook.Report) error {
	retry := &fulfillment.RetryError{Err: r.Err}
	if api, ok := errors.AsType[*stripehook.APIError](r.Err); ok {
		retry.Pause = api.Status == http.StatusUnauthorized || api.Status == http.StatusTooManyRequests
		if api.RetryAfter > 0 {
			retry.Pause, retry.At = true, time.Now().Add(api.RetryAfter)
		}
	}
	if retry.Pause || r.IsPermanent() {
		return retry
	}
	return r.Err // several in a row pause the worker
}
