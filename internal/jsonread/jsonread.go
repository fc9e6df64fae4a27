// Package jsonread walks JSON that is known to be valid.
//
// Responses are read with it instead of struct tags, so that one unexpected
// member does not make a created order unreadable: each member is read
// separately, and a member of the wrong type can be reported and skipped.
//
// [Parse] checks a document and indexes its containers, so that walking it reads
// each byte once. The functions on bytes are for small values: call [Valid] first,
// since they do not check the grammar again. On invalid input they return early and
// never panic.
package jsonread

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

// Kind is the JSON type of a value.
type Kind byte

// The JSON types. Invalid is the kind of an empty value.
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

// KindOf returns the JSON type of a value, by its first byte.
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

// Members calls each for every member of a JSON object, in order, including
// duplicates. It does nothing if value is not an object. The name is passed as
// bytes so that a switch on string(name) does not allocate. Name and val may be
// slices of value and must not be changed.
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
// nothing if value is not an array.
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
// allocated in the right size.
func Count(value []byte) int {
	n := 0
	Elements(value, func(int, []byte) { n++ })
	return n
}

// Text returns a JSON string, or the literal of a number: the service sends ids in
// both forms.
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

// Int returns an integer, also one written as 3.0, 3e2 or "3".
func Int(value []byte) (int64, bool) {
	if n, ok := digits(value); ok {
		return n, true
	}
	literal, ok := numberLiteral(value)
	if !ok {
		return 0, false
	}
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return n, true
	}
	return parseExact(literal)
}

// digits parses an integer of up to 18 digits without a sign, which nearly all are.
func digits(value []byte) (n int64, ok bool) {
	if len(value) == 0 || len(value) > 18 {
		return 0, false
	}
	for _, c := range value {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// parseExact parses an integer that is written with a point or an exponent, by its
// digits: strconv parses 1e-400 as 0, and reads only five digits of an exponent.
// Such a literal comes from a float. It rejects values from 2^53 on, where a
// float may have been rounded to the id of another order.
func parseExact(literal string) (int64, bool) {
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
	// The number of places between the last nonzero digit and the point.
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

// Float returns a number, also one in quotes.
func Float(value []byte) (float64, bool) {
	literal, ok := numberLiteral(value)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(literal, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// Boolean returns a boolean, also one written as 0, 1, "true" or "false".
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

// numberLiteral returns the literal of a number, also one in quotes.
func numberLiteral(value []byte) (string, bool) {
	value = trim(value)
	switch KindOf(value) {
	case Number:
		return string(value), true
	case String:
		s, ok := unquote(value)
		s = strings.TrimSpace(s)
		// Only the characters of JSON numbers: ParseFloat also accepts "inf",
		// "0x10" and "1_000".
		return s, ok && s != "" && strings.Trim(s, "+-0123456789.eE") == ""
	default:
		return "", false
	}
}

func memberName(quoted []byte) []byte {
	if inner := quoted[1 : len(quoted)-1]; isPlainText(inner) {
		return inner
	}
	name, _ := unquoteEscaped(quoted)
	return []byte(name)
}

// unquote unquotes a string. Strings with an escape or with invalid UTF-8 are left
// to encoding/json, which replaces invalid bytes by U+FFFD.
func unquote(quoted []byte) (string, bool) {
	if len(quoted) < 2 || quoted[0] != '"' || quoted[len(quoted)-1] != '"' {
		return "", false
	}
	if inner := quoted[1 : len(quoted)-1]; isPlainText(inner) {
		return string(inner), true
	}
	return unquoteEscaped(quoted)
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
// brackets instead of recursing, so that nesting uses no stack.
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
