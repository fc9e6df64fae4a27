package licensespring

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// found compares an order with a record and returns the differences as text,
// those that are only told as warnings with their rule.
func found(t *testing.T, order *Order, record string, whole bool) []string {
	t.Helper()
	require.True(t, json.Valid([]byte(record)), record)
	rec, _ := readOrderRecord([]byte(record))
	var lines []string
	for _, d := range compareOrder(order, &rec, whole) {
		line := d.String()
		if d.rule != "" {
			line += " [" + d.rule + "]"
		}
		lines = append(lines, line)
	}
	return lines
}

// recordOf is a record of one item with one license.
func recordOf(license string) string {
	return `{"id": 1, "store_id": "a", "order_items": [{"product": {"short_code": "p"}, "licenses": [` + license + `]}]}`
}

func TestCompareLicense(t *testing.T) {
	t.Parallel()
	const license = "items[0].licenses[0]"
	tests := []struct {
		name  string
		asked License
		shown string
		want  []string // below the license
	}{
		{"nothing asked", License{}, `{"license_key": "K", "max_activations": 7, "is_trial": true}`, nil}, // the product decides
		{"nothing shown", License{MaxActivations: new(3), Note: "x", IsTrial: new(true)}, `{}`, nil},
		{"null and empty are nothing", License{MaxActivations: new(3), Note: "x", StartDate: Date{2026, 1, 2}}, `{"max_activations": null, "note": "", "start_date": null}`, nil},
		{"members nobody knows", License{}, `{"moon_phase": 3}`, nil},

		{"number", License{MaxActivations: new(3)}, `{"max_activations": 5}`, []string{".max_activations: asked for 3, found 5"}},
		{"number in quotes", License{MaxActivations: new(3)}, `{"max_activations": "3"}`, nil},
		{"zero is a value", License{MaxActivations: new(0)}, `{"max_activations": 1}`, []string{".max_activations: asked for 0, found 1"}},
		{"none at all is a value", License{MaxTransfers: new(-1)}, `{"max_transfers": 0}`, []string{".max_transfers: asked for -1, found 0"}},
		{"a number that is none", License{MaxActivations: new(3)}, `{"max_activations": {}}`, nil}, // it shows nothing
		{"fraction", License{ConsumptionOptions: ConsumptionOptions{MaxOverages: new(2.5)}}, `{"max_overages": "2.50"}`, nil},
		{"another fraction", License{ConsumptionOptions: ConsumptionOptions{MaxOverages: new(2.5)}}, `{"max_overages": 2}`, []string{".max_overages: asked for 2.5, found 2"}},
		{"truth", License{IsTrial: new(true)}, `{"is_trial": false}`, []string{".is_trial: asked for true, found false"}},
		{"false is a value", License{IsTrial: new(false)}, `{"is_trial": true}`, []string{".is_trial: asked for false, found true"}},
		{"truth in other words", License{IsTrial: new(true), PreventVM: new(false)}, `{"is_trial": 1, "prevent_vm": "False"}`, nil},
		{"text", License{Note: "spare"}, `{"note": "other"}`, []string{".note: asked for [redacted], found [redacted]"}},
		{"text, trimmed", License{Note: " spare "}, `{"note": "spare"}`, nil}, // the service cuts space off
		{"text, escaped", License{Note: "Größe"}, `{"note": "Gr\u00f6\u00dfe"}`, nil},
		{"type", License{LicenseType: Perpetual}, `{"license_type": "subscription"}`, []string{".license_type: asked for perpetual, found subscription"}},
		{"a type nobody knows", License{LicenseType: Perpetual}, `{"license_type": "AB2C-D3EF"}`, []string{".license_type: asked for perpetual, found [redacted]"}}, // it may be anything
		{"asked for a type nobody knows", License{LicenseType: "AB2C-D3EF"}, `{"license_type": "perpetual"}`, []string{".license_type: asked for [redacted], found perpetual"}},

		// Lengths, not spellings.
		{"12 months are a year", License{ValidDuration: Years(1)}, `{"valid_duration": "12m"}`, nil},
		{"60 minutes are an hour", License{ValidDuration: Hours(1)}, `{"valid_duration": "60min"}`, nil},
		{"24 hours are a day", License{ValidDuration: Days(1)}, `{"valid_duration": "24h"}`, nil},
		{"30 days are no month", License{ValidDuration: Months(1)}, `{"valid_duration": "30d"}`, []string{".valid_duration: asked for 1m, found 30d"}},
		{"31 days are no month", License{ValidDuration: Months(1)}, `{"valid_duration": "31d"}`, nil},                                                   // from the two days it is measured from, they are
		{"365 days are no year", License{ValidDuration: Years(1)}, `{"valid_duration": "365d"}`, []string{".valid_duration: asked for 1y, found 365d"}}, // not from July 2027
		{"a duration that is none", License{ValidDuration: Years(1)}, `{"valid_duration": 365}`, nil},
		{"no duration", License{ValidDuration: Years(1)}, `{"valid_duration": null}`, nil},

		// Moments to the second, or to the day.
		{"moment", License{ValidityPeriod: time.Date(2027, 1, 2, 3, 4, 5, 999, time.UTC)}, `{"validity_period": "2027-01-02T03:04:05Z"}`, nil},
		{"moment elsewhere", License{ValidityPeriod: time.Date(2027, 1, 2, 3, 4, 5, 0, time.FixedZone("", 7200))}, `{"validity_period": "2027-01-02 01:04:05"}`, nil},
		{"moment, to the day", License{ValidityPeriod: time.Date(2027, 1, 2, 23, 59, 59, 0, time.UTC)}, `{"validity_period": "2027-01-02"}`, nil},
		{"another moment", License{ValidityPeriod: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)}, `{"validity_period": "2027-01-02T03:04:06Z"}`, []string{".validity_period: asked for 2027-01-02 03:04:05, found 2027-01-02 03:04:06"}},
		{"another day", License{ValidityPeriod: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, `{"validity_period": "2027-01-03"}`, []string{".validity_period: asked for 2027-01-02 00:00:00, found 2027-01-03 00:00:00"}},
		{"zero date", License{ValidityPeriod: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, `{"validity_period": "0000-00-00"}`, nil}, // a known bug of the service
		{"no moment", License{ValidityPeriod: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, `{"validity_period": "soon"}`, nil},
		{"date", License{StartDate: Date{2027, 1, 2}}, `{"start_date": "2027-01-02T00:00:00Z"}`, nil},
		{"another date", License{StartDate: Date{2027, 1, 2}}, `{"start_date": "2027-01-03"}`, []string{".start_date: asked for 2027-01-02, found 2027-01-03"}},
		{"no date", License{StartDate: Date{2027, 1, 2}}, `{"start_date": "0000-00-00"}`, nil},

		// Both spellings.
		{"period, page", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Monthly}}, `{"consumption_period": "month"}`, nil},
		{"period, current", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: "month"}}, `{"consumption_period": "monthly"}`, nil},
		{"another period", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Monthly}}, `{"consumption_period": "year"}`, []string{".consumption_period: asked for monthly, found annually"}},
		{"a period nobody knows", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Monthly}}, `{"consumption_period": "ada@example.com"}`, []string{".consumption_period: asked for monthly, found [redacted]"}},
		{"maintenance, page", License{EnableMaintenanceDuration: new(true)}, `{"enable_maintenance_duration": true}`, nil},
		{"maintenance, current", License{EnableMaintenanceDuration: new(true)}, `{"enable_maintenance_period": true}`, nil},
		// The two signs of the wrong dialect make no other order.
		{"maintenance not enabled", License{EnableMaintenanceDuration: new(true)}, `{"enable_maintenance_period": false}`, []string{".enable_maintenance_duration: asked for true, found false [dialect_suspected]"}},
		{"maintenance enabled", License{EnableMaintenanceDuration: new(false)}, `{"enable_maintenance_period": true}`, []string{".enable_maintenance_duration: asked for false, found true"}},

		// Features.
		{"feature", License{ProductFeatures: []ProductFeature{{Code: "f"}}}, `{"product_features": [{"product_feature": {"code": "f"}}]}`, nil},
		{"feature, short", License{ProductFeatures: []ProductFeature{{Code: "f"}}}, `{"product_features": ["f", "g"]}`, nil},
		{"feature dropped", License{ProductFeatures: []ProductFeature{{Code: "f"}, {Code: "g"}}}, `{"product_features": [{"code": "f"}]}`, []string{".product_features[1].code: asked for [redacted], found nothing [feature_dropped]"}},
		{"feature otherwise", License{ProductFeatures: []ProductFeature{{Code: "f", MaxConsumption: new(3)}}}, `{"product_features": [{"max_consumption": 4, "product_feature": {"code": "f"}}]}`, []string{".product_features[0].max_consumption: asked for 3, found 4"}},

		// Users, by their real addresses.
		{"user", NewUserLicense("Ada@Example.com"), `{"license_users": [{"email": "ada@example.com|acme"}]}`, nil},
		{"user, true address", NewUserLicense("ada@example.com"), `{"license_users": [{"email": "x7", "true_email": "ada@example.com"}]}`, nil},
		{"user, alone", NewUserLicense("ada@example.com"), `{"license_user": {"true_email": "ada@example.com"}}`, nil},
		{"users in another order", NewUserLicense("a@example.com", "b@example.com"), `{"license_users": [{"email": "b@example.com"}, {"email": "a@example.com"}]}`, nil},
		{"another user", NewUserLicense("ada@example.com"), `{"license_users": [{"email": "grace@example.com"}]}`, []string{".users[0].email: asked for [redacted], found nothing"}},
		{"a user missing", NewUserLicense("a@example.com", "b@example.com"), `{"license_users": [{"email": "a@example.com"}]}`, []string{".users[1].email: asked for [redacted], found nothing"}},
		{"a user more", NewUserLicense("a@example.com"), `{"license_users": [{"email": "a@example.com"}, {"email": "b@example.com"}]}`, []string{".users: asked for 1, found 2"}},
		{"no users", NewUserLicense("a@example.com"), `{"license_users": []}`, []string{".users[0].email: asked for [redacted], found nothing"}},
		{"users not shown", NewUserLicense("a@example.com"), `{"license_users": null, "license_user": null}`, nil},
		{"users as numbers", NewUserLicense("a@example.com"), `{"license_users": [17]}`, nil},
		{"no user asked", License{}, `{"license_users": [{"email": "a@example.com"}]}`, nil},
		{"manager", License{Users: []LicenseUser{{Email: "a@example.com", IsManager: true, MaxActivations: new(2)}}}, `{"license_users": [{"email": "a@example.com", "is_manager": false, "max_activations": 1}]}`, []string{
			".users[0].is_manager: asked for true, found false", ".users[0].max_activations: asked for 2, found 1",
		}},

		// Free data.
		{"metadata", License{Metadata: map[string]any{"a": 1, "b": []any{"x"}}}, `{"metadata": {"b": ["x"], "a": 1.0, "added": true}}`, nil},
		{"other metadata", License{Metadata: map[string]any{"a": 1}}, `{"metadata": {"a": 2}}`, []string{".metadata: asked for [redacted], found [redacted]"}},
		{"metadata missing", License{Metadata: map[string]any{"a": 1}}, `{"metadata": {}}`, []string{".metadata: asked for [redacted], found [redacted]"}},
		{"metadata null", License{Metadata: map[string]any{"a": nil}}, `{"metadata": {}}`, nil},
		{"metadata of no shape", License{Metadata: map[string]any{"a": 1}}, `{"metadata": "a"}`, nil},
		{"custom fields", License{CustomFields: []CustomField{{Name: "n", Value: 3}, {Name: "m", Value: "x"}}}, `{"custom_fields": [{"name": "m", "value": "x"}, {"name": "n", "value": "3.00"}, {"name": "o", "value": "y"}]}`, nil},
		{"other custom fields", License{CustomFields: []CustomField{{Name: "n", Value: "x"}}}, `{"custom_fields": [{"name": "n", "value": "y"}]}`, []string{".custom_fields[0].value: asked for [redacted], found [redacted]"}},
		{"custom fields, not shown", License{CustomFields: []CustomField{{Name: "n", Value: "x"}}}, `{"custom_fields": [{"name": "n", "value": null}]}`, nil},
		{"extra members", License{Extra: map[string]json.RawMessage{"x": json.RawMessage(`1`)}}, `{"x": 2}`, nil}, // nobody knows what they mean

		{"key", NewKeyLicense("K"), `{"license_key": "K"}`, nil},
		{"another key", NewKeyLicense("K"), `{"license_key": "L"}`, []string{".key: asked for [redacted], found nothing", "items: asked for 1 licenses, found 1 licenses"}},
		{"no key shown", NewKeyLicense("K"), `{"license_key": null}`, []string{".key: asked for [redacted], found nothing", "items: asked for 1 licenses, found 1 licenses"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for _, line := range tt.want {
				if strings.HasPrefix(line, ".") {
					line = license + line
				}
				want = append(want, line)
			}
			assert.Equal(t, want, found(t, withLicense(tt.asked), recordOf(tt.shown), true))
		})
	}
}

func TestCompareOrder(t *testing.T) {
	t.Parallel()
	const rest = `"order_items": [{"product": {"short_code": "p"}, "licenses": [{"language": "fr", "is_test": true, "metadata": {"x": 1}, "reference": "z"}]}]`
	tests := []struct {
		name  string
		asked func(*Order)
		shown string // members of the order
		want  []string
	}{
		{"nothing asked", func(*Order) {}, `"is_test": false, "language": "en"`, nil},
		{"the same", func(o *Order) {
			o.IsTest, o.Language, o.OrderType, o.DownloadID, o.CampaignParams, o.Reference = true, "en", NormalOrder, "d", "c=1", "r"
			o.PreventVM, o.CustomerAccountID, o.AddToCustomerAccount = new(true), new(int64(7)), new(false)
		}, `"is_test": true, "language": "en", "type": "normal", "download_id": "d", "campaign_params": "c=1", "reference": "r", "prevent_vm": true, "customer_account_id": 7, "add_to_customer_account": false`, nil},
		{"all otherwise", func(o *Order) {
			o.IsTest, o.Language, o.OrderType, o.DownloadID, o.CampaignParams, o.Reference = true, "en", NormalOrder, "d", "c=1", "r"
			o.PreventVM, o.CustomerAccountID, o.AddToCustomerAccount = new(true), new(int64(7)), new(false)
		}, `"is_test": false, "language": "de", "type": "odd", "download_id": "e", "campaign_params": "c=2", "reference": "s", "prevent_vm": false, "customer_account_id": 8, "add_to_customer_account": true`, []string{
			"is_test: asked for true, found false",
			"order_type: asked for normal, found [redacted]",
			"language: asked for en, found de",
			"campaign_params: asked for [redacted], found [redacted]",
			"download_id: asked for [redacted], found [redacted]",
			"prevent_vm: asked for true, found false",
			"customer_account_id: asked for 7, found 8",
			"add_to_customer_account: asked for false, found true",
			"reference: asked for [redacted], found [redacted]",
		}},
		// What stands within the licenses is not the order's.
		{"not shown", func(o *Order) { o.IsTest, o.Language, o.Reference = true, "en", "r" }, `"type": "normal"`, nil},
		{"created", func(o *Order) { o.Created = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }, `"created": "2026-01-01", "created_at": "2026-01-01"`, nil}, // by the service's clock
		{"not a test", func(*Order) {}, `"is_test": true`, []string{"is_test: asked for false, found true"}},                                                // somebody has paid
		{"perhaps a test", func(*Order) {}, `"is_test": null`, nil},
		{"a region", func(o *Order) { o.Language = "pt-BR" }, `"language": "pt_PT"`, []string{"language: asked for pt-BR, found pt_PT"}},
		{"no language", func(o *Order) { o.Language = "en" }, `"language": "ada@example.com"`, []string{"language: asked for en, found [redacted]"}},
		{"no language, nearly", func(o *Order) { o.Language = "en-" }, `"language": "en-GBX"`, []string{"language: asked for [redacted], found [redacted]"}},

		{"metadata", func(o *Order) { o.Metadata = `{"a": 1, "b": [2]}` }, `"metadata": "{\"b\":[2.0],\"a\":1}"`, nil},
		{"metadata, unpacked", func(o *Order) { o.Metadata = `{"a": 1}` }, `"metadata": {"a": 1, "added": true}`, nil},
		{"metadata, a text", func(o *Order) { o.Metadata = ` plain ` }, `"metadata": "plain"`, nil},
		{"other metadata", func(o *Order) { o.Metadata = `{"a": 1}` }, `"metadata": "{\"a\": 2}"`, []string{"metadata: asked for [redacted], found [redacted]"}},
		{"other metadata, a list", func(o *Order) { o.Metadata = `[1]` }, `"metadata": "[1, 2]"`, []string{"metadata: asked for [redacted], found [redacted]"}},
		{"other metadata, a text", func(o *Order) { o.Metadata = `plain` }, `"metadata": "other"`, []string{"metadata: asked for [redacted], found [redacted]"}},
		{"no metadata shown", func(o *Order) { o.Metadata = `{"a": 1}` }, `"metadata": null`, nil},

		{"customer", func(o *Order) { o.Customer = &Customer{Email: "Ada@example.com"} }, `"customer": {"email": "ada@example.com|acme"}`, nil},
		{"another customer", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com"} }, `"customer": {"email": "grace@example.com"}`, []string{"customer.email: asked for [redacted], found [redacted]"}},
		// The rest belongs to the customer, whom other orders share and change.
		{"customer, renamed", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com", FirstName: "Ada", Company: "A"} }, `"customer": {"email": "ada@example.com", "first_name": "Adele", "company": "B"}`, nil},
		{"customer as a number", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com", Company: "A"} }, `"customer": 17`, nil},
		{"customer missing", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com", Company: "A"} }, `"customer": null`, nil},
		{"customer without an address", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com"} }, `"customer": {"email": null}`, nil},
		{"no customer asked", func(*Order) {}, `"customer": {"email": "ada@example.com"}`, nil},
		{"company not stored", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com", Company: "A"} }, `"customer": {"email": "ada@example.com", "company_name": ""}`, []string{"customer.company: asked for [redacted], found nothing [dialect_suspected]"}},
		{"company, in either spelling", func(o *Order) { o.Customer = &Customer{Company: "A"} }, `"customer": {"company_name": "A"}`, nil},

		// A bundle's record shows the products in it.
		{"bundle", func(o *Order) {
			o.IsBundle = true
			o.Items[0] = OrderItem{ProductCode: "suite", Licenses: []License{{}, {}, {}}}
		}, `"is_bundle": true`, nil},
		{"bundle, and not said to be one", func(o *Order) {
			o.IsBundle = true
			o.Items[0] = OrderItem{ProductCode: "suite", Licenses: []License{{}, {}, {}}}
		}, `"type": "normal"`, nil},
		{"a bundle that nobody asked for", func(*Order) {}, `"is_bundle": true`, []string{"is_bundle: asked for false, found true"}},
		{"no bundle", func(o *Order) { o.IsBundle = true }, `"is_bundle": false`, []string{"is_bundle: asked for true, found false"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			order := good()
			tt.asked(order)
			assert.Equal(t, tt.want, found(t, order, `{"id": 1, "store_id": "a", `+rest+`, `+tt.shown+`}`, true))
			assert.Equal(t, tt.want, found(t, order, `{"id": 1, "store_id": "a", `+tt.shown+`, `+rest+`}`, true))
		})
	}
}

// item is an item of a record.
func item(code string, licenses ...string) string {
	product := ""
	if code != "" {
		product = `"product": {"short_code": "` + code + `"}, `
	}
	return `{` + product + `"licenses": [` + strings.Join(licenses, ", ") + `]}`
}

func recordOfItems(items ...string) string {
	return `{"id": 1, "store_id": "a", "order_items": [` + strings.Join(items, ", ") + `]}`
}

func TestComparePairs(t *testing.T) {
	t.Parallel()
	three, five := License{MaxActivations: new(3)}, License{MaxActivations: new(5)}
	tests := []struct {
		name   string
		asked  *Order
		record string
		part   bool // the record may hold more
		want   []string
	}{
		{"in another order", withLicenses(three, five), recordOfItems(item("p", `{"max_activations": 5}`, `{"max_activations": 3}`)), false, nil},
		{"grouped otherwise", withLicenses(three, five), recordOfItems(item("p", `{"max_activations": 5}`), item("p", `{"max_activations": 3}`)), false, nil},
		{"split otherwise", NewOrder("a").AddItem("p", three).AddItem("p", five), recordOfItems(item("p", `{"max_activations": 5}`, `{"max_activations": 3}`)), false, nil},
		{"items in another order", NewOrder("a").AddItem("p", three).AddItem("q", five), recordOfItems(item("q", `{"max_activations": 5}`), item("p", `{"max_activations": 3}`)), false, nil},
		{"by key", withLicenses(NewKeyLicense("K").WithMaxActivations(3), NewKeyLicense("L").WithMaxActivations(5)), recordOfItems(item("p", `{"license_key": "L", "max_activations": 5}`, `{"license_key": "K", "max_activations": 3}`)), false, nil},
		{"by key, and swapped", withLicenses(NewKeyLicense("K").WithMaxActivations(3), NewKeyLicense("L").WithMaxActivations(5)), recordOfItems(item("p", `{"license_key": "L", "max_activations": 3}`, `{"license_key": "K", "max_activations": 5}`)), false, []string{
			"items[0].licenses[0].max_activations: asked for 3, found 5", "items[0].licenses[1].max_activations: asked for 5, found 3",
		}},
		{"by key, of another product", NewOrder("a").AddItem("p", NewKeyLicense("K")).AddItem("q", NewKeyLicense("L")), recordOfItems(item("p", `{"license_key": "L"}`), item("q", `{"license_key": "K"}`)), false, []string{
			"items[0].licenses[0].key: asked for [redacted], found nothing", "items[1].licenses[0].key: asked for [redacted], found nothing",
			"items: asked for 2 licenses, found 2 licenses",
		}},
		{"by key, many", withLicenses(keyed(40)...), recordOfItems(item("p", keysReversed(40)...)), false, nil},
		{"by key, many, one of them another", withLicenses(keyed(20)...), recordOfItems(item("p", append(keysReversed(20)[1:], `{"license_key": "other"}`)...)), false, []string{
			"items[0].licenses[19].key: asked for [redacted], found nothing", "items: asked for 20 licenses, found 20 licenses",
		}},
		{"a license with a key is not one without", withLicenses(License{}, NewKeyLicense("K")), recordOfItems(item("p", `{"license_key": "K"}`, `{"license_key": "L"}`)), false, nil},
		{"by users", withLicenses(NewUserLicense("a@example.com").WithMaxActivations(3), NewUserLicense("b@example.com")), recordOfItems(item("p", `{"license_users": [{"email": "b@example.com"}], "max_activations": 9}`, `{"license_users": [{"email": "a@example.com"}], "max_activations": 3}`)), false, nil},
		{"one user twice", withLicenses(NewUserLicense("a@example.com").WithMaxActivations(3), NewUserLicense("a@example.com").WithMaxActivations(5)), recordOfItems(item("p", `{"license_users": [{"email": "a@example.com"}], "max_activations": 5}`, `{"license_users": [{"email": "a@example.com"}], "max_activations": 3}`)), false, nil},

		// A license that leaves more open must not take the place of one that
		// does not.
		{"the open one first", withLicenses(License{}, five), recordOfItems(item("p", `{"max_activations": 5}`, `{"max_activations": 1}`)), false, nil},
		{"a chain", withLicenses(License{}, three, License{MaxActivations: new(3), Note: "x"}), recordOfItems(item("p", `{"max_activations": 3, "note": "x"}`, `{"max_activations": 3, "note": "y"}`, `{"max_activations": 1}`)), false, nil},
		{"a chain that has no end", withLicenses(License{}, three, License{MaxActivations: new(3), Note: "x"}), recordOfItems(item("p", `{"max_activations": 3, "note": "y"}`, `{"max_activations": 3, "note": "z"}`, `{"max_activations": 1}`)), false, []string{
			"items[0].licenses[2].max_activations: asked for 3, found 1",
		}},
		// What the service drops in silence must not make it worse.
		{"warnings last", withLicenses(License{ProductFeatures: []ProductFeature{{Code: "gone"}}}, License{ProductFeatures: []ProductFeature{{Code: "f"}}}), recordOfItems(item("p", `{"product_features": ["f"]}`, `{"product_features": []}`)), false, []string{
			"items[0].licenses[0].product_features[0].code: asked for [redacted], found nothing [feature_dropped]",
		}},

		{"a license too few", withLicenses(three, three), recordOfItems(item("p", `{"max_activations": 3}`)), false, []string{"items[0].licenses[1]: asked for a license, found nothing"}},
		{"a license too many", withLicenses(three), recordOfItems(item("p", `{"max_activations": 3}`, `{}`)), false, []string{"items: asked for 1 licenses, found 2 licenses"}},
		{"an item too many", withLicenses(three), recordOfItems(item("p", `{"max_activations": 3}`), item("q", `{}`)), false, []string{"items: asked for 1 licenses, found 2 licenses"}},
		{"another product", withLicenses(three), recordOfItems(item("q", `{"max_activations": 3}`)), false, []string{
			"items[0].product_code: asked for p, found nothing", "items[0].licenses[0]: asked for a license, found nothing", "items: asked for 1 licenses, found 1 licenses",
		}},
		{"more, and that is right", withLicenses(three), recordOfItems(item("p", `{"max_activations": 3}`, `{}`), item("q", `{}`)), true, nil},
		{"more, and one missing", withLicenses(NewKeyLicense("K")), recordOfItems(item("p", `{"license_key": "L"}`)), true, []string{"items[0].licenses[0].key: asked for [redacted], found nothing"}},

		// The product is not always told.
		{"no products", NewOrder("a").AddItem("p", three).AddItem("q", five), recordOfItems(item("", `{"max_activations": 5}`), item("", `{"max_activations": 3}`)), false, nil},
		{"no products, and one too many", NewOrder("a").AddItem("p", three), recordOfItems(item("", `{"max_activations": 5}`), item("", `{"max_activations": 3}`)), false, []string{"items: asked for 1 licenses, found 2 licenses"}},

		// Nothing said of licenses: whatever was made is right.
		{"no licenses asked", NewOrder("a").AddItem("p"), recordOfItems(item("p", `{}`, `{}`)), false, nil},
		{"no licenses asked, none made", NewOrder("a").AddItem("p"), recordOfItems(item("p")), false, nil},
		{"no licenses asked, product not told", NewOrder("a").AddItem("p"), recordOfItems(item("", `{}`)), false, nil},
		{"no licenses asked once, a key asked once", NewOrder("a").AddItem("p").AddItem("p", NewKeyLicense("K")), recordOfItems(item("p", `{}`, `{"license_key": "K"}`)), false, nil},
		{"no licenses asked of another product", NewOrder("a").AddItem("p").AddItem("q", License{}), recordOfItems(item("p", `{}`), item("q", `{}`, `{}`)), false, []string{"items: asked for 1 licenses, found 3 licenses"}},

		// A record that does not show licenses shows no difference.
		{"no items", withLicenses(three), `{"id": 1, "store_id": "a"}`, false, nil},
		{"items as numbers", withLicenses(three), `{"id": 1, "store_id": "a", "order_items": [17, 18]}`, false, nil},
		{"licenses as numbers", withLicenses(three), `{"id": 1, "store_id": "a", "order_items": [{"product": {"short_code": "p"}, "licenses": [17]}]}`, false, nil},
		{"licenses left out", withLicenses(three), `{"id": 1, "store_id": "a", "order_items": [{"product": {"short_code": "p"}}]}`, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, found(t, tt.asked, tt.record, !tt.part))
		})
	}
}

// keysReversed are licenses of a record with the keys of keyed, the last first.
func keysReversed(n int) []string {
	var all []string
	for _, l := range slices.Backward(keyed(n)) {
		all = append(all, `{"license_key": "`+l.Key+`"}`)
	}
	return all
}

func TestCompareNotes(t *testing.T) {
	t.Parallel()
	withNote := func(code, note string, licenses ...License) *Order {
		o := NewOrder("a").AddItem(code, licenses...)
		o.Items[0].Note = note
		return o
	}
	assert.Nil(t, found(t, withNote("p", "x", License{}), recordOfItems(`{"product": {"short_code": "p"}, "note": "x", "licenses": [{}]}`), true))
	assert.Equal(t, []string{"items[0].note: asked for [redacted], found [redacted]"},
		found(t, withNote("p", "x", License{}), recordOfItems(`{"product": {"short_code": "p"}, "note": "y", "licenses": [{}]}`), true))
	// Of two items of one product nobody knows which is which.
	assert.Nil(t, found(t, withNote("p", "x", License{}), recordOfItems(`{"product": {"short_code": "p"}, "note": "y", "licenses": [{}]}`, item("p")), true))
}

// The order's switch is for all licenses it makes, whatever they say.
func TestComparePreventVM(t *testing.T) {
	t.Parallel()
	order := withLicense(License{PreventVM: new(false)})
	order.PreventVM = new(true)
	assert.Nil(t, found(t, order, recordOf(`{"prevent_vm": true}`), true))
	order.PreventVM = nil
	assert.Equal(t, []string{"items[0].licenses[0].prevent_vm: asked for false, found true"}, found(t, order, recordOf(`{"prevent_vm": true}`), true))
}

func TestComparePart(t *testing.T) {
	t.Parallel()
	order := NewOrder("a").
		AddItem("p", NewKeyLicense("K").WithMaxActivations(1), NewKeyLicense("L").WithMaxActivations(1)).
		AddItem("q", NewKeyLicense("M").WithMaxActivations(1)).
		AddItem("r", NewKeyLicense("N"))
	rec, _ := readOrderRecord([]byte(recordOfItems(
		item("p", `{"license_key": "K", "max_activations": 2}`, `{"license_key": "L", "max_activations": 2}`),
		item("q", `{"license_key": "M", "max_activations": 2}`), item("s", `{}`),
	)))
	var paths []string
	for _, d := range comparePart(order, &rec, map[string]bool{"L": true, "M": true}) {
		paths = append(paths, d.Path)
	}
	assert.Equal(t, []string{"items[0].licenses[1].max_activations", "items[1].licenses[0].max_activations"}, paths)
}

// Whatever order the service gives them back in, licenses that are what was
// asked for are found to be, and a single one that is not is found.
func TestCompareManyLicenses(t *testing.T) {
	t.Parallel()
	const n = 120
	var (
		asked []License
		shown []string
	)
	for i := range n {
		l := NewLicense().WithNote(fmt.Sprint("seat ", i/2)) // each twice
		if i%3 == 0 {
			l = NewLicense() // any of them
		}
		asked = append(asked, l)
		shown = append(shown, fmt.Sprintf(`{"license_key": "K%d", "note": "seat %d"}`, i, i/2))
	}
	orders := map[string]func(){
		"the same": func() {},
		"reversed": func() { slices.Reverse(shown) },
		"by key":   func() { slices.Sort(shown) },
		"rotated":  func() { shown = append(shown[40:], shown[:40]...) },
	}
	for name, arrange := range orders {
		arrange()
		order := withLicenses(asked...)
		assert.Nil(t, found(t, order, recordOfItems(item("p", shown...)), true), name)

		order.Items[0].Licenses[n-2].Note = "seat 1000"
		assert.Equal(t, []string{"items[0].licenses[118].note: asked for [redacted], found [redacted]"},
			found(t, order, recordOfItems(item("p", shown...)), true), name)
		order.Items[0].Licenses[n-2].Note = "seat 59"
	}
}

// Many that are all alike, and all different from what was asked for, take no
// time worth the name.
func TestCompareManyThatDiffer(t *testing.T) {
	t.Parallel()
	const n = 3000
	order := withLicenses(slices.Repeat([]License{{MaxActivations: new(3)}}, n)...)
	shown := slices.Repeat([]string{`{"max_activations": 5}`}, n)
	assert.Len(t, found(t, order, recordOfItems(item("p", shown...)), true), n)
}

func TestDifferenceTexts(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a: asked for nothing, found 2", Difference{Path: "a", Found: "2"}.String())
	for rule, want := range map[string]string{
		"":                   "not_as_asked: asked for 1, found 2",
		RuleFeatureDropped:   "feature_dropped: the license does not have the feature; the service drops codes it does not know",
		RuleDialectSuspected: "dialect_suspected: was sent and is not in the record; the service may expect the other dialect",
	} {
		f := Difference{Path: "a", Asked: "1", Found: "2", rule: rule}.warning()
		assert.Equal(t, Warning, f.Severity)
		assert.Equal(t, "a", f.Path)
		assert.Equal(t, want, f.Rule+": "+f.Message)
	}
}
