package fulfillment

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &breaker{initial: time.Second, maximum: time.Minute}
		waited := func() (time.Duration, bool) {
			start := time.Now()
			probe, active := b.wait(t.Context())
			require.True(t, active)
			return time.Since(start), probe
		}
		fail := func(d decision) { b.failed(d, time.Now()) }

		// Failures of single orders do not pause, three in a row do.
		for range streakThreshold - 1 {
			fail(decision{})
		}
		for range 10 {
			fail(decision{pause: pauseNever})
		}
		wait, probe := waited()
		assert.Zero(t, wait)
		assert.False(t, probe)
		fail(decision{})
		wait, probe = waited()
		assert.InDelta(t, 0.75*float64(time.Second), float64(wait), float64(time.Second)/4)
		assert.True(t, probe)

		// Concurrent failures count once: the next pause is the second step.
		fail(decision{})
		for range 16 {
			fail(decision{})
		}
		wait, _ = waited()
		assert.InDelta(t, 1.5*float64(time.Second), float64(wait), float64(time.Second)/2)

		// A success closes the breaker.
		fail(decision{})
		b.succeeded()
		wait, probe = waited()
		assert.Zero(t, wait)
		assert.False(t, probe)

		// A success does not end a rate limit. No probe follows a rate limit.
		fail(decision{pause: pauseNow, retryAt: time.Now().Add(10 * time.Second)})
		b.succeeded()
		wait, probe = waited()
		assert.InDelta(t, 10.5*float64(time.Second), float64(wait), float64(time.Second)/2)
		assert.False(t, probe)
		fail(decision{pause: pauseNow, retryAt: time.Now().Add(1e6 * time.Hour)})
		wait, _ = waited()
		assert.LessOrEqual(t, wait, maxPause+time.Second)

		fail(decision{pause: pauseNow})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, active := b.wait(ctx)
		assert.False(t, active)
	})
}

func TestBreakerReady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*struct {
		b     breaker
		probe bool
		ready bool
	}{
		"closed":               {ready: true},
		"open":                 {b: breaker{tripped: true, openUntil: time.Now().Add(time.Hour)}},
		"open, probe":          {b: breaker{tripped: true, openUntil: time.Now().Add(time.Hour)}, probe: true},
		"half open, no probe":  {b: breaker{tripped: true}},
		"half open, probe":     {b: breaker{tripped: true}, probe: true, ready: true},
		"closed, rate limited": {b: breaker{limitedUntil: time.Now().Add(time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			remaining, ready := c.b.ready(c.probe)
			assert.Equal(t, c.ready, ready)
			assert.Equal(t, !c.b.openUntil.IsZero() || !c.b.limitedUntil.IsZero(), remaining > 0)
		})
	}
}

// A result that a full store rejects pauses the worker, because the next results
// cannot be stored either.
func TestFullStorePausesWorker(t *testing.T) {
	t.Parallel()
	w := newWorker(&Pipeline{orders: &Queue{}}, &runConfig{initialBackoff: time.Minute, maxBackoff: time.Hour}, nil, time.Second)
	e := w.retryStore(&delivery{count: 1}, Event{}, "store result", errors.New("another"))
	assert.Equal(t, DispositionRetry, e.Disposition)
	_, ready := w.breaker.ready(false)
	assert.True(t, ready)
	full := translateFull(&jetstream.APIError{Code: http.StatusServiceUnavailable, ErrorCode: codeServerFull})
	e = w.retryStore(&delivery{count: 1}, Event{}, "store result", full)
	require.ErrorIs(t, e.Err, ErrStoreFull)
	_, ready = w.breaker.ready(true)
	assert.False(t, ready)
}
