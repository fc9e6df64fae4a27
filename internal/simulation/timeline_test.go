package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// timeline returns the plan of a run, its events in order and the stored orders.
func (r *run) timeline() string {
	var b strings.Builder
	p := r.plan
	fmt.Fprintf(&b, "seed %d: %s, service: dialect %v, quirks %v, legacy %v, ignores filters %v, lookup delay %v, rate limit %+v; shared rate limit %d\n",
		p.seed, p.mode, p.dialect, p.quirks, p.legacy, p.ignoredFilters, p.lookupDelay, p.rateLimit, p.limit)
	if p.combined {
		fmt.Fprintf(&b, "  combination: %+v\n", p.combination)
	}
	for _, s := range slices.Concat(p.existing, p.variants) {
		fmt.Fprintf(&b, "  %s: %s, append %v", s.name, s.order.ID, s.order.Append)
		for _, l := range s.licenses {
			fmt.Fprintf(&b, ", {%s %s %v %v}", l.product, l.key, l.users, l.properties)
		}
		b.WriteByte('\n')
	}
	for i := range p.processes {
		fmt.Fprintf(&b, "  process %d: %s\n", i, &p.processes[i])
	}
	for i := range p.callers {
		fmt.Fprintf(&b, "  caller %d: %s\n", i+1, &p.callers[i])
	}
	for i := range min(len(p.faults.lines), r.dials) {
		fmt.Fprintf(&b, "  line %d: %s\n", i+1, &p.faults.lines[i])
	}
	for _, f := range p.faults.service {
		fmt.Fprintf(&b, "  fault: %v\n", f)
	}
	for _, o := range p.faults.outages {
		fmt.Fprintf(&b, "  outage: at %v, for %v\n", o.at, o.duration)
	}
	r.writeEvents(&b)
	for i := range r.orders {
		o := &r.orders[i]
		fmt.Fprintf(&b, "  stored: %s %d, by %d requests, the first at %v\n", o.StoreID, o.ID, len(o.Requests), r.since(o.StoredAt))
		for _, l := range o.Licenses() {
			fmt.Fprintf(&b, "    %s %v %v\n", l.Key, l.Users, l.Properties)
		}
	}
	return b.String()
}

// writeEvents writes the events of a run in order.
func (r *run) writeEvents(b *strings.Builder) {
	type event struct {
		at   time.Time
		text string
	}
	var all []event
	add := func(at time.Time, format string, args ...any) {
		all = append(all, event{at, fmt.Sprintf(format, args...)})
	}
	add(r.faultsBegan, "-- the faults begin")
	add(r.faultsEnded, "-- the faults end")
	for _, c := range r.calls {
		add(c.start, "call %d: %s %s of %s", c.number, c.caller, c.op, c.spec.name)
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
		for _, e := range r.received[c.number] {
			add(e.Time, "call %d: attempt %d.%d: service: %s %d, changed %v, %d bytes, %s", c.number, e.attempt, e.send, e.Endpoint, e.Status, e.Changed, e.ResponseBytes, e.Fault)
		}
	}
	slices.SortStableFunc(all, func(x, y event) int { return x.at.Compare(y.at) })
	for _, e := range all {
		fmt.Fprintf(b, "  %14v %s\n", r.since(e.at), e.text)
	}
}

// The String methods below omit zero values.

func (q *processPlan) String() string {
	s := fmt.Sprintf("%d attempts, waits %v to %v, attempt timeout %v, call timeout %v, dialect %v, wrong key %v",
		q.attempts, q.waitMin, q.waitMax, q.attemptTimeout, q.callTimeout, q.dialect, q.wrongKey)
	if t := q.transport; t.kind != direct {
		s += fmt.Sprintf(", transport %s: %d repeats after %v", t.kind, t.repeats, t.wait)
	}
	return s
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
	if c.repeats {
		s += ", repeats a successful call"
	}
	return s
}

func (f *lineFaults) String() string {
	s := "latency " + f.latency.String()
	if f.refused {
		s += ", refused"
	}
	if f.breakage != intact {
		s += fmt.Sprintf(", %s %s at %s%+d, after %d more requests", f.breakage, f.direction, f.at.from, f.at.n, f.at.requests)
	}
	if f.reset {
		s += ", cuts are resets"
	}
	return s
}
