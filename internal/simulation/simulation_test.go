package simulation

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The flags of the tests.
var (
	oneSeed    = flag.Uint64("seed", 0, "run only this `seed` and print its timeline; 0: all")
	allSeeds   = flag.Uint64("seeds", defaultSeeds, "run this `number` of seeds, starting at 1")
	sweepEvery = flag.Int64("every", 0, "distance of the sweep's breaks in `bytes`; 0: 1, or more for slow sweeps")
)

const (
	defaultSeeds = 2000
	manySeeds    = 10000 // they reach every state; the default seeds may miss rare ones
	shortSeeds   = 200
	maxFailures  = 5 // after that many the test stops
)

// TestMain makes garbage collections rarer: the thousands of runs leave much garbage
// and little live memory.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}

func TestSimulation(t *testing.T) {
	t.Parallel()
	if *oneSeed != 0 {
		replay(t, *oneSeed)
		return
	}
	tl := &tally{seeds: *allSeeds}
	if testing.Short() {
		tl.seeds = min(tl.seeds, shortSeeds)
	}
	t.Cleanup(func() { tl.summary(t) }) // when all shards have ended
	for shard := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprintf("shard %d", shard), func(t *testing.T) {
			t.Parallel()
			for {
				seed, more := tl.nextSeed()
				if !more {
					return
				}
				r := runSeed(t, seed)
				violations := r.violations()
				tl.add(r, violations)
				if len(violations) > 0 {
					reportFailure(t, r, violations)
				}
			}
		})
	}
}

// A tally collects the results of the shards.
type tally struct {
	seeds uint64

	mu     sync.Mutex
	begun  uint64
	failed int
	counts stateCounts
	first  [len(states)]uint64 // lowest seed that reached each state
}

// nextSeed returns the next seed, unless all seeds were run or the test has failed
// too often.
func (tl *tally) nextSeed() (seed uint64, more bool) {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	if tl.begun == tl.seeds || tl.failed >= maxFailures {
		return 0, false
	}
	tl.begun++
	return tl.begun, true
}

func (tl *tally) add(r *run, violations []string) {
	var n stateCounts
	n.count(r)
	tl.mu.Lock()
	defer tl.mu.Unlock()
	for i := range n {
		tl.counts[i] += n[i]
		if n[i] > 0 && (tl.first[i] == 0 || r.plan.seed < tl.first[i]) {
			tl.first[i] = r.plan.seed
		}
	}
	if len(violations) > 0 {
		tl.failed++
	}
}

// summary logs how many seeds reached each state, and the first one. It fails if no seed reached one,
// because then the state is untested.
func (tl *tally) summary(t *testing.T) {
	var b strings.Builder
	for i, n := range tl.counts {
		fmt.Fprintf(&b, "%8d  %8d  %s\n", n, tl.first[i], states[i].name)
		if tl.begun == tl.seeds && (tl.seeds >= manySeeds || (tl.seeds >= defaultSeeds && !slices.Contains(rareStates, states[i].name))) {
			assert.Positive(t, n, "no seed reached the state %q", states[i].name)
		}
	}
	t.Logf("%d seeds; runs that reached each state, the first seed of them, and the state:\n%s", tl.begun, b.String())
}

// runSeed runs a seed. It logs the seed if the bubble panics.
func runSeed(t *testing.T, seed uint64) *run {
	t.Helper()
	done := false
	defer func() {
		if !done {
			t.Logf("seed %d did not finish", seed)
		}
	}()
	r := simulate(t, newPlan(seed))
	done = true
	return r
}

func reportFailure(t *testing.T, r *run, violations []string) {
	t.Helper()
	t.Errorf("seed %d:\n  %s\nreplay: go test -v -run=TestSimulation ./internal/simulation -seed=%d\n%s",
		r.plan.seed, strings.Join(violations, "\n  "), r.plan.seed, r.timeline())
}

func replay(t *testing.T, seed uint64) {
	t.Helper()
	r := runSeed(t, seed)
	if violations := r.violations(); len(violations) > 0 {
		reportFailure(t, r, violations)
		return
	}
	t.Log(r.timeline())
}
