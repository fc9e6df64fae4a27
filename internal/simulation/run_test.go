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

// run is one run of a plan, and afterwards what is known of it.
type run struct {
	plan    *plan
	network *lst.Network
	server  *lst.Server
	budget  *ls.Budget // of all processes of the plan, or nil
	log     logbook
	jitter  jitter
	shown   shown
	request int64 // bytes of a request for the first variant
	dials   int

	mu        sync.Mutex
	calls     []*call
	processes []*process

	// What there was in the end.
	began    time.Time
	storm    time.Time
	cleared  time.Time
	ended    time.Time
	orders   []lst.Order
	requests []lst.Request
	// effects are the requests of each call, by its number from 1.
	effects map[int][]effect
}

// simulate plays a plan in a bubble of its own. It comes back when every
// goroutine of it has ended, or the bubble panics.
func simulate(t *testing.T, p *plan) *run {
	t.Helper()
	r := &run{plan: p, shown: showing(p.quirks), jitter: jitter{d: newDice(p.seed, diceJitter)}}
	synctest.Test(t, func(t *testing.T) { r.play(t.Context()) })
	return r
}

func (r *run) play(ctx context.Context) {
	r.began = time.Now()
	r.network = lst.NewNetwork()
	r.server = lst.NewServer(nil, r.options()...)
	defer r.close()
	if r.plan.plan > 0 {
		r.budget = ls.NewBudget(r.plan.plan)
	}

	processes := make([]*process, len(r.plan.processes))
	for i := range processes {
		processes[i] = r.start(&r.plan.processes[i])
	}
	r.prepare(ctx, processes)

	r.storm = time.Now()
	r.breakOut(processes[0])
	var callers sync.WaitGroup
	outages := r.outages()
	for i := range r.plan.callers {
		plan := &r.plan.callers[i]
		p := processes[plan.process]
		if plan.crash > 0 {
			p = r.start(p.plan) // nobody else goes down with it
		}
		callers.Go(func() { r.caller(ctx, fmt.Sprintf("caller %d", i+1), plan, p) })
	}
	callers.Wait()
	outages.Wait()
	r.clearUp()
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

// prepare makes the orders that are there before, by way of the connections
// that the callers find open.
func (r *run) prepare(ctx context.Context, processes []*process) {
	maker := r.fresh()
	for i, a := range r.plan.before {
		p := maker
		if q := processes[i%len(processes)]; r.plan.accepted(a, q.plan) && q.plan.attemptTimeout > 0 {
			p = q
		}
		r.call(ctx, "before", p, create, a, limits{})
	}
	wait(r.plan.lookupDelay)
}

// breakOut lets the weather loose, on the connections that are open too.
func (r *run) breakOut(p *process) {
	headers, request := r.length(p)
	r.request = request
	befall := func(l *lst.Line) {
		if n := l.Ordinal() - 1; n < len(r.plan.weather.lines) {
			r.plan.weather.lines[n].befall(l, headers, request)
		}
	}
	for n := range r.network.Dials() {
		befall(r.network.Line(n + 1))
	}
	r.network.OnDial(befall)
	r.server.Inject(r.plan.weather.faults...)
}

// befall lets the weather of a line loose on it. What was sent before does not
// count.
func (w *lineWeather) befall(l *lst.Line, headers, request int64) {
	l.Delay(w.latency)
	if w.refused {
		l.Refuse()
	}
	if w.reset {
		l.Reset()
	}
	at := l.Sent(w.direction) + w.at.bytes(headers, request)
	switch w.breaks {
	case cut:
		l.CutAfter(w.direction, at)
	case stalls:
		l.StallAfter(w.direction, at)
	case whole:
	}
}

// length is how long the headers of a create are on the wire, and the whole of
// the first variant's.
func (r *run) length(p *process) (headers, request int64) {
	preview, err := p.client.Preview(r.plan.variants[0].order)
	if err != nil {
		panic(err)
	}
	req, err := http.NewRequest(preview.Method, preview.URL, strings.NewReader(string(preview.Body))) //nolint:noctx // it is not sent
	if err != nil {
		panic(err)
	}
	req.Header = preview.Header
	req.Header.Set("Authorization", "Api-Key "+r.server.APIKey())
	req.Header.Set("Accept-Encoding", "gzip") // net/http's own
	req.Header.Set(headerTag, tagOf(1, 1))
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

// outages has the service go away and come back.
func (r *run) outages() *sync.WaitGroup {
	var all sync.WaitGroup
	for _, o := range r.plan.weather.outages {
		all.Go(func() {
			wait(o.at)
			if o.lasts == 0 {
				r.server.CloseConnections()
				return
			}
			if r.server.Offline() != nil {
				return
			}
			wait(o.lasts)
			if err := r.server.Online(); err != nil {
				panic(err)
			}
		})
	}
	return &all
}

func (r *run) clearUp() {
	r.server.ClearFaults()
	r.network.OnDial(nil)
	r.cleared = time.Now()
}

const hastyEnd = "hasty end"

// settle asks once more for every variant, with a client with which nothing is
// wrong: at once, if the plan is hasty, and when everything late has happened.
func (r *run) settle(ctx context.Context) {
	if r.plan.hasty {
		r.call(ctx, hastyEnd, r.fresh(), ensure, r.plan.variants[0], limits{})
	}
	p := r.fresh()
	for _, a := range r.plan.variants {
		wait(time.Hour) // so that what the one before has made can be seen
		r.call(ctx, "end", p, ensure, a, limits{}).calm = true
	}
}

// close ends everything, so that the bubble can.
func (r *run) close() {
	r.server.Close()
	for _, p := range r.processes {
		p.hangUp(false)
		p.transport.CloseIdleConnections()
	}
}

func (r *run) note(c *call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
	c.number = len(r.calls)
}

func (r *run) started(p *process) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.processes = append(r.processes, p)
}
