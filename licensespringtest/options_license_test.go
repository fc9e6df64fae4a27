package licensespringtest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestWithRejectedRepeats(t *testing.T) {
	t.Parallel()
	tests := []struct{ action, body, detail string }{
		{"enable/", "", "License is already enabled."},
		{"disable/", "", ""},
		{"disable/", "", "License is already disabled."},
		{"enable/", "", ""},
		{"assign_user/", `{"email":"v@example.com"}`, ""},
		{"assign_user/", `{"email":"V@example.com"}`, "User is already assigned to this license."},
		{"unassign_user/", `{"license_user_email":"v@example.com"}`, ""},
		{"assign_user/", `{"email":"v@example.com"}`, ""},
	}
	srv := lst.NewServer(t, lst.WithRejectedRepeats())
	create(t, srv, withLicense("acmeweb", `{}`))
	for i, tt := range tests {
		before := srv.Licenses()
		resp := do(t, srv, http.MethodPost, licensePath(srv, 0, tt.action), tt.body)
		assert.Equal(t, tt.detail == "", srv.Requests()[i+1].Changed, tt.action)
		if tt.detail == "" {
			assert.Equal(t, http.StatusOK, resp.status, tt.action)

			continue
		}
		assert.Equal(t, http.StatusBadRequest, resp.status, tt.action)
		assert.Equal(t, tt.detail, resp.json(t)["detail"])
		assert.Equal(t, before, srv.Licenses())
	}
	assert.Equal(t, 2, srv.Licenses()[0].Users[1].Assignments, "removing the user does not reset the number")
}

func TestWithEndingSubscriptions(t *testing.T) {
	t.Parallel()
	for _, options := range [][]lst.Option{nil, {lst.WithEndingSubscriptions()}} {
		srv := lst.NewServer(t, options...)
		record := create(t, srv, withLicense("acmeweb", `{"validity_period":"2001-01-01 00:00:00"}`))
		want := map[bool]string{false: "inactive", true: "expired"}[options != nil]
		assert.Equal(t, want, dig(t, record, "order_items", 0, "licenses", 0, "status"))
		do(t, srv, http.MethodPost, licensePath(srv, 0, "disable/"), "")
		assert.Equal(t, "disabled", do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)["status"], "it overrides every other status")
	}
}

func TestWithRejectedFeatures(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithRejectedFeatures())
	create(t, srv, order("a"))
	before := srv.Licenses()
	resp := do(t, srv, http.MethodPost, licensePath(srv, 0, "update_features/"), `{"product_features":[{"product_feature":"render"},{"product_feature":"bogus"}]}`)
	assert.Equal(t, http.StatusBadRequest, resp.status)
	assert.JSONEq(t, `{"status":400,"code":"unsupported_product_feature","message":"Product feature \"bogus\" does not exist."}`, resp.body)
	assert.Equal(t, before, srv.Licenses())
	assert.Equal(t, []bool{true, false}, changed(srv))
}

func TestWithCappedActivations(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithCappedActivations(5))
	create(t, srv, withLicense("acmecad", `{"max_activations":9}`))
	for _, tt := range []struct {
		update string
		want   float64
	}{
		{`{"note":"n"}`, 9}, // another member
		{`{"max_activations":4}`, 4},
		{`{"max_activations":6}`, 5},
		{`{"max_activations":0}`, 0},
	} {
		assert.Equal(t, tt.want, do(t, srv, http.MethodPatch, licensePath(srv, 0), tt.update).json(t)["max_activations"], tt.update)
	}
}

// TestWithStaleReads changes a license twice and checks what lookups show.
func TestWithStaleReads(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		create(t, srv, withLicense("acmeweb", `{"users":[{"email":"u@example.com"}],"note":"first","metadata":{"a":1}}`))
		id := srv.Licenses()[0].ID
		shown := func(note string) {
			t.Helper()
			get := do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
			assert.Equal(t, note, get["note"])
			list := do(t, srv, http.MethodGet, licensesPath, "").json(t)
			assert.Equal(t, get, dig(t, list, "results", 0))
			inOrder := do(t, srv, http.MethodGet, ordersPath, "").json(t)
			assert.Equal(t, note, dig(t, inOrder, "results", 0, "order_items", 0, "licenses", 0, "note"))
		}
		update := func(note string) {
			t.Helper()
			record := do(t, srv, http.MethodPatch, licensePath(srv, 0), `{"note":"`+note+`","metadata":{"b":2}}`).json(t)
			assert.Equal(t, note, record["note"], "the response shows the new state")
		}
		shown("first")
		update("second")
		shown("first")
		pass(6 * time.Second)
		update("third")
		shown("first")
		pass(4 * time.Second)
		shown("second")
		pass(6*time.Second - time.Nanosecond)
		shown("second")
		pass(time.Nanosecond)
		shown("third")

		// Features, users and the state of the license are stale as well, and so are
		// changes without a request. Filters compare the values that are shown.
		require.True(t, srv.DisableLicense(id, "support@example.com"))
		require.True(t, srv.RemoveUser(id, "u@example.com"))
		require.True(t, srv.SetFeature(id, "teams", map[string]any{"max_consumption": 3}))
		do(t, srv, http.MethodPost, licensePath(srv, 0, "update_features/"), `{"product_features":[]}`)
		enabled := func() any { return do(t, srv, http.MethodGet, licensesPath+"?enabled=true", "").json(t)["count"] }
		license := do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
		assert.Equal(t, true, license["enabled"])
		assert.Len(t, license["license_users"], 1)
		assert.Equal(t, 0.0, dig(t, license, "product_features", 0, "max_consumption"))
		assert.Equal(t, 1.0, enabled())
		stored, _ := srv.License(id)
		assert.False(t, stored.Enabled)
		pass(10 * time.Second)
		license = do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
		assert.Equal(t, "disabled", license["status"])
		assert.Empty(t, license["license_users"])
		assert.Empty(t, license["product_features"])
		assert.Equal(t, 0.0, enabled())

		require.True(t, srv.DeleteLicense(id))
		assert.Equal(t, 0.0, do(t, srv, http.MethodGet, licensesPath, "").json(t)["count"])
	}, lst.WithStaleReads(10*time.Second))
}
