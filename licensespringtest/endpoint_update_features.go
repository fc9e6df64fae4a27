package licensespringtest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// updateFeatures handles UpdateFeatures. Unknown codes are dropped silently, unless
// WithRejectedFeatures is set. The list replaces all features of the
// license. A feature that the license has already keeps its id and, unless the list
// sets it, its counter. The service does not document what happens to the other
// members of such a feature: the fake resets those that the list omits to the
// defaults of the product.
func (s *Server) updateFeatures(x *exchange) response {
	return s.writeLicense(x, func(l *license, body any, now time.Time) (map[string]any, response) {
		o, errs := s.checker.checkBody(body, s.checker.featureUpdate)
		if len(errs) > 0 {
			return nil, fieldErrors(errs)
		}
		var features []licenseFeature
		for _, wanted := range o.list("product_features") {
			f, known := l.item.product.features[wanted.text("product_feature")]
			switch {
			case known:
				features = append(features, s.store.updatedFeature(l, f, wanted))
			case s.config.rejectedFeatures:
				return nil, codedError(http.StatusBadRequest, "unsupported_product_feature",
					fmt.Sprintf("Product feature %q does not exist.", wanted.text("product_feature")))
			}
		}
		s.store.change(l, now)
		l.features = features

		return s.licenseRecord(l, &l.licenseState, now), response{}
	})
}

// updatedFeature returns the feature of a license after an update.
func (s *store) updatedFeature(l *license, f feature, wanted *object) licenseFeature {
	sent, _ := plain(wanted).(map[string]any)
	delete(sent, "product_feature")
	updated := licenseFeature{feature: f, properties: f.properties(sent)}
	i := l.featureIndex(f.Code)
	if i < 0 {
		updated.id = s.nextID()

		return updated
	}
	updated.id = l.features[i].id
	_, sets := sent[totalConsumptions]
	if counter, has := l.features[i].properties[totalConsumptions]; has && !sets {
		updated.properties[totalConsumptions] = counter
	}

	return updated
}

// featureIndex returns the index of the feature with a code, or -1.
func (st *licenseState) featureIndex(code string) int {
	return slices.IndexFunc(st.features, func(f licenseFeature) bool { return f.feature.Code == code })
}
