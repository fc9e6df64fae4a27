package licensespring

import (
	"fmt"
	"io"
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
	e.add(BulkResult{Err: assert.AnError}) // without an *Error it has no attempts
	unlimited := NewRateLimiter(NoRateLimit)
	assert.Equal(t, 30*time.Second, e.remaining(20, 2, unlimited).Round(time.Millisecond), "3 seconds each, two at a time")
	assert.Zero(t, e.remaining(0, 2, unlimited))
	assert.Zero(t, e.remaining(-3, 2, unlimited), "more than were announced")

	// The estimate does not overflow for large totals.
	e.busy = 30
	few := e.remaining(1_000_000, 1, unlimited)
	for _, orders := range []int{1_000_000_000, math.MaxInt32, math.MaxInt} {
		assert.Greater(t, e.remaining(orders, 1, unlimited), few, orders)
		assert.Greater(t, e.remaining(orders, 1, NewRateLimiter(RateLimitFree)), few, orders)
	}
}

func TestWithTotalNegative(t *testing.T) {
	t.Parallel()
	var b bulk
	WithTotal(math.MinInt)(&b)
	assert.Zero(t, b.total)
}

func TestBulkResultOutcome(t *testing.T) {
	t.Parallel()
	for want, r := range map[Outcome]BulkResult{
		OutcomeExisting: {Result: &OrderResult{Outcome: OutcomeExisting}},
		OutcomeUnknown:  {Err: &Error{Outcome: OutcomeUnknown}},
		OutcomeRejected: {Err: fmt.Errorf("bulk: %w", &Error{Outcome: OutcomeRejected})},
		"":              {Err: io.EOF},
	} {
		assert.Equal(t, want, r.Outcome())
	}
	assert.Empty(t, BulkResult{}.Outcome())
}
