package otellicensespring

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]target{
		"https://saas.licensespring.com/api/v1/orders/create_order/": {
			"saas.licensespring.com", 443, "/api/v1/orders/create_order/",
			"https://saas.licensespring.com/api/v1/orders/create_order/",
		},
		"https://saas.licensespring.com/api/v1/orders/1730000000000001/": {
			"saas.licensespring.com", 443, "/api/v1/orders/{id}/",
			"https://saas.licensespring.com/api/v1/orders/{id}/",
		},
		"http://localhost/api/v1/orders/": {"localhost", 80, "/api/v1/orders/", "http://localhost/api/v1/orders/"},
		"http://[::1]:8080/mirror/7/api/v1/orders/8/": {"::1", 8080, "/mirror/7/api/v1/orders/{id}/", // numbers in the base URL are constant
			"http://[::1]:8080/mirror/7/api/v1/orders/{id}/"},
		"https://h.example/a%20b/api/v1/orders/": {"h.example", 443, "/a%20b/api/v1/orders/", "https://h.example/a%20b/api/v1/orders/"},
		"https://h.example/other/7/":             {"h.example", 443, "/other/7/", "https://h.example/other/7/"},
		"http://%":                               {}, // the client rejects it
	} {
		assert.Equal(t, want, parseTarget(address), address)
	}
}
