package licensespring_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// The next page is requested at the configured address, with an offset of the
// orders read so far, whatever next contains. (The helper pages fails on any
// other address.)
func TestHostileNext(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]string{
		"another host":         `"https://elsewhere.example/api/v1/orders/?offset=77"`,
		"another scheme":       `"file:///etc/passwd"`,
		"no TLS":               `"http://saas.licensespring.com/api/v1/orders/?offset=77"`,
		"with credentials":     `"https://user:word@saas.licensespring.com/api/v1/orders/"`,
		"a script":             `"javascript:alert(1)"`,
		"another path":         `"/api/v1/licenses/"`,
		"back to the first":    `"https://saas.licensespring.com/api/v1/orders/?offset=0"`,
		"a negative offset":    `"https://saas.licensespring.com/api/v1/orders/?offset=-5"`,
		"a line break in it":   `"https://saas.licensespring.com/\r\nAuthorization: x"`,
		"not parseable":        `"http://%zz/"`,
		"a megabyte":           `"` + strings.Repeat("x", 1<<20) + `"`,
		"two, the last counts": `null, "next": "https://elsewhere.example/"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, queries := pages(t, func(offset, _ string) string {
				if offset == "" {
					return `{"next": ` + next + `, "previous": null, "results": [{"id": 1, "store_id": "a"}]}`
				}
				return `{"next": null, "results": [{"id": 2, "store_id": "b"}]}`
			})
			assert.Equal(t, []string{"a", "b"}, collect(t, client.ListOrders(t.Context(), licensespring.OrderFilter{})))
			require.Len(t, *queries, 2)
			assert.Equal(t, "1", (*queries)[1].Get("offset"), "the number of orders read")
		})
	}
}

// An endless list can be left at any time, and a search in it ends.
func TestHostileEndlessList(t *testing.T) {
	t.Parallel()
	endless := func(offset, _ string) string {
		first, _ := strconv.Atoi(offset)
		var b strings.Builder
		for i := range 50 {
			b.WriteString(`{"id": ` + strconv.Itoa(first+i+1) + `, "store_id": "x-` + strconv.Itoa(first+i) + `"},`)
		}
		return `{"count": 9223372036854775808, "next": "x", "results": [` + strings.TrimSuffix(b.String(), ",") + `]}`
	}
	client, queries := pages(t, endless)
	n := 0
	for rec, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{}) {
		require.NoError(t, err)
		require.Equal(t, int64(n+1), rec.ID)
		if n++; n == 120 {
			break
		}
	}
	assert.Len(t, *queries, 3, "only the required pages")

	client, queries = pages(t, endless)
	_, err := client.GetOrderByStoreID(t.Context(), "inv-1")
	assertMatches(t, err, licensespring.ErrBadResponse)
	assertTerse(t, err)
	assert.Len(t, *queries, 5)
}

// Readable orders on a malformed page are returned, and unreadable ones are
// skipped or reported as an error. They never become "not found".
func TestHostilePages(t *testing.T) {
	t.Parallel()
	const a = `{"id": 1, "store_id": "inv-1", "order_items": [{"licenses": [{}]}]}`
	for _, tt := range []struct {
		name  string
		page  string
		found bool
		kind  licensespring.ErrorKind // of GetOrderByStoreID, if it fails
	}{
		{"count beyond int64", `{"count": 99999999999999999999, "next": null, "results": [` + a + `]}`, true, ""},
		{"negative count", `{"count": -1, "next": null, "results": [` + a + `]}`, true, ""},
		{"count of another kind", `{"count": [{}], "next": null, "results": [` + a + `]}`, true, ""},
		{"next of another kind", `{"count": 1, "next": {"a": 1}, "results": [` + a + `]}`, true, ""},
		{"invalid entries", `{"next": null, "results": [0, null, "inv-1", [], {}, [[[]]], ` + a + `]}`, true, ""},
		{"an id beyond int64", `{"next": null, "results": [{"id": 9223372036854775808, "store_id": "inv-1"}]}`, true, ""},
		{"negative id", `{"next": null, "results": [{"id": -9223372036854775808, "store_id": "inv-1", "order_items": [{"licenses": [{}]}]}]}`, true, ""},
		{"the same twice", `{"next": null, "results": [` + a + `, ` + a + `]}`, true, ""},
		{"two lists", `{"next": null, "results": [], "results": [` + a + `]}`, true, ""},
		{"another id beside it", `{"next": null, "results": [{"id": 1, "store_id": "inv-1", "store_id": "inv-2"}]}`, false, licensespring.ErrNotFound},
		{"nested deeply beside it", `{"next": null, "x": ` + nested(9_000, "[", "", "]") + `, "results": [` + a + `]}`, true, ""},
		{"nested too deeply", `{"next": null, "x": ` + nested(100_000, "[", "", "]") + `, "results": [` + a + `]}`, false, licensespring.ErrBadResponse},
		{"nested too deeply in an order", `{"next": null, "results": [{"id": 1, "store_id": "inv-1", "order_items": ` + nested(100_000, `[{"licenses":`, "1", "}]") + `}]}`, false, licensespring.ErrBadResponse},
		{"a null for a list", `{"count": 0, "next": null, "results": null}`, false, licensespring.ErrBadResponse},
		{"an object for a list", `{"count": 0, "next": null, "results": {"0": ` + a + `}}`, false, licensespring.ErrBadResponse},
		{"a bare list", `[` + a + `]`, false, licensespring.ErrBadResponse},
		{"no list", `{"count": 0, "next": null}`, false, licensespring.ErrBadResponse},
		{"a list by another name", `{"count": 1, "RESULTS": [` + a + `], "Results": []}`, false, licensespring.ErrBadResponse},
		{"not UTF-8", "{\"next\": null, \"\xff\": \"\xfe\", \"results\": [" + a + "]}", true, ""},
		{"similar id", "{\"next\": null, \"results\": [{\"id\": 1, \"store_id\": \"inv-1\\u0000\"}, {\"id\": 2, \"store_id\": \"inv\u20101\"}, {\"id\": 3, \"store_id\": \"INV-1\"}]}", false, licensespring.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				assert.Equal(t, "/api/v1/orders/", req.URL.Path)
				return response(req, http.StatusOK, tt.page), nil
			})}))
			rec, err := client.GetOrderByStoreID(t.Context(), "inv-1")
			if tt.found {
				require.NoError(t, err)
				assert.Equal(t, "inv-1", rec.StoreID)
			} else {
				assertMatches(t, err, tt.kind)
				assertTerse(t, err)
			}
			err = drain(client.ListOrders(t.Context(), licensespring.OrderFilter{}))
			assert.Equal(t, tt.kind == licensespring.ErrBadResponse, err != nil, "%v", err)
		})
	}
}
