package licensespringtest_test

import (
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestLicenses(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		create(t, srv, `{"id":"a","items":[{"product_code":"acmecad","licenses":[{"key":"K-1"},{"key":"K-2","enabled":false}]}]}`)
		pass(time.Second)
		create(t, srv, `{"id":"b","items":[{"product_code":"acmeapi","licenses":[{"key":"K-3"}]}]}`)
		do(t, srv, http.MethodPost, licensePath(srv, 0, "disable/"), "")
		start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

		licenses := srv.Licenses()
		require.Len(t, licenses, 3)
		first, second, third := licenses[0], licenses[1], licenses[2]
		orders := srv.Orders()
		assert.Equal(t, []lst.License{first, second}, orders[0].Licenses())
		assert.Equal(t, []lst.License{third}, orders[1].Licenses())
		assert.Equal(t, "K-1", first.Key)
		assert.Equal(t, "acmecad", first.ProductCode)
		assert.Equal(t, orders[0].ID, first.OrderID)
		assert.Equal(t, "a", first.OrderStoreID)
		assert.False(t, first.Enabled)
		assert.Equal(t, "api@example.com", first.DisabledBy)
		assert.Equal(t, false, first.Properties["enabled"])
		assert.Equal(t, start, first.CreatedAt.UTC())
		assert.Equal(t, start.Add(time.Second), first.UpdatedAt.UTC())
		assert.False(t, second.Enabled, "created so")
		assert.True(t, third.Enabled)
		assert.Empty(t, third.DisabledBy)
		assert.Equal(t, map[string]any{"max_consumption": int64(100), "total_consumptions": int64(0)}, third.Features[0].Properties)

		require.NoError(t, srv.RenameOrder("b", "c"))
		byID, ok := srv.License(third.ID)
		assert.True(t, ok)
		assert.Equal(t, "c", byID.OrderStoreID)
		byKey, ok := srv.LicenseByKey("K-3")
		assert.True(t, ok)
		assert.Equal(t, byID, byKey)
		for _, key := range []string{"", "K-9"} {
			_, ok = srv.LicenseByKey(key)
			assert.False(t, ok)
		}
		_, ok = srv.License(7)
		assert.False(t, ok)
	})
}

func TestUser_password(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmeweb", `{"users":[{"email":"u@example.com"}]},{"users":[{"email":"u@example.com"}]}`))
	user := func() lst.User {
		licenses := srv.Licenses()
		assert.Equal(t, licenses[0].Users[0].Password, licenses[1].Users[0].Password, "one password for all licenses")

		return licenses[0].Users[0]
	}
	assert.NotEmpty(t, user().InitialPassword)
	assert.Equal(t, user().InitialPassword, user().Password)
	srv.SignIn("u@example.com")
	assert.Empty(t, user().InitialPassword)
	assert.Equal(t, "chosen by the user", user().Password)

	for _, tt := range []struct{ body, want string }{{`{"email":"u@example.com","password":"p"}`, "p"}, {`{"email":"u@example.com"}`, ""}} {
		resp := do(t, srv, http.MethodPost, licensePath(srv, 0, "assign_user/"), tt.body).json(t)
		assert.Equal(t, resp["new_password"], user().Password)
		if tt.want != "" {
			assert.Equal(t, tt.want, user().Password)
		}
	}
	assert.Equal(t, 2, user().Assignments)
	assert.Zero(t, srv.Licenses()[1].Users[0].Assignments)
	do(t, srv, http.MethodPost, licenseUsersPath+"set_password/?email=u@example.com", `{"password":"q"}`)
	assert.Equal(t, "q", user().Password)
	srv.SignIn("u@example.com")
	assert.Equal(t, "q", user().Password, "not the first sign-in")
}

// TestLicenses_concurrentUse changes one license by every means while other
// goroutines read it, so that the race detector finds records that share mutable
// data with the store.
func TestLicenses_concurrentUse(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithStaleReads(time.Millisecond))
	prepare(t, srv)
	id := srv.Licenses()[0].ID
	const rounds = 20
	var all sync.WaitGroup
	for _, e := range endpointCases() {
		requests := make([]*http.Request, rounds)
		for i := range requests {
			requests[i] = newRequest(t, srv, e.method, e.path(srv), e.body)
		}
		all.Go(func() {
			for _, r := range requests {
				_, err := send(srv.Client(), r)
				assert.NoError(t, err)
			}
		})
	}
	all.Go(func() {
		for i := range rounds {
			srv.DisableLicense(id, "x")
			srv.SetLicense(id, map[string]any{"note": strconv.Itoa(i), "metadata": map[string]any{"i": i}})
			srv.SetFeature(id, "teams", map[string]any{"max_consumption": i})
			srv.AddUser(id, "w@example.com")
			srv.RemoveUser(id, "w@example.com")
			srv.EnableLicense(id)
			srv.SignIn("u@example.com")
			srv.Licenses()
			srv.License(id)
		}
	})
	all.Wait()
	assert.Len(t, srv.Licenses(), 3)
	assert.True(t, srv.DeleteLicense(id))
}
