package apierror_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/apierror"
)

func field(path string, messages ...string) apierror.Field {
	return apierror.Field{Path: path, Messages: messages}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, in string
		want     apierror.Body
	}{
		{"code and message", `{"status": 409, "code": "order_id_exists", "message": "Order id exists."}`, apierror.Body{Code: "order_id_exists", Message: "Order id exists."}},
		{"code only", `{"code": "unknown_product"}`, apierror.Body{Code: "unknown_product"}},
		{"a code in digits", `{"code": 1007, "message": "no"}`, apierror.Body{Code: "1007", Message: "no"}},
		{"an invalid code", `{"code": {"a": "b"}, "message": "no"}`, apierror.Body{Message: "no"}},
		{"the first of two codes", `{"code": "a", "code": "b"}`, apierror.Body{Code: "a"}},
		{"detail", `{"detail": "Authentication credentials were not provided."}`, apierror.Body{Message: "Authentication credentials were not provided."}},
		{"message", `{"message": "no"}`, apierror.Body{Message: "no"}},
		{"messages", `{"message": ["one", "two"]}`, apierror.Body{Message: "one; two"}},
		{"message and detail", `{"message": "one", "detail": "two"}`, apierror.Body{Message: "one; two"}},
		{"an object for a message", `{"message": {"code": "c", "message": "no", "email": ["bad"]}}`, apierror.Body{Code: "c", Message: "no", Fields: []apierror.Field{field("email", "bad")}}},
		{"ignored members", `{"status": 400, "status_code": 400, "success": false, "value": "what was sent", "message": null, "detail": ""}`, apierror.Body{}},

		{"errors with values", `{"errors": [{"message": "one", "value": "ada@example.com"}, {"message": "two", "value": {"deep": ["x"]}}]}`, apierror.Body{Message: "one; two"}},
		{"errors with codes", `{"errors": [{"message": "one", "code": "c1", "status": 400}, {"detail": "two", "code": "c2"}]}`, apierror.Body{Code: "c1", Message: "one; two"}},
		{"errors as strings", `{"errors": ["one", "two"]}`, apierror.Body{Message: "one; two"}},
		{"errors as a string", `{"errors": "one"}`, apierror.Body{Message: "one"}},
		{"errors by field", `{"errors": {"email": ["bad", "worse"]}}`, apierror.Body{Fields: []apierror.Field{field("email", "bad", "worse")}}},
		{"errors without a valid message", `{"errors": [{"message": {"a": "b"}}, [["x"]], 5, null]}`, apierror.Body{}},

		{"fields, nested per index", `{"items": [{}, {"licenses": [{"max_activations": ["too many", "no integer"]}]}], "customer": {"email": ["bad"]}}`, apierror.Body{Fields: []apierror.Field{
			field("items[1].licenses[0].max_activations", "too many", "no integer"), field("customer.email", "bad"),
		}}},
		{"a field with a plain message", `{"id": "required"}`, apierror.Body{Fields: []apierror.Field{field("id", "required")}}},
		{"a list that is an object of indexes", `{"items": {"0": {"note": ["long"]}}}`, apierror.Body{Fields: []apierror.Field{field("items[0].note", "long")}}},
		{"indexes as names in a license", `{"items":[{},{"licenses":[{},{"product_features":{"1":{"max_overages":["x"]}}}]}]}`, apierror.Body{Fields: []apierror.Field{field("items[1].licenses[1].product_features[1].max_overages", "x")}}},
		{"indexes as names in every list", `{"items":{"10":{"licenses":{"2":{"users":{"0":{"email":["x"]}},"custom_fields":{"3":["y"]},"product_features":{"1":{"non_field_errors":["z"]}}}}}}}`, apierror.Body{Fields: []apierror.Field{
			field("items[10].licenses[2].users[0].email", "x"), field("items[10].licenses[2].custom_fields[3]", "y"), field("items[10].licenses[2].product_features[1]", "z"),
		}}},
		{"indexes as names in errors", `{"errors": {"licenses": {"1": {"key": ["x"]}}}}`, apierror.Body{Fields: []apierror.Field{field("licenses[1].key", "x")}}},
		{"a list that is the whole request", `{"1": {"max_overages": ["x"]}, "errors": {"0": {"code": ["y"]}}}`, apierror.Body{Fields: []apierror.Field{field("[1].max_overages", "x"), field("[0].code", "y")}}},
		{"a member whose name is a number", `{"1": ["a"], "customer": {"2": ["b"]}, "items": [{"3": ["c"]}, {"x": {"4": {"y": ["d"]}}}]}`, apierror.Body{Fields: []apierror.Field{
			field("1", "a"), field("customer.2", "b"), field("items[0].3", "c"), field("items[1].x.4.y", "d"),
		}}},
		{"numbers in metadata are names", `{"metadata": {"1": ["a"], "items": {"2": ["b"]}}, "items": [{"licenses": [{"metadata": {"users": {"3": {"x": ["c"]}}}}]}]}`, apierror.Body{Fields: []apierror.Field{
			field("metadata.1", "a"), field("metadata.items.2", "b"), field("items[0].licenses[0].metadata.users.3.x", "c"),
		}}},
		{"numbers that are no index", `{"items": {"01": ["a"], "-1": ["b"], "1e3": ["c"], "": ["d"], "12345678901": ["e"]}}`, apierror.Body{Fields: []apierror.Field{
			field("items.01", "a"), field("items.-1", "b"), field("items.1e3", "c"), field("items.", "d"), field("items.12345678901", "e"),
		}}},
		{"messages among the indexes", `{"items": ["empty", {"note": "long"}, null, 3, [{"x": "y"}]]}`, apierror.Body{Fields: []apierror.Field{
			field("items", "empty"), field("items[1].note", "long"), field("items[4][0].x", "y"),
		}}},
		{"general messages", `{"non_field_errors": ["one", "two"]}`, apierror.Body{Message: "one; two"}},
		{"general messages of a nested field", `{"customer": {"non_field_errors": ["one"], "email": ["two"]}}`, apierror.Body{Fields: []apierror.Field{field("customer", "one"), field("customer.email", "two")}}},
		{"escaped names", `{"e\u006dail": ["bad"]}`, apierror.Body{Fields: []apierror.Field{field("email", "bad")}}},
		{"fields without messages", `{"a": 1, "b": true, "c": null, "d": {"e": 2}, "f": []}`, apierror.Body{}},
		{"code, message and fields", `{"code": "validation_error", "message": "wrong", "items": [{"product_code": ["unknown"]}]}`, apierror.Body{
			Code: "validation_error", Message: "wrong", Fields: []apierror.Field{field("items[0].product_code", "unknown")},
		}},

		{"a list", `["one", "two"]`, apierror.Body{Message: "one; two"}},
		{"a list of objects", `[{"message": "one"}, {"email": ["bad"]}]`, apierror.Body{Message: "one", Fields: []apierror.Field{field("email", "bad")}}},
		{"a string", `"one"`, apierror.Body{Message: "one"}},
		{"a number", `42`, apierror.Body{}},
		{"null", `null`, apierror.Body{}},
		{"an empty object", `{}`, apierror.Body{}},
		{"an empty list", `[]`, apierror.Body{}},

		{"nothing", ``, apierror.Body{}},
		{"html", `<html><head><title>502 Bad Gateway</title></head></html>`, apierror.Body{}},
		{"plain text", `upstream connect error`, apierror.Body{}},
		{"truncated", `{"code": "order_id_exists", "message": "Or`, apierror.Body{}}, // a partial message is not used
		{"two bodies", `{"code": "a"}{"code": "b"}`, apierror.Body{}},
		{"not UTF-8", "{\"message\": \"a\xffb\", \"f\xc3\": [\"\xfe\"]}", apierror.Body{Message: "a\ufffdb", Fields: []apierror.Field{field("f\ufffd", "\ufffd")}}},
		{"an unpaired surrogate", `{"message": "\ud800"}`, apierror.Body{Message: "\ufffd"}},
		{"a byte order mark", "\ufeff{\"code\": \"a\"}", apierror.Body{}}, // not valid JSON, and the status is sufficient
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.want, apierror.Parse([]byte(row.in)))
		})
	}
}

// checkBounds checks what holds for every body.
func checkBounds(t *testing.T, b apierror.Body) {
	t.Helper()
	const text = 300 + len("…")
	assert.LessOrEqual(t, len(b.Code), text)
	assert.LessOrEqual(t, len(b.Message), text)
	assert.LessOrEqual(t, len(b.Fields), 100)
	assert.True(t, utf8.ValidString(b.Code) && utf8.ValidString(b.Message))
	for _, f := range b.Fields {
		assert.LessOrEqual(t, len(f.Path), text)
		assert.True(t, utf8.ValidString(f.Path))
		assert.NotEmpty(t, f.Messages)
		assert.LessOrEqual(t, len(f.Messages), 10)
		for _, m := range f.Messages {
			assert.LessOrEqual(t, len(m), text)
			assert.True(t, utf8.ValidString(m))
		}
	}
}

// Without the bounds each of these bodies would use too much memory or time.
func TestParseHostile(t *testing.T) {
	t.Parallel()
	const mega = 1 << 18
	name := strings.Repeat("n", mega)
	for _, row := range []struct {
		name   string
		in     string
		fields int
		check  func(*testing.T, apierror.Body)
	}{
		{name: "nested deeper than encoding/json reads", in: strings.Repeat(`{"a":`, 20_000) + `"x"` + strings.Repeat("}", 20_000)},
		{name: "nested arrays", in: strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999)},
		{name: "nested below maxDepth", in: strings.Repeat(`{"a":`, 50) + `"x"` + strings.Repeat("}", 50)},
		{name: "many messages", in: `["` + strings.Repeat(`x","`, mega) + `x"]`, check: func(t *testing.T, b apierror.Body) {
			t.Helper()
			assert.Equal(t, "x"+strings.Repeat("; x", 9), b.Message)
		}},
		{name: "many messages of a field", in: `{"a": ["` + strings.Repeat(`x","`, mega) + `x"]}`, fields: 1},
		{name: "many fields", in: `{` + strings.Repeat(`"a":["x"],"b":"y",`, mega/20) + `"c":"z"}`, fields: 100},
		{name: "many indexes", in: `{"a": [` + strings.Repeat(`{},`, mega) + `{"b": "x"}]}`},
		{name: "a long name with many indexes", in: `{"` + name + `": [` + strings.Repeat(`[],`, mega) + `{"b": "x"}]}`},
		{name: "a long name with many fields", in: `{"a": {"` + name + `": {` + strings.Repeat(`"b":{},`, mega) + `"b": "x"}}}`},
		{name: "nested long names", in: strings.Repeat(`{"`+name[:mega/16]+`":`, 16) + `"x"` + strings.Repeat("}", 16)},
		{name: "a long name", in: `{"` + name + `": "x"}`, fields: 1, check: func(t *testing.T, b apierror.Body) {
			t.Helper()
			assert.Equal(t, name[:300]+"…", b.Fields[0].Path)
		}},
		{name: "long texts", in: `{"code": "` + name + `", "message": ["` + name + `", "` + name + `"], "a": "` + name + `"}`, fields: 1, check: func(t *testing.T, b apierror.Body) {
			t.Helper()
			assert.Equal(t, name[:300]+"…", b.Code)
			assert.Equal(t, name[:300]+"…", b.Fields[0].Messages[0])
		}},
		{name: "a text truncated within a character", in: `"` + strings.Repeat("é", 200) + `"`, check: func(t *testing.T, b apierror.Body) {
			t.Helper()
			assert.Equal(t, strings.Repeat("é", 150)+"…", b.Message)
		}},
		{name: "a long number", in: `{"code": ` + strings.Repeat("9", mega) + `}`},
		{name: "NULs", in: `{"message": "a\u0000b"}`, check: func(t *testing.T, b apierror.Body) {
			t.Helper()
			assert.Equal(t, "a\x00b", b.Message, "redaction removes it")
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := apierror.Parse([]byte(row.in))
			checkBounds(t, got)
			assert.Len(t, got.Fields, row.fields)
			if row.check != nil {
				row.check(t, got)
			}
		})
	}
}

// The error body for an order of many licenses has one object per license.
func TestParseFindsOneInvalidLicenseOfMany(t *testing.T) {
	t.Parallel()
	got := apierror.Parse([]byte(`{"items": [{"licenses": [` + strings.Repeat(`{},`, 50_000) + `{"key": ["taken"]}]}]}`))
	require.Len(t, got.Fields, 1)
	assert.Equal(t, "items[0].licenses["+strconv.Itoa(50_000)+"].key", got.Fields[0].Path)
}

// indexAsName matches a path with an index in the form of a name.
var indexAsName = regexp.MustCompile(`(^|[.])(items|licenses|users|product_features|custom_fields)[.](0|[1-9][0-9]{0,8})([.[]|$)`)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"status": 409, "code": "order_id_exists", "message": "x"}`,
		`{"detail": "x"}`, `{"message": ["a", {"b": "c"}]}`, `["x", ["y"]]`, `"x"`,
		`{"errors": [{"message": "x", "value": {"a": "b"}}]}`, `{"errors": {"a": ["b"]}}`,
		`{"items": [{"licenses": [{"max_activations": ["x"]}]}], "customer": {"non_field_errors": ["y"]}}`,
		`{"items": [{"licenses": {"1": {"product_features": {"0": {"max_overages": ["x"]}}}}}], "1": {"metadata": {"2": ["y"]}}}`,
		"{\"\xff\": \"\xfe\"}", `{"a": "\ud800\u0000"}`, `<html>`, ``, `[[[[]]]]`, `{"": {"": [[""]]}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := string(data)
		got := apierror.Parse(data)
		checkBounds(t, got)
		for _, f := range got.Fields {
			assert.False(t, indexAsName.MatchString(f.Path) && !strings.Contains(f.Path, "metadata"), f.Path)
		}
		assert.Equal(t, before, string(data), "the body is not changed")
		assert.Equal(t, got, apierror.Parse(data), "the result is deterministic")
	})
}
