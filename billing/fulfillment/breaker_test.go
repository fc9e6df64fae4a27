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
		b := &breaker{first: time.Second, ceiling: time.Minute}
		waits := func() (time.Duration, bool) {
			began := time.Now()
			probe, lasted := b.wait(t.Context())
			require.True(t, lasted)
			return time.Since(began), probe
		}
		fail := func(v verdict) { b.failed(v, time.Now()) }

		// Failures of single orders stop nothing, three in a row do.
		for range inARow - 1 {
			fail(verdict{})
		}
		for range 10 {
			fail(verdict{hold: holdNever})
		}
		wait, probe := waits()
		assert.Zero(t, wait)
		assert.False(t, probe)
		fail(verdict{})
		wait, probe = waits()
		assert.InDelta(t, 0.75*float64(time.Second), float64(wait), float64(time.Second)/4)
		assert.True(t, probe)

		// Those under way together count once: the next pause is the second step.
		fail(verdict{})
		for range 16 {
			fail(verdict{})
		}
		wait, _ = waits()
		assert.InDelta(t, 1.5*float64(time.Second), float64(wait), float64(time.Second)/2)

		// It works again.
		fail(verdict{})
		b.succeeded()
		wait, probe = waits()
		assert.Zero(t, wait)
		assert.False(t, probe)

		// A limit ends when it ends, whatever works meanwhile, and then all may go.
		fail(verdict{hold: holdNow, until: time.Now().Add(10 * time.Second)})
		b.succeeded()
		wait, probe = waits()
		assert.InDelta(t, 10.5*float64(time.Second), float64(wait), float64(time.Second)/2)
		assert.False(t, probe)
		fail(verdict{hold: holdNow, until: time.Now().Add(1e6 * time.Hour)})
		wait, _ = waits()
		assert.LessOrEqual(t, wait, longest+time.Second)

		fail(verdict{hold: holdNow})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, lasted := b.wait(ctx)
		assert.False(t, lasted)
	})
}

func TestBreakerReady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*struct {
		b     breaker
		probe bool
		ready bool
	}{
		"closed":                      {ready: true},
		"open":                        {b: breaker{tripped: true, until: time.Now().Add(time.Hour)}},
		"open, for a probe as well":   {b: breaker{tripped: true, until: time.Now().Add(time.Hour)}, probe: true},
		"half open, not the probe":    {b: breaker{tripped: true}}, // or all that were held would go at once
		"half open, the probe":        {b: breaker{tripped: true}, probe: true, ready: true},
		"limited, whatever succeeded": {b: breaker{limited: time.Now().Add(time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			left, ready := c.b.ready(c.probe)
			assert.Equal(t, c.ready, ready)
			assert.Equal(t, !c.b.until.IsZero() || !c.b.limited.IsZero(), left > 0)
		})
	}
}

// A result that has no room stops the worker, and with it the next results.
func TestAFullStorePausesTheWorker(t *testing.T) {
	t.Parallel()
	w := &worker{Pipeline: &Pipeline{}, runConfig: &runConfig{first: time.Minute, ceiling: time.Hour}}
	w.breaker = breaker{first: w.first, ceiling: w.ceiling}
	e := w.notStored(&delivery{deliveries: 1}, Event{}, "store the result", errors.New("another"))
	assert.Equal(t, Later, e.Ending)
	_, ready := w.breaker.ready(false)
	assert.True(t, ready)
	refused := asFull(&jetstream.APIError{Code: http.StatusServiceUnavailable, ErrorCode: codeServerFull})
	e = w.notStored(&delivery{deliveries: 1}, Event{}, "store the result", refused)
	require.ErrorIs(t, e.Err, ErrStoreFull)
	_, ready = w.breaker.ready(true)
	assert.False(t, ready)
}
