package licensespring_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	day := licensespring.Date{Year: 2026, Month: time.March, Day: 1}
	tests := []struct {
		in   string
		want licensespring.Date
	}{
		{"2026-03-01", day},
		{"2026-03-01 00:00:00", day},
		{"2026-03-01T00:00:00", day},
		{"2026-03-01T00:00:00.000Z", day},
		{"2026-03-01T02:00:00+02:00", day}, // midnight in UTC
		{"", licensespring.Date{}},
		{"0000-00-00", licensespring.Date{}},
		{"0000-00-00 00:00:00", licensespring.Date{}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := licensespring.ParseDate(tt.in)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.want.IsZero(), got.IsZero())
		})
	}
}

func TestParseDateRejects(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"2026-03-01 10:20:30", "without a time of day"}, // the time of day would be lost
		{"2026-03-01T00:00:00.5Z", "without a time of day"},
		{"2026-03-01T00:00:00+02:00", "without a time of day"}, // the evening before in UTC
		{"2026-02-30", "want a date as"},
		{"tomorrow", "want a date as"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := licensespring.ParseDate(tt.in)
			require.ErrorContains(t, err, tt.want)
			assert.True(t, got.IsZero())
			assert.NotContains(t, err.Error(), tt.in)
		})
	}
}

func TestDateOf(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("", 9*60*60)
	assert.Equal(t, licensespring.Date{Year: 2025, Month: time.December, Day: 31},
		licensespring.DateOf(time.Date(2026, 1, 1, 8, 59, 0, 0, tokyo)), "the day is that of UTC")
	assert.Equal(t, licensespring.Date{}, licensespring.DateOf(time.Time{}))
}

func TestDateTime(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("", 9*60*60)
	d := licensespring.Date{Year: 2026, Month: time.March, Day: 1}
	assert.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), d.Time())
	assert.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, tokyo), d.In(tokyo))
	assert.True(t, licensespring.Date{}.Time().IsZero())
	assert.True(t, licensespring.Date{}.In(tokyo).IsZero())
}

func TestDateIsValid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d    licensespring.Date
		want bool
	}{
		{licensespring.Date{Year: 2024, Month: 2, Day: 29}, true},
		{licensespring.Date{Year: 1900, Month: 1, Day: 1}, true},
		{licensespring.Date{Year: 9999, Month: 12, Day: 31}, true},
		{licensespring.Date{}, false},
		{licensespring.Date{Year: 2025, Month: 2, Day: 29}, false},
		{licensespring.Date{Year: 2026, Month: 13, Day: 1}, false},
		{licensespring.Date{Year: 2026, Month: 1}, false},
		{licensespring.Date{Year: 26, Month: 1, Day: 1}, false}, // 2026 was probably meant
		{licensespring.Date{Year: 10000, Month: 1, Day: 1}, false},
	} {
		assert.Equal(t, tt.want, tt.d.IsValid(), "%+v", tt.d)
	}
}

func TestDateText(t *testing.T) {
	t.Parallel()
	d := licensespring.Date{Year: 2026, Month: time.March, Day: 1}
	assert.Equal(t, "2026-03-01", d.String())
	assert.Empty(t, licensespring.Date{}.String())
	// An invalid date is printed unchanged, not as another day.
	assert.Equal(t, "2026-02-30", licensespring.Date{Year: 2026, Month: 2, Day: 30}.String())
	b, err := d.AppendText([]byte("on "))
	require.NoError(t, err)
	assert.Equal(t, "on 2026-03-01", string(b))
	b, err = d.MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "2026-03-01", string(b))
}

func TestDateJSON(t *testing.T) {
	t.Parallel()
	type term struct {
		First licensespring.Date `json:"first"`
		Last  licensespring.Date `json:"last,omitzero"`
	}
	first := licensespring.Date{Year: 2026, Month: time.March, Day: 1}
	b, err := json.Marshal(term{First: first})
	require.NoError(t, err)
	assert.JSONEq(t, `{"first":"2026-03-01"}`, string(b))

	read := term{First: first}
	require.NoError(t, json.Unmarshal([]byte(`{"first":null,"last":"0000-00-00"}`), &read))
	assert.Equal(t, term{First: first}, read)
	for _, in := range []string{`20260301`, `"03/01/2026"`, `null null`} {
		require.Error(t, read.First.UnmarshalJSON([]byte(in)), in)
		assert.Equal(t, first, read.First)
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{
		"", "2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01 10:00:00", "2024-02-29", "2025-02-29", "0000-00-00",
		"0001-01-01", "0000-12-31", "9999-12-31", "2026-03-01T02:00:00+02:00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := licensespring.ParseDate(s)
		if err != nil || d.IsZero() {
			require.True(t, d.IsZero())
			return
		}
		again, err := licensespring.ParseDate(d.String())
		if !d.IsValid() {
			return // a year outside the valid range
		}
		require.NoError(t, err)
		require.Equal(t, d, again)
		require.Equal(t, d, licensespring.DateOf(d.Time()))
	})
}
