package fulfillment

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
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
