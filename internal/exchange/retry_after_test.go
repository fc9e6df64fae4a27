package exchange_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const none = time.Duration(-1)
	now := time.Date(2031, 3, 9, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name, value, date string
		want              time.Duration
	}{
		{name: "absent", want: none},
		{name: "blank", value: "  ", want: none},
		{name: "seconds", value: "120", want: 2 * time.Minute},
		{name: "zero", value: "0", want: 0},
		{name: "space around", value: " 7\t", want: 7 * time.Second},
		{name: "leading zeros", value: "0007", want: 7 * time.Second},
		{name: "a fraction is rounded up", value: "1.2", want: 2 * time.Second},
		{name: "a zero fraction", value: "1.000", want: time.Second},
		{name: "a trailing point", value: "5.", want: 5 * time.Second},
		{name: "a leading point", value: ".5", want: none},
		{name: "two points", value: "1.2.3", want: none},
		{name: "a day", value: "86400", want: 24 * time.Hour},
		{name: "more than a day", value: "86401", want: exchange.MaxRetryAfter},
		{name: "a day and a bit", value: "86400.5", want: exchange.MaxRetryAfter},
		{name: "overflows as nanoseconds", value: "9223372037", want: exchange.MaxRetryAfter},
		{name: "the largest int64", value: "9223372036854775807", want: exchange.MaxRetryAfter},
		{name: "far beyond int64", value: strings.Repeat("9", 100_000), want: exchange.MaxRetryAfter},
		{name: "negative", value: "-5", want: none},
		{name: "signed", value: "+5", want: none},
		{name: "an exponent", value: "1e3", want: none},
		{name: "hexadecimal", value: "0x10", want: none},
		{name: "non-ASCII digits", value: "１２", want: none},
		{name: "a unit", value: "5s", want: none},
		{name: "words", value: "soon", want: none},
		{name: "a list", value: "5, 6", want: none},

		{name: "IMF-fixdate", value: "Sun, 09 Mar 2031 12:00:30 GMT", want: 30 * time.Second},
		{name: "RFC 850", value: "Sunday, 09-Mar-31 12:00:30 GMT", want: 30 * time.Second},
		{name: "asctime", value: "Sun Mar  9 12:00:30 2031", want: 30 * time.Second},
		{name: "a date in the past", value: "Sun, 09 Mar 2031 11:59:30 GMT", want: 0},
		{name: "a date far in the past", value: "Mon, 01 Jan 0001 00:00:00 GMT", want: 0}, // the difference overflows a Duration
		{name: "a date far in the future", value: "Fri, 31 Dec 9999 23:59:59 GMT", want: exchange.MaxRetryAfter},
		{name: "an invalid date", value: "Sun, 99 Mar 2031 12:00:30 GMT", want: none},
		{name: "RFC 3339", value: "2031-03-09T12:00:30Z", want: none}, // not a date format of HTTP

		{name: "server clock behind", value: "Sun, 09 Mar 2031 11:00:30 GMT", date: "Sun, 09 Mar 2031 11:00:00 GMT", want: 30 * time.Second},
		{name: "server clock ahead", value: "Sun, 09 Mar 2031 13:00:30 GMT", date: "Sun, 09 Mar 2031 13:00:00 GMT", want: 30 * time.Second},
		{name: "invalid server date", value: "Sun, 09 Mar 2031 12:00:30 GMT", date: "today", want: 30 * time.Second},
		{name: "server date does not affect seconds", value: "30", date: "Sun, 09 Mar 2031 13:00:00 GMT", want: 30 * time.Second},
		{name: "server date far in the past", value: "Sun, 09 Mar 2031 12:00:30 GMT", date: "Mon, 01 Jan 0001 00:00:00 GMT", want: exchange.MaxRetryAfter},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if row.value != "" {
				h.Set("Retry-After", row.value)
			}
			if row.date != "" {
				h.Set("Date", row.date)
			}
			got, found := exchange.RetryAfter(h, now)
			if row.want == none {
				assert.False(t, found)
				row.want = 0
			} else {
				assert.True(t, found)
			}
			assert.Equal(t, row.want, got)
		})
	}
}

func TestRetryAfterUsesFirstHeader(t *testing.T) {
	t.Parallel()
	got, found := exchange.RetryAfter(http.Header{"Retry-After": {"5", "9223372036854775807"}}, time.Now())
	assert.True(t, found)
	assert.Equal(t, 5*time.Second, got)
	_, found = exchange.RetryAfter(nil, time.Now())
	assert.False(t, found)
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "120", "1.5", "-1", ".", "9223372036854775807", "9223372037", "Sun, 09 Mar 2031 12:00:30 GMT",
		"Sunday, 09-Mar-31 12:00:30 GMT", "Sun Mar  9 12:00:30 2031", "soon", "１",
	} {
		for _, date := range []string{"", "Sun, 09 Mar 2031 13:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "x"} {
			f.Add(value, date, int64(1_930_000_000))
		}
	}
	f.Fuzz(func(t *testing.T, value, date string, now int64) {
		h := http.Header{"Retry-After": {value}, "Date": {date}}
		got, found := exchange.RetryAfter(h, time.Unix(now, 0))
		assert.GreaterOrEqual(t, got, time.Duration(0))
		assert.LessOrEqual(t, got, exchange.MaxRetryAfter)
		if !found {
			assert.Zero(t, got)
		}
	})
}
