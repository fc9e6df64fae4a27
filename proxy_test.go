package licensespring_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A proxy that no longer waits for the service responds for it. The service may
// have applied the request, so the response is ambiguous: it rejects nothing.
func TestProxyThatTimesOut(t *testing.T) {
	t.Parallel()
	for _, status := range []int{408, 460, 499} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			client, srv := onLoopback(t, nil)
			srv.Inject(lst.Status(status, lst.Stored()).On(lst.CreateOrder))
			res, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
			require.NoError(t, err)
			assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)

			appending := licensespring.NewOrder("inv-1").Appending().AddItem("acmecad", licensespring.NewLicense())
			for _, stored := range []bool{false, true} {
				before := len(srv.Orders()[0].Licenses())
				var options []lst.StatusOption
				if stored {
					options = append(options, lst.Stored())
				}
				srv.Inject(lst.Status(status, options...).On(lst.CreateOrder))
				_, err = client.CreateOrder(t.Context(), appending)
				require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
				require.NotErrorIs(t, err, licensespring.ErrInvalidRequest)
				want := before
				if stored {
					want++
				}
				assert.Len(t, srv.Orders()[0].Licenses(), want, "it is not repeated")
			}
		})
	}
}

// A large order has a large response, which the default limit allows for.
func TestLargeOrder(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("creates 12,000 licenses")
	}
	licenses := make([]licensespring.License, 12_000)
	order := licensespring.NewOrder("inv-1").AddItem("acmecad", licenses...)
	client, srv := onLoopback(t, nil)
	srv.Inject(lst.DropAfter().On(lst.CreateOrder))
	res, err := client.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeRecovered, res.Outcome)
	assert.Len(t, res.Order.LicenseKeys(), len(licenses))
	assert.Greater(t, len(res.Raw()), licensespring.DefaultMaxResponseBytes)

	// A limit of the caller's is a limit, and the error names the option.
	client, _ = onLoopback(t, nil, licensespring.WithMaxResponseBytes(1<<20), licensespring.WithMaxAttempts(1))
	_, err = client.CreateOrder(t.Context(), order)
	require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
	assert.ErrorContains(t, err, "see WithMaxResponseBytes")
}
