package simulation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// effect is a request as the service got it, and whose it was.
type effect struct {
	lst.Request

	attempt int
}

// violations lists everything that does not hold after a run.
func (r *run) violations() []string {
	var found []string
	report := func(s string) { found = append(found, s) }
	r.attribute(report)
	for _, c := range r.calls {
		for _, i := range invariants {
			if wrong := i.broken(r, c); wrong != "" {
				report(fmt.Sprintf("call %d: %s: %s", c.number, i.name, wrong))
			}
		}
	}
	for _, wrong := range r.attempts() {
		report(wrong)
	}
	for _, wrong := range r.ending() {
		report(wrong)
	}
	r.keepsSecrets(report)
	return found
}

// attribute finds out whose each request was.
func (r *run) attribute(report func(string)) {
	r.effects = make(map[int][]effect)
	for _, req := range r.requests {
		number, attempt, ok := parseTag(req.Header.Get(headerTag))
		if !ok {
			report("the service got a request that is no attempt's: " + req.Method + " " + req.Path)
			continue
		}
		r.effects[number] = append(r.effects[number], effect{req, attempt})
	}
}

// creates are the requests of a call that ask for the order.
func (r *run) creates(c *call) []effect {
	return slices.DeleteFunc(slices.Clone(r.effects[c.number]), func(e effect) bool { return e.Endpoint != lst.CreateOrder })
}

// changes is how often a call changed what the service holds, at whatever time.
func (r *run) changes(c *call) int {
	n := 0
	for _, e := range r.effects[c.number] {
		if e.Changed {
			n++
		}
	}
	return n
}

// invariants are what must hold of each call, whatever befell it. Broken says
// how it does not, or nothing.
var invariants = [...]struct {
	name   string
	broken func(*run, *call) string
}{
	{"a call acts once at the most", func(r *run, c *call) string {
		if n := r.changes(c); n > 1 {
			return fmt.Sprintf("it acted %d times", n)
		}
		return ""
	}},
	{"a call ends in one way", endsInOneWay},
	{"the outcome is the truth", outcomeIsTrue},
	{"what was made is as asked", madeAsAsked},
	{"the kind of error is the truth", kindIsTrue},
	{"what can be settled is settled", func(r *run, c *call) string {
		if c.outcome() == ls.Unknown {
			return r.unjustified(c)
		}
		return ""
	}},
	{"what is there is not refused", existingNotRefused},
	{"a call ends in time", func(_ *run, c *call) string {
		if !c.over.IsZero() && c.end.After(c.over) {
			return fmt.Sprintf("it ended %v late", c.end.Sub(c.over))
		}
		return ""
	}},
	{"a rate limit says when it is over", func(_ *run, c *call) string {
		if c.e != nil && c.e.Kind == ls.ErrRateLimited && (c.e.RetryAt.IsZero() || c.e.LimitedBy == "") {
			return fmt.Sprintf("until %v, by %q", c.e.RetryAt, c.e.LimitedBy)
		}
		return ""
	}},
	{"who cancels is told so", func(_ *run, c *call) string {
		if c.err != nil && len(c.seen) > 0 && !c.cut.IsZero() && c.end.Equal(c.cut) && !isContext(c.err) {
			return "the error is not the context's: " + c.err.Error()
		}
		return ""
	}},
	{"requests are bounded", requestsBounded},
	{"who listens hears what the journal says", heardRight},
}

// endsInOneWay: one of result and error, and each says what the other cannot.
func endsInOneWay(_ *run, c *call) string {
	o := c.outcome()
	switch {
	case (c.result == nil) == (c.err == nil):
		return fmt.Sprintf("result %v and error %v", c.result != nil, c.err)
	case c.result != nil && (c.result.Order == nil || !o.Made()):
		return fmt.Sprintf("a result with outcome %q, record %v", o, c.result.Order != nil)
	case c.result != nil:
		return ""
	case c.e == nil:
		return fmt.Sprintf("an error of another type, %T", c.err)
	case o != ls.Refused && o != ls.NotSent && o != ls.Unknown:
		return fmt.Sprintf("an error with outcome %q", o)
	case errors.Is(c.err, ls.ErrOutcomeUnknown) != (o == ls.Unknown),
		(c.e.Kind == ls.ErrOutcomeUnknown) != (o == ls.Unknown),
		errors.Is(c.err, ls.ErrNotSent) != (o == ls.NotSent):
		return fmt.Sprintf("outcome %q, and %v", o, c.err)
	}
	return ""
}

// outcomeIsTrue: what the caller is told of this very call.
func outcomeIsTrue(r *run, c *call) string {
	acted, o := r.changes(c), c.outcome()
	switch {
	case (o == ls.Created || o == ls.Appended) && acted != 1:
		return fmt.Sprintf("%s, and it acted %d times", o, acted)
	case (o == ls.Refused || o == ls.NotSent || o == ls.Existing) && acted != 0:
		return fmt.Sprintf("%s, and it acted", o)
	case o == ls.NotSent && len(r.creates(c)) > 0:
		return "not sent, and the service got it"
	case o == ls.Created && !c.asked.order.Append && len(c.held.Requests) > 1 && r.plan.mode == plain:
		return "created, and somebody else too"
	}
	return ""
}

// madeAsAsked: the fake holds it, and the record shows what the fake holds.
func madeAsAsked(r *run, c *call) string {
	if !c.made() {
		return ""
	}
	rec := c.result.Order
	switch {
	case c.held == nil:
		return "there is no such order"
	case r.plan.mode == mixed && !c.asked.partOf(c.held, r.shown), r.plan.mode != mixed && !c.asked.is(c.held, r.shown):
		return "the order that is there is another one"
	case rec.ID != 0 && rec.ID != c.held.ID, rec.StoreID != "" && rec.StoreID != c.asked.order.ID:
		return "the record is another order's"
	}
	held := make(map[string]bool)
	for _, l := range c.held.Licenses() {
		held[l.Key] = true
	}
	for _, key := range rec.LicenseKeys() {
		if !held[key] {
			return "the record shows a key that is not there"
		}
	}
	if len(rec.OrderItems) == 0 && !r.plan.legacy {
		return "the record shows nothing"
	}
	if len(rec.OrderItems) > 0 && len(rec.Licenses()) < len(c.asked.wants) {
		return "the record shows too little"
	}
	return ""
}

// kindIsTrue: what the caller is told of the order with the id.
func kindIsTrue(r *run, c *call) string {
	if c.e == nil || c.outcome() != ls.Refused {
		return ""
	}
	conflict, exists := c.e.Kind == ls.ErrOrderConflict, c.e.Kind == ls.ErrOrderExists
	last := c.seen[len(c.seen)-1]
	switch {
	case (conflict || exists) && c.held == nil && !last.injected:
		return "there is no such order"
	case conflict && len(c.e.Differences) == 0:
		return "a conflict without differences"
	case len(c.e.Differences) > 0 && c.held != nil && c.asked.is(c.held, r.shown):
		return fmt.Sprintf("the order is there as asked for, and said to differ: %v", c.e.Differences)
	}
	return ""
}

// existingNotRefused: EnsureOrder does not call an order wrong that is there
// just as asked, if it can see that.
func existingNotRefused(r *run, c *call) string {
	if c.op != ensure || c.outcome() != ls.Refused || c.e.Kind != ls.ErrInvalidRequest || !c.accepted ||
		c.held == nil || !c.asked.is(c.held, r.shown) || r.lastCreate(c).injected {
		return ""
	}
	if why := r.couldNotSee(c); why == "" && c.reads() < settleReads {
		return "refused as " + string(c.e.Kind) + ", and it is there"
	}
	return ""
}

// lastCreate is the last attempt of a call to make the order.
func (r *run) lastCreate(c *call) *sighting {
	for _, s := range slices.Backward(c.seen) {
		if s.method == http.MethodPost {
			return s
		}
	}
	return &sighting{}
}

// requestsBounded: a call that finds no end is a call that finds a rate limit.
func requestsBounded(r *run, c *call) string {
	attempts := c.process.plan.attempts
	rounds := 1
	if c.isKeyed() {
		rounds = attempts
	}
	if c.isKeyed() && c.op == ensure {
		rounds *= len(c.asked.wants) // each time with less to send
	}
	creates := rounds * attempts
	// A read is a list and perhaps the order itself; with ignored filters a few
	// pages. EnsureOrder may look before and after.
	reads := (rounds*settleReads + 2) * 2 * attempts
	// net/http sends a read again by itself if the connection it had kept turns
	// out to be dead.
	if n := len(r.creates(c)); n > creates {
		return fmt.Sprintf("%d creates", n)
	}
	if n := len(r.effects[c.number]); n > creates+2*reads || len(c.seen) > creates+reads {
		return fmt.Sprintf("%d requests, %d attempts", n, len(c.seen))
	}
	return ""
}

// settleReads is how often the SDK promises to look for an order.
const settleReads = 6

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// since is a time as the story tells it.
func (r *run) since(t time.Time) time.Duration { return t.Sub(r.began) }
