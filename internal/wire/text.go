package wire

import (
	"strings"
	"unicode/utf8"
)

// ValidText reports whether the service can store s: valid UTF-8 without NUL.
func ValidText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
