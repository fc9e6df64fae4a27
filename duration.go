package licensespring

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// DurationUnit is the unit of a [Duration], spelled as on the wire.
type DurationUnit string

// The units of a [Duration]. A maintenance duration cannot be in hours or minutes.
const (
	UnitYears   DurationUnit = "y"
	UnitMonths  DurationUnit = "m"
	UnitDays    DurationUnit = "d"
	UnitHours   DurationUnit = "h"
	UnitMinutes DurationUnit = "min"
)

// Duration is a calendar duration: a count of one unit, written as 1y, 2m (months),
// 3d, 4h or 5min. Durations can be compared with ==. Twelve months and one year are
// different Durations, since they differ on the wire.
//
// The zero Duration is absent. It differs from a duration of length zero, such as
// Years(0). Validation rejects unknown units, and counts less than 1 or greater
// than 2147483647.
//
// Every encoder can store a Duration. A struct that embeds a Duration is encoded as
// the duration alone: use a named field.
type Duration struct {
	// Count is the number of units.
	Count int
	// Unit is the unit.
	Unit DurationUnit
}

// Years returns a duration of n years.
func Years(n int) Duration { return Duration{n, UnitYears} }

// Months returns a duration of n months.
func Months(n int) Duration { return Duration{n, UnitMonths} }

// Days returns a duration of n days.
func Days(n int) Duration { return Duration{n, UnitDays} }

// Hours returns a duration of n hours.
func Hours(n int) Duration { return Duration{n, UnitHours} }

// Minutes returns a duration of n minutes.
func Minutes(n int) Duration { return Duration{n, UnitMinutes} }

// The errors of ParseDuration. They do not repeat the text.
var (
	errDurationEmpty    = errors.New("duration is empty")
	errDurationSpace    = errors.New("duration has a space in it")
	errDurationNegative = errors.New("duration is negative")
	errDurationFraction = errors.New("duration is not a whole number of its unit")
	errDurationZero     = errors.New("duration is zero")
	errDurationRange    = errors.New("duration is too large")
	errDurationForm     = errors.New("duration must be a number and a unit, such as 1y, 2m, 3d, 4h or 5min")
	errDurationNoUnit   = errors.New("duration has no unit: want y, m (months), d, h or min")
	errDurationUnit     = errors.New("duration has an unknown unit: want y, m (months), d, h or min")
	errDurationCase     = errors.New("duration has a unit in upper case: units are lower case")
	errDurationSeveral  = errors.New("duration has several units: the service takes one")
)

// ParseDuration parses a duration such as 1y, 2m, 3d, 4h or 5min. The count is an
// integer from 1 to 2147483647. An empty string is an error.
func ParseDuration(s string) (Duration, error) {
	digits := strings.TrimLeft(s, "0123456789")
	count, unit := s[:len(s)-len(digits)], DurationUnit(digits)
	switch {
	case s == "":
		return Duration{}, errDurationEmpty
	case strings.ContainsAny(s, " \t\r\n"):
		return Duration{}, errDurationSpace
	case s[0] == '-':
		return Duration{}, errDurationNegative
	case count == "":
		return Duration{}, errDurationForm
	case unit == "":
		return Duration{}, errDurationNoUnit
	case unit[0] == '.' || unit[0] == ',':
		return Duration{}, errDurationFraction
	case !unit.known():
		return Duration{}, unit.err()
	}
	n, err := strconv.ParseInt(count, 10, 32)
	switch {
	case err != nil:
		return Duration{}, errDurationRange
	case n == 0:
		return Duration{}, errDurationZero
	}
	return Duration{int(n), unit}, nil
}

func (u DurationUnit) known() bool {
	switch u {
	case UnitYears, UnitMonths, UnitDays, UnitHours, UnitMinutes:
		return true
	default:
		return false
	}
}

// err returns why a unit is not known.
func (u DurationUnit) err() error {
	switch {
	case strings.ContainsAny(string(u), "0123456789"):
		return errDurationSeveral
	case DurationUnit(strings.ToLower(string(u))).known():
		return errDurationCase
	default:
		return errDurationUnit
	}
}

// IsZero reports whether d is the zero Duration. Years(0) is not.
func (d Duration) IsZero() bool { return d == Duration{} }

// valid reports whether the service accepts the duration.
func (d Duration) valid() bool {
	return 0 < d.Count && d.Count <= math.MaxInt32 && d.Unit.known()
}

// String returns the duration in its wire form, and "" for the zero Duration.
func (d Duration) String() string {
	if d.IsZero() {
		return ""
	}
	return strconv.Itoa(d.Count) + string(d.Unit)
}

// AppendText appends the result of [Duration.String]. An unknown unit is an error.
func (d Duration) AppendText(b []byte) ([]byte, error) {
	switch {
	case d.IsZero():
		return b, nil
	case !d.Unit.known():
		return b, errDurationUnit
	default:
		return append(strconv.AppendInt(b, int64(d.Count), 10), d.Unit...), nil
	}
}

// MarshalText returns the result of [Duration.String]. An unknown unit is an error.
func (d Duration) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// UnmarshalText parses text like [ParseDuration]. An empty text gives the zero
// Duration.
func (d *Duration) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Duration{}
		return nil
	}
	parsed, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// MarshalJSON encodes the duration as a string, "" for the zero Duration. Use the
// omitzero option to leave a zero Duration out. An unknown unit is an error.
func (d Duration) MarshalJSON() ([]byte, error) {
	b, err := d.AppendText([]byte{'"'})
	if err != nil {
		return nil, err
	}
	return append(b, '"'), nil
}

// UnmarshalJSON decodes a string like [Duration.UnmarshalText]. A null changes
// nothing.
func (d *Duration) UnmarshalJSON(data []byte) error {
	return unmarshalText(data, d.UnmarshalText, "duration")
}

// Equal reports whether two durations have the same count and unit, like ==. Twelve
// months do not equal one year.
func (d Duration) Equal(other Duration) bool { return d == other }

// AddTo returns t plus the duration, in the calendar of t's location. Years, months
// and days keep the time of day across changes of daylight saving time; hours and
// minutes are exact. A day that the month does not have becomes its last day, as
// billing systems do it: a month after January 31 is February 28 or 29, and a year
// after February 29 is February 28.
func (d Duration) AddTo(t time.Time) time.Time {
	switch d.Unit {
	case UnitYears:
		return addMonths(t, d.Count, 0)
	case UnitMonths:
		return addMonths(t, 0, d.Count)
	case UnitDays:
		return t.AddDate(0, 0, d.Count)
	case UnitHours:
		return addSeconds(t, 60*60*int64(d.Count))
	case UnitMinutes:
		return addSeconds(t, 60*int64(d.Count))
	default:
		return t
	}
}

func addMonths(t time.Time, years, months int) time.Time {
	year, month, day := t.Date()
	year, month = year+years, month+time.Month(months)
	hour, minute, second := t.Clock()
	// Day 0 of the month after is the last day of the month.
	last := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return time.Date(year, month, min(day, last), hour, minute, second, t.Nanosecond(), t.Location())
}

// addSeconds adds more than the 292 years that a [time.Duration] can hold.
func addSeconds(t time.Time, n int64) time.Time {
	return time.Unix(t.Unix()+n, int64(t.Nanosecond())).In(t.Location())
}

// unmarshalText calls read with the text of a JSON string, and not for a null.
func unmarshalText(data []byte, read func([]byte) error, what string) error {
	if !wire.ValidDocument(data) {
		return errors.New(what + " is not valid JSON")
	}
	if jsonread.KindOf(data) == jsonread.Null {
		return nil
	}
	text, ok := stringOf(data)
	if !ok {
		return errors.New(what + " must be a string")
	}
	return read([]byte(text))
}
