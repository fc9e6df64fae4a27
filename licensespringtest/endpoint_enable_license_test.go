package licensespringtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestEnableLicense(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		create(t, srv, order("a"))
		call := func(action, body string) map[string]any {
			pass(time.Minute)
			resp := do(t, srv, http.MethodPost, licensePath(srv, 0, action), body)
			require.Equal(t, http.StatusOK, resp.status)
			assert.Equal(t, "License has been "+strings.TrimSuffix(action, "/")+"d.", resp.json(t)["message"])

			return do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
		}
		created := do(t, srv, http.MethodGet, licensePath(srv, 0), "").json(t)
		assert.Equal(t, created, call("enable/", ""), "it is enabled already")

		disabled := call("disable/", "{}")
		assert.Equal(t, false, disabled["enabled"])
		assert.Equal(t, "disabled", disabled["status"])
		assert.Equal(t, "api@example.com", disabled["disabled_user"])
		assert.Equal(t, "2000-01-01T00:02:00.000000Z", disabled["time_disabled"])
		assert.Equal(t, "2000-01-01T00:02:00Z", disabled["updated_at"])
		assert.Equal(t, disabled, call("disable/", ""), "it is disabled already")

		enabled := call("enable/", "{}")
		assert.Equal(t, "2000-01-01T00:04:00Z", enabled["updated_at"])
		enabled["updated_at"] = created["updated_at"]
		assert.Equal(t, created, enabled, "everything else is as before")

		for _, r := range srv.Requests() {
			assert.Equal(t, r.Method != http.MethodGet, r.Changed, "a write that was applied counts even if it changed nothing")
		}
	})
}

// TestEnableLicense_withoutBody sends requests without a body and without a
// Content-Type.
func TestEnableLicense_withoutBody(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, order("a"))
	for _, action := range []string{"disable/", "enable/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL()+licensePath(srv, 0, action), http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Api-Key "+srv.APIKey())
		resp, err := send(srv.Client(), r)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, resp.status)
	}
}
