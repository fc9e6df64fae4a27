package exchange_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// fakeLimiter is a Limiter whose decision depends on the number of calls.
type fakeLimiter struct {
	mu      sync.Mutex
	waits   int
	pauses  []time.Duration // since created
	created time.Time
	decide  func(ctx context.Context, n int) error
}

func newFakeLimiter(decide func(ctx context.Context, n int) error) *fakeLimiter {
	return &fakeLimiter{created: time.Now(), decide: decide}
}

func (l *fakeLimiter) Wait(ctx context.Context) error {
	l.mu.Lock()
	l.waits++
	n := l.waits
	l.mu.Unlock()
	return l.decide(ctx, n)
}

func (l *fakeLimiter) Pause(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pauses = append(l.pauses, t.Sub(l.created))
}

// limitError is the error of a fakeLimiter.
type limitError struct{}

func (limitError) Error() string { return "limit exceeded" }

func allow(context.Context, int) error { return nil }

// rejectFrom allows the calls before first and rejects the others.
func rejectFrom(first int) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		if n >= first {
			return limitError{}
		}
		return nil
	}
}

func TestLimiterBeforeEveryAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newFakeLimiter(allow)
		h := newHarness(t, sequence(
			respond(429, "", "Retry-After", "20"),
			respond(503, "", "Retry-After", "1"),
			respond(429, ""),
			ok,
		), func(h *harness) { h.cfg.Limiter, h.cfg.MaxAttempts = limiter, 9; h.net.Line(1).Refuse() })
		resp := h.do(t, exchange.Idempotent)
		assertConsistent(t, resp)
		require.Equal(t, exchange.OK, resp.Ending)
		assert.Len(t, resp.Attempts, 5)
		assert.Equal(t, 5, limiter.waits)
		// First pause: 0.5 s of backoff after the failed dial, then the 20 s of
		// Retry-After and 0.5 s of jitter. A 503 does not pause the limiter. The
		// second 429 has no Retry-After: three quarters of its step of 8 s.
		assert.Equal(t, []time.Duration{21 * time.Second, 28500 * time.Millisecond}, limiter.pauses)
	})
}

// A huge Retry-After pauses the shared limiter for at most MaxWait.
func TestLimiterPauseIsCapped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := newFakeLimiter(allow)
		h := newHarness(t, respond(429, "", "Retry-After", "9223372036854775807"), func(h *harness) { h.cfg.Limiter = limiter })
		resp := h.do(t, exchange.Safe)
		assertConsistent(t, resp)
		assert.Equal(t, []time.Duration{exchange.MaxWait}, limiter.pauses)
		assert.Equal(t, exchange.MaxRetryAfter+500*time.Millisecond, resp.RetryAt.Sub(limiter.created), "RetryAt is not capped at MaxWait")
	})
}

// An error of the limiter ends the call. The record of the last attempt does not
// change, in particular that it may have acted.
func TestLimiterRejects(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		first    int // first attempt that is rejected
		handle   http.HandlerFunc
		jitter   float64
		attempts int
		ending   exchange.Ending
		status   int
		acted    bool
		retryAt  bool
	}{
		{name: "the first attempt", first: 1, handle: ok, ending: exchange.NotSent},
		{name: "after an ambiguous one", first: 2, handle: cut, jitter: 0.5, attempts: 1, ending: exchange.Ambiguous, acted: true},
		{name: "after an ambiguous one, without jitter", first: 2, handle: cut, attempts: 1, ending: exchange.Ambiguous, acted: true}, // a zero wait is a wait
		{name: "after a 503", first: 2, handle: respond(503, "busy", "Retry-After", "5"), jitter: 0.5, attempts: 1, ending: exchange.Ambiguous, status: 503, acted: true, retryAt: true},
		{name: "after a 429", first: 2, handle: respond(429, "busy"), attempts: 1, ending: exchange.RateLimited, status: 429, retryAt: true},
		{name: "after two", first: 3, handle: sequence(cut, respond(429, "busy")), jitter: 0.5, attempts: 2, ending: exchange.RateLimited, status: 429, acted: true, retryAt: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limiter := newFakeLimiter(rejectFrom(row.first))
				h := newHarness(t, row.handle, func(h *harness) { h.cfg.Limiter = limiter; h.cfg.Jitter = func() float64 { return row.jitter } })
				resp := h.do(t, exchange.Idempotent)
				assertConsistent(t, resp)
				assert.Len(t, resp.Attempts, row.attempts)
				assert.EqualValues(t, row.attempts, h.seen.Load())
				assert.Equal(t, row.ending, resp.Ending)
				assert.Equal(t, row.status, resp.Status)
				assert.Equal(t, row.acted, resp.MayHaveActed())
				assert.Equal(t, row.retryAt, !resp.RetryAt.IsZero())
				require.ErrorIs(t, resp.Err, limitError{})
				if row.status != 0 {
					assert.Equal(t, "busy", string(resp.Body))
				}
				if row.attempts > 0 {
					assert.Equal(t, "no retry: rate limited", lastAttempt(t, resp).Decision)
				}
			})
		})
	}
}

// The context may end in Limiter.Wait, and a limiter may still return nil.
func TestContextEndsInLimiter(t *testing.T) {
	t.Parallel()
	respects := func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }
	ignores := func(ctx context.Context, _ int) error { <-ctx.Done(); return nil }
	for _, row := range []struct {
		name   string
		decide func(context.Context, int) error
		from   int
		acted  bool
	}{
		{"first attempt", respects, 1, false},
		{"first attempt, ignored", ignores, 1, false},
		{"after an ambiguous attempt", respects, 2, true},
		{"after an ambiguous attempt, ignored", ignores, 2, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				limiter := newFakeLimiter(func(ctx context.Context, n int) error {
					if n < row.from {
						return nil
					}
					return row.decide(ctx, n)
				})
				h := newHarness(t, cut, func(h *harness) { h.cfg.Limiter = limiter })
				start := time.Now()
				resp := h.x.Do(ctx, request(exchange.Idempotent))
				assert.Equal(t, time.Minute, time.Since(start))
				assertConsistent(t, resp)
				require.ErrorIs(t, resp.Err, context.DeadlineExceeded)
				assert.Equal(t, row.acted, resp.MayHaveActed())
				assert.Len(t, resp.Attempts, row.from-1)
				if row.acted {
					assert.Equal(t, exchange.Ambiguous, resp.Ending)
					assert.Equal(t, "no retry: context done during the wait", lastAttempt(t, resp).Decision)
				}
			})
		})
	}
}

// A context that is done before the call sends nothing and does not call the
// limiter.
func TestContextDoneBeforeCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("canary"))
		limiter := newFakeLimiter(allow)
		h := newHarness(t, ok, func(h *harness) { h.cfg.Limiter = limiter })
		resp := h.x.Do(ctx, request(exchange.Idempotent))
		assertConsistent(t, resp)
		assert.Equal(t, exchange.NotSent, resp.Ending)
		require.ErrorIs(t, resp.Err, context.Canceled)
		assert.Empty(t, resp.Attempts)
		assert.Zero(t, limiter.waits+h.net.Dials())
		assert.False(t, resp.MayHaveActed())
	})
}

// go-retryablehttp drops the response when the context ends during a wait.
func TestContextEndsDuringWait(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		status int
		ending exchange.Ending
	}{
		{"after a 429", respond(429, "busy", "X-Request-Id", "r1"), 429, exchange.RateLimited},
		{"after a 503", respond(503, "busy", "X-Request-Id", "r1"), 503, exchange.Ambiguous},
		{"after a closed connection", cut, 0, exchange.Ambiguous},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(100*time.Millisecond, func() { cancel(errors.New("canary")) })
				h := newHarness(t, row.handle)
				start := time.Now()
				resp := h.x.Do(ctx, request(exchange.Idempotent))
				assert.Equal(t, 100*time.Millisecond, time.Since(start), "promptly")
				assertConsistent(t, resp)
				assert.Equal(t, row.status, resp.Status)
				assert.Equal(t, row.ending, resp.Ending)
				require.ErrorIs(t, resp.Err, context.Canceled)
				assert.Len(t, resp.Attempts, 1)
				assert.Equal(t, "no retry: context done during the wait", lastAttempt(t, resp).Decision)
				if row.status != 0 {
					assert.Equal(t, "r1", resp.Header.Get("X-Request-Id"))
					assert.Equal(t, "busy", string(resp.Body))
				}
			})
		})
	}
}

// A wait that exceeds the deadline ends the call at once, with the time of the
// next retry.
func TestWaitExceedsDeadline(t *testing.T) {
	t.Parallel()
	const tooLate = "no retry: wait exceeds deadline"
	for _, row := range []struct {
		name     string
		handle   http.HandlerFunc
		deadline time.Duration
		decision string
		ending   exchange.Ending
		retryIn  time.Duration // 0: RetryAt is zero
	}{
		{"a hint", respond(429, "", "Retry-After", "60"), 60 * time.Second, tooLate, exchange.RateLimited, 60500 * time.Millisecond},
		{"a date", respond(429, "", "Retry-After", "Sat, 01 Jan 2000 00:02:00 GMT"), time.Minute, tooLate, exchange.RateLimited, 120500 * time.Millisecond},
		{"a hint on a 503", respond(503, "", "Retry-After", "60"), 60 * time.Second, tooLate, exchange.Ambiguous, 60500 * time.Millisecond},
		{"a bare 429", respond(429, ""), 750 * time.Millisecond, tooLate, exchange.RateLimited, 750 * time.Millisecond},
		{"a backoff", respond(503, ""), 500 * time.Millisecond, tooLate, exchange.Ambiguous, 0},
		{"a hint above MaxWait", respond(429, "", "Retry-After", "3600"), 0, "no retry: requested wait too long", exchange.RateLimited, time.Hour + 500*time.Millisecond},
		{"a hint that overflows", respond(429, "", "Retry-After", "9223372036854775807"), 0, "no retry: requested wait too long", exchange.RateLimited, 24*time.Hour + 500*time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if row.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.deadline)
					defer cancel()
				}
				h := newHarness(t, row.handle)
				start := time.Now()
				resp := h.x.Do(ctx, request(exchange.Idempotent))
				assert.Zero(t, time.Since(start), "at once")
				assertConsistent(t, resp)
				require.NoError(t, resp.Err, "there is a response; the context is not the error")
				assert.Equal(t, row.ending, resp.Ending)
				assert.Equal(t, row.decision, lastAttempt(t, resp).Decision)
				assert.Len(t, resp.Attempts, 1)
				if row.retryIn > 0 {
					assert.Equal(t, row.retryIn, resp.RetryAt.Sub(start))
				} else {
					assert.True(t, resp.RetryAt.IsZero())
				}
			})
		})
	}
}

func TestWaitFitsDeadline(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		wait   time.Duration
	}{
		{"seconds", respond(429, "", "Retry-After", "60"), 60500 * time.Millisecond},
		{"a date", respond(429, "", "Retry-After", "Saturday, 01-Jan-00 00:01:00 GMT"), 60500 * time.Millisecond},
		{"a date of a wrong clock", respond(429, "", "Retry-After", "Fri Mar  9 12:01:00 2001", "Date", "Fri, 09 Mar 2001 12:00:00 GMT"), 60500 * time.Millisecond},
		{"a date that has passed", respond(429, "", "Retry-After", "Fri, 31 Dec 1999 00:00:00 GMT"), 500 * time.Millisecond},
		{"invalid", respond(429, "", "Retry-After", "-1"), 750 * time.Millisecond},
		{"a 500 with a hint", respond(500, "", "Retry-After", "7"), 7500 * time.Millisecond},
		{"a 520 without a hint", respond(520, ""), 500 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), row.wait+time.Nanosecond)
				defer cancel()
				h := newHarness(t, sequence(row.handle, ok))
				start := time.Now()
				resp := h.x.Do(ctx, request(exchange.Idempotent))
				assertConsistent(t, resp)
				assert.Equal(t, exchange.OK, resp.Ending)
				assert.Equal(t, row.wait, resp.Attempts[0].Wait)
				assert.Equal(t, row.wait, time.Since(start))
			})
		})
	}
}

// A rejection is final, also with a Retry-After header.
func TestRetryAfterOnRejectionIsIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, respond(403, "", "Retry-After", "5"))
		resp := h.do(t, exchange.Safe)
		assertConsistent(t, resp)
		assert.True(t, resp.RetryAt.IsZero())
		assert.Len(t, resp.Attempts, 1)
	})
}

// The context ends during an attempt: no other attempt follows, and the attempt
// has its own ending.
func TestContextEndsDuringAttempt(t *testing.T) {
	t.Parallel()
	for _, safety := range safeties {
		t.Run(safetyName(safety), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				h := newHarness(t, hang)
				resp := h.x.Do(ctx, request(safety))
				assertConsistent(t, resp)
				assert.Equal(t, exchange.Ambiguous, resp.Ending)
				assert.Equal(t, "timed out", lastAttempt(t, resp).Reason)
				require.ErrorIs(t, resp.Err, context.DeadlineExceeded)
				assert.Len(t, resp.Attempts, 1)
				if safety != exchange.NonIdempotent {
					assert.Equal(t, "no retry: context done", lastAttempt(t, resp).Decision)
				}
			})
		})
	}
}
