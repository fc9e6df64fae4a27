package licensespringtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// fill makes a server store every kind of data.
func fill(t *testing.T, srv *lst.Server) {
	t.Helper()
	for _, order := range []string{
		`{"id":"o-1","is_test":true,"metadata":"{\"a\":1.5}","customer":{"email":"ada@example.com","company":"Analytical"},"items":[` +
			`{"product_code":"acmecad","note":"desk","licenses":[{"max_activations":3},{"key":"AAAA-BBBB-CCCC-DDDD","metadata":{"n":9007199254740993,"f":3.0}}]}]}`,
		`{"id":"o-2","customer":{"email":"ada@example.com","phone":"1"},"items":[` +
			`{"product_code":"acmeweb","licenses":[{"users":[{"email":"grace@example.com","is_manager":true,"max_activations":2}]}]}]}`,
		`{"id":"o-3","customer":{"company":"Analytical"},"items":[{"product_code":"acmeapi","licenses":[{"product_features":[{"code":"calls","max_consumption":5}]}]}]}`,
		`{"id":"o-1","append":true,"items":[{"product_code":"acmecad","licenses":[{"enabled":false}]}]}`,
	} {
		require.Equal(t, http.StatusOK, do(t, srv, http.MethodPost, createPath, order).status, order)
	}
	require.Equal(t, http.StatusOK, do(t, srv, http.MethodGet, ordersPath+"generate_license/?product=acmecad&quantity=2", "").status)
	licenses := srv.Licenses()
	require.True(t, srv.DisableLicense(licenses[0].ID, "support@example.com"))
	require.True(t, srv.DeleteLicense(licenses[1].ID))
	require.True(t, srv.SetFeature(licenses[3].ID, "calls", map[string]any{"total_consumptions": 4}))
	require.True(t, srv.AddUser(licenses[2].ID, "alan@example.com"))
	require.True(t, srv.SignIn("grace@example.com"))
	require.True(t, srv.ArchiveOrder("o-3"))
}

// shown returns everything that a server shows.
func shown(t *testing.T, srv *lst.Server) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{ordersPath, licensesPath, licenseUsersPath, customersPath, productsPath} {
		all.WriteString(do(t, srv, http.MethodGet, path+"?limit=100", "").body + "\n")
	}

	return all.String()
}

// encoded returns a value without the monotonic clock and the location of its times.
func encoded(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)

	return string(text)
}

func TestSaveAndLoad(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	fill(t, srv)
	var saved bytes.Buffer
	require.NoError(t, srv.Save(&saved))
	before := shown(t, srv)

	loaded := lst.NewServer(t, lst.WithSeed(99))
	require.NoError(t, loaded.Load(bytes.NewReader(saved.Bytes())))
	// The ids of products and features come from the seed of the server.
	same := lst.NewServer(t)
	require.NoError(t, same.Load(bytes.NewReader(saved.Bytes())))
	assert.Equal(t, before, shown(t, same))
	assert.Equal(t, encoded(t, srv.Orders()), encoded(t, same.Orders()))
	assert.Equal(t, encoded(t, srv.Licenses()), encoded(t, same.Licenses()))
	assert.Len(t, loaded.Licenses(), len(srv.Licenses()))

	// Both servers continue alike: with the same ids, keys, passwords and rejections.
	for _, order := range []string{
		`{"id":"o-4","customer":{"company":"Analytical"},"items":[{"product_code":"acmecad","licenses":[{}]},{"product_code":"acmeweb","licenses":[{"users":[{"email":"new@example.com"}]}]}]}`,
		`{"id":"o-1","items":[{"product_code":"acmecad","licenses":[{}]}]}`,
		`{"id":"o-5","items":[{"product_code":"acmecad","licenses":[{"key":"AAAA-BBBB-CCCC-DDDD"}]}]}`, // of a deleted license
	} {
		want := do(t, srv, http.MethodPost, createPath, order)
		got := do(t, same, http.MethodPost, createPath, order)
		assert.Equal(t, want.status, got.status)
		if want.status != http.StatusOK { // a record shows the time
			assert.Equal(t, want.body, got.body)
		}
	}
	was, is := srv.Licenses(), same.Licenses()
	require.Len(t, is, len(was))
	for i := range was {
		assert.Equal(t, was[i].ID, is[i].ID)
		assert.Equal(t, was[i].Key, is[i].Key)
		assert.Equal(t, was[i].Users, is[i].Users)
	}
	assert.Equal(t, http.StatusOK, do(t, same, http.MethodPost, licensesPath+strconv.FormatInt(is[0].ID, 10)+"/enable/", "{}").status)
}

func TestLoadRejects(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	fill(t, srv)
	var saved bytes.Buffer
	require.NoError(t, srv.Save(&saved))
	text := saved.String()
	for name, row := range map[string]struct{ state, want string }{
		"not JSON":         {"{", "unexpected EOF"},
		"another version":  {strings.Replace(text, `"version":1`, `"version":2`, 1), "version 2 of the saved state, want 1"},
		"unknown product":  {strings.Replace(text, `"product_code":"acmeapi"`, `"product_code":"gone"`, 1), `order "o-3": no product "gone"`},
		"unknown feature":  {strings.Replace(text, `"code":"calls"`, `"code":"gone"`, 1), `no feature "gone"`},
		"unknown user":     {strings.Replace(text, `"user_id":1`, `"user_id":2`, 1), "no user 2"},
		"unknown customer": {strings.Replace(text, `"customer":{"id":1`, `"customer":{"id":2`, 1), "no customer 2"},
		"random state":     {strings.Replace(text, `"random":"`, `"random":"AAAA`, 1), "PCG"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := lst.NewServer(t)
			require.ErrorContains(t, other.Load(strings.NewReader(row.state)), row.want)
			assert.Empty(t, other.Orders())
		})
	}
}

func TestSaveError(t *testing.T) {
	t.Parallel()
	require.EqualError(t, lst.NewServer(t).Save(brokenWriter{}), "licensespringtest: save: broken disk")
}

func TestObserver(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var observed []lst.Request
	srv := lst.NewServer(t, lst.WithObserver(func(r lst.Request) {
		mu.Lock()
		defer mu.Unlock()
		observed = append(observed, r)
	}))
	srv.Inject(lst.DropAfter().On(lst.CreateOrder))
	_, err := try(t, srv, http.MethodPost, createPath, `{"id":"o-1","items":[{"product_code":"acmecad","licenses":[{}]}]}`)
	require.Error(t, err)
	do(t, srv, http.MethodGet, ordersPath, "")
	srv.Close() // waits for the end of all requests
	require.Len(t, observed, 2)
	assert.True(t, observed[0].Changed)
	assert.Equal(t, "DropAfter()", observed[0].Fault)
	assert.Equal(t, lst.ListOrders, observed[1].Endpoint)
	assert.Equal(t, http.StatusOK, observed[1].Status)
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken disk") }
