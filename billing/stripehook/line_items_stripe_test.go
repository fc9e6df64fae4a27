package stripehook_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

func TestStripeLineItems(t *testing.T) {
	t.Parallel()
	api := stripeAPI(t)
	items := stripehook.NewStripeLineItems(licensespring.NewSecret("sk_test_key"), api.Client(), api.URL)

	lines, err := items.Lines(t.Context(), stripehook.Source{Kind: stripehook.SourceSession, ID: "cs_live_a1"})
	require.NoError(t, err)
	require.Len(t, lines, 2, "two pages")
	assert.Equal(t, stripehook.Line{Quantity: 1, Amount: 3300, Price: &stripehook.Price{ID: "price_perp", Metadata: map[string]string{
		"product_short_code": "acmecad", "license_type": "perpetual", "max_activations": "0",
	}}}, lines[1])

	lines, err = items.Lines(t.Context(), stripehook.Source{Kind: stripehook.SourceInvoice, ID: "in_s1", Account: "acct_1"})
	require.NoError(t, err)
	require.Len(t, lines, 1)
	assert.Equal(t, "month", lines[0].Price.Interval)
	assert.EqualValues(t, 1, lines[0].Price.IntervalCount)
	assert.EqualValues(t, 3, lines[0].Quantity)
}

// Errors must not contain Stripe's messages, which quote the request.
func TestStripeLineItemsErrors(t *testing.T) {
	t.Parallel()
	api := stripeAPI(t)
	of := stripehook.Source{Kind: stripehook.SourceSession, ID: "cs_gone"}
	lines := func(ctx context.Context, key, url string) error {
		_, err := stripehook.NewStripeLineItems(licensespring.NewSecret(key), api.Client(), url).Lines(ctx, of)
		return err
	}
	require.EqualError(t, lines(t.Context(), "sk_test_key", api.URL), "stripe responded with status 404 (req_1)")
	require.EqualError(t, lines(t.Context(), "sk_wrong", api.URL), "stripe responded with status 401")
	require.EqualError(t, lines(t.Context(), "sk_test_key", "http://127.0.0.1:1"), "no valid response from stripe")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, lines(ctx, "sk_test_key", api.URL), context.Canceled)
}
