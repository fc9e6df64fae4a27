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

// gate is a Gate whose decisions are a function of how often it was asked.
type gate struct {
	mu     sync.Mutex
	passed int
	paused []time.Duration // from when the gate was made
	since  time.Time
	decide func(ctx context.Context, n int) error
}

func newGate(decide func(ctx context.Context, n int) error) *gate {
	return &gate{since: time.Now(), decide: decide}
}

func (g *gate) Pass(ctx context.Context) error {
	g.mu.Lock()
	g.passed++
	n := g.passed
	g.mu.Unlock()
	return g.decide(ctx, n)
}

func (g *gate) Pause(t time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paused = append(g.paused, t.Sub(g.since))
}

// refusal is a gate's own error.
type refusal struct{}

func (refusal) Error() string { return "no budget" }

func open(context.Context, int) error { return nil }

func shutFrom(first int) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		if n >= first {
			return refusal{}
		}
		return nil
	}
}

func TestGateIsPassedBeforeEveryAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(open)
		r := newRig(t, inTurn(
			answer(429, "", "Retry-After", "20"),
			answer(503, "", "Retry-After", "1"),
			answer(429, ""),
			ok,
		), func(r *rig) { r.cfg.Gate, r.cfg.MaxAttempts = g, 9; r.net.Line(1).Refuse() })
		reply := r.do(t, exchange.Guarded)
		assertJournal(t, reply)
		require.Equal(t, exchange.Done, reply.Ending)
		assert.Len(t, reply.Attempts, 5)
		assert.Equal(t, 5, g.passed)
		// 0.5 s after the refused dial, then 20 s as asked for and 0.5 s of
		// jitter; the 503 asks only this call to wait; the last one names no
		// time, so it is three quarters of its step of 8 s.
		assert.Equal(t, []time.Duration{21 * time.Second, 28500 * time.Millisecond}, g.paused)
	})
}

// A header gone wrong holds up this call, and all others that share the gate no
// longer than anybody would wait.
func TestGateIsPausedWithinReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(open)
		r := newRig(t, answer(429, "", "Retry-After", "9223372036854775807"), func(r *rig) { r.cfg.Gate = g })
		reply := r.do(t, exchange.Read)
		assertJournal(t, reply)
		assert.Equal(t, []time.Duration{exchange.LongestWait}, g.paused)
		assert.Equal(t, exchange.MaxRetryAfter+500*time.Millisecond, reply.RetryAt.Sub(g.since), "the caller learns the whole of it")
	})
}

// A gate that does not let pass ends the call. What the last attempt was stays
// what it was, above all that it may have acted.
func TestGateRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		first    int // the first attempt that is not let through
		handle   http.HandlerFunc
		jitter   float64
		attempts int
		ending   exchange.Ending
		status   int
		acted    bool
		retryAt  bool
	}{
		{name: "the first attempt", first: 1, handle: ok, ending: exchange.NotSent},
		{name: "after a lost one", first: 2, handle: cut, jitter: 0.5, attempts: 1, ending: exchange.Lost, acted: true},
		{name: "after a lost one, at once", first: 2, handle: cut, attempts: 1, ending: exchange.Lost, acted: true}, // a wait of nothing is a wait
		{name: "after a lost one that was answered", first: 2, handle: answer(503, "busy", "Retry-After", "5"), jitter: 0.5, attempts: 1, ending: exchange.Lost, status: 503, acted: true, retryAt: true},
		{name: "after a limited one", first: 2, handle: answer(429, "busy"), attempts: 1, ending: exchange.Limited, status: 429, retryAt: true},
		{name: "after two", first: 3, handle: inTurn(cut, answer(429, "busy")), jitter: 0.5, attempts: 2, ending: exchange.Limited, status: 429, acted: true, retryAt: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := newGate(shutFrom(row.first))
				r := newRig(t, row.handle, func(r *rig) { r.cfg.Gate = g; r.cfg.Jitter = func() float64 { return row.jitter } })
				reply := r.do(t, exchange.Guarded)
				assertJournal(t, reply)
				assert.Len(t, reply.Attempts, row.attempts)
				assert.EqualValues(t, row.attempts, r.seen.Load())
				assert.Equal(t, row.ending, reply.Ending)
				assert.Equal(t, row.status, reply.Status)
				assert.Equal(t, row.acted, reply.MayHaveActed())
				assert.Equal(t, row.retryAt, !reply.RetryAt.IsZero())
				require.ErrorIs(t, reply.Err, refusal{})
				if row.status != 0 {
					assert.Equal(t, "busy", string(reply.Body))
				}
				if row.attempts > 0 {
					assert.Equal(t, "not sent again: the rate budget does not allow it in time", last(t, reply).Verdict)
				}
			})
		})
	}
}

// A gate holds calls back; the context may end meanwhile, and a gate may not
// notice.
func TestContextEndsAtTheGate(t *testing.T) {
	t.Parallel()
	waits := func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }
	sleeps := func(ctx context.Context, _ int) error { <-ctx.Done(); return nil }
	for _, row := range []struct {
		name   string
		decide func(context.Context, int) error
		from   int
		acted  bool
	}{
		{"the first time", waits, 1, false},
		{"the first time, unnoticed", sleeps, 1, false},
		{"after a lost attempt", waits, 2, true},
		{"after a lost attempt, unnoticed", sleeps, 2, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				g := newGate(func(ctx context.Context, n int) error {
					if n < row.from {
						return nil
					}
					return row.decide(ctx, n)
				})
				r := newRig(t, cut, func(r *rig) { r.cfg.Gate = g })
				start := time.Now()
				reply := r.x.Do(ctx, request(exchange.Guarded))
				assert.Equal(t, time.Minute, time.Since(start))
				assertJournal(t, reply)
				require.ErrorIs(t, reply.Err, context.DeadlineExceeded)
				assert.Equal(t, row.acted, reply.MayHaveActed())
				assert.Len(t, reply.Attempts, row.from-1)
				if row.acted {
					assert.Equal(t, exchange.Lost, reply.Ending)
					assert.Equal(t, "not sent again: the context ended during the wait", last(t, reply).Verdict)
				}
			})
		})
	}
}

// A context that is over before anything was done sends nothing, and asks no
// gate.
func TestContextOverFromTheStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("canary"))
		g := newGate(open)
		r := newRig(t, ok, func(r *rig) { r.cfg.Gate = g })
		reply := r.x.Do(ctx, request(exchange.Guarded))
		assertJournal(t, reply)
		assert.Equal(t, exchange.NotSent, reply.Ending)
		require.ErrorIs(t, reply.Err, context.Canceled)
		assert.Empty(t, reply.Attempts)
		assert.Zero(t, g.passed+r.net.Dials())
		assert.False(t, reply.MayHaveActed())
	})
}

// Go-retryablehttp forgets the answer when the context ends in a wait.
func TestContextEndsInAWait(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		status int
		ending exchange.Ending
	}{
		{"after a 429", answer(429, "busy", "X-Request-Id", "r1"), 429, exchange.Limited},
		{"after a 503", answer(503, "busy", "X-Request-Id", "r1"), 503, exchange.Lost},
		{"after a cut", cut, 0, exchange.Lost},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(100*time.Millisecond, func() { cancel(errors.New("canary")) })
				r := newRig(t, row.handle)
				start := time.Now()
				reply := r.x.Do(ctx, request(exchange.Guarded))
				assert.Equal(t, 100*time.Millisecond, time.Since(start), "promptly")
				assertJournal(t, reply)
				assert.Equal(t, row.status, reply.Status)
				assert.Equal(t, row.ending, reply.Ending)
				require.ErrorIs(t, reply.Err, context.Canceled)
				assert.Len(t, reply.Attempts, 1)
				assert.Equal(t, "not sent again: the context ended during the wait", last(t, reply).Verdict)
				if row.status != 0 {
					assert.Equal(t, "r1", reply.Header.Get("X-Request-Id"))
					assert.Equal(t, "busy", string(reply.Body))
				}
			})
		})
	}
}

// What does not fit is not begun: the caller learns at once, and when to come
// back.
func TestAWaitThatDoesNotFitIsNotBegun(t *testing.T) {
	t.Parallel()
	const late = "not sent again: the wait does not fit the deadline"
	for _, row := range []struct {
		name     string
		handle   http.HandlerFunc
		deadline time.Duration
		verdict  string
		ending   exchange.Ending
		retryIn  time.Duration // 0: no time is named
	}{
		{"a hint", answer(429, "", "Retry-After", "60"), 60 * time.Second, late, exchange.Limited, 60500 * time.Millisecond},
		{"a date", answer(429, "", "Retry-After", "Sat, 01 Jan 2000 00:02:00 GMT"), time.Minute, late, exchange.Limited, 120500 * time.Millisecond},
		{"a hint of a 503", answer(503, "", "Retry-After", "60"), 60 * time.Second, late, exchange.Lost, 60500 * time.Millisecond},
		{"a bare 429", answer(429, ""), 750 * time.Millisecond, late, exchange.Limited, 750 * time.Millisecond},
		{"a backoff", answer(503, ""), 500 * time.Millisecond, late, exchange.Lost, 0},
		{"a hint that is too long for anybody", answer(429, "", "Retry-After", "3600"), 0, "not sent again: the wait asked for is too long", exchange.Limited, time.Hour + 500*time.Millisecond},
		{"a hint beyond all numbers", answer(429, "", "Retry-After", "9223372036854775807"), 0, "not sent again: the wait asked for is too long", exchange.Limited, 24*time.Hour + 500*time.Millisecond},
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
				r := newRig(t, row.handle)
				start := time.Now()
				reply := r.x.Do(ctx, request(exchange.Guarded))
				assert.Zero(t, time.Since(start), "at once")
				assertJournal(t, reply)
				require.NoError(t, reply.Err, "there was an answer; it is no error of the context")
				assert.Equal(t, row.ending, reply.Ending)
				assert.Equal(t, row.verdict, last(t, reply).Verdict)
				assert.Len(t, reply.Attempts, 1)
				if row.retryIn > 0 {
					assert.Equal(t, row.retryIn, reply.RetryAt.Sub(start))
				} else {
					assert.True(t, reply.RetryAt.IsZero())
				}
			})
		})
	}
}

func TestAWaitThatFitsIsWaited(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		wait   time.Duration
	}{
		{"seconds", answer(429, "", "Retry-After", "60"), 60500 * time.Millisecond},
		{"a date", answer(429, "", "Retry-After", "Saturday, 01-Jan-00 00:01:00 GMT"), 60500 * time.Millisecond},
		{"a date by another clock", answer(429, "", "Retry-After", "Fri Mar  9 12:01:00 2001", "Date", "Fri, 09 Mar 2001 12:00:00 GMT"), 60500 * time.Millisecond},
		{"a date that has passed", answer(429, "", "Retry-After", "Fri, 31 Dec 1999 00:00:00 GMT"), 500 * time.Millisecond},
		{"junk", answer(429, "", "Retry-After", "-1"), 750 * time.Millisecond},
		{"a 500 that names a time", answer(500, "", "Retry-After", "7"), 7500 * time.Millisecond},
		{"a 520 that does not", answer(520, ""), 500 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), row.wait+time.Nanosecond)
				defer cancel()
				r := newRig(t, inTurn(row.handle, ok))
				start := time.Now()
				reply := r.x.Do(ctx, request(exchange.Guarded))
				assertJournal(t, reply)
				assert.Equal(t, exchange.Done, reply.Ending)
				assert.Equal(t, row.wait, reply.Attempts[0].Wait)
				assert.Equal(t, row.wait, time.Since(start))
			})
		})
	}
}

// Refusals are refusals, whatever they say about coming back.
func TestRetryAfterOnARefusalSaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, answer(403, "", "Retry-After", "5"))
		reply := r.do(t, exchange.Read)
		assertJournal(t, reply)
		assert.True(t, reply.RetryAt.IsZero())
		assert.Len(t, reply.Attempts, 1)
	})
}

// The context ends while the attempt is under way: no further one is begun, and
// the attempt is called by what became of it.
func TestContextEndsInAnAttempt(t *testing.T) {
	t.Parallel()
	for _, safety := range safeties {
		t.Run(safetyName(safety), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				r := newRig(t, hang)
				reply := r.x.Do(ctx, request(safety))
				assertJournal(t, reply)
				assert.Equal(t, exchange.Lost, reply.Ending)
				assert.Equal(t, "timed out", last(t, reply).Reason)
				require.ErrorIs(t, reply.Err, context.DeadlineExceeded)
				assert.Len(t, reply.Attempts, 1)
				if safety != exchange.Unguarded {
					assert.Equal(t, "not sent again: the context is over", last(t, reply).Verdict)
				}
			})
		})
	}
}
