package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/wire"
)

type tier string

type embedded struct {
	Name   string
	hidden string
}

type stringer string

func (s stringer) String() string { return string(s) }

type marshalsText string

func (m marshalsText) MarshalText() ([]byte, error) { return []byte(m), nil }

type marshalsKey struct{ name string }

func (m marshalsKey) MarshalText() ([]byte, error) { return []byte(m.name), nil }

type marshalsJSON string

func (m marshalsJSON) MarshalJSON() ([]byte, error) { return []byte(m), nil }

// marshalsItself leaves its text to encoding/json, which replaces invalid UTF-8.
type marshalsItself struct {
	name  string
	Label string `json:",omitempty"`
}

//nolint:revive // the receiver is what is tested
func (m *marshalsItself) MarshalJSON() ([]byte, error) { return json.Marshal(m.name) }

type failsToMarshal struct{}

func (failsToMarshal) MarshalJSON() ([]byte, error) { return nil, errors.New("ada") }

func TestAppendValue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"null", nil, `null`},
		{"truth", true, `true`},
		{"text", "a<b", `"a<b"`},
		{"number", json.Number("1.50"), `1.50`},
		{"sorted", map[string]any{"b": 1, "a": []any{nil, "x"}, "c": map[string]any{}}, `{"a":[null,"x"],"b":1,"c":{}}`},
		{"nil map", map[string]any(nil), `null`}, // as encoding/json does
		{"nil slice", []any(nil), `null`},
		{"raw", json.RawMessage(`{ "a" : 1 }`), `{"a":1}`},
		{"int8", int8(-8), `-8`},
		{"int16", int16(-16), `-16`},
		{"int32", int32(-32), `-32`},
		{"int64", int64(math.MinInt64), `-9223372036854775808`},
		{"uint", uint(1), `1`},
		{"uint8", uint8(8), `8`},
		{"uint64", uint64(math.MaxUint64), `18446744073709551615`},
		{"float32", float32(0.1), `0.1`}, // not 0.10000000149011612
		{"float64", 2.0, `2`},
		// Types that are not JSON's own are left to encoding/json.
		{"named string", tier("gold<1>"), `"gold<1>"`},
		{"strings", []string{"b", "a"}, `["b","a"]`},
		{"string map", map[string]string{"b": "2", "a": "1"}, `{"a":"1","b":"2"}`},
		{"time", time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), `"2026-03-01T00:00:00Z"`},
		{"a field that is not encoded", struct {
			embedded
			hidden string
			Skip   string `json:"-"`
			Bytes  []byte
		}{embedded{"x", "\xff"}, "\xff", "\xff", []byte("\xff")}, `{"Name":"x","Bytes":"/w=="}`},
		{"nil pointers", []*marshalsItself{nil}, `[null]`},
		{"a value whose pointer marshals itself", []any{marshalsItself{name: "\xff", Label: "x"}}, `[{"Label":"x"}]`},
		{"replacement character, encoded by its type", []marshalsItself{{name: "\ufffd"}}, "[\"\ufffd\"]"},
		{"replacement character", []string{"\ufffd \\ufffd"}, "[\"\ufffd \\\\ufffd\"]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := wire.AppendValue([]byte("x:"), tt.in)
			require.NoError(t, err)
			assert.Equal(t, "x:"+tt.want, string(got))
		})
	}
}

func TestAppendValueRejects(t *testing.T) {
	t.Parallel()
	cyclic := map[string]any{}
	cyclic["again"] = []any{cyclic}
	tests := []struct {
		name string
		in   any
		want string
	}{
		{"text", "ada\xff", "not valid Unicode"},
		{"name", map[string]any{"ada\xff": 1}, "not valid Unicode"},
		{"text in a slice of strings", []string{"ada\xff"}, "not valid Unicode"},
		{"in a list", []any{1, "ada\xff"}, "not valid Unicode"},
		{"named text", tier("ada\xff"), "not valid Unicode"},
		{"key of a map of strings", map[string]string{"ada\xff": ""}, "not valid Unicode"},
		{"key of a named type", map[tier]int{"ada\xff": 1}, "not valid Unicode"},
		{"value of a map", map[int][]tier{1: {"ada\xff"}}, "not valid Unicode"},
		{"in a struct", struct{ Name string }{"ada\xff"}, "not valid Unicode"},
		{"in an embedded struct", struct{ embedded }{embedded{"ada\xff", ""}}, "not valid Unicode"},
		{"behind pointers", &[]*tier{new(tier("ada\xff"))}, "not valid Unicode"},
		{"in an array", [2]string{"", "ada\xff"}, "not valid Unicode"},
		{"in an interface", []fmt.Stringer{stringer("ada\xff")}, "not valid Unicode"},
		{"result of MarshalText", marshalsText("ada\xff"), "not valid Unicode"},
		{"result of MarshalText in a list", []marshalsText{"ada\xff"}, "not valid Unicode"},
		{"key that marshals itself", map[marshalsKey]int{{"ada\xff"}: 1}, "not valid Unicode"},
		{"result of MarshalJSON", []any{marshalsJSON("\"ada\xff\"")}, "not valid"},
		{"result of MarshalJSON, an unpaired surrogate", struct{ V marshalsJSON }{`"\ud800"`}, "not valid"},
		{"raw JSON in a struct", struct{ V json.RawMessage }{json.RawMessage("\"ada\xff\"")}, "not valid"},
		{"MarshalJSON of a pointer", &marshalsItself{name: "ada\xff"}, "not valid Unicode"},
		{"MarshalJSON of an element", []marshalsItself{{name: "ada\xff"}}, "not valid Unicode"},
		{"error of MarshalJSON", []any{failsToMarshal{}}, "not valid"},
		{"in an object", map[string]any{"a": math.NaN()}, "not finite"},
		{"infinite", math.Inf(1), "not finite"},
		{"infinite float32", float32(math.Inf(1)), "not finite"},
		{"invalid number", json.Number("ada"), "not a number"},
		{"empty number", json.Number(""), "not a number"}, // encoding/json writes 0
		{"padded number", json.Number(" 1"), "not a number"},
		{"raw", json.RawMessage(`{"ada":`), "not valid"},
		{"function", func() {}, "JSON cannot represent"},
		{"channel inside", struct{ C chan int }{}, "JSON cannot represent"},
		{"cyclic", cyclic, "too deeply"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.AppendValue(nil, tt.in)
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "ada")
		})
	}
}

func TestAppendScalarRejectsOtherTypes(t *testing.T) {
	t.Parallel()
	assert.False(t, wire.IsScalar(true))
	_, err := wire.AppendScalar(nil, true)
	require.Error(t, err)
}

func TestValue(t *testing.T) {
	t.Parallel()
	got, err := wire.Value([]byte(` {"a": [1.50, "x\u00e9", true, false, null], "b": {"c": 123456789012345678901234567890}} `))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"a": []any{json.Number("1.50"), "xé", true, false, nil},
		"b": map[string]any{"c": json.Number("123456789012345678901234567890")},
	}, got)
}

func TestValueRejects(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{"a":1,"a":1}`, `[{"a":1,"\u0061":2}]`, `{"x":{"a":1,"b":1,"a":3},"y":1}`} {
		_, err := wire.Value([]byte(in))
		require.ErrorIs(t, err, wire.ErrTwice, in)
	}
	for _, bracket := range []string{"[]", "{}"} {
		open, end := bracket[:1], bracket[1:]
		if open == "{" {
			open = `{"a":`
		}
		_, err := wire.Value([]byte(strings.Repeat(open, 300) + "1" + strings.Repeat(end, 300)))
		require.ErrorContains(t, err, "too deeply")
	}
}

func TestCloneValue(t *testing.T) {
	t.Parallel()
	original := map[string]any{
		"list": []any{map[string]any{"a": 1}, json.RawMessage(`1`)},
		"kept": &struct{ N int }{1},
	}
	clone := wire.CloneMap(original)
	require.Equal(t, original, clone)
	list, ok := clone["list"].([]any)
	require.True(t, ok)
	list[0].(map[string]any)["a"] = 2
	list[1].(json.RawMessage)[0] = '2'
	list[0] = nil
	assert.Equal(t, []any{map[string]any{"a": 1}, json.RawMessage(`1`)}, original["list"])
	assert.Same(t, original["kept"], clone["kept"])
	assert.Nil(t, wire.CloneMap(nil))
	assert.Equal(t, "x", wire.CloneValue("x"))
}

func TestCloneValueOfCycle(t *testing.T) {
	t.Parallel()
	cyclic := map[string]any{}
	cyclic["again"] = cyclic
	assert.NotPanics(t, func() { wire.CloneMap(cyclic) })
}

func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		`null`, `{"a":[1,2.50,"x",{"b":true}]}`, `"\ud83e\udd8a\n"`, `[ ]`, `{ "a" : { } }`, ` -0.0e-5 `, ` true `, `{"\u0061":1,"a":2}`,
		`[8E800,-1e-999,123456789012345678901234567890]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !wire.ValidDocument(data) {
			return
		}
		value, err := wire.Value(data)
		if err != nil {
			return
		}
		written, err := wire.AppendValue(nil, value)
		require.NoError(t, err)
		again, err := wire.Value(written)
		require.NoError(t, err)
		require.Equal(t, value, again)
		// encoding/json decodes both to the same value.
		require.Equal(t, standard(t, data), standard(t, written))
		raw, ok := wire.AppendRaw(nil, data)
		require.True(t, ok)
		require.Equal(t, standard(t, data), standard(t, raw))
	})
}

// standard decodes a document with encoding/json, with numbers as literals, because
// JSON allows numbers that exceed a float64.
func standard(t *testing.T, document []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value))
	return value
}

// FuzzText puts a text in every place of a value. It is encoded as it is, or
// rejected if it is not valid UTF-8.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "a", "caf\xe9", "\ufffd", "\u2028<>&\x00", "\xed\xa0\x80", "\xf0\x9f\xa6"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, value := range map[string]any{
			"string": s, "named": tier(s), "strings": []string{s}, "list": []any{s}, "key": map[string]any{s: s}, "string map": map[string]string{s: s},
			"named key": map[tier]tier{tier(s): tier(s)}, "struct": struct{ Name *string }{&s}, "embedded": struct{ embedded }{embedded{s, ""}},
			"text": marshalsText(s), "text key": map[marshalsKey]string{{s}: s}, "JSON": []marshalsItself{{name: s}}, "nested": map[string][][1]tier{"": {{tier(s)}}},
		} {
			encoded, err := wire.AppendValue(nil, value)
			if !utf8.ValidString(s) {
				require.Error(t, err, name)
				continue
			}
			require.NoError(t, err, name)
			require.True(t, wire.ValidDocument(encoded), name)
			require.Contains(t, texts(standard(t, encoded)), s, "%s: %s", name, encoded)
		}
	})
}

// texts returns the strings in a decoded value.
func texts(value any) []string {
	var all []string
	switch v := value.(type) {
	case string:
		all = append(all, v)
	case []any:
		for _, el := range v {
			all = append(all, texts(el)...)
		}
	case map[string]any:
		for name, el := range v {
			all = append(append(all, name), texts(el)...)
		}
	}
	return all
}
