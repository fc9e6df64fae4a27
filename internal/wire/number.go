package wire

import (
	"strconv"
	"strings"
)

// SameNumber reports whether the JSON number literal says exactly what f says
// when it is written again, so that reading it as a float64 loses nothing.
func SameNumber(literal string, f float64) bool {
	return normalize(literal) == normalize(strconv.FormatFloat(f, 'e', -1, 64))
}

// decimal is a number as its digits, without zeros around them, and the place
// of the point: 0.digits × 10^exponent.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

func normalize(literal string) decimal {
	literal, negative := strings.CutPrefix(literal, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	// An exponent out of range is cut to the range: such a number is not the
	// same as any float64, except that of zero, which has no digits.
	e, _ := strconv.Atoi(exponent)
	digits := strings.TrimLeft(whole+fraction, "0")
	d := decimal{negative: negative, digits: strings.TrimRight(digits, "0")}
	if d.digits != "" {
		d.exponent = e + len(digits) - len(fraction)
	}
	return d
}
