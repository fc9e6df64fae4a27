package fulfillment_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// A worker that pauses after the fetch returns the order, so that another worker
// can process it.
func TestPausedWorkerReturnsOrder(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	enqueue(t, p, 1)
	never := ensureFunc(func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error) {
		assert.Fail(t, "the worker is paused")
		return nil, context.Canceled
	})
	var seen events
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, fulfillment.DeliverPaused(ctx, p, never, time.Hour, seen.option()))
	require.NoError(t, ctx.Err(), "the delivery must not wait")
	require.Equal(t, 1, seen.count(fulfillment.DispositionRetry))
	returned := seen.first()
	require.ErrorIs(t, returned.Err, fulfillment.ErrPaused)
	assert.Equal(t, "inv-0", returned.OrderID)
	assert.Positive(t, returned.RetryIn, "the worker's own fetch may still be open")
	assert.Less(t, returned.RetryIn, 5*time.Second)
	assert.Equal(t, 1, stats(t, p).Depth)

	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
	assert.Equal(t, 1, s.LicenseCount())
}
