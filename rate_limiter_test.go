package licensespring_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// The client's own rate limiter rejects the request in the same way, without a
// request to the service.
func TestRateLimiterExceedsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil, licensespring.WithRateLimiter(licensespring.NewRateLimiter(1)))
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		_, err = client.CreateOrder(ctx, anOrder("inv-2"))
		assert.Zero(t, time.Since(start))
		assertMatches(t, err, licensespring.ErrRateLimited, licensespring.ErrNotSent)
		assertTerse(t, err)
		e := errorOf(t, err)
		assert.Equal(t, licensespring.RateLimitSourceClient, e.RateLimitSource)
		assert.True(t, e.RetryAt.After(start.Add(time.Minute-1)), e.RetryAt)
		assert.Empty(t, e.Attempts)
		assert.Len(t, s.Requests(), 1)
	})
}

// A 429 to another call pauses this one, too.
func TestPauseAppliesToOtherCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil, licensespring.WithMaxAttempts(1))
		s.Inject(lst.Status(http.StatusTooManyRequests, lst.Header("Retry-After", "60")))
		start := time.Now()
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrRateLimited)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		_, err = client.CreateOrder(ctx, anOrder("inv-1"))
		assertMatches(t, err, licensespring.ErrRateLimited, licensespring.ErrNotSent)
		e := errorOf(t, err)
		assert.Equal(t, licensespring.RateLimitSourceService, e.RateLimitSource)
		assert.Equal(t, start.Add(60250*time.Millisecond), e.RetryAt)
		assert.Len(t, s.Requests(), 1)
	})
}

func TestCreateOrderContextCanceledInRateLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil, licensespring.WithRateLimiter(licensespring.NewRateLimiter(1)))
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err = client.CreateOrder(ctx, anOrder("inv-2"))
		assert.Equal(t, 3*time.Second, time.Since(start))
		assertMatches(t, err, licensespring.ErrNotSent)
		require.ErrorIs(t, err, context.Canceled)
		assert.Len(t, s.Requests(), 1)
	})
}
