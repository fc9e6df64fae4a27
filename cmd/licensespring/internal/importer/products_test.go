package importer

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// Orders that do not fit the products are not sent.
func TestCheckProducts(t *testing.T) {
	t.Parallel()
	input := strings.Join([]string{
		`{"id": "good", "items": [{"product_code": "acmecad", "licenses": [{"product_features": ["render"]}]}]}`,
		`{"id": "feature", "items": [{"product_code": "acmecad", "licenses": [{"product_features": ["rendr"]}]}]}`,
		`{"id": "product", "items": [{"product_code": "nosuch", "licenses": [{}]}]}`,
		`{"id": "form", "items": [{"product_code": "acmeweb", "licenses": [{"key": "AB2C-D3EF-GH4J-K5MN"}]}]}`,
	}, "\n")
	for _, args := range [][]string{{"-f", "-"}, {"-f", "-", "--dry-run"}} {
		srv := licensespringtest.NewServer(t)
		got := runWith(t.Context(), srv, input, append(args, "--check-products")...)
		assert.Equal(t, exit.Rejected, got.code, got.stderr)
		for _, rule := range []string{"unknown_feature", "unknown_product", "wrong_license_form"} {
			assert.Contains(t, got.stdout, rule)
		}
		sent := 1 // the good one
		if len(args) > 2 {
			sent = 0 // a dry run
		}
		assert.Len(t, srv.Orders(), sent)
	}
	// The service drops the unknown feature, and reports nothing.
	srv := licensespringtest.NewServer(t)
	got := runWith(t.Context(), srv, strings.Split(input, "\n")[1], "-f", "-")
	assert.Equal(t, exit.Done, got.code, got.stderr)
}

// Without the products, nothing is sent.
func TestCheckProductsNotReadable(t *testing.T) {
	t.Parallel()
	srv := licensespringtest.NewServer(t)
	srv.Inject(licensespringtest.Status(403).On(licensespringtest.ListProducts).Forever())
	got := runWith(t.Context(), srv, `{"id": "good", "items": [{"product_code": "acmecad", "licenses": [{}]}]}`, "-f", "-", "--check-products")
	assert.Equal(t, exit.Usage, got.code)
	assert.Contains(t, got.stderr, "read the products: ")
	assert.Empty(t, srv.Orders())
}
