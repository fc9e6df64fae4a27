package simulation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A serverRequest is a request that the service received, with the numbers of the
// attempt and of the send.
type serverRequest struct {
	lst.Request
	tag
}

// violations returns every violation of an invariant in a run.
func (r *run) violations() []string {
	var found []string
	report := func(s string) { found = append(found, s) }
	r.attributeRequests(report)
	for _, c := range r.calls {
		for _, i := range invariants {
			if violation := i.check(r, c); violation != "" {
				report(fmt.Sprintf("call %d: %s: %s", c.number, i.name, violation))
			}
		}
	}
	for _, violation := range r.attemptViolations() {
		report(violation)
	}
	for _, violation := range r.finalViolations() {
		report(violation)
	}
	r.checkSecrets(report)
	return found
}

// attributeRequests assigns each request of the service to its call.
func (r *run) attributeRequests(report func(string)) {
	r.received = make(map[int][]serverRequest)
	for _, req := range r.requests {
		t, ok := parseTag(req.Header.Get(headerTag))
		if !ok {
			report("the service received a request without a tag: " + req.Method + " " + req.Path)
			continue
		}
		r.received[t.call] = append(r.received[t.call], serverRequest{req, t})
	}
}

// creates returns the create requests of a call that the service received.
func (r *run) creates(c *call) []serverRequest {
	return slices.DeleteFunc(slices.Clone(r.received[c.number]), func(s serverRequest) bool { return s.Endpoint != lst.CreateOrder })
}

// changes returns the number of requests of a call that the service applied, even
// after the end of the call.
func (r *run) changes(c *call) int {
	n := 0
	for _, s := range r.received[c.number] {
		if s.Changed {
			n++
		}
	}
	return n
}

// invariants must hold for each call. check returns a violation, or "".
var invariants = [...]struct {
	name  string
	check func(*run, *call) string
}{
	{"a call is applied at most once", func(r *run, c *call) string {
		if n := r.changes(c); n > 1 {
			return fmt.Sprintf("it was applied %d times", n)
		}
		return ""
	}},
	{"a call has exactly one outcome", func(_ *run, c *call) string {
		switch {
		case (c.result == nil) == (c.err == nil):
			return fmt.Sprintf("result %v and error %v", c.result != nil, c.err)
		case c.result != nil && (c.result.Order == nil || !c.outcome().Done()):
			return fmt.Sprintf("a result with outcome %q, record %v", c.outcome(), c.result.Order != nil)
		}
		return c.errorHasOneOutcome()
	}},
	{"an unknown outcome matches no other kind", func(_ *run, c *call) string { return c.unknownMatchesAlone() }},
	{"ErrNotSent matches if and only if nothing reached the service", func(r *run, c *call) string {
		return c.notSentIsTrue(len(r.received[c.number]))
	}},
	{"the outcome is true", outcomeIsTrue},
	{"the order is created as sent", resultMatchesOrder},
	{"the kind of error is true", kindIsTrue},
	{"what can be settled is settled", func(r *run, c *call) string {
		if c.outcome() == ls.OutcomeUnknown {
			return r.unjustifiedUnknown(c)
		}
		return ""
	}},
	{"an existing order is not rejected", existingNotRejected},
	{"a call ends in time", func(_ *run, c *call) string { return c.endsInTime() }},
	{"a rate limit has a time and a source", func(_ *run, c *call) string { return c.limitHasTime() }},
	{"a canceled call returns the error of its context", func(r *run, c *call) string {
		if c.err != nil && len(c.observed) > 0 && isAtCancel(c) && !isContext(c.err) && !r.conflictNeedsNoProducts(c) {
			return "the error is not the context's: " + c.err.Error()
		}
		return ""
	}},
	{"an error of the context needs a context that is done", func(_ *run, c *call) string { return c.contextWasDone() }},
	{"the number of requests is bounded", requestsBounded},
	{"events match the attempts", func(_ *run, c *call) string {
		op := ls.OpCreateOrder
		if c.op == ensure {
			op = ls.OpEnsureOrder
		}
		return c.eventsMatch(ls.CallStarted{Op: op, OrderID: c.spec.order.ID})
	}},
}

// outcomeIsTrue compares the outcome with what the service applied.
func outcomeIsTrue(r *run, c *call) string {
	applied, o := r.changes(c), c.outcome()
	switch {
	case (o == ls.OutcomeCreated || o == ls.OutcomeAppended) && applied != 1:
		return fmt.Sprintf("%s, and it was applied %d times", o, applied)
	case (o == ls.OutcomeRejected || o == ls.OutcomeNotSent || o == ls.OutcomeExisting) && applied != 0:
		return fmt.Sprintf("%s, and it was applied", o)
	case o == ls.OutcomeNotSent && len(r.creates(c)) > 0:
		return "not sent, and the service received it"
	case o == ls.OutcomeCreated && c.stored != nil && !r.createdOrder(c):
		return "created, and another call created the order"
	case o == ls.OutcomeCreated && !c.spec.order.Append && len(c.stored.Requests) > 1 && r.plan.mode == plain:
		return "created, and another request changed the order"
	}
	return ""
}

// createdOrder reports whether a request of the call created the stored order. Two
// calls with the same body cannot be distinguished.
func (r *run) createdOrder(c *call) bool {
	return c.stored != nil && slices.ContainsFunc(r.creates(c), func(s serverRequest) bool {
		return s.Changed && bytes.Equal(s.Body, c.stored.Requests[0])
	})
}

// resultMatchesOrder compares the order of a result with the stored one.
func resultMatchesOrder(r *run, c *call) string {
	if !c.succeeded() {
		return ""
	}
	rec := c.result.Order
	switch {
	case c.stored == nil:
		return "there is no such order"
	case r.plan.mode == mixed && !c.spec.isPartOf(c.stored), r.plan.mode != mixed && !c.spec.matches(c.stored, r.shows):
		return "the stored order is a different one"
	case rec.ID != 0 && rec.ID != c.stored.ID, rec.StoreID != "" && rec.StoreID != c.spec.order.ID:
		return "the record is that of another order"
	}
	keys := make(map[string]bool)
	for _, l := range c.stored.Licenses() {
		keys[l.Key] = true
	}
	for _, key := range rec.LicenseKeys() {
		if !keys[key] {
			return "the record contains a key that is not stored"
		}
	}
	if len(rec.OrderItems) == 0 && !r.plan.legacy {
		return "the record contains no items"
	}
	if len(rec.OrderItems) > 0 && len(rec.Licenses()) < len(c.spec.licenses) {
		return "the record contains too few licenses"
	}
	return ""
}

// kindIsTrue compares the kind of a rejection with the stored order.
func kindIsTrue(r *run, c *call) string {
	if c.e == nil || c.outcome() != ls.OutcomeRejected {
		return ""
	}
	conflict, exists := c.e.Kind == ls.ErrOrderConflict, c.e.Kind == ls.ErrOrderExists
	last := c.observed[len(c.observed)-1]
	switch {
	case (conflict || exists) && c.stored == nil && !last.injected:
		return "there is no such order"
	case conflict && len(c.e.Differences) == 0:
		return "a conflict without differences"
	case len(c.e.Differences) > 0 && c.stored != nil && c.spec.matches(c.stored, r.shows):
		return fmt.Sprintf("the stored order matches, and is reported to differ: %v", c.e.Differences)
	}
	return ""
}

// existingNotRejected checks that EnsureOrder does not reject an order that exists
// as sent, if it can look it up.
func existingNotRejected(r *run, c *call) string {
	if c.op != ensure || c.outcome() != ls.OutcomeRejected || c.e.Kind != ls.ErrInvalidRequest || !c.accepted ||
		c.stored == nil || !c.spec.matches(c.stored, r.shows) || r.lastCreate(c).injected {
		return ""
	}
	if reason := r.whyNotFound(c); reason == "" && c.lookupCount() < maxLookups {
		return "rejected as " + string(c.e.Kind) + ", and it exists"
	}
	return ""
}

// lastCreate returns the last attempt to create the order, or an empty one.
func (r *run) lastCreate(c *call) *observation {
	for _, o := range slices.Backward(c.observed) {
		if o.method == http.MethodPost {
			return o
		}
	}
	return &observation{}
}

// requestsBounded checks the number of creates and of requests.
func requestsBounded(r *run, c *call) string {
	attempts := c.process.plan.attempts
	rounds := 1
	if c.isKeyed() {
		rounds = attempts
	}
	if c.isKeyed() && c.op == ensure {
		rounds *= len(c.spec.licenses) // each round sends fewer licenses
	}
	creates := rounds * attempts
	// A lookup takes a list request and possibly a request for the order, or a few
	// pages if filters are ignored. EnsureOrder may look up before and after.
	// Each may end with the read of a product that fails; those that succeed are cached.
	lookups := (rounds*maxLookups+2)*3*attempts + len(catalogue())
	if c.posts() > creates || len(c.observed) > creates+lookups {
		return fmt.Sprintf("%d creates, %d attempts", c.posts(), len(c.observed))
	}
	maximum := c.process.plan.maxSends()
	for _, o := range c.observed {
		if len(o.sends) > maximum {
			return fmt.Sprintf("%d sends of one attempt", len(o.sends))
		}
	}
	// net/http retries a read if its idle connection turns out to be closed.
	if n := len(r.received[c.number]); n > maximum*(creates+2*lookups) {
		return fmt.Sprintf("%d requests", n)
	}
	return ""
}

// maxLookups is the number of times that the SDK polls for an order.
const maxLookups = 6

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
