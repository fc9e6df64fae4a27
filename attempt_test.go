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
			licensespring.Attempt{Op: "create order", Number: 1, Phase: licensespring.PhaseSent, Reason: "timed out", Verdict: "sent again", Wait: 480 * time.Millisecond},
			"create order #1: sent, timed out, sent again after 480ms",
		},
		{
			licensespring.Attempt{Op: "create order", Number: 2, Phase: licensespring.PhaseAnswered, Status: 200, Reason: "answered", Verdict: "answered"},
			"create order #2: answered 200",
		},
		{
			licensespring.Attempt{Op: "create order", Number: 1, Phase: licensespring.PhaseAnswered, Status: 400, Reason: "refused", Verdict: "not sent again: the answer is final"},
			"create order #1: answered 400, refused, not sent again: the answer is final",
		},
		{
			licensespring.Attempt{Op: "get order", Number: 3, Phase: licensespring.PhaseNotSent, Reason: "connection refused", Wait: time.Millisecond},
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
		Op: "create order", Number: 2, Start: time.Now(), Took: time.Second, Phase: licensespring.PhaseAnswered,
		Status: 503, Reason: "server error", Wait: time.Minute, Verdict: "sent again",
	}
	got := make(map[string]any)
	for _, attr := range a.LogValue().Group() {
		got[attr.Key] = attr.Value.Any()
	}
	assert.Equal(t, map[string]any{
		"op": "create order", "number": int64(2), "phase": "answered", "status": int64(503), "reason": "server error",
		"verdict": "sent again", "took": time.Second, "wait": time.Minute,
	}, got)
	assert.Equal(t, slog.KindGroup, a.LogValue().Kind())
}

// The whole journal of a call that had to try everything.
func TestAttemptsOfACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, network := inMemory(t, nil, licensespring.WithAttemptTimeout(5*time.Second))
		network.Line(1).Refuse()
		s.Inject(
			lst.Status(http.StatusTooManyRequests, lst.Header("Retry-After", "2")),
			lst.Together(lst.StallAfter(), lst.InvisibleFor(6500*time.Millisecond)),
			lst.Status(http.StatusBadGateway).On(lst.ListOrders),
		)
		start := time.Now()
		res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		assert.Equal(t, licensespring.Recovered, res.Outcome)
		var lines []string
		for _, a := range res.Attempts {
			lines = append(lines, a.String())
		}
		assert.Equal(t, []string{
			"create order #1: not sent, connection refused, sent again after 250ms",
			"create order #2: answered 429, rate limited, sent again after 2.25s",
			"create order #3: sent, timed out, sent again after 1s",
			"create order #4: answered 409, refused, not sent again: the answer is final",
			"look up order #1: answered 502, server error, sent again after 250ms",
			"look up order #2: answered 200, looked up again after 500ms",
			"look up order #3: answered 200",
		}, lines)
		assert.Equal(t, start, res.Attempts[0].Start)
		assert.Equal(t, 5*time.Second, res.Attempts[2].Took)
		assertAttempts(t, res.Attempts)
	})
}
