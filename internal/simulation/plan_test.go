package simulation

import (
	"fmt"
	"slices"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// plan is everything a seed decides. It is drawn before anything happens, for
// what happens first later on may depend on the machine.
type plan struct {
	seed uint64
	mode mode

	// The service.
	dialect        lst.Dialect
	quirks         []lst.Quirk
	legacy         bool
	ignoredFilters bool
	lookupDelay    time.Duration
	rateLimit      lst.RateLimit

	// plan is that of the budget which the processes share, 0 if they share none.
	plan ls.Plan
	// before are orders that are there when it begins: others, and perhaps one
	// with the id in question.
	before    []*asked
	variants  []*asked
	processes []processPlan
	callers   []callerPlan
	weather   weather
	// hasty settles at once when the weather clears, while late requests may
	// still be under way; another time settles later.
	hasty bool
}

// processPlan is a program on some machine: a client and its connections.
type processPlan struct {
	attempts         int
	waitMin, waitMax time.Duration
	attemptTimeout   time.Duration // 0: none
	callTimeout      time.Duration // 0: none
	dialect          ls.Dialect
	wrongKey         bool
	shares           bool // the budget of the others, if there is one
}

// callerPlan is who asks for an order.
type callerPlan struct {
	process, variant int
	after            time.Duration // since the beginning
	op               operation     // of the first call
	tries            int
	pauses           []time.Duration // between tries
	again            bool            // asks once more when it was made: a webhook is delivered twice

	// Of the first call; 0 is never, for cancel negative is before it begins.
	cancel, deadline, crash time.Duration
	restart                 time.Duration // after the crash
	abrupt                  bool          // connections of a crashed process are reset
}

type operation string

const (
	create operation = "CreateOrder"
	ensure operation = "EnsureOrder"
)

const orderID = "inv-1"

func newPlan(seed uint64) *plan {
	p := &plan{seed: seed}
	d := newDice(seed, diceWorld)
	p.drawService(d)
	p.drawLimits(newDice(seed, diceLimits))
	for range d.between(1, 3) {
		p.processes = append(p.processes, p.drawProcess(d))
	}
	p.drawOrders(&orderDice{dice: newDice(seed, diceOrder)})
	p.drawCallers(newDice(seed, diceCallers))
	p.drawWeather(newDice(seed, diceWeather))
	return p
}

func (p *plan) drawService(d dice) {
	p.dialect = pick(d, lst.DialectPage, lst.DialectPage, lst.DialectCurrent)
	p.legacy = d.chance(6)
	p.ignoredFilters = d.chance(15)
	p.hasty = d.chance(45)
	if d.chance(15) {
		p.lookupDelay = d.span(time.Millisecond, 30*time.Second)
	}
	if d.chance(4) {
		p.rateLimit = lst.RateLimit{
			PerSecond: d.between(2, 5), RetryAfter: pick(d, lst.RetryAfterSeconds, lst.RetryAfterDate, lst.NoRetryAfter),
		}
	}
	if d.chance(50) {
		return
	}
	for _, q := range []lst.Quirk{
		lst.NoRootID, lst.ZeroDates, lst.CustomerID, lst.CustomerNull, lst.BareLists, lst.SingleUser, lst.NoProduct, lst.PlainEmails,
	} {
		if d.chance(20) {
			p.quirks = append(p.quirks, q)
		}
	}
	// Together they leave nothing in a list by which an order could be got.
	if slices.Contains(p.quirks, lst.NoRootID) {
		p.quirks = slices.DeleteFunc(p.quirks, func(q lst.Quirk) bool { return q == lst.BareLists })
	}
}

// drawLimits draws the window over which the service counts, if it does, and how
// many requests the processes allow themselves: few enough to be used up.
func (p *plan) drawLimits(d dice) {
	if n := p.rateLimit.PerSecond; n > 0 {
		switch d.IntN(3) {
		case 0:
			p.rateLimit.PerSecond, p.rateLimit.PerTenSeconds = 0, 2*n
		case 1:
			p.rateLimit.PerSecond, p.rateLimit.PerMinute = 0, 4*n
		}
	}
	if d.chance(10) {
		p.plan = ls.Plan(d.between(4, 12))
	}
}

func (p *plan) drawProcess(d dice) processPlan {
	q := processPlan{
		attempts:       d.between(1, 5),
		waitMin:        d.span(5*time.Millisecond, 2*time.Second),
		attemptTimeout: d.span(200*time.Millisecond, 40*time.Second),
		callTimeout:    d.span(time.Second, 5*time.Minute),
		dialect:        clientDialect(p.dialect),
		wrongKey:       d.chance(1),
		shares:         true,
	}
	q.waitMax = q.waitMin + d.span(time.Millisecond, 20*time.Second)
	switch n := d.IntN(100); {
	case n < 5:
		q.attemptTimeout = 0
	case n < 10:
		q.callTimeout = 0
	case n < 55: // enough for everything
		q.callTimeout = 5 * time.Minute
	}
	if d.chance(3) {
		q.dialect = ls.CurrentDialect - q.dialect // the other one
	}
	return q
}

func (p *plan) drawOrders(d *orderDice) {
	p.mode = pick(d.dice, plain, plain, plain, plain, plain, keyed, keyed, keyed, bare, bare, mixed, mixed)
	dialect := clientDialect(p.dialect)
	first := d.draft(orderID, p.mode)
	if first.unknown = d.chance(2); first.unknown {
		first.items[0].product = "no-such-product"
	}
	drafts := []draft{first}
	switch {
	case p.mode == mixed:
		more := d.draft(orderID, keyed)
		drafts = append(drafts, more)
	case p.mode != bare && d.chance(30):
		drafts = append(drafts, d.retold(first))
	case p.mode != bare && d.chance(35):
		drafts = append(drafts, d.another(first))
	}
	for i := range drafts {
		a := drafts[i].write(fmt.Sprintf("variant %d", i), dialect)
		p.variants = append(p.variants, a)
	}

	// An order of somebody else's, which also leaves a connection open.
	if d.chance(40) {
		other := d.draft("other", plain)
		p.before = append(p.before, other.write("other", dialect))
	}
	there := draft{}
	switch n := d.IntN(100); {
	case first.append && n < 50:
		there = d.draft(orderID, plain)
	case p.mode == plain && n < 5:
		there = d.another(first)
	case p.mode == plain && n < 10:
		there = d.retold(first)
	case p.mode == keyed && n < 60: // a part of it was appended before
		there = d.retold(first)
		there.items = there.items[:1]
		there.items[0].licenses = there.items[0].licenses[:1]
	}
	if there.id != "" && !first.unknown {
		p.before = append(p.before, there.write("there before", dialect))
	}
}

func (p *plan) drawCallers(d dice) {
	callers := pick(d, 1, 1, 1, 1, 1, 2, 2, 3)
	if len(p.variants) > 1 {
		callers = max(callers, 2)
	}
	for i := range callers {
		c := callerPlan{
			process: d.IntN(len(p.processes)),
			variant: i % len(p.variants),
			op:      pick(d, create, ensure, ensure),
			tries:   pick(d, 1, 2, 2, 3),
			again:   d.chance(25),
			abrupt:  d.chance(50),
		}
		if i == 0 {
			c.op = pick(d, create, create, ensure)
		}
		if !p.variants[c.variant].ensurable() && d.chance(90) {
			c.op = create
		}
		switch {
		case p.mode == mixed && i == 0:
		case p.mode == mixed && d.chance(50):
			c.after = d.span(time.Millisecond, time.Second)
		case d.chance(60):
			c.after = d.span(time.Microsecond, 20*time.Second)
		}
		for range c.tries {
			c.pauses = append(c.pauses, d.span(time.Millisecond, 2*time.Minute))
		}
		switch n := d.IntN(100); {
		case n < 12:
			c.cancel = d.span(10*time.Microsecond, 40*time.Second)
		case n < 13:
			c.cancel = -1
		case n < 20:
			c.deadline = d.span(time.Millisecond, 40*time.Second)
		case n < 35:
			c.crash = d.span(10*time.Microsecond, 20*time.Second)
			c.restart = d.span(time.Millisecond, time.Minute)
		}
		p.callers = append(p.callers, c)
	}
}

func (p *plan) drawWeather(d dice) {
	w := &weatherDice{dice: d, mode: p.mode, heard: []string{"nothing secret"}, longest: time.Minute}
	first := &p.processes[p.callers[0].process]
	w.patience = max(first.attemptTimeout, 100*time.Millisecond)
	if !slices.ContainsFunc(p.processes, func(q processPlan) bool { return q.wrongKey }) {
		w.heard = append(w.heard, lst.DefaultAPIKey)
	}
	// Only what every request holds: a call cannot know another one's secrets.
	for _, secret := range p.variants[0].private() {
		if !slices.ContainsFunc(p.variants, func(a *asked) bool { return !slices.Contains(a.private(), secret) }) {
			w.heard = append(w.heard, secret)
		}
	}
	p.weather = w.weather()
}

// accepted reports whether the service takes the order from the process.
func (p *plan) accepted(a *asked, q *processPlan) bool {
	return a.acceptable && !q.wrongKey && (q.dialect == clientDialect(p.dialect) || !a.twoWays)
}
