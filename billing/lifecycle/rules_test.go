package lifecycle_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// There is a row for each key of the package documentation, and for each mistake.
func TestReadRules(t *testing.T) {
	t.Parallel()
	type rules = lifecycle.Rules
	tests := []struct {
		key, value string
		more       []string
		price      func(id string, pairs ...string) *stripehook.Price // monthly if nil
		want       func(*rules)
		found      string // path=rule of the first finding
	}{
		{key: "product_short_code", value: " acmecam ", want: func(r *rules) { r.Product = "acmecam" }},
		{key: "product_short_code", value: "", want: func(r *rules) { r.Product = "" }, found: "product_short_code=required"},
		{key: "license_policy", value: "pro", want: func(r *rules) { r.License.PolicyCode = "pro" }},
		{key: "license_type", value: "consumption", want: func(r *rules) { r.License.LicenseType = licensespring.Consumption }},
		{key: "license_type", value: "perpetual", want: func(*rules) {}}, // a recurring price is a subscription
		{key: "license_type", value: "perpetual", price: once, want: func(r *rules) { r.License.LicenseType = licensespring.Perpetual }},
		{key: "license_type", value: "rent", found: "license_type=price_metadata"},
		{key: "max_activations", value: "3", want: func(r *rules) { r.License.MaxActivations = new(3) }},
		{key: "max_activations", value: "-3", found: "max_activations=price_metadata"},
		{key: "valid_duration", value: "1y", want: func(*rules) {}}, // the period of a recurring price
		{key: "valid_duration", value: "1y", price: once, want: func(r *rules) { r.License.ValidDuration = licensespring.Years(1) }},
		{key: "valid_duration", value: "soon", price: once, found: "valid_duration=price_metadata"},
		{key: "authorization_method", value: "user", want: func(*rules) {}},
		{key: "license_user", value: "ada@example.com", want: func(*rules) {}},

		{key: "quantity", value: "licenses", want: func(*rules) {}},
		{key: "quantity", value: "max_activations", more: []string{"max_activations", "2"}, want: func(r *rules) {
			r.Quantity, r.License.MaxActivations = lifecycle.QuantityActivations, new(2)
		}},
		{key: "quantity", value: "max_activations", more: []string{"max_activations", "0"}, found: "max_activations=price_metadata"},
		{key: "quantity", value: "max_activations", more: []string{"allow_unlimited_activations", "true"}, found: "allow_unlimited_activations=price_metadata"},
		{key: "quantity", value: "max_license_users", want: func(r *rules) { r.Quantity = lifecycle.QuantityUsers }},
		{key: "quantity", value: "max_license_users", more: []string{"max_license_users", "0"}, found: "max_license_users=price_metadata"},
		{key: "quantity", value: "floating_users", want: func(r *rules) {
			r.Quantity, r.License.IsFloating = lifecycle.QuantityFloating, new(true)
		}},
		{key: "quantity", value: "floating_users", more: []string{"is_floating", "false"}, found: "is_floating=price_metadata"},
		{key: "quantity", value: "seats", found: "quantity=price_metadata"},
		{key: "quantity", value: "max_activations", price: func(id string, pairs ...string) *stripehook.Price {
			p := monthly(id, pairs...)
			p.Metered = true
			return p
		}, found: "quantity=price_metadata"},

		{key: "slack_days", value: "0", want: func(r *rules) { r.SlackDays = new(0) }},
		{key: "slack_days", value: "-1", found: "slack_days=price_metadata"},
		{key: "slack_days", value: "3651", found: "slack_days=price_metadata"},
		{key: "slack_days", value: "9", price: once, found: "slack_days=price_metadata"},
		{key: "on_refund", value: "disable", want: func(*rules) {}},
		{key: "on_refund", value: "keep", want: func(r *rules) { r.OnRefund = lifecycle.RefundKeep }},
		{key: "on_refund", value: "review", want: func(r *rules) { r.OnRefund = lifecycle.RefundReview }},
		{key: "on_refund", value: "ignore", found: "on_refund=price_metadata"},

		{key: "product_features", value: "render, calls:1000, export:period, sync:50:period", want: func(r *rules) {
			r.Features = []lifecycle.Feature{
				{Code: "render"},
				{Code: "calls", MaxConsumption: new(1000)},
				{Code: "export", Expires: true},
				{Code: "sync", MaxConsumption: new(50), Expires: true},
			}
		}},
		{key: "product_features", value: " ", want: func(*rules) {}},
		{key: "product_features", value: "render:many", found: "product_features=price_metadata"},
		{key: "product_features", value: ":5", found: "product_features=price_metadata"},
		{key: "product_features", value: "a b", found: "product_features=price_metadata"},
		{key: "product_features", value: "a:1:2", found: "product_features=price_metadata"},
		{key: "product_features", value: "a:-1", found: "product_features=price_metadata"},
		{key: "product_features", value: "a, a:5", found: "product_features=price_metadata"},
		{key: "product_features", value: "a:period", price: once, found: "product_features=price_metadata"},

		{key: "allow_unlimited_activations", value: "true", want: func(r *rules) { r.License.AllowUnlimitedActivations = new(true) }},
		{key: "allow_unlimited_activations", value: "yes", found: "allow_unlimited_activations=price_metadata"},
		{key: "max_transfers", value: "-1", want: func(r *rules) { r.License.MaxTransfers = new(-1) }},
		{key: "max_transfers", value: "-2", found: "max_transfers=price_metadata"},
		{key: "max_license_users", value: "0", want: func(r *rules) { r.License.MaxLicenseUsers = new(0) }},
		{key: "max_license_users", value: "many", found: "max_license_users=price_metadata"},
		{key: "max_consumptions", value: "99999999999", found: "max_consumptions=price_metadata"},
		{key: "max_consumptions", value: "9", want: func(r *rules) { r.License.MaxConsumptions = new(9) }},
		{key: "allow_overages", value: "false", want: func(r *rules) { r.License.AllowOverages = new(false) }},
		{key: "max_overages", value: "1.5", want: func(r *rules) { r.License.MaxOverages = new(1.5) }},
		{key: "max_overages", value: "NaN", found: "max_overages=price_metadata"},
		{key: "reset_consumption", value: "true", want: func(r *rules) { r.License.ResetConsumption = new(true) }},
		{key: "consumption_period", value: "monthly", want: func(r *rules) { r.License.ConsumptionPeriod = licensespring.Monthly }},
		{key: "consumption_period", value: "fortnight", found: "consumption_period=price_metadata"},
		{key: "floating_users", value: "5", want: func(r *rules) { r.License.FloatingUsers, r.License.IsFloating = new(5), new(true) }},
		{key: "floating_users", value: "0", found: "floating_users=price_metadata"},
		{key: "is_floating", value: "true", want: func(r *rules) { r.License.IsFloating = new(true) }},
		{key: "is_floating_cloud", value: "true", want: func(r *rules) { r.License.IsFloatingCloud = new(true) }},
		{key: "floating_timeout", value: "30", want: func(r *rules) { r.License.FloatingTimeout = new(30) }},
		{key: "grace_period", value: "24", want: func(r *rules) { r.License.GracePeriod, r.License.AllowGracePeriod = new(24), new(true) }},
		{key: "grace_period", value: "0", want: func(r *rules) { r.License.AllowGracePeriod = new(false) }},
		{key: "prevent_vm", value: "true", want: func(r *rules) { r.License.PreventVM = new(true) }},

		{key: "Slack Days", value: "3", found: "Slack Days=metadata_key"},
		{key: "on_refunds", value: "keep", found: "on_refunds=metadata_key"},
		{key: "internal_note", value: "x", want: func(*rules) {}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.key, "=", tt.value, tt.more, tt.found), func(t *testing.T) {
			t.Parallel()
			newPrice := tt.price
			if newPrice == nil {
				newPrice = monthly
			}
			price := newPrice("price_1", append([]string{tt.key, tt.value}, tt.more...)...)
			got, found := lifecycle.ReadRules(*price)
			if tt.found != "" {
				require.NotEmpty(t, found)
				assert.Equal(t, "price.metadata."+tt.found, found[0].Path+"="+string(found[0].Rule))
				assert.Contains(t, found[0].Message, "price_1")
				return
			}
			assert.Empty(t, found)
			want := lifecycle.Rules{Product: "acmecad", Quantity: lifecycle.QuantityLicenses, OnRefund: lifecycle.RefundDisable}
			if price.Interval != "" {
				want.License.LicenseType = licensespring.Subscription
			}
			tt.want(&want)
			assert.Equal(t, want, got)
		})
	}
}

// All findings are returned at once.
func TestReadRulesAllFindings(t *testing.T) {
	t.Parallel()
	_, found := lifecycle.ReadRules(*monthly("price_1", "quantity", "x", "slack_days", "x", "on_refund", "x", "grace-period", "1"))
	assert.Len(t, found, 4)
}

// The quantity multiplies the limit of the price.
func TestQuantityOfLimit(t *testing.T) {
	t.Parallel()
	s := subscription(withQuantity(10), withPrice(monthly("price_1", "quantity", "max_activations", "max_activations", "3")))
	e := lifecycle.Wanted(s, lifecycle.Config{}).Entitlements[0]
	assert.Equal(t, new(30), e.State.MaxActivations)
	assert.Equal(t, new(30), e.Template.MaxActivations)
	assert.Equal(t, "quantity 10 of 3", e.Reasons["max_activations"])
}

func TestFeaturesFollowThePeriod(t *testing.T) {
	t.Parallel()
	s := subscription(withPrice(monthly("price_1", "product_features", "render, calls:1000:period")))
	e := lifecycle.Wanted(s, lifecycle.Config{}).Entitlements[0]
	want := []licensespring.ProductFeature{
		{Code: "render"},
		{Code: "calls", MaxConsumption: new(1000), ExpiryDate: licensespring.Date{Year: 2031, Month: 5, Day: 5}},
	}
	assert.Equal(t, want, e.State.ProductFeatures)
	assert.Equal(t, want, e.Template.ProductFeatures)
}

func TestPriceOrder(t *testing.T) {
	t.Parallel()
	order, found, err := lifecycle.PriceOrder(*monthly("price_1", "product_features", "render:period", "max_activations", "2"), lifecycle.Config{})
	require.NoError(t, err)
	assert.Empty(t, found)
	require.NoError(t, order.Validate())
	license := order.Items[0].Licenses[0]
	assert.Equal(t, "render", license.ProductFeatures[0].Code)
	assert.Equal(t, licensespring.Subscription, license.LicenseType)
	assert.False(t, license.ValidityPeriod.IsZero())

	order, found, err = lifecycle.PriceOrder(*once("price_2", "license_type", "time-limited", "valid_duration", "1y"), lifecycle.Config{})
	require.NoError(t, err)
	assert.Empty(t, found)
	assert.Equal(t, licensespring.Years(1), order.Items[0].Licenses[0].ValidDuration)

	// A consumption limit of a subscription license.
	order, found, err = lifecycle.PriceOrder(*monthly("price_3", "max_consumptions", "5", "on_refund", "never"), lifecycle.Config{})
	require.NoError(t, err)
	assert.Nil(t, order)
	assert.Len(t, found, 1, "%v", found)

	order, found, err = lifecycle.PriceOrder(*monthly("price_3", "max_consumptions", "5"), lifecycle.Config{})
	require.NoError(t, err)
	assert.Nil(t, order)
	assert.Len(t, found, 1, "%v", found)

	_, _, err = lifecycle.PriceOrder(stripehook.Price{ID: "price_4"}, lifecycle.Config{})
	require.ErrorIs(t, err, stripehook.ErrNoLicense)
}
