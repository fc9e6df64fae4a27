package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/wire"
)

func TestParseTime(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 3, 1, 10, 20, 30, 0, time.UTC)
	tests := []struct {
		in   string
		want time.Time
	}{
		{"2026-03-01", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
		{"2026-03-01 10:20:30", moment},
		{"2026-03-01 10:20:30.123456", moment.Add(123456 * time.Microsecond)},
		{"2026-03-01 10:20:30+02:00", moment.Add(-2 * time.Hour)},
		{"2026-03-01 10:20:30.5Z", moment.Add(500 * time.Millisecond)},
		{"2026-03-01T10:20:30", moment},
		{"2026-03-01T10:20:30.000001", moment.Add(time.Microsecond)},
		{"2026-03-01T10:20:30Z", moment},
		{"2026-03-01T10:20:30.123456789Z", moment.Add(123456789)},
		{"2026-03-01T10:20:30-05:30", moment.Add(5*time.Hour + 30*time.Minute)},
		{"2024-02-29", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"", time.Time{}},
		// The zero date of the service, in every form.
		{"0000-00-00", time.Time{}},
		{"0000-00-00 00:00:00", time.Time{}},
		{"0000-00-00T00:00:00Z", time.Time{}},
		{"0000-00-00T00:00:00.000+00:00", time.Time{}},
		// The zero time of Go.
		{"0001-01-01T00:00:00Z", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := wire.ParseTime(tt.in)
			require.NoError(t, err)
			assert.True(t, got.Equal(tt.want), "got %v, want %v", got, tt.want)
			assert.Equal(t, time.UTC, got.Location())
			assert.Equal(t, tt.want.IsZero(), got.IsZero())
		})
	}
}

func TestParseTimeRejects(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"ada@example.com",
		"2026",
		"2026-3-1",
		"2026-02-30",          // no such day
		"2025-02-29",          // not a leap year
		"2026-13-01",          // no such month
		"01.03.2026",          // as long as a date
		"2026-03-01 25:00:00", // no such hour
		"2026-03-01 1:20:30 ", // one digit for the hour, which time.Parse accepts
		"2026-03-01 10:20",
		"2026-03-01 10:20:30,5", // a comma, which time.Parse accepts
		"2026-03-01_10:20:30",
		"2026-03-01T10:20:30+0200",
		"2026-03-01T10:20:30 CET",
		"2026-03-01 ",
		" 2026-03-01",
		"0000-00-01",
		"0000-00-00 00:00:01",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			got, err := wire.ParseTime(in)
			require.Error(t, err)
			assert.True(t, got.IsZero())
			assert.NotContains(t, err.Error(), in)
		})
	}
}

func TestAppendTime(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 5*60*60+30*60)
	at := time.Date(2026, 1, 1, 2, 0, 0, 999_999_999, zone)
	assert.Equal(t, "at 2025-12-31 20:30:00", string(wire.AppendTime([]byte("at "), at)))
}

func FuzzParseTime(f *testing.F) {
	for _, seed := range []string{
		"", "2026-03-01", "2026-03-01 10:20:30", "2026-03-01T10:20:30.123456789Z", "2026-03-01T10:20:30+14:00",
		"0000-00-00", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "2026-02-30",
		"2026-03-01 10:20:30.5+02:00", "2026-03-01T24:00:00", "2026-03-01T10:20:60Z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, err := wire.ParseTime(s)
		if err != nil {
			require.True(t, at.IsZero())
			return
		}
		require.Equal(t, time.UTC, at.Location())
		if at.IsZero() {
			return
		}
		// A parsed time is written in a form that parses to the same second.
		again, err := wire.ParseTime(string(wire.AppendTime(nil, at)))
		if at.Year() < 1 || at.Year() > wire.MaxYear || strings.HasPrefix(s, "0000-") {
			return
		}
		require.NoError(t, err)
		require.True(t, again.Equal(at.Truncate(time.Second)), "%v became %v", at, again)
	})
}
