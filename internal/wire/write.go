package wire

import (
	"math"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. Only what JSON demands is escaped,
// so that markup and other scripts stay readable. The result is false, and
// nothing is appended, if s is not valid UTF-8: the standard encoder would put
// another character in its place, and a name or a key would be changed in
// silence.
func AppendString(dst []byte, s string) ([]byte, bool) {
	start := len(dst)
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				return dst[:start], false
			}
			i += size
			continue
		}
		if b >= ' ' && b != '"' && b != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		dst = appendEscape(dst, b)
		i++
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"'), true
}

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&0xf])
	}
}

// AppendFloat appends f as the shortest JSON number that reads back as f; a
// whole number is written without a point. The result is false, and nothing is
// appended, if f is infinite or not a number, which JSON cannot say.
func AppendFloat(dst []byte, f float64) ([]byte, bool) {
	return appendFloat(dst, f, 64)
}

func appendFloat(dst []byte, f float64, bits int) ([]byte, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, false
	}
	// Plain digits as far as anybody writes them by hand, and no further.
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits), true
}

// AppendRaw appends raw JSON without the white space between its parts, so that
// the same value always gives the same bytes. The result is false, and nothing
// is appended, if raw is not a document that [ValidDocument] accepts.
func AppendRaw(dst, raw []byte) ([]byte, bool) {
	if !ValidDocument(raw) {
		return dst, false
	}
	quoted := false
	for i := 0; i < len(raw); i++ {
		b := raw[i]
		switch {
		case quoted && b == '\\':
			dst = append(dst, b)
			i++
			b = raw[i]
		case b == '"':
			quoted = !quoted
		case !quoted && isSpace(b):
			continue
		}
		dst = append(dst, b)
	}
	return dst, true
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }
