package simulation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// rareLicenseStates are those that the default seeds need not reach.
var rareLicenseStates = []string{"ensure: unknown, because a record stopped showing is_trial"}

// TestSimulationOfLicenses changes licenses with every write after the sale. Others
// change them too, and requests and responses are lost and delayed.
func TestSimulationOfLicenses(t *testing.T) {
	t.Parallel()
	names := make([]string, len(licenseStates))
	for i, s := range &licenseStates {
		names[i] = s.name
	}
	runSeeds(t, defaultLicenseSeeds, names, rareLicenseStates, func(t *testing.T, seed uint64) *seedResult {
		t.Helper()
		return simulateLicenses(t, newLicensePlan(seed)).result()
	})
}

func (r *licenseRun) result() *seedResult {
	return &seedResult{
		test: "TestSimulationOfLicenses", seed: r.plan.seed, violations: r.violations(), reached: r.states(), timeline: r.timeline,
	}
}

// timeline returns the plan of a run, its events in order and the stored licenses.
func (r *licenseRun) timeline() string {
	var b strings.Builder
	p := r.plan
	fmt.Fprintf(&b, "seed %d: service: dialect %v, quirks %v, lookup delay %v, stale reads %v, rejects repeats %v, rejects features %v, cap %d, rate limit %+v, hides %+v; shared rate limit %d\n",
		p.seed, p.dialect, p.quirks, p.lookupDelay, p.staleReads, p.rejectedRepeats, p.rejectedFeatures, p.cap, p.rateLimit, p.hidden, p.limit)
	for i, l := range p.licenses {
		fmt.Fprintf(&b, "  license %d: %+v\n", r.ids[i], l)
	}
	for i := range p.processes {
		fmt.Fprintf(&b, "  writer %d: after %v, %s\n", i+1, p.writers[i].after, &p.processes[i])
	}
	for i := range min(len(p.faults.lines), r.dials) {
		fmt.Fprintf(&b, "  line %d: %s\n", i+1, &p.faults.lines[i])
	}
	for _, f := range p.faults.service {
		fmt.Fprintf(&b, "  fault: %v\n", f)
	}
	for _, m := range p.misrouted {
		fmt.Fprintf(&b, "  fault: another license is shown: %+v\n", m)
	}
	for _, o := range p.faults.outages {
		fmt.Fprintf(&b, "  outage: at %v, for %v\n", o.at, o.duration)
	}
	r.writeEvents(&b)
	for _, l := range r.stored {
		fmt.Fprintf(&b, "  stored: %d enabled %v, %v, features %v, users %v\n", l.ID, l.Enabled, l.Properties, l.Features, l.Users)
	}
	return b.String()
}

// writeEvents writes the events of a run in order.
func (r *licenseRun) writeEvents(b *strings.Builder) {
	type event struct {
		at   time.Time
		text string
	}
	var all []event
	add := func(at time.Time, format string, args ...any) {
		all = append(all, event{at, fmt.Sprintf(format, args...)})
	}
	add(r.faultsEnded, "-- the faults end")
	for _, a := range r.actions {
		add(a.done, "administrator: license %d: %s", r.ids[a.license], a)
	}
	for _, c := range r.calls {
		add(c.start, "call %d: %s: %s %d %s", c.number, c.caller, c.plan.op, c.id, &c.plan.wanted)
		for i, a := range c.attempts() {
			add(a.Start, "call %d: attempt %d: %v (took %v)", c.number, i+1, a, a.Took)
		}
		switch {
		case c.result != nil:
			add(c.end, "call %d: ends: %s %v", c.number, c.result.Outcome, c.warnings)
		case c.e != nil:
			add(c.end, "call %d: ends: [%s] %v %v", c.number, c.e.Outcome, c.e, c.e.Differences)
		default:
			add(c.end, "call %d: ends: %v", c.number, c.err)
		}
		for _, e := range r.received[c.number] {
			add(e.Time, "call %d: attempt %d.%d: service: %s %d, %d bytes, %s %s", c.number, e.attempt, e.send, e.Endpoint, e.Status, e.ResponseBytes, e.Fault, e.Body)
			if e.Changed {
				add(e.Applied, "call %d: attempt %d.%d: applied", c.number, e.attempt, e.send)
			}
		}
	}
	slices.SortStableFunc(all, func(x, y event) int { return x.at.Compare(y.at) })
	for _, e := range all {
		fmt.Fprintf(b, "  %14v %s\n", r.since(e.at), e.text)
	}
}

// The String methods below omit what is not set.

func (w *wanted) String() string {
	var parts []string
	add := func(name string, value any) { parts = append(parts, fmt.Sprintf("%s %v", name, value)) }
	if w.enabled != nil {
		add("enabled", *w.enabled)
	}
	if w.values != nil {
		add("values", w.values)
	}
	if w.metadata != nil {
		add("metadata", w.metadata)
	}
	if w.namesFeatures {
		add("features", w.features)
	}
	if w.namesUsers {
		add("users", w.users)
	}
	if w.assigned != nil {
		add("assigned", *w.assigned)
	}
	if w.unassigned != "" {
		add("unassigned", w.unassigned)
	}
	if w.allowShorten {
		parts = append(parts, "may shorten")
	}
	if w.allowEnable {
		parts = append(parts, "may enable")
	}
	return strings.Join(parts, ", ")
}

func (a *adminAction) String() string {
	switch {
	case a.enable != nil:
		return fmt.Sprintf("enabled %v", *a.enable)
	case a.values != nil:
		return fmt.Sprintf("values %v", a.values)
	case a.add != "":
		return fmt.Sprintf("adds %s: %v", a.add, a.effective)
	default:
		return fmt.Sprintf("removes %s: %v", a.remove, a.effective)
	}
}
