package licensespring_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestGetProduct(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, nil)
	created, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
	require.NoError(t, err)
	product, err := client.GetProduct(t.Context(), created.Order.OrderItems[0].ProductID)
	require.NoError(t, err)
	assert.Equal(t, "acmecad", product.ShortCode)
	assert.Equal(t, "Acme CAD", product.ProductName)
	assert.Equal(t, licensespring.AuthorizationLicenseKey, product.AuthorizationMethod)
	assert.Equal(t, licensespring.Perpetual, product.DefaultLicenseType)
	assert.Equal(t, new(false), product.IsBundle)
	assert.Len(t, product.Features, 2)
	assert.NotEmpty(t, product.Raw())
	assert.NotEmpty(t, product.Features[0].Raw())

	_, err = client.GetProduct(t.Context(), product.ID+1000)
	assertMatches(t, err, licensespring.ErrNotFound)
	s.ResetRequests()
	_, err = client.GetProduct(t.Context(), -1)
	assertMatches(t, err, licensespring.ErrInvalidRequest, licensespring.ErrNotSent)
	assert.Empty(t, s.Requests())

	s.Inject(lst.Status(200, jsonBody(`{"short_code": "acmecad"}`)))
	_, err = client.GetProduct(t.Context(), 5)
	assertMatches(t, err, licensespring.ErrBadResponse)
	assert.Contains(t, err.Error(), "the response is not a product")
}

func TestListProducts(t *testing.T) {
	t.Parallel()
	var catalogue []lst.Product
	for i := range 250 {
		catalogue = append(catalogue, lst.Product{Code: fmt.Sprintf("acme%03d", i)})
	}
	client, s := onLoopback(t, []lst.Option{lst.WithProducts(catalogue...)})
	products, err := gather(client.ListProducts(t.Context()))
	require.NoError(t, err)
	require.Len(t, products, 250)
	codes := map[string]bool{}
	for _, p := range products {
		codes[p.ShortCode] = true
	}
	assert.Len(t, codes, 250)
	assert.Equal(t, 3, sentTo(s, lst.ListProducts))

	// A service that does not support an offset repeats the first page.
	client, queries := listed(t, "/api/v1/products/", func(url.Values) string { return `{"next": "x", "results": [{"id": 1}]}` })
	products, err = gather(client.ListProducts(t.Context()))
	assertMatches(t, err, licensespring.ErrBadResponse)
	assert.Len(t, products, 1)
	assert.Equal(t, url.Values{"limit": {"100"}}, (*queries)[0])
	assert.Equal(t, url.Values{"limit": {"100"}, "offset": {"1"}}, (*queries)[1])
}

// Every form of a product is read, and what is not shown stays absent.
func TestProductRecord(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ body, want string }{
		{`{"id": "5", "product_name": "Acme CAD", "short_code": "acmecad", "authorization_method": "user", "default_license_type": "subscription",
			"active": true, "is_archived": false, "is_bundle": false, "max_activations": 3, "unknown": {},
			"features": [{"id": 7, "code": "render", "feature_type": "consumption", "max_consumption": 30, "name": "Renderer"}, "export"]}`, `{"id": 5, "product_name": "Acme CAD", "short_code": "acmecad", "authorization_method": "user", "default_license_type": "subscription",
			"active": true, "is_archived": false, "is_bundle": false, "max_activations": 3,
			"features": [{"id": 7, "code": "render", "feature_type": "consumption", "max_consumption": 30}, {"code": "export"}]}`},
		{`{}`, `{}`},
		{
			`{"id": null, "product_name": null, "short_code": null, "authorization_method": null, "default_license_type": null, "active": null, "is_archived": null, "is_bundle": null, "max_activations": null, "features": null}`,
			`{}`,
		},
		{
			`{"id": {}, "product_name": [], "short_code": {}, "authorization_method": [], "default_license_type": true, "active": "maybe", "is_archived": {}, "is_bundle": [], "max_activations": 1e30, "features": "x"}`,
			`{}`,
		},
		{`{"features": []}`, `{"features": []}`}, // none, which is not the same as not shown
		{`{"features": [7]}`, `{}`},
	} {
		var product, again licensespring.ProductRecord
		require.NoError(t, json.Unmarshal([]byte(row.body), &product))
		got, err := json.Marshal(&product)
		require.NoError(t, err)
		assert.JSONEq(t, row.want, string(got))
		assert.JSONEq(t, row.body, string(product.Raw()))
		require.NoError(t, json.Unmarshal(got, &again))
		assertSameJSON(t, &product, &again)
	}
	product := licensespring.ProductRecord{ID: 7}
	require.EqualError(t, json.Unmarshal([]byte(`[]`), &product), "licensespring: not a product record")
	assert.Equal(t, int64(7), product.ID)
	customer := licensespring.CustomerRecord{ID: 7}
	require.EqualError(t, json.Unmarshal([]byte(`"ada"`), &customer), "licensespring: not a customer record")
	assert.Equal(t, int64(7), customer.ID)
}

// The code of a product is read by the same reader, and is required.
func TestProductCodeIsRequired(t *testing.T) {
	t.Parallel()
	client, s := onLoopback(t, []lst.Option{lst.WithQuirks(lst.QuirkNoProduct)}, licensespring.WithRetryWaits(1, 1))
	_, err := client.CreateOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
	require.NoError(t, err)
	created, _ := s.Order("inv-1")
	for _, body := range []string{`{}`, `{"id": ` + strconv.FormatInt(created.ID, 10) + `, "short_code": "acmecad"}`} {
		s.Inject(lst.Status(200, jsonBody(body)).On(lst.GetProduct).Forever())
		_, err = client.EnsureOrder(t.Context(), licensespring.NewOrder("inv-1").AddItem("acmecad", licensespring.NewLicense()))
		require.Error(t, err)
		s.ClearFaults()
	}
}
