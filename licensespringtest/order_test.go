package licensespringtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestRenameOrder(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, order("a"))
	create(t, srv, order("c"))
	require.NoError(t, srv.RenameOrder("a", "b"))
	require.Error(t, srv.RenameOrder("a", "b"), "no such order")
	require.Error(t, srv.RenameOrder("b", "c"), "taken")
	_, ok := srv.Order("a")
	assert.False(t, ok)
	create(t, srv, order("a"))
	assert.Equal(t, 3, srv.LicenseCount(), "the old id is available again")
	assert.Equal(t, http.StatusConflict, do(t, srv, http.MethodPost, createPath, order("b")).status)
}

// TestOrders_copies modifies returned values and checks that the server's data is
// unchanged.
func TestOrders_copies(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, `{"id":"a","customer":{"phone":"1"},"items":[{"product_code":"acmecad","licenses":[{"metadata":{"a":[1]}}]}]}`)
	o := srv.Orders()[0]
	o.Customer.Properties["phone"] = "2"
	o.Requests[0][0] = 'x'
	o.Properties["is_test"] = true
	metadata := o.Licenses()[0].Properties["metadata"].(map[string]any)
	metadata["a"].([]any)[0] = 2
	o.Items[0].Licenses[0].Key = ""
	r := srv.Requests()[0]
	r.Body[0], r.Header["Content-Type"][0] = 'x', "x"

	again := srv.Orders()[0]
	assert.Equal(t, "1", again.Customer.Properties["phone"])
	assert.Equal(t, byte('{'), again.Requests[0][0])
	assert.Equal(t, false, again.Properties["is_test"])
	assert.Equal(t, map[string]any{"a": []any{int64(1)}}, again.Licenses()[0].Properties["metadata"])
	assert.NotEmpty(t, again.Licenses()[0].Key)
	assert.Equal(t, byte('{'), srv.Requests()[0].Body[0])
	assert.Equal(t, "application/json", srv.Requests()[0].Header.Get("Content-Type"))
}
