package licensespringtest_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// FuzzCreateOrder checks that every body gets a JSON response, and that an order is
// stored if and only if the status is 200.
func FuzzCreateOrder(f *testing.F) {
	for _, seed := range []string{
		"", "null", "[]", "{", order("a"), withLicense("acmecad", `{"key":"K","valid_duration":"1y"}`),
		withLicense("acmeweb", `{"users":[{"email":"a@example.com"}],"custom_fields":[{"name":"a","value":1}]}`),
		withLicense("acmecad", `{"metadata":{"a":1e999}}`),
		withLicense("acmeapi", `{"product_features":[{"code":"calls","max_consumption":1}],"max_overages":1e3}`),
		`{"id":"a","append":true,"customer":{"email":"@"},"created":"2031-01-01 00:00:00","items":[{"licenses":[null]}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		srv := lst.NewServer(t, lst.WithNetwork(lst.NewNetwork()))
		r := newRequest(t, srv, http.MethodPost, createPath, body)
		r.Header.Set("Content-Type", "application/json")
		resp, err := send(srv.Client(), r)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid([]byte(resp.body)) {
			t.Errorf("response is not JSON: %s", resp.body)
		}
		switch {
		case resp.status == http.StatusOK && len(srv.Orders()) == 1:
		case resp.status == http.StatusBadRequest && len(srv.Orders()) == 0:
		default:
			t.Errorf("status %d, %d orders", resp.status, len(srv.Orders()))
		}
	})
}

// FuzzLicenseWrites checks that every body of every write gets a JSON response, and
// that a license changes only if the status is 200.
func FuzzLicenseWrites(f *testing.F) {
	actions := []string{"", "enable/", "disable/", "update_features/", "assign_user/", "unassign_user/"}
	for i, body := range []string{
		`{"is_trial":false,"validity_period":"2031-05-07","metadata":{"a":[1]},"max_activations":1}`,
		`{}`, ``, `{"product_features":[{"product_feature":"calls","max_consumption":1}]}`,
		`{"email":"a@example.com","is_manager":true}`, `{"license_user_email":"u@example.com"}`,
	} {
		f.Add(byte(i), body)
	}
	for _, body := range []string{`{"is_trial":true,"valid_duration":"999999999y"}`, `{"is_trial":true,"trial_days":2147483647}`, `{"metadata":{"a":1e999}}`, "null", "[]", "{"} {
		f.Add(byte(0), body)
	}
	f.Fuzz(func(t *testing.T, action byte, body string) {
		srv := lst.NewServer(t, lst.WithNetwork(lst.NewNetwork()))
		create(t, srv, withLicense("acmeweb", `{"users":[{"email":"u@example.com"}]}`))
		before := srv.Licenses()
		name := actions[int(action)%len(actions)]
		method := map[bool]string{true: http.MethodPatch, false: http.MethodPost}[name == ""]
		resp := do(t, srv, method, licensePath(srv, 0, name), body)
		if !json.Valid([]byte(resp.body)) {
			t.Errorf("response is not JSON: %s", resp.body)
		}
		switch resp.status {
		case http.StatusOK:
		case http.StatusBadRequest, http.StatusUnsupportedMediaType:
			if !reflect.DeepEqual(before, srv.Licenses()) {
				t.Errorf("status %d, but the license changed", resp.status)
			}
		default:
			t.Errorf("status %d", resp.status)
		}
		if resp := do(t, srv, http.MethodGet, licensePath(srv, 0), ""); resp.status != http.StatusOK || !json.Valid([]byte(resp.body)) {
			t.Errorf("the license is unreadable: %d %s", resp.status, resp.body)
		}
	})
}
