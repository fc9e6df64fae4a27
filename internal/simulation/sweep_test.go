package simulation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// TestSweep breaks one exchange at every byte of the request and of the response, in
// every way that a connection can break. It checks the expected outcome and the
// invariants.
func TestSweep(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{plain, keyed, keyless} {
		for _, breaks := range []lineBreak{
			{kind: cut}, {kind: cut, reset: true}, {kind: stalled}, {kind: cut, reused: true}, {kind: stalled, reused: true},
		} {
			t.Run(fmt.Sprintf("%s, %s", m, breaks), func(t *testing.T) {
				t.Parallel()
				sweep(t, m, breaks)
			})
		}
	}
}

// A lineBreak is a way in which a connection breaks.
type lineBreak struct {
	kind   breakage
	reset  bool
	reused bool // the connection was used before
}

func (b lineBreak) String() string {
	s := string(b.kind)
	if b.reset {
		s += " with a reset"
	}
	if b.reused {
		s += " when reused"
	}
	return s
}

func sweep(t *testing.T, m mode, b lineBreak) {
	t.Helper()
	intact := simulate(t, sweepPlan(m, b.reused, nil))
	require.Empty(t, intact.violations())
	size := intact.exchangeSize(t)
	for _, direction := range []lst.Direction{lst.ToServer, lst.ToClient} {
		for _, n := range size.offsets(direction, b) {
			faults := lineFaults{breakage: b.kind, reset: b.reset, direction: direction, at: offset{from: fromStart, n: n}}
			r := simulate(t, sweepPlan(m, b.reused, &faults))
			violations := r.violations()
			if difference := size.expect(m, b, direction, n).compare(r); difference != "" {
				violations = append(violations, difference)
			}
			if !assert.Empty(t, violations, "%s after %d bytes of %+v", direction, n, size) {
				t.Fatal(r.timeline())
			}
		}
	}
}

// An exchangeSize holds the sizes of the parts of an exchange in bytes.
type exchangeSize struct{ request, response, responseHead int64 }

// offsets returns the offsets at which an exchange is broken: all of them, or some of
// them and those around the end of a part.
func (l exchangeSize) offsets(d lst.Direction, b lineBreak) []int64 {
	step, ends := int64(sweepStep), []int64{l.request}
	if b.kind == stalled || b.reused {
		step *= 4 // these differ only around the ends
	}
	if d == lst.ToClient {
		ends = []int64{l.responseHead, l.response}
	}
	switch {
	case *sweepEvery > 0:
		step = *sweepEvery
	case testing.Short():
		step = 20
	}
	last := ends[len(ends)-1] + 1 // beyond the end, where the line remains intact
	var all []int64
	for n := range last + 1 {
		atEnd := slices.ContainsFunc(ends, func(end int64) bool { return end-1 <= n && n <= end+1 })
		if n%step == 0 || n == 1 || atEnd {
			all = append(all, n)
		}
	}
	return all
}

// sweepPlan returns a plan with one call for a small order, with generous timeouts, on
// a connection that breaks once.
func sweepPlan(m mode, reused bool, w *lineFaults) *plan {
	q := processPlan{
		attempts: 3, waitMin: 4 * time.Millisecond, waitMax: 16 * time.Millisecond,
		attemptTimeout: time.Second, callTimeout: time.Minute,
	}
	small := orderDraft{
		id: orderID, append: m != plain,
		items: []itemDraft{{product: "acmecad", licenses: []licenseDraft{{activations: 2}}}},
	}
	if m == keyed {
		small.items[0].licenses[0].key = "SWEE-PING-EVER-YBYT"
	}
	existing := small.clone()
	existing.append = false
	existing.items[0].licenses[0].key = ""
	if m == plain {
		existing.id = "other"
	}
	p := &plan{
		seed: 1, mode: m,
		existing:  []*orderSpec{existing.spec("existing", ls.DialectClassic)},
		variants:  []*orderSpec{small.spec("variant 0", ls.DialectClassic)},
		processes: []processPlan{q},
		callers:   []callerPlan{{op: create, tries: 1, pauses: []time.Duration{0}}},
	}
	line := 0 // the line of the existing order
	if !reused {
		p.processes = append(p.processes, q)
		p.callers[0].process, line = 1, 1
	}
	if w != nil {
		p.faults.lines = make([]lineFaults, line+1)
		p.faults.lines[line] = *w
	}
	return p
}

// exchangeSize measures the exchange of the call in a run without faults.
func (r *run) exchangeSize(t *testing.T) exchangeSize {
	t.Helper()
	c := r.firstCall()
	require.True(t, c.succeeded())
	created := r.creates(c)
	require.Len(t, created, 1)
	l := exchangeSize{request: r.request, response: created[0].ResponseBytes}
	l.responseHead = l.response - int64(len(c.result.Raw()))
	return l
}

func (r *run) firstCall() *call { return r.calls[len(r.plan.existing)] }

// An expectation is the expected result of a call.
type expectation struct {
	outcomes []ls.Outcome
	applied  int
	creates  [2]int // minimum and maximum number of create attempts
}

// compare returns how the call differs from the expectation, or "".
func (e expectation) compare(r *run) string {
	c := r.firstCall()
	got := fmt.Sprintf("the outcome is %q, applied %d times, with %d creates; want %+v", c.outcome(), r.changes(c), c.posts(), e)
	if n := c.posts(); n < e.creates[0] || n > e.creates[1] {
		return got
	}
	for _, o := range e.outcomes {
		if o == c.outcome() && r.changes(c) == e.applied {
			return ""
		}
		// A retry may follow an attempt that was not sent.
		if o == c.outcome() && o.Done() && e.applied == 0 && r.changes(c) == 1 {
			return ""
		}
	}
	return got
}

// expect returns the expected result of an exchange that breaks after n bytes.
func (l exchangeSize) expect(m mode, b lineBreak, d lst.Direction, n int64) expectation {
	done := ls.OutcomeCreated
	if m != plain {
		done = ls.OutcomeAppended
	}
	var (
		unaffected = expectation{[]ls.Outcome{done}, 1, [2]int{1, 1}}
		// The service did not receive the complete request.
		requestLost = map[mode]expectation{
			plain:   {[]ls.Outcome{done}, 1, [2]int{2, 2}},
			keyed:   {[]ls.Outcome{done}, 1, [2]int{2, 2}},
			keyless: {[]ls.Outcome{ls.OutcomeUnknown}, 0, [2]int{1, 1}},
		}
		// The service applied the request, and the response was lost.
		responseLost = map[mode]expectation{
			plain:   {[]ls.Outcome{ls.OutcomeRecovered}, 1, [2]int{2, 2}},
			keyed:   {[]ls.Outcome{ls.OutcomeRecovered}, 1, [2]int{1, 1}},
			keyless: {[]ls.Outcome{ls.OutcomeUnknown}, 1, [2]int{1, 1}},
		}
		// The response reported success, but its body was lost: no retry.
		bodyLost = map[mode]expectation{
			plain:   {[]ls.Outcome{ls.OutcomeRecovered}, 1, [2]int{1, 1}},
			keyed:   responseLost[keyed],
			keyless: responseLost[keyless],
		}
		// The connection was cut before the first byte. Whether the request counts as
		// sent depends on whether the client notices the cut before it writes. net/http
		// may also replace an idle connection.
		cutIdle = map[mode]expectation{
			plain:   {[]ls.Outcome{done}, 1, [2]int{1, 2}},
			keyed:   {[]ls.Outcome{done}, 1, [2]int{1, 2}},
			keyless: {[]ls.Outcome{done, ls.OutcomeUnknown}, 0, [2]int{1, 2}},
		}
	)
	switch {
	case n == 0 && b.kind == cut:
		return cutIdle[m]
	case d == lst.ToServer && n < l.request:
		return requestLost[m]
	case d == lst.ToServer && n == l.request && b.kind == cut:
		return responseLost[m]
	case d == lst.ToServer:
		return unaffected
	case n < l.responseHead:
		return responseLost[m]
	case n < l.response:
		return bodyLost[m]
	default:
		return unaffected
	}
}
