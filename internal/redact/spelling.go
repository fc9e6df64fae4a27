package redact

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// plain puts a text on one line of valid UTF-8, with single spaces between its
// words and nothing in it that cannot be seen.
func plain(s string) string {
	if !utf8.ValidString(s) {
		s = string([]rune(s)) // U+FFFD for each byte, as in everything that comes out of encoding/json
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
}

// decoded undoes the escapes of HTML, JSON and URLs, for a value is known as it
// is and quoted as the service likes. Escapes within escapes are undone to a
// depth that no honest text exceeds.
func decoded(s string) string {
	for range 3 {
		if !strings.ContainsAny(s, `&%\`) {
			break
		}
		before := s
		s = unescape(html.UnescapeString(withoutCut(s)))
		if s == before {
			break
		}
	}
	return s
}

// withoutCut takes away what an ellipsis has left of an escape, as in "a%4…": it
// would keep what stands before it from being known for the beginning of a value.
func withoutCut(s string) string {
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
		if at := strings.LastIndexAny(kept[from:], `&%\`); at >= 0 && cutEscape(kept[from+at:]) {
			kept = kept[:from+at]
		}
		out.WriteString(kept)
		out.WriteString("…")
		s = s[i+len("…"):]
	}
}

// cutEscape reports whether s may be the beginning of an escape.
func cutEscape(s string) bool {
	if _, n := escape(s); n > 0 {
		return false
	}
	return strings.IndexFunc(s[1:], func(r rune) bool {
		return r != '#' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0
}

// unescape undoes %41, \u0041, \x41, \n and the like, and a backslash before a
// quote, a slash or another backslash. Whatever else there is stays as it is.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); {
		r, n := escape(s[i:])
		switch {
		case n == 0:
			out.WriteByte(s[i])
			i++
			continue
		case utf16.IsSurrogate(r):
			if low, m := escape(s[i+n:]); m > 0 && utf16.DecodeRune(r, low) != unicode.ReplacementChar {
				r, n = utf16.DecodeRune(r, low), n+m
			}
		}
		if s[i] == '%' {
			out.WriteByte(byte(r & 0xff)) // one byte of a character; the others follow
		} else {
			out.WriteRune(r)
		}
		i += n
	}
	return out.String()
}

// escape reads the escape that s begins with. It returns how long it is, 0 if
// it is none.
func escape(s string) (rune, int) {
	switch {
	case len(s) >= 3 && s[0] == '%':
		return hex(s[1:3], 3)
	case len(s) < 2 || s[0] != '\\':
		return 0, 0
	case strings.IndexByte(`\/"'`, s[1]) >= 0:
		return rune(s[1]), 2
	case strings.IndexByte("nrt", s[1]) >= 0:
		return ' ', 2 // space like any other
	case len(s) >= 4 && s[1] == 'x':
		return hex(s[2:4], 4)
	case len(s) >= 6 && s[1] == 'u':
		return hex(s[2:6], 6)
	default:
		return 0, 0
	}
}

func hex(digits string, length int) (rune, int) {
	n, err := strconv.ParseUint(digits, 16, 16)
	if err != nil {
		return 0, 0
	}
	return rune(n), length
}

// folded is a text in which case no longer matters, and where each of its bytes
// came from.
type folded struct {
	text string
	from []int // for each byte of text the place in the original, and its end; nil: the same
}

// at returns the place in the original of a place in the folded text.
func (f folded) at(i int) int {
	if f.from == nil {
		return i
	}
	return f.from[i]
}

func fold(s string) folded {
	if isASCII(s) {
		return folded{text: strings.ToUpper(s)}
	}
	b := make([]byte, 0, len(s))
	from := make([]int, 0, len(s)+1)
	for i, r := range s {
		b = utf8.AppendRune(b, foldRune(r))
		for len(from) < len(b) {
			from = append(from, i)
		}
	}
	return folded{text: string(b), from: append(from, len(s))}
}

// foldRune returns the same rune for all that are the same but for their case:
// the smallest of them. Upper and lower come first because two letters, the I
// with and the i without a dot, have a case and no fold.
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
