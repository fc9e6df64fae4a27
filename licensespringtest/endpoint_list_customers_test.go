package licensespringtest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// ordersOf creates an order for each customer.
func ordersOf(t *testing.T, srv *lst.Server, customers ...string) {
	t.Helper()
	for i, customer := range customers {
		create(t, srv, fmt.Sprintf(`{"id":"o-%d","customer":%s,"items":[{"product_code":"acmecad","licenses":[{}]}]}`, i, customer))
	}
}

func TestListCustomers(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithQuirks(lst.QuirkCustomerNull))
	ordersOf(t, srv,
		`{"email":"ada@example.com","reference":"r-1","phone":"1"}`,
		`{"company":"C","reference":"r-2"}`,
		`{"phone":"2"}`)
	tests := []struct {
		query string
		want  []any
	}{
		{"", []any{"2", "", "1"}},
		{"?order_by=created_at", []any{"1", "", "2"}},
		{"?order_by=-id&limit=1", []any{"2"}},
		{"?order_by=updated_at", []any{"1", "", "2"}},
		{"?email=ada@example.com", []any{"1"}},
		{"?email=ADA@example.com", []any{}},
		{"?reference=r-2", []any{""}},
		{"?reference=r-1&email=grace@example.com", []any{}},
		{"?email=", []any{"2", "", "1"}},
		{"?company=C", []any{"2", "", "1"}}, // an unknown filter
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			list := do(t, srv, http.MethodGet, customersPath+tt.query, "").json(t)
			assert.Equal(t, tt.want, results(t, list, "phone"))
		})
	}
}

// TestListCustomers_matching checks which orders have the same customer.
func TestListCustomers_matching(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		customers []string
		want      []any // the phones of the customers
	}{
		{"same address", []string{`{"email":"a@example.com","phone":"1"}`, `{"email":"a@example.com","phone":"2"}`}, []any{"2"}},
		{"details that the second order omits", []string{`{"email":"a@example.com","phone":"1"}`, `{"email":"a@example.com"}`}, []any{"1"}},
		{"another address in one company", []string{`{"email":"a@example.com","company":"C","phone":"1"}`, `{"email":"b@example.com","company":"C","phone":"2"}`}, []any{"1", "2"}},
		{"same company without an address", []string{`{"company":"C","phone":"1"}`, `{"company":"C","phone":"2"}`}, []any{"2"}},
		{"company of a customer with an address", []string{`{"email":"a@example.com","company":"C","phone":"1"}`, `{"company":"C","phone":"2"}`}, []any{"2"}},
		{"company that was renamed", []string{`{"email":"a@example.com","company":"C","phone":"1"}`, `{"email":"a@example.com","company":"D","phone":"2"}`, `{"company":"C","phone":"3"}`, `{"company":"D","phone":"4"}`}, []any{"4", "3"}},
		{"no name", []string{`{"phone":"1"}`, `{"phone":"1"}`}, []any{"1", "1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			ordersOf(t, srv, tt.customers...)
			list := do(t, srv, http.MethodGet, customersPath+"?order_by=id", "").json(t)
			assert.Equal(t, tt.want, results(t, list, "phone"))
		})
	}
}

func TestGetCustomer(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	ordersOf(t, srv, `{"email":"a@example.com","company":"C"}`, `{"email":"a@example.com","company":"D"}`)
	orders := srv.Orders()
	assert.Equal(t, "C", orders[0].Customer.Properties["company"], "an order keeps the details that it sent")
	require.Equal(t, orders[0].Customer.ID, orders[1].Customer.ID)
	customer := do(t, srv, http.MethodGet, fmt.Sprintf("%s%d/", customersPath, orders[0].Customer.ID), "").json(t)
	assert.Equal(t, "D", customer["company"])
	assert.Equal(t, "a@example.com", customer["email"])
	assert.NotEmpty(t, customer["created_at"])
	license := do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
	assert.Equal(t, "D", dig(t, license, "customer", "company"), "a license shows the current details")
	assert.JSONEq(t, `{"detail":"Not found."}`, do(t, srv, http.MethodGet, customersPath+"7/", "").body)
}
