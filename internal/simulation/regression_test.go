package simulation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestGuards replays seeds that fail if a guard of the SDK is removed, and checks that
// they still reach the state that the guard is for. If a change of the plans moves
// them, the summary of TestSimulation shows the first seed of each state.
func TestGuards(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		guard, state string
		seeds        []uint64
	}{
		{
			"a write that the transport repeated is ambiguous",
			"transport: repeated the create after it was applied, recovered",
			[]uint64{79, 732},
		},
		{
			"the second write of an append is stopped",
			"transport: stopped before the second write of an append that was applied",
			[]uint64{196, 244},
		},
		{
			"the second write of an append is stopped",
			"transport: stopped before the second write of an append that was not applied",
			[]uint64{30, 63},
		},
		{
			"the codes of products are read before the order is reported",
			"product: a different one under the same id",
			[]uint64{12, 80},
		},
		{
			"a canceled call matches its context, although the order was found",
			"product: unknown, because the reads ended early",
			[]uint64{1992, 92314},
		},
		{
			"only the read of the product is repeated, also after an empty lookup",
			"product: read, then the order was reported",
			[]uint64{2368, 2728, 33473},
		},
		{
			"the error of a 429 keeps its time, although the last attempt was not sent",
			"rejected: a 429, then an attempt that was not sent before the context was done",
			[]uint64{140, 260},
		},
		{
			"a call that was rejected stays rejected, although its last request was not sent",
			"rejected: some keys were taken, and the rest was held back by the rate limiter",
			[]uint64{148},
		},
	} {
		t.Run(tt.state, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(states[:], func(s state) bool { return s.name == tt.state })
			for _, seed := range tt.seeds {
				r := simulate(t, newPlan(seed))
				if result := r.result(); len(result.violations) > 0 {
					result.fail(t)
				}
				assert.True(t, slices.ContainsFunc(r.calls, func(c *call) bool { return states[i].reached(r, c) }),
					"seed %d does not reach the state; guard: %s", seed, tt.guard)
			}
		})
	}
}

// TestCombinations checks that the 10,000 seeds of the long test contain all pairs of
// values of a combination.
func TestCombinations(t *testing.T) {
	t.Parallel()
	type pair struct{ first, second, a, b int }
	seen := make(map[pair]bool)
	for seed := range uint64(manySeeds) {
		c, ok := combinationOf(seed + 1)
		if !ok {
			continue
		}
		values := []int{int(c.orders), int(c.quirk), int(c.fault), int(c.limit), slices.Index(transports, c.transport)}
		for i := range values {
			for j := range i {
				seen[pair{j, i, values[j], values[i]}] = true
			}
		}
	}
	sizes := []int{int(orderRelations), len(quirks), int(forcedFaults), int(forcedLimits), len(transports)}
	want := 0
	for i := range sizes {
		for j := range i {
			want += sizes[i] * sizes[j]
		}
	}
	assert.Len(t, seen, want)
	assert.Equal(t, combinations, sizes[0]*sizes[1]*sizes[2]*sizes[3]*sizes[4])
}
