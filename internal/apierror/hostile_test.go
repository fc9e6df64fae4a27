package apierror_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/apierror"
)

// A body nested deeper than encoding/json reads gives a zero Body, wherever the
// nesting is. Below that limit, members next to the nesting are still parsed.
func TestParseHostileNesting(t *testing.T) {
	t.Parallel()
	deep := func(levels int, begin, end string) string {
		return strings.Repeat(begin, levels) + "1" + strings.Repeat(end, levels)
	}
	for _, row := range []struct{ name, begin, end string }{
		{"arrays", "[", "]"},
		{"objects", `{"a":`, "}"},
		{"both", `[{"a":`, "}]"},
		{"errors in errors", `{"errors":[`, "]}"},
		{"messages in messages", `{"message":`, "}"},
		{"general messages in general messages", `{"non_field_errors":`, "}"},
		{"an error in a list of a field", `{"items":[{"licenses":[`, "]}]}"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			tooDeep, deepest := deep(100_000, row.begin, row.end), deep(2_000, row.begin, row.end)
			for _, place := range []string{"%", `{"code": "c", "x": %}`, `{"code": "c", "message": %}`, `{"code": "c", "errors": [%]}`, `[%]`} {
				assert.Equal(t, apierror.Body{}, apierror.Parse([]byte(strings.Replace(place, "%", tooDeep, 1))))
				got := apierror.Parse([]byte(strings.Replace(place, "%", deepest, 1)))
				checkBounds(t, got)
				assert.Empty(t, got.Fields)
				if strings.Contains(place, "code") {
					assert.Equal(t, "c", got.Code)
				}
			}
			assert.Equal(t, apierror.Body{}, apierror.Parse([]byte(strings.Repeat(row.begin, 100_000))), "unclosed")
		})
	}
}

// Parsing megabytes keeps little and allocates little.
func TestParseHostileMemory(t *testing.T) { //nolint:paralleltest // allocations of other tests would be counted
	const size = 2 << 20
	fill := func(begin, piece, end string) string {
		return begin + strings.Repeat(piece, size/len(piece)) + end
	}
	for _, row := range []struct { //nolint:paralleltest // likewise
		name, in string
		limit    uint64
	}{
		{"html", fill("<html>", "<p>", "</html>"), 64 << 10},
		{"white space", fill("", " ", "{}"), 64 << 10},
		{"one code", fill(`{"code": "`, "x", `"}`), 4 * size},
		{"one message", fill(`{"message": "`, "x", `"}`), 4 * size},
		{"one message in escapes", fill(`{"message": "`, `\u0000`, `"}`), 4 * size},
		{"a long number", fill(`{"code": `, "1", `}`), 4 * size},
		{"objects", fill(`{"a": [`, "{},", `{}]}`), 16 << 20},
		{"arrays", fill(`{"a": [`, "[],", `[]]}`), 16 << 20},
		{"members", fill(`{`, `"a":{},`, `"a":{}}`), 16 << 20},
		{"members in escapes", fill(`{`, `"\u0061":{},`, `"a":{}}`), 128 << 20}, // each name is unquoted and dropped
	} {
		t.Run(row.name, func(t *testing.T) {
			body := []byte(row.in)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := apierror.Parse(body)
			runtime.ReadMemStats(&after)
			checkBounds(t, got)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, row.limit)
		})
	}
}

// Of duplicate members, the first code is used; messages and fields accumulate,
// within bounds.
func TestParseHostileDuplicates(t *testing.T) {
	t.Parallel()
	got := apierror.Parse([]byte(`{"code": "order_id_exists", "code": "unknown_product", "message": "a", "message": "b", "id": "x", "id": "y", "c": "z", "id": "v"}`))
	assert.Equal(t, apierror.Body{
		Code: "order_id_exists", Message: "a; b",
		Fields: []apierror.Field{field("id", "x", "y"), field("c", "z"), field("id", "v")},
	}, got)
	checkBounds(t, apierror.Parse([]byte(`{`+strings.Repeat(`"code": "c", "message": "m", "id": "x",`, 50_000)+`"id": "y"}`)))
}
