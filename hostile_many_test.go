package licensespring_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// The shortest records there are, as many as fit into an answer: each takes
// hundreds of times the memory of its text, so an answer that is made of them
// shows no order. What is no record takes nothing.
//
//nolint:paralleltest // what other tests allocate would be counted too
func TestHostileNumberOfRecords(t *testing.T) {
	const size = 1 << 20
	many := func(piece, last string) string { return strings.Repeat(piece, size/len(piece)) + last }
	for _, row := range []struct {
		name, body string
		read       func(context.Context, *licensespring.Client) error
		bad        bool
	}{
		{"empty licenses", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[` + many("{},", "{}") + `]}]}`, gotten, true},
		{"empty items", `{"id":5,"store_id":"inv-1","order_items":[` + many("{},", "{}") + `]}`, gotten, true},
		{"empty users, who are all the same one", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[{"license_users":[` + many("{},", "{}") + `]}]}]}`, gotten, false},
		{"licenses that are none", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[` + many("0,", "{}") + `]}]}`, gotten, false},
		{"features in their short form, which may be so many", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[{"product_features":[` + many(`"a",`, `"a"`) + `]}]}]}`, gotten, false},
		{"orders that are none", `{"next":null,"results":[` + many("0,", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[{}]}]}`) + `]}`, found, false},
		{"empty orders", `{"next":null,"results":[` + many("{},", "{}") + `]}`, found, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithHTTPClient(answeringWith(row.body)))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := row.read(t.Context(), client)
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64*len(row.body)))
			if row.bad {
				require.ErrorIs(t, err, licensespring.ErrBadResponse)
			} else {
				require.NoError(t, err)
			}
		})
	}
	rec := licensespring.OrderRecord{ID: 7}
	require.Error(t, rec.UnmarshalJSON([]byte(`{"id":5,"order_items":[`+many("{},", "{}")+`]}`)))
	assert.Equal(t, licensespring.OrderRecord{ID: 7}, rec, "and what is there is left as it is")
}

// What is wrong in a million places is told in a thousand, and what is no
// license takes the memory of none.
//
//nolint:paralleltest // what other tests allocate would be counted too
func TestHostileNumberOfFindings(t *testing.T) {
	const size = 1 << 20
	many := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	for name, file := range map[string]string{
		"items":             `{"items":[` + many("0,") + `0]}`,
		"licenses":          `{"items":[{"licenses":[` + many("0,") + `0]}]}`,
		"features":          `{"items":[{"licenses":[{"product_features":[` + many("0,") + `0]}]}]}`,
		"the same member":   `{"id":"inv-1"` + many(`,"id":0`) + `}`,
		"the same of Extra": `{"a":0` + many(`,"a":0`) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			var (
				before, after runtime.MemStats
				order         licensespring.Order
				wrong         *licensespring.ValidationError
			)
			runtime.ReadMemStats(&before)
			err := order.UnmarshalJSON([]byte(file))
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64*len(file)))
			require.ErrorAs(t, err, &wrong)
			require.Len(t, wrong.Findings, 1000)
			assert.NotEqual(t, licensespring.RuleTooManyFindings, wrong.Findings[998].Rule)
			assert.Equal(t, "there are more findings than are listed [too_many_findings]", wrong.Findings[999].String())
		})
	}
}

func gotten(ctx context.Context, c *licensespring.Client) error {
	_, err := c.GetOrder(ctx, 5)
	return err
}

func found(ctx context.Context, c *licensespring.Client) error {
	_, err := c.FindOrder(ctx, "inv-1")
	return err
}

// Many users are told apart as few are: by number, or else by address, and one
// who comes twice keeps the password of either.
func TestManyUsers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 20, 5000} {
		var users []string
		for i := range n {
			users = append(users,
				fmt.Sprintf(`{"id":%d,"email":"a%d@example.com"}`, i+1, i),
				fmt.Sprintf(`{"email":"b%d@example.com"}`, i),
				fmt.Sprintf(`{"id":%d,"email":"other%d@example.com","initial_password":"p%d"}`, i+1, i, i), // the first again
				fmt.Sprintf(`{"email":"b%d@example.com","initial_password":"q%d"}`, i, i),                  // the second again
				fmt.Sprintf(`{"email":"a%d@example.com"}`, i),                                              // the first, without its number
			)
		}
		var rec licensespring.OrderRecord
		require.NoError(t, rec.UnmarshalJSON([]byte(`{"id":5,"order_items":[{"licenses":[{"license_users":[`+strings.Join(users, ",")+`]}]}]}`)))
		got := rec.OrderItems[0].Licenses[0].LicenseUsers
		require.Len(t, got, 2*n)
		for i := range n {
			assert.Equal(t, int64(i+1), got[2*i].ID)
			assert.Equal(t, "p"+strconv.Itoa(i), got[2*i].InitialPassword.Reveal())
			assert.Equal(t, fmt.Sprintf("b%d@example.com", i), got[2*i+1].Email)
			assert.Equal(t, "q"+strconv.Itoa(i), got[2*i+1].InitialPassword.Reveal())
		}
	}
}

// An order of many licenses that is refused with as many messages, each of which
// may hold a part of any of their keys.
func TestHostileNumberOfMessages(t *testing.T) {
	t.Parallel()
	const keys = 5000
	order := licensespring.NewOrder("inv-1").AddItem("acme-cad")
	for i := range keys {
		order.Items[0].Licenses = append(order.Items[0].Licenses, licensespring.NewKeyLicense(fmt.Sprintf("AB2C-D3EF-GH4J-%05d", i)).Perpetual())
	}
	message := `"` + strings.Repeat("AB2C-D3EF-G… ", 20) + `"`
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, `"f%d":[%s],`, i, strings.TrimSuffix(strings.Repeat(message+",", 10), ","))
	}
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		return answer(req, http.StatusBadRequest, "{"+strings.TrimSuffix(b.String(), ",")+"}"), nil
	})}))
	_, err := client.CreateOrder(t.Context(), order)
	e := errorOf(t, err)
	assert.Equal(t, licensespring.Refused, e.Outcome)
	assert.Len(t, e.Fields, 100)
	for _, f := range e.Fields {
		for _, m := range f.Messages {
			assert.NotContains(t, m, "AB2C")
		}
	}
}

// A service that does not know "offset" answers with the same page for ever, and
// one that does not know the filter with orders that nobody asked for. Nothing is
// yielded then, so the loop has to end by itself.
func TestHostileListWithoutAnythingNew(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		filter licensespring.OrderFilter
		page   func(offset int) string
		want   int
	}{
		{"a page that comes again", licensespring.OrderFilter{}, func(int) string {
			return `{"next": "x", "results": [{"id": 1, "store_id": "a"}, {"id": 2, "store_id": "b"}]}`
		}, 2},
		{"the filter is ignored", licensespring.OrderFilter{StoreIDPrefix: "inv-"}, func(offset int) string {
			return fmt.Sprintf(`{"next": "x", "results": [{"id": %d, "store_id": "a%d"}]}`, offset+1, offset)
		}, 0},
		{"no orders at all in it", licensespring.OrderFilter{}, func(int) string { return `{"next": "x", "results": [1, null]}` }, 0},
		{"now and then something", licensespring.OrderFilter{StoreIDPrefix: "inv-"}, func(offset int) string {
			id := "a"
			if offset%40 == 0 {
				id = "inv-"
			}
			next := `"x"`
			if offset == 120 {
				next = "null"
			}
			return fmt.Sprintf(`{"next": %s, "results": [{"id": %d, "store_id": "%s%d"}]}`, next, offset+1, id, offset)
		}, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			client, asked := pages(t, func(offset, _ string) string {
				n, _ := strconv.Atoi(offset)
				return row.page(n)
			})
			n := 0
			var last error
			for _, err := range client.Orders(t.Context(), row.filter) {
				if last = err; err == nil {
					n++
				}
			}
			assert.Equal(t, row.want, n)
			if row.want == 4 {
				require.NoError(t, last)
				return
			}
			require.ErrorIs(t, last, licensespring.ErrBadResponse)
			assert.LessOrEqual(t, len(*asked), 60)
			assertTerse(t, last)
		})
	}
}

// What cannot be read may be the order that is looked for: that is no proof that
// it is not there.
func TestHostileListOfSomethingElse(t *testing.T) {
	t.Parallel()
	for _, results := range []string{`17`, `null`, `"inv-1"`, `{"id": 1, "store_id": "a"}, [{"store_id": "inv-1"}]`} {
		client, _ := pages(t, func(string, string) string { return `{"next": null, "results": [` + results + `]}` })
		_, err := client.FindOrder(t.Context(), "inv-1")
		require.ErrorIs(t, err, licensespring.ErrBadResponse, results)
		require.NotErrorIs(t, err, licensespring.ErrNotFound)
	}
}
