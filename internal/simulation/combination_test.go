package simulation

import (
	"slices"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A combination is a choice of those properties of a plan that lead to rare states
// only together: a different product is noticed only by a read if records hide
// products, and only lookups compare them. If each property were drawn on its own,
// most combinations would not occur in 10,000 seeds. So every fourth seed is given
// the next combination of an enumeration of all of them.
type combination struct {
	orders    orderRelation
	quirk     lst.Quirk // 0: none
	fault     forcedFault
	limit     forcedLimit
	transport transportKind
}

// An orderRelation is the relation between the orders of a run.
type orderRelation int

const (
	sameOrder orderRelation = iota
	equivalentOrders
	differentOrders
	otherProduct       // they differ only in a product
	otherProductExists // as otherProduct, and one of them exists before the callers start
	overlappingAppends // some keys are those of a concurrent call
	orderRelations
)

// A forcedFault is the fault of a combination.
type forcedFault int

const (
	anyFault forcedFault = iota
	lostResponse
	lateRequest
	limitedThenUnsent // 429, then no connection until the context is done
	rejectedCreate
	failingLookup  // after a lost response
	failingProduct // after a lost response
	forcedFaults
)

// A forcedLimit is the rate limit of a combination.
type forcedLimit int

const (
	noLimit forcedLimit = iota
	clientLimit
	serviceLimit
	forcedLimits
)

var (
	quirks = []lst.Quirk{
		0, lst.QuirkNoRootID, lst.QuirkZeroDates, lst.QuirkCustomerID, lst.QuirkCustomerNull, lst.QuirkNoListItems,
		lst.QuirkSingleUser, lst.QuirkNoProduct, lst.QuirkPlainEmails,
	}
	transports = []transportKind{direct, looping, retrying}
)

// The enumeration.
const (
	combinedSeeds = 4 // one seed of this many has a combination
	combinations  = int(orderRelations) * 9 * int(forcedFaults) * int(forcedLimits) * 3
	// combinationStride has no divisor in common with combinations. It spreads all
	// values of each property over any range of seeds.
	combinationStride = 2003
)

// combinationOf returns the combination of a seed, if it has one.
func combinationOf(seed uint64) (combination, bool) {
	if seed%combinedSeeds != 0 {
		return combination{}, false
	}
	n := int(seed / combinedSeeds * combinationStride % uint64(combinations))
	digit := func(base int) int {
		d := n % base
		n /= base
		return d
	}
	return combination{
		orders:    orderRelation(digit(int(orderRelations))),
		quirk:     quirks[digit(len(quirks))],
		fault:     forcedFault(digit(int(forcedFaults))),
		limit:     forcedLimit(digit(int(forcedLimits))),
		transport: transports[digit(len(transports))],
	}, true
}

// combineService sets the quirk, the rate limits and the transports of a combination.
func (p *plan) combineService(r random) {
	c := p.combination
	forced := []lst.Quirk{c.quirk}
	if c.fault == failingProduct { // without the quirk no product is read
		forced = append(forced, lst.QuirkNoProduct)
	}
	for _, q := range forced {
		if q != 0 && !slices.Contains(p.quirks, q) {
			p.quirks = append(p.quirks, q)
		}
	}
	// With both quirks a list contains nothing that identifies an order.
	if conflict := map[lst.Quirk]lst.Quirk{
		lst.QuirkNoRootID: lst.QuirkNoListItems, lst.QuirkNoListItems: lst.QuirkNoRootID,
	}[c.quirk]; conflict != 0 {
		p.quirks = slices.DeleteFunc(p.quirks, func(q lst.Quirk) bool { return q == conflict })
	}
	p.limit, p.rateLimit = 0, lst.RateLimit{}
	switch c.limit {
	case clientLimit:
		p.limit = ls.RateLimit(r.between(3, 8))
	case serviceLimit:
		p.rateLimit = lst.RateLimit{
			PerTenSeconds: r.between(4, 10), RetryAfter: pick(r, lst.RetryAfterSeconds, lst.RetryAfterDate, lst.NoRetryAfter),
		}
	case noLimit, forcedLimits:
	}
	for i := range p.processes {
		q := &p.processes[i]
		q.transport = r.repeating(c.transport)
		if c.limit != noLimit && (c.orders == overlappingAppends || r.chance(60)) { // a wait for the limit may exceed it
			q.callTimeout = r.duration(5*time.Second, 55*time.Second)
		}
	}
}

// combineOrders generates orders with the relation of a combination.
func (p *plan) combineOrders(g *orderGenerator) {
	c := p.combination
	p.mode = pick(g.random, plain, plain, keyed)
	if c.orders == overlappingAppends {
		p.mode = keyed
	}
	first := g.draft(orderID, p.mode)
	drafts := []orderDraft{first}
	switch c.orders {
	case equivalentOrders:
		drafts = append(drafts, g.equivalent(first))
	case differentOrders:
		drafts = append(drafts, g.different(first))
	case otherProduct:
		drafts = withOtherProduct(first)
	case otherProductExists:
		pair := withOtherProduct(first)
		drafts = pair[:1]
		p.existing = append(p.existing, pair[1].spec("existing", clientDialect(p.dialect)))
	case overlappingAppends:
		drafts = g.overlapping(first)
	case sameOrder, orderRelations:
	}
	for _, d := range drafts {
		p.addVariant(d)
	}
}

// withOtherProduct returns two orders that differ only in the product of an item.
func withOtherProduct(o orderDraft) []orderDraft {
	first := o.clone()
	item := &first.items[0]
	item.product = "acmecad"
	for i, l := range item.licenses { // without the properties that only one of the products has
		item.licenses[i] = licenseDraft{key: l.key, activations: l.activations, note: l.note, trial: l.trial}
	}
	second := first.clone()
	second.items[0].product = "acmeapi"
	return []orderDraft{first, second}
}

// overlapping returns an append and another one with some of its licenses.
func (g *orderGenerator) overlapping(o orderDraft) []orderDraft {
	whole := o.clone()
	item := &whole.items[0]
	item.licenses = append(item.licenses, item.licenses[0])
	g.replaceIdentity(&item.licenses[len(item.licenses)-1])
	part := whole.clone()
	part.items = part.items[:1]
	part.items[0].licenses = part.items[0].licenses[:g.between(1, len(item.licenses)-1)]
	return []orderDraft{whole, part}
}

// combineCallers changes the callers so that they meet the faults of a combination.
func (p *plan) combineCallers(r random) {
	first := &p.callers[0]
	q := &p.processes[first.process]
	if p.combination.orders == overlappingAppends {
		// The first caller has looked the order up before the other one appends to it.
		// Its own append arrives later.
		delay := r.duration(50*time.Millisecond, 2*time.Second)
		p.forcedDelay = lst.DelayBefore(delay).On(lst.CreateOrder)
		q.attemptTimeout = 40 * time.Second
		second := &p.callers[1]
		first.op, second.op = ensure, ensure
		first.after, second.after = 0, delay/2
		first.crash, first.cancel, first.deadline = 0, 0, 0
		second.crash, second.cancel, second.deadline = 0, 0, 0
	}
	if p.combination.fault == failingProduct {
		for i := range p.callers {
			if c := &p.callers[i]; c.crash == 0 && r.chance(60) {
				c.cancel, c.deadline = r.duration(100*time.Millisecond, 10*time.Second), 0
			}
		}
	}
	if p.combination.fault == limitedThenUnsent {
		q.attempts, q.attemptTimeout = max(2, q.attempts), 40*time.Second
		q.waitMin, q.waitMax = 10*time.Millisecond, 10*time.Second
		first.crash, first.cancel, first.deadline = 0, 0, r.duration(1500*time.Millisecond, 20*time.Second)
		if r.chance(50) {
			first.cancel, first.deadline = first.deadline, 0
		}
	}
}

// combine adds the fault of a combination to those of the plan, or replaces them.
func (g *faultGenerator) combine(p *faultPlan, c combination, existing int) {
	if g.chance(50) && c.fault != anyFault {
		*p = faultPlan{lines: make([]lineFaults, len(p.lines))}
	}
	var forced []lst.Fault
	switch c.fault {
	case lostResponse:
		forced = append(forced, g.loss().On(lst.CreateOrder))
	case lateRequest:
		forced = append(forced, g.lateCreates())
	case limitedThenUnsent:
		forced = append(forced, lst.Status(429, injected(), lst.Header("Connection", "close"),
			lst.Header("Retry-After", pick(g.random, "", "1", "1.5", "0"))).On(lst.CreateOrder))
		for i := existing + 1; i < len(p.lines); i++ {
			if p.lines[i].refused = g.chance(70); !p.lines[i].refused {
				p.lines[i].latency = g.duration(10*time.Second, time.Minute)
			}
		}
	case rejectedCreate:
		if g.chance(50) {
			forced = append(forced, g.loss().On(lst.CreateOrder))
		}
		forced = append(forced, lst.Status(pick(g.random, 400, 400, 401, 403, 404, 413, 422), g.options()...).On(lst.CreateOrder))
	case failingLookup:
		forced = append(forced, g.loss().On(lst.CreateOrder), g.lookupFault().On(lst.ListOrders, lst.GetOrder).Times(g.between(1, 7)))
	case failingProduct:
		f := g.lookupFault()
		if g.chance(60) {
			f = lst.DelayBefore(g.duration(time.Second, g.maxDelay)) // during which the call may be canceled
		}
		forced = append(forced, g.loss().On(lst.CreateOrder), f.On(lst.GetProduct).Times(pick(g.random, 1, 3, 20)))
	case anyFault, forcedFaults:
	}
	p.service = slices.Concat(forced, p.service)
}
