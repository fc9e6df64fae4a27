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
	allSeeds   = flag.Uint64("seeds", 0, "run this `number` of seeds, starting at 1; 0: the default of each test")
	sweepEvery = flag.Int64("every", 0, "distance of the sweep's breaks in `bytes`; 0: 1, or more for slow sweeps")
)

const (
	defaultSeeds        = 2000
	defaultLicenseSeeds = 600   // a run of licenses takes several times as long
	manySeeds           = 10000 // they reach every state; the default seeds may miss rare ones
	shortSeeds          = 200
	maxFailures         = 5 // after that many the test stops
)

// TestMain makes garbage collections rarer: the thousands of runs leave much garbage
// and little live memory.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}

func TestSimulation(t *testing.T) {
	t.Parallel()
	names := make([]string, len(states))
	for i := range states {
		names[i] = states[i].name
	}
	runSeeds(t, defaultSeeds, names, rareStates, func(t *testing.T, seed uint64) *seedResult {
		t.Helper()
		return simulate(t, newPlan(seed)).result()
	})
}

func (r *run) result() *seedResult {
	return &seedResult{test: "TestSimulation", seed: r.plan.seed, violations: r.violations(), reached: r.states(), timeline: r.timeline}
}

// A seedResult is the result of the run of a seed.
type seedResult struct {
	test       string // its name, to repeat the run
	seed       uint64
	violations []string
	reached    []int // 1 for each state that the run reached
	timeline   func() string
}

// runSeeds runs the seeds that the flags select, or a default number, in parallel.
// States are the names of the states that the runs must reach. The default seeds may
// miss the rare ones.
func runSeeds(t *testing.T, seeds uint64, states, rare []string, run func(t *testing.T, seed uint64) *seedResult) {
	t.Helper()
	if *oneSeed != 0 {
		replay(t, *oneSeed, run)
		return
	}
	if *allSeeds != 0 {
		seeds = *allSeeds
	}
	tl := &tally{seeds: seeds, states: states, rare: rare, counts: make([]int, len(states)), first: make([]uint64, len(states))}
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
				result := runSeed(t, seed, run)
				tl.add(result)
				if len(result.violations) > 0 {
					result.fail(t)
				}
			}
		})
	}
}

// A tally collects the results of the shards.
type tally struct {
	seeds        uint64
	states, rare []string

	mu     sync.Mutex
	begun  uint64
	failed int
	counts []int
	first  []uint64 // lowest seed that reached each state
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

func (tl *tally) add(r *seedResult) {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	for i, n := range r.reached {
		tl.counts[i] += n
		if n > 0 && (tl.first[i] == 0 || r.seed < tl.first[i]) {
			tl.first[i] = r.seed
		}
	}
	if len(r.violations) > 0 {
		tl.failed++
	}
}

// summary logs how many seeds reached each state, and the first one. It fails if no
// seed reached one, because then the state is untested.
func (tl *tally) summary(t *testing.T) {
	t.Helper()
	var b strings.Builder
	for i, n := range tl.counts {
		fmt.Fprintf(&b, "%8d  %8d  %s\n", n, tl.first[i], tl.states[i])
		if tl.begun == tl.seeds && (tl.seeds >= manySeeds || (tl.seeds >= defaultSeeds && !slices.Contains(tl.rare, tl.states[i]))) {
			assert.Positive(t, n, "no seed reached the state %q", tl.states[i])
		}
	}
	t.Logf("%d seeds; runs that reached each state, the first seed of them, and the state:\n%s", tl.begun, b.String())
}

// runSeed runs a seed. It logs the seed if the bubble panics.
func runSeed(t *testing.T, seed uint64, run func(*testing.T, uint64) *seedResult) *seedResult {
	t.Helper()
	done := false
	defer func() {
		if !done {
			t.Logf("seed %d did not finish", seed)
		}
	}()
	r := run(t, seed)
	done = true
	return r
}

// fail reports the violations, with the command that repeats the run.
func (r *seedResult) fail(t *testing.T) {
	t.Helper()
	t.Errorf("seed %d:\n  %s\nreplay: go test -v -run='^%s$' ./internal/simulation -seed=%d\n%s",
		r.seed, strings.Join(r.violations, "\n  "), r.test, r.seed, r.timeline())
}

func replay(t *testing.T, seed uint64, run func(*testing.T, uint64) *seedResult) {
	t.Helper()
	r := runSeed(t, seed, run)
	if len(r.violations) > 0 {
		r.fail(t)
		return
	}
	t.Log(r.timeline())
}
