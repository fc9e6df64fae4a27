package licensespringtest

import (
	"net/http"
	"strconv"
)

// maxGenerated is the maximum number of keys per request.
const maxGenerated = 1000

// generateLicense handles GenerateLicense.
func (s *Server) generateLicense(x *exchange) response {
	query := x.request.URL.Query()
	errs := make(map[string]any)
	code := query.Get("product")
	if code == "" {
		errs["product"] = finding(msgRequired)
	}
	quantity := int64(1)
	if query.Has("quantity") {
		n, err := strconv.ParseInt(query.Get("quantity"), 10, 64)
		switch {
		case err != nil:
			errs["quantity"] = finding("A valid integer is required.")
		case n < 1 || n > maxGenerated:
			errs["quantity"] = finding("Ensure this value is between 1 and %d.", maxGenerated)
		}
		quantity = n
	}
	if len(errs) > 0 {
		return fieldErrors(errs)
	}

	p, known := s.catalogue.products[code]
	switch {
	case !known:
		return codedError(http.StatusBadRequest, "unknown_product", "Product does not exist.")
	case p.Auth == UserBased:
		return codedError(http.StatusBadRequest, "invalid_product_auth_method", "Product does not use license keys.")
	}

	return jsonResponse(http.StatusOK, s.store.generateKeys(quantity))
}
