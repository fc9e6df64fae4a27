package licensespringtest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestWithRateLimit(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		get := func() response { return do(t, srv, http.MethodGet, ordersPath, "") }
		for range 2 {
			require.Equal(t, http.StatusOK, get().status)
		}
		resp := get()
		assert.Equal(t, http.StatusTooManyRequests, resp.status)
		assert.Equal(t, "1", resp.header.Get("Retry-After"), "the limit per second applies")
		pass(time.Second)
		require.Equal(t, http.StatusOK, get().status)
		pass(1500 * time.Millisecond)
		resp = get()
		assert.Equal(t, http.StatusTooManyRequests, resp.status)
		assert.Equal(t, "58", resp.header.Get("Retry-After"), "rounded up")
		assert.JSONEq(t, `{"detail":"Request was throttled. Expected available in 58 seconds."}`, resp.body)

		r := newRequest(t, srv, http.MethodGet, ordersPath, "")
		r.Header.Del("Authorization")
		resp, err := send(srv.Client(), r)
		require.NoError(t, err)
		assert.Equal(t, http.StatusForbidden, resp.status, "a request without a key does not count")

		pass(57*time.Second + 500*time.Millisecond)
		assert.Equal(t, http.StatusOK, get().status)
		assert.Equal(t, http.StatusOK, get().status)
		assert.Equal(t, http.StatusTooManyRequests, get().status)
	}, lst.WithRateLimit(lst.RateLimit{PerMinute: 3, PerSecond: 2}))
}

// TestWithRateLimit_windows exhausts each window. The next request is accepted when
// the first one has left the window.
func TestWithRateLimit_windows(t *testing.T) {
	t.Parallel()
	tests := []struct {
		limit  lst.RateLimit
		window time.Duration
	}{
		{lst.RateLimit{PerSecond: 4}, time.Second},
		{lst.RateLimit{PerTenSeconds: 4}, 10 * time.Second},
		{lst.RateLimit{PerMinute: 4}, time.Minute},
		// The strictest limit applies.
		{lst.RateLimit{PerSecond: 50, PerTenSeconds: 4, PerMinute: 600}, 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%+v", tt.limit), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
				t.Helper()
				get := func() int { return do(t, srv, http.MethodGet, ordersPath, "").status }
				for range 4 {
					require.Equal(t, http.StatusOK, get())
				}
				pass(tt.window - time.Millisecond)
				assert.Equal(t, http.StatusTooManyRequests, get())
				pass(time.Millisecond)
				assert.Equal(t, http.StatusOK, get())
			}, lst.WithRateLimit(tt.limit))
		})
	}
}

func TestWithRateLimit_retryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		form lst.RetryAfter
		want []string
	}{
		{lst.RetryAfterSeconds, []string{"60"}},
		{lst.RetryAfterDate, []string{"Sat, 01 Jan 2000 00:01:00 GMT"}},
		{lst.NoRetryAfter, nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.form), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
				t.Helper()
				do(t, srv, http.MethodGet, ordersPath, "")
				resp := do(t, srv, http.MethodPost, createPath, order("a"))
				assert.Equal(t, http.StatusTooManyRequests, resp.status)
				assert.Equal(t, tt.want, resp.header.Values("Retry-After"))
				assertNothingStored(t, srv)
			}, lst.WithRateLimit(lst.RateLimit{PerMinute: 1, RetryAfter: tt.form}))
		})
	}
}
