package jsonread

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var documents = []string{
	``, ` `, `null`, `true`, `false`, `tru`, `nulll`, `0`, `-0`, `-`, `01`, `1.`, `1.5`, `.5`, `1e5`, `1E+5`, `1e`, `1e+`, `-1.5e-7`, `+1`,
	`""`, `"a"`, `"a`, `"\\"`, `"\u00e9"`, `"\u00g9"`, `"\u00"`, `"\x"`, `"\"`, "\"\x01\"", "\"\xff\"", `"é"`,
	`[]`, `[ ]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`, `[1,2]`, `[`, `]`, `[]]`, `[[],{}]`,
	`{}`, `{ }`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{1:2}`, `{"a":[1,{"b":[]}],"c":{"d":"e"}}`, `{"a":1]`, `[1}`,
	" {\n\t\"a\" : [ 1 , 2 ] } \r\n", `{} {}`, `{}x`, `{"":""}`, `{"\u0061":1}`,
}

// Parse accepts what encoding/json accepts.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, text := range documents {
		_, ok := Parse([]byte(text))
		assert.Equal(t, json.Valid([]byte(text)), ok, "%q", text)
	}
	for _, depth := range []int{31, 32, 33, maxDepth, maxDepth + 1} {
		for _, pair := range []string{"[]", "{}"} {
			opening := strings.Repeat(pair[:1], depth)
			if pair == "{}" {
				opening = strings.Repeat(`{"a":`, depth-1) + "{"
			}
			text := opening + strings.Repeat(pair[1:], depth)
			_, ok := Parse([]byte(text))
			assert.Equal(t, json.Valid([]byte(text)), ok, "%s %d", pair, depth)
		}
	}
}

// FuzzDocument compares a document with encoding/json: what is valid, and each value.
func FuzzDocument(f *testing.F) {
	for _, text := range documents {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, ok := Parse(data)
		require.Equal(t, json.Valid(data), ok)
		if ok {
			compareValue(t, d.Root(), bytes.Trim(data, " \t\r\n"), 0)
		}
	})
}

func compareValue(t *testing.T, v Value, want []byte, depth int) {
	t.Helper()
	require.Equal(t, string(want), string(v.Bytes()))
	from, to := v.Span()
	require.Equal(t, len(want), to-from)
	require.Equal(t, KindOf(want), v.Kind())
	if depth > 50 {
		return // what is compared would grow with the square of the depth
	}
	switch v.Kind() {
	case Object:
		var (
			names  []string
			values [][]byte
		)
		Members(want, func(name, val []byte) { names, values = append(names, string(name)), append(values, val) })
		n := 0
		for it := v.Members(); it.Next(); n++ {
			require.Less(t, n, len(names))
			require.Equal(t, names[n], string(it.Name))
			compareValue(t, it.Value, values[n], depth+1)
		}
		require.Len(t, names, n)
	case Array:
		n := 0
		var elements []json.RawMessage
		require.NoError(t, json.Unmarshal(want, &elements))
		require.Equal(t, len(elements), v.Len())
		for it := v.Elements(); it.Next(); n++ {
			compareValue(t, it.Value, bytes.Trim(elements[n], " \t\r\n"), depth+1)
		}
	default:
		var arena strings.Builder
		arena.WriteString("before")
		got, ok := v.Text(&arena)
		text, wantOK := Text(want)
		require.Equal(t, wantOK, ok)
		require.Equal(t, text, got)
		require.Zero(t, v.Len())
	}
}

func BenchmarkParse(b *testing.B) {
	data := []byte(`{"results":[` + strings.Repeat(`{"id":1659826094882456,"store_id":"inv-2031-000417","items":[{"key":"AB2C-D3EF-GH4J-K5MN","enabled":true,"note":null}]},`, 30) + `{}]}`)
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			json.Valid(data)
		}
	})
	b.Run("document", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			_, _ = Parse(data)
		}
	})
}
