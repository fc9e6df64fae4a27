package redact

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// normalize returns s on one line of valid UTF-8, with single spaces between its
// words and without unprintable characters.
func normalize(s string) string {
	if !utf8.ValidString(s) {
		s = string([]rune(s)) // U+FFFD for each invalid byte, as encoding/json does
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
}

// decode undoes the escapes of HTML, JSON and URLs, because the service may quote a
// value in any of them. Nested escapes are undone up to three levels.
func decode(s string) string {
	for range 3 {
		if !strings.ContainsAny(s, `&%\`) {
			break
		}
		before := s
		s = unescape(html.UnescapeString(trimPartialEscapes(s)))
		if s == before {
			break
		}
	}
	return s
}

// trimPartialEscapes removes an escape that an ellipsis has truncated, as in
// "a%4…". Otherwise the text before it would not match the beginning of a value.
func trimPartialEscapes(s string) string {
	const longest = len("&CounterClockwiseContourIntegral;")
	var out strings.Builder
	for {
		i := strings.Index(s, "…")
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		kept := s[:i]
		from := max(0, i-longest)
		if at := strings.LastIndexAny(kept[from:], `&%\`); at >= 0 && isPartialEscape(kept[from+at:]) {
			kept = kept[:from+at]
		}
		out.WriteString(kept)
		out.WriteString("…")
		s = s[i+len("…"):]
	}
}

// isPartialEscape reports whether s may be the beginning of an escape.
func isPartialEscape(s string) bool {
	if _, n := parseEscape(s); n > 0 {
		return false
	}
	return strings.IndexFunc(s[1:], func(r rune) bool {
		return r != '#' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0
}

// unescape undoes %41, \u0041, \x41, \n and similar escapes, and a backslash before
// a quote, a slash or another backslash. Everything else is kept.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		r, n := parseEscape(s[i:])
		switch {
		case n == 0:
			out.WriteByte(s[i])
			i++
			continue
		case utf16.IsSurrogate(r):
			if low, m := parseEscape(s[i+n:]); m > 0 && utf16.DecodeRune(r, low) != unicode.ReplacementChar {
				r, n = utf16.DecodeRune(r, low), n+m
			}
		}
		if s[i] == '%' {
			out.WriteByte(byte(r & 0xff)) // one byte of a UTF-8 sequence
		} else {
			out.WriteRune(r)
		}
		i += n
	}
	return out.String()
}

// parseEscape returns the character and the length of the escape at the start of
// s. The length is 0 if there is none.
func parseEscape(s string) (rune, int) {
	switch {
	case len(s) >= 3 && s[0] == '%':
		return parseHex(s[1:3], 3)
	case len(s) < 2 || s[0] != '\\':
		return 0, 0
	case strings.IndexByte(`\/"'`, s[1]) >= 0:
		return rune(s[1]), 2
	case strings.IndexByte("nrt", s[1]) >= 0:
		return ' ', 2 // any white space
	case len(s) >= 4 && s[1] == 'x':
		return parseHex(s[2:4], 4)
	case len(s) >= 6 && s[1] == 'u':
		return parseHex(s[2:6], 6)
	default:
		return 0, 0
	}
}

func parseHex(digits string, length int) (rune, int) {
	n, err := strconv.ParseUint(digits, 16, 16)
	if err != nil {
		return 0, 0
	}
	return rune(n), length
}

// foldedText is a text after case folding, with the offsets of its bytes in the
// original.
type foldedText struct {
	text    string
	offsets []int // for each byte of text and its end; nil: the same offsets
}

// originalOffset returns the offset in the original of an offset in text.
func (f foldedText) originalOffset(i int) int {
	if f.offsets == nil {
		return i
	}
	return f.offsets[i]
}

func fold(s string) foldedText {
	if isASCII(s) {
		return foldedText{text: strings.ToUpper(s)}
	}
	b := make([]byte, 0, len(s))
	offsets := make([]int, 0, len(s)+1)
	for i, r := range s {
		b = utf8.AppendRune(b, foldRune(r))
		for len(offsets) < len(b) {
			offsets = append(offsets, i)
		}
	}
	return foldedText{text: string(b), offsets: append(offsets, len(s))}
}

// foldRune returns the smallest of the runes that differ from r only in case. It
// applies ToLower and ToUpper first because SimpleFold does not cover dotted I and
// dotless i.
func foldRune(r rune) rune {
	r = unicode.ToUpper(unicode.ToLower(r))
	smallest := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		smallest = min(smallest, next)
	}
	return smallest
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
