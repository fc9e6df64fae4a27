package licensespringtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestChecker_accepts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options []lst.Option
		body    string
	}{
		{name: "required members only, no licenses", body: `{"id":"o-1","items":[{"product_code":"acmecad"}]}`},
		{name: "an empty license with defaults of its product", body: withLicense("acmecad", `{}`)},
		{
			name: "every order field",
			body: `{"id":"o-1","items":[{"product_code":"acmecad","note":"n","licenses":[{}]}],"append":false,
				"is_test":true,"created":"2031-02-28 23:59:59","order_type":"normal","language":"pt-BR",
				"campaign_params":"utm=1","download_id":"d","prevent_vm":false,"is_bundle":false,
				"metadata":"{\"a\":1}","customer_account_id":77,"add_to_customer_account":false,"reference":"r",
				"customer":{"email":"ada@example.com","first_name":"A","last_name":"L","company":"C","phone":"1",
				"reference":"r","is_manager":true,"address":"x"}}`,
			options: []lst.Option{lst.WithCustomerAccounts(77)},
		},
		{
			name: "every license field that any type allows",
			body: withLicense("acmecad", `{"key":"AB2C-D3EF-GH4J-K5MN","max_activations":0,
				"license_type":"time-limited","valid_duration":"5min","enable_maintenance_duration":false,
				"maintenance_duration":"3d","validity_period":"2031-01-01 00:00:00","product_features":["render"],
				"is_trial":false,"prevent_vm":false,"max_transfers":-1,"policy_code":"gold","trial_days":0,
				"start_date":"2031-01-01","maintenance_period":"2031-01-01","note":"n","subscription_id":"s",
				"metadata":{"a":{"b":[1]}},"custom_fields":[{"name":"a","value":"b"},{"name":"c","value":1.5}],
				"is_floating":true,"is_floating_cloud":false,"floating_users":3,"floating_timeout":5,
				"can_borrow":true,"max_borrow_time":1,"allow_grace_period":true,"grace_period":2,
				"max_license_users":0,"is_air_gapped":false,"is_hardware_key_auth":false,
				"allow_unlimited_activations":true,"allow_unlimited_consumptions":false,
				"allow_negative_consumptions":false,"active":true,"enabled":true}`),
			options: []lst.Option{lst.WithPolicies(lst.Policy{Code: "gold"})},
		},
		{
			name: "every consumption field",
			body: withLicense("acmeapi", `{"license_type":"consumption","max_consumptions":0,"allow_overages":true,
				"max_overages":2.5,"reset_consumption":true,"consumption_period":"year",
				"product_features":[{"code":"calls","max_consumption":33,"expiry_date":"2031-01-01",
				"allow_overages":true,"max_overages":1,"reset_consumption":true,"consumption_period":"month",
				"is_floating":true,"floating_users":1,"floating_timeout":1}]}`),
		},
		{name: "consumption by product default", body: withLicense("acmeapi", `{"max_consumptions":5}`)},
		{name: "a time-limited license with a validity period", body: withLicense("acmecad", `{"license_type":"time-limited","validity_period":"2031-01-01 00:00:00"}`)},
		{name: "a time-limited license with trial days", body: withLicense("acmecad", `{"license_type":"time-limited","trial_days":0}`)},
		{
			name: "a time-limited license with a policy", body: withLicense("acmecad", `{"license_type":"time-limited","policy_code":"gold"}`),
			options: []lst.Option{lst.WithPolicies(lst.Policy{Code: "gold"})},
		},
		{name: "users", body: withLicense("acmeweb", `{"users":[{"email":"a@example.com"},{"email":"b@example.com","is_manager":true,"max_activations":2}]}`)},
		{name: "an empty list of features", body: withLicense("acmecad", `{"product_features":[]}`)},
		{name: "bundle", body: `{"id":"o-1","is_bundle":true,"items":[{"product_code":"acmesuite","licenses":[{}]}]}`},
		{
			name:    "current dialect",
			options: []lst.Option{lst.WithDialect(lst.DialectCurrent)},
			body: `{"id":"o-1","customer":{"company_name":"C"},"items":[{"product_code":"acmeapi","licenses":[
				{"enable_maintenance_period":true,"maintenance_duration":"1y","consumption_period":"daily"}]}]}`,
		},
		{
			name:    "extra members",
			options: []lst.Option{lst.WithExtraMembers("tomorrow")},
			body:    `{"id":"o-1","tomorrow":null,"items":[{"product_code":"acmecad","tomorrow":{},"licenses":[{"tomorrow":1}]}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t, tt.options...)
			create(t, srv, tt.body)
			require.Len(t, srv.Orders(), 1)
			assert.JSONEq(t, tt.body, string(srv.Orders()[0].Requests[0]))
		})
	}
}

// TestChecker_license has one invalid license per row, with the invalid member and
// its message.
func TestChecker_license(t *testing.T) {
	t.Parallel()
	const (
		integer  = "A valid integer is required."
		number   = "A valid number is required."
		negative = "Ensure this value is greater than or equal to 0."
		boolean  = "Must be a valid boolean."
		str      = "Not a valid string."
		blank    = "This field may not be blank."
		null     = "This field may not be null."
		dateTime = "Datetime has wrong format. Use this format instead: YYYY-MM-DD hh:mm:ss."
		date     = "Date has wrong format. Use this format instead: YYYY-MM-DD."
		duration = "Duration has wrong format. Use a count and one of these units: y, m, d, h, min."
		only     = "Only a consumption license takes this field."
	)
	tests := []struct{ license, member, message string }{
		{`{"key":""}`, "key", blank},
		{`{"key":null}`, "key", null},
		{`{"key":7}`, "key", str},
		{`{"key":" AB2C"}`, "key", "Space around the value and control characters are not allowed."},
		{`{"key":"AB\n2C"}`, "key", "Space around the value and control characters are not allowed."},
		{`{"users":[]}`, "users", "This list may not be empty."},
		{`{"users":null}`, "users", null},
		{`{"users":{"email":"a@example.com"}}`, "users", `Expected a list of items but got type "dict".`},
		{`{"max_activations":null}`, "max_activations", null},
		{`{"max_activations":-1}`, "max_activations", negative},
		{`{"max_activations":"3"}`, "max_activations", integer},
		{`{"max_activations":3.0}`, "max_activations", integer},
		{`{"max_activations":3e0}`, "max_activations", integer},
		{`{"max_activations":99999999999999999999}`, "max_activations", integer},
		{`{"max_activations":2147483648}`, "max_activations", "Ensure this value is less than or equal to 2147483647."},
		{`{"max_transfers":-2}`, "max_transfers", "Ensure this value is greater than or equal to -1."},
		{`{"license_type":"Perpetual"}`, "license_type", `"Perpetual" is not a valid choice.`},
		{`{"license_type":"time_limited"}`, "license_type", `"time_limited" is not a valid choice.`},
		{`{"license_type":1}`, "license_type", str},
		{`{"license_type":"time-limited","valid_duration":"0d"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"01d"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"1 y"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"y"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"1"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"-1y"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"1Y"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"1y2m"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"1w"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":"9999999999y"}`, "valid_duration", duration},
		{`{"license_type":"time-limited","valid_duration":365}`, "valid_duration", str},
		{`{"license_type":"perpetual","valid_duration":"1y"}`, "valid_duration", "A perpetual license has no valid duration."},
		{`{"license_type":"time-limited"}`, "valid_duration", "A time-limited license needs a valid duration."},
		{`{"license_type":"time-limited","valid_duration":null}`, "valid_duration", null}, // only one finding
		// The product's default license type is perpetual.
		{`{"valid_duration":"1y"}`, "valid_duration", "A perpetual license has no valid duration."},
		{`{"maintenance_duration":"1h"}`, "maintenance_duration", "Duration has wrong format. Use a count and one of these units: y, m, d."},
		{`{"enable_maintenance_duration":"true"}`, "enable_maintenance_duration", boolean},
		{`{"enable_maintenance_period":true}`, "enable_maintenance_period", "Unknown field."},
		{`{"is_trial":1}`, "is_trial", boolean},
		{`{"prevent_vm":null}`, "prevent_vm", null},
		{`{"validity_period":"2031-01-01"}`, "validity_period", dateTime},
		{`{"validity_period":"2031-01-01T00:00:00Z"}`, "validity_period", dateTime},
		{`{"validity_period":"2031-01-01 00:00:00.5"}`, "validity_period", dateTime},
		{`{"validity_period":"2031-02-30 00:00:00"}`, "validity_period", dateTime},
		{`{"validity_period":"0000-00-00"}`, "validity_period", dateTime},
		{`{"validity_period":"0001-01-01 00:00:00"}`, "validity_period", "The zero date is not a date."},
		{`{"validity_period":1900000000}`, "validity_period", str},
		{`{"start_date":"2031-01-01 00:00:00"}`, "start_date", date},
		{`{"maintenance_period":"1y"}`, "maintenance_period", date},
		{`{"license_type":"subscription","max_consumptions":5}`, "max_consumptions", only},
		{`{"max_consumptions":5}`, "max_consumptions", only},
		{`{"allow_overages":false}`, "allow_overages", only},
		{`{"max_overages":1}`, "max_overages", only},
		{`{"reset_consumption":false}`, "reset_consumption", only},
		{`{"consumption_period":"week"}`, "consumption_period", only},
		// An invalid value is reported instead of the wrong license type.
		{`{"consumption_period":"weekly"}`, "consumption_period", `"weekly" is not a valid choice.`},
		{`{"license_type":"consumption","max_overages":-0.5}`, "max_overages", negative},
		{`{"license_type":"consumption","max_overages":"1"}`, "max_overages", number},
		{`{"license_type":"consumption","max_overages":1e999}`, "max_overages", number},
		{`{"metadata":"{}"}`, "metadata", "Invalid data. Expected a dictionary, but got str."},
		{`{"note":""}`, "note", blank},
		{`{"policy_code":""}`, "policy_code", blank},
		{`{"custom_fields":{}}`, "custom_fields", `Expected a list of items but got type "dict".`},
		{`{"product_features":"render"}`, "product_features", `Expected a list of items but got type "str".`},
		{`{"Max_Activations":1}`, "Max_Activations", "Unknown field."},
		{`{"quantity":1}`, "quantity", "Unknown field."},
		{`{"key":"K-1","users":[{"email":"a@example.com"}]}`, "non_field_errors", "A license takes either a key or users."},
	}
	for _, tt := range tests {
		t.Run(tt.license, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			resp := do(t, srv, http.MethodPost, createPath, withLicense("acmecad", tt.license))
			assert.Equal(t, http.StatusBadRequest, resp.status)
			want := map[string]any{"items": []any{map[string]any{"licenses": []any{
				map[string]any{tt.member: []any{tt.message}},
			}}}}
			assert.Equal(t, want, resp.json(t))
			assertNothingStored(t, srv)
		})
	}
}

// TestChecker_nesting compares whole bodies: the place of each finding, and the
// placeholders of valid elements.
func TestChecker_nesting(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{
			name: "all findings at once",
			body: `{"id":"","created":"now","bogus":1,"customer":{"email":"x","company_name":"c"},"items":[
				{"product_code":"acmecad","licenses":[{},{"max_activations":true,"is_trial":0}]},
				{"note":"n"},
				{"product_code":"acmecad","licenses":[]}]}`,
			want: `{"id":["This field may not be blank."],
				"created":["Datetime has wrong format. Use this format instead: YYYY-MM-DD hh:mm:ss."],
				"bogus":["Unknown field."],
				"customer":{"email":["Enter a valid email address."],"company_name":["Unknown field."]},
				"items":[
				{"licenses":[{},{"max_activations":["A valid integer is required."],"is_trial":["Must be a valid boolean."]}]},
				{"product_code":["This field is required."]},
				{"licenses":["This list may not be empty."]}]}`,
		},
		{name: "empty object", body: `{}`, want: `{"id":["This field is required."],"items":["This field is required."]}`},
		{name: "not an object", body: `[]`, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{name: "null", body: `null`, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got NoneType."]}`},
		{name: "number", body: `1`, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got number."]}`},
		{name: "boolean", body: `true`, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got bool."]}`},
		{name: "no items", body: `{"id":"a","items":[]}`, want: `{"items":["This list may not be empty."]}`},
		{name: "items of wrong types", body: `{"id":"a","items":[null,1]}`, want: `{"items":[["This field may not be null."],["Invalid data. Expected a dictionary, but got number."]]}`},
		{name: "items not a list", body: `{"id":"a","items":"x"}`, want: `{"items":["Expected a list of items but got type \"str\"."]}`},
		{
			name: "licenses of wrong types",
			body: `{"id":"a","items":[{"product_code":"acmecad","licenses":["x"]},{"product_code":"acmecad","licenses":{}}]}`,
			want: `{"items":[{"licenses":[["Invalid data. Expected a dictionary, but got str."]]},{"licenses":["Expected a list of items but got type \"dict\"."]}]}`,
		},
		{name: "empty customer", body: `{"id":"a","customer":{},"items":[{"product_code":"acmecad"}]}`, want: `{"customer":["This object may not be empty."]}`},
		{name: "customer not an object", body: `{"id":"a","customer":7,"items":[{"product_code":"acmecad"}]}`, want: `{"customer":["Invalid data. Expected a dictionary, but got number."]}`},
		{name: "order metadata that is not text", body: `{"id":"a","metadata":{},"items":[{"product_code":"acmecad"}]}`, want: `{"metadata":["Not a valid string."]}`},
		{name: "order metadata that is not JSON", body: `{"id":"a","metadata":"{","items":[{"product_code":"acmecad"}]}`, want: `{"metadata":["Value must be valid JSON."]}`},
		{name: "order type", body: `{"id":"a","order_type":"special","items":[{"product_code":"acmecad"}]}`, want: `{"order_type":["\"special\" is not a valid choice."]}`},
		{name: "language", body: `{"id":"a","language":"English","items":[{"product_code":"acmecad"}]}`, want: `{"language":["Enter a valid language code."]}`},
		{name: "language region", body: `{"id":"a","language":"en-1","items":[{"product_code":"acmecad"}]}`, want: `{"language":["Enter a valid language code."]}`},
		{name: "language blank", body: `{"id":"a","language":"","items":[{"product_code":"acmecad"}]}`, want: `{"language":["This field may not be blank."]}`},
		{name: "e-mail of the wrong type", body: `{"id":"a","customer":{"email":1},"items":[{"product_code":"acmecad"}]}`, want: `{"customer":{"email":["Not a valid string."]}}`},
		{
			name: "users", body: withLicense("acmeweb", `{"users":[{"email":"a@example.com"},{},{"email":"A@example.com"},{"email":"Ada <b@example.com>","x":1},"c@example.com",{"email":"d@localhost"}]}`),
			want: `{"items":[{"licenses":[{"users":[{},{"email":["This field is required."]},
				{"email":["This user is assigned twice."]},
				{"email":["Enter a valid email address."],"x":["Unknown field."]},
				["Invalid data. Expected a dictionary, but got str."],
				{"email":["Enter a valid email address."]}]}]}]}`,
		},
		{
			name: "feature codes mixed with objects", body: withLicense("acmecad", `{"product_features":["render",{"code":"export"}]}`),
			want: `{"items":[{"licenses":[{"product_features":[{},["Product features are either all codes or all objects."]]}]}]}`,
		},
		{
			name: "feature objects", body: withLicense("acmecad", `{"product_features":[{"code":"render","max_consumption":-1},{"max_consumption":1},null]}`),
			want: `{"items":[{"licenses":[{"product_features":[{"max_consumption":["Ensure this value is greater than or equal to 0."]},{"code":["This field is required."]},["This field may not be null."]]}]}]}`,
		},
		{
			name: "feature codes", body: withLicense("acmecad", `{"product_features":[7,""]}`),
			want: `{"items":[{"licenses":[{"product_features":[["Not a valid string."],["Product features are either all codes or all objects."]]}]}]}`,
		},
		{
			name: "custom fields", body: withLicense("acmecad", `{"custom_fields":[{"name":"a","value":true},{"value":1},"x",{"name":"b","value":null}]}`),
			want: `{"items":[{"licenses":[{"custom_fields":[{"value":["Not a valid string or number."]},{"name":["This field is required."]},["Invalid data. Expected a dictionary, but got str."],{"value":["This field may not be null."]}]}]}]}`,
		},
		{
			name: "an unknown product is not reported with validation errors",
			body: withLicense("no-such-product", `{"license_type":"perpetual","valid_duration":"1y"}`),
			want: `{"items":[{"licenses":[{"valid_duration":["A perpetual license has no valid duration."]}]}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			resp := do(t, srv, http.MethodPost, createPath, tt.body)
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.JSONEq(t, tt.want, resp.body)
			assertNothingStored(t, srv)
		})
	}
}

func TestChecker_dialects(t *testing.T) {
	t.Parallel()
	classic := `{"id":"a","customer":{"company":"c"},"items":[{"product_code":"acmeapi","licenses":[{"enable_maintenance_duration":true,"consumption_period":"month"}]}]}`
	current := `{"id":"a","customer":{"company_name":"c"},"items":[{"product_code":"acmeapi","licenses":[{"enable_maintenance_period":true,"consumption_period":"monthly"}]}]}`
	tests := []struct {
		dialect    lst.Dialect
		valid      string
		invalid    string
		wantErrors string
	}{
		{lst.DialectClassic, classic, current, `{"customer":{"company_name":["Unknown field."]},"items":[{"licenses":[{"enable_maintenance_period":["Unknown field."],"consumption_period":["\"monthly\" is not a valid choice."]}]}]}`},
		{lst.DialectCurrent, current, classic, `{"customer":{"company":["Unknown field."]},"items":[{"licenses":[{"enable_maintenance_duration":["Unknown field."],"consumption_period":["\"month\" is not a valid choice."]}]}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.dialect.String(), func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t, lst.WithDialect(tt.dialect))
			resp := do(t, srv, http.MethodPost, createPath, tt.invalid)
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.JSONEq(t, tt.wantErrors, resp.body)
			assertNothingStored(t, srv)

			record := create(t, srv, tt.valid)
			// The response uses the server's dialect, the stored order the classic names.
			company, maintenance := "company", "enable_maintenance_duration"
			if tt.dialect == lst.DialectCurrent {
				company, maintenance = "company_name", "enable_maintenance_period"
			}
			assert.Equal(t, "c", dig(t, record, "customer", company))
			assert.Equal(t, true, dig(t, record, "order_items", 0, "licenses", 0, maintenance))
			stored, _ := srv.Order("a")
			assert.Equal(t, "c", stored.Customer.Properties["company"])
			assert.Equal(t, true, stored.Licenses()[0].Properties["enable_maintenance_duration"])
		})
	}
}

func TestChecker_invalidJSON(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body string }{
		{"empty", ""},
		{"truncated", strings.TrimSuffix(order("a"), "}")},
		{"trailing data", order("a") + order("b")},
		{"trailing comma", `{"id":"a",}`},
		{"duplicate member: encoding/json takes the last", `{"id":"a","id":"b","items":[{"product_code":"acmecad"}]}`},
		{"nested duplicate member", `{"id":"a","items":[{"product_code":"acmecad","licenses":[{"is_trial":true,"is_trial":false}]}]}`},
		{"invalid UTF-8: encoding/json replaces it", "{\"id\":\"a\xff\",\"items\":[{\"product_code\":\"acmecad\"}]}"},
		{"byte order mark", "\xef\xbb\xbf" + order("a")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			r := newRequest(t, srv, http.MethodPost, createPath, tt.body)
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
			resp, err := send(srv.Client(), r)
			require.NoError(t, err)
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.Equal(t, "invalid_json", resp.json(t)["code"])
			assertNothingStored(t, srv)
		})
	}
}
