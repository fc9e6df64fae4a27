package licensespring

import (
	"context"
	"errors"
	"iter"
	"math"
	"sync"
	"time"
)

// BulkResult is the result of one order of [Client.EnsureOrders], or of one license
// of [Client.EnsureLicenses].
type BulkResult struct {
	// Index is the position of the order or the license in the input, from 0.
	Index int
	// OrderID is the caller's id of the order, and LicenseID the ID the service
	// assigned to the license. One of them is zero.
	OrderID   string
	LicenseID int64
	// Result is the result of [Client.EnsureOrder], License that of
	// [Client.EnsureLicense], and Err the error of either. One of them is not nil.
	Result  *OrderResult
	License *LicenseResult
	Err     error
}

// Outcome returns the outcome of the order or the license: that of its result or,
// after an error, that of Err.
func (r BulkResult) Outcome() Outcome {
	switch {
	case r.Result != nil:
		return r.Result.Outcome
	case r.License != nil:
		return r.License.Outcome
	default:
		return OutcomeOf(r.Err)
	}
}

// attempts returns the attempts of the result or the error.
func (r BulkResult) attempts() []Attempt {
	switch {
	case r.Result != nil:
		return r.Result.Attempts
	case r.License != nil:
		return r.License.Attempts
	}
	if e, ok := errors.AsType[*Error](r.Err); ok {
		return e.Attempts
	}
	return nil
}

// Progress is the progress of [Client.EnsureOrders] or [Client.EnsureLicenses].
type Progress struct {
	// Done is the number of orders or licenses that have ended. The other five counts
	// add up to it.
	Done      int
	Created   int // by this run: OutcomeCreated, OutcomeAppended or OutcomeRecovered
	Existing  int // OutcomeExisting
	Changed   int // OutcomeChanged
	Unchanged int // OutcomeUnchanged
	Failed    int // OutcomeRejected or OutcomeNotSent
	Unknown   int // OutcomeUnknown; the next run settles them
	// Elapsed is the time since the start, and Rate the number of orders per second
	// since then.
	Elapsed time.Duration
	Rate    float64
	// Remaining estimates the time until the end of the run from the last orders
	// and the state of the rate limiter. It is zero without [WithTotal].
	Remaining time.Duration
}

// BulkOption configures a run of [Client.EnsureOrders] or [Client.EnsureLicenses].
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
	return c.bulk(ctx, func(yield func(bulkJob) bool) {
		for order := range orders {
			job := bulkJob{result: BulkResult{OrderID: order.id()}}
			job.run = func(ctx context.Context, r *BulkResult) {
				r.Result, r.Err = c.EnsureOrder(ctx, order)
			}
			if !yield(job) {
				return
			}
		}
	}, options)
}

func (c *Client) bulk(ctx context.Context, jobs iter.Seq[bulkJob], options []BulkOption) iter.Seq[BulkResult] {
	return func(yield func(BulkResult) bool) {
		b := &bulk{client: c, ctx: ctx, concurrency: c.concurrency()}
		for _, option := range options {
			if option != nil {
				option(b)
			}
		}
		b.run(jobs, yield)
	}
}

// EnsureLicenses calls [Client.EnsureLicense] for many licenses, as
// [Client.EnsureOrders] does for orders: concurrently, within the rate limit, and
// with the same options. The input is a sequence of IDs and states, such as that of
// [maps.All]. A license should not be in it twice.
func (c *Client) EnsureLicenses(ctx context.Context, states iter.Seq2[int64, LicenseState], options ...BulkOption) iter.Seq[BulkResult] {
	return c.bulk(ctx, func(yield func(bulkJob) bool) {
		for id, state := range states {
			job := bulkJob{result: BulkResult{LicenseID: id}}
			job.run = func(ctx context.Context, r *BulkResult) {
				r.License, r.Err = c.EnsureLicense(ctx, id, state)
			}
			if !yield(job) {
				return
			}
		}
	}, options)
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

// bulk is one run of EnsureOrders or EnsureLicenses.
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
	stopped  chan struct{} // closed: start no further job
}

// bulkJob is one order or license. Run sets its result.
type bulkJob struct {
	result BulkResult
	run    func(ctx context.Context, r *BulkResult)
}

func (b *bulk) run(input iter.Seq[bulkJob], yield func(BulkResult) bool) {
	b.start = time.Now()
	var (
		jobs    = make(chan bulkJob)
		results = make(chan BulkResult)
		workers sync.WaitGroup
	)
	b.stopped = make(chan struct{})
	workers.Go(func() {
		defer close(jobs)
		feed(b.ctx, input, jobs, b.stopped)
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

// feed sends the jobs to the workers until the run is stopped.
func feed(ctx context.Context, input iter.Seq[bulkJob], jobs chan<- bulkJob, stopped <-chan struct{}) {
	index := 0
	for job := range input {
		job.result.Index = index
		// If both are ready, the second select would choose at random.
		select {
		case <-stopped:
			return
		case <-ctx.Done():
			return
		default:
		}
		select {
		case jobs <- job:
			index++
		case <-stopped:
			return
		case <-ctx.Done():
			return
		}
	}
}

// ensure runs one job. It waits out rate limits: otherwise a pause of a few minutes
// would fail every job of the run.
func (b *bulk) ensure(job bulkJob) BulkResult {
	r := job.result
	const rounds = 20
	for range rounds {
		job.run(b.ctx, &r)
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
	case OutcomeChanged:
		p.Changed++
	case OutcomeUnchanged:
		p.Unchanged++
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
