package licensespring

import (
	"context"
	"errors"
	"iter"
	"math"
	"sync"
	"time"
)

// BulkResult is the result of one order of [Client.EnsureOrders].
type BulkResult struct {
	// Index is the position of the order in the input, from 0.
	Index int
	// OrderID is the caller's id of the order.
	OrderID string
	// Result and Err are the results of [Client.EnsureOrder]. One of them is nil.
	Result *OrderResult
	Err    error
}

// Outcome returns the outcome of the order: that of Result or, after an error,
// that of Err.
func (r BulkResult) Outcome() Outcome {
	if r.Result != nil {
		return r.Result.Outcome
	}
	return OutcomeOf(r.Err)
}

// attempts returns the attempts of the result or the error.
func (r BulkResult) attempts() []Attempt {
	if r.Result != nil {
		return r.Result.Attempts
	}
	if e, ok := errors.AsType[*Error](r.Err); ok {
		return e.Attempts
	}
	return nil
}

// Progress is the progress of [Client.EnsureOrders].
type Progress struct {
	// Done is the number of orders that have ended. The other four counts add up
	// to it.
	Done     int
	Created  int // by this run: OutcomeCreated, OutcomeAppended or OutcomeRecovered
	Existing int // OutcomeExisting
	Failed   int // OutcomeRejected or OutcomeNotSent
	Unknown  int // OutcomeUnknown; the next run settles them
	// Elapsed is the time since the start, and Rate the number of orders per second
	// since then.
	Elapsed time.Duration
	Rate    float64
	// Remaining estimates the time until the end of the run from the last orders
	// and the state of the rate limiter. It is zero without [WithTotal].
	Remaining time.Duration
}

// BulkOption configures a run of [Client.EnsureOrders].
type BulkOption func(*bulk)

// WithConcurrency sets the number of orders that are processed concurrently. A
// number outside 1 to 1000 is clamped. The default follows from the rate limiter:
// as many as it allows in two seconds, from 2 to 64.
func WithConcurrency(n int) BulkOption {
	return func(b *bulk) { b.concurrency = min(max(n, 1), 1000) }
}

// WithTotal sets the total number of orders, for the estimate in [Progress].
func WithTotal(n int) BulkOption { return func(b *bulk) { b.total = max(n, 0) } }

// WithProgress sets a function that is called after each order, before its result
// is yielded, on the goroutine of the loop. It is called for abandoned orders
// too.
func WithProgress(report func(Progress)) BulkOption {
	return func(b *bulk) { b.report = report }
}

// WithStopOnError starts no further order after the first error. Orders that are
// being processed are completed.
func WithStopOnError() BulkOption { return func(b *bulk) { b.stopOnError = true } }

// WithAbandoned sets a function that is called with the result of each order that
// was still being processed when the caller left the loop. These orders are
// completed before the loop ends.
func WithAbandoned(take func(BulkResult)) BulkOption {
	return func(b *bulk) { b.abandoned = take }
}

// EnsureOrders calls [Client.EnsureOrder] for many orders and yields their
// results as the orders complete, which is not the order of the input. It reads
// the input as it proceeds, so its memory does not grow with the number of
// orders.
//
// The same input can be processed again after a crash or an interruption: orders
// that exist are yielded with [OutcomeExisting]. An error does not stop the run,
// unless [WithStopOnError] is set. Only [ErrUnauthorized] always ends it, since it
// would fail every other order too. A rate-limited order waits for the limit up to
// twenty times, unless ctx is done or the loop is left.
//
// Two orders of an input should not have the same id. If both are processed at
// the same time, the service decides which one comes first.
//
// When ctx is done, orders that are being processed end at once and are yielded;
// no other order is started. When the caller leaves the loop early, they are
// completed first: see [WithAbandoned]. No goroutine outlives the loop; it waits
// for an input that blocks.
func (c *Client) EnsureOrders(ctx context.Context, orders iter.Seq[*Order], options ...BulkOption) iter.Seq[BulkResult] {
	return func(yield func(BulkResult) bool) {
		b := &bulk{client: c, ctx: ctx, concurrency: c.concurrency()}
		for _, option := range options {
			if option != nil {
				option(b)
			}
		}
		b.run(orders, yield)
	}
}

// concurrency returns the default concurrency: it uses up the rate limit if a
// request takes up to two seconds.
func (c *Client) concurrency() int {
	const maximum = 64
	perSecond := c.cfg.limiter.limiter.PerSecond()
	if perSecond == 0 {
		return maximum
	}
	return min(max(int(2*perSecond), 2), maximum)
}

// bulk is one run of EnsureOrders.
type bulk struct {
	client      *Client
	ctx         context.Context //nolint:containedctx // a run does not outlive its context
	concurrency int
	total       int
	stopOnError bool
	report      func(Progress)
	abandoned   func(BulkResult)

	start    time.Time
	progress Progress
	estimate estimate
	stopped  chan struct{} // closed: start no further order
}

type bulkJob struct {
	index int
	order *Order
}

func (b *bulk) run(orders iter.Seq[*Order], yield func(BulkResult) bool) {
	b.start = time.Now()
	var (
		jobs    = make(chan bulkJob)
		results = make(chan BulkResult)
		workers sync.WaitGroup
	)
	b.stopped = make(chan struct{})
	workers.Go(func() {
		defer close(jobs)
		feed(b.ctx, orders, jobs, b.stopped)
	})
	for range b.concurrency {
		workers.Go(func() {
			for job := range jobs {
				results <- b.ensure(job)
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()

	stop := sync.OnceFunc(func() { close(b.stopped) })
	// Draining the results lets the workers end. It is deferred for a loop body
	// that panics.
	defer func() {
		stop()
		for range results {
			continue
		}
	}()
	left := false
	for r := range results {
		b.count(r)
		if b.endsRun(r) {
			stop()
		}
		switch {
		case !left:
			if !yield(r) {
				left = true
				stop()
			}
		case b.abandoned != nil:
			b.abandoned(r)
		}
	}
}

// feed sends the orders to the workers until the run is stopped.
func feed(ctx context.Context, orders iter.Seq[*Order], jobs chan<- bulkJob, stopped <-chan struct{}) {
	index := 0
	for order := range orders {
		// If both are ready, the second select would choose at random.
		select {
		case <-stopped:
			return
		case <-ctx.Done():
			return
		default:
		}
		select {
		case jobs <- bulkJob{index: index, order: order}:
			index++
		case <-stopped:
			return
		case <-ctx.Done():
			return
		}
	}
}

// ensure ensures one order. It waits out rate limits: otherwise a pause of a few
// minutes would fail every order of the run.
func (b *bulk) ensure(job bulkJob) BulkResult {
	r := BulkResult{Index: job.index, OrderID: job.order.id()}
	const rounds = 20
	for range rounds {
		r.Result, r.Err = b.client.EnsureOrder(b.ctx, job.order)
		var e *Error
		if !errors.As(r.Err, &e) || e.Kind != ErrRateLimited || e.RetryAt.IsZero() || !b.waitUntil(e.RetryAt) {
			break
		}
	}
	return r
}

// waitUntil reports whether the run continues after the wait.
func (b *bulk) waitUntil(t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-b.ctx.Done():
		return false
	case <-b.stopped: // leaving the loop must not take minutes
		return false
	case <-timer.C:
		return true
	}
}

func (b *bulk) endsRun(r BulkResult) bool {
	return r.Err != nil && (b.stopOnError || errors.Is(r.Err, ErrUnauthorized))
}

func (b *bulk) count(r BulkResult) {
	p := &b.progress
	p.Done++
	switch r.Outcome() {
	case OutcomeCreated, OutcomeAppended, OutcomeRecovered:
		p.Created++
	case OutcomeExisting:
		p.Existing++
	case OutcomeUnknown:
		p.Unknown++
	default:
		p.Failed++
	}
	if b.report == nil {
		return
	}
	b.estimate.add(r)
	p.Elapsed = time.Since(b.start)
	if seconds := p.Elapsed.Seconds(); seconds > 0 {
		p.Rate = float64(p.Done) / seconds
	}
	p.Remaining = b.estimate.remaining(b.total-p.Done, b.concurrency, b.client.cfg.limiter)
	b.report(*p)
}

// estimate estimates the remaining time of a run from its last orders. An order
// that exists takes two requests and not one, so the rate changes where an
// earlier run ended.
type estimate struct {
	orders   int
	requests float64 // per order
	busy     float64 // seconds per order, without rate limiting
}

// add adds an order that has ended to the averages.
func (e *estimate) add(r BulkResult) {
	attempts := r.attempts()
	busy := 0.0
	for i := range attempts {
		busy += (attempts[i].Took + attempts[i].Wait).Seconds()
	}
	e.orders++
	weight := 1 / float64(min(e.orders, 100)) // a mean first, then a moving average
	e.requests += weight * (float64(len(attempts)) - e.requests)
	e.busy += weight * (busy - e.busy)
}

// remaining returns the longer of two times: that of processing the orders, and
// that until the rate limiter has granted their requests.
func (e *estimate) remaining(orders, concurrency int, limiter *RateLimiter) time.Duration {
	if orders <= 0 {
		return 0
	}
	// Clamped to the types, since the total is the caller's.
	processing := min(float64(orders)*e.busy/float64(concurrency), math.MaxInt64/float64(2*time.Second))
	requests := min(math.Round(float64(orders)*e.requests), math.MaxInt32)
	granted := limiter.limiter.MinimumWait(int(requests), min(orders, concurrency))
	return max(time.Duration(processing*float64(time.Second)), granted)
}
