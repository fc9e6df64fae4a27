package stripehook_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// sold delivers a paid session with the given members, whose line has a price with the
// metadata.
func sold(t *testing.T, session map[string]any, metadata map[string]string, options ...stripehook.Option) *memory {
	t.Helper()
	object := map[string]any{
		"id": "cs_1", "object": "checkout.session", "mode": "payment", "payment_status": "paid", "amount_total": 100,
		"customer_details": map[string]any{"email": "ada@example.com"},
	}
	maps.Copy(object, session)
	payload, err := json.Marshal(map[string]any{
		"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": true, "data": map[string]any{"object": object},
	})
	require.NoError(t, err)
	queue := newMemory()
	hook := newHook(t, queue, append([]stripehook.Option{stripehook.WithLineItems(lineItemsFunc(
		func(context.Context, stripehook.Source) ([]stripehook.Line, error) {
			return []stripehook.Line{{Quantity: 2, Amount: 100, Price: &stripehook.Price{ID: "price_1", Metadata: metadata}}}, nil
		}))}, options...)...)
	assert.Equal(t, http.StatusOK, deliver(t, hook, payload))
	return queue
}

// A license of a user-based product has a user, and others have none.
func TestLicenseUsers(t *testing.T) {
	t.Parallel()
	const keys, users = licensespring.AuthorizationLicenseKey, licensespring.AuthorizationUser
	anonymous := map[string]any{"customer_details": nil}
	tests := []struct {
		name     string
		known    licensespring.AuthorizationMethod // by the catalogue
		metadata map[string]string                 // of the price
		session  map[string]any
		want     string // the user, "" for none, or the path of a finding
	}{
		{"user-based product", users, nil, nil, "ada@example.com"},
		{"key-based product", keys, nil, nil, ""},
		{"unknown product without metadata", "", nil, nil, ""},
		{"metadata without a catalogue", "", map[string]string{"authorization_method": "user"}, nil, "ada@example.com"},
		{"keys in metadata", "", map[string]string{"authorization_method": " license-key "}, nil, ""},
		{"address of the price", "", map[string]string{"license_user": "team@example.com"}, nil, "team@example.com"},
		{
			"the address of the purchase has precedence", users,
			map[string]string{"license_user": "team@example.com"},
			map[string]any{"metadata": map[string]any{"license_user": "grace@example.com"}},
			"grace@example.com",
		},
		// The purchase may contain products of both kinds.
		{"address of the purchase of a key-based product", keys, nil, map[string]any{"metadata": map[string]any{"license_user": "grace@example.com"}}, ""},
		{"no address", users, nil, anonymous, "lines[0].price.metadata.license_user"},
		{"no address, but in metadata", users, map[string]string{"license_user": "team@example.com"}, anonymous, "team@example.com"},
		{"contradiction", keys, map[string]string{"authorization_method": "user"}, nil, "lines[0].price.metadata.authorization_method"},
		{"a user of a key-based product", keys, map[string]string{"license_user": "team@example.com"}, nil, "lines[0].price.metadata.license_user"},
		{"unknown method", "", map[string]string{"authorization_method": "users"}, nil, "lines[0].price.metadata.authorization_method"},
		{"invalid address", users, map[string]string{"license_user": "team@"}, nil, "items[0].licenses[0].users[0].email"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			metadata := map[string]string{"product_short_code": "acmeweb"}
			maps.Copy(metadata, tt.metadata)
			queue := sold(t, tt.session, metadata, stripehook.WithAuthorizationMethods(
				func(code string) licensespring.AuthorizationMethod {
					assert.Equal(t, "acmeweb", code)
					return tt.known
				}))
			if letter, dead := queue.letters["cs_1"]; dead {
				invalid, ok := asValidation(letter.Err)
				require.True(t, ok)
				assert.Equal(t, tt.want, invalid.Findings[0].Path)
				return
			}
			var order licensespring.Order
			require.NoError(t, json.Unmarshal([]byte(queue.orders["cs_1"]), &order))
			for _, license := range order.Items[0].Licenses {
				if tt.want == "" {
					assert.Empty(t, license.Users)
					continue
				}
				assert.Equal(t, []licensespring.LicenseUser{{Email: tt.want}}, license.Users)
			}
			assert.Len(t, order.Items[0].Licenses, 2)
		})
	}
}
