package fulfillment

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff is the n-th wait, from 1: doubling, with jitter over its upper half.
func backoff(first, ceiling time.Duration, n int) time.Duration {
	d := first
	for range n - 1 {
		if d >= ceiling/2 {
			d = ceiling
			break
		}
		d *= 2
	}
	d = min(d, ceiling)
	return d/2 + jitter(d/2)
}

// jitter is a duration between nothing and d.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// sleep waits, and reports whether ctx lasted.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
