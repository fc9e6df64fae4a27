package jsonread_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

func TestMembersSeesEveryMemberInOrder(t *testing.T) {
	t.Parallel()
	var got [][2]string
	jsonread.Members([]byte(` { "a" : 1 , "b\u0063":"x,}\"" ,"d":[1,{"e":2}],"a":null, "f":{ } } `), func(name, val []byte) {
		got = append(got, [2]string{string(name), string(val)})
	})
	assert.Equal(t, [][2]string{
		{"a", "1"}, {"bc", `"x,}\""`}, {"d", `[1,{"e":2}]`}, {"a", "null"}, {"f", "{ }"},
	}, got)
}

func TestElementsSeesEveryElementInOrder(t *testing.T) {
	t.Parallel()
	var got []string
	value := []byte("[ 1,\n\"]\", [ [] ] ,{\"a\":[]},null ]")
	jsonread.Elements(value, func(i int, val []byte) {
		assert.Len(t, got, i)
		got = append(got, string(val))
	})
	assert.Equal(t, []string{"1", `"]"`, "[ [] ]", `{"a":[]}`, "null"}, got)
	assert.Equal(t, 5, jsonread.Count(value))
	assert.Zero(t, jsonread.Count([]byte("[ ]")))
	assert.Zero(t, jsonread.Count([]byte(`{"a":1}`)), "an object has no elements")
}

func TestScalars(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		in      string
		text    any
		number  any
		float   any
		boolean any
	}{
		{in: `"a\u00e9\n"`, text: "aé\n"},
		{in: "\"a\xff\"", text: "a\ufffd"}, // as encoding/json reads it
		{in: `12`, text: "12", number: int64(12), float: 12.0},
		{in: `1`, text: "1", number: int64(1), float: 1.0, boolean: true},
		{in: `"0"`, text: "0", number: int64(0), float: 0.0, boolean: false},
		{in: `9223372036854775807`, text: "9223372036854775807", number: int64(9223372036854775807), float: 9223372036854775807.0},
		{in: `9223372036854775808`, text: "9223372036854775808", float: 9223372036854775808.0}, // beyond int64: not rounded
		{in: `3.0`, text: "3.0", number: int64(3), float: 3.0},
		{in: `3e2`, text: "3e2", number: int64(300), float: 300.0},
		{in: `2.5`, text: "2.5", float: 2.5},
		{in: `1e999`, text: "1e999"}, // beyond float64
		{in: `" 7 "`, text: " 7 ", number: int64(7), float: 7.0},
		{in: `"inf"`, text: "inf"},   // ParseFloat accepts it
		{in: `"0x10"`, text: "0x10"}, // likewise
		{in: `""`, text: ""},
		{in: `true`, boolean: true},
		{in: `"True"`, text: "True", boolean: true},
		{in: `false`, boolean: false},
		{in: `null`},
		{in: `{}`},
		{in: `[1]`},
	} {
		t.Run(row.in, func(t *testing.T) {
			t.Parallel()
			s, ok := jsonread.Text([]byte(row.in))
			assert.Equal(t, row.text, orNil(s, ok), "text")
			n, ok := jsonread.Int([]byte(row.in))
			assert.Equal(t, row.number, orNil(n, ok), "int")
			f, ok := jsonread.Float([]byte(row.in))
			assert.Equal(t, row.float, orNil(f, ok), "float")
			b, ok := jsonread.Boolean([]byte(row.in))
			assert.Equal(t, row.boolean, orNil(b, ok), "bool")
		})
	}
}

func orNil[T any](v T, ok bool) any {
	if !ok {
		return nil
	}
	return v
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]jsonread.Kind{
		"": jsonread.Invalid, " \n": jsonread.Invalid, "null": jsonread.Null, "true": jsonread.Bool,
		"-1": jsonread.Number, ` "x"`: jsonread.String, "[]": jsonread.Array, "\t{}": jsonread.Object,
	} {
		assert.Equal(t, want, jsonread.KindOf([]byte(in)), "%q", in)
	}
}

// Invalid input ends the walk without a panic.
func TestInvalidInputEndsTheWalk(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{`, `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":}`, `{"a" 1}`, `{"a":1 "b"}`, `[`, `[,`, `[1 2`, `{"a\`, `]`, `}`} {
		jsonread.Members([]byte(in), func(_, _ []byte) {})
		jsonread.Elements([]byte(in), func(int, []byte) {})
	}
}

// FuzzWalk compares the walk with encoding/json.
func FuzzWalk(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[true,null,"\u00e9"],"c":{"d":{}}}`, `[1,2,[3,"]"]]`, `{"a":1,"a":2}`, `"\ud800"`, `{"":{"":""}}`, `[`, "{\"\xff\":1}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		elements, members := 0, map[string]string{}
		jsonread.Elements(data, func(_ int, val []byte) {
			elements++
			jsonread.Text(val)
			jsonread.Int(val)
		})
		jsonread.Members(data, func(name, val []byte) { members[string(name)] = string(val) })
		if !jsonread.Valid(data) {
			return
		}
		switch jsonread.KindOf(data) {
		case jsonread.Array:
			var want []json.RawMessage
			require.NoError(t, json.Unmarshal(data, &want))
			assert.Equal(t, len(want), elements)
		case jsonread.Object:
			var want map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(data, &want))
			assert.Len(t, members, len(want))
			for name, val := range want {
				assert.Equal(t, string(val), members[name])
			}
		case jsonread.String:
			var want string
			require.NoError(t, json.Unmarshal(data, &want))
			got, ok := jsonread.Text(data)
			assert.True(t, ok)
			assert.Equal(t, want, got)
		default:
		}
	})
}
