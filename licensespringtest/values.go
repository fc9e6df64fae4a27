package licensespringtest

import (
	"encoding/json"
	"fmt"
	"math"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// A check looks at one value and reports what is wrong with it in the shape the
// service answers with: nil for nothing, a list of messages for a plain value,
// a map for an object, a list with an entry per element for an array.
type check func(value any) any

// wrong is a check's report of one message.
func wrong(format string, args ...any) any {
	return []string{fmt.Sprintf(format, args...)}
}

const (
	msgRequired = "This field is required."
	msgNull     = "This field may not be null."
	msgBlank    = "This field may not be blank."
	msgUnknown  = "Unknown field."
	msgEmpty    = "This list may not be empty."
)

const (
	dateTimeLayout = "2006-01-02 15:04:05"
	dateLayout     = "2006-01-02"
)

func boolean(value any) any {
	if _, ok := value.(bool); !ok {
		return wrong("Must be a valid boolean.")
	}

	return nil
}

// text accepts a string with something in it. White space is nothing, of whatever
// kind: neither reference says so, and a service that trims what it stores would
// keep an empty text.
func text(value any) any {
	s, ok := value.(string)
	switch {
	case !ok:
		return wrong("Not a valid string.")
	case strings.TrimSpace(s) == "":
		return wrong(msgBlank)
	}

	return nil
}

// identifier accepts a text that names something. The service trims what it
// stores, so an id with space around it would not be found again under the
// name the client knows. Some control characters count as space where it is
// trimmed, and others do not show.
func identifier(value any) any {
	if errs := text(value); errs != nil {
		return errs
	}
	s, _ := value.(string)
	if s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return wrong("Space around the value and control characters are not allowed.")
	}

	return nil
}

func email(value any) any {
	if errs := text(value); errs != nil {
		return errs
	}
	s, _ := value.(string)
	address, err := mail.ParseAddress(s)
	if err != nil || address.Address != s || !strings.Contains(s[strings.LastIndexByte(s, '@'):], ".") {
		return wrong("Enter a valid email address.")
	}

	return nil
}

// language accepts a language short code such as en or pt-BR.
func language(value any) any {
	if errs := text(value); errs != nil {
		return errs
	}
	s, _ := value.(string)
	short, region, hasRegion := strings.Cut(strings.ReplaceAll(s, "_", "-"), "-")
	if !letters(short, 2, 3) || hasRegion && !letters(region, 2, 4) {
		return wrong("Enter a valid language code.")
	}

	return nil
}

func letters(s string, least, most int) bool {
	notLetter := func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }

	return len(s) >= least && len(s) <= most && !strings.ContainsFunc(s, notLetter)
}

// serialized accepts the order's metadata: a string which holds JSON.
func serialized(value any) any {
	s, ok := value.(string)
	if !ok {
		return wrong("Not a valid string.")
	}
	if !json.Valid([]byte(s)) {
		return wrong("Value must be valid JSON.")
	}

	return nil
}

// anyObject accepts an object whatever its members.
func anyObject(value any) any {
	if _, ok := value.(*object); !ok {
		return notAnObject(value)
	}

	return nil
}

// atLeast accepts integers from least to what fits the service's columns.
func atLeast(least int64) check {
	return within(least, math.MaxInt32)
}

func within(least, most int64) check {
	return func(value any) any {
		number, ok := value.(json.Number)
		if !ok {
			return wrong("A valid integer is required.")
		}
		n, ok := integer(number)
		switch {
		case !ok:
			return wrong("A valid integer is required.")
		case n < least:
			return wrong("Ensure this value is greater than or equal to %d.", least)
		case n > most:
			return wrong("Ensure this value is less than or equal to %d.", most)
		}

		return nil
	}
}

// amount accepts a number, with a fraction or without, that is not negative.
func amount(value any) any {
	number, ok := value.(json.Number)
	if !ok {
		return wrong("A valid number is required.")
	}
	switch f, err := number.Float64(); {
	case err != nil:
		return wrong("A valid number is required.")
	case f < 0:
		return wrong("Ensure this value is greater than or equal to 0.")
	}

	return nil
}

// textOrNumber accepts the value of a custom field.
func textOrNumber(value any) any {
	switch value.(type) {
	case string, json.Number:
		return nil
	default:
		return wrong("Not a valid string or number.")
	}
}

func oneOf(choices ...string) check {
	return func(value any) any {
		s, ok := value.(string)
		if !ok {
			return wrong("Not a valid string.")
		}
		if !slices.Contains(choices, s) {
			return wrong("%q is not a valid choice.", s)
		}

		return nil
	}
}

// duration accepts a count and a unit, such as 1y or 5min.
func duration(units ...string) check {
	return func(value any) any {
		s, ok := value.(string)
		if !ok {
			return wrong("Not a valid string.")
		}
		count := strings.TrimLeft(s, "0123456789")
		digits, unit := s[:len(s)-len(count)], count
		// Ten digits are beyond every duration one could mean; a count that
		// does not fit an int32 is a mistake made upstream.
		if digits == "" || digits[0] == '0' || len(digits) > 9 || !slices.Contains(units, unit) {
			return wrong("Duration has wrong format. Use a count and one of these units: %s.", strings.Join(units, ", "))
		}

		return nil
	}
}

func dateTime(value any) any {
	return moment(value, dateTimeLayout, "Datetime has wrong format. Use this format instead: YYYY-MM-DD hh:mm:ss.")
}

func date(value any) any {
	return moment(value, dateLayout, "Date has wrong format. Use this format instead: YYYY-MM-DD.")
}

// moment accepts exactly one layout. time.Parse is more forgiving than the
// layout looks (it takes a fraction after the seconds), hence the comparison.
func moment(value any, layout, message string) any {
	s, ok := value.(string)
	if !ok {
		return wrong("Not a valid string.")
	}
	t, err := time.Parse(layout, s)
	if err != nil || t.Format(layout) != s {
		return []string{message}
	}
	if t.Year() < 1900 {
		return wrong("The zero date is not a date.")
	}

	return nil
}

func notAnObject(value any) any {
	return wrong("Invalid data. Expected a dictionary, but got %s.", kind(value))
}

func notAList(value any) any {
	return wrong("Expected a list of items but got type %q.", kind(value))
}

// kind is what the service calls the type of a value.
func kind(value any) string {
	switch value.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case string:
		return "str"
	case json.Number:
		return "number"
	case []any:
		return "list"
	default:
		return "dict"
	}
}
