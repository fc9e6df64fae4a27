package licensespring_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// catalogue returns products of each kind.
func catalogue(t *testing.T) []licensespring.ProductRecord {
	t.Helper()
	var products []licensespring.ProductRecord
	require.NoError(t, json.Unmarshal([]byte(`[
		{"short_code": "acmecad", "authorization_method": "license-key", "active": true, "is_archived": false, "is_bundle": false, "features": [{"code": "render"}, {"code": "export"}]},
		{"short_code": "acmeweb", "authorization_method": "user", "active": true, "features": []},
		{"short_code": "acmeold", "authorization_method": "license-key", "active": false, "is_archived": true},
		{"short_code": "acmeoff", "authorization_method": "license-key", "active": false},
		{"short_code": "acmesuite", "authorization_method": "license-key", "is_bundle": true, "features": []},
		{"short_code": "acmeshy"},
		{"short_code": "acmenull", "authorization_method": null, "active": null, "is_archived": null, "is_bundle": null, "features": null},
		{"short_code": "acmenew", "authorization_method": "biometric", "features": [{"code": "render"}, 7]},
		{"short_code": "acmehalf", "features": [{"code": "render"}, {"id": 7}]}
	]`), &products))
	return products
}

func TestCheckProducts(t *testing.T) {
	t.Parallel()
	order := func(items ...licensespring.OrderItem) *licensespring.Order {
		return licensespring.NewOrder("inv-1").AddItems(items...)
	}
	bundles := func(items ...licensespring.OrderItem) *licensespring.Order {
		o := order(items...)
		o.IsBundle = true
		return o
	}
	item := func(code string, licenses ...licensespring.License) licensespring.OrderItem {
		return licensespring.OrderItem{ProductCode: code, Licenses: licenses}
	}
	plain, keyed, user := licensespring.NewLicense(), licensespring.NewKeyLicense(givenKey), licensespring.NewUserLicense(userEmail)
	for _, row := range []struct {
		name  string
		order *licensespring.Order
		want  []string // path and rule
	}{
		{"a product", order(item("acmecad", plain, keyed)), nil},
		{"no items", order(), nil},
		{"no licenses", order(item("acmeweb")), nil}, // Check warns of it
		{"no code", order(item("", plain)), nil},     // likewise
		{"unknown", order(item("acmepaint", plain)), []string{"items[0].product_code unknown_product"}},
		{"another case", order(item("AcmeCAD", plain)), []string{"items[0].product_code unknown_product"}},
		{"archived", order(item("acmeold", plain)), []string{"items[0].product_code product_unavailable"}},
		{"not active", order(item("acmeoff", plain)), []string{"items[0].product_code product_unavailable"}},
		{"a bundle", order(item("acmesuite", user.WithFeatures("x"))), []string{"items[0].product_code bundle_mismatch"}},
		{"a product among bundles", bundles(item("acmesuite"), item("acmecad", user.WithFeatures("x"))), []string{"items[1].product_code bundle_mismatch"}},
		{"an unknown bundle", bundles(item("acmekit")), []string{"items[0].product_code unknown_product"}},
		{"licenses of a bundle", bundles(item("acmesuite", user, keyed, plain.WithFeatures("x"))), nil}, // of products that are not known
		{"users for keys", order(item("acmecad", plain, user)), []string{"items[0].licenses[1].users wrong_license_form"}},
		{"no users", order(item("acmeweb", user, plain)), []string{"items[0].licenses[1].users wrong_license_form"}},
		{
			"a key for users",
			order(item("acmeweb", keyed, keyed.WithUsers(userEmail))),
			[]string{"items[0].licenses[0].key wrong_license_form", "items[0].licenses[0].users wrong_license_form", "items[0].licenses[1].key wrong_license_form"},
		},
		{"a known feature", order(item("acmecad", plain.WithFeatures("export", "render"))), nil},
		{"an unknown feature", order(item("acmecad", plain.WithFeatures("export", "teleport"))), []string{"items[0].licenses[0].product_features[1].code unknown_feature"}},
		{"a feature of a product without features", order(item("acmeweb", user.WithFeatures("export"))), []string{"items[0].licenses[0].product_features[0].code unknown_feature"}},
		{"a feature without a code", order(item("acmecad", plain.WithFeatures(""))), nil}, // Check reports it
		// What the catalogue does not show is not judged.
		{"nothing shown", order(item("acmeshy", plain.WithFeatures("x"), keyed, user)), nil},
		{"null shown", order(item("acmenull", plain.WithFeatures("x"), keyed, user)), nil},
		{"nothing shown of a bundle", bundles(item("acmeshy", plain)), nil},
		{"another method, and unreadable features", order(item("acmenew", plain.WithFeatures("x"), user)), nil},
		{"a feature without a code in the catalogue", order(item("acmehalf", plain.WithFeatures("x"))), nil},
		{
			"all at once, in the order of the document",
			order(item("acmecad", user.WithFeatures("x", "render", "y")), item("acmepaint", user), item("acmeold", user), item("acmeweb", keyed.WithFeatures("z"))),
			[]string{
				"items[0].licenses[0].users wrong_license_form", "items[0].licenses[0].product_features[0].code unknown_feature",
				"items[0].licenses[0].product_features[2].code unknown_feature", "items[1].product_code unknown_product",
				"items[2].product_code product_unavailable", "items[2].licenses[0].users wrong_license_form",
				"items[3].licenses[0].key wrong_license_form", "items[3].licenses[0].users wrong_license_form",
				"items[3].licenses[0].product_features[0].code unknown_feature",
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, f := range row.order.CheckProducts(catalogue(t)) {
				got = append(got, f.Path+" "+string(f.Rule))
				assert.Equal(t, licensespring.SeverityError, f.Severity)
				assert.NotEmpty(t, f.Message)
			}
			assert.Equal(t, row.want, got)
		})
	}
	assert.Len(t, order(item("acmecad", plain)).CheckProducts(nil), 1)
}

// An order without findings is created as it is. One with findings is rejected, or
// something of it is dropped.
func TestCheckProductsAgreesWithService(t *testing.T) {
	t.Parallel()
	products := append(lst.DefaultProducts(), lst.Product{Code: "acmeold", Archived: true}, lst.Product{Code: "acmeoff", Disabled: true})
	client, _ := onLoopback(t, []lst.Option{lst.WithProducts(products...)})
	var known []licensespring.ProductRecord
	for product, err := range client.ListProducts(t.Context()) {
		require.NoError(t, err)
		known = append(known, *product)
	}
	require.Len(t, known, 6)
	n := 0
	for _, code := range []string{"acmecad", "acmeweb", "acmeapi", "acmesuite", "acmeold", "acmeoff", "acmepaint"} {
		for form, l := range map[string]licensespring.License{
			"plain": licensespring.NewLicense(), "key": licensespring.NewKeyLicense(""), "user": licensespring.NewUserLicense(userEmail),
			"feature": licensespring.NewLicense().WithFeatures("export"), "user with a feature": licensespring.NewUserLicense(userEmail).WithFeatures("teams"),
		} {
			for _, bundle := range []bool{false, true} {
				n++
				if form == "key" {
					l.Key = fmt.Sprintf("AAAA-BBBB-CCCC-%04d", n)
				}
				order := licensespring.NewOrder(fmt.Sprintf("inv-%d", n)).AddItem(code, l)
				order.IsBundle = bundle
				findings := order.CheckProducts(known)
				res, err := client.CreateOrder(t.Context(), order)
				created := err == nil && len(res.Warnings) == 0
				if code != "acmesuite" { // the licenses of a bundle are not judged
					assert.Equal(t, len(findings) == 0, created, "%s %s %t: %v, %v", code, form, bundle, findings, err)
				}
			}
		}
	}
}
