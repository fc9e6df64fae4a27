package wire

import (
	"math"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string. It escapes only what JSON requires, so
// that markup and non-ASCII text stay readable. If s is not valid UTF-8 it appends
// nothing and returns false: encoding/json would replace the invalid bytes and so
// silently change a name or a key.
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

// AppendFloat appends f as the shortest JSON number that reads back as f, an
// integer without a point. If f is infinite or NaN, which JSON cannot represent, it
// appends nothing and returns false.
func AppendFloat(dst []byte, f float64) ([]byte, bool) {
	return appendFloat(dst, f, 64)
}

func appendFloat(dst []byte, f float64, bits int) ([]byte, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, false
	}
	// The thresholds of encoding/json.
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, bits), true
}

// AppendRaw appends raw JSON without the white space between its tokens, so that
// formatting does not matter. If [ValidDocument] does not accept raw, it appends
// nothing and returns false.
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
