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

// Somebody mends what a letter is about, discards it, and has the event sent
// again, all within the dedupe window: Enqueue must not say that the order is
// stored because JetStream remembers it.
func TestADiscardedOrderIsEnqueuedAgain(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity))
	run(t, p, newClient(t, s))
	require.NoError(t, p.Enqueue(t.Context(), keyOrder("inv-1")))
	settled(t, p)

	require.NoError(t, p.Enqueue(t.Context(), keyOrder("inv-1")))
	settled(t, p)
	assert.Equal(t, fulfillment.Stats{Dead: 1}, stats(t, p), "it is a dead letter, and stays one")

	require.NoError(t, p.Discard(t.Context(), letters(t, p)[0].Seq))
	for range 3 {
		require.NoError(t, p.Enqueue(t.Context(), keyOrder("inv-1")))
		settled(t, p)
	}
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
	assert.Equal(t, 1, s.LicenseCount())
}

// Two workers have the same order, as when the first was paused for too long:
// one makes it, the other gives it up. It ends in the result alone, whoever
// comes first.
func TestMadeAndGivenUpAtOnceIsMade(t *testing.T) {
	t.Parallel()
	for name, refusedFirst := range map[string]bool{"given up first": true, "made first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			p := openPipeline(t)
			client := newClient(t, s)
			order := keyOrder("inv-1")
			refuse := func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error) {
				if !refusedFirst {
					// The other worker has it, too, and ends before this one.
					require.NoError(t, fulfillment.StoreResult(t.Context(), p, client, order))
				}
				return nil, &licensespring.Error{Kind: licensespring.ErrInvalidRequest, StatusCode: http.StatusBadRequest}
			}
			stop := run(t, p, ensureFunc(refuse))
			require.NoError(t, p.Enqueue(t.Context(), order))
			settled(t, p)
			stop()
			if refusedFirst {
				require.Len(t, letters(t, p), 1)
				// Killed after the result was stored, and before the letter went.
				require.NoError(t, fulfillment.StoreResult(t.Context(), p, client, order))
				require.NoError(t, p.Retry(t.Context(), letters(t, p)[0].Seq))
				require.NoError(t, fulfillment.StoreLetter(t.Context(), p, order))
				run(t, p, client)
				settled(t, p)
			}
			assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
		})
	}
}
