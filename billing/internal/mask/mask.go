// Package mask hides personal data in output for operators. What remains allows them
// to recognize a mistake, such as a missing domain.
package mask

import (
	"strings"
	"unicode/utf8"
)

const hidden = "***"

// Text returns the first character of a text. Of an address it also returns the "@"
// and the last label of the domain.
func Text(s string) string {
	if s == "" {
		return ""
	}
	local, domain, isAddress := strings.Cut(s, "@")
	if !isAddress {
		return first(s)
	}
	masked := first(local) + "@"
	if domain == "" {
		return masked
	}
	if dot := strings.LastIndexByte(domain, '.'); dot >= 0 {
		return masked + hidden + domain[dot:]
	}
	return masked + hidden
}

func first(s string) string {
	if s == "" {
		return ""
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n] + hidden
}
