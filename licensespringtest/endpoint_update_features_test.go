package licensespringtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestUpdateFeatures(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t, lst.WithProducts(lst.Product{Code: "p", Features: []lst.Feature{
		{Code: "render"}, {Code: "calls", Consumption: true, MaxConsumption: 100},
	}}))
	create(t, srv, withLicense("p", `{"product_features":[{"code":"calls","max_consumption":33,"expiry_date":"2031-05-06"}]}`))
	update := func(body string) []any {
		resp := do(t, srv, http.MethodPost, licensePath(srv, 0, "update_features/"), `{"product_features":`+body+`}`)
		require.Equal(t, http.StatusOK, resp.status, resp.body)

		return resp.json(t)["product_features"].([]any)
	}
	created := srv.Orders()[0].Licenses()[0].Features
	require.Len(t, created, 1)

	features := update(`[{"product_feature":"render","metadata":{"a":1},"is_floating_cloud":true},{"product_feature":"calls","total_consumptions":7}]`)
	require.Len(t, features, 2)
	assert.Equal(t, "render", dig(t, features, 0, "product_feature", "code"))
	assert.Equal(t, map[string]any{"a": 1.0}, dig(t, features, 0, "metadata"))
	assert.Equal(t, 7.0, dig(t, features, 1, "total_consumptions"))
	assert.Equal(t, 100.0, dig(t, features, 1, "max_consumption"), "a member that the list omits is that of the product")
	assert.Nil(t, dig(t, features, 1, "expiry_date"))
	calls, render := dig(t, features, 1, "id"), dig(t, features, 0, "id")

	features = update(`[{"product_feature":"calls","max_consumption":30},{"product_feature":"bogus"}]`)
	require.Len(t, features, 1, "an unknown code is dropped silently, and an omitted feature is deleted")
	assert.Equal(t, calls, dig(t, features, 0, "id"))
	assert.Equal(t, 30.0, dig(t, features, 0, "max_consumption"))
	assert.Equal(t, 7.0, dig(t, features, 0, "total_consumptions"), "the counter is kept")

	features = update(`[{"product_feature":"render"},{"product_feature":"calls","total_consumptions":0}]`)
	assert.NotEqual(t, render, dig(t, features, 0, "id"), "the feature is a new one")
	assert.Equal(t, 0.0, dig(t, features, 1, "total_consumptions"))
	assert.Empty(t, update(`[]`))
	assert.Empty(t, srv.Orders()[0].Licenses()[0].Features)
}
