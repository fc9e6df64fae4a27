package licensespring

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// compared compares an order with a record and returns the differences as text.
func compared(t *testing.T, order *Order, record string, whole bool) []string {
	t.Helper()
	require.True(t, json.Valid([]byte(record)), record)
	rec, _ := parseRecord(t, record)
	var lines []string
	for _, d := range compareOrder(order, rec, whole) {
		line := d.String()
		lines = append(lines, line)
	}
	return lines
}

// recordOf returns a record of one item with one license.
func recordOf(license string) string {
	return `{"id": 1, "store_id": "a", "order_items": [{"product": {"short_code": "p"}, "licenses": [` + license + `]}]}`
}

func TestCompareLicense(t *testing.T) {
	t.Parallel()
	const license = "items[0].licenses[0]"
	tests := []struct {
		name  string
		order License
		shown string
		want  []string // relative to the license
	}{
		{"nothing set", License{}, `{"license_key": "K", "max_activations": 7, "is_trial": true}`, nil}, // the product decides
		{"nothing shown", License{MaxActivations: new(3), Note: "x", IsTrial: new(true)}, `{}`, nil},
		{"null and empty are absent", License{MaxActivations: new(3), Note: "x", StartDate: Date{2026, 1, 2}}, `{"max_activations": null, "note": "", "start_date": null}`, nil},
		{"unknown members", License{}, `{"moon_phase": 3}`, nil},

		{"number", License{MaxActivations: new(3)}, `{"max_activations": 5}`, []string{".max_activations: want 3, got 5 [value_mismatch]"}},
		{"number in quotes", License{MaxActivations: new(3)}, `{"max_activations": "3"}`, nil},
		{"zero is a value", License{MaxActivations: new(0)}, `{"max_activations": 1}`, []string{".max_activations: want 0, got 1 [value_mismatch]"}},
		{"-1 is a value", License{MaxTransfers: new(-1)}, `{"max_transfers": 0}`, []string{".max_transfers: want -1, got 0 [value_mismatch]"}},
		{"not a number", License{MaxActivations: new(3)}, `{"max_activations": {}}`, nil}, // it shows no value
		{"fraction", License{ConsumptionOptions: ConsumptionOptions{MaxOverages: new(2.5)}}, `{"max_overages": "2.50"}`, nil},
		{"another fraction", License{ConsumptionOptions: ConsumptionOptions{MaxOverages: new(2.5)}}, `{"max_overages": 2}`, []string{".max_overages: want 2.5, got 2 [value_mismatch]"}},
		{"truth", License{IsTrial: new(true)}, `{"is_trial": false}`, []string{".is_trial: want true, got false [value_mismatch]"}},
		{"false is a value", License{IsTrial: new(false)}, `{"is_trial": true}`, []string{".is_trial: want false, got true [value_mismatch]"}},
		{"truth in other words", License{IsTrial: new(true), PreventVM: new(false)}, `{"is_trial": 1, "prevent_vm": "False"}`, nil},
		{"text", License{Note: "spare"}, `{"note": "other"}`, []string{".note: want [redacted], got [redacted] [value_mismatch]"}},
		{"text, trimmed", License{Note: " spare "}, `{"note": "spare"}`, nil}, // the service trims white space
		{"text, escaped", License{Note: "Größe"}, `{"note": "Gr\u00f6\u00dfe"}`, nil},
		{"type", License{LicenseType: Perpetual}, `{"license_type": "subscription"}`, []string{".license_type: want perpetual, got subscription [value_mismatch]"}},
		{"unknown type", License{LicenseType: Perpetual}, `{"license_type": "AB2C-D3EF"}`, []string{".license_type: want perpetual, got [redacted] [value_mismatch]"}}, // it may be customer data
		{"unknown type wanted", License{LicenseType: "AB2C-D3EF"}, `{"license_type": "perpetual"}`, []string{".license_type: want [redacted], got perpetual [value_mismatch]"}},

		// Durations are compared by length.
		{"12 months are a year", License{ValidDuration: Years(1)}, `{"valid_duration": "12m"}`, nil},
		{"60 minutes are an hour", License{ValidDuration: Hours(1)}, `{"valid_duration": "60min"}`, nil},
		{"24 hours are a day", License{ValidDuration: Days(1)}, `{"valid_duration": "24h"}`, nil},
		{"30 days are not a month", License{ValidDuration: Months(1)}, `{"valid_duration": "30d"}`, []string{".valid_duration: want 1m, got 30d [value_mismatch]"}},
		{"31 days are a month", License{ValidDuration: Months(1)}, `{"valid_duration": "31d"}`, nil},                                                                 // equal from both dates that the comparison uses
		{"365 days are not a year", License{ValidDuration: Years(1)}, `{"valid_duration": "365d"}`, []string{".valid_duration: want 1y, got 365d [value_mismatch]"}}, // not from July 2027
		{"not a duration", License{ValidDuration: Years(1)}, `{"valid_duration": 365}`, nil},
		{"no duration", License{ValidDuration: Years(1)}, `{"valid_duration": null}`, nil},

		// Times are compared to the second, or to the day.
		{"moment", License{ValidityPeriod: time.Date(2027, 1, 2, 3, 4, 5, 999, time.UTC)}, `{"validity_period": "2027-01-02T03:04:05Z"}`, nil},
		{"moment elsewhere", License{ValidityPeriod: time.Date(2027, 1, 2, 3, 4, 5, 0, time.FixedZone("", 7200))}, `{"validity_period": "2027-01-02 01:04:05"}`, nil},
		{"moment, to the day", License{ValidityPeriod: time.Date(2027, 1, 2, 23, 59, 59, 0, time.UTC)}, `{"validity_period": "2027-01-02"}`, nil},
		{"another moment", License{ValidityPeriod: time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC)}, `{"validity_period": "2027-01-02T03:04:06Z"}`, []string{".validity_period: want 2027-01-02 03:04:05, got 2027-01-02 03:04:06 [value_mismatch]"}},
		{"another day", License{ValidityPeriod: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, `{"validity_period": "2027-01-03"}`, []string{".validity_period: want 2027-01-02 00:00:00, got 2027-01-03 00:00:00 [value_mismatch]"}},
		{"zero date", License{ValidityPeriod: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, `{"validity_period": "0000-00-00"}`, nil}, // a known bug of the service
		{"no moment", License{ValidityPeriod: time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC)}, `{"validity_period": "soon"}`, nil},
		{"date", License{StartDate: Date{2027, 1, 2}}, `{"start_date": "2027-01-02T00:00:00Z"}`, nil},
		{"another date", License{StartDate: Date{2027, 1, 2}}, `{"start_date": "2027-01-03"}`, []string{".start_date: want 2027-01-02, got 2027-01-03 [value_mismatch]"}},
		{"no date", License{StartDate: Date{2027, 1, 2}}, `{"start_date": "0000-00-00"}`, nil},

		// Both spellings are read.
		{"period, classic", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Monthly}}, `{"consumption_period": "month"}`, nil},
		{"period, current", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: "month"}}, `{"consumption_period": "monthly"}`, nil},
		{"another period", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Monthly}}, `{"consumption_period": "year"}`, []string{".consumption_period: want monthly, got annually [value_mismatch]"}},
		{"unknown period", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Monthly}}, `{"consumption_period": "ada@example.com"}`, []string{".consumption_period: want monthly, got [redacted] [value_mismatch]"}},
		{"maintenance, classic", License{EnableMaintenanceDuration: new(true)}, `{"enable_maintenance_duration": true}`, nil},
		{"maintenance, current", License{EnableMaintenanceDuration: new(true)}, `{"enable_maintenance_period": true}`, nil},
		// The two signs of the wrong dialect are tolerated.
		{"maintenance not enabled", License{EnableMaintenanceDuration: new(true)}, `{"enable_maintenance_period": false}`, []string{".enable_maintenance_duration: want true, got false [dialect_suspected]"}},
		{"maintenance enabled", License{EnableMaintenanceDuration: new(false)}, `{"enable_maintenance_period": true}`, []string{".enable_maintenance_duration: want false, got true [value_mismatch]"}},

		// Features.
		{"feature", License{ProductFeatures: []ProductFeature{{Code: "f"}}}, `{"product_features": [{"product_feature": {"code": "f"}}]}`, nil},
		{"feature, short", License{ProductFeatures: []ProductFeature{{Code: "f"}}}, `{"product_features": ["f", "g"]}`, nil},
		{"feature dropped", License{ProductFeatures: []ProductFeature{{Code: "f"}, {Code: "g"}}}, `{"product_features": [{"code": "f"}]}`, []string{".product_features[1].code: want [redacted], got nothing [feature_dropped]"}},
		{"different feature", License{ProductFeatures: []ProductFeature{{Code: "f", MaxConsumption: new(3)}}}, `{"product_features": [{"max_consumption": 4, "product_feature": {"code": "f"}}]}`, []string{".product_features[0].max_consumption: want 3, got 4 [value_mismatch]"}},

		// Users are compared by their real addresses.
		{"user", NewUserLicense("Ada@Example.com"), `{"license_users": [{"email": "ada@example.com|acme"}]}`, nil},
		{"user, true address", NewUserLicense("ada@example.com"), `{"license_users": [{"email": "x7", "true_email": "ada@example.com"}]}`, nil},
		{"user, alone", NewUserLicense("ada@example.com"), `{"license_user": {"true_email": "ada@example.com"}}`, nil},
		{"users in another order", NewUserLicense("a@example.com", "b@example.com"), `{"license_users": [{"email": "b@example.com"}, {"email": "a@example.com"}]}`, nil},
		{"another user", NewUserLicense("ada@example.com"), `{"license_users": [{"email": "grace@example.com"}]}`, []string{".users[0].email: want [redacted], got nothing [value_mismatch]"}},
		{"missing user", NewUserLicense("a@example.com", "b@example.com"), `{"license_users": [{"email": "a@example.com"}]}`, []string{".users[1].email: want [redacted], got nothing [value_mismatch]"}},
		{"additional user", NewUserLicense("a@example.com"), `{"license_users": [{"email": "a@example.com"}, {"email": "b@example.com"}]}`, []string{".users: want 1, got 2 [value_mismatch]"}},
		{"no users", NewUserLicense("a@example.com"), `{"license_users": []}`, []string{".users[0].email: want [redacted], got nothing [value_mismatch]"}},
		{"users not shown", NewUserLicense("a@example.com"), `{"license_users": null, "license_user": null}`, nil},
		{"users as numbers", NewUserLicense("a@example.com"), `{"license_users": [17]}`, nil},
		{"no user wanted", License{}, `{"license_users": [{"email": "a@example.com"}]}`, nil},
		{"manager", License{Users: []LicenseUser{{Email: "a@example.com", IsManager: true, MaxActivations: new(2)}}}, `{"license_users": [{"email": "a@example.com", "is_manager": false, "max_activations": 1}]}`, []string{
			".users[0].is_manager: want true, got false [value_mismatch]", ".users[0].max_activations: want 2, got 1 [value_mismatch]",
		}},

		// Free-form data.
		{"metadata", License{Metadata: map[string]any{"a": 1, "b": []any{"x"}}}, `{"metadata": {"b": ["x"], "a": 1.0, "added": true}}`, nil},
		{"other metadata", License{Metadata: map[string]any{"a": 1}}, `{"metadata": {"a": 2}}`, []string{".metadata: want [redacted], got [redacted] [value_mismatch]"}},
		{"metadata missing", License{Metadata: map[string]any{"a": 1}}, `{"metadata": {}}`, []string{".metadata: want [redacted], got [redacted] [value_mismatch]"}},
		{"metadata null", License{Metadata: map[string]any{"a": nil}}, `{"metadata": {}}`, nil},
		{"metadata that is no object", License{Metadata: map[string]any{"a": 1}}, `{"metadata": "a"}`, nil},
		{"custom fields", License{CustomFields: []CustomField{{Name: "n", Value: 3}, {Name: "m", Value: "x"}}}, `{"custom_fields": [{"name": "m", "value": "x"}, {"name": "n", "value": "3.00"}, {"name": "o", "value": "y"}]}`, nil},
		{"other custom fields", License{CustomFields: []CustomField{{Name: "n", Value: "x"}}}, `{"custom_fields": [{"name": "n", "value": "y"}]}`, []string{".custom_fields[0].value: want [redacted], got [redacted] [value_mismatch]"}},
		{"custom fields, not shown", License{CustomFields: []CustomField{{Name: "n", Value: "x"}}}, `{"custom_fields": [{"name": "n", "value": null}]}`, nil},
		{"extra members", License{Extra: map[string]json.RawMessage{"x": json.RawMessage(`1`)}}, `{"x": 2}`, nil}, // their meaning is unknown

		{"key", NewKeyLicense("K"), `{"license_key": "K"}`, nil},
		{"another key", NewKeyLicense("K"), `{"license_key": "L"}`, []string{".key: want [redacted], got nothing [value_mismatch]", "items: want no additional licenses, got 1 additional license [value_mismatch]"}},
		{"no key shown", NewKeyLicense("K"), `{"license_key": null}`, []string{".key: want [redacted], got nothing [value_mismatch]", "items: want no additional licenses, got 1 additional license [value_mismatch]"}},
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
			assert.Equal(t, want, compared(t, withLicense(tt.order), recordOf(tt.shown), true))
		})
	}
}

func TestCompareOrder(t *testing.T) {
	t.Parallel()
	const rest = `"order_items": [{"product": {"short_code": "p"}, "licenses": [{"language": "fr", "is_test": true, "metadata": {"x": 1}, "reference": "z"}]}]`
	tests := []struct {
		name   string
		change func(*Order)
		shown  string // members of the order
		want   []string
	}{
		{"nothing set", func(*Order) {}, `"is_test": false, "language": "en"`, nil},
		{"the same", func(o *Order) {
			o.IsTest, o.Language, o.OrderType, o.DownloadID, o.CampaignParams, o.Reference = true, "en", NormalOrder, "d", "c=1", "r"
			o.PreventVM, o.CustomerAccountID, o.AddToCustomerAccount = new(true), new(int64(7)), new(false)
		}, `"is_test": true, "language": "en", "type": "normal", "download_id": "d", "campaign_params": "c=1", "reference": "r", "prevent_vm": true, "customer_account_id": 7, "add_to_customer_account": false`, nil},
		{"all different", func(o *Order) {
			o.IsTest, o.Language, o.OrderType, o.DownloadID, o.CampaignParams, o.Reference = true, "en", NormalOrder, "d", "c=1", "r"
			o.PreventVM, o.CustomerAccountID, o.AddToCustomerAccount = new(true), new(int64(7)), new(false)
		}, `"is_test": false, "language": "de", "type": "express", "download_id": "e", "campaign_params": "c=2", "reference": "s", "prevent_vm": false, "customer_account_id": 8, "add_to_customer_account": true`, []string{
			"is_test: want true, got false [value_mismatch]",
			"order_type: want normal, got [redacted] [value_mismatch]",
			"language: want en, got de [value_mismatch]",
			"campaign_params: want [redacted], got [redacted] [value_mismatch]",
			"download_id: want [redacted], got [redacted] [value_mismatch]",
			"prevent_vm: want true, got false [value_mismatch]",
			"customer_account_id: want 7, got 8 [value_mismatch]",
			"add_to_customer_account: want false, got true [value_mismatch]",
			"reference: want [redacted], got [redacted] [value_mismatch]",
		}},
		// Members of the licenses are not members of the order.
		{"not shown", func(o *Order) { o.IsTest, o.Language, o.Reference = true, "en", "r" }, `"type": "normal"`, nil},
		{"created", func(o *Order) { o.Created = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }, `"created": "2026-01-01", "created_at": "2026-01-01"`, nil}, // set by the service
		{"not a test", func(*Order) {}, `"is_test": true`, []string{"is_test: want false, got true [value_mismatch]"}},                                      // a paid order must not match a test order
		{"perhaps a test", func(*Order) {}, `"is_test": null`, nil},
		{"a region", func(o *Order) { o.Language = "pt-BR" }, `"language": "pt_PT"`, []string{"language: want pt-BR, got pt_PT [value_mismatch]"}},
		{"no language", func(o *Order) { o.Language = "en" }, `"language": "ada@example.com"`, []string{"language: want en, got [redacted] [value_mismatch]"}},
		{"no language, nearly", func(o *Order) { o.Language = "en-" }, `"language": "en-GBX"`, []string{"language: want [redacted], got [redacted] [value_mismatch]"}},

		{"metadata", func(o *Order) { o.Metadata = `{"a": 1, "b": [2]}` }, `"metadata": "{\"b\":[2.0],\"a\":1}"`, nil},
		{"metadata, unpacked", func(o *Order) { o.Metadata = `{"a": 1}` }, `"metadata": {"a": 1, "added": true}`, nil},
		{"metadata, a text", func(o *Order) { o.Metadata = ` plain ` }, `"metadata": "plain"`, nil},
		{"other metadata", func(o *Order) { o.Metadata = `{"a": 1}` }, `"metadata": "{\"a\": 2}"`, []string{"metadata: want [redacted], got [redacted] [value_mismatch]"}},
		{"other metadata, a list", func(o *Order) { o.Metadata = `[1]` }, `"metadata": "[1, 2]"`, []string{"metadata: want [redacted], got [redacted] [value_mismatch]"}},
		{"other metadata, a text", func(o *Order) { o.Metadata = `plain` }, `"metadata": "other"`, []string{"metadata: want [redacted], got [redacted] [value_mismatch]"}},
		{"no metadata shown", func(o *Order) { o.Metadata = `{"a": 1}` }, `"metadata": null`, nil},

		{"customer", func(o *Order) { o.Customer = &Customer{Email: "Ada@example.com"} }, `"customer": {"email": "ada@example.com|acme"}`, nil},
		{"another customer", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com"} }, `"customer": {"email": "grace@example.com"}`, []string{"customer.email: want [redacted], got [redacted] [value_mismatch]"}},
		// Other members belong to the customer, which other orders share and
		// change.
		{"customer, renamed", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com", FirstName: "Ada", Company: "A"} }, `"customer": {"email": "ada@example.com", "first_name": "Adele", "company": "B"}`, nil},
		{"customer as a number", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com", Company: "A"} }, `"customer": 17`, nil},
		{"customer missing", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com", Company: "A"} }, `"customer": null`, nil},
		{"customer without an address", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com"} }, `"customer": {"email": null}`, nil},
		{"no customer wanted", func(*Order) {}, `"customer": {"email": "ada@example.com"}`, nil},
		{"company not stored", func(o *Order) { o.Customer = &Customer{Email: "ada@example.com", Company: "A"} }, `"customer": {"email": "ada@example.com", "company_name": ""}`, []string{"customer.company: want [redacted], got nothing [dialect_suspected]"}},
		{"company, in either spelling", func(o *Order) { o.Customer = &Customer{Company: "A"} }, `"customer": {"company_name": "A"}`, nil},

		// The record of a bundle shows its products.
		{"bundle", func(o *Order) {
			o.IsBundle = true
			o.Items[0] = OrderItem{ProductCode: "suite", Licenses: []License{{}, {}, {}}}
		}, `"is_bundle": true`, nil},
		{"bundle, not shown", func(o *Order) {
			o.IsBundle = true
			o.Items[0] = OrderItem{ProductCode: "suite", Licenses: []License{{}, {}, {}}}
		}, `"type": "normal"`, nil},
		{"unexpected bundle", func(*Order) {}, `"is_bundle": true`, []string{"is_bundle: want false, got true [value_mismatch]"}},
		{"no bundle", func(o *Order) { o.IsBundle = true }, `"is_bundle": false`, []string{"is_bundle: want true, got false [value_mismatch]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			order := good()
			tt.change(order)
			assert.Equal(t, tt.want, compared(t, order, `{"id": 1, "store_id": "a", `+rest+`, `+tt.shown+`}`, true))
			assert.Equal(t, tt.want, compared(t, order, `{"id": 1, "store_id": "a", `+tt.shown+`, `+rest+`}`, true))
		})
	}
}

func TestCompareItemNotes(t *testing.T) {
	t.Parallel()
	withNote := func(code, note string, licenses ...License) *Order {
		o := NewOrder("a").AddItem(code, licenses...)
		o.Items[0].Note = note
		return o
	}
	assert.Nil(t, compared(t, withNote("p", "x", License{}), recordOfItems(`{"product": {"short_code": "p"}, "note": "x", "licenses": [{}]}`), true))
	assert.Equal(t, []string{"items[0].note: want [redacted], got [redacted] [value_mismatch]"},
		compared(t, withNote("p", "x", License{}), recordOfItems(`{"product": {"short_code": "p"}, "note": "y", "licenses": [{}]}`), true))
	// With two items of one product it is unknown which is which.
	assert.Nil(t, compared(t, withNote("p", "x", License{}), recordOfItems(`{"product": {"short_code": "p"}, "note": "y", "licenses": [{}]}`, item("p")), true))
}

// The option of the order applies to all of its licenses.
func TestComparePreventVM(t *testing.T) {
	t.Parallel()
	order := withLicense(License{PreventVM: new(false)})
	order.PreventVM = new(true)
	assert.Nil(t, compared(t, order, recordOf(`{"prevent_vm": true}`), true))
	order.PreventVM = nil
	assert.Equal(t, []string{"items[0].licenses[0].prevent_vm: want false, got true [value_mismatch]"}, compared(t, order, recordOf(`{"prevent_vm": true}`), true))
}

// diffs returns the result of Order.Diff as text.
func diffs(t *testing.T, order *Order, record string) []string {
	t.Helper()
	var rec OrderRecord
	require.NoError(t, json.Unmarshal([]byte(record), &rec))
	var lines []string
	for _, d := range order.Diff(&rec) {
		lines = append(lines, d.String())
	}
	return lines
}

func TestOrderDiff(t *testing.T) {
	t.Parallel()
	keys := withLicenses(NewKeyLicense("K").WithMaxActivations(3))
	appending := keys.Clone().Appending()
	another := item("p", `{"license_key": "K", "max_activations": 3}`, `{"license_key": "L"}`)
	changed := item("p", `{"license_key": "K", "max_activations": 5}`)
	tests := []struct {
		name   string
		order  *Order
		record string
		want   []string
	}{
		{"equal", keys, recordOfItems(item("p", `{"license_key": "K", "max_activations": 3}`)), nil},
		{"different", keys, recordOfItems(changed), []string{"items[0].licenses[0].max_activations: want 3, got 5 [value_mismatch]"}},
		{"additional license", keys, recordOfItems(another), []string{"items: want no additional licenses, got 1 additional license [value_mismatch]"}},
		{"tolerated", withLicense(NewLicense().WithFeatures("f")), recordOf(`{"product_features": []}`), []string{
			"items[0].licenses[0].product_features[0].code: want [redacted], got nothing [feature_dropped]",
		}},
		{"another id", keys, `{"id": 1, "store_id": "b", "order_items": [` + changed + `]}`, []string{"id: want [redacted], got [redacted] [value_mismatch]"}},
		{"id with white space", keys, `{"id": 1, "store_id": " a ", "order_items": [` + item("p", `{"license_key": "K"}`) + `]}`, nil},
		{"no id shown", keys, `{"id": 1, "order_items": [` + changed + `]}`, []string{"items[0].licenses[0].max_activations: want 3, got 5 [value_mismatch]"}},

		{"append, equal", appending, recordOfItems(another), nil},
		{"append, different", appending, recordOfItems(changed), []string{"items[0].licenses[0].max_activations: want 3, got 5 [value_mismatch]"}},
		{"append, missing", appending, recordOfItems(item("p", `{"license_key": "L"}`)), []string{"items[0].licenses[0].key: want [redacted], got nothing [value_mismatch]"}},
		{"append, members of the order", appending.Clone().WithLanguage("en"), `{"id": 1, "store_id": "a", "language": "de", "order_items": [` + another + `]}`, nil},
		{"append, a test order", appending, `{"id": 1, "store_id": "a", "is_test": true, "order_items": [` + another + `]}`, []string{"is_test: want false, got true [value_mismatch]"}},
		{"append, another id", appending, `{"id": 1, "store_id": "b", "order_items": [` + another + `]}`, []string{"id: want [redacted], got [redacted] [value_mismatch]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := tt.order.Clone()
			assert.Equal(t, tt.want, diffs(t, tt.order, tt.record))
			assert.Equal(t, before, tt.order, "the order is not modified")
		})
	}
	assert.Equal(t, []Difference{{Path: "id", Want: "[redacted]", Rule: RuleValueMismatch}}, keys.Diff(nil))
	assert.Equal(t, []Difference{{Path: "id", Want: "[redacted]", Rule: RuleValueMismatch}}, appending.Diff(nil))
}

// A record that was encoded as JSON and decoded again still has no differences.
func TestOrderDiffOfStoredRecord(t *testing.T) {
	t.Parallel()
	order := withLicense(NewKeyLicense("K").WithMaxActivations(3)).WithCustomer(Customer{Email: "ada@example.com", Company: "A"})
	var rec, stored OrderRecord
	require.NoError(t, json.Unmarshal([]byte(`{"id": 1, "store_id": "a", "customer": {"email": "ada@example.com", "company_name": "A"}, "order_items": [`+
		item("p", `{"license_key": "K", "max_activations": 3}`)+`]}`), &rec))
	text, err := json.Marshal(&rec)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &stored))
	assert.Empty(t, order.Diff(&stored))
	order.Items[0].Licenses[0].MaxActivations = new(4)
	require.Len(t, order.Diff(&stored), 1)
	assert.False(t, order.Diff(&stored)[0].Tolerated())
}
