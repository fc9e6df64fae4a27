// Package assign sets the members of structs from texts such as max_activations=5.
package assign

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Into sets members of the struct that v points to, by their names in JSON. A value is
// JSON or, where the member does not accept that, a text without quotes. It reports all
// errors, and changes nothing after one.
func Into(v any, assignments []string) error {
	var invalid []error
	values := make(map[string]json.RawMessage)
	known := Names(v)
	for _, assignment := range assignments {
		name, text, ok := strings.Cut(assignment, "=")
		switch {
		case !ok || name == "":
			invalid = append(invalid, fmt.Errorf("%q: want name=value", assignment))
		case !slices.Contains(known, name):
			invalid = append(invalid, fmt.Errorf("%s: unknown name", name))
		case values[name] != nil:
			invalid = append(invalid, fmt.Errorf("%s: given twice", name))
		default:
			value, err := parse(v, name, text)
			if err != nil {
				invalid = append(invalid, err)
			}
			values[name] = value
		}
	}
	if len(invalid) > 0 {
		return errors.Join(invalid...)
	}
	document, err := json.Marshal(values)
	if err != nil {
		return err
	}
	return Strict(document, v)
}

// Strict decodes one JSON value. An unknown member is an error, because the misspelled
// name of a member would change nothing, and so is a repeated one.
func Strict(document []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return err
	}
	return checkNames(json.NewDecoder(bytes.NewReader(document)))
}

// checkNames returns an error if an object of the next value repeats a member.
func checkNames(decoder *json.Decoder) error {
	token, err := decoder.Token()
	delim, composite := token.(json.Delim)
	if err != nil || !composite {
		return err
	}
	names := make(map[json.Token]bool)
	for decoder.More() {
		if delim == '{' {
			name, err := decoder.Token()
			if err != nil {
				return err
			}
			if names[name] {
				return fmt.Errorf("%s: given twice", name)
			}
			names[name] = true
		}
		if err := checkNames(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token() // the end
	return err
}

// parse returns the value of a member as JSON. It decodes the value into a struct of its
// own, because it may be of the wrong type.
func parse(v any, name, text string) (json.RawMessage, error) {
	quoted, err := json.Marshal(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var invalid error // of an array or an object
	for _, value := range [...][]byte{[]byte(text), quoted} {
		// A null would leave the member as it is.
		if !json.Valid(value) || bytes.Equal(bytes.TrimSpace(value), []byte("null")) {
			continue
		}
		document := fmt.Appendf(nil, "{%q:%s}", name, value)
		if err = Strict(document, reflect.New(reflect.TypeOf(v).Elem()).Interface()); err == nil {
			return value, nil
		}
		if trimmed := bytes.TrimSpace(value); trimmed[0] == '{' || trimmed[0] == '[' {
			invalid = err
		}
	}
	err = cmp.Or(invalid, err)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil, fmt.Errorf("%s: want a %s", name, kindOf(wrong.Type))
	}
	return nil, fmt.Errorf("%s: %w", name, err)
}

// kindOf returns the name of a type for a user.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean: true or false"
	case reflect.Int, reflect.Int64:
		return "whole number"
	case reflect.Float64:
		return "number"
	case reflect.Map, reflect.Struct:
		return "JSON object"
	case reflect.Slice:
		return "JSON array"
	default:
		return "text"
	}
}

// Names returns the names of the members of the struct that v points to.
func Names(v any) []string { return namesOf(reflect.TypeOf(v).Elem()) }

func namesOf(t reflect.Type) []string {
	var names []string
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			names = append(names, namesOf(field.Type)...)
		case field.IsExported() && name != "-" && name != "":
			names = append(names, name)
		}
	}
	return names
}
