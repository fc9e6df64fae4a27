package licensespring_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring"
)

// Dates can be compared with ==. The zero Date means no date.
func ExampleDate() {
	paid := licensespring.Date{Year: 2031, Month: time.March, Day: 1}
	b, err := json.Marshal(map[string]licensespring.Date{"paid": paid})
	fmt.Println(string(b), err)

	var read struct{ Paid, Shipped licensespring.Date }
	err = json.Unmarshal(b, &read)
	fmt.Println(read.Paid == paid, read.Shipped == licensespring.Date{}, err)
	// Output:
	// {"paid":"2031-03-01"} <nil>
	// true true <nil>
}

func ExampleParseDate() {
	d, err := licensespring.ParseDate("2031-03-01")
	fmt.Println(d, d.Month, err)
	_, err = licensespring.ParseDate("2031-03-01 10:20:30")
	fmt.Println(err)
	// Output:
	// 2031-03-01 March <nil>
	// want a date without a time of day
}

func ExampleDateOf() {
	tokyo := time.FixedZone("JST", 9*60*60)
	fmt.Println(licensespring.DateOf(time.Date(2031, 3, 1, 8, 0, 0, 0, tokyo)))
	// Output:
	// 2031-02-28
}

// A day begins at a different time in each zone.
func ExampleDate_In() {
	day := licensespring.Date{Year: 2031, Month: time.March, Day: 1}
	fmt.Println(day.In(time.FixedZone("JST", 9*60*60)).Format(time.RFC3339))
	// Output: 2031-03-01T00:00:00+09:00
}

func ExampleDate_Time() {
	day := licensespring.Date{Year: 2031, Month: time.March, Day: 1}
	fmt.Println(day.Time().Format(time.RFC3339))
	// Output: 2031-03-01T00:00:00Z
}

func ExampleDate_IsValid() {
	for _, day := range []int{28, 29, 30} {
		date := licensespring.Date{Year: 2028, Month: time.February, Day: day}
		fmt.Println(date, date.IsValid())
	}
	// Output:
	// 2028-02-28 true
	// 2028-02-29 true
	// 2028-02-30 false
}

// The service writes 0000-00-00 for no date.
func ExampleDate_IsZero() {
	for _, s := range []string{"0000-00-00", "2031-03-01"} {
		date, err := licensespring.ParseDate(s)
		fmt.Println(date.IsZero(), err)
	}
	// Output:
	// true <nil>
	// false <nil>
}

// Dates are equal if they are the same day.
func ExampleDate_Equal() {
	day := licensespring.Date{Year: 2031, Month: time.March, Day: 1}
	fmt.Println(day.Equal(licensespring.DateOf(time.Date(2031, time.March, 1, 23, 0, 0, 0, time.UTC))))
	// Output: true
}
