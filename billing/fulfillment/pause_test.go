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

// A worker has taken an order and has to pause for an hour: the order does not
// wait there, another worker makes it.
func TestAnOrderTakenBeforeAPauseIsGivenBack(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	enqueue(t, p, 1)
	never := ensureFunc(func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error) {
		assert.Fail(t, "it pauses")
		return nil, context.Canceled
	})
	var seen events
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, fulfillment.DeliverPaused(ctx, p, never, time.Hour, seen.option()))
	require.NoError(t, ctx.Err(), "it waited")
	require.Equal(t, 1, seen.count(fulfillment.Later))
	given := seen.first()
	require.ErrorIs(t, given.Err, fulfillment.ErrPaused)
	assert.Equal(t, "inv-0", given.OrderID)
	assert.Positive(t, given.RetryIn, "not at once: the worker's own request for orders may be open yet")
	assert.Less(t, given.RetryIn, 5*time.Second)
	assert.Equal(t, 1, stats(t, p).Depth)

	run(t, p, newClient(t, s))
	settled(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
	assert.Equal(t, 1, s.LicenseCount())
}
