package wire

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxWalkDepth bounds the walk over a value of a Go type. encoding/json searches
// for cycles from this depth on.
const maxWalkDepth = 1000

// checkText returns an error if encoding/json would replace text of the value: text
// that is not valid UTF-8. The encoded form does not show it, since some versions
// write the replacement character as it is.
func checkText(value any) error {
	return textWalker{}.walk(reflect.ValueOf(value), 0)
}

// textWalker visits the texts of a value that encoding/json encodes.
type textWalker struct {
	// all visits unexported fields too, and calls no method: a method that replaced
	// text is being examined.
	all bool
}

func (w textWalker) walk(v reflect.Value, depth int) error {
	if !v.IsValid() || !mayHoldText(v.Type()) {
		return nil
	}
	if depth > maxWalkDepth {
		return errDepth
	}
	if k := v.Kind(); (k == reflect.Pointer || k == reflect.Interface) && v.IsNil() {
		return nil
	}
	if !w.all {
		if done, err := w.marshaled(v, depth); done {
			return err
		}
	}
	switch v.Kind() {
	case reflect.String:
		return errorUnless(utf8.ValidString(v.String()), errText)
	case reflect.Pointer, reflect.Interface:
		return w.walk(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		return w.elements(v, depth)
	case reflect.Map:
		return w.entries(v, depth)
	case reflect.Struct:
		return w.fields(v, depth)
	default:
		return nil
	}
}

func (w textWalker) elements(v reflect.Value, depth int) error {
	if !mayHoldText(v.Type().Elem()) {
		return nil
	}
	for i := range v.Len() {
		if err := w.walk(v.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w textWalker) entries(v reflect.Value, depth int) error {
	for it := v.MapRange(); it.Next(); {
		// The method of a key that is a string is not called.
		if key := it.Key(); key.Kind() == reflect.String {
			if !utf8.ValidString(key.String()) {
				return errText
			}
		} else if err := w.walk(key, depth+1); err != nil {
			return err
		}
		if err := w.walk(it.Value(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w textWalker) fields(v reflect.Value, depth int) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		ignored := !field.IsExported() && !field.Anonymous || field.Tag.Get("json") == "-"
		if ignored && !w.all {
			continue
		}
		if err := w.walk(v.Field(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// marshaled checks the result of the method that encoding/json calls, and reports
// whether there is one.
func (w textWalker) marshaled(v reflect.Value, depth int) (done bool, err error) {
	if !v.CanInterface() {
		return false, nil
	}
	value := v.Interface()
	if v.CanAddr() && v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
		value = v.Addr().Interface() // encoding/json calls methods of pointers too
	}
	var text []byte
	switch m := value.(type) {
	case json.Marshaler:
		if text, err = m.MarshalJSON(); err == nil && !ValidDocument(text) {
			err = errRaw
		}
	case encoding.TextMarshaler:
		if text, err = m.MarshalText(); err == nil && !utf8.Valid(text) {
			return true, errText
		}
	default:
		return false, nil
	}
	if err != nil {
		return true, errRaw
	}
	if hasReplacement(text) {
		return true, textWalker{all: true}.walk(v, depth)
	}
	return true, nil
}

// hasReplacement reports whether JSON or text contains the replacement character,
// as it is or escaped.
func hasReplacement(text []byte) bool {
	return bytes.Contains(text, []byte("\ufffd")) || bytes.Contains(text, []byte(`\u`)) && strings.Contains(strings.ToLower(string(text)), `\ufffd`)
}

// mayHoldText reports whether values of a type can be encoded with text of their
// own. It is false for numbers and bytes, so that long lists of them are skipped.
func mayHoldText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		return true
	default:
		p := reflect.PointerTo(t)
		return p.Implements(reflect.TypeFor[json.Marshaler]()) || p.Implements(reflect.TypeFor[encoding.TextMarshaler]())
	}
}
