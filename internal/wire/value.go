package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
)

// maxValueDepth bounds the nesting of free-form values, so that a map that contains
// itself causes an error and not a stack overflow.
const maxValueDepth = 200

var (
	errDepth  = errors.New("nested too deeply")
	errText   = errors.New("contains text that is not valid Unicode")
	errFinite = errors.New("contains a number that is not finite")
	errNumber = errors.New("contains a json.Number that is not a number")
	errRaw    = errors.New("contains raw JSON that is not valid")
	errKind   = errors.New("contains a value that JSON cannot represent")
)

// ErrTwice reports that an object in a free-form value has a duplicate member.
var ErrTwice = errors.New("contains a duplicate member")

// AppendValue appends a value as JSON, with the members of objects sorted by name.
// It writes the types of JSON itself, without loss, and uses encoding/json for all
// others. Errors never repeat a value.
func AppendValue(dst []byte, value any) ([]byte, error) {
	return appendValue(dst, value, 0)
}

func appendValue(dst []byte, value any, depth int) ([]byte, error) {
	if depth > maxValueDepth {
		return dst, errDepth
	}
	switch v := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case map[string]any:
		return appendMap(dst, v, depth)
	case []any:
		return appendSlice(dst, v, depth)
	case json.RawMessage:
		dst, ok := AppendRaw(dst, v)
		return dst, errorUnless(ok, errRaw)
	default:
		if IsScalar(value) {
			return AppendScalar(dst, value)
		}
		return appendOther(dst, value)
	}
}

func appendMap(dst []byte, m map[string]any, depth int) ([]byte, error) {
	var err error
	if m == nil {
		return append(dst, "null"...), nil // as encoding/json does
	}
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = AppendString(dst, name); !ok {
			return dst, errText
		}
		if dst, err = appendValue(append(dst, ':'), m[name], depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendSlice(dst []byte, list []any, depth int) ([]byte, error) {
	var err error
	if list == nil {
		return append(dst, "null"...), nil
	}
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendValue(dst, v, depth+1); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// appendOther encodes a value with encoding/json. It does not return the error of
// encoding/json, which may repeat the value.
func appendOther(dst []byte, value any) ([]byte, error) {
	if err := checkText(value); err != nil {
		return dst, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return dst, errKind
	}
	return append(dst, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...), nil
}

// IsScalar reports whether value is a string, a number of any Go kind, or a
// [json.Number].
func IsScalar(value any) bool {
	switch value.(type) {
	case string, json.Number,
		int, int8, int16, int32, int64,
		uint, uint8, uint16, uint32, uint64,
		float32, float64:
		return true
	default:
		return false
	}
}

// AppendScalar appends a value for which [IsScalar] is true.
func AppendScalar(dst []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		dst, ok := AppendString(dst, v)
		return dst, errorUnless(ok, errText)
	case json.Number:
		if !IsNumber(string(v)) {
			return dst, errNumber
		}
		return append(dst, v...), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float32:
		dst, ok := appendFloat(dst, float64(v), 32)
		return dst, errorUnless(ok, errFinite)
	case float64:
		dst, ok := AppendFloat(dst, v)
		return dst, errorUnless(ok, errFinite)
	}
	switch v := reflect.ValueOf(value); {
	case v.CanInt():
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case v.CanUint():
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	default:
		return dst, errKind
	}
}

// IsNumber reports whether s is a JSON number.
func IsNumber(s string) bool {
	return s != "" && (s[0] == '-' || isDigit(s[0])) && isDigit(s[len(s)-1]) && json.Valid([]byte(s))
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func errorUnless(ok bool, err error) error {
	if ok {
		return nil
	}
	return err
}

// CloneMap copies a free-form object, with its values as CloneValue does.
func CloneMap(m map[string]any) map[string]any { return cloneMap(m, 0) }

// CloneValue copies a free-form value: objects, arrays and raw JSON. It does not
// copy values of other types, and values nested too deeply for AppendValue.
func CloneValue(value any) any { return cloneValue(value, 0) }

func cloneMap(m map[string]any, depth int) map[string]any {
	m = maps.Clone(m)
	for name, value := range m {
		m[name] = cloneValue(value, depth+1)
	}
	return m
}

func cloneValue(value any, depth int) any {
	if depth > maxValueDepth {
		return value
	}
	switch v := value.(type) {
	case map[string]any:
		return cloneMap(v, depth)
	case []any:
		v = slices.Clone(v)
		for i := range v {
			v[i] = cloneValue(v[i], depth+1)
		}
		return v
	case json.RawMessage:
		return slices.Clone(v)
	default:
		return value
	}
}
