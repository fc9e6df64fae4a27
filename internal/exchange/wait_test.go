package exchange_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

func newExchanger(first, maximum time.Duration, jitter float64) *exchange.Exchanger {
	return exchange.New(exchange.Config{
		HTTP:    &http.Client{},
		WaitMin: first,
		WaitMax: maximum,
		Jitter:  func() float64 { return jitter },
	})
}

func TestWait(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for _, row := range []struct {
		name           string
		first, maximum time.Duration
		number         int
		ending         exchange.Ending
		hint           time.Duration // -1: none
		low, half      time.Duration // with jitter 0 and 0.5
	}{
		{"first", s, 10 * s, 1, exchange.Ambiguous, -1, 0, s / 2},
		{"second", s, 10 * s, 2, exchange.Ambiguous, -1, 0, s},
		{"fourth", s, 10 * s, 4, exchange.NotSent, -1, 0, 4 * s},
		{"at the maximum", s, 10 * s, 5, exchange.Ambiguous, -1, 0, 5 * s},
		{"far beyond the maximum", s, 10 * s, 100, exchange.Ambiguous, -1, 0, 5 * s}, // the shift must not overflow
		{"a step that equals the maximum", s, 8 * s, 4, exchange.Ambiguous, -1, 0, 4 * s},
		{"the maximum is the first step", s, s, 3, exchange.Ambiguous, -1, 0, s / 2},
		{"no maximum", s, math.MaxInt64, 40, exchange.Ambiguous, -1, 0, exchange.MaxWait / 2},
		{"a first step above MaxWait", time.Hour, 2 * time.Hour, 1, exchange.Ambiguous, -1, 0, exchange.MaxWait / 2},
		{"limited", s, 10 * s, 1, exchange.RateLimited, -1, s / 2, s * 3 / 4}, // never immediately
		{"limited, third attempt", s, 10 * s, 3, exchange.RateLimited, -1, 2 * s, 3 * s},
		{"limited, with a hint", s, 10 * s, 3, exchange.RateLimited, 30 * s, 30 * s, 30*s + s/2}, // a hint may exceed the maximum step
		{"a zero hint", s, 10 * s, 1, exchange.RateLimited, 0, 0, s / 2},
		{"a hint after a server error", s, 10 * s, 1, exchange.Ambiguous, 7 * s, 7 * s, 7*s + s/2},
		{"the longest hint", s, 10 * s, 1, exchange.RateLimited, exchange.MaxRetryAfter, exchange.MaxRetryAfter, exchange.MaxRetryAfter + s/2},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := exchange.Attempt{Number: row.number, Ending: row.ending}
			hint, hinted := max(row.hint, 0), row.hint >= 0
			assert.Equal(t, row.low, exchange.Wait(newExchanger(row.first, row.maximum, 0), a, hint, hinted), "jitter 0")
			assert.Equal(t, row.half, exchange.Wait(newExchanger(row.first, row.maximum, 0.5), a, hint, hinted), "jitter 0.5")
			high := exchange.Wait(newExchanger(row.first, row.maximum, math.Nextafter(1, 0)), a, hint, hinted)
			assert.Greater(t, high, row.half)
			assert.LessOrEqual(t, high, 2*row.half-row.low, "jitter 1")
		})
	}
}

// WithJitter accepts a caller's function, which may return any number.
func TestWaitClampsJitter(t *testing.T) {
	t.Parallel()
	for _, jitter := range []float64{-1, 1, 7, 1e300, math.Inf(1), math.Inf(-1), math.NaN()} {
		for _, ending := range []exchange.Ending{exchange.Ambiguous, exchange.RateLimited} {
			got := exchange.Wait(newExchanger(time.Second, 10*time.Second, jitter), exchange.Attempt{Number: 2, Ending: ending}, 0, false)
			assert.GreaterOrEqual(t, got, time.Duration(0), "%v", jitter)
			assert.LessOrEqual(t, got, 2*time.Second, "%v", jitter)
		}
	}
}
