package licensespring

import (
	"errors"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// Date is a calendar date without a time of day and a location. Dates can be
// compared with ==. The zero Date is absent. A struct that embeds a Date is encoded
// as the date alone: use a named field.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

var errDateClock = errors.New("want a date without a time of day")

// DateOf returns the date of t in UTC, the service's time zone. It returns the zero
// Date for the zero time.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	year, month, day := t.UTC().Date()
	return Date{year, month, day}
}

// ParseDate parses a date such as 2006-01-02. It also accepts the forms of a time of
// [Order.UnmarshalJSON] if the time of day is midnight UTC; another time of day is
// an error. It returns the zero Date for "" and 0000-00-00.
func ParseDate(s string) (Date, error) {
	t, err := wire.ParseTime(s)
	if err != nil {
		return Date{}, err
	}
	d := DateOf(t)
	if !t.IsZero() && !d.Time().Equal(t) {
		return Date{}, errDateClock
	}
	return d, nil
}

// IsZero reports whether d is the zero Date.
func (d Date) IsZero() bool { return d == Date{} }

// IsValid reports whether the date exists and its year is from 1900 to 9999. A Date
// can hold others, such as February 30, which validation rejects.
func (d Date) IsValid() bool {
	return validYear(d.Year) && DateOf(d.Time()) == d
}

// Equal reports whether two dates are the same day, like ==.
func (d Date) Equal(other Date) bool { return d == other }

// Time returns the start of the day in UTC, and the zero time for the zero Date.
func (d Date) Time() time.Time { return d.In(time.UTC) }

// In returns the start of the day in a location, and the zero time for the zero
// Date. Like [time.Date], it normalizes dates that do not exist.
func (d Date) In(loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// String returns the date in the form 2006-01-02, and "" for the zero Date.
func (d Date) String() string { return string(d.append(nil)) }

// AppendText appends the result of [Date.String]. The error is always nil.
func (d Date) AppendText(b []byte) ([]byte, error) { return d.append(b), nil }

// MarshalText returns the result of [Date.String]. The error is always nil.
func (d Date) MarshalText() ([]byte, error) { return d.append(nil), nil }

// UnmarshalText parses text like [ParseDate].
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// MarshalJSON encodes the date as a string, "" for the zero Date. Use the omitzero
// option to leave a zero Date out.
func (d Date) MarshalJSON() ([]byte, error) {
	return append(d.append([]byte{'"'}), '"'), nil
}

// UnmarshalJSON decodes a string like [ParseDate]. A null changes nothing.
func (d *Date) UnmarshalJSON(data []byte) error {
	return unmarshalText(data, d.UnmarshalText, "date")
}

// append writes the fields unchanged: an invalid date must not become another
// date.
func (d Date) append(b []byte) []byte {
	if d.IsZero() {
		return b
	}
	return fmt.Appendf(b, "%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

func validYear(year int) bool { return wire.MinYear <= year && year <= wire.MaxYear }
