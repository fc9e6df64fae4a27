package ratelimit_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/ratelimit"
)

// MinimumWait predicts the time that sequential calls of Wait take, with a limiter
// that is unused, half used and paused.
func TestMinimumWait(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		used, n int
		pause   time.Duration
		want    time.Duration // 0: only compared with the time taken
	}{
		{"none", 0, 0, 0, 0},
		{"available immediately", 0, 10, 0, 0},
		{"spread over a second", 0, 50, 0, time.Second},
		{"past ten seconds", 0, 201, 0, 10*time.Second + 100*time.Millisecond},
		{"past a minute", 0, 601, 0, time.Minute + 600*time.Millisecond},
		{"several windows", 0, 1500, 0, 0},
		{"half used", 300, 400, 0, 0},
		{"paused", 3, 5, 30 * time.Second, 30 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				l := ratelimit.New(40, 10, ratelimit.Limit{Requests: 200, Per: 10 * time.Second}, ratelimit.Limit{Requests: 600, Per: time.Minute})
				for range row.used {
					require.NoError(t, l.Wait(t.Context()))
				}
				if row.pause > 0 {
					l.Pause(time.Now().Add(row.pause))
				}
				predicted := l.MinimumWait(row.n, 0)
				start := time.Now()
				for range row.n {
					require.NoError(t, l.Wait(t.Context()))
				}
				took := time.Since(start)
				assert.LessOrEqual(t, predicted, took+time.Millisecond)
				assert.GreaterOrEqual(t, predicted, took*8/10, "it took %s", took)
				if row.want > 0 {
					assert.InDelta(t, row.want.Seconds(), predicted.Seconds(), 0.01)
				}
			})
		})
	}
}

// Of the requests in flight only those in the queue are not granted yet.
func TestMinimumWaitCountsWaiters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := ratelimit.New(0, 0, ratelimit.Limit{Requests: 2, Per: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range 5 {
			go func() { _ = l.Wait(ctx) }()
		}
		synctest.Wait() // two are granted, three wait
		assert.Zero(t, l.MinimumWait(2, 5), "they have been granted")
		assert.Equal(t, 1010*time.Millisecond, l.MinimumWait(4, 5))
		assert.Equal(t, 2020*time.Millisecond, l.MinimumWait(5, 5))
		cancel()
		synctest.Wait()
	})
}
