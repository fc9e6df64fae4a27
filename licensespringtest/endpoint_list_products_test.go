package licensespringtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestListProducts(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	tests := []struct {
		query string
		want  []any
	}{
		{"", []any{"acmesuite", "acmeapi", "acmeweb", "acmecad"}},
		{"?order_by=id", []any{"acmecad", "acmeweb", "acmeapi", "acmesuite"}},
		{"?order_by=id&limit=2&offset=1", []any{"acmeweb", "acmeapi"}},
		{"?short_code=acmecad", []any{"acmesuite", "acmeapi", "acmeweb", "acmecad"}}, // an unknown filter
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			list := do(t, srv, http.MethodGet, productsPath+tt.query, "").json(t)
			assert.Equal(t, tt.want, results(t, list, "short_code"))
			assert.Equal(t, 4.0, list["count"])
		})
	}
}
