package licensespringtest_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestGetOrder(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	created := create(t, srv, `{"id":"a","items":[{"product_code":"acmecad"},{"product_code":"acmeweb","licenses":[{"users":[{"email":"a@example.com"}]}]}]}`)
	path := fmt.Sprintf("%s%d/", ordersPath, srv.Orders()[0].ID)
	assert.Equal(t, created, do(t, srv, http.MethodGet, path, "").json(t))

	for _, unknown := range []string{"1/", "-1/", "x/", "99999999999999999999/"} {
		resp := do(t, srv, http.MethodGet, ordersPath+unknown, "")
		assert.Equal(t, http.StatusNotFound, resp.status, unknown)
		assert.JSONEq(t, `{"detail":"Not found."}`, resp.body)
	}
}
