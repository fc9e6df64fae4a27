package licensespring

import (
	"strings"
	"unicode"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// identifier checks a text that identifies something, and reports whether it has no
// error. The service trims white space, and stores a text with invisible characters
// as another one that looks the same.
func (c *checker) identifier(name, s string, required bool) (ok bool) {
	if isPlainASCII(s) {
		if required && s == "" {
			c.reject(name, RuleRequired, "is required")
		}
		return s != "" || !required
	}
	if !wire.ValidText(s) {
		return true // reported by the member itself
	}
	inner := strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
	if required && inner == "" {
		c.reject(name, RuleRequired, "is required")
		return false
	}
	ok = len(inner) == len(s)
	if !ok {
		c.reject(name, RuleSurroundingSpace, "must not begin or end with white space or an invisible character")
	}
	if strings.ContainsFunc(inner, unicode.IsControl) {
		c.reject(name, RuleControlCharacter, "must not contain a control character")
		ok = false
	}
	if strings.ContainsFunc(inner, isDeceptive) {
		c.warn(name, RuleInvisibleCharacter, "contains an invisible character, or white space that is not a space")
	}
	return ok
}

// isPlainASCII reports whether a text is printable ASCII without white space at the ends,
// as nearly all identifiers are.
func isPlainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(s)-1) {
			return false
		}
	}
	return true
}

// isInvisible reports whether a character has no width of its own: a joiner, a mark
// of the text direction, a soft hyphen, a byte order mark and the like.
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) &&
		!unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// isDeceptive reports whether a text with the character looks like another text.
func isDeceptive(r rune) bool {
	return isInvisible(r) || r != ' ' && unicode.IsSpace(r) && !unicode.IsControl(r)
}

// productCode checks a code that is not that of a bundle, whose form is not
// documented.
func (c *checker) productCode(name, s string) {
	if c.identifier(name, s, true) && !c.bundle && wire.ValidText(s) && !isProductCode(s) {
		c.warn(name, RuleProductCodeForm, "product codes consist of lower-case letters and digits")
	}
}

func isProductCode(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
