package licensespring_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// With a transport that retries on its own, a lost response of a create is
// recovered, and an append is not applied twice.
func TestTransportThatRetries(t *testing.T) {
	t.Parallel()
	for _, appending := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := retryablehttp.NewClient()
			network := lst.NewNetwork()
			srv := lst.NewServer(t, lst.WithNetwork(network))
			transport := &http.Transport{DialContext: network.DialContext}
			defer transport.CloseIdleConnections()
			c.Logger, c.HTTPClient = nil, &http.Client{Transport: transport}
			client := newClient(t, srv.APIKey(), licensespring.WithBaseURL(srv.URL()), licensespring.WithHTTPClient(c.StandardClient())) //nolint:forbidigo // what a caller may pass
			order := licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense())
			want := 1
			if appending {
				_, err := client.CreateOrder(t.Context(), order)
				require.NoError(t, err)
				order, want = order.Clone().Appending(), 2
			}
			srv.Inject(lst.DropAfter().On(lst.CreateOrder))
			res, err := client.CreateOrder(t.Context(), order)
			if appending {
				require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
			} else {
				require.NoError(t, err)
				assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
			}
			licenses := 0
			for _, item := range srv.Orders()[0].Items {
				licenses += len(item.Licenses)
			}
			assert.Equal(t, want, licenses)
		})
	}
}
