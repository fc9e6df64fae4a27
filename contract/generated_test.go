package contract_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// TestGeneratedOrders sends thousands of orders, made by chance, to the fake and
// holds each body that arrived against the schema. Three readings of the page
// judge each order, the SDK's validation, the fake's checks and the schema, and
// all must accept it.
func TestGeneratedOrders(t *testing.T) {
	t.Parallel()
	const perSeed, seeds = 200, 5
	for _, d := range dialects {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprintf("%s/seed %d", d.name, seed), func(t *testing.T) {
				t.Parallel()
				client, server := joined(t, d)
				g := newGenerator(seed, d)
				set := make(map[string]bool)
				for range perSeed {
					order := g.order()
					fieldsSet(reflect.ValueOf(order), set)
					_, err := client.CreateOrder(t.Context(), order)
					if e, ok := errors.AsType[*licensespring.Error](err); ok {
						t.Logf("%v\n%s", e.Fields, encoded(t, order))
					}
					require.NoError(t, err)
				}
				judged := journal(t, d, server)
				assert.Equal(t, perSeed, judged)
				for name, ok := range set {
					assert.Equal(t, name != "Order.Extra" && name != "OrderItem.Extra" && name != "License.Extra" && name != "LicenseUser.Extra" &&
						name != "ProductFeature.Extra" && name != "Customer.Extra", ok, "%s: set in some order, unless it is the way around the schema", name)
				}
			})
		}
	}
}

// joined returns a client and a fake that speak a dialect.
func joined(t *testing.T, d dialect, options ...licensespring.Option) (*licensespring.Client, *licensespringtest.Server) {
	t.Helper()
	server := licensespringtest.NewServer(t, append(catalogue(), licensespringtest.WithDialect(d.server))...)
	client, err := licensespring.New(server.APIKey(), append([]licensespring.Option{
		licensespring.WithBaseURL(server.URL()), licensespring.WithDialect(d.client),
		licensespring.WithBudget(licensespring.NewBudget(licensespring.Unlimited)),
	}, options...)...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client, server
}

// journal holds every create that reached the fake against the schema, and
// returns how many there were.
func journal(t *testing.T, d dialect, server *licensespringtest.Server) (judged int) {
	t.Helper()
	for _, r := range server.Requests() {
		if r.Endpoint != licensespringtest.CreateOrder || len(r.Body) == 0 {
			continue
		}
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		if !assert.NoError(t, judge(t, d, r.Body), "%s", r.Body) {
			return judged
		}
		judged++
	}
	return judged
}
