package licensespringtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestCheck_accepts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options []lst.Option
		body    string
	}{
		{name: "only what is required, no licenses", body: `{"id":"o-1","items":[{"product_code":"acme-cad"}]}`},
		{name: "an empty license takes everything from its product", body: withLicense("acme-cad", `{}`)},
		{
			name: "every order field",
			body: `{"id":"o-1","items":[{"product_code":"acme-cad","note":"n","licenses":[{}]}],"append":false,
				"is_test":true,"created":"2031-02-28 23:59:59","order_type":"normal","language":"pt-BR",
				"campaign_params":"utm=1","download_id":"d","prevent_vm":false,"is_bundle":false,
				"metadata":"{\"a\":1}","customer_account_id":77,"add_to_customer_account":false,"reference":"r",
				"customer":{"email":"ada@example.com","first_name":"A","last_name":"L","company":"C","phone":"1",
				"reference":"r","is_manager":true,"address":"x"}}`,
			options: []lst.Option{lst.WithCustomerAccounts(77)},
		},
		{
			name: "every license field that goes with any type",
			body: withLicense("acme-cad", `{"key":"AB2C-D3EF-GH4J-K5MN","max_activations":0,
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
			body: withLicense("acme-api", `{"license_type":"consumption","max_consumptions":0,"allow_overages":true,
				"max_overages":2.5,"reset_consumption":true,"consumption_period":"year",
				"product_features":[{"code":"calls","max_consumption":33,"expiry_date":"2031-01-01",
				"allow_overages":true,"max_overages":1,"reset_consumption":true,"consumption_period":"month",
				"is_floating":true,"floating_users":1,"floating_timeout":1}]}`),
		},
		{name: "consumption by product default", body: withLicense("acme-api", `{"max_consumptions":5}`)},
		{name: "a time-limited license may end on a day", body: withLicense("acme-cad", `{"license_type":"time-limited","validity_period":"2031-01-01 00:00:00"}`)},
		{name: "or with its trial", body: withLicense("acme-cad", `{"license_type":"time-limited","trial_days":0}`)},
		{
			name: "or when its policy says", body: withLicense("acme-cad", `{"license_type":"time-limited","policy_code":"gold"}`),
			options: []lst.Option{lst.WithPolicies(lst.Policy{Code: "gold"})},
		},
		{name: "users", body: withLicense("acme-web", `{"users":[{"email":"a@example.com"},{"email":"b@example.com","is_manager":true,"max_activations":2}]}`)},
		{name: "a user-based license may wait for its user", body: withLicense("acme-web", `{}`)},
		{name: "no features is a value", body: withLicense("acme-cad", `{"product_features":[]}`)},
		{name: "bundle", body: `{"id":"o-1","is_bundle":true,"items":[{"product_code":"acme-suite","licenses":[{}]}]}`},
		{
			name:    "current dialect",
			options: []lst.Option{lst.WithDialect(lst.DialectCurrent)},
			body: `{"id":"o-1","customer":{"company_name":"C"},"items":[{"product_code":"acme-api","licenses":[
				{"enable_maintenance_period":true,"maintenance_duration":"1y","consumption_period":"daily"}]}]}`,
		},
		{
			name:    "extra members, on request",
			options: []lst.Option{lst.WithExtraMembers("tomorrow")},
			body:    `{"id":"o-1","tomorrow":null,"items":[{"product_code":"acme-cad","tomorrow":{},"licenses":[{"tomorrow":1}]}]}`,
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

// TestCheck_license has one wrong license per row, and the message it must get
// at the member that is wrong.
func TestCheck_license(t *testing.T) {
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
		{`{"license_type":"time-limited","valid_duration":null}`, "valid_duration", null}, // said once
		// The product's licenses are perpetual unless they say otherwise.
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
		// What is wrong by itself is said first.
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
			a := do(t, srv, http.MethodPost, createPath, withLicense("acme-cad", tt.license))
			assert.Equal(t, http.StatusBadRequest, a.status)
			want := map[string]any{"items": []any{map[string]any{"licenses": []any{
				map[string]any{tt.member: []any{tt.message}},
			}}}}
			assert.Equal(t, want, a.json(t))
			assertNothingStored(t, srv)
		})
	}
}

// TestCheck_nesting holds the whole body of the answer, to show where findings
// are and what stands in for the elements that are fine.
func TestCheck_nesting(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{
			name: "all findings at once",
			body: `{"id":"","created":"now","bogus":1,"customer":{"email":"x","company_name":"c"},"items":[
				{"product_code":"acme-cad","licenses":[{},{"max_activations":true,"is_trial":0}]},
				{"note":"n"},
				{"product_code":"acme-cad","licenses":[]}]}`,
			want: `{"id":["This field may not be blank."],
				"created":["Datetime has wrong format. Use this format instead: YYYY-MM-DD hh:mm:ss."],
				"bogus":["Unknown field."],
				"customer":{"email":["Enter a valid email address."],"company_name":["Unknown field."]},
				"items":[
				{"licenses":[{},{"max_activations":["A valid integer is required."],"is_trial":["Must be a valid boolean."]}]},
				{"product_code":["This field is required."]},
				{"licenses":["This list may not be empty."]}]}`,
		},
		{name: "nothing", body: `{}`, want: `{"id":["This field is required."],"items":["This field is required."]}`},
		{name: "not an object", body: `[]`, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{name: "null", body: `null`, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got NoneType."]}`},
		{name: "number", body: `1`, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got number."]}`},
		{name: "boolean", body: `true`, want: `{"non_field_errors":["Invalid data. Expected a dictionary, but got bool."]}`},
		{name: "no items", body: `{"id":"a","items":[]}`, want: `{"items":["This list may not be empty."]}`},
		{name: "items of wrong types", body: `{"id":"a","items":[null,1]}`, want: `{"items":[["This field may not be null."],["Invalid data. Expected a dictionary, but got number."]]}`},
		{name: "items not a list", body: `{"id":"a","items":"x"}`, want: `{"items":["Expected a list of items but got type \"str\"."]}`},
		{
			name: "licenses of wrong types",
			body: `{"id":"a","items":[{"product_code":"acme-cad","licenses":["x"]},{"product_code":"acme-cad","licenses":{}}]}`,
			want: `{"items":[{"licenses":[["Invalid data. Expected a dictionary, but got str."]]},{"licenses":["Expected a list of items but got type \"dict\"."]}]}`,
		},
		{name: "empty customer", body: `{"id":"a","customer":{},"items":[{"product_code":"acme-cad"}]}`, want: `{"customer":["This object may not be empty."]}`},
		{name: "customer not an object", body: `{"id":"a","customer":7,"items":[{"product_code":"acme-cad"}]}`, want: `{"customer":["Invalid data. Expected a dictionary, but got number."]}`},
		{name: "metadata of an order is text", body: `{"id":"a","metadata":{},"items":[{"product_code":"acme-cad"}]}`, want: `{"metadata":["Not a valid string."]}`},
		{name: "metadata of an order is JSON", body: `{"id":"a","metadata":"{","items":[{"product_code":"acme-cad"}]}`, want: `{"metadata":["Value must be valid JSON."]}`},
		{name: "order type", body: `{"id":"a","order_type":"special","items":[{"product_code":"acme-cad"}]}`, want: `{"order_type":["\"special\" is not a valid choice."]}`},
		{name: "language", body: `{"id":"a","language":"English","items":[{"product_code":"acme-cad"}]}`, want: `{"language":["Enter a valid language code."]}`},
		{name: "language region", body: `{"id":"a","language":"en-1","items":[{"product_code":"acme-cad"}]}`, want: `{"language":["Enter a valid language code."]}`},
		{name: "language blank", body: `{"id":"a","language":"","items":[{"product_code":"acme-cad"}]}`, want: `{"language":["This field may not be blank."]}`},
		{name: "mail of another type", body: `{"id":"a","customer":{"email":1},"items":[{"product_code":"acme-cad"}]}`, want: `{"customer":{"email":["Not a valid string."]}}`},
		{
			name: "users", body: withLicense("acme-web", `{"users":[{"email":"a@example.com"},{},{"email":"A@example.com"},{"email":"Ada <b@example.com>","x":1},"c@example.com",{"email":"d@localhost"}]}`),
			want: `{"items":[{"licenses":[{"users":[{},{"email":["This field is required."]},
				{"email":["This user is assigned twice."]},
				{"email":["Enter a valid email address."],"x":["Unknown field."]},
				["Invalid data. Expected a dictionary, but got str."],
				{"email":["Enter a valid email address."]}]}]}]}`,
		},
		{
			name: "features are all codes or all objects", body: withLicense("acme-cad", `{"product_features":["render",{"code":"export"}]}`),
			want: `{"items":[{"licenses":[{"product_features":[{},["Product features are either all codes or all objects."]]}]}]}`,
		},
		{
			name: "feature objects", body: withLicense("acme-cad", `{"product_features":[{"code":"render","max_consumption":-1},{"max_consumption":1},null]}`),
			want: `{"items":[{"licenses":[{"product_features":[{"max_consumption":["Ensure this value is greater than or equal to 0."]},{"code":["This field is required."]},["This field may not be null."]]}]}]}`,
		},
		{
			name: "feature codes", body: withLicense("acme-cad", `{"product_features":[7,""]}`),
			want: `{"items":[{"licenses":[{"product_features":[["Not a valid string."],["Product features are either all codes or all objects."]]}]}]}`,
		},
		{
			name: "custom fields", body: withLicense("acme-cad", `{"custom_fields":[{"name":"a","value":true},{"value":1},"x",{"name":"b","value":null}]}`),
			want: `{"items":[{"licenses":[{"custom_fields":[{"value":["Not a valid string or number."]},{"name":["This field is required."]},["Invalid data. Expected a dictionary, but got str."],{"value":["This field may not be null."]}]}]}]}`,
		},
		{
			name: "an unknown product is not told before the request is well formed",
			body: withLicense("nobody", `{"license_type":"perpetual","valid_duration":"1y"}`),
			want: `{"items":[{"licenses":[{"valid_duration":["A perpetual license has no valid duration."]}]}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			a := do(t, srv, http.MethodPost, createPath, tt.body)
			assert.Equal(t, http.StatusBadRequest, a.status)
			assert.JSONEq(t, tt.want, a.body)
			assertNothingStored(t, srv)
		})
	}
}

func TestCheck_dialects(t *testing.T) {
	t.Parallel()
	page := `{"id":"a","customer":{"company":"c"},"items":[{"product_code":"acme-api","licenses":[{"enable_maintenance_duration":true,"consumption_period":"month"}]}]}`
	current := `{"id":"a","customer":{"company_name":"c"},"items":[{"product_code":"acme-api","licenses":[{"enable_maintenance_period":true,"consumption_period":"monthly"}]}]}`
	tests := []struct {
		dialect    lst.Dialect
		right      string
		wrong      string
		wantErrors string
	}{
		{lst.DialectPage, page, current, `{"customer":{"company_name":["Unknown field."]},"items":[{"licenses":[{"enable_maintenance_period":["Unknown field."],"consumption_period":["\"monthly\" is not a valid choice."]}]}]}`},
		{lst.DialectCurrent, current, page, `{"customer":{"company":["Unknown field."]},"items":[{"licenses":[{"enable_maintenance_duration":["Unknown field."],"consumption_period":["\"month\" is not a valid choice."]}]}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.dialect.String(), func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t, lst.WithDialect(tt.dialect))
			a := do(t, srv, http.MethodPost, createPath, tt.wrong)
			assert.Equal(t, http.StatusBadRequest, a.status)
			assert.JSONEq(t, tt.wantErrors, a.body)
			assertNothingStored(t, srv)

			record := create(t, srv, tt.right)
			// The answer is in the server's dialect, the store in one of its own.
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

func TestCheck_invalidJSON(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body string }{
		{"empty", ""},
		{"cut", strings.TrimSuffix(order("a"), "}")},
		{"trailing data", order("a") + order("b")},
		{"trailing comma", `{"id":"a",}`},
		{"duplicate member: encoding/json would take the last", `{"id":"a","id":"b","items":[{"product_code":"acme-cad"}]}`},
		{"duplicate member further down", `{"id":"a","items":[{"product_code":"acme-cad","licenses":[{"is_trial":true,"is_trial":false}]}]}`},
		{"invalid UTF-8: encoding/json would replace it", "{\"id\":\"a\xff\",\"items\":[{\"product_code\":\"acme-cad\"}]}"},
		{"byte order mark", "\xef\xbb\xbf" + order("a")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			r := newRequest(t, srv, http.MethodPost, createPath, tt.body)
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
			a, err := send(srv.Client(), r)
			require.NoError(t, err)
			assert.Equal(t, http.StatusBadRequest, a.status)
			assert.Equal(t, "invalid_json", a.json(t)["code"])
			assertNothingStored(t, srv)
		})
	}
}
