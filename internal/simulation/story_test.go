package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// story tells a run step by step: what was planned, what happened when, and what
// there was in the end.
func (r *run) story() string {
	var b strings.Builder
	p := r.plan
	fmt.Fprintf(&b, "seed %d: %s, service: dialect %v, quirks %v, legacy %v, ignores filters %v, lookup delay %v, rate limit %+v; shared budget %d\n",
		p.seed, p.mode, p.dialect, p.quirks, p.legacy, p.ignoredFilters, p.lookupDelay, p.rateLimit, p.plan)
	for _, a := range slices.Concat(p.before, p.variants) {
		fmt.Fprintf(&b, "  %s: %s, append %v", a.name, a.order.ID, a.order.Append)
		for _, w := range a.wants {
			fmt.Fprintf(&b, ", {%s %s %v %v}", w.product, w.key, w.users, w.properties)
		}
		b.WriteByte('\n')
	}
	for i := range p.processes {
		fmt.Fprintf(&b, "  process %d: %s\n", i, &p.processes[i])
	}
	for i := range p.callers {
		fmt.Fprintf(&b, "  caller %d: %s\n", i+1, &p.callers[i])
	}
	for i := range min(len(p.weather.lines), r.dials) {
		fmt.Fprintf(&b, "  line %d: %s\n", i+1, &p.weather.lines[i])
	}
	for _, f := range p.weather.faults {
		fmt.Fprintf(&b, "  fault: %v\n", f)
	}
	for _, o := range p.weather.outages {
		fmt.Fprintf(&b, "  outage: at %v, for %v\n", o.at, o.lasts)
	}
	r.events(&b)
	for i := range r.orders {
		o := &r.orders[i]
		fmt.Fprintf(&b, "  held: %s %d, by %d requests, the first at %v\n", o.StoreID, o.ID, len(o.Requests), r.since(o.StoredAt))
		for _, l := range o.Licenses() {
			fmt.Fprintf(&b, "    %s %v %v\n", l.Key, l.Users, l.Properties)
		}
	}
	return b.String()
}

// events are what happened, in order.
func (r *run) events(b *strings.Builder) {
	type event struct {
		at   time.Time
		text string
	}
	var all []event
	add := func(at time.Time, format string, args ...any) {
		all = append(all, event{at, fmt.Sprintf(format, args...)})
	}
	add(r.storm, "-- the storm begins")
	add(r.cleared, "-- the weather clears")
	for _, c := range r.calls {
		add(c.start, "call %d: %s %s of %s", c.number, c.caller, c.op, c.asked.name)
		for i, a := range c.attempts() {
			add(a.Start, "call %d: attempt %d: %v (took %v)", c.number, i+1, a, a.Took)
		}
		switch {
		case c.result != nil:
			add(c.end, "call %d: ends: %s", c.number, c.result.Outcome)
		case c.e != nil:
			add(c.end, "call %d: ends: [%s] %v %v", c.number, c.e.Outcome, c.e, c.e.Differences)
		default:
			add(c.end, "call %d: ends: %v", c.number, c.err)
		}
		for _, e := range r.effects[c.number] {
			add(e.Time, "call %d: attempt %d: service: %s %d, changed %v, %d bytes, %s", c.number, e.attempt, e.Endpoint, e.Status, e.Changed, e.ResponseBytes, e.Fault)
		}
	}
	slices.SortStableFunc(all, func(x, y event) int { return x.at.Compare(y.at) })
	for _, e := range all {
		fmt.Fprintf(b, "  %14v %s\n", r.since(e.at), e.text)
	}
}

// What follows prints parts of a plan: what is not there is not told.

func (q *processPlan) String() string {
	return fmt.Sprintf("%d attempts, waits %v to %v, attempt timeout %v, call timeout %v, dialect %v, wrong key %v",
		q.attempts, q.waitMin, q.waitMax, q.attemptTimeout, q.callTimeout, q.dialect, q.wrongKey)
}

func (c *callerPlan) String() string {
	s := fmt.Sprintf("%s of variant %d by process %d after %v, tries %d, pauses %v", c.op, c.variant, c.process, c.after, c.tries, c.pauses)
	for _, limit := range []struct {
		name string
		at   time.Duration
	}{{"cancels", c.cancel}, {"deadline", c.deadline}, {"crashes", c.crash}, {"restarts", c.restart}} {
		if limit.at != 0 {
			s += fmt.Sprintf(", %s after %v", limit.name, limit.at)
		}
	}
	if c.again {
		s += ", asks again when it is made"
	}
	return s
}

func (w *lineWeather) String() string {
	s := "latency " + w.latency.String()
	if w.refused {
		s += ", refused"
	}
	if w.breaks != whole {
		s += fmt.Sprintf(", %s %s at %s%+d, after %d more requests", w.breaks, w.direction, w.at.from, w.at.n, w.at.after)
	}
	if w.reset {
		s += ", cuts are resets"
	}
	return s
}
