package licensespring_test

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// A created order is not lost because of a malformed record: invalid values are
// left out and named in the warnings.
func TestHostileRecords(t *testing.T) {
	t.Parallel()
	const items = `"order_items": [{"licenses": [{"license_key": "AAAA"}]}]`
	for _, tt := range []struct {
		name       string
		body       string
		id         int64
		unreadable string // the path of the warning, if there is one
		max        int    // max_activations of the license
	}{
		// Numbers.
		{name: "the largest id", body: `{"id": 9223372036854775807, "store_id": "inv-1", ` + items + `}`, id: math.MaxInt64},
		{name: "an id beyond int64", body: `{"id": 9223372036854775808, "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "an id of a thousand digits", body: `{"id": 1` + strings.Repeat("0", 1000) + `, "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "an id of a million digits", body: `{"id": ` + strings.Repeat("1", 1_000_000) + `, "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "an id with a huge exponent", body: `{"id": 1e999999999999, "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "an id above what a float holds", body: `{"id": 9007199254740993.0, "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "a fraction of an id", body: `{"id": 5.5, "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "an id in quotes", body: `{"id": "1600000000000001", "store_id": "inv-1", ` + items + `}`, id: 1600000000000001},
		{name: "an id that is a word", body: `{"id": "NaN", "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "an id in another base", body: `{"id": "0x10", "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "an id of another kind", body: `{"id": {"id": 5}, "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "a truth for an id", body: `{"id": true, "store_id": "inv-1", ` + items + `}`, unreadable: "response.id"},
		{name: "a number for the id of the caller", body: `{"id": 5, "store_id": "inv-1", "language": 1e5, ` + items + `}`, id: 5},
		{name: "max_activations beyond int64", body: `{"id": 5, "store_id": "inv-1", "order_items": [{"licenses": [{"max_activations": 1e30}]}]}`, id: 5, unreadable: "response.order_items[0].licenses[0].max_activations"},
		{name: "max_activations in quotes", body: `{"id": 5, "store_id": "inv-1", "order_items": [{"licenses": [{"max_activations": "7"}]}]}`, id: 5, max: 7},
		{name: "max_activations with an exponent", body: `{"id": 5, "store_id": "inv-1", "order_items": [{"licenses": [{"max_activations": 7e2}]}]}`, id: 5, max: 700},
		{name: "negative max_activations", body: `{"id": 5, "store_id": "inv-1", "order_items": [{"licenses": [{"max_activations": -1}]}]}`, id: 5, max: -1}, // it may have a meaning
		{name: "a date beyond time", body: `{"id": 5, "store_id": "inv-1", "created_at": "999999999-01-01", ` + items + `}`, id: 5, unreadable: "response.created_at"},
		{name: "a duration beyond int64", body: `{"id": 5, "store_id": "inv-1", "order_items": [{"licenses": [{"valid_duration": "9999999999999999999999y"}]}]}`, id: 5, unreadable: "response.order_items[0].licenses[0].valid_duration"},

		// Duplicate members: the last one counts, as in encoding/json.
		{name: "two ids", body: `{"id": 4, "id": 5, "store_id": "inv-1", ` + items + `}`, id: 5},
		{name: "two ids, the last is no number", body: `{"id": 5, "id": [], "store_id": "inv-1", ` + items + `}`, id: 5, unreadable: "response.id"},
		{name: "two store_ids", body: `{"id": 5, "store_id": "inv-2", "store_id": "inv-1", ` + items + `}`, id: 5},
		{name: "two lists of items", body: `{"id": 5, "store_id": "inv-1", "order_items": [{"licenses": [{"max_activations": 1}]}], "order_items": [{"licenses": [{"max_activations": 2}]}]}`, id: 5, max: 2},
		{name: "two limits", body: `{"id": 5, "store_id": "inv-1", "order_items": [{"licenses": [{"max_activations": 1, "max_activations": 2}]}]}`, id: 5, max: 2},
		{name: "another case", body: `{"ID": 4, "Id": 4, "id": 5, "STORE_ID": "inv-2", "store_id": "inv-1", ` + items + `}`, id: 5}, // encoding/json ignores case
		{name: "a name in escapes", body: `{"\u0069d": 5, "store\u005fid": "inv-1", ` + items + `}`, id: 5},
		{name: "a name with a NUL", body: `{"id\u0000": 4, "id": 5, "store_id": "inv-1", ` + items + `}`, id: 5},
		{name: "a thousand times the same", body: `{` + strings.Repeat(`"id": 4, "order_items": [{}], `, 1000) + `"id": 5, "store_id": "inv-1", ` + items + `}`, id: 5},

		// Texts.
		{name: "not UTF-8", body: "{\"id\": 5, \"store_id\": \"inv-1\", \"language\": \"\xff\xc3\", \"\xfe\": \"\xed\xa0\x80\", " + items + "}", id: 5},
		{name: "half characters", body: `{"id": 5, "store_id": "inv-1", "language": "\ud800", "\udfff": "\ud83d", ` + items + `}`, id: 5},
		{name: "NULs", body: `{"id": 5, "store_id": "inv-1", "language": "\u0000", "customer": {"email": "a\u0000@example.com"}, ` + items + `}`, id: 5},

		// Depth and type.
		{name: "deep beside it", body: `{"id": 5, "store_id": "inv-1", "x": ` + nested(9_990, "[", "", "]") + `, ` + items + `}`, id: 5},
		{name: "deep where a text should be", body: `{"id": 5, "store_id": "inv-1", "language": ` + nested(9_990, `{"a":`, "1", "}") + `, ` + items + `}`, id: 5, unreadable: "response.language"},
		{name: "deep where items should be", body: `{"id": 5, "store_id": "inv-1", "order_items": ` + nested(3_000, `[{"licenses":`, "[]", "}]") + `}`, id: 5},
		{name: "deep where a customer should be", body: `{"id": 5, "store_id": "inv-1", "customer": ` + nested(9_990, `{"customer":`, "1", "}") + `, ` + items + `}`, id: 5},
		{name: "everything of another kind", body: `{"id": 5, "store_id": "inv-1", "type": {}, "is_test": [], "customer": "x", "order_items": {}}`, id: 5, unreadable: "response.type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, testKey, licensespring.WithHTTPClient(respondingWith(tt.body)))
			res, err := client.CreateOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
			require.NoError(t, err)
			assert.Equal(t, licensespring.OutcomeCreated, res.Outcome)
			assert.Equal(t, tt.id, res.Order.ID)
			assert.Equal(t, "inv-1", res.Order.StoreID)
			assert.Equal(t, tt.body, string(res.Raw()))
			var unreadable []string
			for _, w := range res.Warnings {
				assertPrintable(t, w.String())
				if w.Rule == licensespring.RuleUnreadableMember {
					unreadable = append(unreadable, w.Path)
				}
			}
			if tt.unreadable == "" {
				assert.Empty(t, unreadable)
			} else {
				assert.Contains(t, unreadable, tt.unreadable)
			}
			if licenses := res.Order.Licenses(); tt.max != 0 && assert.Len(t, licenses, 1) {
				assert.Equal(t, new(tt.max), licenses[0].MaxActivations)
			}
			assert.True(t, utf8.ValidString(res.Order.Language))
			_, err = json.Marshal(res.Order)
			require.NoError(t, err)
			printed(t, res)

			// A lookup reads the same, if the record has an ID.
			if tt.id > 0 {
				rec, err := client.GetOrder(t.Context(), tt.id)
				require.NoError(t, err)
				assert.Equal(t, "inv-1", rec.StoreID)
			}
		})
	}
}

// Such an ID belongs to another order than the requested one.
func TestHostileIDOfAnotherOrder(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"4", "-5", `"6"`, "9223372036854775807", "5e1", "50e-2"} {
		client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithHTTPClient(&http.Client{
			Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				return response(req, http.StatusOK, `{"id": `+id+`, "store_id": "inv-1"}`), nil
			}),
		}))
		_, err := client.GetOrder(t.Context(), 5)
		if id == "50e-2" { // a fraction is not an ID, and the rest is an order
			require.NoError(t, err)
			continue
		}
		assertMatches(t, err, licensespring.ErrBadResponse)
		assertTerse(t, err)
	}
}
