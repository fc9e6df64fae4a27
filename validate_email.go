package licensespring

import (
	"net/mail"
	"net/netip"
	"strings"
)

// validEmail reports whether s can be an e-mail address. It rejects only what
// cannot be one.
func validEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 0 || !validDomain(s[at+1:]) {
		return false
	}
	if plainLocalPart(s[:at]) {
		return true
	}
	// Quoted text and other scripts. The parser accepts a name or a comment too, so
	// the address must be the whole text.
	a, err := mail.ParseAddress(s)
	return err == nil && (a.Address == s || a.String() == "<"+s+">")
}

// plainLocalPart recognizes the local part of nearly all addresses without an
// allocation.
func plainLocalPart(s string) bool {
	for _, c := range []byte(s) {
		if !isAlphanumeric(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) < 0 {
			return false
		}
	}
	return s != "" && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..")
}

// validDomain is stricter than the mail parser. In particular it rejects the bar,
// with which the service appends a suffix to addresses in its records.
func validDomain(s string) bool {
	if literal, ok := strings.CutPrefix(s, "["); ok {
		_, err := netip.ParseAddr(strings.TrimPrefix(strings.TrimSuffix(literal, "]"), "IPv6:"))
		return err == nil && strings.HasSuffix(literal, "]")
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !isAlphanumeric(c) && c != '-' && c != '_' && c < 0x80 {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
