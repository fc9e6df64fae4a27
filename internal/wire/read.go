package wire

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// ValidDocument reports whether data is one JSON value from which nothing is
// lost in reading: in valid UTF-8, and without half of a surrogate pair. The
// standard decoder takes both and puts another character in their place.
func ValidDocument(data []byte) bool {
	return utf8.Valid(data) && json.Valid(data) && paired(data)
}

// paired reports whether every escaped surrogate of a valid document stands in
// a pair.
func paired(data []byte) bool {
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
		first := hex4(data[2:])
		data = data[6:]
		if !utf16.IsSurrogate(first) {
			continue
		}
		if !bytes.HasPrefix(data, []byte(`\u`)) || utf16.DecodeRune(first, hex4(data[2:])) == utf8.RuneError {
			return false
		}
		data = data[6:]
	}
}

// hex4 returns the number that four hexadecimal digits say.
func hex4(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16) // the document is valid, so these are digits
	return rune(n)
}

// Value unpacks a value of a document that [ValidDocument] accepts: objects to
// map[string]any, arrays to []any, numbers to [json.Number], so that no digit
// is lost. A member that stands twice is an error.
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
		if _, twice := m[string(name)]; twice {
			err = ErrTwice
			return
		}
		m[string(name)], err = readValue(value, depth+1)
	})
	return m, err
}
