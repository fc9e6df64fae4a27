package licensespring

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// email checks an e-mail address.
func (c *checker) email(name, s string, required bool) {
	if !c.identifier(name, s, required) || s == "" || !wire.ValidText(s) {
		return
	}
	switch formOfEmail(s) {
	case emailMalformed:
		c.reject(name, RuleMalformedEmail, "is not an e-mail address")
	case emailUnusual:
		c.warn(name, RuleUnusualEmail, "has an unusual form that the service may reject")
	case emailUsual:
	}
}

// emailForm is the form of an e-mail address. The constants are in ascending order:
// the form of an address is the maximum of those of its parts.
type emailForm uint8

const (
	emailUsual     emailForm = iota
	emailUnusual             // contradicts the standards, but such addresses receive mail
	emailMalformed           // cannot be an address
)

// formOfEmail returns the form of an address. Some providers assign addresses with
// dots where the standards do not allow them.
func formOfEmail(s string) emailForm {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 {
		return emailMalformed
	}
	return max(formOfLocalPart(s[:at]), formOfDomain(s[at+1:]))
}

// formOfLocalPart returns the form of the part before the @: words of ordinary
// characters or in quotes, with dots between them.
func formOfLocalPart(s string) emailForm {
	form := emailUsual
	if s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		form = emailUnusual
	}
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '"':
			n := quotedLength(s[i:])
			if n == 0 {
				return emailMalformed
			}
			if n < len(s) {
				form = emailUnusual // quotes of a part of it
			} else {
				form = emailUsual // dots may be anywhere
			}
			i += n
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			if unicode.IsSpace(r) {
				return emailMalformed
			}
			i += n
		case isAlphanumeric(rune(c)) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0:
			i++
		default:
			return emailMalformed
		}
	}
	return form
}

// quotedLength returns the length of the quoted text that s begins with, and 0 if it
// is empty or has no end.
func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			if i == 1 {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

// formOfDomain is stricter than mail parsers. In particular it rejects the bar, with
// which the service appends a suffix to addresses in its records.
func formOfDomain(s string) emailForm {
	if literal, ok := strings.CutPrefix(s, "["); ok {
		_, err := netip.ParseAddr(strings.TrimPrefix(strings.TrimSuffix(literal, "]"), "IPv6:"))
		if err != nil || !strings.HasSuffix(literal, "]") {
			return emailMalformed
		}
		return emailUsual
	}
	form := emailUsual
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || strings.ContainsFunc(label, isNoDomain) {
			return emailMalformed
		}
		if label[0] == '-' || label[len(label)-1] == '-' {
			form = emailUnusual
		}
	}
	return form
}

// isNoDomain reports whether no domain contains the character.
func isNoDomain(r rune) bool {
	if r >= utf8.RuneSelf {
		return unicode.IsSpace(r)
	}
	return !isAlphanumeric(r) && r != '-' && r != '_'
}

func isAlphanumeric(c rune) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
