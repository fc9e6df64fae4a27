package licensespring_test

import (
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestAttemptString(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   licensespring.Attempt
		want string
	}{
		{
			licensespring.Attempt{Op: licensespring.OpCreateOrder, Number: 1, Phase: licensespring.PhaseSent, Reason: "timed out", Decision: "retry", Wait: 480 * time.Millisecond},
			"create order #1: sent, timed out, retry after 480ms",
		},
		{
			licensespring.Attempt{Op: licensespring.OpCreateOrder, Number: 2, Phase: licensespring.PhaseResponded, Status: 200, Reason: "ok", Decision: ""},
			"create order #2: responded 200, ok",
		},
		{
			licensespring.Attempt{Op: licensespring.OpCreateOrder, Number: 1, Phase: licensespring.PhaseResponded, Status: 400, Reason: "rejected", Decision: "no retry: final response"},
			"create order #1: responded 400, rejected, no retry: final response",
		},
		{
			licensespring.Attempt{Op: licensespring.OpGetOrder, Number: 3, Phase: licensespring.PhaseNotSent, Reason: "connection refused", Wait: time.Millisecond},
			"get order #3: not sent, connection refused after 1ms",
		},
		{licensespring.Attempt{}, " #0: "},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, tt.in.String())
	}
}

func TestAttemptLogValue(t *testing.T) {
	t.Parallel()
	a := licensespring.Attempt{
		Op: licensespring.OpCreateOrder, Number: 2, Start: time.Now(), Took: time.Second, Phase: licensespring.PhaseResponded,
		Status: 503, Reason: "server error", Wait: time.Minute, Decision: "retry",
	}
	got := make(map[string]any)
	for _, attr := range a.LogValue().Group() {
		got[attr.Key] = attr.Value.Any()
	}
	assert.Equal(t, map[string]any{
		"op": "create order", "number": int64(2), "phase": "responded", "status": int64(503), "reason": "server error",
		"decision": "retry", "took": time.Second, "wait": time.Minute,
	}, got)
	assert.Equal(t, slog.KindGroup, a.LogValue().Kind())
}

// Checks all attempts of a call that needed retries and lookups.
func TestAttemptsOfCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, network := inMemory(t, nil, licensespring.WithAttemptTimeout(5*time.Second))
		network.Line(1).Refuse()
		s.Inject(
			lst.Status(http.StatusTooManyRequests, lst.Header("Retry-After", "2")),
			lst.Combine(lst.StallAfter(), lst.InvisibleFor(6500*time.Millisecond)),
			lst.Status(http.StatusBadGateway).On(lst.ListOrders),
		)
		start := time.Now()
		res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
		var lines []string
		for _, a := range res.Attempts {
			lines = append(lines, a.String())
		}
		assert.Equal(t, []string{
			"create order #1: not sent, connection refused, retry after 250ms",
			"create order #2: responded 429, rate limited, retry after 2.25s",
			"create order #3: sent, timed out, retry after 1s",
			"create order #4: responded 409, rejected, no retry: final response",
			"look up order #1: responded 502, server error, retry after 250ms",
			"look up order #2: responded 200, ok, poll again after 500ms",
			"look up order #3: responded 200, ok",
		}, lines)
		assert.Equal(t, start, res.Attempts[0].Start)
		assert.Equal(t, 5*time.Second, res.Attempts[2].Took)
		assertAttempts(t, res.Attempts)
	})
}
