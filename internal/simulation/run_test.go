package simulation

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A run is one run of a plan with its results.
type run struct {
	plan    *plan
	network *lst.Network
	server  *lst.Server
	limiter *ls.RateLimiter // shared by the processes of the plan, or nil
	log     logBuffer
	jitter  jitter
	shows   recordContents
	request int64 // bytes of a create of the first variant
	dials   int

	mu        sync.Mutex
	calls     []*call
	processes []*process

	// Results of the run.
	began       time.Time
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
	r := &run{plan: p, shows: newRecordContents(p.quirks), jitter: jitter{random: newRandom(p.seed, streamJitter)}}
	synctest.Test(t, func(t *testing.T) { r.execute(t.Context()) })
	return r
}

func (r *run) execute(ctx context.Context) {
	r.began = time.Now()
	r.network = lst.NewNetwork()
	r.server = lst.NewServer(nil, r.options()...)
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
	outages := r.outages()
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
		lst.WithNetwork(r.network), lst.WithProducts(catalogue()...), lst.WithDialect(p.dialect), lst.WithQuirks(p.quirks...),
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
	healthy := r.startHealthy()
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
	headers, request := r.requestLength(p)
	r.request = request
	apply := func(l *lst.Line) {
		if n := l.Ordinal() - 1; n < len(r.plan.faults.lines) {
			r.plan.faults.lines[n].apply(l, headers, request)
		}
	}
	for n := range r.network.Dials() {
		apply(r.network.Line(n + 1))
	}
	r.network.OnDial(apply)
	r.server.Inject(r.plan.faults.service...)
}

// apply configures a line. Offsets do not count bytes that were sent before.
func (f *lineFaults) apply(l *lst.Line, headers, request int64) {
	l.Delay(f.latency)
	if f.refused {
		l.Refuse()
	}
	if f.reset {
		l.Reset()
	}
	at := l.Sent(f.direction) + f.at.bytes(headers, request)
	switch f.breakage {
	case cut:
		l.CutAfter(f.direction, at)
	case stalled:
		l.StallAfter(f.direction, at)
	case intact:
	}
}

// requestLength returns the size in bytes of a create of the first variant: of its
// headers, and of the whole request.
func (r *run) requestLength(p *process) (headers, request int64) {
	preview, err := p.client.Preview(r.plan.variants[0].order)
	if err != nil {
		panic(err)
	}
	req, err := http.NewRequest(preview.Method, preview.URL, strings.NewReader(string(preview.Body))) //nolint:noctx // it is only written to a counter
	if err != nil {
		panic(err)
	}
	req.Header = preview.Header
	req.Header.Set("Authorization", "Api-Key "+r.server.APIKey())
	req.Header.Set("Accept-Encoding", "gzip") // added by net/http
	req.Header.Set(headerTag, tag{1, 1, 1}.String())
	var n counter
	if err := req.Write(&n); err != nil {
		panic(err)
	}
	return int64(n) - int64(len(preview.Body)), int64(n)
}

type counter int64

func (n *counter) Write(b []byte) (int, error) {
	*n += counter(len(b))
	return len(b), nil
}

var _ io.Writer = new(counter)

// outages starts the outages.
func (r *run) outages() *sync.WaitGroup {
	var all sync.WaitGroup
	for _, o := range r.plan.faults.outages {
		all.Go(func() {
			wait(o.at)
			if o.duration == 0 {
				r.server.CloseConnections()
				return
			}
			if r.server.Offline() != nil {
				return
			}
			wait(o.duration)
			if err := r.server.Online(); err != nil {
				panic(err)
			}
		})
	}
	return &all
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
		r.call(ctx, earlySettler, r.startHealthy(), ensure, r.plan.variants[0], limits{})
	}
	p := r.startHealthy()
	for _, s := range r.plan.variants {
		wait(time.Hour) // until lookups show what the previous call created
		r.call(ctx, "settler", p, ensure, s, limits{}).final = true
	}
}

// close ends all goroutines, so that the bubble can end.
func (r *run) close() {
	r.server.Close()
	for _, p := range r.processes {
		p.closeConns(false)
		p.transport.CloseIdleConnections()
	}
}

func (r *run) addCall(c *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
	c.number = len(r.calls)
}

func (r *run) addProcess(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.processes = append(r.processes, p)
}
