package licensespringtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestGetLicense(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	record := create(t, srv, `{"id":"inv-1","customer":{"email":"ada@example.com","company":"Analytical Engines"},"items":[
		{"product_code":"acmecad","licenses":[{"key":"AB2C-D3EF-GH4J-K5MN","subscription_id":"sub_417","note":"seat",
		"metadata":{"a":1},"validity_period":"2099-05-06 00:00:00","allow_unlimited_activations":true}]}]}`)
	license := do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
	inOrder := dig(t, record, "order_items", 0, "licenses", 0).(map[string]any)
	for name, value := range inOrder {
		assert.Equal(t, value, license[name], name)
	}
	want := map[string]any{
		"license_key": "AB2C-D3EF-GH4J-K5MN", "order_store_id": "inv-1", "order": record["id"],
		"status": "inactive", "enabled": true, "active": false, "time_disabled": nil, "disabled_user": nil,
		"subscription_id": "sub_417", "note": "seat", "metadata": map[string]any{"a": 1.0},
		"validity_period": "2099-05-06 00:00:00", "allow_unlimited_activations": true, "max_license_users": 0.0,
		"is_floating": false, "is_floating_cloud": false, "floating_users": 0.0, "floating_timeout": 0.0,
		"allow_grace_period": false, "grace_period": 0.0, "maintenance_period": nil, "last_check": nil,
		"license_users": []any{},
	}
	for name, value := range want {
		assert.Equal(t, value, license[name], name)
	}
	assert.Equal(t, "ada@example.com", dig(t, license, "customer", "email"))
	assert.Equal(t, dig(t, record, "customer", "id"), dig(t, license, "customer", "id"))
	assert.NotContains(t, inOrder, "customer", "the order shows it")
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`, license["created_at"], "with fraction")
	assert.Regexp(t, `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, license["updated_at"], "without fraction")

	for _, path := range []string{"1/", "x/", "{id}/", "-1/"} {
		resp := do(t, srv, http.MethodGet, licensesPath+path, "")
		assert.Equal(t, http.StatusNotFound, resp.status, path)
		assert.JSONEq(t, `{"detail":"Not found."}`, resp.body, path)
	}
	assert.Equal(t, http.StatusMovedPermanently, do(t, srv, http.MethodGet, licensesPath+"1", "").status)
}

func TestGetLicense_defaults(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithQuirks(lst.QuirkZeroDates))
	create(t, srv, withLicense("acmeweb", `{"users":[{"email":"a@example.com"}],"enabled":false}`))
	license := do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
	assert.Nil(t, license["customer"])
	assert.Nil(t, license["license_key"])
	assert.Nil(t, license["subscription_id"])
	assert.Empty(t, license["note"])
	assert.Equal(t, map[string]any{}, license["metadata"])
	assert.Equal(t, "0000-00-00", license["validity_period"])
	assert.Equal(t, "a@example.com", dig(t, license, "license_users", 0, "true_email"))
	assert.Equal(t, false, license["enabled"], "created so")
	assert.Equal(t, "disabled", license["status"])
	assert.Equal(t, "api@example.com", license["disabled_user"])
	assert.NotNil(t, license["time_disabled"])
}

// TestGetLicense_status checks when a license is expired. The clock of the bubble
// starts at midnight on 2000-01-01 in UTC.
func TestGetLicense_status(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, product, license, before, after string }{
		{"a date ends with its first instant", "acmecad", `{"validity_period":"2000-01-02 00:00:00"}`, "inactive", "expired"},
		{"no end", "acmecad", `{}`, "inactive", "inactive"},
		{"grace period in hours", "acmecad", `{"validity_period":"2000-01-01 00:00:00","allow_grace_period":true,"grace_period":24}`, "inactive", "expired"},
		{"grace period that is not allowed", "acmecad", `{"validity_period":"2000-01-01 00:00:00","grace_period":24}`, "expired", "expired"},
		{"a subscription does not end", "acmeweb", `{"validity_period":"2000-01-02 00:00:00"}`, "inactive", "inactive"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
				t.Helper()
				status := func() any { return do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)["status"] }
				record := create(t, srv, withLicense(tt.product, tt.license))
				assert.Equal(t, tt.before, dig(t, record, "order_items", 0, "licenses", 0, "status"))
				pass(24*time.Hour - time.Nanosecond)
				assert.Equal(t, tt.before, status())
				pass(time.Nanosecond)
				assert.Equal(t, tt.after, status())
			})
		})
	}
}

func TestGetLicense_lookupDelay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		create(t, srv, `{"id":"a","customer":{"email":"ada@example.com"},"items":[{"product_code":"acmeweb","licenses":[{"users":[{"email":"u@example.com"}]}]}]}`)
		lists := []string{licensesPath, licenseUsersPath, customersPath}
		get := licensePath(srv, 0)
		assert.Equal(t, http.StatusNotFound, do(t, srv, http.MethodGet, get, "").status)
		for _, path := range lists {
			assert.Empty(t, do(t, srv, http.MethodGet, path, "").json(t)["results"], path)
		}
		pass(time.Second)
		assert.Equal(t, http.StatusOK, do(t, srv, http.MethodGet, get, "").status)
		for _, path := range lists {
			require.Len(t, do(t, srv, http.MethodGet, path, "").json(t)["results"], 1, path)
		}
	}, lst.WithLookupDelay(time.Second))
}
