package licensespring_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// Orders from untrusted files. Invalid ones are rejected with paths and without
// values, and leave the order unchanged. Valid ones can be checked, encoded and
// decoded again.
func TestHostileOrderJSON(t *testing.T) {
	t.Parallel()
	const items = `"items": [{"product_code": "acmecad", "licenses": [{}]}]`
	license := func(member string) string {
		return `{"id": "inv-1", "items": [{"product_code": "acmecad", "licenses": [{` + member + `}]}]}`
	}
	const first = "items[0].licenses[0]."
	for _, tt := range []struct {
		name string
		file string
		want []string // paths and rules of the findings; nil: it is valid
	}{
		// Depth.
		{"arrays without end", strings.Repeat("[", 100_000), []string{" invalid_json"}},
		{"arrays", nested(100_000, "[", "", "]"), []string{" invalid_json"}},
		{"objects", nested(100_000, `{"id":`, `"inv-1"`, "}"), []string{" invalid_json"}},
		{"orders in orders", nested(100_000, `{"items":[`, `{}`, "]}"), []string{" invalid_json"}},
		{"orders in orders, less deep", nested(4_000, `{"items":[`, `{}`, "]}"), nil}, // an item may have unknown members
		{"deep in an unknown member", `{"id": "inv-1", "x": ` + nested(100_000, "[", "", "]") + `}`, []string{" invalid_json"}},
		{"less deep in an unknown member", `{"id": "inv-1", "x": ` + nested(9_000, "[", "", "]") + `, ` + items + `}`, nil},
		{"deep in metadata", license(`"metadata": ` + nested(9_000, `{"a":`, "1", "}")), []string{first + "metadata not_encodable"}},
		{"deep where a text should be", `{"id": ` + nested(9_000, "[", "", "]") + `}`, []string{"id wrong_type"}},

		// Numbers.
		{"beyond int64", license(`"max_activations": 9223372036854775808`), []string{first + "max_activations wrong_type"}},
		{"a huge exponent", license(`"max_activations": 1e999999999`), []string{first + "max_activations wrong_type"}},
		{"a tiny exponent", license(`"max_overages": 1e-999999999`), []string{first + "max_overages wrong_type"}},
		{"a million digits", license(`"max_overages": ` + strings.Repeat("1", 1_000_000)), []string{first + "max_overages wrong_type"}},
		{"a million digits of a fraction", license(`"max_overages": 0.` + strings.Repeat("1", 1_000_000)), []string{first + "max_overages wrong_type"}},
		{"more digits than are kept", license(`"max_overages": 0.12345678901234567890`), []string{first + "max_overages wrong_type"}},
		{"in quotes", license(`"max_activations": "5"`), []string{first + "max_activations wrong_type"}}, // decoding an order is strict
		{"a fraction", license(`"max_activations": 5.5`), []string{first + "max_activations wrong_type"}},
		{"negative", license(`"max_activations": -5`), nil}, // Check reports it
		{"no number", license(`"max_activations": NaN`), []string{" invalid_json"}},

		// Duplicate members.
		{"two ids", `{"id": "inv-1", "id": "inv-2"}`, []string{"id duplicate_member"}},
		{"the same id twice", `{"id": "inv-1", "id": "inv-1"}`, []string{"id duplicate_member"}},
		{"an id, and none", `{"id": "inv-1", "id": null}`, []string{"id duplicate_member"}},
		{"an id by its escape", `{"id": "inv-1", "\u0069d": "inv-2"}`, []string{"id duplicate_member"}},
		{"two lists of items", `{"id": "inv-1", ` + items + `, "items": []}`, []string{"items duplicate_member"}},
		{"two keys", license(`"key": "AB2C-D3EF-GH4J-K5MN", "key": "ZX2C-V3BN-M4AS-D5FG"`), []string{first + "key duplicate_member"}},
		{"two spellings", `{"customer": {"company": "a", "company_name": "b"}}`, []string{"customer.company conflicting_spellings"}},
		{"duplicate unknown member", `{"id": "inv-1", "x": 1, "x": 1}`, []string{"x duplicate_member"}},
		{"two in metadata", license(`"metadata": {"a": {"b": 1, "b": 2}}`), []string{first + "metadata duplicate_member"}},

		// Texts.
		{"not UTF-8", "{\"id\": \"inv-\xff\"}", []string{" invalid_json"}},
		{"not UTF-8 in a name", "{\"id\": \"inv-1\", \"\xc3\x28\": 1}", []string{" invalid_json"}},
		{"half a character", `{"id": "inv-\ud800"}`, []string{" invalid_json"}},
		{"the other half", `{"id": "inv-1", "x": {"\udc00": 1}}`, []string{" invalid_json"}},
		{"unescaped NUL", "{\"id\": \"inv-\x00\"}", []string{" invalid_json"}},
		{"a NUL in an escape", `{"id": "inv-\u0000", ` + items + `}`, nil}, // Check reports it
		{"an escape in a name", `{"id": "inv-1", "\u001b[31mred\u0000\u202e": 1, "\u001b[31mred\u0000\u202e": 2}`, []string{"* duplicate_member"}},
		{"a byte order mark", "\xef\xbb\xbf{\"id\": \"inv-1\"}", []string{" invalid_json"}},
		{"UTF-16", "\xff\xfe{\x00}\x00", []string{" invalid_json"}},
		{"garbage after it", `{"id": "inv-1"}garbage`, []string{" invalid_json"}},
		{"two orders", `{"id": "inv-1"}{"id": "inv-2"}`, []string{" invalid_json"}},
		{"nothing", ``, []string{" invalid_json"}},
		{"NULs only", strings.Repeat("\x00", 4096), []string{" invalid_json"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "order.json")
			require.NoError(t, os.WriteFile(path, []byte(tt.file), 0o600))
			data, err := os.ReadFile(path)
			require.NoError(t, err)

			order := licensespring.Order{ID: "before"}
			err = order.UnmarshalJSON(data)
			if tt.want != nil {
				assert.Equal(t, licensespring.Order{ID: "before"}, order, "unchanged")
				assertTerse(t, err)
				assertPrintable(t, err.Error())
				var wrong *licensespring.ValidationError
				require.ErrorAs(t, err, &wrong)
				var got []string
				for _, f := range wrong.Findings {
					assertPrintable(t, f.String())
					place := f.Path
					if strings.HasPrefix(tt.want[0], "*") {
						place = "*"
					}
					got = append(got, place+" "+string(f.Rule))
				}
				assert.Equal(t, tt.want, got)
				require.Error(t, json.Unmarshal(data, &licensespring.Order{}), "encoding/json fails, too")
				return
			}
			require.NoError(t, err)
			for _, f := range order.Check() {
				assertPrintable(t, f.String())
			}
			written, err := json.Marshal(&order)
			require.NoError(t, err)
			var again licensespring.Order
			require.NoError(t, again.UnmarshalJSON(written))
			assert.Equal(t, order, again)
			assert.Equal(t, order, *order.Clone())
		})
	}
}
