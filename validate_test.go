package licensespring

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkCase is an order and its findings: "path rule" for an error, "path rule
// ?" for a warning.
type checkCase struct {
	name  string
	order *Order
	want  []string
}

func good() *Order { return NewOrder("a").AddItem("p", NewLicense()) }

func goodWith(change func(*Order)) *Order {
	o := good()
	change(o)
	return o
}

func withLicense(l License) *Order { return NewOrder("a").AddItem("p", l) }

func withLicenses(licenses ...License) *Order { return NewOrder("a").AddItem("p", licenses...) }

// l0 prefixes each finding with the path of the only license.
func l0(findings ...string) []string {
	out := make([]string, len(findings))
	for i, f := range findings {
		out[i] = "items[0].licenses[0]." + f
	}
	return out
}

func checkCases() []checkCase {
	return slices.Concat(orderCases(), textCases(), invisibleCases(), codeCases(), emailCases(), numberCases(), formCases(), typeCases(), validityCases(),
		consumptionCases(), maintenanceCases(), extraCases(), freeValueCases(), warningCases())
}

func orderCases() []checkCase {
	return []checkCase{
		{"the least order", good(), nil},
		{"a license with nothing set takes everything from its product", withLicense(License{}), nil},
		{"nothing", &Order{}, []string{"id required", "items required"}},
		{"no product", NewOrder("a").AddItem("", License{}), []string{"items[0].product_code required"}},
		{"user without an address", withLicense(License{}.WithUser(LicenseUser{})), l0("users[0].email required")},
		{"feature without a code", withLicense(NewLicense().WithFeatures("a", "")), l0("product_features[1].code required")},
		{"custom field without a name", withLicense(NewLicense().WithCustomField("", "v")), l0("custom_fields[0].name required")},
		{"space is not an id", NewOrder(" \t").AddItem("\u00a0", License{}), []string{"id required", "items[0].product_code required"}},
		{"an item without licenses creates nothing", NewOrder("a").AddItem("p"), []string{"items[0].licenses no_licenses ?"}},
		{"what a bundle needs is not known", NewOrder("a").AsBundle().AddItem("b"), nil},
		{"another type of order", good().WithOrderType("renewal"), []string{"order_type unknown_value ?"}},
		{"the known type", good().WithOrderType(NormalOrder), nil},
		{"metadata is JSON in a text", good().WithMetadata(`{"a":1}`), nil},
		{"metadata is some text", good().WithMetadata(`a=1`), []string{"metadata metadata_not_json ?"}},
		{"a customer need not have an address", good().WithCustomer(Customer{Company: "Example"}), nil},
		{"an empty customer is not sent", good().WithCustomer(Customer{}), nil},
		{"negative account", good().WithCustomerAccount(-1), []string{"customer_account_id negative"}},
	}
}

func textCases() []checkCase {
	return []checkCase{
		{"space around an id is cut off, and then the id is another one", NewOrder(" a").AddItem("p ", License{}), []string{"id surrounding_space", "items[0].product_code surrounding_space"}},
		{"space inside is no matter", NewOrder("order 1").AddItem("p", NewKeyLicense("k 1")), nil},
		{"space around a key", withLicense(NewKeyLicense("k\n")), l0("key surrounding_space")},
		{"space around addresses", withLicense(NewUserLicense(" a@example.com")).WithCustomer(Customer{Email: "a@example.com "}), []string{"items[0].licenses[0].users[0].email surrounding_space", "customer.email surrounding_space"}},
		{"space around codes", withLicense(NewLicense().WithFeatures(" f").WithPolicy("gold ")), l0("product_features[0].code surrounding_space", "policy_code surrounding_space")},
		{"space around a name is allowed", good().WithCustomer(Customer{FirstName: " Ada "}), nil},
		{"not UTF-8", goodWith(func(o *Order) { o.CampaignParams = "\xff" }), []string{"campaign_params invalid_text"}},
		{"NUL, which the service rejects", withLicense(NewLicense().WithNote("a\x00b")), l0("note invalid_text")},
		{"not UTF-8 in a period", withLicense(NewLicense().WithReset("\xff")), l0("consumption_period invalid_text", "consumption_period unknown_value ?")},
		{"not UTF-8 in a custom field", withLicense(NewLicense().WithCustomField("\xff", "\xff")), l0("custom_fields[0].name invalid_text", "custom_fields[0].value invalid_text")},
		{"an address that is not text is not judged as an address", withLicense(NewUserLicense("\xff")), l0("users[0].email invalid_text")},
		{"other scripts", NewOrder("заказ-1").AddItem("p", NewLicense().WithFeatures("製品").WithNote("\u200f🦊\n")), nil},
	}
}

// invisibleCases are texts that look like other texts.
func invisibleCases() []checkCase {
	id := func(id string) *Order { return NewOrder(id).AddItem("p", License{}) }
	everywhere := func(s string) *Order {
		return NewOrder(s).AsBundle().WithReference(s).WithDownloadID(s).WithCustomer(Customer{Email: s + "@example.com", Reference: s}).
			AddItem(s, NewKeyLicense(s).WithPolicy(s).WithSubscriptionID(s).WithFeatures(s), NewUserLicense(s+"@example.com"))
	}
	paths := []string{
		"id", "items[0].product_code", "items[0].licenses[0].key", "items[0].licenses[0].product_features[0].code", "items[0].licenses[0].policy_code",
		"items[0].licenses[0].subscription_id", "items[0].licenses[1].users[0].email", "download_id", "customer.email", "customer.reference", "reference",
	}
	all := func(rule string) (want []string) {
		for _, path := range paths {
			want = append(want, path+" "+rule)
		}
		return want
	}
	free := "\u200b\u00ad می\u200cخواهم 👨\u200d👩\u200d👧 \u202b\n\t"
	return []checkCase{
		{"a zero-width space at the end", id("inv-1\u200b"), []string{"id surrounding_space"}},
		{"a byte order mark at the start", id("\ufeffinv-1"), []string{"id surrounding_space"}},
		{"a no-break space at the end", id("inv-1\u00a0"), []string{"id surrounding_space"}},
		{"an ideographic space at the start", id("\u3000inv-1"), []string{"id surrounding_space"}},
		{"a next-line control at the end", id("inv-1\u0085"), []string{"id surrounding_space"}},
		{"a mark of direction at the end", id("inv-1\u200f"), []string{"id surrounding_space"}},
		{"a variation selector at the end", id("inv-1\ufe0f"), []string{"id surrounding_space"}},
		{"nothing that is visible", id("\u200b \ufeff\u3164"), []string{"id required"}},
		{"a zero-width space before an address", withLicense(NewUserLicense("\u200bada@example.com")), l0("users[0].email surrounding_space")},
		{"a soft hyphen inside", id("inv\u00ad-1"), []string{"id invisible_character ?"}},
		{"a no-break space inside", id("inv\u00a01"), []string{"id invisible_character ?"}},
		{"a line separator inside", id("inv\u20281"), []string{"id invisible_character ?"}},
		{"a visible mark of a number", id("inv-\u0600\u0661"), nil},
		{"a control character", id("inv\x07-1"), []string{"id control_character"}},
		{"a tab inside", id("inv\t1"), []string{"id control_character"}},
		{"a control character at the end", id("inv-1\x7f"), []string{"id control_character"}},
		{"a control character of Latin-1", id("inv\u00901"), []string{"id control_character"}},
		{"several at once", id("\ufeffi\x07n\u200bv"), []string{"id surrounding_space", "id control_character", "id invisible_character ?"}},
		{"invisible in every identifier", everywhere("a\u200bb"), all("invisible_character ?")},
		{"control in every identifier", everywhere("a\x07b"), all("control_character")},
		{"at the edge of every identifier", everywhere("\u2060ab"), all("surrounding_space")},
		{
			"free text may have joiners, marks and lines", goodWith(func(o *Order) {
				o.WithCustomer(Customer{FirstName: free, LastName: free, Company: free, Address: free, Phone: free})
				o.CampaignParams, o.Items[0].Note = free, free
				o.Items[0].Licenses[0] = NewLicense().WithNote(free).WithCustomField(free, free).WithMetadata(map[string]any{free: free})
			}), nil,
		},
	}
}

func codeCases() []checkCase {
	return []checkCase{
		{"a product code in capitals", NewOrder("a").AddItem("AcmeCAD", License{}), []string{"items[0].product_code product_code_form ?"}},
		{"a product code with a hyphen", NewOrder("a").AddItem("acme-cad", License{}), []string{"items[0].product_code product_code_form ?"}},
		{"a product code with a space", NewOrder("a").AddItem("acme cad", License{}), []string{"items[0].product_code product_code_form ?"}},
		{"a product code in another script", NewOrder("a").AddItem("製品", License{}), []string{"items[0].product_code product_code_form ?"}},
		{"a product code of digits", NewOrder("a").AddItem("0042cad", License{}), nil},
		{"the form of a bundle's code is not known", NewOrder("a").AsBundle().AddItem("Acme-Suite", License{}), nil},
	}
}

func emailCases() []checkCase {
	return []checkCase{
		{"an address that receives mail, against the standards", withLicense(NewUserLicense("a..b@docomo.ne.jp")).WithCustomer(Customer{Email: "ab.@ezweb.ne.jp"}), []string{"items[0].licenses[0].users[0].email unusual_email ?", "customer.email unusual_email ?"}},
		{"an address in quotes", withLicense(NewUserLicense(`"ada"@example.com`)), nil},
		{"no address", withLicense(NewUserLicense("ada")).WithCustomer(Customer{Email: "ada@"}), []string{"items[0].licenses[0].users[0].email malformed_email", "customer.email malformed_email"}},
		{"an address out of a record, with its suffix", withLicense(NewUserLicense("ada@example.com|1a2b")), l0("users[0].email malformed_email")},
	}
}

func numberCases() []checkCase {
	return []checkCase{
		{
			"negative counts",
			withLicense(License{
				MaxActivations: new(-1), MaxConsumptions: new(-1), TrialDays: new(-1), MaxBorrowTime: new(-1), GracePeriod: new(-1), MaxLicenseUsers: new(-1),
				ConsumptionOptions: ConsumptionOptions{AllowOverages: new(true), MaxOverages: new(-0.5)},
				FloatingOptions:    FloatingOptions{FloatingUsers: new(-1), FloatingTimeout: new(-1)},
				ProductFeatures:    []ProductFeature{{Code: "f", MaxConsumption: new(-1)}},
			}),
			l0("max_activations negative", "max_consumptions negative", "product_features[0].max_consumption negative", "max_overages negative",
				"trial_days negative", "floating_users negative", "floating_timeout negative", "max_borrow_time negative", "grace_period negative", "max_license_users negative"),
		},
		{"negative count of a user", withLicense(License{Users: []LicenseUser{{Email: "a@example.com", MaxActivations: new(-1)}}}), l0("users[0].max_activations negative")},
		{"zero is a count", withLicense(NewLicense().WithMaxActivations(0).Consumption(0)), nil},
		{"-1 transfers means never", withLicense(NewLicense().WithoutTransfers()), nil},
		{"-2 transfers means nothing", withLicense(NewLicense().WithMaxTransfers(-2)), l0("max_transfers max_transfers_range")},
		{"not a number", withLicense(NewLicense().WithOverages(math.NaN())), l0("max_overages not_finite")},
		{"infinity is not without limit", withLicense(NewLicense().WithOverages(math.Inf(1))), l0("max_overages not_finite")},
		{"a part of a consumption", withLicense(NewLicense().WithOverages(0.5)), nil},
	}
}

func formCases() []checkCase {
	three := License{Users: []LicenseUser{{Email: "a@example.com"}, {Email: "b@example.com"}, {Email: "c@example.com"}}}
	limited := three
	limited.MaxLicenseUsers = new(2)
	unlimited := three
	unlimited.MaxLicenseUsers = new(0)
	return []checkCase{
		{"key and users", withLicense(NewKeyLicense("k").WithUsers("a@example.com")), l0("users key_and_users")},
		{"keys in one item, users in another", withLicenses(NewKeyLicense("k"), NewUserLicense("a@example.com")), []string{"items[0].licenses[1].users mixed_license_forms"}},
		{"users in one item, keys in another", NewOrder("a").AddItem("p", NewUserLicense("a@example.com")).AddItem("p", License{}, NewKeyLicense("k")), []string{"items[1].licenses[1].key mixed_license_forms"}},
		{"a license with neither fits both", withLicenses(License{}, NewUserLicense("a@example.com"), License{}), nil},
		{"each product has its own form", NewOrder("a").AddItem("p", NewKeyLicense("k")).AddItem("q", NewUserLicense("a@example.com")), nil},
		{"a bundle may hold products of both forms", NewOrder("a").AsBundle().AddItem("b", NewKeyLicense("k"), NewUserLicense("a@example.com")), nil},
		{"items without a product are not compared", NewOrder("a").AddItem("", NewKeyLicense("k"), NewUserLicense("a@example.com")), []string{"items[0].product_code required"}},
		{"one key twice", NewOrder("a").AddItem("p", NewKeyLicense("k"), License{}).AddItem("q", NewKeyLicense("l"), NewKeyLicense("k")), []string{"items[1].licenses[1].key duplicate_key"}},
		{"many keys", withLicenses(keyed(40)...), nil},
		{"many keys, one twice", withLicenses(append(keyed(40), NewKeyLicense("k33"), NewKeyLicense("k0"))...), []string{"items[0].licenses[40].key duplicate_key", "items[0].licenses[41].key duplicate_key"}},
		{"keys are compared as they are", withLicenses(NewKeyLicense("k"), NewKeyLicense("K")), nil},
		{"one user twice", withLicense(NewUserLicense("ada@example.com", "b@example.com", "Ada@Example.com")), l0("users[2].email duplicate_user ?")},
		{"one user with two licenses", withLicenses(NewUserLicense("a@example.com"), NewUserLicense("a@example.com")), nil},
		{"one feature twice", withLicense(NewLicense().WithFeatures("f", "g", "f")), l0("product_features[2].code duplicate_feature ?")},
		{"one custom field twice", withLicense(NewLicense().WithCustomField("f", 1).WithCustomField("f", 1)), l0("custom_fields[1].name duplicate_custom_field ?")},
		{"more users than allowed", withLicense(limited), l0("users too_many_users ?")},
		{"0 users means any number", withLicense(unlimited), nil},
	}
}

func keyed(n int) []License {
	licenses := make([]License, n)
	for i := range licenses {
		licenses[i] = NewKeyLicense(fmt.Sprintf("k%d", i))
	}
	return licenses
}

func typeCases() []checkCase {
	options := License{
		MaxConsumptions:    new(1),
		ConsumptionOptions: ConsumptionOptions{AllowOverages: new(true), MaxOverages: new(1.0), ResetConsumption: new(true), ConsumptionPeriod: Monthly},
	}
	as := func(typ LicenseType) License {
		l := options
		l.LicenseType = typ
		return l
	}
	all := l0("max_consumptions wrong_license_type", "allow_overages wrong_license_type", "max_overages wrong_license_type",
		"reset_consumption wrong_license_type", "consumption_period wrong_license_type")
	return []checkCase{
		{"consumption settings of a perpetual license", withLicense(as(Perpetual)), all},
		{"of a subscription", withLicense(as(Subscription)), all},
		{"of a time-limited license", withLicense(as(TimeLimited).TimeLimited(Years(1))), all},
		{"of a consumption license", withLicense(as(Consumption)), nil},
		{"of a license that takes its type from the product", withLicense(as("")), nil},
		{"the service may know a type that we do not", withLicense(as("lease")), l0("license_type unknown_value ?")},
		{"false is a setting, too", withLicense(License{LicenseType: Perpetual, ConsumptionOptions: ConsumptionOptions{ResetConsumption: new(false)}}), l0("reset_consumption wrong_license_type")},
	}
}

func validityCases() []checkCase {
	tooMany := math.MaxInt32
	tooMany++ // negative where an int has 32 bits, which is invalid too
	end := time.Date(2032, 1, 1, 0, 0, 0, 0, time.UTC)
	both := NewLicense().TimeLimited(Years(1))
	both.ValidityPeriod = end
	perpetual := NewLicense().Perpetual()
	perpetualFor, perpetualUntil := perpetual, perpetual
	perpetualFor.ValidDuration = Years(1)
	perpetualUntil.ValidityPeriod = end
	return []checkCase{
		{"time-limited by a duration", withLicense(NewLicense().TimeLimited(Years(1))), nil},
		{"time-limited by a date", withLicense(NewLicense().TimeLimitedUntil(end)), nil},
		{"time-limited by nothing", withLicense(License{LicenseType: TimeLimited}), l0("valid_duration missing_validity")},
		{"the policy may say it", withLicense(License{LicenseType: TimeLimited, PolicyCode: "gold"}), nil},
		{"so may the days of a trial", withLicense(License{LicenseType: TimeLimited}.TrialFor(14)), nil},
		{"a subscription needs no end", withLicense(NewLicense().Subscription()), nil},
		{"both ends", withLicense(both), l0("validity_period duration_and_date ?")},
		{"perpetual for a year", withLicense(perpetualFor), l0("valid_duration duration_on_perpetual")},
		{"perpetual until a day", withLicense(perpetualUntil), l0("validity_period validity_on_perpetual ?")},
		{"a perpetual trial ends with the trial", withLicenses(perpetualFor.Trial(), perpetualUntil.Trial()), nil},
		{"zero years", withLicense(NewLicense().TimeLimited(Years(0))), l0("valid_duration invalid_duration")},
		{"minus a year", withLicense(NewLicense().TimeLimited(Years(-1))), l0("valid_duration invalid_duration")},
		{"more than the service counts", withLicense(NewLicense().TimeLimited(Minutes(tooMany))), l0("valid_duration invalid_duration")},
		{"February 30", withLicense(NewLicense().WithStartDate(Date{2032, 2, 30})), l0("start_date invalid_date")},
		{"the year 32", withLicense(NewLicense().WithMaintenanceUntil(Date{32, 2, 1}).WithFeature(ProductFeature{Code: "f", ExpiryDate: Date{32, 1, 1}})), l0("product_features[0].expiry_date invalid_date", "maintenance_period invalid_date")},
		{"the year 10000 in UTC", withLicense(NewLicense().TimeLimitedUntil(time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -2*60*60)))).WithCreated(time.Unix(-1<<40, 0)), []string{"items[0].licenses[0].validity_period invalid_date", "created invalid_date"}},
		{"starts after its end", withLicense(NewLicense().TimeLimitedUntil(end).WithStartDate(Date{2032, 1, 2})), l0("start_date starts_after_end ?")},
		{"starts on its last day", withLicense(NewLicense().TimeLimitedUntil(end).WithStartDate(Date{2032, 1, 1})), nil},
	}
}

func consumptionCases() []checkCase {
	limit := func(allow *bool, limit float64) License {
		return License{ConsumptionOptions: ConsumptionOptions{AllowOverages: allow, MaxOverages: &limit}}
	}
	feature := func(allow *bool) License {
		return NewLicense().WithFeature(ProductFeature{Code: "f", ConsumptionOptions: ConsumptionOptions{AllowOverages: allow, MaxOverages: new(5.0)}})
	}
	return []checkCase{
		{"overages that are not allowed", withLicense(limit(new(false), 5)), l0("max_overages overages_not_allowed")},
		{"no overages that are not allowed", withLicense(limit(new(false), 0)), nil},
		{"overages, allowed or not", withLicense(limit(nil, 5)), l0("max_overages overages_unspecified ?")},
		{"the policy may allow them", withLicense(limit(nil, 5).WithPolicy("gold")), nil},
		{"overages of a feature", withLicenses(feature(new(false)), feature(nil), feature(new(true))), []string{"items[0].licenses[0].product_features[0].max_overages overages_not_allowed", "items[0].licenses[1].product_features[0].max_overages overages_unspecified ?"}},
		{"a period and no reset", withLicense(License{ConsumptionOptions: ConsumptionOptions{ResetConsumption: new(false), ConsumptionPeriod: Monthly}}), l0("consumption_period switched_off ?")},
		{"an unknown period", withLicense(NewLicense().WithReset("fortnight")), l0("consumption_period unknown_value ?")},
		{"a period in classic spelling", withLicense(NewLicense().WithReset("week")), nil},
		{"classic has no name for a day", withLicense(NewLicense().WithReset(Daily)), l0("consumption_period period_not_in_dialect ?")},
	}
}

func maintenanceCases() []checkCase {
	day := Date{2032, 1, 1}
	both := NewLicense().WithMaintenance(Years(1))
	both.MaintenancePeriod = day
	return []checkCase{
		{"maintenance", withLicenses(NewLicense().WithMaintenance(Years(1)), NewLicense().WithMaintenance(Days(1)), NewLicense().WithMaintenanceUntil(day)), nil},
		{"in hours", withLicense(NewLicense().WithMaintenance(Hours(1))), l0("maintenance_duration maintenance_unit")},
		{"in minutes", withLicense(NewLicense().WithMaintenance(Minutes(1))), l0("maintenance_duration maintenance_unit")},
		{"a length, not enabled", withLicense(License{MaintenanceDuration: Years(1)}), l0("maintenance_duration maintenance_not_enabled ?")},
		{"a length, disabled", withLicense(License{MaintenanceDuration: Years(1), EnableMaintenanceDuration: new(false), PolicyCode: "gold"}), l0("maintenance_duration maintenance_not_enabled ?")},
		{"a last day, not enabled", withLicense(License{MaintenancePeriod: day}), l0("maintenance_period maintenance_not_enabled ?")},
		{"the policy may enable it", withLicense(License{MaintenanceDuration: Years(1), PolicyCode: "gold"}), nil},
		{"enabled without a length", withLicense(License{EnableMaintenanceDuration: new(true)}), l0("enable_maintenance_duration maintenance_no_length ?")},
		{"the policy may have the length", withLicense(License{EnableMaintenanceDuration: new(true), PolicyCode: "gold"}), nil},
		{"a length and a last day", withLicense(both), l0("maintenance_period duration_and_date ?")},
	}
}

func extraCases() []checkCase {
	one := json.RawMessage(`1`)
	extra := func(name string, raw json.RawMessage) map[string]json.RawMessage {
		return map[string]json.RawMessage{name: raw}
	}
	return []checkCase{
		{"members of tomorrow", withLicense(NewLicense().WithExtra("sku", one)).WithExtra("sku", json.RawMessage(`null`)), []string{"items[0].licenses[0].sku extra_member ?", "sku extra_member ?"}},
		{"no name", good().WithExtra("", one), []string{" empty_extra_name"}},
		{"a name that is not text", good().WithExtra("\xff", one), []string{" invalid_text"}},
		{"the name of a field", good().WithExtra("id", one), []string{"id extra_shadows_field"}},
		{"in the newer spelling", withLicense(NewLicense().WithExtra("enable_maintenance_period", one)), l0("enable_maintenance_period extra_shadows_field")},
		{"the name of a field of something else", good().WithExtra("max_activations", one), []string{"max_activations extra_member ?"}},
		{"no JSON", good().WithExtra("sku", json.RawMessage(`{`)), []string{"sku extra_invalid"}},
		{"nothing", good().WithExtra("sku", nil), []string{"sku extra_invalid"}},
		{"extra members come after all fields", NewOrder("").WithExtra("aaa", nil).WithReference("\xff").AddItem("p", License{}), []string{"id required", "reference invalid_text", "aaa extra_invalid"}},
		{"a name that may be customer data is not shown", good().WithExtra("Ada Lovelace", json.RawMessage(`{`)).WithExtra(strings.Repeat("a", 50), json.RawMessage(`{`)), []string{" extra_invalid", " extra_invalid"}},
		{
			"in every object", &Order{
				ID: "a", Customer: &Customer{Extra: extra("email", one)},
				Items: []OrderItem{{ProductCode: "p", Extra: extra("note", one), Licenses: []License{{
					Users:           []LicenseUser{{Email: "a@example.com", Extra: extra("email", one)}},
					ProductFeatures: []ProductFeature{{Code: "f", Extra: extra("allow_overages", one)}},
				}}}},
			},
			[]string{
				"items[0].note extra_shadows_field", "items[0].licenses[0].users[0].email extra_shadows_field",
				"items[0].licenses[0].product_features[0].allow_overages extra_shadows_field", "customer.email extra_shadows_field",
			},
		},
	}
}

func freeValueCases() []checkCase {
	return []checkCase{
		{"metadata", withLicense(NewLicense().WithMetadata(map[string]any{"a": []string{"b"}, "c": time.Second})), nil},
		{"metadata that JSON cannot say", withLicense(NewLicense().WithMetadata(map[string]any{"a": math.NaN()})), l0("metadata not_encodable")},
		{"custom fields", withLicense(NewLicense().WithCustomField("a", "x").WithCustomField("b", uint16(1)).WithCustomField("c", json.Number("1.0"))), nil},
		{"a custom field that is true", withLicense(NewLicense().WithCustomField("a", true)), l0("custom_fields[0].value custom_field_value")},
		{"a custom field without a value", withLicense(NewLicense().WithCustomField("a", nil)), l0("custom_fields[0].value custom_field_value")},
		{"a custom field that is not finite", withLicense(NewLicense().WithCustomField("a", math.Inf(-1))), l0("custom_fields[0].value custom_field_value")},
		{"a json.Number that is none", withLicense(NewLicense().WithCustomField("a", json.Number("x"))), l0("custom_fields[0].value custom_field_value")},
	}
}

func warningCases() []checkCase {
	off := License{
		IsTrial: new(false), TrialDays: new(1), CanBorrow: new(false), MaxBorrowTime: new(1), AllowGracePeriod: new(false), GracePeriod: new(1),
		FloatingOptions: FloatingOptions{IsFloating: new(false), FloatingUsers: new(1), FloatingTimeout: new(1)},
		ProductFeatures: []ProductFeature{{Code: "f", FloatingOptions: FloatingOptions{IsFloating: new(false), FloatingUsers: new(1)}}},
	}
	cloud := NewLicense().FloatingCloud(5)
	cloud.IsFloating = new(false)
	unlimited := License{MaxActivations: new(1), MaxConsumptions: new(1), AllowUnlimitedActivations: new(true), AllowUnlimitedConsumptions: new(true)}
	limited := unlimited
	limited.AllowUnlimitedActivations, limited.AllowUnlimitedConsumptions = new(false), nil
	unsaid := License{TrialDays: new(1), MaxBorrowTime: new(1), GracePeriod: new(1), FloatingOptions: FloatingOptions{FloatingUsers: new(1)}}
	return []checkCase{
		{"settings without effect", withLicense(off), l0("product_features[0].floating_users switched_off ?", "trial_days switched_off ?", "floating_users switched_off ?", "floating_timeout switched_off ?", "max_borrow_time switched_off ?", "grace_period switched_off ?")},
		{"an option that is not set may be on", withLicense(unsaid), nil},
		{"floating in the cloud only", withLicense(cloud), nil},
		{"a limit and no limit", withLicense(unlimited), l0("max_activations unlimited_with_limit ?", "max_consumptions unlimited_with_limit ?")},
		{"a limit", withLicense(limited), nil},
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range checkCases() {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings := tt.order.Check()
			var got []string
			var faults []Finding
			for _, f := range findings {
				s := f.Path + " " + string(f.Rule)
				if f.Severity == SeverityWarning {
					s += " ?"
				} else {
					faults = append(faults, f)
				}
				got = append(got, s)
				assert.NotEmpty(t, f.Message)
			}
			assert.Equal(t, tt.want, got)
			err := tt.order.Validate()
			if len(faults) == 0 {
				require.NoError(t, err)
				_, err = tt.order.appendJSON(nil, DialectClassic)
				require.NoError(t, err, "an order without errors can be encoded")
				return
			}
			var all *ValidationError
			require.ErrorAs(t, err, &all)
			assert.Equal(t, faults, all.Findings)
		})
	}
}

func TestCheckByDialect(t *testing.T) {
	t.Parallel()
	o := withLicense(NewLicense().WithReset(Daily))
	assert.Len(t, o.check(DialectClassic), 1)
	assert.Empty(t, o.check(DialectCurrent), "the current dialect has a name for a day")
}

func TestCheckFullOrder(t *testing.T) {
	t.Parallel()
	o := fullOrder()
	require.NoError(t, o.Validate())
	assert.Equal(t, fullOrder(), o, "Check does not modify the order")
}

// TestFindingsContainNoData fills every text of an order with a mark and checks
// that no finding contains it.
func TestFindingsContainNoData(t *testing.T) {
	t.Parallel()
	const mark = "Lovelace"
	bad := " " + mark + "\xff"
	o := NewOrder(bad).WithOrderType(mark).WithMetadata(mark).WithLanguage(bad).
		WithCustomer(Customer{Email: mark, Company: bad}).
		AddItem(mark,
			NewKeyLicense(mark), NewKeyLicense(mark).WithUsers(mark, mark),
			NewUserLicense(mark),
			License{
				LicenseType: mark, Note: bad, PolicyCode: bad, Metadata: map[string]any{mark: bad},
				ProductFeatures:    []ProductFeature{{Code: mark}, {Code: mark}},
				CustomFields:       []CustomField{{mark, bad}, {mark, []string{mark}}, {mark, json.Number(mark)}},
				ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: mark},
				Extra:              map[string]json.RawMessage{mark: json.RawMessage(mark), "id" + mark: nil},
			}).WithExtra(bad, nil)
	findings := o.Check()
	assert.Greater(t, len(findings), 15)
	for _, f := range findings {
		assert.NotContains(t, f.String(), mark)
	}
	assert.NotContains(t, o.Validate().Error(), mark)
}

func TestCheckAllocations(t *testing.T) { //nolint:paralleltest // allocations of other tests would be counted too
	o := typicalOrder()
	require.Empty(t, o.Check())
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { o.Check() }), 1.0)
}
