package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func TestDecide(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(time.Minute)
	for name, tt := range map[string]struct {
		err  error
		want decision
	}{
		"invalid before sending": {
			&licensespring.Error{Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.OutcomeNotSent},
			decision{deadLetter: true, pause: pauseNever},
		},
		"rejected": {
			&licensespring.Error{Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.OutcomeRejected, StatusCode: http.StatusBadRequest},
			decision{deadLetter: true, pause: pauseNever, responded: true},
		},
		"wrapped": {
			fmt.Errorf("wrapped: %w", &licensespring.Error{Kind: licensespring.ErrOrderConflict}),
			decision{deadLetter: true, pause: pauseNever},
		},
		"rate limited": {&licensespring.Error{Kind: licensespring.ErrRateLimited, RetryAt: at}, decision{pause: pauseNow, retryAt: at}},
		"unauthorized": {&licensespring.Error{Kind: licensespring.ErrUnauthorized, StatusCode: http.StatusForbidden}, decision{pause: pauseNow}},
		// The order did not cause the rate limit that prevented the lookup.
		"unknown, rate limited during lookup": {
			&licensespring.Error{
				Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.OutcomeUnknown,
				RateLimitSource: licensespring.RateLimitSourceClient, RetryAt: at,
			},
			decision{pause: pauseNow, retryAt: at},
		},
		"unknown, with a retry time": {
			&licensespring.Error{Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.OutcomeUnknown, RetryAt: at},
			decision{counts: true, retryAt: at},
		},
		"unknown":           {&licensespring.Error{Kind: licensespring.ErrOutcomeUnknown}, decision{counts: true}},
		"unlisted kind":     {&licensespring.Error{Kind: "unlisted"}, decision{counts: true}},
		"not from this SDK": {errors.New("other"), decision{counts: true}},
	} {
		assert.Equal(t, tt.want, decide(tt.err), name)
	}
}

// errorKinds are all kinds that a call can return, and one that does not exist.
var errorKinds = [...]licensespring.ErrorKind{
	licensespring.ErrInvalidRequest, licensespring.ErrInvalidConfig, licensespring.ErrUnauthorized,
	licensespring.ErrNotFound, licensespring.ErrOrderExists, licensespring.ErrOrderConflict,
	licensespring.ErrRateLimited, licensespring.ErrRedirected, licensespring.ErrUnavailable,
	licensespring.ErrBadResponse, licensespring.ErrOutcomeUnknown, licensespring.ErrNotSent, "unlisted",
}

// The decision must not depend on the order of the table, for any combination of
// kind, outcome, status, rate limit and context error, wrapped or not.
func TestDecideDoesNotDependOnTableOrder(t *testing.T) {
	t.Parallel()
	outcomes := [...]licensespring.Outcome{"", licensespring.OutcomeRejected, licensespring.OutcomeNotSent, licensespring.OutcomeUnknown}
	sources := [...]licensespring.RateLimitSource{"", licensespring.RateLimitSourceService, licensespring.RateLimitSourceClient}
	statuses := [...]int{0, http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	var errs []error
	for _, kind := range errorKinds {
		for _, outcome := range outcomes {
			for _, source := range sources {
				for _, status := range statuses {
					e := &licensespring.Error{Kind: kind, Outcome: outcome, RateLimitSource: source, StatusCode: status}
					errs = append(errs, e, fmt.Errorf("wrapped: %w", e), errors.Join(context.DeadlineExceeded, e))
				}
			}
		}
	}

	tables := [][]kindDecision{slices.Clone(decisions[:])}
	slices.Reverse(tables[0])
	for seed := range uint64(50) {
		table := slices.Clone(decisions[:])
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(table), func(i, j int) { table[i], table[j] = table[j], table[i] })
		tables = append(tables, table)
	}
	for _, err := range errs {
		want := decide(err)
		for _, table := range tables {
			require.Equal(t, want, decideBy(table, err), "%#v", err)
		}
	}
}

func TestEachKindHasOneDecision(t *testing.T) {
	t.Parallel()
	seen := make(map[licensespring.ErrorKind]bool)
	for _, d := range decisions {
		assert.False(t, seen[d.kind], d.kind)
		seen[d.kind] = true
	}
}

// An unknown outcome is never final, whatever else the error matches: the order
// may exist, so that only EnsureOrder may settle it.
func TestUnknownOutcomeHasPrecedence(t *testing.T) {
	t.Parallel()
	for _, kind := range errorKinds {
		for _, status := range [...]int{
			0, http.StatusBadRequest, http.StatusForbidden, http.StatusProxyAuthRequired, http.StatusRequestTimeout,
			http.StatusMisdirectedRequest, http.StatusTooEarly, 460, 499, http.StatusBadGateway,
		} {
			err := &licensespring.Error{Kind: kind, Outcome: licensespring.OutcomeUnknown, StatusCode: status}
			assert.Equal(t, decision{counts: true, pause: pauseAfterStreak}, decide(err), "%s, status %d", kind, status)
		}
	}
}

// The table in the package documentation must equal the table in the code.
func TestDocumentedDecisions(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	kinds := map[string]licensespring.ErrorKind{
		"ErrInvalidRequest": licensespring.ErrInvalidRequest, "ErrOrderConflict": licensespring.ErrOrderConflict,
		"ErrOrderExists": licensespring.ErrOrderExists, "ErrOutcomeUnknown": licensespring.ErrOutcomeUnknown,
		"ErrUnavailable": licensespring.ErrUnavailable, "ErrRateLimited": licensespring.ErrRateLimited,
		"ErrUnauthorized": licensespring.ErrUnauthorized, "ErrRedirected": licensespring.ErrRedirected,
		"ErrNotFound": licensespring.ErrNotFound, "ErrBadResponse": licensespring.ErrBadResponse,
		"ErrNotSent": licensespring.ErrNotSent, "any other error": "unlisted",
	}
	pauses := map[string]pause{
		"no": pauseNever, "yes": pauseNow, "yes, until RetryAt": pauseNow, "after 3 in a row": pauseAfterStreak,
	}
	columns := regexp.MustCompile(` {2,}`)
	found := 0
	for _, row := range regexp.MustCompile(`(?m)^//\t((?:Err\w+|any other error) +(?:dead letter|retry) .*)$`).FindAllStringSubmatch(string(doc), -1) {
		cells := columns.Split(row[1], -1)
		require.Len(t, cells, 4, row[1])
		kind, known := kinds[cells[0]]
		require.True(t, known, cells[0])
		pause, known := pauses[cells[3]]
		require.True(t, known, cells[3])
		found++
		want := decision{deadLetter: cells[1] == "dead letter", counts: cells[2] == "yes", pause: pause}
		assert.Equal(t, want, decide(&licensespring.Error{Kind: kind}), row[1])
	}
	assert.Equal(t, len(kinds), found)
	assert.Len(t, decisions, found-1)
}
