package licensespring

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// setFields sets every field of a filter.
func setFields(t *testing.T, filter any) {
	t.Helper()
	v := reflect.ValueOf(filter).Elem()
	for i := range v.NumField() {
		switch p := v.Field(i).Addr().Interface().(type) {
		case *string:
			*p = "x"
		case *int:
			*p = 1
		case *int64:
			*p = 1
		case *[]int64:
			*p = []int64{1}
		case **bool:
			*p = new(true)
		case *Date:
			*p = Date{Year: 2031, Month: 5, Day: 7}
		case *time.Time:
			*p = time.Unix(0, 0)
		default:
			t.Fatalf("%s has another type", v.Type().Field(i).Name)
		}
	}
}

// Every filter that is sent is checked, and no other.
func TestEachFilterIsChecked(t *testing.T) {
	t.Parallel()
	var licenses LicenseFilter
	setFields(t, &licenses)
	require.NoError(t, licenses.validate())
	values, err := licenses.normalized().values()
	require.NoError(t, err)
	values.Del("order_by")
	names := []string{}
	for _, f := range licenses.filters(values) {
		names = append(names, f.name)
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(values)), names)
	assert.Equal(t, reflect.TypeFor[LicenseFilter]().NumField(), len(names)+3, "id__in, order_by and page_size are not among them")

	var customers CustomerFilter
	setFields(t, &customers)
	require.NoError(t, customers.validate())
	values, err = query.Values(customers)
	require.NoError(t, err)
	names = nil
	for _, f := range customers.filters() {
		names = append(names, f.name)
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(values)), names)
}

// The values of probes are those that a filter would send.
func TestProbeValuesAreValid(t *testing.T) {
	t.Parallel()
	var c checker
	for _, text := range []string{noSuchText, noSuchCode, noSuchEmail} {
		c.filterText("x", text, true)
	}
	c.email("x", noSuchEmail, true)
	c.productCode("x", noSuchCode)
	for _, text := range []string{startOfDates, endOfDates} {
		date, err := ParseDate(text)
		require.NoError(t, err)
		c.member("x", &date)
	}
	assert.Empty(t, c.findings)
}

func TestPrecisionOf(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"2031-05-07":                     24 * time.Hour,
		"2031-05-07T10:20:30":            time.Second,
		"2031-05-07 10:20:30+02:00":      time.Second,
		"2031-05-07T10:20:30.1Z":         100 * time.Millisecond,
		"2031-05-07T10:20:30.123Z":       time.Millisecond,
		"2031-05-07T10:20:30.12345Z":     10 * time.Microsecond,
		"2031-05-07T10:20:30.123456Z":    0,
		"2031-05-07T10:20:30.123456789Z": 0,
		"":                               24 * time.Hour,
	} {
		assert.Equal(t, want, precisionOf(text), text)
	}
}

// Brent's algorithm finds a cycle of any length, and none where there is none.
func TestRepetitions(t *testing.T) {
	t.Parallel()
	for _, cycle := range []int{1, 2, 3, 5, 8, 100} {
		for _, before := range []int{0, 1, 7} {
			var r repetitions
			pages := 0
			for r.found < maxRepeatedPages {
				r.add(uint64(max(pages-before, 0)%cycle + 1))
				pages++
				require.LessOrEqual(t, pages, 2*(before+cycle)+(maxRepeatedPages+2)*cycle)
			}
		}
	}
	var r repetitions
	for i := range uint64(1000) {
		assert.Zero(t, r.add(i))
	}
}
