package licensespringtest_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestListLicenseUsers(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	create(t, srv, withLicense("acmeweb", `{"users":[{"email":"Ada@example.com"},{"email":"grace@example.com"}]},{"users":[{"email":"ada@example.com"}]}`))
	both := []any{"grace@example.com", "Ada@example.com"}
	tests := []struct {
		query string
		want  []any
	}{
		{"", both},
		{"?order_by=id", []any{"Ada@example.com", "grace@example.com"}},
		{"?limit=1&order_by=created_at", []any{"Ada@example.com"}},
		{"?true_email__iexact=ADA@example.com", []any{"Ada@example.com"}},
		{"?true_email__iexact=unknown@example.com", []any{}},
		{"?true_email__iexact=", both},
		{"?true_email=ada@example.com", both}, // an unknown filter
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			list := do(t, srv, http.MethodGet, licenseUsersPath+tt.query, "").json(t)
			assert.Equal(t, tt.want, results(t, list, "true_email"))
		})
	}
	list := do(t, srv, http.MethodGet, licenseUsersPath+"?true_email__iexact=ada@example.com", "").json(t)
	user := dig(t, list, "results", 0)
	assert.Equal(t, float64(srv.Orders()[0].Licenses()[0].Users[0].ID), dig(t, user, "id"))
	assert.Equal(t, "Ada@example.com|acme", dig(t, user, "email"))
	assert.NotEmpty(t, dig(t, user, "created_at"))
}
