package licensespringtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// TestAdministration calls each method for a license, and checks its result and the
// time of the change.
func TestAdministration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		call func(srv *lst.Server, id int64) bool
		done bool
		want map[string]any // members of the record afterwards
	}{
		{"disable", func(srv *lst.Server, id int64) bool { return srv.DisableLicense(id, "support@example.com") }, true, map[string]any{
			"enabled": false, "status": "disabled", "disabled_user": "support@example.com", "time_disabled": "2000-01-01T01:00:00.000000Z",
		}},
		{"enable", func(srv *lst.Server, id int64) bool { return srv.EnableLicense(id) }, true, map[string]any{
			"enabled": true, "status": "inactive", "disabled_user": nil, "time_disabled": nil,
		}},
		{"set", func(srv *lst.Server, id int64) bool {
			return srv.SetLicense(id, map[string]any{
				"times_activated": 3, "active": true, "status": "active", "note": nil, "metadata": map[string]any{"a": []any{1}},
				"license_template_code": "gold", "validity_period": "2031-05-06T07:08:09.5Z",
			})
		}, true, map[string]any{
			"times_activated": 3.0, "active": true, "status": "active", "note": nil, "metadata": map[string]any{"a": []any{1.0}},
			"license_template_code": "gold", "validity_period": "2031-05-06T07:08:09.5Z",
		}},
		{"set nothing", func(srv *lst.Server, id int64) bool { return srv.SetLicense(id, nil) }, true, map[string]any{"enabled": true}},
		{"set disabled", func(srv *lst.Server, id int64) bool { return srv.SetLicense(id, map[string]any{"enabled": false}) }, true, map[string]any{
			"enabled": false, "status": "disabled", "disabled_user": "",
		}},
		{"set enabled", func(srv *lst.Server, id int64) bool {
			return srv.DisableLicense(id, "x") && srv.SetLicense(id, map[string]any{"enabled": true})
		}, true, map[string]any{"enabled": true, "time_disabled": nil}},
		{"set feature", func(srv *lst.Server, id int64) bool {
			return srv.SetFeature(id, "teams", map[string]any{"max_consumption": 3})
		}, true, nil},
		{"set unknown feature", func(srv *lst.Server, id int64) bool { return srv.SetFeature(id, "bogus", nil) }, false, nil},
		{"add user", func(srv *lst.Server, id int64) bool { return srv.AddUser(id, "v@example.com") }, true, nil},
		{"add user again", func(srv *lst.Server, id int64) bool { return srv.AddUser(id, "U@example.com") }, false, nil},
		{"remove user", func(srv *lst.Server, id int64) bool { return srv.RemoveUser(id, "U@example.com") }, true, map[string]any{"license_users": []any{}}},
		{"remove unknown user", func(srv *lst.Server, id int64) bool { return srv.RemoveUser(id, "v@example.com") }, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
				t.Helper()
				create(t, srv, withLicense("acmeweb", `{"users":[{"email":"u@example.com"}],"max_license_users":1}`))
				id := srv.Licenses()[0].ID
				before := srv.Licenses()
				pass(time.Hour)
				assert.False(t, tt.call(srv, 7), "no such license")
				assert.Equal(t, before, srv.Licenses())
				assert.Equal(t, tt.done, tt.call(srv, id))
				record := do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
				for name, want := range tt.want {
					assert.Equal(t, want, record[name], name)
				}
				assert.Equal(t, tt.done, srv.Licenses()[0].UpdatedAt.Equal(time.Now()))
				assert.Equal(t, !tt.done, assert.ObjectsAreEqual(before, srv.Licenses()))
			})
		})
	}
}

func TestDeleteLicense(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmecad", `{"key":"K-1"},{"key":"K-2"}`))
	deleted := srv.Licenses()[0]
	path := licensePath(srv, 0)
	require.True(t, srv.DeleteLicense(deleted.ID))
	assert.False(t, srv.DeleteLicense(deleted.ID))
	_, ok := srv.License(deleted.ID)
	assert.False(t, ok)
	_, ok = srv.LicenseByKey("K-1")
	assert.False(t, ok)
	assert.Equal(t, "K-2", srv.Licenses()[0].Key)
	assert.Len(t, srv.Orders()[0].Licenses(), 1)
	assert.Equal(t, http.StatusNotFound, do(t, srv, http.MethodGet, path, "").status)
	assert.Equal(t, http.StatusNotFound, do(t, srv, http.MethodPatch, path, `{"note":"n"}`).status)
	resp := do(t, srv, http.MethodPost, createPath, `{"id":"a","items":[{"product_code":"acmecad","licenses":[{"key":"K-1"}]}]}`)
	assert.Equal(t, http.StatusBadRequest, resp.status, "the key stays taken")
}

// TestAddUser_keyBased checks a license that cannot have users.
func TestAddUser_keyBased(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, order("a"))
	assert.False(t, srv.AddUser(srv.Licenses()[0].ID, "u@example.com"))
	assert.Empty(t, srv.Licenses()[0].Users)
}

func TestSetLicense_copies(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, order("a"))
	metadata := map[string]any{"a": []any{1}}
	require.True(t, srv.SetLicense(srv.Licenses()[0].ID, map[string]any{"metadata": metadata}))
	metadata["a"].([]any)[0] = 2
	license := srv.Licenses()[0]
	assert.Equal(t, map[string]any{"a": []any{int64(1)}}, license.Properties["metadata"])
	license.Properties["metadata"].(map[string]any)["a"] = nil
	license.Features[0].Properties["total_consumptions"] = 1
	assert.Equal(t, map[string]any{"a": []any{int64(1)}}, srv.Licenses()[0].Properties["metadata"])
	assert.Equal(t, int64(0), srv.Licenses()[0].Features[0].Properties["total_consumptions"])
}
