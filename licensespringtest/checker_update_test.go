package licensespringtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestChecker_updateAccepts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		product, update string
		want            map[string]any // stored properties
	}{
		{"acmecad", `{"is_trial":false,"validity_period":"2031-05-07"}`, map[string]any{"is_trial": false, "validity_period": "2031-05-07"}},
		{"acmecad", `{"is_trial":true}`, map[string]any{"is_trial": true}},
		{"acmecad", `{"max_activations":0,"max_transfers":-1,"max_license_users":0}`, map[string]any{"max_activations": int64(0), "max_transfers": int64(-1), "max_license_users": int64(0)}},
		{"acmecad", `{"max_activations":2147483647}`, map[string]any{"max_activations": int64(2147483647)}},
		{"acmecad", `{"allow_unlimited_activation":true}`, map[string]any{"allow_unlimited_activations": true, "allow_unlimited_activation": nil}},
		{"acmecad", `{"enable_maintenance_period":true,"maintenance_duration":"3d"}`, map[string]any{"enable_maintenance_duration": true, "maintenance_duration": "3d", "enable_maintenance_period": nil}},
		{"acmecad", `{"enable_maintenance_period":false,"maintenance_period":"2031-05-07"}`, map[string]any{"enable_maintenance_duration": false, "maintenance_period": "2031-05-07"}},
		{"acmecad", `{"enable_maintenance_period":true}`, map[string]any{"enable_maintenance_duration": true}},
		{"acmecad", `{"is_floating":true,"is_floating_cloud":false,"floating_users":3,"floating_timeout":5}`, map[string]any{"is_floating": true, "is_floating_cloud": false, "floating_users": int64(3), "floating_timeout": int64(5)}},
		{"acmecad", `{"allow_grace_period":true,"grace_period":24,"prevent_vm":true,"installation_file":7}`, map[string]any{"allow_grace_period": true, "grace_period": int64(24), "prevent_vm": true, "installation_file": int64(7)}},
		{"acmecad", `{"note":""}`, map[string]any{"note": ""}},
		{"acmecad", `{"metadata":{"b":{"c":[1]}}}`, map[string]any{"metadata": map[string]any{"b": map[string]any{"c": []any{int64(1)}}}}},
		{"acmecad", `{"metadata":{}}`, map[string]any{"metadata": map[string]any{}}},
		{"acmecad", `{"tomorrow":null}`, map[string]any{"tomorrow": nil}},
		{
			"acmeapi", `{"max_consumptions":0,"allow_overages":true,"max_overages":2.5,"reset_consumption":true,"consumption_period":"year","total_consumptions":7}`,
			map[string]any{"max_consumptions": int64(0), "allow_overages": true, "max_overages": 2.5, "reset_consumption": true, "consumption_period": "year", "total_consumptions": int64(7)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.update, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t, lst.WithExtraMembers("tomorrow"))
			create(t, srv, withLicense(tt.product, `{"max_activations":3,"metadata":{"a":1}}`))
			resp := do(t, srv, http.MethodPatch, licensePath(srv, 0), tt.update)
			require.Equal(t, http.StatusOK, resp.status, resp.body)
			stored := srv.Orders()[0].Licenses()[0].Properties
			for name, want := range tt.want {
				assert.Equal(t, want, stored[name], name)
			}
			if tt.want["max_activations"] == nil {
				assert.Equal(t, int64(3), stored["max_activations"], "an absent member stays unchanged")
			}
			assert.JSONEq(t, resp.body, do(t, srv, http.MethodGet, licensePath(srv, 0), "").body)
		})
	}
}

// TestChecker_update has one invalid update per row, with the whole response.
func TestChecker_update(t *testing.T) {
	t.Parallel()
	const (
		integer  = `["A valid integer is required."]`
		number   = `["A valid number is required."]`
		negative = `["Ensure this value is greater than or equal to 0."]`
		boolean  = `["Must be a valid boolean."]`
		str      = `["Not a valid string."]`
		null     = `["This field may not be null."]`
		unknown  = `["Unknown field."]`
		date     = `["Date has wrong format. Use this format instead: YYYY-MM-DD."]`
		duration = `["Duration has wrong format. Use a count and one of these units: y, m, d, h, min."]`
		only     = `["Only a consumption license takes this field."]`
		trial    = `"is_trial":["This field is required together with validity_period, valid_duration and trial_days."]`
		enable   = `"enable_maintenance_period":["This field is required together with maintenance_period and maintenance_duration."]`
	)
	tests := []struct{ product, update, want string }{
		{"acmecad", `{}`, `{"non_field_errors":["This object may not be empty."]}`},
		{"acmecad", `[]`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{"acmecad", `null`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got NoneType."]}`},
		{"acmecad", `{"is_trial":false,"validity_period":"2031-05-07 00:00:00"}`, `{"validity_period":` + date + `}`},
		{"acmecad", `{"is_trial":false,"validity_period":"2031-05-07T00:00:00Z"}`, `{"validity_period":` + date + `}`},
		{"acmecad", `{"is_trial":false,"validity_period":"2031-5-7"}`, `{"validity_period":` + date + `}`},
		{"acmecad", `{"is_trial":false,"validity_period":"2031-02-29"}`, `{"validity_period":` + date + `}`},
		{"acmecad", `{"is_trial":false,"validity_period":"0000-00-00"}`, `{"validity_period":` + date + `}`},
		{"acmecad", `{"is_trial":false,"validity_period":"0001-01-01"}`, `{"validity_period":["The zero date is not a date."]}`},
		{"acmecad", `{"is_trial":false,"validity_period":""}`, `{"validity_period":` + date + `}`},
		{"acmecad", `{"is_trial":false,"validity_period":null}`, `{"validity_period":` + null + `}`},
		{"acmecad", `{"is_trial":false,"validity_period":1900000000}`, `{"validity_period":` + str + `}`},
		{"acmecad", `{"validity_period":"2031-05-07"}`, `{` + trial + `}`},
		{"acmecad", `{"validity_period":"2031-05-07","is_trial":null}`, `{"is_trial":` + null + `}`},
		{"acmecad", `{"trial_days":7}`, `{` + trial + `}`},
		{"acmeweb", `{"valid_duration":"1y"}`, `{` + trial + `}`},
		{"acmeweb", `{"is_trial":false,"valid_duration":"0d"}`, `{"valid_duration":` + duration + `}`},
		{"acmeweb", `{"is_trial":false,"valid_duration":365}`, `{"valid_duration":` + str + `}`},
		{"acmeweb", `{"is_trial":false,"valid_duration":"99999999999999999999y"}`, `{"valid_duration":` + duration + `}`},
		{"acmeweb", `{"is_trial":false,"valid_duration":"9999y"}`, `{"non_field_errors":["The license would end after the year 9999."]}`},
		{"acmeweb", `{"is_trial":false,"trial_days":2147483647}`, `{"non_field_errors":["The license would end after the year 9999."]}`},
		{"acmecad", `{"is_trial":false,"valid_duration":"1y"}`, `{"valid_duration":["A perpetual license has no valid duration."]}`},
		{"acmecad", `{"is_trial":true,"trial_days":-1}`, `{"trial_days":` + negative + `}`},
		{
			"acmeweb", `{"is_trial":false,"validity_period":"2031-05-07","valid_duration":"1y"}`,
			`{"non_field_errors":["A license takes either validity_period or valid_duration and trial_days."]}`,
		},
		{
			"acmeweb", `{"is_trial":false,"validity_period":"2031-05-07","trial_days":1}`,
			`{"non_field_errors":["A license takes either validity_period or valid_duration and trial_days."]}`,
		},
		{"acmecad", `{"is_trial":"false"}`, `{"is_trial":` + boolean + `}`},
		{"acmecad", `{"maintenance_duration":"1y"}`, `{` + enable + `}`},
		{"acmecad", `{"maintenance_period":"2031-05-07"}`, `{` + enable + `}`},
		{"acmecad", `{"enable_maintenance_period":true,"maintenance_duration":"1h"}`, `{"maintenance_duration":["Duration has wrong format. Use a count and one of these units: y, m, d."]}`},
		{"acmecad", `{"enable_maintenance_period":true,"maintenance_period":"2031-02-30"}`, `{"maintenance_period":` + date + `}`},
		{"acmecad", `{"enable_maintenance_duration":true}`, `{"enable_maintenance_duration":` + unknown + `}`},
		{
			"acmecad", `{"enable_maintenance_period":true,"maintenance_period":"2031-05-07","maintenance_duration":"1y"}`,
			`{"non_field_errors":["A license takes either maintenance_period or maintenance_duration."]}`,
		},
		{"acmecad", `{"max_activations":-1}`, `{"max_activations":` + negative + `}`},
		{"acmecad", `{"max_activations":"3"}`, `{"max_activations":` + integer + `}`},
		{"acmecad", `{"max_activations":3.0}`, `{"max_activations":` + integer + `}`},
		{"acmecad", `{"max_activations":null}`, `{"max_activations":` + null + `}`},
		{"acmecad", `{"max_transfers":-2}`, `{"max_transfers":["Ensure this value is greater than or equal to -1."]}`},
		{"acmecad", `{"max_license_users":-1}`, `{"max_license_users":` + negative + `}`},
		{"acmecad", `{"allow_unlimited_activations":true}`, `{"allow_unlimited_activations":` + unknown + `}`},
		{"acmecad", `{"allow_unlimited_activation":1}`, `{"allow_unlimited_activation":` + boolean + `}`},
		{"acmecad", `{"max_consumptions":1}`, `{"max_consumptions":` + only + `}`},
		{"acmecad", `{"allow_overages":false}`, `{"allow_overages":` + only + `}`},
		{"acmecad", `{"max_overages":0}`, `{"max_overages":` + only + `}`},
		{"acmeweb", `{"reset_consumption":false}`, `{"reset_consumption":` + only + `}`},
		{"acmecad", `{"consumption_period":"week"}`, `{"consumption_period":` + only + `}`},
		{"acmecad", `{"total_consumptions":0}`, `{"total_consumptions":` + only + `}`},
		{"acmeapi", `{"max_consumptions":-1}`, `{"max_consumptions":` + negative + `}`},
		{"acmeapi", `{"max_overages":"1"}`, `{"max_overages":` + number + `}`},
		{"acmeapi", `{"consumption_period":"annualy"}`, `{"consumption_period":["\"annualy\" is not a valid choice."]}`}, //nolint:misspell // A page of the vendor spells it so.
		{"acmeapi", `{"consumption_period":"weekly"}`, `{"consumption_period":["\"weekly\" is not a valid choice."]}`},
		{"acmeapi", `{"total_consumptions":-1}`, `{"total_consumptions":` + negative + `}`},
		{"acmeapi", `{"allow_overages":null,"reset_consumption":"x"}`, `{"allow_overages":` + null + `,"reset_consumption":` + boolean + `}`},
		{"acmecad", `{"is_floating":"x","is_floating_cloud":1}`, `{"is_floating":` + boolean + `,"is_floating_cloud":` + boolean + `}`},
		{"acmecad", `{"floating_users":-1,"floating_timeout":-1}`, `{"floating_users":` + negative + `,"floating_timeout":` + negative + `}`},
		{"acmecad", `{"allow_grace_period":0,"grace_period":true}`, `{"allow_grace_period":` + boolean + `,"grace_period":` + integer + `}`},
		{"acmecad", `{"prevent_vm":null}`, `{"prevent_vm":` + null + `}`},
		{"acmecad", `{"note":7}`, `{"note":` + str + `}`},
		{"acmecad", `{"order":7}`, `{"order":["Invalid pk \"7\" - object does not exist."]}`},
		{"acmecad", `{"order":"o-1"}`, `{"order":` + integer + `}`},
		{"acmecad", `{"installation_file":"a.exe"}`, `{"installation_file":` + integer + `}`},
		{"acmecad", `{"metadata":"{}"}`, `{"metadata":["Invalid data. Expected a dictionary, but got str."]}`},
		{
			"acmecad", `{"enabled":true,"active":true,"license_key":"K","license_type":"perpetual","subscription_id":"s","product":1,"id":1,"users":[],"Note":""}`,
			`{"enabled":` + unknown + `,"active":` + unknown + `,"license_key":` + unknown + `,"license_type":` + unknown + `,"subscription_id":` +
				unknown + `,"product":` + unknown + `,"id":` + unknown + `,"users":` + unknown + `,"Note":` + unknown + `}`,
		},
		{
			"acmecad", `{"validity_period":"soon","trial_days":"x","max_consumptions":1,"maintenance_period":"2031-05-07","maintenance_duration":"1y","bogus":null}`,
			`{"validity_period":` + date + `,"trial_days":` + integer + `,"max_consumptions":` + only + `,` + trial + `,` + enable + `,"bogus":` + unknown + `,
			"non_field_errors":["A license takes either validity_period or valid_duration and trial_days.","A license takes either maintenance_period or maintenance_duration."]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.update, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			create(t, srv, withLicense(tt.product, `{}`))
			before := srv.Orders()
			resp := do(t, srv, http.MethodPatch, licensePath(srv, 0), tt.update)
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.JSONEq(t, tt.want, resp.body)
			assert.Equal(t, before, srv.Orders())
			assert.Equal(t, []bool{true, false}, changed(srv))
		})
	}
}

func TestChecker_updateDialects(t *testing.T) {
	t.Parallel()
	const update = `{"enable_maintenance_period":true,"maintenance_duration":"1y","consumption_period":"weekly"}`
	srv := lst.NewServer(t, lst.WithDialect(lst.DialectCurrent))
	create(t, srv, withLicense("acmeapi", `{}`))
	license := do(t, srv, http.MethodPatch, licensePath(srv, 0), update).json(t)
	assert.Equal(t, true, license["enable_maintenance_period"])
	assert.Equal(t, "weekly", license["consumption_period"])
	assert.Equal(t, true, srv.Orders()[0].Licenses()[0].Properties["enable_maintenance_duration"])
	resp := do(t, srv, http.MethodPatch, licensePath(srv, 0), `{"enable_maintenance_duration":true,"consumption_period":"week"}`)
	assert.JSONEq(t, `{"enable_maintenance_duration":["Unknown field."],"consumption_period":["\"week\" is not a valid choice."]}`, resp.body)

	srv = lst.NewServer(t)
	create(t, srv, withLicense("acmeapi", `{}`))
	license = do(t, srv, http.MethodPatch, licensePath(srv, 0), `{"enable_maintenance_period":true}`).json(t)
	assert.Equal(t, true, license["enable_maintenance_duration"], "the record has the name of the dialect")
}

// TestChecker_features has one invalid update_features request per row.
func TestChecker_features(t *testing.T) {
	t.Parallel()
	tests := []struct{ body, want string }{
		{`{}`, `{"product_features":["This field is required."]}`},
		{`[]`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{`{"product_features":null}`, `{"product_features":["This field may not be null."]}`},
		{`{"product_features":{}}`, `{"product_features":["Expected a list of items but got type \"dict\"."]}`},
		{`{"product_features":["calls"]}`, `{"product_features":[["Invalid data. Expected a dictionary, but got str."]]}`},
		{`{"product_features":[null]}`, `{"product_features":[["This field may not be null."]]}`},
		{`{"product_features":[{"code":"calls"}]}`, `{"product_features":[{"code":["Unknown field."],"product_feature":["This field is required."]}]}`},
		{`{"product_features":[{"product_feature":""}]}`, `{"product_features":[{"product_feature":["This field may not be blank."]}]}`},
		{`{"product_features":[{"product_feature":7}]}`, `{"product_features":[{"product_feature":["Not a valid string."]}]}`},
		{
			`{"product_features":[{"product_feature":"calls"},{"product_feature":"bogus"},{"product_feature":"calls"}]}`,
			`{"product_features":[{},{},{"product_feature":["This feature is listed twice."]}]}`,
		},
		{
			`{"product_features":[{"product_feature":"calls","max_consumption":-1,"expiry_date":"2031-02-30","max_overages":"1","consumption_period":"weekly",
				"metadata":"{}","is_floating_cloud":1,"total_consumptions":null,"id":1}],"x":1}`,
			`{"product_features":[{"max_consumption":["Ensure this value is greater than or equal to 0."],
				"expiry_date":["Date has wrong format. Use this format instead: YYYY-MM-DD."],
				"max_overages":["A valid number is required."],"consumption_period":["\"weekly\" is not a valid choice."],
				"metadata":["Invalid data. Expected a dictionary, but got str."],"is_floating_cloud":["Must be a valid boolean."],
				"total_consumptions":["This field may not be null."],"id":["Unknown field."]}],"x":["Unknown field."]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			create(t, srv, withLicense("acmeapi", `{}`))
			before := srv.Orders()
			resp := do(t, srv, http.MethodPost, licensePath(srv, 0, "update_features/"), tt.body)
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.JSONEq(t, tt.want, resp.body)
			assert.Equal(t, before, srv.Orders())
			assert.Equal(t, []bool{true, false}, changed(srv))
		})
	}
}

// TestChecker_licenseUsers has one invalid request per row.
func TestChecker_licenseUsers(t *testing.T) {
	t.Parallel()
	const exactlyOne = `{"non_field_errors":["Exactly one of license_user_email and license_user_id is required."]}`
	tests := []struct{ action, body, want string }{
		{"assign_user/", `{}`, `{"email":["This field is required."]}`},
		{"assign_user/", `"a@example.com"`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got str."]}`},
		{"assign_user/", `{"email":"a"}`, `{"email":["Enter a valid email address."]}`},
		{"assign_user/", `{"email":null}`, `{"email":["This field may not be null."]}`},
		{"assign_user/", `{"email":"a@example.com","true_email":"a@example.com"}`, `{"true_email":["Unknown field."]}`},
		{
			"assign_user/", `{"email":"a@example.com","first_name":"","last_name":7,"phone_number":null,"is_manager":"x","password":"","max_activations":-1,"total_activations":"1"}`,
			`{"first_name":["This field may not be blank."],"last_name":["Not a valid string."],"phone_number":["This field may not be null."],
				"is_manager":["Must be a valid boolean."],"password":["This field may not be blank."],
				"max_activations":["Ensure this value is greater than or equal to 0."],"total_activations":["A valid integer is required."]}`,
		},
		{"unassign_user/", `{}`, exactlyOne},
		{"unassign_user/", `{"license_user_email":"a@example.com","license_user_id":1}`, exactlyOne},
		{"unassign_user/", `[]`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{"unassign_user/", `{"license_user_email":"a"}`, `{"license_user_email":["Enter a valid email address."]}`},
		{"unassign_user/", `{"license_user_id":"1"}`, `{"license_user_id":["A valid integer is required."]}`},
		{"unassign_user/", `{"license_user_email":"a@example.com","email":"a@example.com"}`, `{"email":["Unknown field."]}`},
		{"enable/", `[]`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`},
		{"enable/", `null`, `{"non_field_errors":["Invalid data. Expected a dictionary, but got NoneType."]}`},
		{"disable/", `{"enabled":false}`, `{"enabled":["Unknown field."]}`},
	}
	for _, tt := range tests {
		t.Run(tt.action+tt.body, func(t *testing.T) {
			t.Parallel()
			srv := lst.NewServer(t)
			create(t, srv, withLicense("acmeweb", `{}`))
			before := srv.Orders()
			resp := do(t, srv, http.MethodPost, licensePath(srv, 0, tt.action), tt.body)
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.JSONEq(t, tt.want, resp.body)
			assert.Equal(t, before, srv.Orders())
		})
	}
}

// TestLicenseWrites_invalidJSON sends bodies that are not JSON to every write.
func TestLicenseWrites_invalidJSON(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmeweb", `{}`))
	for _, tt := range []struct{ method, path string }{
		{http.MethodPatch, licensePath(srv, 0)},
		{http.MethodPost, licensePath(srv, 0, "enable/")},
		{http.MethodPost, licensePath(srv, 0, "disable/")},
		{http.MethodPost, licensePath(srv, 0, "update_features/")},
		{http.MethodPost, licensePath(srv, 0, "assign_user/")},
		{http.MethodPost, licensePath(srv, 0, "unassign_user/")},
		{http.MethodPost, licenseUsersPath + "set_password/?email=a@example.com"},
	} {
		for _, body := range []string{"{", " ", `{"a":1,"a":2}`, "{} {}", "\xff"} {
			resp := do(t, srv, tt.method, tt.path, body)
			assert.Equal(t, http.StatusBadRequest, resp.status, tt.path)
			assert.Equal(t, "invalid_json", resp.json(t)["code"], tt.path)
		}
		r := newRequest(t, srv, tt.method, tt.path, "{}")
		r.Header.Set("Content-Type", "text/plain")
		resp, err := send(srv.Client(), r)
		require.NoError(t, err)
		assert.Equal(t, http.StatusUnsupportedMediaType, resp.status, tt.path)
	}
}
