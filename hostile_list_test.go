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

// Whatever a page says of the next one, the next one is asked for at our address,
// by what was given so far. (The helper pages fails on any other address.)
func TestHostileNext(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]string{
		"another host":           `"https://elsewhere.example/api/v1/orders/?offset=77"`,
		"another scheme":         `"file:///etc/passwd"`,
		"no TLS":                 `"http://saas.licensespring.com/api/v1/orders/?offset=77"`,
		"with credentials":       `"https://user:word@saas.licensespring.com/api/v1/orders/"`,
		"a script":               `"javascript:alert(1)"`,
		"another path":           `"/api/v1/licenses/"`,
		"back to the first":      `"https://saas.licensespring.com/api/v1/orders/?offset=0"`,
		"a negative offset":      `"https://saas.licensespring.com/api/v1/orders/?offset=-5"`,
		"a line break in it":     `"https://saas.licensespring.com/\r\nAuthorization: x"`,
		"what cannot be parsed":  `"http://%zz/"`,
		"a megabyte":             `"` + strings.Repeat("x", 1<<20) + `"`,
		"two, the last of which": `null, "next": "https://elsewhere.example/"`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, asked := pages(t, func(offset, _ string) string {
				if offset == "" {
					return `{"next": ` + next + `, "previous": null, "results": [{"id": 1, "store_id": "a"}]}`
				}
				return `{"next": null, "results": [{"id": 2, "store_id": "b"}]}`
			})
			assert.Equal(t, []string{"a", "b"}, collect(t, client.Orders(t.Context(), licensespring.OrderFilter{})))
			require.Len(t, *asked, 2)
			assert.Equal(t, "1", (*asked)[1].Get("offset"), "what was given")
		})
	}
}

// A list without an end can be left at any time, and a search in it has one.
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
	client, asked := pages(t, endless)
	n := 0
	for rec, err := range client.Orders(t.Context(), licensespring.OrderFilter{}) {
		require.NoError(t, err)
		require.Equal(t, int64(n+1), rec.ID)
		if n++; n == 120 {
			break
		}
	}
	assert.Len(t, *asked, 3, "no more than is wanted")

	client, asked = pages(t, endless)
	_, err := client.FindOrder(t.Context(), "inv-1")
	assertMatches(t, err, licensespring.ErrBadResponse)
	assertTerse(t, err)
	assert.Len(t, *asked, 5)
}

// What else a page can say: the orders that can be read are there, and what is
// none is passed over or named an error; "no orders" is never made of it.
func TestHostilePages(t *testing.T) {
	t.Parallel()
	const a = `{"id": 1, "store_id": "inv-1", "order_items": [{"licenses": [{}]}]}`
	for _, tt := range []struct {
		name  string
		page  string
		found bool
		kind  licensespring.ErrorKind // of FindOrder, if it is not found
	}{
		{"count beyond int64", `{"count": 99999999999999999999, "next": null, "results": [` + a + `]}`, true, ""},
		{"count below nothing", `{"count": -1, "next": null, "results": [` + a + `]}`, true, ""},
		{"count of another kind", `{"count": [{}], "next": null, "results": [` + a + `]}`, true, ""},
		{"next of another kind", `{"count": 1, "next": {"a": 1}, "results": [` + a + `]}`, true, ""},
		{"junk among the orders", `{"next": null, "results": [0, null, "inv-1", [], {}, [[[]]], ` + a + `]}`, true, ""},
		{"an id beyond int64", `{"next": null, "results": [{"id": 9223372036854775808, "store_id": "inv-1"}]}`, true, ""},
		{"an id below nothing", `{"next": null, "results": [{"id": -9223372036854775808, "store_id": "inv-1", "order_items": [{"licenses": [{}]}]}]}`, true, ""},
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
		{"an id that only looks the same", "{\"next\": null, \"results\": [{\"id\": 1, \"store_id\": \"inv-1\\u0000\"}, {\"id\": 2, \"store_id\": \"inv\u20101\"}, {\"id\": 3, \"store_id\": \"INV-1\"}]}", false, licensespring.ErrNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
				assert.Equal(t, "/api/v1/orders/", req.URL.Path)
				return answer(req, http.StatusOK, tt.page), nil
			})}))
			rec, err := client.FindOrder(t.Context(), "inv-1")
			if tt.found {
				require.NoError(t, err)
				assert.Equal(t, "inv-1", rec.StoreID)
			} else {
				assertMatches(t, err, tt.kind)
				assertTerse(t, err)
			}
			err = drain(client.Orders(t.Context(), licensespring.OrderFilter{}))
			assert.Equal(t, tt.kind == licensespring.ErrBadResponse, err != nil, "%v", err)
		})
	}
}
