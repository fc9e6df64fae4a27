package licensespring_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// partly shows at most first licenses of each item in the first lookups, and at most
// then in the others.
func partly(t *testing.T, first int, lookups int64, then int) lst.Fault {
	t.Helper()
	var served atomic.Int64
	return lst.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		n := first
		if served.Add(1) > lookups {
			n = then
		}
		var doc map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
			t.Error(err)
			return
		}
		orders, isList := doc["results"].([]any)
		if !isList {
			orders = []any{doc}
		}
		for _, order := range orders {
			order, _ := order.(map[string]any)
			items, _ := order["order_items"].([]any)
			for _, item := range items {
				item, _ := item.(map[string]any)
				licenses, _ := item["licenses"].([]any)
				item["licenses"] = append([]any{}, licenses[:min(n, len(licenses))]...)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(rec.Code)
		_ = json.NewEncoder(w).Encode(doc) // the client may have gone
	}).On(lst.ListOrders, lst.GetOrder).Forever()
}

// An order may be visible before its licenses. A record that shows only a part of them
// does not prove that the order is another one.
func TestPartlyVisibleOrder(t *testing.T) {
	t.Parallel()
	const always, all = 1000, 1000
	type call func(*licensespring.Client, context.Context, *licensespring.Order) (*licensespring.OrderResult, error)
	create, ensure := call((*licensespring.Client).CreateOrder), call((*licensespring.Client).EnsureOrder)
	tests := []struct {
		name      string
		call      call
		ambiguous bool // the response of the first create is lost
		shown     int
		lookups   int64
		timeout   time.Duration
		want      licensespring.Outcome
		kind      licensespring.ErrorKind
	}{
		{name: "no license at first", call: create, ambiguous: true, lookups: 2, want: licensespring.OutcomeRecovered},
		{name: "one of two at first", call: create, ambiguous: true, shown: 1, lookups: 2, want: licensespring.OutcomeRecovered},
		{name: "EnsureOrder, response lost", call: ensure, ambiguous: true, shown: 1, lookups: 2, want: licensespring.OutcomeRecovered},
		{name: "another machine created it a moment ago", call: ensure, shown: 1, lookups: 2, want: licensespring.OutcomeExisting},
		{name: "never complete, response lost", call: create, ambiguous: true, shown: 1, lookups: always, want: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown},
		{name: "never complete: an order of fewer licenses", call: ensure, shown: 1, lookups: always, want: licensespring.OutcomeRejected, kind: licensespring.ErrOrderConflict},
		{name: "no time for all lookups", call: ensure, shown: 1, lookups: always, timeout: time.Second, want: licensespring.OutcomeUnknown, kind: licensespring.ErrOutcomeUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, nil)
				order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense(), licensespring.NewLicense())
				if tt.ambiguous {
					s.Inject(lst.DropAfter().On(lst.CreateOrder))
				} else {
					_, err := client.CreateOrder(t.Context(), order)
					require.NoError(t, err)
				}
				s.Inject(partly(t, tt.shown, tt.lookups, all))
				ctx := t.Context()
				if tt.timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.timeout)
					defer cancel()
				}
				res, err := tt.call(client, ctx, order)
				assert.Equal(t, 2, s.LicenseCount())
				if tt.kind == "" {
					require.NoError(t, err)
					assert.Equal(t, tt.want, res.Outcome)
					assert.Len(t, res.Order.OrderItems[0].Licenses, 2)
					return
				}
				require.ErrorIs(t, err, tt.kind)
				assert.Equal(t, tt.want, licensespring.OutcomeOf(err))
				if tt.kind == licensespring.ErrOrderConflict {
					assert.Equal(t, "items[0].licenses[1]", errorOf(t, err).Differences[0].Path)
				}
			})
		})
	}
}

// Licenses with other users or products are those of another order: no lookup is
// repeated.
func TestPartlyEqualOrderIsAnother(t *testing.T) {
	t.Parallel()
	license := func(email string) licensespring.License { return licensespring.NewUserLicense(email) }
	for name, order := range map[string]*licensespring.Order{
		"another user":    licensespring.NewOrder("inv-1").AddItem("acmeweb", license("b@example.com")),
		"another product": licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s, _ := inMemory(t, nil)
				_, err := client.CreateOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acmeweb", license("a@example.com")))
				require.NoError(t, err)
				_, err = client.EnsureOrder(t.Context(), order)
				require.ErrorIs(t, err, licensespring.ErrOrderConflict)
				assert.Equal(t, 1, sentTo(s, lst.ListOrders))
			})
		})
	}
}

// Once a lookup has shown some keys of an append, the append is not repeated, even
// if a later lookup, perhaps of a replica that is behind, shows none.
func TestPartlyVisibleAppendIsNotRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil)
		order := licensespring.NewOrder("inv-1").AddItem("acmecad",
			licensespring.NewLicense().WithKey("AAAA-BBBB-CCCC-DDDD"), licensespring.NewLicense().WithKey("AAAA-BBBB-CCCC-EEEE")).Appending()
		s.Inject(lst.DropAfter().On(lst.CreateOrder), partly(t, 1, 1, 0))
		_, err := client.CreateOrder(t.Context(), order)
		require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
		assert.Contains(t, err.Error(), "partly visible")
		assert.Equal(t, 1, sentTo(s, lst.CreateOrder))
	})
}

// listError is an error of a context that cannot be compared.
type listError []string

func (listError) Error() string { return "ended" }

type endedContext struct {
	context.Context //nolint:containedctx // it is one

	done chan struct{}
}

func (c endedContext) Done() <-chan struct{} { return c.done }

func (c endedContext) Err() error {
	select {
	case <-c.done:
		return listError{"ended"}
	default:
		return nil
	}
}

func TestUncomparableContextError(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	ctx := endedContext{t.Context(), make(chan struct{})}
	s.Inject(lst.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		close(ctx.done)
		next.ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusBadGateway)
	}).On(lst.CreateOrder))
	_, err := client.CreateOrder(ctx, anOrder("inv-1"))
	assert.Equal(t, licensespring.OutcomeUnknown, licensespring.OutcomeOf(err))
}
