package licensespring

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestEstimate(t *testing.T) {
	t.Parallel()
	var e estimate
	for _, took := range []time.Duration{time.Second, 3 * time.Second} {
		e.add(BulkResult{Result: &OrderResult{Attempts: []Attempt{{Took: took, Wait: time.Second}, {Took: time.Second}}}})
	}
	e.add(BulkResult{Err: &Error{Attempts: []Attempt{{Took: 4 * time.Second}}}})
	e.add(BulkResult{Err: assert.AnError}) // nothing is known of it
	unlimited := NewBudget(Unlimited)
	assert.Equal(t, 30*time.Second, e.left(20, 2, unlimited).Round(time.Millisecond), "3 seconds each, two at a time")
	assert.Zero(t, e.left(0, 2, unlimited))
	assert.Zero(t, e.left(-3, 2, unlimited), "more than were announced")

	// However many are announced, more of them take no less time.
	e.busy = 30
	few := e.left(1_000_000, 1, unlimited)
	for _, orders := range []int{1_000_000_000, math.MaxInt32, math.MaxInt} {
		assert.Greater(t, e.left(orders, 1, unlimited), few, orders)
		assert.Greater(t, e.left(orders, 1, NewBudget(PlanFree)), few, orders)
	}
}

func TestWithTotalBelowZero(t *testing.T) {
	t.Parallel()
	var b bulk
	WithTotal(math.MinInt)(&b)
	assert.Zero(t, b.total)
}
