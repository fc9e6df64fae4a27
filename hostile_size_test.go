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

// The shortest records, as many as fit into a response: each takes hundreds of
// times the memory of its text, so such a response is rejected. Elements that
// are no records take no memory.
//
//nolint:paralleltest // allocations of other tests would be counted too
func TestHostileNumberOfRecords(t *testing.T) {
	const size = 1 << 20
	many := func(piece, last string) string { return strings.Repeat(piece, size/len(piece)) + last }
	for _, row := range []struct {
		name, body string
		read       func(context.Context, *licensespring.Client) error
		bad        bool
	}{
		{"empty licenses", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[` + many("{},", "{}") + `]}]}`, readByID, true},
		{"empty items", `{"id":5,"store_id":"inv-1","order_items":[` + many("{},", "{}") + `]}`, readByID, true},
		{"empty users, which are merged", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[{"license_users":[` + many("{},", "{}") + `]}]}]}`, readByID, false},
		{"entries that are no licenses", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[` + many("0,", "{}") + `]}]}`, readByID, false},
		{"features in short form, which may be many", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[{"product_features":[` + many(`"a",`, `"a"`) + `]}]}]}`, readByID, false},
		{"entries that are no orders", `{"next":null,"results":[` + many("0,", `{"id":5,"store_id":"inv-1","order_items":[{"licenses":[{}]}]}`) + `]}`, readByStoreID, false},
		{"empty orders", `{"next":null,"results":[` + many("{},", "{}") + `]}`, readByStoreID, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			client := newClient(t, testKey, licensespring.WithMaxAttempts(1), licensespring.WithHTTPClient(respondingWith(row.body)))
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
	assert.Equal(t, licensespring.OrderRecord{ID: 7}, rec, "the record is unchanged")
}

// At most a thousand findings are listed, and elements that are no licenses
// take no memory.
//
//nolint:paralleltest // allocations of other tests would be counted too
func TestHostileNumberOfFindings(t *testing.T) {
	const size = 1 << 20
	many := func(piece string) string { return strings.Repeat(piece, size/len(piece)) }
	for name, file := range map[string]string{
		"items":                 `{"items":[` + many("0,") + `0]}`,
		"licenses":              `{"items":[{"licenses":[` + many("0,") + `0]}]}`,
		"features":              `{"items":[{"licenses":[{"product_features":[` + many("0,") + `0]}]}]}`,
		"the same member":       `{"id":"inv-1"` + many(`,"id":0`) + `}`,
		"the same extra member": `{"a":0` + many(`,"a":0`) + `}`,
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
			assert.Equal(t, "has more findings than are listed [too_many_findings]", wrong.Findings[999].String())
		})
	}
}

func readByID(ctx context.Context, c *licensespring.Client) error {
	_, err := c.GetOrder(ctx, 5)
	return err
}

func readByStoreID(ctx context.Context, c *licensespring.Client) error {
	_, err := c.GetOrderByStoreID(ctx, "inv-1")
	return err
}

// Many users are merged like few: by ID or else by address, keeping the
// password of either record.
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
				fmt.Sprintf(`{"email":"a%d@example.com"}`, i),                                              // the first, without its ID
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

// An order of many licenses is rejected with many messages. Each message may
// contain a part of any key.
func TestHostileNumberOfMessages(t *testing.T) {
	t.Parallel()
	const keys = 5000
	order := licensespring.NewOrder("inv-1").AddItem("acmecad")
	for i := range keys {
		order.Items[0].Licenses = append(order.Items[0].Licenses, licensespring.NewKeyLicense(fmt.Sprintf("AB2C-D3EF-GH4J-%05d", i)).Perpetual())
	}
	message := `"` + strings.Repeat("AB2C-D3EF-G… ", 20) + `"`
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, `"f%d":[%s],`, i, strings.TrimSuffix(strings.Repeat(message+",", 10), ","))
	}
	client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		return response(req, http.StatusBadRequest, "{"+strings.TrimSuffix(b.String(), ",")+"}"), nil
	})}))
	_, err := client.CreateOrder(t.Context(), order)
	e := errorOf(t, err)
	assert.Equal(t, licensespring.OutcomeRejected, e.Outcome)
	assert.Len(t, e.Fields, 100)
	for _, f := range e.Fields {
		for _, m := range f.Messages {
			assert.NotContains(t, m, "AB2C")
		}
	}
}

// A service that does not support "offset" returns the same page forever, and
// one that does not support the filter returns other orders. Nothing is yielded
// then, so the loop must end by itself.
func TestHostileListWithoutNewOrders(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		filter licensespring.OrderFilter
		page   func(offset int) string
		want   int
	}{
		{"repeated page", licensespring.OrderFilter{}, func(int) string {
			return `{"next": "x", "results": [{"id": 1, "store_id": "a"}, {"id": 2, "store_id": "b"}]}`
		}, 2},
		{"repeated page without ids", licensespring.OrderFilter{}, func(int) string {
			return `{"next": "x", "results": [{"store_id": "a"}, {"store_id": "b"}]}`
		}, 2},
		{"the list is longer than its count", licensespring.OrderFilter{}, func(offset int) string {
			return fmt.Sprintf(`{"count": 1, "next": "x", "results": [%s{}]}`, strings.Repeat(fmt.Sprintf(`{"type": %d},`, offset), 299))
		}, 300 + 32*299}, // {} is on each page
		{"the filter is ignored", licensespring.OrderFilter{StoreIDPrefix: "inv-"}, func(offset int) string {
			return fmt.Sprintf(`{"next": "x", "results": [{"id": %d, "store_id": "a%d"}]}`, offset+1, offset)
		}, 0},
		{"no orders on the page", licensespring.OrderFilter{}, func(int) string { return `{"next": "x", "results": [1, null]}` }, 0},
		{"sometimes a new order", licensespring.OrderFilter{StoreIDPrefix: "inv-"}, func(offset int) string {
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
			client, queries := pages(t, func(offset, _ string) string {
				n, _ := strconv.Atoi(offset)
				return row.page(n)
			})
			n := 0
			var last error
			for _, err := range client.ListOrders(t.Context(), row.filter) {
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
			assert.LessOrEqual(t, len(*queries), 60)
			assertTerse(t, last)
		})
	}
}

// Two or more replicas of a service that ignores the offset, one behind the other:
// each page holds an order that the previous one does not.
func TestHostileListAlternating(t *testing.T) {
	t.Parallel()
	for _, period := range []int{2, 3, 7} {
		n := 0
		client, queries := pages(t, func(string, string) string {
			n++
			return fmt.Sprintf(`{"next": "x", "results": [{"id": %d}, {"id": 100}]}`, n%period+1)
		})
		records := 0
		var last error
		for _, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{}) {
			if last = err; err == nil {
				records++
			}
		}
		require.ErrorIs(t, last, licensespring.ErrBadResponse)
		assert.Contains(t, last.Error(), "the service returns the same pages again")
		assert.LessOrEqual(t, len(*queries), 20*period)
		assert.LessOrEqual(t, records, len(*queries)+1)
		assertTerse(t, last)
	}
}

// An unreadable entry may be the requested order, so the order is not reported
// as missing.
func TestHostileListUnreadable(t *testing.T) {
	t.Parallel()
	for _, results := range []string{`17`, `null`, `"inv-1"`, `{"id": 1, "store_id": "a"}, [{"store_id": "inv-1"}]`} {
		client, _ := pages(t, func(string, string) string { return `{"next": null, "results": [` + results + `]}` })
		_, err := client.GetOrderByStoreID(t.Context(), "inv-1")
		require.ErrorIs(t, err, licensespring.ErrBadResponse, results)
		require.NotErrorIs(t, err, licensespring.ErrNotFound)
	}
}
