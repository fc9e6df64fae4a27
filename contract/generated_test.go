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

// TestGeneratedOrders sends thousands of random valid orders to the fake and
// validates each received body with the schema. The SDK's validation, the fake's
// checks and the schema must all accept each order.
func TestGeneratedOrders(t *testing.T) {
	t.Parallel()
	const perSeed, seeds = 200, 5
	for _, d := range dialects {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprintf("%s/seed %d", d.name, seed), func(t *testing.T) {
				t.Parallel()
				client, server := connect(t, d)
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
				assert.Equal(t, perSeed, validateRequests(t, d, server))
				for name, ok := range set {
					assert.Equal(t, name != "Order.Extra" && name != "OrderItem.Extra" && name != "License.Extra" && name != "LicenseUser.Extra" &&
						name != "ProductFeature.Extra" && name != "Customer.Extra", ok, "%s must be set in some order; Extra would violate the schema", name)
				}
			})
		}
	}
}

// connect returns a client and a fake that use the dialect.
func connect(t *testing.T, d dialect, options ...licensespring.Option) (*licensespring.Client, *licensespringtest.Server) {
	t.Helper()
	server := licensespringtest.NewServer(t, append(serverOptions(), licensespringtest.WithDialect(d.server))...)
	client, err := licensespring.New(server.APIKey(), append([]licensespring.Option{
		licensespring.WithBaseURL(server.URL()), licensespring.WithDialect(d.client),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit)),
	}, options...)...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client, server
}

// validateRequests validates every create that reached the fake and returns their
// number.
func validateRequests(t *testing.T, d dialect, server *licensespringtest.Server) (validated int) {
	t.Helper()
	for _, r := range server.Requests() {
		if r.Endpoint != licensespringtest.CreateOrder || len(r.Body) == 0 {
			continue
		}
		assert.Equal(t, http.MethodPost, r.Method)
		assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
		if !assert.NoError(t, validate(t, d, r.Body), "%s", r.Body) {
			return validated
		}
		validated++
	}
	return validated
}
