package simulation

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The flags of this package's tests. They are read only.
var (
	oneSeed  = flag.Uint64("seed", 0, "replay this `seed` alone, and tell it step by step; 0: all")
	allSeeds = flag.Uint64("seeds", defaultSeeds, "run this `number` of seeds, from 1 on")
	// sweepEvery has the sweep pass over bytes, or over none of them.
	sweepEvery = flag.Int64("every", 0, "sweep every so many `bytes`; 0: each, or fewer where that takes long")
)

const (
	defaultSeeds = 2000
	shortSeeds   = 200
	maxFailures  = 5 // after so many the rest is not run
)

// TestMain lets the garbage grow: a run leaves much of it and needs little of it
// again, and there are thousands of runs.
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
	h := &harvest{seeds: *allSeeds}
	if testing.Short() {
		h.seeds = min(h.seeds, shortSeeds)
	}
	t.Cleanup(func() { h.summary(t) }) // when all shards have ended
	for shard := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprintf("shard %d", shard), func(t *testing.T) {
			t.Parallel()
			for {
				seed, more := h.next()
				if !more {
					return
				}
				r := try(t, seed)
				wrong := r.violations()
				h.add(r, wrong)
				if len(wrong) > 0 {
					complain(t, r, wrong)
				}
			}
		})
	}
}

// harvest is what the shards bring in.
type harvest struct {
	seeds uint64

	mu     sync.Mutex
	begun  uint64
	failed int
	census census
}

// next hands out the seeds, until there were enough of them or of failures.
func (h *harvest) next() (seed uint64, more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.begun == h.seeds || h.failed >= maxFailures {
		return 0, false
	}
	h.begun++
	return h.begun, true
}

func (h *harvest) add(r *run, wrong []string) {
	var n census
	n.count(r)
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range n {
		h.census[i] += n[i]
	}
	if len(wrong) > 0 {
		h.failed++
	}
}

// summary tells how often each state was come through, and fails if one was
// not: then it is not tested any more.
func (h *harvest) summary(t *testing.T) {
	var b strings.Builder
	for i, n := range h.census {
		fmt.Fprintf(&b, "%8d  %s\n", n, states[i].name)
		if h.seeds >= defaultSeeds && h.begun == h.seeds {
			assert.Positive(t, n, "no seed came through the state %q", states[i].name)
		}
	}
	t.Logf("%d seeds; of them came through\n%s", h.begun, b.String())
}

// try runs a seed. A bubble that is stuck panics: then the seed is told first.
func try(t *testing.T, seed uint64) *run {
	t.Helper()
	done := false
	defer func() {
		if !done {
			t.Logf("seed %d did not come to its end", seed)
		}
	}()
	r := simulate(t, newPlan(seed))
	done = true
	return r
}

func complain(t *testing.T, r *run, wrong []string) {
	t.Helper()
	t.Errorf("seed %d:\n  %s\nreplay: go test -v -run=TestSimulation ./internal/simulation -seed=%d\n%s",
		r.plan.seed, strings.Join(wrong, "\n  "), r.plan.seed, r.story())
}

func replay(t *testing.T, seed uint64) {
	t.Helper()
	r := try(t, seed)
	if wrong := r.violations(); len(wrong) > 0 {
		complain(t, r, wrong)
		return
	}
	t.Log(r.story())
}
