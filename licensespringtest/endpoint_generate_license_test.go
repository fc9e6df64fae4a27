package licensespringtest_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func TestGenerateLicense(t *testing.T) {
	t.Parallel()
	srv := lst.NewServer(t)
	var keys []string
	resp := do(t, srv, http.MethodGet, ordersPath+"generate_license/?product=acmecad&quantity=3", "")
	require.Equal(t, http.StatusOK, resp.status)
	require.NoError(t, json.Unmarshal([]byte(resp.body), &keys))
	require.Len(t, keys, 3)
	for _, key := range keys {
		assert.Regexp(t, keyForm, key)
	}
	create(t, srv, withLicense("acmecad", `{"key":"`+keys[0]+`"}`))

	resp = do(t, srv, http.MethodGet, ordersPath+"generate_license/?product=acmecad", "")
	require.NoError(t, json.Unmarshal([]byte(resp.body), &keys))
	assert.Len(t, keys, 1, "by default")

	tests := []struct{ query, want string }{
		{"", `{"product":["This field is required."]}`},
		{"product=acmecad&quantity=x", `{"quantity":["A valid integer is required."]}`},
		{"product=acmecad&quantity=", `{"quantity":["A valid integer is required."]}`},
		{"product=acmecad&quantity=0", `{"quantity":["Ensure this value is between 1 and 1000."]}`},
		{"quantity=1001", `{"product":["This field is required."],"quantity":["Ensure this value is between 1 and 1000."]}`},
		{"product=no-such-product", `{"status":400,"code":"unknown_product","message":"Product does not exist."}`},
		{"product=acmeweb", `{"status":400,"code":"invalid_product_auth_method","message":"Product does not use license keys."}`},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			t.Parallel()
			resp := do(t, srv, http.MethodGet, ordersPath+"generate_license/?"+tt.query, "")
			assert.Equal(t, http.StatusBadRequest, resp.status)
			assert.JSONEq(t, tt.want, resp.body)
		})
	}
}
