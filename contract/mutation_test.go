package contract_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fullRequest returns a request with every member of every object in the spelling
// of a dialect. It is written by hand, so that the schema is not tested against the
// SDK's own output.
func fullRequest(d dialect) string {
	const classic = `{
	"id": "inv-1", "append": false, "is_test": true, "created": "2031-03-01 10:20:30", "order_type": "normal", "language": "en",
	"campaign_params": "utm=1", "download_id": "dl", "prevent_vm": false, "is_bundle": false, "metadata": "{\"a\":1}",
	"customer_account_id": 9007199254740993, "add_to_customer_account": true, "reference": "po",
	"customer": {"email": "a@example.com", "first_name": "A", "last_name": "B", "company": "C", "phone": "1", "reference": "r", "is_manager": true, "address": "X\nY"},
	"items": [{"product_code": "acmecad", "note": "n", "licenses": [
		{"key": "K-1", "max_activations": 0, "license_type": "consumption", "max_consumptions": 5, "valid_duration": "5min",
		 "enable_maintenance_duration": true, "maintenance_duration": "1y", "validity_period": "2031-12-31 23:59:59",
		 "product_features": [{"code": "f", "max_consumption": 33, "expiry_date": "2032-02-29", "allow_overages": true, "max_overages": 1.5,
		   "reset_consumption": true, "consumption_period": "week", "is_floating": true, "floating_users": 1, "floating_timeout": 1}],
		 "is_trial": false, "prevent_vm": true, "max_transfers": -1, "allow_overages": true, "max_overages": 0.5, "reset_consumption": true,
		 "consumption_period": "month", "policy_code": "gold", "trial_days": 0, "start_date": "2031-01-01", "maintenance_period": "2031-01-01",
		 "note": "n", "subscription_id": "s", "metadata": {"free": null}, "custom_fields": [{"name": "n", "value": 1}], "is_floating": true,
		 "floating_users": 1, "floating_timeout": 1, "is_floating_cloud": true, "can_borrow": true, "max_borrow_time": 1, "allow_grace_period": true,
		 "grace_period": 1, "max_license_users": 0, "is_air_gapped": false, "is_hardware_key_auth": false, "allow_unlimited_activations": false,
		 "allow_unlimited_consumptions": false, "allow_negative_consumptions": false, "active": true, "enabled": true},
		{"users": [{"email": "u@example.com", "is_manager": true, "max_activations": 1}], "product_features": ["f"]}]}]}`
	if d.name == "classic" {
		return classic
	}
	return strings.NewReplacer(`"company"`, `"company_name"`, "enable_maintenance_duration", "enable_maintenance_period",
		`"week"`, `"weekly"`, `"month"`, `"monthly"`).Replace(classic)
}

// place is an object in a request.
type place struct {
	path   string
	object func(tree map[string]any) map[string]any
}

// places returns one object of each kind.
func places() []place {
	at := func(object any, steps ...any) map[string]any {
		for _, step := range steps {
			switch s := step.(type) {
			case string:
				object = object.(map[string]any)[s]
			case int:
				object = object.([]any)[s]
			}
		}
		return object.(map[string]any)
	}
	in := func(path string, steps ...any) place {
		return place{path, func(tree map[string]any) map[string]any { return at(tree, steps...) }}
	}
	return []place{
		in("order"), in("customer", "customer"), in("item", "items", 0), in("license", "items", 0, "licenses", 0),
		in("license with users", "items", 0, "licenses", 1), in("user", "items", 0, "licenses", 1, "users", 0),
		in("feature", "items", 0, "licenses", 0, "product_features", 0), in("custom field", "items", 0, "licenses", 0, "custom_fields", 0),
	}
}

// wrongValues returns invalid values of a member.
func wrongValues(member string, value any) map[string]any {
	wrong := map[string]any{"null": nil}
	switch v := value.(type) {
	case bool:
		wrong["text"], wrong["number"] = "true", 1
	case json.Number:
		wrong["text"], wrong["a bool"], wrong["too small"] = v.String(), true, -2
		if !strings.Contains(member, "overages") && member != "value" {
			wrong["a fraction"] = 1.5
		}
		if member == "value" {
			delete(wrong, "text")
			delete(wrong, "too small")
			wrong["an object"] = map[string]any{}
		}
	case string:
		wrong["number"], wrong["empty"], wrong["space"] = 7, "", " "
	case []any:
		wrong["text"], wrong["an object"], wrong["of null"] = "x", map[string]any{}, []any{nil}
		if member != "custom_fields" && member != "product_features" { // may be empty
			wrong["empty"] = []any{}
		}
	case map[string]any:
		wrong["an array"], wrong["text"] = []any{}, "x"
		if member == "customer" {
			wrong["empty"] = map[string]any{}
		}
	}
	switch {
	case strings.Contains(member, "_date") || member == "maintenance_period":
		wrong["zero date"], wrong["no such day"], wrong["a time"] = "0000-00-00", "2031-02-30", "2031-01-01 00:00:00"
	case member == "created" || member == "validity_period":
		wrong["zero date"], wrong["RFC 3339"], wrong["day only"], wrong["Go's zero"] = "0000-00-00 00:00:00", "2031-01-01T00:00:00Z", "2031-01-01", "0001-01-01 00:00:00"
	case member == "valid_duration":
		wrong["zero"], wrong["negative"], wrong["two units"], wrong["Go's"] = "0y", "-1y", "1y2m", "1h0m0s"
	case member == "maintenance_duration":
		wrong["hours"], wrong["minutes"] = "4h", "5min"
	case slices.Contains([]string{"id", "reference", "download_id", "product_code", "key", "policy_code", "subscription_id", "code"}, member):
		wrong["a tab"], wrong["space at the end"], wrong["a byte order mark"] = "a\tb", "a ", "\ufeffa"
	case member == "email":
		wrong["no address"], wrong["with the suffix"] = "ada", "ada@example.com|x1"
	case member == "metadata" && value != nil:
		if _, ok := value.(string); ok {
			wrong["an object"], wrong["no JSON"] = map[string]any{}, "{a"
		}
	case member == "license_type", member == "order_type", member == "consumption_period":
		wrong["unknown"] = "fortnightly"
	}
	return wrong
}

// TestSchemaRejectsMutations changes a valid request in one way at a time. The
// schema rejects each mutation.
func TestSchemaRejectsMutations(t *testing.T) {
	t.Parallel()
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			full := []byte(fullRequest(d))
			require.NoError(t, validate(t, d, full))
			rejected := 0
			reject := func(what string, change func(tree map[string]any)) {
				tree := decoded(t, full)
				change(tree)
				body := encoded(t, tree)
				assert.Error(t, validate(t, d, body), "%s: %s", what, body)
				rejected++
			}
			for _, p := range places() {
				reject(p.path+": an unknown member", func(tree map[string]any) { p.object(tree)["unknown"] = 1 })
				reject(p.path+": a member in capitals", func(tree map[string]any) { p.object(tree)["Email"] = "a@example.com" })
				object := p.object(decoded(t, full))
				for _, member := range slices.Sorted(maps.Keys(object)) {
					for why, value := range wrongValues(member, object[member]) {
						reject(fmt.Sprintf("%s.%s: %s", p.path, member, why), func(tree map[string]any) { p.object(tree)[member] = value })
					}
				}
			}
			for _, required := range []struct{ at, member string }{
				{"order", "id"}, {"order", "items"}, {"item", "product_code"}, {"user", "email"}, {"feature", "code"}, {"custom field", "name"}, {"custom field", "value"},
			} {
				i := slices.IndexFunc(places(), func(p place) bool { return p.path == required.at })
				reject("without "+required.member, func(tree map[string]any) { delete(places()[i].object(tree), required.member) })
			}
			assert.Greater(t, rejected, 300)

			// The request in the other dialect.
			require.Error(t, validate(t, d, []byte(fullRequest(d.other()))))
		})
	}
}

// TestLicenseSchema tests the rules that combine members of a license.
func TestLicenseSchema(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, license string
		ok            bool
		only          string // the only dialect that accepts it, empty means both
	}{
		{"empty", `{}`, true, ""},
		{"key", `{"key":"k"}`, true, ""},
		{"empty key", `{"key":""}`, false, ""},
		{"empty users", `{"users":[]}`, false, ""},
		{"key and users", `{"key":"k","users":[{"email":"a@example.com"}]}`, false, ""},
		{"zero and false", `{"max_activations":0,"is_trial":false,"max_transfers":0}`, true, ""},
		{"no transfers", `{"max_transfers":-1}`, true, ""},
		{"max_transfers below -1", `{"max_transfers":-2}`, false, ""},
		{"empty features", `{"product_features":[]}`, true, ""},
		{"codes and objects", `{"product_features":["a",{"code":"b"}]}`, false, ""},
		{"time-limited without validity", `{"license_type":"time-limited"}`, false, ""},
		{"time-limited", `{"license_type":"time-limited","valid_duration":"1y"}`, true, ""},
		{"time-limited with a date", `{"license_type":"time-limited","validity_period":"2031-01-01 00:00:00"}`, true, ""},
		{"time-limited with a policy", `{"license_type":"time-limited","policy_code":"gold"}`, true, ""},
		{"perpetual with a duration", `{"license_type":"perpetual","valid_duration":"1y"}`, false, ""},
		{"perpetual trial with a duration", `{"license_type":"perpetual","valid_duration":"3d","is_trial":true}`, true, ""},
		{"subscription with max_consumptions", `{"license_type":"subscription","max_consumptions":1}`, false, ""},
		{"perpetual with overages", `{"license_type":"perpetual","allow_overages":false}`, false, ""},
		{"consumption options without a type", `{"max_consumptions":1,"allow_overages":true,"max_overages":2}`, true, ""},
		{"classic period", `{"consumption_period":"week"}`, true, "classic"},
		{"current period", `{"consumption_period":"weekly"}`, true, "current"},
		{"daily", `{"consumption_period":"daily"}`, true, "current"},
		{"classic maintenance", `{"enable_maintenance_duration":false}`, true, "classic"},
		{"current maintenance", `{"enable_maintenance_period":false}`, true, "current"},
		{"period of a feature", `{"product_features":[{"code":"a","consumption_period":"annually"}]}`, true, "current"},
	}
	for _, d := range dialects {
		for _, tt := range tests {
			t.Run(d.name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				err := validate(t, d, fmt.Appendf(nil, `{"id":"a","items":[{"product_code":"p","licenses":[%s]}]}`, tt.license))
				if tt.ok && (tt.only == "" || tt.only == d.name) {
					assert.NoError(t, err)
				} else {
					assert.Error(t, err)
				}
			})
		}
		t.Run(d.name+"/company", func(t *testing.T) {
			t.Parallel()
			const order = `{"id":"a","items":[{"product_code":"p"}],"customer":{"%s":"x"}}`
			assert.Equal(t, d.name == "classic", validate(t, d, fmt.Appendf(nil, order, "company")) == nil)
			assert.Equal(t, d.name == "current", validate(t, d, fmt.Appendf(nil, order, "company_name")) == nil)
		})
	}
}
