package budget_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/budget"
)

// most returns how many of the sorted times at most lie in any stretch as long
// as per, wherever it begins.
func most(times []time.Time, per time.Duration) int {
	best, from := 0, 0
	for to := range times {
		for times[to].Sub(times[from]) >= per {
			from++
		}
		best = max(best, to-from+1)
	}
	return best
}

// passes lets callers pass for as long as ctx lasts and returns the times, sorted.
func passes(ctx context.Context, b *budget.Budget, callers int, pause func() time.Duration) []time.Time {
	var (
		mu    sync.Mutex
		times []time.Time
		all   sync.WaitGroup
	)
	for range callers {
		all.Go(func() {
			for b.Pass(ctx) == nil {
				mu.Lock()
				times = append(times, time.Now())
				mu.Unlock()
				if pause == nil {
					continue
				}
				select {
				case <-ctx.Done():
				case <-time.After(pause()):
				}
			}
		})
	}
	all.Wait()
	slices.SortFunc(times, time.Time.Compare)
	return times
}

func TestWindowIsNeverExceededAndUsedUp(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name             string
		perSecond, burst int
		limits           []budget.Limit
		allowed          float64 // per minute
	}{
		{"free", 40, 10, []budget.Limit{{200, 10 * time.Second}, {600, time.Minute}}, 600},
		{"business plus", 40, 10, []budget.Limit{{200, 10 * time.Second}, {1200, time.Minute}}, 1200},
		{"enterprise, where one address may do half of it", 40, 10, []budget.Limit{{200, 10 * time.Second}, {2400, time.Minute}}, 1200},
		{"a small share", 40, 10, []budget.Limit{{7, time.Minute}}, 7},
		{"one a minute", 0, 0, []budget.Limit{{1, time.Minute}}, 1},
		{"spread only", 40, 10, nil, 2400},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const minutes = 60
				ctx, cancel := context.WithTimeout(t.Context(), minutes*time.Minute)
				defer cancel()
				times := passes(ctx, budget.New(row.perSecond, row.burst, row.limits...), 40, nil)
				for _, l := range row.limits {
					assert.LessOrEqual(t, most(times, l.Per), l.Requests, "in any %s", l.Per)
				}
				if row.perSecond > 0 {
					assert.LessOrEqual(t, most(times, time.Second), row.perSecond+row.burst, "in any second")
				}
				assert.GreaterOrEqual(t, float64(len(times)), 0.98*row.allowed*minutes, "of what is allowed")
			})
		})
	}
}

func TestWindowHoldsForRandomArrivals(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			between := func(n int) int {
				mu.Lock()
				defer mu.Unlock()
				return random.IntN(n)
			}
			limits := []budget.Limit{
				{1 + between(30), time.Duration(1+between(20)) * time.Second},
				{1 + between(200), time.Minute},
			}
			b := budget.New(1+between(50), 1+between(10), limits...)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
			defer cancel()
			longest := 1 + between(5000)
			times := passes(ctx, b, 1+between(20), func() time.Duration {
				if between(50) == 0 {
					b.Pause(time.Now().Add(time.Duration(between(30)) * time.Second))
				}
				return time.Duration(between(longest)) * time.Millisecond
			})
			for _, l := range limits {
				require.LessOrEqual(t, most(times, l.Per), l.Requests, "seed %d: in any %s", seed, l.Per)
			}
		})
	}
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(0, 0, budget.Limit{Requests: 1, Per: time.Second})
		require.NoError(t, b.Pass(t.Context()))
		var order []int
		var mu sync.Mutex
		for i := range 10 {
			go func() {
				assert.NoError(t, b.Pass(t.Context()))
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
			}()
			synctest.Wait()
		}
		<-time.After(time.Minute) // virtual: lets everybody pass
		synctest.Wait()
		assert.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, order)
	})
}

func TestWhoGivesUpLosesNobodyATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(0, 0, budget.Limit{Requests: 1, Per: 10 * time.Second})
		require.NoError(t, b.Pass(t.Context()))
		start := time.Now()
		first, giveUp := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		go func() { errs <- b.Pass(first) }()
		synctest.Wait()
		second, giveUpToo := context.WithCancel(t.Context())
		go func() { errs <- b.Pass(second) }()
		synctest.Wait()
		last := make(chan time.Duration)
		go func() {
			assert.NoError(t, b.Pass(t.Context()))
			last <- time.Since(start)
		}()
		synctest.Wait()
		giveUpToo() // from the middle of the queue
		require.ErrorIs(t, <-errs, context.Canceled)
		giveUp() // and from its head
		require.ErrorIs(t, <-errs, context.Canceled)
		assert.InDelta(t, 10.1, (<-last).Seconds(), 0.01)
	})
}

func TestRefusesAtOnceWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(0, 0, budget.Limit{Requests: 2, Per: time.Minute})
		require.NoError(t, b.Pass(t.Context()))
		require.NoError(t, b.Pass(t.Context()))
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var refused *budget.Refusal
		require.ErrorAs(t, b.Pass(ctx), &refused)
		assert.Zero(t, time.Since(start), "nobody waits for what cannot come")
		assert.False(t, refused.Remote)
		assert.Contains(t, refused.Error(), "budget")
		assert.WithinDuration(t, start.Add(time.Minute), refused.At, time.Second)

		b.Pause(start.Add(2 * time.Minute))
		b.Pause(start.Add(time.Minute)) // a pause is never shortened
		require.ErrorAs(t, b.Pass(ctx), &refused)
		assert.True(t, refused.Remote, "the service asked for the pause")
		assert.Contains(t, refused.Error(), "service")
		assert.Equal(t, start.Add(2*time.Minute), refused.At)

		// Those in the queue count: the third in it comes after a whole window more.
		for range 2 {
			go func() { assert.NoError(t, b.Pass(t.Context())) }()
		}
		synctest.Wait()
		ctx, cancel = context.WithTimeout(t.Context(), 115*time.Second)
		defer cancel()
		require.ErrorAs(t, b.Pass(ctx), &refused)
		assert.Zero(t, time.Since(start))
		<-time.After(time.Hour) // virtual: lets the others pass
	})
}

func TestPauseHoldsThoseWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(40, 1)
		require.NoError(t, b.Pass(t.Context()))
		start := time.Now()
		done := make(chan time.Duration)
		go func() {
			assert.NoError(t, b.Pass(t.Context()))
			done <- time.Since(start)
		}()
		synctest.Wait()
		b.Pause(start.Add(17 * time.Second))
		assert.Equal(t, 17*time.Second, <-done)
	})
}

func TestNoLimitGrantsAtOnce(t *testing.T) {
	t.Parallel()
	b := budget.New(0, 0)
	for range 10_000 {
		require.NoError(t, b.Pass(t.Context()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.Pass(ctx), context.Canceled)
}

func TestSpreadRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(1, 1)
		require.NoError(t, b.Pass(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		var refused *budget.Refusal
		require.ErrorAs(t, b.Pass(ctx), &refused)
		assert.WithinDuration(t, time.Now().Add(time.Second), refused.At, 10*time.Millisecond)
	})
}

func BenchmarkPass(b *testing.B) {
	bud := budget.New(0, 0, budget.Limit{Requests: 1 << 20, Per: time.Nanosecond})
	b.ReportAllocs()
	for b.Loop() {
		_ = bud.Pass(b.Context())
	}
}
