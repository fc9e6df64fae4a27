package licensespring

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"
)

// BulkResult is what became of one order of [Client.CreateOrders].
type BulkResult struct {
	// Index is the order's place in the input, from 0.
	Index int
	// OrderID is the caller's id of the order, empty if there was none.
	OrderID string
	// Result and Err are what [Client.EnsureOrder] returned: one of them is nil.
	Result *OrderResult
	Err    error
}

// Progress is how far [Client.CreateOrders] has come.
type Progress struct {
	// Done counts the orders that have ended; the four counts after it say how.
	Done     int
	Made     int // by this run: created, appended or recovered
	Existing int // there before
	Failed   int // refused, or not sent
	Unknown  int // may have been made; the next run settles them
	// Elapsed is the time since the start, and Rate the orders done in a second
	// of it.
	Elapsed time.Duration
	Rate    float64
	// Left is how long the rest will take if it goes on like the last orders,
	// with the budget as it is. It is zero unless [WithTotal] was given.
	Left time.Duration
}

// BulkOption sets one thing about [Client.CreateOrders].
type BulkOption func(*bulk)

// WithConcurrency sets how many orders are under way at once, 1 to 1000; a
// number outside is taken for the nearer of the two. Without it the number
// follows from the budget: two seconds' worth of requests, between 2 and 64.
func WithConcurrency(n int) BulkOption {
	return func(b *bulk) { b.concurrency = min(max(n, 1), 1000) }
}

// WithTotal tells how many orders there are, for the estimate of [Progress].
func WithTotal(n int) BulkOption { return func(b *bulk) { b.total = max(n, 0) } }

// WithProgress has report called after each order, leftovers included, before
// its result is yielded, on the goroutine of the loop.
func WithProgress(report func(Progress)) BulkOption {
	return func(b *bulk) { b.report = report }
}

// WithStopOnError takes no further order after the first one that fails. Those
// under way are finished.
func WithStopOnError() BulkOption { return func(b *bulk) { b.stopOnError = true } }

// WithLeftovers has take called for each order that was under way when the loop
// over the results was left: they are finished, and this is what became of
// them.
func WithLeftovers(take func(BulkResult)) BulkOption {
	return func(b *bulk) { b.leftovers = take }
}

// CreateOrders makes many orders and returns what became of each, as they end,
// which is not the order of the input. It takes orders from the input as it has
// room for them, so that its memory does not grow with their number.
//
// Each goes through [Client.EnsureOrder]: the same input can be run again,
// after a crash or an interruption, and makes nothing twice: an order that is
// there already comes back as [Existing]. An order that fails stops nothing,
// unless [WithStopOnError] is given; only a key that is not accepted
// ([ErrUnauthorized]) ends the run, for it would fail every order after. When a
// rate limit is in the way an order waits until it is over, as long as ctx
// lasts and nobody leaves the loop, and twenty times at the most.
//
// No two orders of an input should have the same id, unless they are far apart
// in it: of two that are under way together, the service decides which comes
// first.
//
// When ctx is over, orders under way end at once, each with what is known of
// it, and are yielded; no other is taken. When the loop is left early, those
// under way are finished first: see [WithLeftovers]. No goroutine outlives the
// loop; one that is blocked in the input delays its end.
func (c *Client) CreateOrders(ctx context.Context, orders iter.Seq[*Order], options ...BulkOption) iter.Seq[BulkResult] {
	return func(yield func(BulkResult) bool) {
		b := &bulk{c: c, ctx: ctx, concurrency: c.concurrency()}
		for _, option := range options {
			if option != nil {
				option(b)
			}
		}
		b.run(orders, yield)
	}
}

// concurrency is how many orders at once use the budget up, if a request takes
// up to two seconds.
func (c *Client) concurrency() int {
	const most = 64
	perSecond := c.cfg.budget.b.PerSecond()
	if perSecond == 0 {
		return most
	}
	return min(max(int(2*perSecond), 2), most)
}

// bulk is one run of CreateOrders.
type bulk struct {
	c           *Client
	ctx         context.Context //nolint:containedctx // a run is one call; its parts share the caller's context
	concurrency int
	total       int
	stopOnError bool
	report      func(Progress)
	leftovers   func(BulkResult)

	start    time.Time
	progress Progress
	estimate estimate
	enough   chan struct{} // closed: take no further order
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
		all     sync.WaitGroup
	)
	b.enough = make(chan struct{})
	all.Go(func() {
		defer close(jobs)
		feed(b.ctx, orders, jobs, b.enough)
	})
	for range b.concurrency {
		all.Go(func() {
			for job := range jobs {
				results <- b.ensure(job)
			}
		})
	}
	go func() {
		all.Wait()
		close(results)
	}()

	stop := sync.OnceFunc(func() { close(b.enough) })
	// Results are taken until all workers have ended, even when nobody wants
	// them any more: that is what lets the workers end. Deferred for a loop
	// body that panics.
	defer func() {
		stop()
		for range results {
			continue
		}
	}()
	left := false
	for r := range results {
		b.count(r)
		if b.isEnd(r) {
			stop()
		}
		switch {
		case !left:
			if !yield(r) {
				left = true
				stop()
			}
		case b.leftovers != nil:
			b.leftovers(r)
		}
	}
}

// feed hands the orders out until there are no more, or it is enough.
func feed(ctx context.Context, orders iter.Seq[*Order], jobs chan<- bulkJob, enough <-chan struct{}) {
	index := 0
	for order := range orders {
		// With both ready select would choose by chance, and take one more.
		select {
		case <-enough:
			return
		case <-ctx.Done():
			return
		default:
		}
		select {
		case jobs <- bulkJob{index: index, order: order}:
			index++
		case <-enough:
			return
		case <-ctx.Done():
			return
		}
	}
}

// ensure makes one order. A rate limit is not the order's fault and hits all of
// them: so it is waited out, or a pause of some minutes would fail thousands.
func (b *bulk) ensure(job bulkJob) BulkResult {
	r := BulkResult{Index: job.index}
	if job.order != nil {
		r.OrderID = job.order.ID
	}
	const rounds = 20
	for range rounds {
		r.Result, r.Err = b.c.EnsureOrder(b.ctx, job.order)
		var e *Error
		if !errors.As(r.Err, &e) || e.Kind != ErrRateLimited || e.RetryAt.IsZero() || !b.waitUntil(e.RetryAt) {
			break
		}
	}
	return r
}

// waitUntil reports whether it is still wanted after the wait.
func (b *bulk) waitUntil(t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-b.ctx.Done():
		return false
	case <-b.enough: // it was refused, and stays so: leaving the loop takes no minutes
		return false
	case <-timer.C:
		return true
	}
}

func (b *bulk) isEnd(r BulkResult) bool {
	return r.Err != nil && (b.stopOnError || errors.Is(r.Err, ErrUnauthorized))
}

func (b *bulk) count(r BulkResult) {
	p := &b.progress
	p.Done++
	switch {
	case r.Err == nil && r.Result.Outcome == Existing:
		p.Existing++
	case r.Err == nil:
		p.Made++
	case errors.Is(r.Err, ErrOutcomeUnknown):
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
	p.Left = b.estimate.left(b.total-p.Done, b.concurrency, b.c.cfg.budget)
	b.report(*p)
}
