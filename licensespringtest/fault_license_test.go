package licensespringtest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// An endpointCase is a valid request to an endpoint.
type endpointCase struct {
	endpoint lst.Endpoint
	method   string
	path     func(srv *lst.Server) string
	body     string
	// applied reports whether the request was applied. It is nil for endpoints that
	// change nothing.
	applied func(srv *lst.Server) bool
}

// prepare creates what the requests of endpointCases need: an enabled and a disabled
// license, each with a user.
func prepare(t *testing.T, srv *lst.Server) {
	t.Helper()
	create(t, srv, `{"id":"o-1","customer":{"email":"c@example.com"},"items":[{"product_code":"acmeweb","licenses":[
		{"users":[{"email":"u@example.com"}]},{"users":[{"email":"u@example.com"}]}]}]}`)
	require.True(t, srv.DisableLicense(srv.Licenses()[1].ID, "support@example.com"))
	srv.ResetRequests()
}

func endpointCases() []endpointCase {
	fixed := func(path string) func(*lst.Server) string { return func(*lst.Server) string { return path } }
	of := func(index int, action string) func(*lst.Server) string {
		return func(srv *lst.Server) string { return licensePath(srv, index, action) }
	}
	user := func(srv *lst.Server, index int) lst.User { return srv.Licenses()[0].Users[index] }

	return []endpointCase{
		{lst.CreateOrder, http.MethodPost, fixed(createPath), order("o-2"), func(srv *lst.Server) bool { return len(srv.Orders()) == 2 }},
		{lst.ListOrders, http.MethodGet, fixed(ordersPath), "", nil},
		{lst.GetOrder, http.MethodGet, func(srv *lst.Server) string {
			return ordersPath + strconv.FormatInt(srv.Orders()[0].ID, 10) + "/"
		}, "", nil},
		{lst.GenerateLicense, http.MethodGet, fixed(ordersPath + "generate_license/?product=acmecad"), "", nil},
		{lst.ListProducts, http.MethodGet, fixed(productsPath), "", nil},
		{lst.GetProduct, http.MethodGet, fixed(productsPath + "1500000000000001/"), "", nil},
		{lst.ListLicenses, http.MethodGet, fixed(licensesPath), "", nil},
		{lst.GetLicense, http.MethodGet, of(0, ""), "", nil},
		{lst.UpdateLicense, http.MethodPatch, of(0, ""), `{"note":"n"}`, func(srv *lst.Server) bool { return srv.Licenses()[0].Properties["note"] == "n" }},
		{lst.EnableLicense, http.MethodPost, of(1, "enable/"), "", func(srv *lst.Server) bool { return srv.Licenses()[1].Enabled }},
		{lst.DisableLicense, http.MethodPost, of(0, "disable/"), "{}", func(srv *lst.Server) bool { return !srv.Licenses()[0].Enabled }},
		{lst.UpdateFeatures, http.MethodPost, of(0, "update_features/"), `{"product_features":[]}`, func(srv *lst.Server) bool { return len(srv.Licenses()[0].Features) == 0 }},
		{lst.AssignUser, http.MethodPost, of(0, "assign_user/"), `{"email":"v@example.com"}`, func(srv *lst.Server) bool {
			return len(srv.Licenses()[0].Users) == 2 && user(srv, 1).Assignments == 1
		}},
		{lst.UnassignUser, http.MethodPost, of(0, "unassign_user/"), `{"license_user_email":"u@example.com"}`, func(srv *lst.Server) bool { return len(srv.Licenses()[0].Users) == 0 }},
		{lst.ListLicenseUsers, http.MethodGet, fixed(licenseUsersPath), "", nil},
		{lst.SetUserPassword, http.MethodPost, fixed(licenseUsersPath + "set_password/?email=u@example.com"), `{"password":"p"}`, func(srv *lst.Server) bool { return user(srv, 0).Password == "p" }},
		{lst.ListCustomers, http.MethodGet, fixed(customersPath), "", nil},
		{lst.GetCustomer, http.MethodGet, func(srv *lst.Server) string {
			return customersPath + strconv.FormatInt(srv.Orders()[0].Customer.ID, 10) + "/"
		}, "", nil},
	}
}

// TestFaults_endpoints injects every fault into a request to every endpoint, and
// checks what the server applies and the client receives.
func TestFaults_endpoints(t *testing.T) {
	t.Parallel()
	const lost = 0
	faults := []struct {
		fault   lst.Fault
		applied bool
		status  int // lost if there is no response
	}{
		{lst.DropBefore(), false, lost},
		{lst.DropBefore().Reset(), false, lost},
		{lst.DropAfter(), true, lost},
		{lst.CutResponse(0), true, lost},
		{lst.CutResponse(40), true, lost},
		{lst.CutResponse(1 << 20), true, 200},
		{lst.CutRequest(1), false, lost},
		{lst.StallBefore(), false, lost},
		{lst.StallAfter(), true, lost},
		{lst.DelayBefore(time.Second), true, 200},
		{lst.DelayAfter(time.Second), true, 200},
		{lst.DelayedApply(time.Second), true, lost},
		{lst.SlowDrip(10, time.Millisecond), true, 200},
		{lst.Status(500), false, 500},
		{lst.Status(502, lst.Stored()), true, 502},
		{lst.Redirect(307, "/elsewhere/"), false, 307},
		{lst.WrongContentType("text/html"), true, 200},
		{lst.HugeBody(1 << 16), true, 200},
		{lst.GzipBomb(1 << 16), true, 200},
		{lst.InvisibleFor(time.Second), true, 200},
		{lst.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) { next.ServeHTTP(w, r) }), true, 200},
		{lst.DropConnection(), false, lost},
		{lst.Combine(lst.SlowDrip(100, time.Second), lst.Status(504, lst.Stored()), lst.DelayedApply(time.Minute)), true, 504},
	}
	for _, tt := range faults {
		for _, e := range endpointCases() {
			t.Run(tt.fault.String()+"/"+string(e.endpoint), func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
					t.Helper()
					prepare(t, srv)
					srv.Client().CloseIdleConnections() // DropConnection affects the next one.
					if e.applied != nil {
						require.False(t, e.applied(srv))
					}
					srv.Inject(tt.fault)
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					defer cancel()
					resp, err := send(srv.Client(), newRequest(t, srv, e.method, e.path(srv), e.body).WithContext(ctx))
					assert.Equal(t, tt.status == lost, err != nil)
					assert.Equal(t, tt.status, resp.status, resp.body)
					pass(time.Hour)
					synctest.Wait()

					assert.Empty(t, srv.PendingFaults())
					if e.applied != nil {
						assert.Equal(t, tt.applied, e.applied(srv))
					}
					for _, r := range srv.Requests() {
						assert.Equal(t, e.endpoint, r.Endpoint)
						assert.Equal(t, tt.applied && e.applied != nil, r.Changed)
						assert.Equal(t, tt.fault.String(), r.Fault)
					}
				})
			})
		}
	}
}

// TestDelayedApply_order disables a license late, after the client has enabled it.
func TestDelayedApply_order(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		prepare(t, srv)
		start := time.Now()
		srv.Inject(lst.DelayedApply(time.Minute))
		_, err := try(t, srv, http.MethodPost, licensePath(srv, 0, "disable/"), "")
		require.ErrorIs(t, err, io.EOF)
		assert.Zero(t, time.Since(start), "the connection is cut at once")
		do(t, srv, http.MethodPost, licensePath(srv, 0, "enable/"), "")
		pass(time.Minute - time.Nanosecond)
		synctest.Wait()
		assert.True(t, srv.Licenses()[0].Enabled)
		assert.False(t, srv.Requests()[0].Changed)
		pass(time.Nanosecond)
		synctest.Wait()
		assert.False(t, srv.Licenses()[0].Enabled)
		late := srv.Requests()[0]
		assert.True(t, late.Changed)
		assert.Zero(t, late.Status, "there was no response")
		assert.Equal(t, start.Add(time.Minute), srv.Licenses()[0].UpdatedAt)
	})
}

// TestDelayedApply_conflict creates an order late, after a retry has created it.
func TestDelayedApply_conflict(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		srv.Inject(lst.DelayedApply(time.Minute).Reset())
		_, err := try(t, srv, http.MethodPost, createPath, order("a"))
		require.Error(t, err)
		create(t, srv, order("a"))
		pass(time.Hour)
		assert.Equal(t, []bool{false, true}, changed(srv))
		assert.Equal(t, 1, srv.LicenseCount())
	})
}

// TestDelayedApply_close closes the server before the requests are applied. The
// bubble fails if a goroutine remains.
func TestDelayedApply_close(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, srv *lst.Server, _ *lst.Network) {
		t.Helper()
		blocks := lst.Custom(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() })
		writes := lst.Custom(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			w.Header().Set("X-Late", "1")
			next.ServeHTTP(w, r)
			_, _ = fmt.Fprint(w, "late")
			panic(http.ErrAbortHandler)
		})
		srv.Inject(
			lst.DelayedApply(time.Hour),
			lst.Combine(lst.DelayedApply(time.Second), blocks),
			lst.Combine(lst.DelayedApply(time.Second), lst.StallBefore()),
			lst.Combine(lst.DelayedApply(time.Second), lst.DelayBefore(time.Hour)),
			lst.Combine(lst.DelayedApply(time.Second), writes, lst.DropAfter()),
			lst.Combine(lst.DelayedApply(time.Second), writes),
		)
		for i := range 6 {
			_, err := try(t, srv, http.MethodPost, createPath, order(strconv.Itoa(i)))
			require.Error(t, err)
		}
		pass(time.Minute)
		start := time.Now()
		srv.Close()
		assert.Zero(t, time.Since(start))
		assert.Equal(t, []bool{false, false, false, false, true, true}, changed(srv))
		pass(2 * time.Hour)
		assert.Len(t, srv.Orders(), 2)
	})
}

func TestDelayedApply_loopback(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	srv.Inject(lst.DelayedApply(time.Millisecond))
	_, err := try(t, srv, http.MethodPost, createPath, order("a"))
	require.Error(t, err)
	assert.Eventually(t, func() bool { return len(srv.Orders()) == 1 }, time.Minute, time.Millisecond)
	srv.Inject(lst.DelayedApply(time.Hour))
	_, err = try(t, srv, http.MethodPost, createPath, order("b"))
	require.Error(t, err)
	srv.Close()
	assert.Len(t, srv.Orders(), 1)
}
