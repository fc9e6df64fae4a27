package simulation

import (
	"net/http"
	"slices"
	"strings"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A state is a situation in which errors are likely. The test counts how many runs
// reach each state, because it verifies nothing about states that no run reaches.
type state struct {
	name string
	// reached reports whether a call reached the state.
	reached func(r *run, c *call) bool
}

// states are the states that are counted.
//
// A late request is one that arrives after its client has given up and retried. The
// service applies either the late request or the retry. The other one must change
// nothing, and the client must report the correct outcome.
var states = [...]state{
	// Plain creates.
	{"plain: created by the first attempt", func(_ *run, c *call) bool { return c.ended(plain, ls.OutcomeCreated) && c.posts() == 1 }},
	{"plain: created by a later attempt", func(_ *run, c *call) bool { return c.ended(plain, ls.OutcomeCreated) && c.posts() > 1 }},
	{"plain: response lost, recovered by the id", func(r *run, c *call) bool {
		return c.ended(plain, ls.OutcomeRecovered) && r.changes(c) == 1 && c.idTaken()
	}},
	{"plain: response truncated, recovered without another create", func(r *run, c *call) bool {
		return c.ended(plain, ls.OutcomeRecovered) && r.changes(c) == 1 && r.lastCreate(c).status == http.StatusOK && c.idFree()
	}},
	{"plain: the retry was applied before the late request", func(r *run, c *call) bool { return c.isPlain() && r.lateLost(c) }},
	{"plain: the late request was applied before the retry", func(r *run, c *call) bool { return c.isPlain() && r.lateWon(c) }},
	{"plain: created after the end of the call", func(r *run, c *call) bool {
		return c.isPlain() && r.changes(c) == 1 && r.storedAt().After(c.end)
	}},
	{"plain: a proxy reported success without a create", func(r *run, c *call) bool {
		return c.isPlain() && r.changes(c) == 0 && r.lastCreate(c).injected && r.lastCreate(c).status < 300
	}},
	{"plain: the id was taken at the first attempt", func(_ *run, c *call) bool {
		return c.failed(plain, ls.OutcomeRejected, ls.ErrOrderExists) && len(c.observed) == 1
	}},
	{"plain: a different order was found after a lost response", func(_ *run, c *call) bool {
		return c.isPlain() && c.outcome() == ls.OutcomeRejected && len(c.e.Differences) > 0 && c.posts() > 1
	}},
	{"plain: found with licenses of a concurrent append", func(r *run, c *call) bool {
		return c.isPlain() && r.changes(c) == 1 && c.outcome() != ls.OutcomeCreated && c.stored != nil && len(c.stored.Requests) > 1 &&
			slices.ContainsFunc(c.lookupResponses(), func(o *observation) bool { _, n := c.keysShown(o); return n > len(c.spec.licenses) })
	}},

	// Appends with keys.
	{"keyed: appended", func(_ *run, c *call) bool { return c.ended(keyed, ls.OutcomeAppended) }},
	{"keyed: created the order", func(r *run, c *call) bool { return c.isKeyed() && c.succeeded() && r.createdOrder(c) }},
	{"keyed: response lost, recovered by the keys", func(r *run, c *call) bool {
		return c.ended(keyed, ls.OutcomeRecovered) && r.changes(c) == 1
	}},
	{"keyed: sent anew after lookups showed no key", func(_ *run, c *call) bool { return c.isKeyed() && c.op == create && c.rounds() > 1 }},
	{"keyed: the retry was applied before the late request", func(r *run, c *call) bool { return c.isKeyed() && r.lateLost(c) }},
	{"keyed: the late request was applied before the retry", func(r *run, c *call) bool { return c.isKeyed() && r.lateWon(c) }},
	{"keyed: some licenses existed, the rest was sent", func(r *run, c *call) bool {
		return c.isKeyed() && c.op == ensure && c.succeeded() && slices.ContainsFunc(r.creates(c), func(s serverRequest) bool {
			return s.Changed && strings.Count(string(s.Body), `"key":`) < len(c.spec.licenses)
		})
	}},
	{"keyed: rejected because another call was faster", func(r *run, c *call) bool {
		return c.ended(keyed, ls.OutcomeExisting) && slices.ContainsFunc(r.creates(c), func(s serverRequest) bool { return s.Status == 400 })
	}},
	{"keyed: other licenses have the keys", func(_ *run, c *call) bool {
		return c.isKeyed() && c.outcome() == ls.OutcomeRejected && len(c.e.Differences) > 0
	}},
	{"keyed: unknown", func(_ *run, c *call) bool { return c.isKeyed() && c.outcome() == ls.OutcomeUnknown }},

	// Appends without keys.
	{"keyless: appended", func(_ *run, c *call) bool { return c.isKeyless() && c.succeeded() }},
	{"keyless: not sent, retried, appended", func(_ *run, c *call) bool { return c.isKeyless() && c.succeeded() && c.posts() > 1 && !c.limited() }},
	{"keyless: rate limited, retried, appended", func(_ *run, c *call) bool { return c.isKeyless() && c.succeeded() && c.limited() }},
	{"keyless: unknown, and applied", func(r *run, c *call) bool {
		return c.isKeyless() && c.outcome() == ls.OutcomeUnknown && r.changes(c) == 1
	}},
	{"keyless: unknown, and not applied", func(r *run, c *call) bool {
		return c.isKeyless() && c.outcome() == ls.OutcomeUnknown && r.changes(c) == 0
	}},
	{"keyless: cannot be ensured", func(_ *run, c *call) bool { return c.isKeyless() && c.op == ensure }},

	// Concurrent calls and crashes.
	{"ensure: a concurrent call created it, this one found it", func(r *run, c *call) bool {
		return c.op == ensure && c.outcome() == ls.OutcomeExisting && c.posts() > 0 && slices.ContainsFunc(r.calls, func(o *call) bool {
			return o != c && r.changes(o) == 1 && o.spec.order.ID == orderID && o.start.Before(c.end) && c.start.Before(o.end)
		})
	}},
	{"ensure: it existed", func(_ *run, c *call) bool { return c.op == ensure && c.outcome() == ls.OutcomeExisting }},
	{"ensure: conflict", func(_ *run, c *call) bool { return c.op == ensure && c.e != nil && c.e.Kind == ls.ErrOrderConflict }},
	{"crash: created before, found after the restart", func(r *run, c *call) bool {
		return c.crashed && r.changes(c) == 1 && r.nextOf(c).outcome() == ls.OutcomeExisting
	}},
	{"crash: created after the restart only", func(r *run, c *call) bool {
		return c.crashed && r.changes(c) == 0 && c.posts() > 0 && r.changes(r.nextOf(c)) == 1
	}},
	{"crash: the call after the restart was applied before the late request", func(r *run, c *call) bool {
		return c.crashed && r.changes(c) == 0 && r.changes(r.nextOf(c)) == 1 && slices.ContainsFunc(r.creates(c), rejectedLate)
	}},
	{"early settler: applied before a late request", func(r *run, c *call) bool {
		return c.caller == earlySettler && r.changes(c) == 1 && slices.ContainsFunc(r.calls, func(o *call) bool {
			return o.number < c.number && o.spec.order.ID == orderID && o.outcome() == ls.OutcomeUnknown && slices.ContainsFunc(r.creates(o), rejectedLate)
		})
	}},

	// Lookups.
	{"lookup: not visible at first, then visible", func(r *run, c *call) bool {
		lookups := c.lookupResponses()
		return len(lookups) > 1 && c.succeeded() && !r.isShownIn(c, lookups[0]) && r.isShownIn(c, lookups[len(lookups)-1])
	}},
	{"lookup: the order was requested by its id", func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.lookupResponses(), func(o *observation) bool { return !o.isList() })
	}},
	{"lookup: the filter was ignored", func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.lookupResponses(), func(o *observation) bool { return o.isList() && strings.Contains(string(o.body), `"other"`) })
	}},
	{"unknown: not visible", func(_ *run, c *call) bool { return c.unknown() && c.lookupCount() >= maxLookups }},
	{"unknown: no time", func(_ *run, c *call) bool {
		return c.unknown() && c.end.Before(c.deadline) && c.deadline.Sub(c.end) <= c.process.plan.waitMax
	}},
	{"unknown: the context was done", func(_ *run, c *call) bool { return c.unknown() && isContext(c.err) }},
	{"unknown: lookups failed", func(_ *run, c *call) bool {
		return c.unknown() && c.lookupCount() >= maxLookups && len(c.lookupResponses()) == 0
	}},
	{"unknown: rate limited", func(_ *run, c *call) bool { return c.unknown() && c.e.RateLimitSource != "" }},
	{"unknown: blocked by the rate limiter", func(_ *run, c *call) bool {
		return c.unknown() && c.e.RateLimitSource == ls.RateLimitSourceClient
	}},
	{"unknown: no keys", func(_ *run, c *call) bool { return c.outcome() == ls.OutcomeUnknown && !c.spec.ensurable() }},

	// Rejected or not sent.
	{"not sent: every attempt failed before it was sent", func(_ *run, c *call) bool { return c.outcome() == ls.OutcomeNotSent && c.posts() > 0 }},
	{"no create was sent, but a lookup reached the service", func(r *run, c *call) bool {
		return c.err != nil && len(r.received[c.number]) > 0 && len(r.creates(c)) == 0 && c.outcome() != ls.OutcomeUnknown
	}},
	{"not sent: blocked by the 429 of another call", func(_ *run, c *call) bool {
		return c.outcome() == ls.OutcomeNotSent && len(c.observed) == 0 && c.e.RateLimitSource == ls.RateLimitSourceService
	}},
	{"not sent: blocked by the rate limiter", func(_ *run, c *call) bool {
		return c.outcome() == ls.OutcomeNotSent && len(c.observed) == 0 && c.e.RateLimitSource == ls.RateLimitSourceClient
	}},
	{"rejected: rate limited, and no time to wait", func(_ *run, c *call) bool { return c.outcome() == ls.OutcomeRejected && c.e.Kind == ls.ErrRateLimited }},
	{"rejected: redirected", func(_ *run, c *call) bool { return c.outcome() == ls.OutcomeRejected && c.e.Kind == ls.ErrRedirected }},
	{"rejected: not authorized", func(_ *run, c *call) bool { return c.outcome() == ls.OutcomeRejected && c.e.Kind == ls.ErrUnauthorized }},
	{"rejected: by the service", func(r *run, c *call) bool {
		return c.outcome() == ls.OutcomeRejected && c.e.Kind == ls.ErrInvalidRequest && !r.lastCreate(c).injected
	}},
	{"rejected: by a proxy that quoted the request", func(r *run, c *call) bool {
		return c.e != nil && r.lastCreate(c).injected && strings.Contains(c.e.Error(), "[redacted]")
	}},

	{"rejected: a 429, then an attempt that was not sent before the context was done", func(_ *run, c *call) bool {
		return c.failedAs(ls.ErrRateLimited) && isContext(c.err) && c.attempts()[len(c.attempts())-1].Phase == ls.PhaseNotSent
	}},
	{"rejected: some keys were taken, and the rest was held back by the rate limiter", func(r *run, c *call) bool {
		return c.isKeyed() && c.failedAs(ls.ErrRateLimited) && c.e.RateLimitSource == ls.RateLimitSourceClient && r.lastCreate(c).status == http.StatusBadRequest
	}},

	// Records that hide products.
	{"product: read, then the order was reported", func(_ *run, c *call) bool { return c.found() && c.hidesProducts() && c.productReads() > 0 }},
	{"product: known from an earlier call", func(_ *run, c *call) bool { return c.found() && c.hidesProducts() && c.productReads() == 0 }},
	{"product: a different one under the same id", func(_ *run, c *call) bool {
		return c.e != nil && c.hidesProducts() && slices.ContainsFunc(c.e.Differences, func(d ls.Difference) bool { return strings.HasSuffix(d.Path, "product_code") })
	}},
	{"product: unknown, because every read failed", func(r *run, c *call) bool { return r.productsUnknown(c) && c.pollsAfterLastCreate() >= maxLookups }},
	{"product: unknown, because the reads ended early", func(r *run, c *call) bool { return r.productsUnknown(c) && c.pollsAfterLastCreate() < maxLookups }},
	{"product: an append was not sent, because the read failed", func(_ *run, c *call) bool {
		return c.isKeyed() && c.op == ensure && c.posts() == 0 && c.outcome() == ls.OutcomeRejected && c.observed[len(c.observed)-1].isProduct()
	}},
	{"product: unknown to a canceled call, which found a conflict", func(r *run, c *call) bool { return isAtCancel(c) && !isContext(c.err) && r.conflictNeedsNoProducts(c) }},

	// Transports that repeat requests.
	{"transport: repeated the create, which was then created", func(_ *run, c *call) bool { return c.ended(plain, ls.OutcomeCreated) && c.repeats() > 0 }},
	{"transport: repeated the create after it was applied, recovered", func(r *run, c *call) bool {
		return c.ended(plain, ls.OutcomeRecovered) && slices.ContainsFunc(r.creates(c), func(s serverRequest) bool {
			return s.Changed && s.send < len(c.observed[s.attempt-1].sends)
		})
	}},
	{"transport: repeated the create, and the repetition was rejected", func(_ *run, c *call) bool {
		return c.isPlain() && slices.ContainsFunc(c.observed, func(o *observation) bool {
			return o.method == http.MethodPost && o.repeated(false) && o.status == http.StatusBadRequest
		})
	}},
	{"transport: stopped before the second write of an append that was applied", func(r *run, c *call) bool {
		return !c.isPlain() && c.repeats() > 0 && r.changes(c) == 1 && c.outcome() != ls.OutcomeAppended
	}},
	{"transport: stopped before the second write of an append that was not applied", func(r *run, c *call) bool {
		return !c.isPlain() && c.repeats() > 0 && r.changes(c) == 0
	}},

	// Attempts.
	{"attempt: a proxy did not wait, and applied", func(r *run, c *call) bool { return r.proxyGaveUp(c, true) }},
	{"attempt: a proxy did not wait, and not applied", func(r *run, c *call) bool { return r.proxyGaveUp(c, false) }},
	{"attempt: not processed (421, 425), retried", func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.attempts(), func(a ls.Attempt) bool {
			return a.Op == ls.OpCreateOrder && a.Decision == retried && (a.Status == http.StatusMisdirectedRequest || a.Status == http.StatusTooEarly)
		})
	}},
	{"attempt: retried after a 429", func(_ *run, c *call) bool { return c.limited() }},
	{"attempt: delayed by the rate limiter", func(r *run, c *call) bool { return c.process.usesLimiter(r.limiter) && c.queued() }},
	{"attempt: no time for a retry", decision("wait exceeds deadline")},
	{"attempt: context done during the wait", decision("context done")},
	{"attempt: maximum reached", decision("maximum attempts reached")},
	{"attempt: connection refused", reason("connection refused")},
	{"attempt: connection closed", reason("connection closed")},
	{"attempt: timed out", reason("timed out")},
	{"attempt: canceled", reason("canceled")},
	{"attempt: response truncated", reason("response truncated")},
	{"attempt: response too large", reason("response too large")},
	{"attempt: response is not json", reason("response is not json")},
	{"attempt: server error, and applied", func(r *run, c *call) bool {
		return slices.ContainsFunc(r.creates(c), func(s serverRequest) bool { return s.Changed && s.Status >= 500 })
	}},
	{"attempt: server error, and not applied", func(r *run, c *call) bool {
		return slices.ContainsFunc(r.creates(c), func(s serverRequest) bool { return !s.Changed && s.Status >= 500 })
	}},
	{"attempt: an idle connection was closed", func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.observed, func(o *observation) bool { return o.reused && o.status == 0 })
	}},
}

// rareStates are those that the default seeds need not reach.
var rareStates = []string{
	"transport: repeated the create, and the repetition was rejected",
	"product: unknown to a canceled call, which found a conflict",
}

// states returns 1 for each state that the run reached.
func (r *run) states() []int {
	reached := make([]int, len(states))
	for i := range states {
		for _, c := range r.calls {
			if c.spec.order.ID == orderID && !c.final && states[i].reached(r, c) {
				reached[i] = 1
				break
			}
		}
	}
	return reached
}

func (c *call) isPlain() bool   { return !c.spec.order.Append }
func (c *call) isKeyed() bool   { return c.spec.order.Append && c.spec.hasAllKeys() }
func (c *call) isKeyless() bool { return !c.spec.ensurable() }

func (c *call) is(m mode) bool { return (m == plain && c.isPlain()) || (m == keyed && c.isKeyed()) }

func (c *call) ended(m mode, o ls.Outcome) bool { return c.is(m) && c.outcome() == o }

func (c *call) failed(m mode, o ls.Outcome, kind ls.ErrorKind) bool {
	return c.ended(m, o) && c.e != nil && c.e.Kind == kind
}

func (c *call) unknown() bool { return c.outcome() == ls.OutcomeUnknown && c.spec.ensurable() }

// posts counts the create attempts.
func (c *call) posts() int {
	n := 0
	for _, s := range c.observed {
		if s.method == http.MethodPost {
			n++
		}
	}
	return n
}

// rounds counts sequences of consecutive create attempts.
func (c *call) rounds() int {
	n := 0
	for i, s := range c.observed {
		if s.method == http.MethodPost && (i == 0 || c.observed[i-1].method != http.MethodPost) {
			n++
		}
	}
	return n
}

// failedAs reports whether the order was rejected with a kind of error.
func (c *call) failedAs(kind ls.ErrorKind) bool {
	return c.outcome() == ls.OutcomeRejected && c.e.Kind == kind
}

// found reports whether lookups settled the call.
func (c *call) found() bool {
	return c.outcome() == ls.OutcomeRecovered || c.outcome() == ls.OutcomeExisting
}

// hidesProducts reports whether the last lookup hides the codes of products.
func (c *call) hidesProducts() bool {
	lookups := c.lookupResponses()
	return len(lookups) > 0 && len(c.hiddenProducts(lookups[len(lookups)-1])) > 0
}

func (c *call) productReads() int {
	n := 0
	for _, o := range c.observed {
		if o.isProduct() {
			n++
		}
	}
	return n
}

// productsUnknown reports whether a call is unknown although it found the order,
// because it did not know the codes of the products.
func (r *run) productsUnknown(c *call) bool {
	lookups := c.lookupResponses()
	return c.unknown() && len(lookups) > 0 && r.isShownIn(c, lookups[len(lookups)-1]) && !r.knowsProducts(c, lookups[len(lookups)-1])
}

// isAtCancel reports whether the call ended when it was canceled.
func isAtCancel(c *call) bool { return !c.canceledAt.IsZero() && c.end.Equal(c.canceledAt) }

// repeats counts the create attempts that the transport repeated.
func (c *call) repeats() int {
	n := 0
	for _, o := range c.observed {
		if o.method == http.MethodPost && o.repeated(c.spec.order.Append) {
			n++
		}
	}
	return n
}

// proxyGaveUp reports whether a create received the status of a proxy that did not
// wait, and whether the service applied it.
func (r *run) proxyGaveUp(c *call, applied bool) bool {
	return slices.ContainsFunc(r.creates(c), func(s serverRequest) bool {
		return s.Changed == applied && slices.Contains([]int{http.StatusRequestTimeout, 460, 499}, s.Status)
	})
}

func (c *call) idFree() bool { return !c.idTaken() }

// queued reports whether a retry started later than planned.
func (c *call) queued() bool {
	all := c.attempts()
	for i := 1; i < len(all); i++ {
		if all[i].Start.After(all[i-1].Start.Add(all[i-1].Took+all[i-1].Wait)) && all[i-1].Decision == retried {
			return true
		}
	}
	return false
}

// limited reports whether a retry followed a 429.
func (c *call) limited() bool {
	for i := range c.observed[:max(0, len(c.observed)-1)] {
		if c.observed[i].status == http.StatusTooManyRequests && c.attempts()[i].Decision == retried {
			return true
		}
	}
	return false
}

func (o *observation) isList() bool { return strings.HasSuffix(o.path, "/orders/") }

// rejectedLate reports whether the service rejected a create after a delay.
func rejectedLate(s serverRequest) bool {
	return (s.Status == 409 || s.Status == 400) && strings.Contains(s.Fault, "DelayBefore")
}

// lateLost reports whether a retry was applied before a late request.
func (r *run) lateLost(c *call) bool {
	all := r.creates(c)
	for i := range all {
		for j := range all {
			if all[i].attempt < all[j].attempt && all[j].Changed && rejectedLate(all[i]) {
				return true
			}
		}
	}
	return false
}

// lateWon reports whether a late request was applied before a retry.
func (r *run) lateWon(c *call) bool {
	all := r.creates(c)
	for i := range all {
		for j := range all {
			if all[i].attempt < all[j].attempt && all[i].Changed && strings.Contains(all[i].Fault, "DelayBefore") &&
				(all[j].Status == 409 || all[j].Status == 400) {
				return true
			}
		}
	}
	return false
}

// storedAt returns the time at which the order was created.
func (r *run) storedAt() time.Time {
	i := slices.IndexFunc(r.orders, func(o lst.Order) bool { return o.StoreID == orderID })
	if i < 0 {
		return time.Time{}
	}
	return r.orders[i].StoredAt
}

// nextOf returns the next call of the same caller, or an empty call.
func (r *run) nextOf(c *call) *call {
	for _, o := range r.calls[c.number:] {
		if o.caller == c.caller {
			return o
		}
	}
	return &call{}
}

func decision(text string) func(*run, *call) bool {
	return func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.attempts(), func(a ls.Attempt) bool { return strings.HasSuffix(a.Decision, text) })
	}
}

func reason(text string) func(*run, *call) bool {
	return func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.attempts(), func(a ls.Attempt) bool { return a.Reason == text })
	}
}
