package simulation

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A state is a situation in which mistakes are made. A simulation that never
// comes through one proves nothing about it, so the test counts them.
type state struct {
	name string
	// came reports whether a call came through it.
	came func(r *run, c *call) bool
}

// states are the situations that are counted. Those that need a story:
//
// A late request is one that the service acts upon when its client has given it
// up: the client sends it again, and for a while there are two of them. Either
// can win; the other must change nothing, and the client must hear the truth.
var states = [...]state{
	// What a plain create comes through.
	{"plain: made at the first attempt", func(_ *run, c *call) bool { return c.ended(plain, ls.Created) && c.posts() == 1 }},
	{"plain: made by a later attempt", func(_ *run, c *call) bool { return c.ended(plain, ls.Created) && c.posts() > 1 }},
	{"plain: answer lost, recovered by the id", func(r *run, c *call) bool {
		return c.ended(plain, ls.Recovered) && r.changes(c) == 1 && c.idTaken()
	}},
	{"plain: answer cut, recovered without another create", func(r *run, c *call) bool {
		return c.ended(plain, ls.Recovered) && r.changes(c) == 1 && r.lastCreate(c).status == http.StatusOK && c.idFree()
	}},
	{"plain: the late one lost to the one sent again", func(r *run, c *call) bool { return c.isPlain() && r.lateLost(c) }},
	{"plain: the late one won", func(r *run, c *call) bool { return c.isPlain() && r.lateWon(c) }},
	{"plain: made after its call had ended", func(r *run, c *call) bool {
		return c.isPlain() && r.changes(c) == 1 && r.storedAt().After(c.end)
	}},
	{"plain: said to be made by somebody who made nothing", func(r *run, c *call) bool {
		return c.isPlain() && r.changes(c) == 0 && r.lastCreate(c).injected && r.lastCreate(c).status < 300
	}},
	{"plain: the id was taken, at the first attempt", func(_ *run, c *call) bool {
		return c.failed(plain, ls.Refused, ls.ErrOrderExists) && len(c.seen) == 1
	}},
	{"plain: another order was found after a lost answer", func(_ *run, c *call) bool {
		return c.isPlain() && c.outcome() == ls.Refused && len(c.e.Differences) > 0 && c.posts() > 1
	}},
	{"plain: found with what somebody had appended meanwhile", func(r *run, c *call) bool {
		return c.isPlain() && r.changes(c) == 1 && c.outcome() != ls.Created && c.held != nil && len(c.held.Requests) > 1 &&
			slices.ContainsFunc(c.looks(), func(s *sighting) bool { _, n := c.keysShown(s); return n > len(c.asked.wants) })
	}},

	// What an append with keys comes through.
	{"keyed: appended", func(_ *run, c *call) bool { return c.ended(keyed, ls.Appended) }},
	{"keyed: made the order", func(_ *run, c *call) bool { return c.ended(keyed, ls.Created) }},
	{"keyed: answer lost, recovered by the keys", func(r *run, c *call) bool {
		return c.ended(keyed, ls.Recovered) && r.changes(c) == 1
	}},
	{"keyed: sent again when none was seen", func(_ *run, c *call) bool { return c.isKeyed() && c.op == create && c.rounds() > 1 }},
	{"keyed: the late one lost to the one sent again", func(r *run, c *call) bool { return c.isKeyed() && r.lateLost(c) }},
	{"keyed: the late one won", func(r *run, c *call) bool { return c.isKeyed() && r.lateWon(c) }},
	{"keyed: some were there, the rest was sent", func(r *run, c *call) bool {
		return c.isKeyed() && c.op == ensure && c.made() && slices.ContainsFunc(r.creates(c), func(e effect) bool {
			return e.Changed && strings.Count(string(e.Body), `"key":`) < len(c.asked.wants)
		})
	}},
	{"keyed: refused, for somebody was faster", func(r *run, c *call) bool {
		return c.ended(keyed, ls.Existing) && slices.ContainsFunc(r.creates(c), func(e effect) bool { return e.Status == 400 })
	}},
	{"keyed: other licenses have the keys", func(_ *run, c *call) bool {
		return c.isKeyed() && c.outcome() == ls.Refused && len(c.e.Differences) > 0
	}},
	{"keyed: unknown", func(_ *run, c *call) bool { return c.isKeyed() && c.outcome() == ls.Unknown }},

	// What an append without keys comes through.
	{"bare: made", func(_ *run, c *call) bool { return c.isBare() && c.made() }},
	{"bare: not sent, sent again, made", func(_ *run, c *call) bool { return c.isBare() && c.made() && c.posts() > 1 && !c.limited() }},
	{"bare: rate limited, sent again, made", func(_ *run, c *call) bool { return c.isBare() && c.made() && c.limited() }},
	{"bare: unknown, and made", func(r *run, c *call) bool { return c.isBare() && c.outcome() == ls.Unknown && r.changes(c) == 1 }},
	{"bare: unknown, and not made", func(r *run, c *call) bool { return c.isBare() && c.outcome() == ls.Unknown && r.changes(c) == 0 }},
	{"bare: cannot be ensured", func(_ *run, c *call) bool { return c.isBare() && c.op == ensure }},

	// Several at once, and crashes.
	{"ensured at once: one made it, one found it", func(r *run, c *call) bool {
		return c.op == ensure && c.outcome() == ls.Existing && c.posts() > 0 && slices.ContainsFunc(r.calls, func(o *call) bool {
			return o != c && r.changes(o) == 1 && o.asked.order.ID == orderID && o.start.Before(c.end) && c.start.Before(o.end)
		})
	}},
	{"ensured: it is there", func(_ *run, c *call) bool { return c.op == ensure && c.outcome() == ls.Existing }},
	{"ensured: conflict", func(_ *run, c *call) bool { return c.op == ensure && c.e != nil && c.e.Kind == ls.ErrOrderConflict }},
	{"crashed when it was made, found after the restart", func(r *run, c *call) bool {
		return c.crashed && r.changes(c) == 1 && r.nextOf(c).outcome() == ls.Existing
	}},
	{"crashed before it was made, made after the restart", func(r *run, c *call) bool {
		return c.crashed && r.changes(c) == 0 && c.posts() > 0 && r.changes(r.nextOf(c)) == 1
	}},
	{"crashed, and the late request lost to the restart", func(r *run, c *call) bool {
		return c.crashed && r.changes(c) == 0 && r.changes(r.nextOf(c)) == 1 && slices.ContainsFunc(r.creates(c), refusedForReal)
	}},
	{"when the weather cleared a request was still under way, and lost", func(r *run, c *call) bool {
		return c.caller == hastyEnd && r.changes(c) == 1 && slices.ContainsFunc(r.calls, func(o *call) bool {
			return o.number < c.number && o.asked.order.ID == orderID && o.outcome() == ls.Unknown && slices.ContainsFunc(r.creates(o), refusedForReal)
		})
	}},

	// Looks.
	{"look: not seen at first, then seen", func(_ *run, c *call) bool {
		looks := c.looks()
		return len(looks) > 1 && c.made() && !c.wasShown(looks[0]) && c.wasShown(looks[len(looks)-1])
	}},
	{"look: the order itself was asked for", func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.looks(), func(s *sighting) bool { return !s.isList() })
	}},
	{"look: the filter was ignored", func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.looks(), func(s *sighting) bool { return s.isList() && strings.Contains(string(s.body), `"other"`) })
	}},
	{"unknown: not seen", func(_ *run, c *call) bool { return c.unknown() && c.reads() >= settleReads }},
	{"unknown: no time", func(_ *run, c *call) bool {
		return c.unknown() && c.end.Before(c.over) && c.over.Sub(c.end) <= c.process.plan.waitMax
	}},
	{"unknown: the context was over", func(_ *run, c *call) bool { return c.unknown() && isContext(c.err) }},
	{"unknown: looks failed", func(_ *run, c *call) bool { return c.unknown() && c.reads() >= settleReads && len(c.looks()) == 0 }},
	{"unknown: a rate limit was in the way", func(_ *run, c *call) bool { return c.unknown() && errors.Is(c.err, ls.ErrRateLimited) }},
	{"unknown: the budget was in the way", func(_ *run, c *call) bool {
		return c.unknown() && errors.Is(c.err, ls.ErrRateLimited) && c.e.LimitedBy == ls.LimitedByBudget
	}},
	{"unknown: no keys", func(_ *run, c *call) bool { return c.outcome() == ls.Unknown && !c.asked.ensurable() }},

	// Refused, or not sent.
	{"not sent: no attempt got out", func(_ *run, c *call) bool { return c.outcome() == ls.NotSent && c.posts() > 0 }},
	{"not sent: held back by another's 429", func(_ *run, c *call) bool {
		return c.outcome() == ls.NotSent && len(c.seen) == 0 && c.e.LimitedBy == ls.LimitedByService
	}},
	{"not sent: held back by the budget", func(_ *run, c *call) bool {
		return c.outcome() == ls.NotSent && len(c.seen) == 0 && c.e.LimitedBy == ls.LimitedByBudget
	}},
	{"refused: 429, and no time", func(_ *run, c *call) bool { return c.outcome() == ls.Refused && c.e.Kind == ls.ErrRateLimited }},
	{"refused: redirected", func(_ *run, c *call) bool { return c.outcome() == ls.Refused && c.e.Kind == ls.ErrRedirected }},
	{"refused: not authorized", func(_ *run, c *call) bool { return c.outcome() == ls.Refused && c.e.Kind == ls.ErrUnauthorized }},
	{"refused: by the service itself", func(r *run, c *call) bool {
		return c.outcome() == ls.Refused && c.e.Kind == ls.ErrInvalidRequest && !r.lastCreate(c).injected
	}},
	{"refused: by somebody else, and it quoted the request", func(r *run, c *call) bool {
		return c.e != nil && r.lastCreate(c).injected && strings.Contains(c.e.Error(), "[redacted]")
	}},

	// Attempts.
	{"attempt: a 429 was waited out", func(_ *run, c *call) bool { return c.limited() }},
	{"attempt: had to wait for the budget", func(r *run, c *call) bool { return c.process.sharesBudget(r) && c.queued() }},
	{"attempt: no time for another", verdict("the wait does not fit the deadline")},
	{"attempt: the context ended in the wait", verdict("the context ended during the wait")},
	{"attempt: all used up", verdict("attempts used up")},
	{"attempt: connection refused", reason("connection refused")},
	{"attempt: connection cut", reason("connection cut")},
	{"attempt: timed out", reason("timed out")},
	{"attempt: canceled", reason("canceled")},
	{"attempt: answer cut short", reason("the answer was cut short")},
	{"attempt: answer too large", reason("the answer is too large")},
	{"attempt: answer not json", reason("the answer is not json")},
	{"attempt: a server error, and it acted", func(r *run, c *call) bool {
		return slices.ContainsFunc(r.creates(c), func(e effect) bool { return e.Changed && e.Status >= 500 })
	}},
	{"attempt: a server error, and it did not act", func(r *run, c *call) bool {
		return slices.ContainsFunc(r.creates(c), func(e effect) bool { return !e.Changed && e.Status >= 500 })
	}},
	{"attempt: a kept connection turned out dead", func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.seen, func(s *sighting) bool { return s.reused && s.status == 0 })
	}},
}

// census is how often each state was come through.
type census [len(states)]int

func (n *census) count(r *run) {
	for i := range states {
		for _, c := range r.calls {
			if c.asked.order.ID == orderID && !c.calm && states[i].came(r, c) {
				n[i]++
				break
			}
		}
	}
}

func (c *call) isPlain() bool { return !c.asked.order.Append }
func (c *call) isKeyed() bool { return c.asked.order.Append && c.asked.keyed() }
func (c *call) isBare() bool  { return !c.asked.ensurable() }

func (c *call) is(m mode) bool { return (m == plain && c.isPlain()) || (m == keyed && c.isKeyed()) }

func (c *call) ended(m mode, o ls.Outcome) bool { return c.is(m) && c.outcome() == o }

func (c *call) failed(m mode, o ls.Outcome, kind ls.ErrorKind) bool {
	return c.ended(m, o) && c.e != nil && c.e.Kind == kind
}

func (c *call) unknown() bool { return c.outcome() == ls.Unknown && c.asked.ensurable() }

// posts counts the attempts to make the order.
func (c *call) posts() int {
	n := 0
	for _, s := range c.seen {
		if s.method == http.MethodPost {
			n++
		}
	}
	return n
}

// rounds counts the times that the order was sent, however many attempts each
// took.
func (c *call) rounds() int {
	n := 0
	for i, s := range c.seen {
		if s.method == http.MethodPost && (i == 0 || c.seen[i-1].method != http.MethodPost) {
			n++
		}
	}
	return n
}

func (c *call) idFree() bool { return !c.idTaken() }

// queued reports whether an attempt began later than the one before had planned.
func (c *call) queued() bool {
	all := c.attempts()
	for i := 1; i < len(all); i++ {
		if all[i].Start.After(all[i-1].Start.Add(all[i-1].Took+all[i-1].Wait)) && all[i-1].Verdict == sentAgain {
			return true
		}
	}
	return false
}

// limited reports whether an attempt followed a 429.
func (c *call) limited() bool {
	for i := range c.seen[:max(0, len(c.seen)-1)] {
		if c.seen[i].status == http.StatusTooManyRequests && c.attempts()[i].Verdict == sentAgain {
			return true
		}
	}
	return false
}

func (s *sighting) isList() bool { return strings.HasSuffix(s.path, "/orders/") }

// refusedForReal finds a create that came too late: the service itself refused
// it after a delay.
func refusedForReal(e effect) bool {
	return (e.Status == 409 || e.Status == 400) && strings.Contains(e.Fault, "DelayBefore")
}

func (r *run) lateLost(c *call) bool {
	all := r.creates(c)
	for i := range all {
		for j := range all {
			if all[i].attempt < all[j].attempt && all[j].Changed && refusedForReal(all[i]) {
				return true
			}
		}
	}
	return false
}

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

// storedAt is when the order came into being.
func (r *run) storedAt() time.Time {
	i := slices.IndexFunc(r.orders, func(o lst.Order) bool { return o.StoreID == orderID })
	if i < 0 {
		return time.Time{}
	}
	return r.orders[i].StoredAt
}

// nextOf is the call that the same caller makes next.
func (r *run) nextOf(c *call) *call {
	for _, o := range r.calls[c.number:] {
		if o.caller == c.caller {
			return o
		}
	}
	return &call{}
}

func verdict(text string) func(*run, *call) bool {
	return func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.attempts(), func(a ls.Attempt) bool { return strings.HasSuffix(a.Verdict, text) })
	}
}

func reason(text string) func(*run, *call) bool {
	return func(_ *run, c *call) bool {
		return slices.ContainsFunc(c.attempts(), func(a ls.Attempt) bool { return a.Reason == text })
	}
}
