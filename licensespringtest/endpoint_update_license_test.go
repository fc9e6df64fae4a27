package licensespringtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestUpdateLicense(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		create(t, srv, withLicense("acmecad", `{"metadata":{"a":1}}`))
		path := licensePath(srv, 0)
		before := do(t, srv, http.MethodGet, path, "").json(t)
		pass(time.Hour)
		updated := do(t, srv, http.MethodPatch, path, `{"is_trial":false,"validity_period":"1999-12-31","note":"n","metadata":{"b":2}}`).json(t)
		want := before
		want["validity_period"], want["note"], want["metadata"] = "1999-12-31", "n", map[string]any{"b": 2.0}
		want["status"], want["updated_at"] = "expired", "2000-01-01T01:00:00Z"
		assert.Equal(t, want, updated)
		assert.Equal(t, updated, do(t, srv, http.MethodGet, path, "").json(t))

		for _, path := range []string{licensesPath + "7/", licensesPath + "7/enable/"} {
			resp := do(t, srv, http.MethodPatch, licensesPath+"7/", `{"note":"n"}`)
			assert.Equal(t, http.StatusNotFound, resp.status, path)
		}
	})
}

// TestUpdateLicense_extension repeats each update: it counts from the current end.
func TestUpdateLicense_extension(t *testing.T) {
	t.Parallel()
	tests := []struct{ license, update, first, second string }{
		{`{}`, `{"is_trial":false,"valid_duration":"1y"}`, "2001-01-01", "2002-01-01"},
		{`{}`, `{"is_trial":true,"trial_days":30}`, "2000-01-31", "2000-03-01"},
		{`{}`, `{"is_trial":true,"trial_days":0}`, "2000-01-01", "2000-01-01"},
		{`{}`, `{"is_trial":true,"trial_days":1,"valid_duration":"1d"}`, "2000-01-03", "2000-01-05"},
		{`{}`, `{"is_trial":false,"valid_duration":"30h"}`, "2000-01-02 16:00:00", "2000-01-03 22:00:00"},
		{`{"validity_period":"2031-01-31 00:00:00"}`, `{"is_trial":false,"valid_duration":"2m"}`, "2031-03-31", "2031-05-31"},
		{`{"validity_period":"2031-01-31 12:00:00"}`, `{"is_trial":false,"valid_duration":"3d"}`, "2031-02-03 12:00:00", "2031-02-06 12:00:00"},
		{`{"validity_period":"2031-01-31 00:00:00"}`, `{"is_trial":false,"valid_duration":"90min"}`, "2031-01-31 01:30:00", "2031-01-31 03:00:00"},
	}
	for _, tt := range tests {
		t.Run(tt.update+tt.license, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
				t.Helper()
				create(t, srv, withLicense("acmeweb", tt.license))
				pass(10 * time.Hour)
				for _, want := range []string{tt.first, tt.second} {
					resp := do(t, srv, http.MethodPatch, licensePath(srv, 0), tt.update)
					require.Equal(t, http.StatusOK, resp.status, resp.body)
					assert.Equal(t, want, resp.json(t)["validity_period"])
				}
			})
		})
	}
}

func TestUpdateLicense_order(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, `{"id":"a","customer":{"email":"a@example.com"},"items":[{"product_code":"acmecad","licenses":[{"key":"K-1"},{"key":"K-2"}]}]}`)
	create(t, srv, `{"id":"b","customer":{"email":"b@example.com"},"items":[{"product_code":"acmeapi","licenses":[{}]}]}`)
	path := licensePath(srv, 0)
	move := func(to string) response {
		order, _ := srv.Order(to)

		return do(t, srv, http.MethodPatch, path, fmt.Sprintf(`{"order":%d}`, order.ID))
	}
	keys := func(id string) []string {
		order, _ := srv.Order(id)
		var keys []string
		for _, l := range order.Licenses() {
			if l.Type == "perpetual" {
				keys = append(keys, l.Key)
			}
		}

		return keys
	}
	moved := move("b").json(t)
	assert.Equal(t, "b", moved["order_store_id"])
	assert.Equal(t, "b@example.com", dig(t, moved, "customer", "email"))
	assert.Equal(t, []string{"K-2"}, keys("a"))
	assert.Equal(t, []string{"K-1"}, keys("b"))
	target, _ := srv.Order("b")
	assert.Len(t, target.Items, 2, "a new item of the product")
	assert.Equal(t, http.StatusOK, move("b").status)
	assert.Equal(t, []string{"K-1"}, keys("b"))
	move("a")
	assert.Equal(t, []string{"K-2", "K-1"}, keys("a"))
	source, _ := srv.Order("a")
	assert.Len(t, source.Items, 1, "the item of the product")

	srv.Inject(lst.InvisibleFor(time.Hour))
	create(t, srv, order("hidden"))
	assert.Equal(t, http.StatusBadRequest, move("hidden").status, "an order that lookups do not show")
}

// TestLicenseWrites_hidden sends every write to a license that requests do not find
// yet.
func TestLicenseWrites_hidden(t *testing.T) {
	t.Parallel()
	writes := []struct{ method, action, body string }{
		{http.MethodPatch, "", `{"note":"n"}`},
		{http.MethodPost, "enable/", ""},
		{http.MethodPost, "disable/", "{}"},
		{http.MethodPost, "update_features/", `{"product_features":[]}`},
		{http.MethodPost, "assign_user/", `{"email":"a@example.com"}`},
		{http.MethodPost, "unassign_user/", `{"license_user_email":"u@example.com"}`},
	}
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		create(t, srv, withLicense("acmeweb", `{"users":[{"email":"u@example.com"}]}`))
		for _, status := range []int{http.StatusNotFound, http.StatusOK} {
			for _, w := range writes {
				resp := do(t, srv, w.method, licensePath(srv, 0, w.action), w.body)
				assert.Equal(t, status, resp.status, w.action)
			}
			pass(time.Second)
		}
		for i, r := range srv.Requests()[1:] {
			assert.Equal(t, i >= len(writes), r.Changed, r.Endpoint)
		}
	}, lst.WithLookupDelay(time.Second))
}

// TestUpdateLicense_hugeNumber stores a number that no type of Go can hold.
func TestUpdateLicense_hugeNumber(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	resp := do(t, srv, http.MethodPost, createPath, withLicense("acmecad", `{"metadata":{"a":[-1e999]}}`))
	assert.Contains(t, resp.body, `"metadata":{"a":[-1e999]}`)
	resp = do(t, srv, http.MethodPatch, licensePath(srv, 0), `{"metadata":{"b":1e999}}`)
	assert.Contains(t, resp.body, `"metadata":{"b":1e999}`)
	assert.Equal(t, map[string]any{"b": json.Number("1e999")}, srv.Licenses()[0].Properties["metadata"])
}
