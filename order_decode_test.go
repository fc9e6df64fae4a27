package licensespring

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnmarshalLicense(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     License
	}{
		{"nothing", `{}`, License{}},
		{"null is absent", `{"key":null,"users":null,"max_activations":null,"valid_duration":null,"is_trial":null,"start_date":null,"validity_period":null,"product_features":null,"metadata":null,"consumption_period":null,"max_overages":null}`, License{}},
		{"empty is absent", `{"key":"","users":[],"valid_duration":"","start_date":"","validity_period":"0000-00-00 00:00:00","maintenance_period":"0000-00-00"}`, License{}},
		{"zero and false are not", `{"max_transfers":0,"is_trial":false,"max_overages":0,"product_features":[],"custom_fields":[],"metadata":{}}`, License{
			MaxTransfers: new(0), IsTrial: new(false), ConsumptionOptions: ConsumptionOptions{MaxOverages: new(0.0)},
			ProductFeatures: []ProductFeature{}, CustomFields: []CustomField{}, Metadata: map[string]any{},
		}},
		{"users as an array", `{"users":[{"email":"a@example.com"},{"email":"b@example.com","is_manager":true}]}`, NewUserLicense("a@example.com").WithManager("b@example.com")},
		{"users as a single object", `{"users":{"email":"a@example.com","is_manager":true}}`, License{}.WithManager("a@example.com")},
		{"features by code", `{"product_features":["a","b"]}`, NewLicense().WithFeatures("a", "b")},
		{"features as objects", `{"product_features":[{"code":"a"},{"code":"b","max_consumption":33}]}`, NewLicense().WithFeatures("a").WithFeature(ProductFeature{Code: "b", MaxConsumption: new(33)})},
		{"features of both forms", `{"product_features":["a",{"code":"b"}]}`, NewLicense().WithFeatures("a", "b")},
		{"classic spelling", `{"enable_maintenance_duration":true,"consumption_period":"year"}`, License{EnableMaintenanceDuration: new(true), ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Annually}}},
		{"current spelling", `{"enable_maintenance_period":true,"consumption_period":"annually"}`, License{EnableMaintenanceDuration: new(true), ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: Annually}}},
		{"both spellings that agree", `{"enable_maintenance_period":true,"enable_maintenance_duration":true}`, License{EnableMaintenanceDuration: new(true)}},
		{"both spellings, one of them null", `{"enable_maintenance_duration":false,"enable_maintenance_period":null}`, License{EnableMaintenanceDuration: new(false)}},
		{"an unknown period", `{"consumption_period":"fortnight"}`, License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: "fortnight"}}},
		{"an unknown type", `{"license_type":"lease"}`, License{LicenseType: "lease"}},
		{"a date with midnight", `{"start_date":"2031-03-01T00:00:00Z","validity_period":"2031-03-01T02:00:00+02:00"}`, License{StartDate: Date{2031, 3, 1}, ValidityPeriod: time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)}},
		{"every digit of metadata", `{"metadata":{"n":1.50,"big":123456789012345678901234567890,"deep":[{"x":null}]}}`, License{Metadata: map[string]any{"n": json.Number("1.50"), "big": json.Number("123456789012345678901234567890"), "deep": []any{map[string]any{"x": nil}}}}},
		{"custom fields", `{"custom_fields":[{"name":"a","value":"1"},{"value":1.0,"name":"b"}]}`, License{CustomFields: []CustomField{{"a", "1"}, {"b", json.Number("1.0")}}}},
		{"unknown members", `{"hardware": { "a" : [ 1 ] }, "later":null}`, License{Extra: map[string]json.RawMessage{"hardware": json.RawMessage(`{"a":[1]}`), "later": json.RawMessage(`null`)}}},
		{"names are exact", `{"Key":"k"}`, License{Extra: map[string]json.RawMessage{"Key": json.RawMessage(`"k"`)}}},
		{"names with escapes", `{"\u006bey":"k\u00e9\ud83e\udd8a"}`, License{Key: "ké🦊"}},
		{"white space", " {\n\t\"key\" : \"k\" , \"users\" : [ ] } \r\n", License{Key: "k"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var read License
			require.NoError(t, json.Unmarshal([]byte(tt.in), &read))
			assert.Equal(t, tt.want, read)
			// What was decoded can be encoded and decoded again without a
			// change.
			written, err := json.Marshal(read)
			require.NoError(t, err)
			var again License
			require.NoError(t, json.Unmarshal(written, &again))
			assert.Equal(t, read, again)
		})
	}
}

func TestUnmarshalOrder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     Order
	}{
		{"nothing", `{}`, Order{}},
		{"empty arrays", `{"items":[]}`, Order{}},
		{"company in the newer spelling", `{"customer":{"company_name":"Example"}}`, Order{Customer: &Customer{Company: "Example"}}},
		{"company twice, in agreement", `{"customer":{"company":"\u0045xample","company_name":"Example"}}`, Order{Customer: &Customer{Company: "Example"}}},
		{"false is absent", `{"append":false,"is_test":false,"is_bundle":false}`, Order{}},
		{"a long number", `{"customer_account_id":9007199254740993}`, Order{CustomerAccountID: new(int64(9007199254740993))}},
		{"a time with a zone", `{"created":"2031-03-01T10:20:30.5+02:00"}`, Order{Created: time.Date(2031, 3, 1, 8, 20, 30, 5e8, time.UTC)}},
		{"an item without licenses", `{"items":[{"product_code":"p","licenses":[]}]}`, Order{Items: []OrderItem{{ProductCode: "p"}}}},
		{"licenses count, also empty ones", `{"items":[{"licenses":[{},{}]}]}`, Order{Items: []OrderItem{{Licenses: []License{{}, {}}}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			read := Order{ID: "before", Extra: map[string]json.RawMessage{}}
			require.NoError(t, json.Unmarshal([]byte(tt.in), &read))
			assert.Equal(t, tt.want, read)
		})
	}
}

func TestUnmarshalNullChangesNothing(t *testing.T) {
	t.Parallel()
	o := NewOrder("a")
	require.NoError(t, json.Unmarshal([]byte(`null`), o))
	assert.Equal(t, NewOrder("a"), o)
}

func TestUnmarshalParts(t *testing.T) {
	t.Parallel()
	var (
		item     OrderItem
		user     LicenseUser
		feature  ProductFeature
		short    ProductFeature
		field    CustomField
		customer Customer
	)
	for in, v := range map[string]any{
		`{"product_code":"p"}`:       &item,
		`{"email":"a@example.com"}`:  &user,
		`{"code":"f"}`:               &feature,
		`"f"`:                        &short,
		`{"name":"n","value":"v"}`:   &field,
		`{"company_name":"Example"}`: &customer,
	} {
		require.NoError(t, json.Unmarshal([]byte(in), v))
	}
	assert.Equal(t, OrderItem{ProductCode: "p"}, item)
	assert.Equal(t, LicenseUser{Email: "a@example.com"}, user)
	assert.Equal(t, ProductFeature{Code: "f"}, feature)
	assert.Equal(t, feature, short)
	assert.Equal(t, CustomField{Name: "n", Value: "v"}, field)
	assert.Equal(t, Customer{Company: "Example"}, customer)
}

func TestUnmarshalRejects(t *testing.T) {
	t.Parallel()
	license := func(members string) string { return `{"items":[{},{"licenses":[{},{},` + members + `]}]}` }
	const at = "items[1].licenses[2]"
	tests := []struct {
		name, in string
		want     []string // path: message [rule]
	}{
		{"no object", `[1]`, []string{"want an object [wrong_type]"}},
		{"text", `"lovelace"`, []string{"want an object [wrong_type]"}},
		{"not UTF-8", "{\"id\":\"lovelace\xff\"}", []string{"is not valid JSON, or has text that is not valid Unicode [invalid_json]"}},
		{"half a character", `{"id":"lovelace\ud800"}`, []string{"is not valid JSON, or has text that is not valid Unicode [invalid_json]"}},

		{"string", `{"id":1}`, []string{"id: want a string [wrong_type]"}},
		{"flag", `{"append":"true"}`, []string{"append: want true or false [wrong_type]"}},
		{"flag that is no 1", `{"prevent_vm":1}`, []string{"prevent_vm: want true or false [wrong_type]"}},
		{"array", `{"items":{}}`, []string{"items: want an array [wrong_type]"}},
		{"object", `{"customer":12}`, []string{"customer: want an object [wrong_type]"}},
		{"null in an array", license(`null`), []string{at + ": want an object [wrong_type]"}},
		{"number", license(`{"max_activations":"3"}`), []string{at + ".max_activations: want a number [wrong_type]"}},
		{"whole number", license(`{"max_activations":1.5}`), []string{at + ".max_activations: want an integer in range [wrong_type]"}},
		{"number in range", license(`{"max_activations":9223372036854775808}`), []string{at + ".max_activations: want an integer in range [wrong_type]"}},
		{"number that a float64 cannot keep", license(`{"max_overages":9007199254740993}`), []string{at + ".max_overages: want a number of at most 15 digits [wrong_type]"}},
		{"number out of all range", license(`{"max_overages":1e999}`), []string{at + ".max_overages: want a number of at most 15 digits [wrong_type]"}},
		{"no number", license(`{"max_overages":true}`), []string{at + ".max_overages: want a number [wrong_type]"}},
		{"number as a period", license(`{"consumption_period":1}`), []string{at + ".consumption_period: want a string [wrong_type]"}},
		{"number as a duration", license(`{"valid_duration":30}`), []string{at + ".valid_duration: want a string [wrong_type]"}},
		{"unknown unit", license(`{"valid_duration":"1w"}`), []string{at + ".valid_duration: duration has an unknown unit: want y, m (months), d, h or min [invalid_duration]"}},
		{"no date", license(`{"start_date":"lovelace"}`), []string{at + ".start_date: want a date as 2006-01-02, 2006-01-02 15:04:05 or RFC 3339 [invalid_date]"}},
		{"number as a date", license(`{"start_date":20310301,"validity_period":1}`), []string{at + ".validity_period: want a string [wrong_type]", at + ".start_date: want a string [wrong_type]"}},
		{"unexpected time of day", license(`{"maintenance_period":"2031-03-01 10:00:00"}`), []string{at + ".maintenance_period: want a date without a time of day [invalid_date]"}},
		{"no time", license(`{"validity_period":"2031-02-30"}`), []string{at + ".validity_period: want a date as 2006-01-02, 2006-01-02 15:04:05 or RFC 3339 [invalid_date]"}},
		{"users", license(`{"users":"lovelace@example.com"}`), []string{at + ".users: want an array [wrong_type]"}},
		{"member of the one user", license(`{"users":{"email":1}}`), []string{at + ".users.email: want a string [wrong_type]"}},
		{"feature", license(`{"product_features":["a",7]}`), []string{at + ".product_features[1]: want an object [wrong_type]"}},
		{"metadata", license(`{"metadata":"{}"}`), []string{at + ".metadata: want an object [wrong_type]"}},
		{"metadata twice", license(`{"metadata":{"a":{"lovelace":1,"lovelace":2}}}`), []string{at + ".metadata: contains a duplicate member [duplicate_member]"}},
		{"metadata too deep", license(`{"metadata":{"a":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}}`), []string{at + ".metadata: nested too deeply [not_encodable]"}},
		{"custom field", license(`{"custom_fields":[{"name":"a","value":true}]}`), []string{at + ".custom_fields[0].value: want a string or a number [wrong_type]"}},
		{"custom field with a member that has no place", license(`{"custom_fields":[{"name":"a","value":1,"lovelace":2,"Ada L":3}]}`), []string{at + ".custom_fields[0].lovelace: unknown member [unknown_member]", at + ".custom_fields[0]: unknown member [unknown_member]"}},
		{"custom fields as an object", license(`{"custom_fields":{"name":"a"}}`), []string{at + ".custom_fields: want an array [wrong_type]"}},

		{"twice", `{"id":"a","id":"a"}`, []string{"id: appears more than once [duplicate_member]"}},
		{"twice, once escaped", `{"id":"a","\u0069d":"b"}`, []string{"id: appears more than once [duplicate_member]"}},
		{"extra twice", `{"vat":1,"vat":1,"Ada L":1,"Ada L":2}`, []string{"vat: appears more than once [duplicate_member]", "appears more than once [duplicate_member]"}},
		{"spellings that differ", `{"customer":{"company":"a","company_name":"b"}}`, []string{"customer.company: appears in both spellings, with different values [conflicting_spellings]"}},
		{"spellings that differ in type", `{"customer":{"company":"1","company_name":1}}`, []string{"customer.company: appears in both spellings, with different values [conflicting_spellings]"}},

		{"several at once", `{"id":1,"items":[{"product_code":2,"licenses":[{"key":3}]}],"is_test":4}`, []string{
			"id: want a string [wrong_type]",
			"items[0].product_code: want a string [wrong_type]",
			"items[0].licenses[0].key: want a string [wrong_type]",
			"is_test: want true or false [wrong_type]",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := Order{ID: "before"}
			err := o.UnmarshalJSON([]byte(tt.in))
			var all *ValidationError
			require.ErrorAs(t, err, &all)
			got := make([]string, len(all.Findings))
			for i, f := range all.Findings {
				got[i] = f.String()
				assert.Equal(t, SeverityError, f.Severity)
			}
			assert.Equal(t, tt.want, got)
			require.ErrorIs(t, err, ErrInvalidRequest)
			assert.Equal(t, Order{ID: "before"}, o, "the order is unchanged")

			if !strings.Contains(tt.name, "has no place") {
				assert.NotContains(t, err.Error(), "lovelace")
			}
			assert.NotContains(t, err.Error(), "Ada L")

			// json.Unmarshal returns the same error.
			if json.Valid([]byte(tt.in)) {
				require.ErrorAs(t, json.Unmarshal([]byte(tt.in), &o), &all)
			}
		})
	}
}

func TestUnmarshalRejectsInvalidJSON(t *testing.T) {
	t.Parallel()
	for _, in := range []string{``, ` `, `nul`, `{`, `{"id":"a"} x`, `{"id":"a",}`, `{'id':1}`, "\v{}"} {
		o := Order{ID: "before"}
		var all *ValidationError
		require.ErrorAs(t, o.UnmarshalJSON([]byte(in)), &all, in)
		assert.Equal(t, RuleInvalidJSON, all.Findings[0].Rule)
		assert.Equal(t, "before", o.ID)
	}
}

// FuzzOrderJSON decodes any input as an order. What can be decoded is encoded
// without loss in both dialects, always in the same bytes.
func FuzzOrderJSON(f *testing.F) {
	// One part at a time: the fuzzer spends all of its time minimizing one long
	// seed.
	for _, dialect := range []Dialect{DialectClassic, DialectCurrent} {
		for _, part := range fullOrderInParts(f) {
			written, err := part.appendJSON(nil, dialect)
			require.NoError(f, err)
			f.Add(written)
		}
	}
	for _, seed := range []string{
		`{}`, `null`, `{"customer":{}}`,
		`{"items":[{"licenses":[{"users":{"email":"a@example.com"},"product_features":["a",{"code":"b"}]}]}]}`,
		`{"items":[{"licenses":[{"consumption_period":"week"},{"consumption_period":"weekly"},{"consumption_period":""}]}]}`,
		`{"customer":{"company":"a","company_name":"a"},"created":"0000-00-00","":1}`,
		`{"created":"2031-03-01T10:20:30.5+02:00","items":[{"licenses":[{"start_date":"2031-03-01","max_overages":1e3}]}]}`,
		"{\"id\":\"inv-1\u200b\"}", "{\"id\":\"\ufeffinv-1\"}", `{"id":"a\u0007b","items":[{"licenses":[{"valid_duration":"30d","max_activations":0}]}]}`,
		`{"metadata":"\u0000\ud83e\udd8a","x":{"a":1,"a":2},"items":[{"licenses":[{"metadata":{"a":1e400}}]}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var o Order
		if err := o.UnmarshalJSON(data); err != nil {
			var all *ValidationError
			require.ErrorAs(t, err, &all)
			require.NotEmpty(t, all.Findings)
			return
		}
		checkVisible(t, &o)
		require.Equal(t, &o, o.Clone())
		checkStored(t, o)
		for _, dialect := range []Dialect{DialectClassic, DialectCurrent} {
			written, err := o.appendJSON(nil, dialect)
			if err != nil {
				// Only this can be decoded and not encoded: extra members
				// without a name or with a NUL in it, and a custom field
				// without a value.
				var all *ValidationError
				require.ErrorAs(t, err, &all)
				for _, finding := range all.Findings {
					require.Contains(t, []Rule{RuleEmptyExtraName, RuleInvalidText, RuleCustomFieldValue}, finding.Rule)
				}
				return
			}
			require.True(t, json.Valid(written))
			var again Order
			require.NoError(t, again.UnmarshalJSON(written), "%s", written)
			rewritten, err := again.appendJSON(nil, dialect)
			require.NoError(t, err)
			require.Equal(t, string(written), string(rewritten))
			require.Equal(t, normal(&o), normal(&again))
		}
	})
}

// normal removes what is not encoded: fractions of a second, and a customer
// without any field.
func normal(o *Order) *Order {
	o = o.Clone()
	o.Created = o.Created.Truncate(time.Second)
	if o.Customer != nil {
		if written, err := json.Marshal(o.Customer); err == nil && len(written) == len(`{}`) {
			o.Customer = nil
		}
	}
	for i := range o.Items {
		for j := range o.Items[i].Licenses {
			l := &o.Items[i].Licenses[j]
			l.ValidityPeriod = l.ValidityPeriod.Truncate(time.Second)
		}
	}
	return o
}

// checkVisible checks that an id without a finding is visible as it is.
func checkVisible(t *testing.T, o *Order) {
	t.Helper()
	found := slices.ContainsFunc(o.Check(), func(f Finding) bool { return f.Path == "id" }) // must not panic
	visible := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control, unicode.Join_Control, unicode.Variation_Selector) || strings.ContainsRune("\u200b\ufeff\u00ad", r) {
			return -1
		}
		return r
	}, o.ID)
	if !found {
		require.Equal(t, visible, strings.TrimSpace(o.ID), "%q", o.ID)
	}
}

// checkStored checks that encoders other than encoding/json return the same order.
func checkStored(t *testing.T, o Order) {
	t.Helper()
	want, err := o.MarshalJSON()
	if err != nil {
		_, err = o.MarshalBinary()
		require.Error(t, err)
		_, err = o.MarshalBSON()
		require.Error(t, err)
		return
	}
	var stored bytes.Buffer
	require.NoError(t, gob.NewEncoder(&stored).Encode(o))
	var fromGob, fromBSON Order
	require.NoError(t, gob.NewDecoder(&stored).Decode(&fromGob))
	document, err := o.MarshalBSON()
	require.NoError(t, err)
	require.NoError(t, fromBSON.UnmarshalBSON(document))
	for _, got := range []Order{fromGob, fromBSON} {
		again, err := got.MarshalJSON()
		require.NoError(t, err)
		require.Equal(t, string(want), string(again))
	}
}
