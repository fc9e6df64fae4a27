package licensespring

import (
	"errors"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// Date is a day of the calendar, without a time of day and a zone. Dates are
// compared with ==. The zero Date means that none is given.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

var errDateClock = errors.New("want a date without a time of day")

// DateOf returns the day that t is in, in UTC, which is the service's clock.
// The zero time gives the zero Date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	year, month, day := t.UTC().Date()
	return Date{year, month, day}
}

// ParseDate reads a date as 2006-01-02. It also reads every form of a time the
// service writes (see [Order.UnmarshalJSON]), as long as the time of day is
// midnight in UTC: any other is an error, since it would be lost. An empty text
// and the zero date 0000-00-00 give the zero Date.
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

// IsZero reports whether no date is given.
func (d Date) IsZero() bool { return d == Date{} }

// IsValid reports whether the date is a day of the calendar from the year 1900
// to the year 9999. A Date can hold others, such as February 30; validation
// refuses them.
func (d Date) IsValid() bool {
	return validYear(d.Year) && DateOf(d.Time()) == d
}

// Time returns the first moment of the day in UTC, and the zero time for the
// zero Date.
func (d Date) Time() time.Time { return d.In(time.UTC) }

// In returns the first moment of the day in a location, and the zero time for
// the zero Date. As in [time.Date], a day beyond the end of the month falls
// into the next one.
func (d Date) In(loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// String returns the date as 2006-01-02, "" for the zero Date.
func (d Date) String() string { return string(d.append(nil)) }

// AppendText appends what [Date.String] returns. There is no error.
func (d Date) AppendText(b []byte) ([]byte, error) { return d.append(b), nil }

// MarshalText returns what [Date.String] returns. There is no error.
func (d Date) MarshalText() ([]byte, error) { return d.append(nil), nil }

// UnmarshalText reads what [ParseDate] reads.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// MarshalJSON writes the date as a string, "" for the zero Date. Where it must
// be left out instead, give the field the omitzero option.
func (d Date) MarshalJSON() ([]byte, error) {
	return append(d.append([]byte{'"'}), '"'), nil
}

// UnmarshalJSON reads a string that [ParseDate] reads. As usual, a null changes
// nothing.
func (d *Date) UnmarshalJSON(data []byte) error {
	return unmarshalText(data, d.UnmarshalText, "date")
}

// append writes the fields as they are: a date that is not valid must not be
// turned into another one.
func (d Date) append(b []byte) []byte {
	if d.IsZero() {
		return b
	}
	return fmt.Appendf(b, "%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

func validYear(year int) bool { return wire.MinYear <= year && year <= wire.MaxYear }
