// Package jsonread walks JSON that is already known to be valid.
//
// Responses are read with it instead of struct tags because one odd member
// must not lose an order that was made: every member is looked at by itself,
// and a member of the wrong type is reported and passed over. The grammar is
// not checked here a second time: call [Valid] first, which is encoding/json's
// own scanner; on anything else the functions return early, they never panic.
package jsonread

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is the JSON type of a value.
type Kind byte

// The JSON types; Invalid is that of no value at all.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Valid reports whether data is one valid JSON value, nested no deeper than
// encoding/json allows.
func Valid(data []byte) bool { return json.Valid(data) }

// KindOf tells the JSON type of a value by its first byte.
func KindOf(value []byte) Kind {
	value = trim(value)
	if len(value) == 0 {
		return Invalid
	}
	switch value[0] {
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Object
	default:
		return Number
	}
}

// Members calls each for every member of a JSON object, in order, duplicates
// included. It does nothing when value is not an object. The name comes as
// bytes so that a switch on string(name) costs no allocation; name and val may
// be slices of value and must not be changed.
func Members(value []byte, each func(name, val []byte)) {
	value = trim(value)
	if len(value) == 0 || value[0] != '{' {
		return
	}
	i := 1
	for {
		i = skipSpace(value, i)
		if i >= len(value) || value[i] != '"' {
			return
		}
		end := endOfString(value, i)
		name := value[i:end]
		i = skipSpace(value, end)
		if len(name) < 2 || i >= len(value) || value[i] != ':' {
			return
		}
		i = skipSpace(value, i+1)
		end = endOfValue(value, i)
		each(memberName(name), value[i:end])
		i = skipSpace(value, end)
		if i >= len(value) || value[i] != ',' {
			return
		}
		i++
	}
}

// Elements calls each for every element of a JSON array, in order. It does
// nothing when value is not an array.
func Elements(value []byte, each func(index int, val []byte)) {
	value = trim(value)
	if len(value) == 0 || value[0] != '[' {
		return
	}
	i := skipSpace(value, 1)
	for n := 0; i < len(value) && value[i] != ']'; n++ {
		end := endOfValue(value, i)
		if end == i {
			return
		}
		each(n, value[i:end])
		i = skipSpace(value, end)
		if i >= len(value) || value[i] != ',' {
			return
		}
		i = skipSpace(value, i+1)
	}
}

// Count returns the number of elements of a JSON array, so that a slice can be
// made once in the right size.
func Count(value []byte) int {
	n := 0
	Elements(value, func(int, []byte) { n++ })
	return n
}

// Text reads a JSON string, or the digits of a number as they stand (ids are
// sometimes sent as one, sometimes as the other).
func Text(value []byte) (string, bool) {
	value = trim(value)
	switch KindOf(value) {
	case String:
		return unquote(value)
	case Number:
		return string(value), true
	default:
		return "", false
	}
}

// Int reads a whole number, also one written as 3.0, 3e2 or "3".
func Int(value []byte) (int64, bool) {
	literal, ok := numeral(value)
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return n, true
	}
	return exactly(literal)
}

// exactly reads a whole number that is written with a point or an exponent, by
// its digits: strconv reads 1e-400 as 0, and of an exponent five digits only. Who
// writes a number so has had it in a float, which from 2^53 on may have been the
// neighbour's: better none than another's id.
func exactly(literal string) (int64, bool) {
	if _, err := strconv.ParseFloat(literal, 64); errors.Is(err, strconv.ErrSyntax) {
		return 0, false
	}
	mantissa, exponent := literal, "0"
	if e := strings.IndexAny(literal, "eE"); e >= 0 {
		mantissa, exponent = literal[:e], literal[e+1:]
	}
	unsigned := strings.TrimLeft(mantissa, "+-")
	whole, fraction, _ := strings.Cut(unsigned, ".")
	digits := strings.TrimRight(whole+fraction, "0")
	if digits == "" {
		return 0, true
	}
	// The last digit that is not 0 stands so many places before the point.
	places, err := strconv.Atoi(exponent)
	places += len(whole) - len(digits)
	if err != nil || places < 0 || places > len("9007199254740992") {
		return 0, false
	}
	sign := strings.TrimSuffix(mantissa, unsigned)
	n, err := strconv.ParseInt(sign+digits+strings.Repeat("0", places), 10, 64)
	if err != nil || n <= -1<<53 || n >= 1<<53 {
		return 0, false
	}
	return n, true
}

// Float reads a number, also one in quotes.
func Float(value []byte) (float64, bool) {
	digits, ok := numeral(value)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// Boolean reads true and false, also as 0, 1, "true" and "false".
func Boolean(value []byte) (b, ok bool) {
	switch string(trim(value)) {
	case "true", "1", `"true"`, `"True"`, `"1"`:
		return true, true
	case "false", "0", `"false"`, `"False"`, `"0"`:
		return false, true
	default:
		return false, false
	}
}

func numeral(value []byte) (string, bool) {
	value = trim(value)
	switch KindOf(value) {
	case Number:
		return string(value), true
	case String:
		s, ok := unquote(value)
		s = strings.TrimSpace(s)
		// Only what a JSON number can begin with: ParseFloat also reads "inf",
		// "0x10" and "1_000".
		return s, ok && s != "" && strings.Trim(s, "+-0123456789.eE") == ""
	default:
		return "", false
	}
}

func memberName(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return quoted[1 : len(quoted)-1]
	}
	name, _ := unquoteEscaped(quoted)
	return []byte(name)
}

// unquote reads a quoted string. The plain case is a copy; only a string with
// an escape or with bytes that are not UTF-8 goes the long way, in which the
// bad bytes become U+FFFD as everywhere in encoding/json.
func unquote(quoted []byte) (string, bool) {
	if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
		return "", false
	}
	inner := quoted[1 : len(quoted)-1]
	ascii := true
	for _, c := range inner {
		if c == '\\' {
			return unquoteEscaped(quoted)
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii && !utf8.Valid(inner) {
		return unquoteEscaped(quoted)
	}
	return string(inner), true
}

func unquoteEscaped(quoted []byte) (string, bool) {
	var s string
	err := json.Unmarshal(quoted, &s)
	return s, err == nil
}

func trim(value []byte) []byte {
	for len(value) > 0 && isSpace(value[0]) {
		value = value[1:]
	}
	for len(value) > 0 && isSpace(value[len(value)-1]) {
		value = value[:len(value)-1]
	}
	return value
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func skipSpace(b []byte, i int) int {
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	return i
}

// endOfString returns the index after the closing quote of the string that
// begins at i.
func endOfString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// endOfValue returns the index after the value that begins at i. It counts
// brackets instead of recursing, so depth costs nothing.
func endOfValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = endOfString(b, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
			if depth == 0 {
				return i + 1
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(b)
}
