package licensespringtest_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestGetProduct(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithQuirks(lst.QuirkNoProduct), lst.WithProducts(
		lst.Product{Code: "acmecad", Features: []lst.Feature{{Code: "render"}}}, lst.Product{Code: "acmesuite", Bundle: true, Archived: true}))
	create(t, srv, `{"id":"a","items":[{"product_code":"acmecad"}]}`)
	order := do(t, srv, http.MethodGet, ordersPath+strconv.FormatInt(srv.Orders()[0].ID, 10)+"/", "").json(t)
	items, ok := order["order_items"].([]any)
	require.True(t, ok)
	item, ok := items[0].(map[string]any)
	require.True(t, ok)
	require.NotContains(t, item, "product", "only the id is shown")
	id, ok := item["product_id"].(float64)
	require.True(t, ok)

	product := do(t, srv, http.MethodGet, productsPath+strconv.FormatInt(int64(id), 10)+"/", "").json(t)
	assert.Equal(t, "acmecad", product["short_code"])
	assert.Equal(t, "license-key", product["authorization_method"])
	assert.Equal(t, true, product["active"])
	assert.Equal(t, false, product["is_archived"])

	for _, unknown := range []string{"1/", "x/", "{id}/"} {
		assert.Equal(t, http.StatusNotFound, do(t, srv, http.MethodGet, productsPath+unknown, "").status, unknown)
	}
	assert.Equal(t, http.StatusMovedPermanently, do(t, srv, http.MethodGet, productsPath+"1", "").status)
}
