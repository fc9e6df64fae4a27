package wire

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// ValidDocument reports whether data is one JSON value that can be read without
// loss: in valid UTF-8 and without unpaired surrogates. encoding/json accepts both
// and replaces them.
func ValidDocument(data []byte) bool {
	return utf8.Valid(data) && json.Valid(data) && hasOnlyPairs(data)
}

// hasOnlyPairs reports whether every escaped surrogate of a valid document is part
// of a pair.
func hasOnlyPairs(data []byte) bool {
	for {
		i := bytes.IndexByte(data, '\\')
		if i < 0 {
			return true
		}
		data = data[i:]
		if data[1] != 'u' {
			data = data[2:]
			continue
		}
		first := parseHex4(data[2:])
		data = data[6:]
		if !utf16.IsSurrogate(first) {
			continue
		}
		if !bytes.HasPrefix(data, []byte(`\u`)) || utf16.DecodeRune(first, parseHex4(data[2:])) == utf8.RuneError {
			return false
		}
		data = data[6:]
	}
}

// parseHex4 returns the value of four hexadecimal digits.
func parseHex4(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16) // digits, because the document is valid
	return rune(n)
}

// Value decodes a value of a document that [ValidDocument] accepts: objects to
// map[string]any, arrays to []any, and numbers to [json.Number], which keeps every
// digit. It returns [ErrTwice] for a duplicate member.
func Value(raw []byte) (any, error) { return readValue(raw, 0) }

func readValue(raw []byte, depth int) (any, error) {
	if depth > maxValueDepth {
		return nil, errDepth
	}
	switch jsonread.KindOf(raw) {
	case jsonread.Bool:
		value, _ := jsonread.Boolean(raw)
		return value, nil
	case jsonread.Number:
		digits, _ := jsonread.Text(raw)
		return json.Number(digits), nil
	case jsonread.String:
		s, _ := jsonread.Text(raw)
		return s, nil
	case jsonread.Array:
		return readSlice(raw, depth)
	case jsonread.Object:
		return readMap(raw, depth)
	default:
		return nil, nil
	}
}

func readSlice(raw []byte, depth int) (list []any, err error) {
	list = make([]any, jsonread.Count(raw))
	jsonread.Elements(raw, func(i int, value []byte) {
		if err == nil {
			list[i], err = readValue(value, depth+1)
		}
	})
	return list, err
}

func readMap(raw []byte, depth int) (m map[string]any, err error) {
	m = make(map[string]any)
	jsonread.Members(raw, func(name, value []byte) {
		if err != nil {
			return
		}
		if _, duplicate := m[string(name)]; duplicate {
			err = ErrTwice
			return
		}
		m[string(name)], err = readValue(value, depth+1)
	})
	return m, err
}
