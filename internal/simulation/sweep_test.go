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

// The sweep breaks one exchange at every byte of the request and of the answer,
// in every way a connection can break, and knows what has to come of it. What
// holds of every run of the simulation is checked besides.
func TestSweep(t *testing.T) {
	t.Parallel()
	for _, m := range []mode{plain, keyed, bare} {
		for _, breaks := range []brokenBy{
			{how: cut}, {how: cut, reset: true}, {how: stalls}, {how: cut, reused: true}, {how: stalls, reused: true},
		} {
			t.Run(fmt.Sprintf("%s, %s", m, breaks), func(t *testing.T) {
				t.Parallel()
				sweep(t, m, breaks)
			})
		}
	}
}

// brokenBy is a way in which a connection breaks.
type brokenBy struct {
	how    breakage
	reset  bool
	reused bool // the connection has carried a request before
}

func (b brokenBy) String() string {
	s := string(b.how)
	if b.reset {
		s += " with a reset"
	}
	if b.reused {
		s += " when reused"
	}
	return s
}

func sweep(t *testing.T, m mode, b brokenBy) {
	t.Helper()
	calm := simulate(t, sweepPlan(m, b.reused, nil))
	require.Empty(t, calm.violations())
	l := calm.exchange(t)
	for _, direction := range []lst.Direction{lst.ToServer, lst.ToClient} {
		for _, n := range l.places(direction, b) {
			w := lineWeather{breaks: b.how, reset: b.reset, direction: direction, at: offset{from: fromStart, n: n}}
			r := simulate(t, sweepPlan(m, b.reused, &w))
			wrong := r.violations()
			if how := l.expect(m, b, direction, n).differs(r); how != "" {
				wrong = append(wrong, how)
			}
			if !assert.Empty(t, wrong, "%s after %d bytes of %+v", direction, n, l) {
				t.Fatal(r.story())
			}
		}
	}
}

// exchange is how long the parts of one exchange are, in bytes.
type exchange struct{ request, answer, answerHead int64 }

// places are the bytes after which an exchange is broken: all of them, or some
// and those around which something changes.
func (l exchange) places(d lst.Direction, b brokenBy) []int64 {
	step, ends := int64(sweepStep), []int64{l.request}
	if b.how == stalls || b.reused {
		step *= 4 // what is different about them is at the ends
	}
	if d == lst.ToClient {
		ends = []int64{l.answerHead, l.answer}
	}
	switch {
	case *sweepEvery > 0:
		step = *sweepEvery
	case testing.Short():
		step = 20
	}
	last := ends[len(ends)-1] + 1 // one more than there is: then the line is left whole
	var all []int64
	for n := range last + 1 {
		atEnd := slices.ContainsFunc(ends, func(end int64) bool { return end-1 <= n && n <= end+1 })
		if n%step == 0 || n == 1 || atEnd {
			all = append(all, n)
		}
	}
	return all
}

// sweepPlan is a small order, asked for once with room for everything, on a
// connection that breaks in one place.
func sweepPlan(m mode, reused bool, w *lineWeather) *plan {
	q := processPlan{
		attempts: 3, waitMin: 4 * time.Millisecond, waitMax: 16 * time.Millisecond,
		attemptTimeout: time.Second, callTimeout: time.Minute,
	}
	small := draft{
		id: orderID, append: m != plain,
		items: []draftItem{{product: "acme-cad", licenses: []draftLicense{{activations: 2}}}},
	}
	if m == keyed {
		small.items[0].licenses[0].key = "SWEE-PING-EVER-YBYT"
	}
	there := small.clone()
	there.append = false
	there.items[0].licenses[0].key = ""
	if m == plain {
		there.id = "other"
	}
	p := &plan{
		seed: 1, mode: m,
		before:    []*asked{there.write("there before", ls.PageDialect)},
		variants:  []*asked{small.write("variant 0", ls.PageDialect)},
		processes: []processPlan{q},
		callers:   []callerPlan{{op: create, tries: 1, pauses: []time.Duration{0}}},
	}
	line := 0 // that which the first order went over
	if !reused {
		p.processes = append(p.processes, q)
		p.callers[0].process, line = 1, 1
	}
	if w != nil {
		p.weather.lines = make([]lineWeather, line+1)
		p.weather.lines[line] = *w
	}
	return p
}

// exchange measures the exchange of the call, where nothing was in its way.
func (r *run) exchange(t *testing.T) exchange {
	t.Helper()
	c := r.firstCall()
	require.True(t, c.made())
	created := r.creates(c)
	require.Len(t, created, 1)
	l := exchange{request: r.request, answer: created[0].ResponseBytes}
	l.answerHead = l.answer - int64(len(c.result.Raw()))
	return l
}

func (r *run) firstCall() *call { return r.calls[len(r.plan.before)] }

// expectation is what has to come of a call.
type expectation struct {
	outcomes []ls.Outcome
	acted    int
	creates  [2]int // how many attempts to create, at least and at most
}

func (e expectation) differs(r *run) string {
	c := r.firstCall()
	got := fmt.Sprintf("the call ends %s, acted %d times, with %d creates; expected %+v", c.outcome(), r.changes(c), c.posts(), e)
	if n := c.posts(); n < e.creates[0] || n > e.creates[1] {
		return got
	}
	for _, o := range e.outcomes {
		if o == c.outcome() && r.changes(c) == e.acted {
			return ""
		}
		// An attempt that did not get out may be made good by the next one.
		if o == c.outcome() && o.Made() && e.acted == 0 && r.changes(c) == 1 {
			return ""
		}
	}
	return got
}

// expect says what has to come of an exchange that breaks after n bytes.
func (l exchange) expect(m mode, b brokenBy, d lst.Direction, n int64) expectation {
	made := ls.Created
	if m != plain {
		made = ls.Appended
	}
	var (
		untouched = expectation{[]ls.Outcome{made}, 1, [2]int{1, 1}}
		// The service did not get it all, so that nothing was made at first.
		lostBefore = map[mode]expectation{
			plain: {[]ls.Outcome{made}, 1, [2]int{2, 2}},
			keyed: {[]ls.Outcome{made}, 1, [2]int{2, 2}},
			bare:  {[]ls.Outcome{ls.Unknown}, 0, [2]int{1, 1}},
		}
		// It got it all, and the answer did not arrive.
		lostAfter = map[mode]expectation{
			plain: {[]ls.Outcome{ls.Recovered}, 1, [2]int{2, 2}},
			keyed: {[]ls.Outcome{ls.Recovered}, 1, [2]int{1, 1}},
			bare:  {[]ls.Outcome{ls.Unknown}, 1, [2]int{1, 1}},
		}
		// The answer said that it was made, and not what: it is not sent again.
		lostWithin = map[mode]expectation{
			plain: {[]ls.Outcome{ls.Recovered}, 1, [2]int{1, 1}},
			keyed: lostAfter[keyed],
			bare:  lostAfter[bare],
		}
		// A connection that is cut before it carries a byte. Whether the request
		// counts as sent depends on who comes first, the news or the request; a
		// kept connection may also be replaced unnoticed.
		dead = map[mode]expectation{
			plain: {[]ls.Outcome{made}, 1, [2]int{1, 2}},
			keyed: {[]ls.Outcome{made}, 1, [2]int{1, 2}},
			bare:  {[]ls.Outcome{made, ls.Unknown}, 0, [2]int{1, 2}},
		}
	)
	switch {
	case n == 0 && b.how == cut:
		return dead[m]
	case d == lst.ToServer && n < l.request:
		return lostBefore[m]
	case d == lst.ToServer && n == l.request && b.how == cut:
		return lostAfter[m]
	case d == lst.ToServer:
		return untouched
	case n < l.answerHead:
		return lostAfter[m]
	case n < l.answer:
		return lostWithin[m]
	default:
		return untouched
	}
}
