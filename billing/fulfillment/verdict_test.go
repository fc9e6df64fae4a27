package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	at := time.Now().Add(time.Minute)
	for name, tt := range map[string]struct {
		err  error
		want verdict
	}{
		"found before sending": {
			&licensespring.Error{Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.NotSent},
			verdict{dead: true, hold: holdNever},
		},
		"refused": {
			&licensespring.Error{Kind: licensespring.ErrInvalidRequest, Outcome: licensespring.Refused, StatusCode: http.StatusBadRequest},
			verdict{dead: true, hold: holdNever, isAnswer: true},
		},
		"wrapped": {
			fmt.Errorf("around it: %w", &licensespring.Error{Kind: licensespring.ErrOrderConflict}),
			verdict{dead: true, hold: holdNever},
		},
		"limited":      {&licensespring.Error{Kind: licensespring.ErrRateLimited, RetryAt: at}, verdict{hold: holdNow, until: at}},
		"unauthorized": {&licensespring.Error{Kind: licensespring.ErrUnauthorized, StatusCode: http.StatusForbidden}, verdict{hold: holdNow}},
		// The limit came in the way while a lost answer was being settled: that is
		// not the order's fault.
		"unknown because of a limit": {
			&licensespring.Error{
				Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.Unknown,
				LimitedBy: licensespring.LimitedByBudget, RetryAt: at,
			},
			verdict{hold: holdNow, until: at},
		},
		"unknown":          {&licensespring.Error{Kind: licensespring.ErrOutcomeUnknown}, verdict{counts: true}},
		"a kind to come":   {&licensespring.Error{Kind: "tomorrow's"}, verdict{counts: true}},
		"no error of ours": {errors.New("other"), verdict{counts: true}},
	} {
		assert.Equal(t, tt.want, judge(tt.err), name)
	}
}

// The table in the package documentation says what the table in the code says.
func TestTheDocumentedTable(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	kinds := map[string]licensespring.ErrorKind{
		"ErrInvalidRequest": licensespring.ErrInvalidRequest, "ErrOrderConflict": licensespring.ErrOrderConflict,
		"ErrOrderExists": licensespring.ErrOrderExists, "ErrOutcomeUnknown": licensespring.ErrOutcomeUnknown,
		"ErrUnavailable": licensespring.ErrUnavailable, "ErrRateLimited": licensespring.ErrRateLimited,
		"ErrUnauthorized": licensespring.ErrUnauthorized, "ErrRedirected": licensespring.ErrRedirected,
		"ErrNotFound": licensespring.ErrNotFound, "ErrBadResponse": licensespring.ErrBadResponse,
		"ErrNotSent": licensespring.ErrNotSent, "anything else": "something new",
	}
	line := regexp.MustCompile(`(?m)^//\t(Err\w+|anything else) +(dead letter|later).*$`)
	found := 0
	for _, row := range line.FindAllStringSubmatch(string(doc), -1) {
		kind, known := kinds[row[1]]
		require.True(t, known, row[1])
		found++
		want := verdict{dead: row[2] == "dead letter", hold: holdNever}
		columns := strings.Fields(row[0][min(len(row[0]), 67):])
		if !want.dead {
			require.NotEmpty(t, columns, row[0])
			want.counts = columns[0] == "yes"
			switch rest := strings.Join(columns[1:], " "); {
			case strings.HasPrefix(rest, "yes"):
				want.hold = holdNow
			case rest == "after three in a row":
				want.hold = holdStreak
			default:
				assert.Equal(t, "no", rest, row[0])
			}
		}
		assert.Equal(t, want, judge(&licensespring.Error{Kind: kind}), row[0])
	}
	assert.Equal(t, len(kinds), found)
	assert.Len(t, verdicts, found-1)
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 9: time.Minute, 300: time.Minute} {
		for range 100 {
			d := backoff(time.Second, time.Minute, n)
			assert.GreaterOrEqual(t, d, want/2)
			assert.LessOrEqual(t, d, want)
		}
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &breaker{first: time.Second, ceiling: time.Minute}
		waits := func() (time.Duration, bool) {
			began := time.Now()
			doubt, lasted := b.wait(t.Context())
			require.True(t, lasted)
			return time.Since(began), doubt
		}
		fail := func(v verdict) { b.failed(v, time.Now()) }

		// Failures of single orders stop nothing, three in a row do.
		for range inARow - 1 {
			fail(verdict{})
		}
		for range 10 {
			fail(verdict{hold: holdNever})
		}
		wait, doubt := waits()
		assert.Zero(t, wait)
		assert.False(t, doubt)
		fail(verdict{})
		wait, doubt = waits()
		assert.InDelta(t, 0.75*float64(time.Second), float64(wait), float64(time.Second)/4)
		assert.True(t, doubt)

		// Those under way together count once: the next pause is the second step.
		fail(verdict{})
		for range 16 {
			fail(verdict{})
		}
		wait, _ = waits()
		assert.InDelta(t, 1.5*float64(time.Second), float64(wait), float64(time.Second)/2)

		// It works again.
		fail(verdict{})
		b.works()
		wait, doubt = waits()
		assert.Zero(t, wait)
		assert.False(t, doubt)

		// A limit ends when it ends, whatever works meanwhile, and then all may go.
		fail(verdict{hold: holdNow, until: time.Now().Add(10 * time.Second)})
		b.works()
		wait, doubt = waits()
		assert.InDelta(t, 10.5*float64(time.Second), float64(wait), float64(time.Second)/2)
		assert.False(t, doubt)
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
