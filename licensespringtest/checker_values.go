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

// A check validates one value. It returns nil for a valid value, and otherwise
// its findings in the form of the service's responses: a list of messages for a
// plain value, a map for an object, a list with an entry per element for an array.
type check func(value any) any

// finding returns the result of a check that found one error.
func finding(format string, args ...any) any {
	return []string{fmt.Sprintf(format, args...)}
}

const (
	msgRequired        = "This field is required."
	msgNull            = "This field may not be null."
	msgBlank           = "This field may not be blank."
	msgUnknown         = "Unknown field."
	msgEmpty           = "This list may not be empty."
	msgNoMembers       = "This object may not be empty."
	msgConsumptionOnly = "Only a consumption license takes this field."
)

const (
	dateTimeLayout = "2006-01-02 15:04:05"
	dateLayout     = "2006-01-02"
)

func boolean(value any) any {
	if _, ok := value.(bool); !ok {
		return finding("Must be a valid boolean.")
	}

	return nil
}

// text accepts a string that is not blank. Neither reference documents this. A
// service that trims stored text would turn a blank one into an empty one.
func text(value any) any {
	s, ok := value.(string)
	switch {
	case !ok:
		return finding("Not a valid string.")
	case strings.TrimSpace(s) == "":
		return finding(msgBlank)
	}

	return nil
}

// anyText accepts a string, also an empty one.
func anyText(value any) any {
	if _, ok := value.(string); !ok {
		return finding("Not a valid string.")
	}

	return nil
}

// identifier accepts a text without surrounding space and control characters. The
// service trims stored text, so a client could not find an id that it sent with
// surrounding space. Some control characters count as space.
func identifier(value any) any {
	if errs := text(value); errs != nil {
		return errs
	}
	s, _ := value.(string)
	if s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return finding("Space around the value and control characters are not allowed.")
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
		return finding("Enter a valid email address.")
	}

	return nil
}

// language accepts a short language code such as en or pt-BR.
func language(value any) any {
	if errs := text(value); errs != nil {
		return errs
	}
	s, _ := value.(string)
	short, region, hasRegion := strings.Cut(strings.ReplaceAll(s, "_", "-"), "-")
	if !letters(short, 2, 3) || hasRegion && !letters(region, 2, 4) {
		return finding("Enter a valid language code.")
	}

	return nil
}

func letters(s string, minimum, maximum int) bool {
	notLetter := func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') }

	return len(s) >= minimum && len(s) <= maximum && !strings.ContainsFunc(s, notLetter)
}

// serialized accepts a string that contains JSON, such as an order's metadata.
func serialized(value any) any {
	s, ok := value.(string)
	if !ok {
		return finding("Not a valid string.")
	}
	if !json.Valid([]byte(s)) {
		return finding("Value must be valid JSON.")
	}

	return nil
}

// anyObject accepts an object with any members.
func anyObject(value any) any {
	if _, ok := value.(*object); !ok {
		return notAnObject(value)
	}

	return nil
}

// atLeast accepts 32-bit integers that are not below a minimum.
func atLeast(minimum int64) check {
	return within(minimum, math.MaxInt32)
}

func within(minimum, maximum int64) check {
	return func(value any) any {
		number, ok := value.(json.Number)
		if !ok {
			return finding("A valid integer is required.")
		}
		n, ok := integer(number)
		switch {
		case !ok:
			return finding("A valid integer is required.")
		case n < minimum:
			return finding("Ensure this value is greater than or equal to %d.", minimum)
		case n > maximum:
			return finding("Ensure this value is less than or equal to %d.", maximum)
		}

		return nil
	}
}

// amount accepts a number that is not negative, with or without a fraction.
func amount(value any) any {
	number, ok := value.(json.Number)
	if !ok {
		return finding("A valid number is required.")
	}
	switch f, err := number.Float64(); {
	case err != nil:
		return finding("A valid number is required.")
	case f < 0:
		return finding("Ensure this value is greater than or equal to 0.")
	}

	return nil
}

// textOrNumber accepts the value of a custom field.
func textOrNumber(value any) any {
	switch value.(type) {
	case string, json.Number:
		return nil
	default:
		return finding("Not a valid string or number.")
	}
}

func oneOf(choices ...string) check {
	return func(value any) any {
		s, ok := value.(string)
		if !ok {
			return finding("Not a valid string.")
		}
		if !slices.Contains(choices, s) {
			return finding("%q is not a valid choice.", s)
		}

		return nil
	}
}

// duration accepts a count with a unit, such as 1y or 5min.
func duration(units ...string) check {
	return func(value any) any {
		s, ok := value.(string)
		if !ok {
			return finding("Not a valid string.")
		}
		unit := strings.TrimLeft(s, "0123456789")
		digits := s[:len(s)-len(unit)]
		// No meaningful duration has ten digits.
		if digits == "" || digits[0] == '0' || len(digits) > 9 || !slices.Contains(units, unit) {
			return finding("Duration has wrong format. Use a count and one of these units: %s.", strings.Join(units, ", "))
		}

		return nil
	}
}

func dateTime(value any) any {
	return timestamp(value, dateTimeLayout, "Datetime has wrong format. Use this format instead: YYYY-MM-DD hh:mm:ss.")
}

func date(value any) any {
	return timestamp(value, dateLayout, "Date has wrong format. Use this format instead: YYYY-MM-DD.")
}

// timestamp accepts exactly one layout. time.Parse alone is too lenient: it also
// accepts a fraction after the seconds.
func timestamp(value any, layout, message string) any {
	s, ok := value.(string)
	if !ok {
		return finding("Not a valid string.")
	}
	t, err := time.Parse(layout, s)
	if err != nil || t.Format(layout) != s {
		return []string{message}
	}
	if t.Year() < 1900 {
		return finding("The zero date is not a date.")
	}

	return nil
}

func notAnObject(value any) any {
	return finding("Invalid data. Expected a dictionary, but got %s.", typeName(value))
}

func notAList(value any) any {
	return finding("Expected a list of items but got type %q.", typeName(value))
}

// typeName returns the service's name for the type of a value.
func typeName(value any) string {
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
