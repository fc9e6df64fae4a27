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

// TestSweepOfLicenses breaks the connection of each write after the sale at every byte
// of its requests and responses. It checks the invariants, and that the call is done
// unless nothing can settle it.
func TestSweepOfLicenses(t *testing.T) {
	t.Parallel()
	for _, s := range licenseSweeps() {
		for _, b := range []lineBreak{{kind: cut}, {kind: cut, reset: true}, {kind: stalled}} {
			t.Run(fmt.Sprintf("%s, %s", s.name, b), func(t *testing.T) {
				t.Parallel()
				s.sweep(t, b)
			})
		}
	}
}

// A licenseSweep is a call whose connection breaks.
type licenseSweep struct {
	name   string
	op     ls.Op
	wanted wanted
	// unsettled reports that a lost request or response can make the outcome unknown,
	// because the request must not be repeated or no read shows its effect.
	unsettled bool
}

func licenseSweeps() []licenseSweep {
	renewed := map[string]any{"validity_period": "2031-06-11", "is_trial": false}
	user := wantedUser{email: userAddress(1)}
	return []licenseSweep{
		{name: "update", op: ls.OpUpdateLicense, wanted: wanted{values: renewed}},
		{name: "update of metadata", op: ls.OpUpdateLicense, wanted: wanted{metadata: map[string]any{"seat": true}, replaces: true}, unsettled: true},
		{name: "features", op: ls.OpUpdateFeatures, wanted: wanted{features: []wantedFeature{{code: "teams", expiry: "2031-05-11"}}, namesFeatures: true}},
		{name: "enable", op: ls.OpEnableLicense, wanted: wanted{enabled: new(true)}},
		{name: "disable", op: ls.OpDisableLicense, wanted: wanted{enabled: new(false)}},
		{name: "assign", op: ls.OpAssignUser, wanted: wanted{assigned: &user}, unsettled: true},
		{name: "unassign", op: ls.OpUnassignUser, wanted: wanted{unassigned: userAddress(0)}},
		{name: "password", op: ls.OpSetUserPassword, unsettled: true}, // no read shows a password
		{name: "ensure, reducing access", op: ls.OpEnsureLicense, wanted: wanted{
			enabled: new(false), values: map[string]any{"note": "reduced"}, namesFeatures: true, namesUsers: true,
		}},
		{name: "ensure, extending access", op: ls.OpEnsureLicense, wanted: wanted{
			values: renewed, metadata: map[string]any{"tier": 7.0}, users: []wantedUser{{email: userAddress(0)}, user}, namesUsers: true,
		}, unsettled: true},
	}
}

// plan returns a plan with one call, whose connection breaks after a number of bytes.
func (s *licenseSweep) plan(w *lineFaults) *licensePlan {
	p := &licensePlan{
		seed:     1,
		licenses: []existingLicense{{userBased: true, users: []string{userAddress(0)}, validity: "2031-03-11", metadata: map[string]any{"seat": true, "plan": 7.0}}},
		processes: []processPlan{{
			attempts: 3, waitMin: 4 * time.Millisecond, waitMax: 16 * time.Millisecond, attemptTimeout: time.Second, callTimeout: time.Minute,
		}},
		writers: []writerPlan{{after: time.Millisecond, calls: []licenseCallPlan{{
			op: s.op, wanted: s.wanted, address: userAddress(0), secret: "not-a-real-one", tries: 1, pause: time.Millisecond,
		}}}},
	}
	if w != nil {
		p.faults.lines = []lineFaults{{}, *w} // the first line is that of the setup
	}
	return p
}

// sweep breaks the connection of the call at each offset of the bytes that it sends
// and receives.
func (s *licenseSweep) sweep(t *testing.T, b lineBreak) {
	t.Helper()
	intact := simulateLicenses(t, s.plan(nil))
	require.Empty(t, intact.violations())
	require.Equal(t, ls.OutcomeChanged, intact.calls[0].outcome())
	for _, direction := range []lst.Direction{lst.ToServer, lst.ToClient} {
		ends := intact.exchangeEnds(direction)
		require.Equal(t, intact.network.Line(2).Sent(direction), ends[len(ends)-1])
		for _, n := range offsets(ends, direction, b) {
			faults := lineFaults{breakage: b.kind, reset: b.reset, direction: direction, at: offset{from: fromStart, n: n}}
			r := simulateLicenses(t, s.plan(&faults))
			violations := r.violations()
			c := r.calls[0]
			switch o := c.outcome(); {
			case o == ls.OutcomeUnknown && s.unsettled:
			case o != ls.OutcomeChanged:
				violations = append(violations, fmt.Sprintf("the outcome is %q: %v", o, c.err))
			case n >= ends[len(ends)-1] && len(c.observed) != len(intact.calls[0].observed) && b.kind == stalled:
				violations = append(violations, fmt.Sprintf("%d attempts, although nothing broke", len(c.observed)))
			}
			if !assert.Empty(t, violations, "%s after %d bytes; the exchanges end at %v", direction, n, ends) {
				t.Fatal(r.timeline())
			}
		}
	}
}

// exchangeEnds returns the offsets at which the requests or the responses of the call
// end, on the connection of its process.
func (r *licenseRun) exchangeEnds(d lst.Direction) []int64 {
	var ends []int64
	total := int64(0)
	for _, s := range r.received[1] {
		if d == lst.ToClient {
			total += s.ResponseBytes
		} else {
			address := r.server.URL() + s.Path
			if len(s.Query) > 0 {
				address += "?" + s.Query.Encode()
			}
			_, size := r.requestLength(&ls.Preview{Method: s.Method, URL: address, Header: s.Header, Body: s.Body})
			total += size
		}
		ends = append(ends, total)
	}
	return ends
}

// offsets returns the offsets at which a connection is broken: some of them, and those
// around the ends of requests and responses.
func offsets(ends []int64, d lst.Direction, b lineBreak) []int64 {
	step := int64(sweepStep)
	switch {
	case *sweepEvery > 0:
		step = *sweepEvery
	case testing.Short():
		step *= 40
	case b.kind == stalled || b.reset:
		step *= 40 // these differ only around the ends
	case d == lst.ToClient:
		step *= 8
	default:
		step *= 3
	}
	var all []int64
	for n := range ends[len(ends)-1] + 2 {
		atEnd := slices.ContainsFunc(ends, func(end int64) bool { return end-1 <= n && n <= end+1 })
		if n%step == 0 || n == 1 || atEnd {
			all = append(all, n)
		}
	}
	return all
}
