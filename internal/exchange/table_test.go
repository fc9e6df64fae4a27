package exchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// The retry table: every ending with every kind of request.
func TestShouldRetry(t *testing.T) {
	t.Parallel()
	const yes, no = true, false
	for _, row := range []struct {
		ending                          exchange.Ending
		name                            string
		safe, idempotent, nonIdempotent bool
		acted                           bool
	}{
		{exchange.NotSent, "not sent", yes, yes, yes, no},
		{exchange.PermanentFailure, "permanent failure", no, no, no, no},
		{exchange.RateLimited, "rate limited", yes, yes, yes, no},
		{exchange.Rejected, "rejected", no, no, no, no},
		{exchange.Ambiguous, "ambiguous", yes, yes, no, yes},    // a repeated append would be applied twice
		{exchange.AmbiguousFinal, "ambiguous", no, no, no, yes}, // a 501 does not prove that there was no effect
		{exchange.BadBody, "bad body", yes, no, no, yes},        // it took effect
		{exchange.OK, "ok", no, no, no, yes},
		{exchange.OK + 1, "unknown", no, no, no, no}, // an unknown ending is not retried
		{-1, "unknown", no, no, no, no},
	} {
		assert.Equal(t, row.name, row.ending.String())
		assert.Equal(t, row.acted, exchange.Attempt{Ending: row.ending}.MayHaveActed(), "%s acted", row.ending)
		resp := exchange.Response{Attempts: []exchange.Attempt{{Ending: row.ending}, {Ending: exchange.NotSent}}}
		assert.Equal(t, row.acted, resp.MayHaveActed(), "%s, then not sent", row.ending)
		for i, want := range [...]bool{row.safe, row.idempotent, row.nonIdempotent} {
			assert.Equal(t, want, exchange.ShouldRetry(row.ending, safeties[i]), "%s, %s", row.ending, safetyName(safeties[i]))
			if !want {
				assert.Contains(t, exchange.NoRetryReason(row.ending, safeties[i]), "no retry: ")
			}
		}
		assert.Equal(t, row.ending == exchange.NotSent || row.ending == exchange.RateLimited,
			exchange.ShouldRetry(row.ending, exchange.NonIdempotent+1), "an unknown kind of request is retried only if it was not processed")
	}
}

func TestNoRetryReason(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		ending exchange.Ending
		safety exchange.Safety
		want   string
	}{
		{exchange.Ambiguous, exchange.NonIdempotent, "no retry: may have been applied"},
		{exchange.BadBody, exchange.Idempotent, "no retry: already applied"},
		{exchange.Rejected, exchange.Safe, "no retry: final response"},
		{exchange.PermanentFailure, exchange.Safe, "no retry: permanent failure"},
		{exchange.AmbiguousFinal, exchange.NonIdempotent, "no retry: permanent failure"},
	} {
		assert.Equal(t, row.want, exchange.NoRetryReason(row.ending, row.safety))
	}
}
