package wire

import (
	"strconv"
	"strings"
)

// SameNumber reports whether the JSON number literal and the shortest literal of f
// have the same value, so that reading the literal as a float64 is lossless.
func SameNumber(literal string, f float64) bool {
	return normalize(literal) == normalize(strconv.FormatFloat(f, 'e', -1, 64))
}

// decimal is the number 0.digits × 10^exponent, without leading or trailing zeros
// in digits.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

func normalize(literal string) decimal {
	literal, negative := strings.CutPrefix(literal, "-")
	mantissa, exponent, _ := strings.Cut(strings.ToLower(literal), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	// Atoi clamps an exponent out of range. No float64 equals such a number, except
	// zero, which has no digits.
	e, _ := strconv.Atoi(exponent)
	digits := strings.TrimLeft(whole+fraction, "0")
	d := decimal{negative: negative, digits: strings.TrimRight(digits, "0")}
	if d.digits != "" {
		d.exponent = e + len(digits) - len(fraction)
	}
	return d
}
