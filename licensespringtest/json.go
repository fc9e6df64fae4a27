package licensespringtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An object is a decoded JSON object. Member names match exactly, whereas
// encoding/json ignores their case when it decodes into structs.
type object struct {
	names   []string
	members map[string]any
}

// get returns the value of a member, or nil if it is absent or null.
func (o *object) get(name string) any {
	if o == nil {
		return nil
	}

	return o.members[name]
}

// list returns the objects in a member that is an array.
func (o *object) list(name string) []*object {
	array, _ := o.get(name).([]any)
	objects := make([]*object, 0, len(array))
	for _, element := range array {
		if object, ok := element.(*object); ok {
			objects = append(objects, object)
		}
	}

	return objects
}

// text returns a string member, or "" if it is absent.
func (o *object) text(name string) string {
	s, _ := o.get(name).(string)

	return s
}

// flag returns a boolean member, or false if it is absent.
func (o *object) flag(name string) bool {
	b, _ := o.get(name).(bool)

	return b
}

// parse decodes one JSON value into nil, bool, string, json.Number, []any or
// *object. Unlike encoding/json it rejects duplicate members and invalid UTF-8.
func parse(body []byte) (any, error) {
	if !utf8.Valid(body) {
		return nil, errors.New("invalid UTF-8")
	}
	// The decoder alone would accept trailing data.
	if !json.Valid(body) {
		return nil, errors.New("not one JSON value")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()

	return parseValue(dec)
}

func parseValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return parseObject(dec)
	case json.Delim('['):
		return parseArray(dec)
	default:
		return token, nil
	}
}

func parseObject(dec *json.Decoder) (any, error) {
	o := &object{members: make(map[string]any)}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, duplicate := o.members[name]; duplicate {
			return nil, fmt.Errorf("duplicate member %q", name)
		}
		value, err := parseValue(dec)
		if err != nil {
			return nil, err
		}
		o.names = append(o.names, name)
		o.members[name] = value
	}
	_, err := dec.Token()

	return o, err
}

func parseArray(dec *json.Decoder) (any, error) {
	array := []any{}
	for dec.More() {
		value, err := parseValue(dec)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := dec.Token()

	return array, err
}

// plain converts a decoded value to the form in which it is stored: maps for
// objects, int64 or float64 for numbers. A number out of the range of both stays
// as it is, because an infinite float64 could not be encoded.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, ok := integer(v); ok {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return v
		}

		return f
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = plain(element)
		}

		return list
	case *object:
		m := make(map[string]any, len(v.members))
		for name, value := range v.members {
			m[name] = plain(value)
		}

		return m
	default:
		return v
	}
}

// clone returns a deep copy of a stored value.
func clone(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = clone(element)
		}

		return list
	case map[string]any:
		return cloneMap(v)
	default:
		return v
	}
}

func cloneMap(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	copied := make(map[string]any, len(m))
	for name, value := range m {
		copied[name] = clone(value)
	}

	return copied
}

// integer returns the value of a number in integer notation: 3, but not 3.0 or
// 3e0.
func integer(n json.Number) (int64, bool) {
	if strings.ContainsAny(n.String(), ".eE") {
		return 0, false
	}
	i, err := strconv.ParseInt(n.String(), 10, 64)

	return i, err == nil
}
