package wire_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/wire"
)

func TestAppendString(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"", `""`},
		{"ada", `"ada"`},
		{`say "hi" \ bye`, `"say \"hi\" \\ bye"`},
		{"a\nb\rc\td", `"a\nb\rc\td"`},
		{"\x00\x1f\x7f", `"\u0000\u001f` + "\x7f" + `"`},
		{"<a href='x'>&</a>", `"<a href='x'>&</a>"`}, // not escaped: the output is not embedded in HTML
		{"Grüße 🦊 \u2028", "\"Grüße 🦊 \u2028\""},
		{"\ufffd", "\"\ufffd\""}, // the replacement character itself is valid
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			t.Parallel()
			got, ok := wire.AppendString([]byte("x:"), tt.in)
			require.True(t, ok)
			assert.Equal(t, "x:"+tt.want, string(got))
			var back string
			require.NoError(t, json.Unmarshal(got[2:], &back))
			assert.Equal(t, tt.in, back)
		})
	}
}

func TestAppendStringRejectsInvalidUTF8(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\"\xff"} {
		got, ok := wire.AppendString([]byte("x"), in)
		assert.False(t, ok)
		assert.Equal(t, "x", string(got))
	}
}

func TestAppendFloat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   float64
		want string
	}{
		{0, "0"},
		{3, "3"},
		{-3, "-3"},
		{2.5, "2.5"},
		{0.1, "0.1"},
		{1e6, "1000000"},
		{1e20, "100000000000000000000"},
		{1e21, "1e+21"},
		{1e-6, "0.000001"},
		{1e-7, "1e-07"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
	}
	for _, tt := range tests {
		got, ok := wire.AppendFloat(nil, tt.in)
		require.True(t, ok)
		assert.Equal(t, tt.want, string(got))
		assert.True(t, json.Valid(got))
	}
	for _, in := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		got, ok := wire.AppendFloat([]byte("x"), in)
		assert.False(t, ok)
		assert.Equal(t, "x", string(got))
	}
}

func TestAppendRaw(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{`1`, `1`},
		{" null\n", `null`},
		{"{ \"a b\" : [ 1 , 2,\t\"c \\\" d\" ] }\r\n", `{"a b":[1,2,"c \" d"]}`},
		{`"\\"`, `"\\"`},
		{`["\\" , "\ud83e\udd8a" ]`, `["\\","\ud83e\udd8a"]`},
	}
	for _, tt := range tests {
		got, ok := wire.AppendRaw([]byte("x:"), []byte(tt.in))
		assert.True(t, ok)
		assert.Equal(t, "x:"+tt.want, string(got))
	}
	for _, in := range []string{"", " ", "{", "{}{}", "nul", "\"\xff\"", `"\ud800"`} {
		got, ok := wire.AppendRaw([]byte("x"), []byte(in))
		assert.False(t, ok, in)
		assert.Equal(t, "x", string(got))
	}
}

func TestValidDocument(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`{}`, ` [1, "a"] `, `"\ud83e\udd8a"`, `"\\ud800"`, `"\"\\\u0041"`, `"` + strings.Repeat(`\ud83e\udd8a`, 3) + `"`,
	} {
		assert.True(t, wire.ValidDocument([]byte(in)), in)
	}
	for _, in := range []string{
		``, `{`, `{"a":}`, "\"\xff\"", "\"\xed\xa0\x80\"",
		`"\ud800"`,       // an unpaired first half
		`"\udc00"`,       // an unpaired second half
		`"\ud800\ud800"`, // twice the first half
		`"\ud800\n"`,     // another escape in place of the second half
		`"\ud800x"`,
		`{"a":"\\\ud83e"}`,
	} {
		assert.False(t, wire.ValidDocument([]byte(in)), in)
	}
}

func TestSameNumber(t *testing.T) {
	t.Parallel()
	for literal, f := range map[string]float64{
		"0": 0, "0.0": 0, "0e9999999999999999999": 0, "3": 3, "3.0": 3, "30e-1": 3, "0.3E1": 3, "300": 300,
		"-2.5": -2.5, "0.1": 0.1, "123456789012345": 123456789012345, "1e300": 1e300, "12.5e-3": 0.0125,
	} {
		assert.True(t, wire.SameNumber(literal, f), literal)
	}
	for literal, f := range map[string]float64{
		"9007199254740993":         9007199254740993, // 2^53 + 1 is not a float64
		"0.10000000000000001":      0.1,
		"1e-9999999999999999":      0,
		"3":                        -3,
		"12345678901234567.890123": 12345678901234567.890123,
	} {
		assert.False(t, wire.SameNumber(literal, f), literal)
	}
}
