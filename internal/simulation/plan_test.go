package simulation

import (
	"fmt"
	"slices"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A plan is everything that a seed determines. It is generated before the run,
// because the order of simultaneous events depends on the machine.
type plan struct {
	seed uint64
	mode mode
	// combination is set for some of the seeds.
	combination combination
	combined    bool
	forcedDelay lst.Fault // of a create, or the zero Fault

	// The service.
	dialect        lst.Dialect
	quirks         []lst.Quirk
	legacy         bool
	ignoredFilters bool
	lookupDelay    time.Duration
	rateLimit      lst.RateLimit

	// limit is the rate limit that the processes share, or 0 for none.
	limit ls.RateLimit
	// existing are the orders that exist before the callers start. One of them may
	// have the id that the callers use.
	existing  []*orderSpec
	variants  []*orderSpec
	processes []processPlan
	callers   []callerPlan
	faults    faultPlan
	// settleEarly adds a settling call immediately after the faults end, when late
	// requests may still be in flight.
	settleEarly bool
}

// A processPlan is the plan of a process.
type processPlan struct {
	attempts         int
	waitMin, waitMax time.Duration
	attemptTimeout   time.Duration // 0: none
	callTimeout      time.Duration // 0: none
	dialect          ls.Dialect
	wrongKey         bool
	sharesLimiter    bool // whether it uses the shared rate limiter, if there is one
	transport        transportPlan
}

// A callerPlan is the plan of a caller.
type callerPlan struct {
	process, variant int
	after            time.Duration // delay of the first call
	op               operation     // of the first call
	tries            int
	pauses           []time.Duration // between calls
	repeats          bool            // repeats a successful call, as for a webhook that is delivered twice

	// Limits of the first call; 0 means never. A negative cancel means before the
	// call.
	cancel, deadline, crash time.Duration
	restart                 time.Duration // after the crash
	resets                  bool          // whether the connections of a crashed process are reset
}

type operation string

const (
	create operation = "CreateOrder"
	ensure operation = "EnsureOrder"
)

const orderID = "inv-1"

func newPlan(seed uint64) *plan {
	p := &plan{seed: seed}
	r := newRandom(seed, streamService)
	p.planService(r)
	p.planLimits(newRandom(seed, streamLimits))
	for range r.between(1, 3) {
		p.processes = append(p.processes, r.process(clientDialect(p.dialect)))
	}
	p.planTransports(newRandom(seed, streamTransports))
	p.combination, p.combined = combinationOf(seed)
	combining := newRandom(seed, streamCombination)
	orders := &orderGenerator{random: newRandom(seed, streamOrders)}
	if p.combined {
		p.combineService(combining)
		p.combineOrders(orders)
	} else {
		p.planOrders(orders)
	}
	p.planCallers(newRandom(seed, streamCallers))
	if p.combined {
		p.combineCallers(combining)
	}
	p.planFaults(newRandom(seed, streamFaults))
	return p
}

func (p *plan) planService(r random) {
	p.dialect = pick(r, lst.DialectClassic, lst.DialectClassic, lst.DialectCurrent)
	p.legacy = r.chance(6)
	p.ignoredFilters = r.chance(15)
	p.settleEarly = r.chance(45)
	if r.chance(15) {
		p.lookupDelay = r.duration(time.Millisecond, 30*time.Second)
	}
	if r.chance(4) {
		p.rateLimit = lst.RateLimit{
			PerSecond: r.between(2, 5), RetryAfter: pick(r, lst.RetryAfterSeconds, lst.RetryAfterDate, lst.NoRetryAfter),
		}
	}
	if r.chance(50) {
		return
	}
	for _, q := range []lst.Quirk{
		lst.QuirkNoRootID, lst.QuirkZeroDates, lst.QuirkCustomerID, lst.QuirkCustomerNull, lst.QuirkNoListItems, lst.QuirkSingleUser, lst.QuirkNoProduct, lst.QuirkPlainEmails,
	} {
		if r.chance(20) {
			p.quirks = append(p.quirks, q)
		}
	}
	// With both quirks a list contains nothing that identifies an order.
	if slices.Contains(p.quirks, lst.QuirkNoRootID) {
		p.quirks = slices.DeleteFunc(p.quirks, func(q lst.Quirk) bool { return q == lst.QuirkNoListItems })
	}
}

// planLimits chooses the window of the service's rate limit, if there is one, and
// the limit of the shared rate limiter, low enough to be exhausted.
func (p *plan) planLimits(r random) {
	if n := p.rateLimit.PerSecond; n > 0 {
		switch r.IntN(3) {
		case 0:
			p.rateLimit.PerSecond, p.rateLimit.PerTenSeconds = 0, 2*n
		case 1:
			p.rateLimit.PerSecond, p.rateLimit.PerMinute = 0, 4*n
		}
	}
	if r.chance(10) {
		p.limit = ls.RateLimit(r.between(4, 12))
	}
}

// process returns a random process. Its dialect is nearly always the given one.
func (r random) process(dialect ls.Dialect) processPlan {
	q := processPlan{
		attempts:       r.between(1, 5),
		waitMin:        r.duration(5*time.Millisecond, 2*time.Second),
		attemptTimeout: r.duration(200*time.Millisecond, 40*time.Second),
		callTimeout:    r.duration(time.Second, 5*time.Minute),
		dialect:        dialect,
		wrongKey:       r.chance(1),
		sharesLimiter:  true,
	}
	q.waitMax = q.waitMin + r.duration(time.Millisecond, 20*time.Second)
	switch n := r.IntN(100); {
	case n < 5:
		q.attemptTimeout = 0
	case n < 10:
		q.callTimeout = 0
	case n < 55: // enough for every retry
		q.callTimeout = 5 * time.Minute
	}
	if r.chance(3) {
		q.dialect = ls.DialectCurrent - q.dialect // the other dialect
	}
	return q
}

func (p *plan) planOrders(g *orderGenerator) {
	p.mode = pick(g.random, plain, plain, plain, plain, plain, keyed, keyed, keyed, keyless, keyless, mixed, mixed)
	dialect := clientDialect(p.dialect)
	first := g.draft(orderID, p.mode)
	if first.unknown = g.chance(2); first.unknown {
		first.items[0].product = "no-such-product"
	}
	drafts := []orderDraft{first}
	switch {
	case p.mode == mixed:
		more := g.draft(orderID, keyed)
		drafts = append(drafts, more)
	case p.mode != keyless && g.chance(30):
		drafts = append(drafts, g.equivalent(first))
	case p.mode != keyless && g.chance(35):
		drafts = append(drafts, g.different(first))
	}
	for _, d := range drafts {
		p.addVariant(d)
	}

	// An unrelated order, which also leaves an idle connection.
	if g.chance(40) {
		other := g.draft("other", plain)
		p.existing = append(p.existing, other.spec("other", dialect))
	}
	existing := orderDraft{}
	switch n := g.IntN(100); {
	case first.append && n < 50:
		existing = g.draft(orderID, plain)
	case p.mode == plain && n < 5:
		existing = g.different(first)
	case p.mode == plain && n < 10:
		existing = g.equivalent(first)
	case p.mode == keyed && n < 60: // a part was appended before
		existing = g.equivalent(first)
		existing.items = existing.items[:1]
		existing.items[0].licenses = existing.items[0].licenses[:1]
	}
	if existing.id != "" && !first.unknown {
		p.existing = append(p.existing, existing.spec("existing", dialect))
	}
}

func (p *plan) addVariant(o orderDraft) {
	p.variants = append(p.variants, o.spec(fmt.Sprintf("variant %d", len(p.variants)), clientDialect(p.dialect)))
}

func (p *plan) planCallers(r random) {
	callers := pick(r, 1, 1, 1, 1, 1, 2, 2, 3)
	if len(p.variants) > 1 {
		callers = max(callers, 2)
	}
	for i := range callers {
		c := callerPlan{
			process: r.IntN(len(p.processes)),
			variant: i % len(p.variants),
			op:      pick(r, create, ensure, ensure),
			tries:   pick(r, 1, 2, 2, 3),
			repeats: r.chance(25),
			resets:  r.chance(50),
		}
		if i == 0 {
			c.op = pick(r, create, create, ensure)
		}
		if !p.variants[c.variant].ensurable() && r.chance(90) {
			c.op = create
		}
		switch {
		case p.mode == mixed && i == 0:
		case p.mode == mixed && r.chance(50):
			c.after = r.duration(time.Millisecond, time.Second)
		case r.chance(60):
			c.after = r.duration(time.Microsecond, 20*time.Second)
		}
		for range c.tries {
			c.pauses = append(c.pauses, r.duration(time.Millisecond, 2*time.Minute))
		}
		switch n := r.IntN(100); {
		case n < 12:
			c.cancel = r.duration(10*time.Microsecond, 40*time.Second)
		case n < 13:
			c.cancel = -1
		case n < 20:
			c.deadline = r.duration(time.Millisecond, 40*time.Second)
		case n < 35:
			c.crash = r.duration(10*time.Microsecond, 20*time.Second)
			c.restart = r.duration(time.Millisecond, time.Minute)
		}
		p.callers = append(p.callers, c)
	}
}

func (p *plan) planFaults(r random) {
	g := &faultGenerator{random: r, mode: p.mode, secrets: []string{"no secret"}, maxDelay: time.Minute}
	first := &p.processes[p.callers[0].process]
	g.clientTimeout = max(first.attemptTimeout, 100*time.Millisecond)
	if !slices.ContainsFunc(p.processes, func(q processPlan) bool { return q.wrongKey }) {
		g.secrets = append(g.secrets, lst.DefaultAPIKey)
	}
	// Only texts that every request contains: the SDK redacts the texts of its own
	// request.
	for _, secret := range p.variants[0].privateTexts() {
		if !slices.ContainsFunc(p.variants, func(s *orderSpec) bool { return !slices.Contains(s.privateTexts(), secret) }) {
			g.secrets = append(g.secrets, secret)
		}
	}
	p.faults = g.plan()
	if p.combined {
		g.combine(&p.faults, p.combination, len(p.existing))
		if p.forcedDelay.String() != "" {
			p.faults.service = slices.Insert(p.faults.service, 0, p.forcedDelay)
		}
	}
}

// accepts reports whether the service accepts an order from a process.
func (p *plan) accepts(s *orderSpec, q *processPlan) bool {
	return s.acceptable && !q.wrongKey && (q.dialect == clientDialect(p.dialect) || !s.twoSpellings)
}
