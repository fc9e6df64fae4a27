package licensespringtest

import "net/http"

// getProduct handles GetProduct.
func (s *Server) getProduct(x *exchange) response {
	p := s.catalogue.byID(x.id)
	if p == nil {
		return notFound()
	}

	return jsonResponse(http.StatusOK, p.record())
}

// record returns the product as the service shows it.
func (p *product) record() map[string]any {
	features := make([]any, len(p.Features))
	for i, f := range p.Features {
		features[i] = p.features[f.Code].record()
	}

	return map[string]any{
		"id":                   p.id,
		"product_name":         p.Name,
		"short_code":           p.Code,
		"authorization_method": p.Auth.String(),
		"default_license_type": p.LicenseType,
		"active":               !p.Disabled,
		"is_archived":          p.Archived,
		"is_bundle":            p.Bundle,
		"max_activations":      p.MaxActivations,
		"features":             features,
	}
}

func (f feature) record() map[string]any {
	kind := "activation"
	if f.Consumption {
		kind = "consumption"
	}

	return map[string]any{
		"id":              f.id,
		"code":            f.Code,
		"feature_type":    kind,
		"max_consumption": f.MaxConsumption,
	}
}
