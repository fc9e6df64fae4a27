package simulation

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A run is one run of a plan with its results.
type run struct {
	environment

	plan    *plan
	shows   recordContents
	request int64 // bytes of a create of the first variant
	dials   int
	calls   []*call // guarded by mu

	// Results of the run.
	faultsBegan time.Time
	faultsEnded time.Time
	ended       time.Time
	orders      []lst.Order
	requests    []lst.Request
	// received are the requests that the service received, by number of the call.
	received map[int][]serverRequest
}

// simulate runs a plan in a bubble. The bubble panics if a goroutine does not end.
func simulate(t *testing.T, p *plan) *run {
	t.Helper()
	r := &run{plan: p, shows: newRecordContents(p.quirks)}
	r.jitter.random = newRandom(p.seed, streamJitter)
	synctest.Test(t, func(t *testing.T) { r.execute(t.Context()) })
	return r
}

func (r *run) execute(ctx context.Context) {
	r.start(r.options()...)
	defer r.close()
	if r.plan.limit > 0 {
		r.limiter = ls.NewRateLimiter(r.plan.limit)
	}

	processes := make([]*process, len(r.plan.processes))
	for i := range processes {
		processes[i] = r.startProcess(&r.plan.processes[i])
	}
	r.createExisting(ctx, processes)

	r.faultsBegan = time.Now()
	r.startFaults(processes[0])
	var callers sync.WaitGroup
	outages := r.outages(r.plan.faults.outages)
	for i := range r.plan.callers {
		plan := &r.plan.callers[i]
		p := processes[plan.process]
		if plan.crash > 0 {
			p = r.startProcess(p.plan) // the crash must not affect other callers
		}
		callers.Go(func() { r.caller(ctx, fmt.Sprintf("caller %d", i+1), plan, p) })
	}
	callers.Wait()
	outages.Wait()
	r.stopFaults()
	r.settle(ctx)

	r.ended = time.Now()
	r.dials, r.orders, r.requests = r.network.Dials(), r.server.Orders(), r.server.Requests()
}

func (r *run) options() []lst.Option {
	p := r.plan
	options := []lst.Option{
		lst.WithProducts(catalogue()...), lst.WithDialect(p.dialect), lst.WithQuirks(p.quirks...),
		lst.WithLookupDelay(p.lookupDelay), lst.WithRateLimit(p.rateLimit), lst.WithSeed(int64(p.seed % (1 << 62))),
	}
	if p.legacy {
		options = append(options, lst.WithLegacyResponse())
	}
	if p.ignoredFilters {
		options = append(options, lst.WithIgnoredFilters())
	}
	return options
}

// createExisting creates the existing orders, over connections that are idle when
// the callers start.
func (r *run) createExisting(ctx context.Context, processes []*process) {
	healthy := r.startHealthy(clientDialect(r.plan.dialect))
	for i, s := range r.plan.existing {
		p := healthy
		if q := processes[i%len(processes)]; r.plan.accepts(s, q.plan) && q.plan.attemptTimeout > 0 {
			p = q
		}
		r.call(ctx, "setup", p, create, s, limits{})
	}
	wait(r.plan.lookupDelay)
}

// startFaults starts the faults, also on existing connections.
func (r *run) startFaults(p *process) {
	preview, err := p.client.Preview(r.plan.variants[0].order)
	if err != nil {
		panic(err)
	}
	headers, request := r.requestLength(preview)
	r.request = request
	r.breakLines(r.plan.faults.lines, headers, request)
	r.server.Inject(r.plan.faults.service...)
}

// stopFaults ends all faults.
func (r *run) stopFaults() {
	r.server.ClearFaults()
	r.network.OnDial(nil)
	r.faultsEnded = time.Now()
}

// earlySettler is the caller of the call that settles right after the faults.
const earlySettler = "early settler"

// settle ensures every variant with a healthy client, after all late requests have
// arrived. If the plan has settleEarly, it also ensures the first variant before.
func (r *run) settle(ctx context.Context) {
	if r.plan.settleEarly {
		r.call(ctx, earlySettler, r.startHealthy(clientDialect(r.plan.dialect)), ensure, r.plan.variants[0], limits{})
	}
	p := r.startHealthy(clientDialect(r.plan.dialect))
	for _, s := range r.plan.variants {
		wait(time.Hour) // until lookups show what the previous call created
		r.call(ctx, "settler", p, ensure, s, limits{}).final = true
	}
}

func (r *run) addCall(c *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
	c.number = len(r.calls)
}
