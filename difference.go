package licensespring

import (
	"cmp"
	"slices"

	"github.com/licensespring-go/licensespring/internal/redact"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// Difference is one way in which an order that is there differs from the one
// asked for.
type Difference struct {
	// Path is the place in the order asked for, as in
	// items[0].licenses[2].max_activations.
	Path string
	// Asked and Found are the two values. Of texts, which may be a customer's,
	// only "[redacted]" is shown, unless it is a type, a period or a language
	// that this package knows the look of; nothing is shown where there is no
	// value.
	Asked, Found string

	rule string // of the warning it is, if it does not make the order another one
}

// String returns the difference in one line, as in
// "items[0].licenses[2].max_activations: asked for 3, found 5".
func (d Difference) String() string {
	return d.Path + ": " + d.message()
}

func (d Difference) message() string {
	return "asked for " + cmp.Or(d.Asked, "nothing") + ", found " + cmp.Or(d.Found, "nothing")
}

// isSame reports whether nothing in the list makes the order another one.
func isSame(differences []Difference) bool {
	return !slices.ContainsFunc(differences, func(d Difference) bool { return d.rule == "" })
}

// hard returns the differences that make an order another one.
func hard(differences []Difference) []Difference {
	var out []Difference
	for _, d := range differences {
		if d.rule == "" {
			out = append(out, d)
		}
	}
	return out
}

// shownText returns a text as a difference may show it: only what cannot be
// anybody's data, whatever somebody has put into the field.
func shownText(name, s string) string {
	known := false
	switch name {
	case "license_type":
		known = LicenseType(s).known()
	case "order_type":
		known = OrderType(s) == NormalOrder
	case "consumption_period":
		s, known = wire.NeutralPeriod(s)
	case "language":
		known = isLanguage(s)
	}
	if !known {
		return redact.Mark
	}
	return s
}

// isLanguage reports whether s looks like the code of a language, perhaps with a
// region: en, or pt-BR.
func isLanguage(s string) bool {
	for i := range len(s) {
		letter := 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z'
		if letter == (i == 2) || (i == 2 && s[i] != '-' && s[i] != '_') {
			return false
		}
	}
	return len(s) == 2 || len(s) == 5
}
