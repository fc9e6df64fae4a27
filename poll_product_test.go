package licensespring_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A lookup that shows nothing does not end the polling for an order whose product
// could not be read before.
func TestProductReadIsRetriedAfterAnEmptyLookup(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		network := lst.NewNetwork()
		srv := lst.NewServer(t, lst.WithNetwork(network), lst.WithQuirks(lst.QuirkNoProduct))
		transport := &http.Transport{DialContext: network.DialContext}
		defer transport.CloseIdleConnections()
		client := newClient(t, srv.APIKey(), licensespring.WithBaseURL(srv.URL()), licensespring.WithHTTPClient(&http.Client{Transport: transport}))
		srv.Inject(
			lst.DropAfter().On(lst.CreateOrder),
			lst.Status(200, lst.Body("application/json", "{}")).On(lst.GetProduct),
			lst.Status(200, lst.Body("application/json", `{"count":0,"next":null,"previous":null,"results":[]}`)).On(lst.ListOrders).Nth(2),
		)
		res, err := client.CreateOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acme-cad", licensespring.NewLicense()))
		require.NoError(t, err)
		assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
	})
}
