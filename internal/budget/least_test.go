package budget_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/budget"
)

// What is foretold comes true: one caller after the other, from a budget that
// nobody has used, that is half used up and that is paused.
func TestLeast(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name         string
		before, then int
		pause        time.Duration
		want         time.Duration // 0: only that it comes true
	}{
		{"none", 0, 0, 0, 0},
		{"what is there at once", 0, 10, 0, 0},
		{"spread over a second", 0, 50, 0, time.Second},
		{"past ten seconds", 0, 201, 0, 10*time.Second + 100*time.Millisecond},
		{"past a minute", 0, 601, 0, time.Minute + 600*time.Millisecond},
		{"several windows", 0, 1500, 0, 0},
		{"half used up", 300, 400, 0, 0},
		{"paused", 3, 5, 30 * time.Second, 30 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := budget.New(40, 10, budget.Limit{Requests: 200, Per: 10 * time.Second}, budget.Limit{Requests: 600, Per: time.Minute})
				for range row.before {
					require.NoError(t, b.Pass(t.Context()))
				}
				if row.pause > 0 {
					b.Pause(time.Now().Add(row.pause))
				}
				least := b.Least(row.then, 0)
				start := time.Now()
				for range row.then {
					require.NoError(t, b.Pass(t.Context()))
				}
				took := time.Since(start)
				assert.LessOrEqual(t, least, took+time.Millisecond)
				assert.GreaterOrEqual(t, least, took*8/10, "it took %s", took)
				if row.want > 0 {
					assert.InDelta(t, row.want.Seconds(), least.Seconds(), 0.01)
				}
			})
		})
	}
}

// Of the requests under way only those that wait are still to be granted.
func TestLeastCountsWhoWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(0, 0, budget.Limit{Requests: 2, Per: time.Second})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		for range 5 {
			go func() { _ = b.Pass(ctx) }()
		}
		synctest.Wait() // two have passed, three wait
		assert.Zero(t, b.Least(2, 5), "they have been granted")
		assert.Equal(t, 1010*time.Millisecond, b.Least(4, 5))
		assert.Equal(t, 2020*time.Millisecond, b.Least(5, 5))
		cancel()
		synctest.Wait()
	})
}
