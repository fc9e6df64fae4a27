package jsonread_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// 100,000 levels are not valid. A walk over them uses no stack and still finds the
// values that follow.
func TestHostileNesting(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ begin, end string }{{"[", "]"}, {`{"a":`, "}"}, {`[{"a":`, "}]"}} {
		value := strings.Repeat(row.begin, 100_000) + "1" + strings.Repeat(row.end, 100_000)
		assert.False(t, jsonread.Valid([]byte(value)))
		assert.False(t, jsonread.Valid([]byte(strings.Repeat(row.begin, 100_000))), "unclosed")
		var got []int
		jsonread.Members([]byte(`{"deep":`+value+`,"after":1}`), func(_, val []byte) { got = append(got, len(val)) })
		jsonread.Elements([]byte(`[`+value+`,1]`), func(_ int, val []byte) { got = append(got, len(val)) })
		assert.Equal(t, []int{len(value), 1, len(value), 1}, got)
		jsonread.Members([]byte(`{"deep":`+strings.Repeat(row.begin, 100_000)), func(_, val []byte) { got = append(got, len(val)) })
		assert.Equal(t, 2, jsonread.Count([]byte(`[`+value+`,1]`)))
	}
}

// A number is read exactly or not at all.
func TestHostileNumbers(t *testing.T) {
	t.Parallel()
	const none = "none"
	for in, want := range map[string]any{
		`-9223372036854775808`:   int64(math.MinInt64),
		`-9223372036854775809`:   none,
		`9223372036854775808`:    none,
		`"9223372036854775807"`:  int64(math.MaxInt64),
		`18446744073709551615`:   none,
		`9007199254740992.0`:     none, // from here on a float may be rounded
		`9007199254740991.0`:     int64(9007199254740991),
		`-9007199254740992.0`:    none,
		`1e18`:                   none, // likewise, although this one is exact
		`1e19`:                   none,
		`1e-400`:                 none, // 0 as a float
		`3.00000000000000000001`: none, // 3 as a float
		`0.00e-400`:              int64(0),
		`0e999999999999999999`:   int64(0),
		`-120.50e1`:              int64(-1205),
		`1200e-2`:                int64(12),
		`1200e-3`:                none,
		`"+.5e1"`:                int64(5),
		`"1.2.3"`:                none,
		`"1e2e3"`:                none,
		// strconv reads only five digits of these exponents, and returns 0 or 1.
		`1` + strings.Repeat("0", 10_000) + `e-100000`:  none,
		`0.` + strings.Repeat("0", 9_999) + `1e100000`:  none,
		`1` + strings.Repeat("0", 100_000) + `e-100000`: int64(1),
		`1e999999999999999999`:                          none,
		`-1e999`:                                        none,
		`5e-1`:                                          none,
		`-0`:                                            int64(0),
		`1` + strings.Repeat("0", 100_000):              none,
		`"1` + strings.Repeat("0", 100_000) + `"`:       none,
		`"NaN"`:      none,
		`"Infinity"`: none,
		`"1_000"`:    none,
		`"١"`:        none, // a non-ASCII digit
		`"1\u0000"`:  none,
		`"--1"`:      none,
		`"+1"`:       int64(1),
		`"1e"`:       none,
		`""`:         none,
		`" "`:        none,
		`[1]`:        none,
		`{"a":1}`:    none,
	} {
		t.Run(fmt.Sprintf("%.40s", in), func(t *testing.T) {
			t.Parallel()
			n, ok := jsonread.Int([]byte(in))
			if want == none {
				assert.False(t, ok, n)
				assert.Zero(t, n)
				return
			}
			assert.True(t, ok)
			assert.Equal(t, want, n)
		})
	}
}

// Invalid UTF-8 in names and texts is replaced as encoding/json does, duplicate
// names are reported twice, and names match exactly.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	var names, values []string
	jsonread.Members([]byte("{\"id\":1,\"\\u0069d\":2,\"ID\":3,\"id\\u0000\":4,\"\xff\":\"\xfe\",\"\\ud800\":\"\\udc00x\",\"\":\"\\ud83e\\udd8a\",\"id\":5}"), func(name, val []byte) {
		names = append(names, string(name))
		s, ok := jsonread.Text(val)
		assert.True(t, ok)
		values = append(values, s)
	})
	assert.Equal(t, []string{"id", "id", "ID", "id\x00", "\ufffd", "\ufffd", "", "id"}, names)
	assert.Equal(t, []string{"1", "2", "3", "4", "\ufffd", "\ufffdx", "\U0001f98a", "5"}, values)
}
