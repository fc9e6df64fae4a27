package licensespring

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files of testdata anew")

// TestGoldenOrder checks the exact bytes of an order with everything in it, in
// both dialects. The files are indented for reading.
func TestGoldenOrder(t *testing.T) {
	t.Parallel()
	for _, dialect := range []Dialect{DialectClassic, DialectCurrent} {
		t.Run(dialect.String(), func(t *testing.T) {
			t.Parallel()
			written, err := fullOrder().appendJSON(nil, dialect)
			require.NoError(t, err)
			file := filepath.Join("testdata", "order_"+dialect.String()+".json")
			if *update {
				var indented bytes.Buffer
				require.NoError(t, json.Indent(&indented, written, "", "  "))
				indented.WriteByte('\n')
				require.NoError(t, os.WriteFile(file, indented.Bytes(), 0o644))
			}
			golden, err := os.ReadFile(file)
			require.NoError(t, err)
			var compact bytes.Buffer
			require.NoError(t, json.Compact(&compact, golden))
			assert.Equal(t, compact.String(), string(written))

			var read Order
			require.NoError(t, json.Unmarshal(golden, &read))
			assert.Equal(t, sent(fullOrder()), &read)
			again, err := read.appendJSON(nil, dialect)
			require.NoError(t, err)
			assert.Equal(t, string(written), string(again))
		})
	}
}

func encode(t *testing.T, o object, d Dialect) string {
	t.Helper()
	written, err := appendObject(nil, o, d)
	require.NoError(t, err)
	return string(written)
}

func TestMarshalOrder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		order Order
		want  string
	}{
		{"nothing", Order{}, `{}`},
		{"no more than needed", Order{ID: "a", Items: []OrderItem{{ProductCode: "p", Licenses: []License{{}}}}}, `{"id":"a","items":[{"product_code":"p","licenses":[{}]}]}`},
		{"empty things are absent", Order{Items: []OrderItem{}, Customer: &Customer{}, Extra: map[string]json.RawMessage{}}, `{}`},
		{"no customer before other members", Order{Customer: &Customer{}, Language: "en"}, `{"language":"en"}`},
		{"zero and false are values", Order{PreventVM: new(false), CustomerAccountID: new(int64(0))}, `{"prevent_vm":false,"customer_account_id":0}`},
		{"no escapes that are not needed", Order{ID: "<&>"}, `{"id":"<&>"}`},
		{"extra comes last, by name", Order{Reference: "r", Extra: map[string]json.RawMessage{"b": json.RawMessage(" 1 "), "a": json.RawMessage(`{ "x" : null }`)}}, `{"reference":"r","a":{"x":null},"b":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, encode(t, &tt.order, DialectClassic))
			b, err := tt.order.MarshalJSON()
			require.NoError(t, err)
			assert.Equal(t, tt.want, string(b))
			for _, v := range []any{tt.order, &tt.order} {
				b, err := json.Marshal(v)
				require.NoError(t, err)
				assert.JSONEq(t, tt.want, string(b))
			}
		})
	}
}

func TestMarshalLicense(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		license License
		want    string
	}{
		{"nothing", License{}, `{}`},
		{"empty users are absent", License{Users: []LicenseUser{}}, `{}`},
		{"an empty map, no features and no custom fields are values", License{Metadata: map[string]any{}, ProductFeatures: []ProductFeature{}, CustomFields: []CustomField{}}, `{"product_features":[],"metadata":{},"custom_fields":[]}`},
		{"features in short form", NewLicense().WithFeatures("a", "b"), `{"product_features":["a","b"]}`},
		{"one feature with options makes all objects", NewLicense().WithFeatures("a").WithFeature(ProductFeature{Code: "b", MaxConsumption: new(33)}), `{"product_features":[{"code":"a"},{"code":"b","max_consumption":33}]}`},
		{"integers have no decimal point", License{ConsumptionOptions: ConsumptionOptions{MaxOverages: new(100.0)}}, `{"max_overages":100}`},
		{"an unknown period is unchanged", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: "fortnight"}}, `{"consumption_period":"fortnight"}`},
		{"a period in classic spelling", License{ConsumptionOptions: ConsumptionOptions{ConsumptionPeriod: "week"}}, `{"consumption_period":"week"}`},
		{"a duration that is not valid is shown as it is", License{ValidDuration: Years(-1)}, `{"valid_duration":"-1y"}`},
		{"custom fields", NewLicense().WithCustomField("a", "x").WithCustomField("b", 7).WithCustomField("c", 0.5), `{"custom_fields":[{"name":"a","value":"x"},{"name":"b","value":7},{"name":"c","value":0.5}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, encode(t, &tt.license, DialectClassic))
		})
	}
}

func TestMarshalParts(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]any{
		`{"product_code":"p"}`:               OrderItem{ProductCode: "p"},
		`{"key":"k"}`:                        License{Key: "k"},
		`{"email":"a@example.com"}`:          LicenseUser{Email: "a@example.com"},
		`{"code":"f"}`:                       ProductFeature{Code: "f"},
		`{"name":"n","value":1}`:             CustomField{Name: "n", Value: uint8(1)},
		`{"company":"Example"}`:              Customer{Company: "Example"},
		`{"first_name":"A","last_name":"B"}`: &Customer{FirstName: "A", LastName: "B"},
	} {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		assert.Equal(t, want, string(b))
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	assertEncoded := func(want string, o *Order, d Dialect) {
		t.Helper()
		got := encode(t, o, d)
		assert.Equal(t, want, got)
	}
	o := NewOrder("a").WithCustomer(Customer{Company: "Example"}).
		AddItem("p", NewLicense().WithMaintenance(Months(6)).Consumption(5).WithReset(Annually), NewLicense().WithReset(Daily))
	assertEncoded(
		`{"id":"a","items":[{"product_code":"p","licenses":[`+
			`{"license_type":"consumption","max_consumptions":5,"enable_maintenance_duration":true,"maintenance_duration":"6m","reset_consumption":true,"consumption_period":"year"},`+
			`{"reset_consumption":true,"consumption_period":"daily"}`+
			`]}],"customer":{"company":"Example"}}`, o, DialectClassic)
	assertEncoded(
		`{"id":"a","items":[{"product_code":"p","licenses":[`+
			`{"license_type":"consumption","max_consumptions":5,"enable_maintenance_period":true,"maintenance_duration":"6m","reset_consumption":true,"consumption_period":"annually"},`+
			`{"reset_consumption":true,"consumption_period":"daily"}`+
			`]}],"customer":{"company_name":"Example"}}`, o, DialectCurrent)

	assert.Equal(t, "classic", DialectClassic.String())
	assert.Equal(t, "current", DialectCurrent.String())
	assert.Equal(t, "Dialect(7)", Dialect(7).String())
	var d Dialect
	assert.Equal(t, DialectClassic, d, "classic is the default")
}

// TestMarshalRejects checks that a value that cannot be represented is an error
// and is never replaced.
func TestMarshalRejects(t *testing.T) {
	t.Parallel()
	inLicense := func(l License) *Order { return &Order{Items: []OrderItem{{Licenses: []License{{}, l}}}} }
	tests := []struct {
		name  string
		order *Order
		want  string
	}{
		{"text", &Order{Language: "lovelace\xff"}, "language: text is not valid UTF-8 [invalid_text]"},
		{"code", inLicense(NewLicense().WithFeatures("a", "lovelace\xff")), "items[0].licenses[1].product_features[1].code: text is not valid UTF-8 [invalid_text]"},
		{"period", inLicense(NewLicense().WithReset("lovelace\xff")), "items[0].licenses[1].consumption_period: text is not valid UTF-8 [invalid_text]"},
		{"not a number", inLicense(NewLicense().WithOverages(math.NaN())), "items[0].licenses[1].max_overages: must be a finite number [not_finite]"},
		{"metadata", inLicense(NewLicense().WithMetadata(map[string]any{"lovelace": make(chan int)})), "items[0].licenses[1].metadata: contains a value that JSON cannot represent [not_encodable]"},
		{"custom field", inLicense(NewLicense().WithCustomField("lovelace", true)), "items[0].licenses[1].custom_fields[0].value: must be a string or a number [custom_field_value]"},
		{"custom field without a value", inLicense(License{CustomFields: []CustomField{{Name: "lovelace"}}}), "custom_fields[0].value: must be a string or a number [custom_field_value]"},
		{"infinite custom field", inLicense(NewLicense().WithCustomField("lovelace", math.Inf(1))), "custom_fields[0].value: contains a number that is not finite [custom_field_value]"},
		{"extra without a name", (&Order{}).WithExtra("", json.RawMessage(`1`)), "licensespring: extra member has no name [empty_extra_name]"},
		{"extra that is no JSON", (&Order{}).WithExtra("vat", json.RawMessage(`{"lovelace":`)), "vat: extra member is not valid JSON [extra_invalid]"},
		{"extra without a value", (&Order{}).WithExtra("vat", nil), "vat: extra member is not valid JSON [extra_invalid]"},
		{"extra instead of a field", inLicense(NewLicense().WithExtra("max_activations", json.RawMessage(`null`))), "items[0].licenses[1].max_activations: extra member has the name of a field: use the field [extra_shadows_field]"},
		{"the same in the other spelling", (&Order{}).WithCustomer(Customer{Extra: map[string]json.RawMessage{"company_name": json.RawMessage(`"x"`)}}), "customer.company_name: extra member has the name of a field"},
		{"name of an extra member", (&Order{}).WithExtra("lovelace\xff", json.RawMessage(`1`)), "licensespring: name of an extra member is not valid text [invalid_text]"},
		{"a name that is customer data", (&Order{}).WithExtra("lovelace@example.com", json.RawMessage(`nope`)), "licensespring: extra member is not valid JSON [extra_invalid]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			written, err := tt.order.appendJSON([]byte("kept"), DialectClassic)
			require.ErrorContains(t, err, tt.want)
			require.ErrorIs(t, err, ErrInvalidRequest)
			assert.NotContains(t, err.Error(), "lovelace")
			assert.Equal(t, "kept", string(written))

			_, err = json.Marshal(tt.order)
			var all *ValidationError
			require.ErrorAs(t, err, &all)
			assert.Len(t, all.Findings, 1)
		})
	}
}

func TestEncodeAllocations(t *testing.T) { //nolint:paralleltest // allocations of other tests would be counted too
	o := typicalOrder()
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = o.appendJSON(nil, DialectClassic) }), 3.0)
	buf := make([]byte, 0, 4096)
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = o.appendJSON(buf, DialectCurrent) }), 2.0)
}
