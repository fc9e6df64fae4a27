package licensespring_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/licensespring-go/licensespring"
)

// Durations can be compared with == and keep their unit: twelve months are not
// equal to one year.
func ExampleDuration() {
	var read struct{ Trial, Support licensespring.Duration }
	err := json.Unmarshal([]byte(`{"trial": "14d", "support": "12m"}`), &read)
	fmt.Println(read.Trial == licensespring.Days(14), read.Support == licensespring.Years(1), err)
	b, err := json.Marshal(read)
	fmt.Println(string(b), err)
	// Output:
	// true false <nil>
	// {"Trial":"14d","Support":"12m"} <nil>
}

func ExampleYears() {
	fmt.Println(licensespring.Years(1))
	// Output: 1y
}

func ExampleMonths() {
	fmt.Println(licensespring.Months(2))
	// Output: 2m
}

func ExampleDays() {
	fmt.Println(licensespring.Days(3))
	// Output: 3d
}

func ExampleHours() {
	fmt.Println(licensespring.Hours(4))
	// Output: 4h
}

func ExampleMinutes() {
	fmt.Println(licensespring.Minutes(5))
	// Output: 5min
}

func ExampleParseDuration() {
	d, err := licensespring.ParseDuration("2m")
	fmt.Println(d == licensespring.Months(2), d.Count, d.Unit, err)
	for _, s := range []string{"0d", "1w", "-1y", "1.5y", "2M", "1 y"} {
		_, err := licensespring.ParseDuration(s)
		fmt.Println(err)
	}
	// Output:
	// true 2 m <nil>
	// duration is zero
	// duration has an unknown unit: want y, m (months), d, h or min
	// duration is negative
	// duration is not a whole number of its unit
	// duration has a unit in upper case: units are lower case
	// duration has a space in it
}

func ExampleDuration_count() {
	fmt.Println(licensespring.Months(18).Count, licensespring.Duration{}.Count)
	// Output: 18 0
}

// Maintenance durations are in years, months or days.
func ExampleDuration_unit() {
	for _, d := range []licensespring.Duration{licensespring.Days(30), licensespring.Hours(12)} {
		switch d.Unit {
		case licensespring.UnitYears, licensespring.UnitMonths, licensespring.UnitDays:
			fmt.Println(d, "can be a length of maintenance")
		default:
			fmt.Println(d, "cannot")
		}
	}
	// Output:
	// 30d can be a length of maintenance
	// 12h cannot
}

// No duration differs from a duration of length zero.
func ExampleDuration_IsZero() {
	fmt.Println(licensespring.Duration{}.IsZero(), licensespring.Years(0).IsZero())
	// Output: true false
}

func ExampleDuration_AddTo() {
	bought := time.Date(2028, time.January, 31, 12, 0, 0, 0, time.UTC)
	for _, d := range []licensespring.Duration{
		licensespring.Months(1), licensespring.Years(1), licensespring.Days(30), licensespring.Hours(4), licensespring.Minutes(5),
	} {
		fmt.Println(d, d.AddTo(bought).Format(time.DateTime))
	}
	// Output:
	// 1m 2028-02-29 12:00:00
	// 1y 2029-01-31 12:00:00
	// 30d 2028-03-01 12:00:00
	// 4h 2028-01-31 16:00:00
	// 5min 2028-01-31 12:05:00
}

// Durations are equal if they are the same on the wire.
func ExampleDuration_Equal() {
	fmt.Println(licensespring.Years(1).Equal(licensespring.Years(1)), licensespring.Years(1).Equal(licensespring.Months(12)))
	// Output: true false
}
