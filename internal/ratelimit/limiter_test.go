package ratelimit_test

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

	"github.com/licensespring-go/licensespring/internal/ratelimit"
)

// maxInAny returns the maximum number of the sorted times in any period of length
// per.
func maxInAny(times []time.Time, per time.Duration) int {
	maximum, from := 0, 0
	for to := range times {
		for times[to].Sub(times[from]) >= per {
			from++
		}
		maximum = max(maximum, to-from+1)
	}
	return maximum
}

// grantTimes runs concurrent callers of Wait until ctx ends and returns the times
// of the grants, sorted.
func grantTimes(ctx context.Context, l *ratelimit.Limiter, callers int, pause func() time.Duration) []time.Time {
	var (
		mu    sync.Mutex
		times []time.Time
		all   sync.WaitGroup
	)
	for range callers {
		all.Go(func() {
			for l.Wait(ctx) == nil {
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

func TestWindowIsUsedFullyAndNeverExceeded(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name             string
		perSecond, burst int
		limits           []ratelimit.Limit
		allowed          float64 // per minute
	}{
		{"free", 40, 10, []ratelimit.Limit{{200, 10 * time.Second}, {600, time.Minute}}, 600},
		{"business plus", 40, 10, []ratelimit.Limit{{200, 10 * time.Second}, {1200, time.Minute}}, 1200},
		{"enterprise, half of it for one address", 40, 10, []ratelimit.Limit{{200, 10 * time.Second}, {2400, time.Minute}}, 1200},
		{"a small share", 40, 10, []ratelimit.Limit{{7, time.Minute}}, 7},
		{"one a minute", 0, 0, []ratelimit.Limit{{1, time.Minute}}, 1},
		{"spread only", 40, 10, nil, 2400},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const minutes = 60
				ctx, cancel := context.WithTimeout(t.Context(), minutes*time.Minute)
				defer cancel()
				times := grantTimes(ctx, ratelimit.New(row.perSecond, row.burst, row.limits...), 40, nil)
				for _, limit := range row.limits {
					assert.LessOrEqual(t, maxInAny(times, limit.Per), limit.Requests, "in any %s", limit.Per)
				}
				if row.perSecond > 0 {
					assert.LessOrEqual(t, maxInAny(times, time.Second), row.perSecond+row.burst, "in any second")
				}
				assert.GreaterOrEqual(t, float64(len(times)), 0.98*row.allowed*minutes, "of what is allowed")
			})
		})
	}
}

func TestWindowWithRandomArrivals(t *testing.T) {
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
			limits := []ratelimit.Limit{
				{1 + between(30), time.Duration(1+between(20)) * time.Second},
				{1 + between(200), time.Minute},
			}
			l := ratelimit.New(1+between(50), 1+between(10), limits...)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
			defer cancel()
			longest := 1 + between(5000)
			times := grantTimes(ctx, l, 1+between(20), func() time.Duration {
				if between(50) == 0 {
					l.Pause(time.Now().Add(time.Duration(between(30)) * time.Second))
				}
				return time.Duration(between(longest)) * time.Millisecond
			})
			for _, limit := range limits {
				require.LessOrEqual(t, maxInAny(times, limit.Per), limit.Requests, "seed %d: in any %s", seed, limit.Per)
			}
		})
	}
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ratelimit.New(0, 0, ratelimit.Limit{Requests: 1, Per: time.Second})
		require.NoError(t, l.Wait(t.Context()))
		var order []int
		var mu sync.Mutex
		for i := range 10 {
			go func() {
				assert.NoError(t, l.Wait(t.Context()))
				mu.Lock()
				defer mu.Unlock()
				order = append(order, i)
			}()
			synctest.Wait()
		}
		<-time.After(time.Minute) // virtual: grants all requests
		synctest.Wait()
		assert.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, order)
	})
}

func TestCanceledWaitersDoNotDelayOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ratelimit.New(0, 0, ratelimit.Limit{Requests: 1, Per: 10 * time.Second})
		require.NoError(t, l.Wait(t.Context()))
		start := time.Now()
		first, cancelFirst := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		go func() { errs <- l.Wait(first) }()
		synctest.Wait()
		second, cancelSecond := context.WithCancel(t.Context())
		go func() { errs <- l.Wait(second) }()
		synctest.Wait()
		last := make(chan time.Duration)
		go func() {
			assert.NoError(t, l.Wait(t.Context()))
			last <- time.Since(start)
		}()
		synctest.Wait()
		cancelSecond() // in the middle of the queue
		require.ErrorIs(t, <-errs, context.Canceled)
		cancelFirst() // at its head
		require.ErrorIs(t, <-errs, context.Canceled)
		assert.InDelta(t, 10.1, (<-last).Seconds(), 0.01)
	})
}

func TestRejectsWhatExceedsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ratelimit.New(0, 0, ratelimit.Limit{Requests: 2, Per: time.Minute})
		require.NoError(t, l.Wait(t.Context()))
		require.NoError(t, l.Wait(t.Context()))
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var limited *ratelimit.Error
		require.ErrorAs(t, l.Wait(ctx), &limited)
		assert.Zero(t, time.Since(start), "returns without waiting")
		assert.False(t, limited.FromService)
		assert.Contains(t, limited.Error(), "rate limiter")
		assert.WithinDuration(t, start.Add(time.Minute), limited.RetryAt, time.Second)

		l.Pause(start.Add(2 * time.Minute))
		l.Pause(start.Add(time.Minute)) // a pause is never shortened
		require.ErrorAs(t, l.Wait(ctx), &limited)
		assert.True(t, limited.FromService, "the service requested the pause")
		assert.Contains(t, limited.Error(), "service")
		assert.Equal(t, start.Add(2*time.Minute), limited.RetryAt)

		// The queue counts: its third request needs another complete window.
		for range 2 {
			go func() { assert.NoError(t, l.Wait(t.Context())) }()
		}
		synctest.Wait()
		ctx, cancel = context.WithTimeout(t.Context(), 115*time.Second)
		defer cancel()
		require.ErrorAs(t, l.Wait(ctx), &limited)
		assert.Zero(t, time.Since(start))
		<-time.After(time.Hour) // virtual: grants the other requests
	})
}

func TestPauseDelaysWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ratelimit.New(40, 1)
		require.NoError(t, l.Wait(t.Context()))
		start := time.Now()
		done := make(chan time.Duration)
		go func() {
			assert.NoError(t, l.Wait(t.Context()))
			done <- time.Since(start)
		}()
		synctest.Wait()
		l.Pause(start.Add(17 * time.Second))
		assert.Equal(t, 17*time.Second, <-done)
	})
}

func TestNoLimitGrantsImmediately(t *testing.T) {
	t.Parallel()
	l := ratelimit.New(0, 0)
	for range 10_000 {
		require.NoError(t, l.Wait(t.Context()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, l.Wait(ctx), context.Canceled)
}

func TestSpreadingRejectsWhatExceedsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ratelimit.New(1, 1)
		require.NoError(t, l.Wait(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		var limited *ratelimit.Error
		require.ErrorAs(t, l.Wait(ctx), &limited)
		assert.WithinDuration(t, time.Now().Add(time.Second), limited.RetryAt, 10*time.Millisecond)
	})
}

func BenchmarkWait(b *testing.B) {
	l := ratelimit.New(0, 0, ratelimit.Limit{Requests: 1 << 20, Per: time.Nanosecond})
	b.ReportAllocs()
	for b.Loop() {
		_ = l.Wait(b.Context())
	}
}
