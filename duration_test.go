package licensespring_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want licensespring.Duration
	}{
		{"1y", licensespring.Years(1)},
		{"2m", licensespring.Months(2)},
		{"3d", licensespring.Days(3)},
		{"4h", licensespring.Hours(4)},
		{"5min", licensespring.Minutes(5)},
		{"2147483647d", licensespring.Days(math.MaxInt32)},
		{"007d", licensespring.Days(7)},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := licensespring.ParseDuration(tt.in)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
			assert.Equal(t, tt.want.Count, got.Count)
			assert.Equal(t, tt.want.Unit, got.Unit)
			assert.False(t, got.IsZero())
		})
	}
}

func TestParseDurationRejects(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", "is empty"},
		{" ", "space"},
		{"1 y", "space"},
		{" 1y", "space"},
		{"1y\n", "space"},
		{"0d", "is zero"},
		{"000min", "is zero"},
		{"1w", "unknown unit: want y, m (months), d, h or min"},
		{"1s", "unknown unit"},
		{"1mins", "unknown unit"},
		{"1y+", "unknown unit"},
		{"-1y", "is negative"},
		{"-", "is negative"},
		{"1.5y", "not a whole number"},
		{"1,5y", "not a whole number"},
		{"2M", "units are lower case"},
		{"1Y", "units are lower case"},
		{"5Min", "units are lower case"},
		{"12", "no unit"},
		{"y", "must be a number and a unit"},
		{"+1y", "must be a number and a unit"},
		{"P1Y", "must be a number and a unit"},
		{"1y2m", "several units"},
		{"2147483648d", "too large"},
		{"99999999999999999999999d", "too large"},
		{"١y", "must be a number and a unit"}, // a digit, but not an ASCII one
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, err := licensespring.ParseDuration(tt.in)
			require.ErrorContains(t, err, tt.want)
			assert.True(t, got.IsZero())

			// Only the empty text is handled differently where a duration may
			// be absent.
			var d licensespring.Duration
			if tt.in == "" {
				require.NoError(t, d.UnmarshalText(nil))
			} else {
				require.EqualError(t, d.UnmarshalText([]byte(tt.in)), err.Error())
			}
		})
	}
}

func TestDurationZeroIsNotAbsent(t *testing.T) {
	t.Parallel()
	var absent licensespring.Duration
	assert.True(t, absent.IsZero())
	assert.Empty(t, absent.String())
	assert.Zero(t, absent.Count)
	assert.Empty(t, absent.Unit)

	assert.False(t, licensespring.Years(0).IsZero())
	assert.Equal(t, "0y", licensespring.Years(0).String())
	assert.Equal(t, "-1min", licensespring.Minutes(-1).String())
	assert.NotEqual(t, licensespring.Months(12), licensespring.Years(1)) // it is encoded differently
}

func TestDurationText(t *testing.T) {
	t.Parallel()
	b, err := licensespring.Hours(4).AppendText([]byte("in "))
	require.NoError(t, err)
	assert.Equal(t, "in 4h", string(b))
	b, err = licensespring.Days(3).MarshalText()
	require.NoError(t, err)
	assert.Equal(t, "3d", string(b))
	b, err = licensespring.Duration{}.MarshalText()
	require.NoError(t, err)
	assert.Empty(t, b)
}

func TestDurationJSON(t *testing.T) {
	t.Parallel()
	type terms struct {
		Length  licensespring.Duration  `json:"length"`
		Trial   licensespring.Duration  `json:"trial,omitzero"`
		Support *licensespring.Duration `json:"support,omitempty"`
	}
	b, err := json.Marshal(terms{Length: licensespring.Minutes(5)})
	require.NoError(t, err)
	assert.JSONEq(t, `{"length":"5min"}`, string(b))
	b, err = json.Marshal(terms{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"length":""}`, string(b))

	read := terms{Length: licensespring.Years(1)}
	require.NoError(t, json.Unmarshal([]byte(`{"length":null,"trial":"","support":"2\u006d"}`), &read))
	assert.Equal(t, terms{Length: licensespring.Years(1), Support: new(licensespring.Months(2))}, read)

	for _, in := range []string{`1`, `true`, `["1y"]`, `"1w"`, `"1y`, `nope`, ``} {
		d := licensespring.Years(1)
		require.Error(t, d.UnmarshalJSON([]byte(in)), in)
		assert.Equal(t, licensespring.Years(1), d)
	}
}

// A Duration can be set field by field, so that it can hold an unknown unit. No
// encoder writes it.
func TestDurationUnknownUnit(t *testing.T) {
	t.Parallel()
	for _, d := range []licensespring.Duration{{Count: 5}, {Count: 5, Unit: "weeks"}, {Count: 1, Unit: `"`}} {
		assert.False(t, d.IsZero())
		_, err := d.MarshalText()
		require.ErrorContains(t, err, "unknown unit")
		_, err = d.MarshalJSON()
		require.ErrorContains(t, err, "unknown unit")
		order := licensespring.NewOrder("a").AddItem("p", licensespring.License{ValidDuration: d})
		require.ErrorContains(t, order.Validate(), "items[0].licenses[0].valid_duration")
		_, err = order.MarshalJSON()
		require.ErrorContains(t, err, "items[0].licenses[0].valid_duration")
		assert.Equal(t, time.Unix(0, 0), d.AddTo(time.Unix(0, 0)))
	}
	inFields := licensespring.Duration{Count: 30, Unit: licensespring.UnitDays}
	assert.Equal(t, licensespring.Days(30), inFields)
}

func TestDurationAddTo(t *testing.T) {
	t.Parallel()
	day := func(year int, month time.Month, day int) time.Time {
		return time.Date(year, month, day, 13, 14, 15, 16, time.UTC)
	}
	tests := []struct {
		name string
		d    licensespring.Duration
		from time.Time
		want time.Time
	}{
		{"a year", licensespring.Years(1), day(2026, 3, 1), day(2027, 3, 1)},
		{"a year after a leap day", licensespring.Years(1), day(2024, 2, 29), day(2025, 2, 28)},
		{"four years after a leap day", licensespring.Years(4), day(2024, 2, 29), day(2028, 2, 29)},
		{"a month", licensespring.Months(1), day(2026, 3, 15), day(2026, 4, 15)},
		{"a month after January 31", licensespring.Months(1), day(2026, 1, 31), day(2026, 2, 28)},
		{"the same in a leap year", licensespring.Months(1), day(2024, 1, 31), day(2024, 2, 29)},
		{"a month after December 31", licensespring.Months(1), day(2026, 12, 31), day(2027, 1, 31)},
		{"13 months after the 31st", licensespring.Months(13), day(2026, 8, 31), day(2027, 9, 30)},
		{"days over the end of a month", licensespring.Days(3), day(2024, 2, 27), day(2024, 3, 1)},
		{"hours", licensespring.Hours(25), day(2026, 3, 1), day(2026, 3, 2).Add(time.Hour)},
		{"minutes", licensespring.Minutes(90), day(2026, 3, 1), day(2026, 3, 1).Add(90 * time.Minute)},
		{"none", licensespring.Duration{}, day(2026, 3, 1), day(2026, 3, 1)},
		{"backwards", licensespring.Months(-1), day(2026, 3, 31), day(2026, 2, 28)},
		// Longer than a time.Duration can be.
		{"300 years of hours", licensespring.Hours(300 * 365 * 24), day(2001, 1, 1), day(2001, 1, 1).AddDate(0, 0, 300*365)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, tt.d.AddTo(tt.from))
		})
	}
}

// TestDurationAddToAcrossDaylightSaving checks days and hours across a day
// that has 23 hours.
func TestDurationAddToAcrossDaylightSaving(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones here")
	}
	evening := time.Date(2026, 3, 28, 20, 0, 0, 0, berlin)
	assert.Equal(t, time.Date(2026, 3, 29, 20, 0, 0, 0, berlin), licensespring.Days(1).AddTo(evening))
	assert.Equal(t, time.Date(2026, 3, 29, 21, 0, 0, 0, berlin), licensespring.Hours(24).AddTo(evening))
	assert.Equal(t, time.Date(2026, 4, 28, 20, 0, 0, 0, berlin), licensespring.Months(1).AddTo(evening))
}

func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{
		"", "1y", "2m", "3d", "4h", "5min", "0d", "1w", "-1y", "1.5y", "2M", "1y2m", "2147483647d", "2147483648d", " 1y", "007m",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := licensespring.ParseDuration(s)
		if err != nil {
			require.True(t, d.IsZero())
			return
		}
		require.Positive(t, d.Count)
		again, err := licensespring.ParseDuration(d.String())
		require.NoError(t, err)
		require.Equal(t, d, again)

		var read licensespring.Duration
		b, err := json.Marshal(d)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(b, &read))
		require.Equal(t, d, read)

		from := time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC)
		require.True(t, d.AddTo(from).After(from))
	})
}
