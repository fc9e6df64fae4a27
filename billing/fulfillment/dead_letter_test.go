package fulfillment_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// After the cause is corrected and the dead letter discarded, the event is sent
// again within the dedupe window. Enqueue must store the order although JetStream
// reports a duplicate.
func TestDiscardedOrderCanBeEnqueued(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity))
	run(t, p, newClient(t, s))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)

	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Dead: 1}, stats(t, p), "a dead letter is not processed again")

	require.NoError(t, p.Discard(t.Context(), deadLetters(t, p)[0].Seq))
	for range 3 {
		require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
		waitUntilEmpty(t, p)
	}
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
	assert.Equal(t, 1, s.LicenseCount())
}

// Two workers process the same order, as after one of them was suspended: one
// creates it, and the other stores a dead letter. Only the result remains.
func TestResultWinsOverConcurrentDeadLetter(t *testing.T) {
	t.Parallel()
	for name, rejectedFirst := range map[string]bool{"dead letter first": true, "result first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			p := openPipeline(t)
			client := newClient(t, s)
			order := newOrder("inv-1")
			reject := func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error) {
				if !rejectedFirst {
					// The other worker finishes first.
					require.NoError(t, fulfillment.StoreResult(t.Context(), p, client, order))
				}
				return nil, &licensespring.Error{Kind: licensespring.ErrInvalidRequest, StatusCode: http.StatusBadRequest}
			}
			stop := run(t, p, ensureFunc(reject))
			require.NoError(t, p.Enqueue(t.Context(), order))
			waitUntilEmpty(t, p)
			stop()
			if rejectedFirst {
				require.Len(t, deadLetters(t, p), 1)
				// The worker is killed after it stored the result and before it
				// removed the dead letter.
				require.NoError(t, fulfillment.StoreResult(t.Context(), p, client, order))
				require.NoError(t, p.Retry(t.Context(), deadLetters(t, p)[0].Seq))
				require.NoError(t, fulfillment.StoreDeadLetter(t.Context(), p, order))
				run(t, p, client)
				waitUntilEmpty(t, p)
			}
			assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
		})
	}
}
