package licensespring

import "encoding/json"

// ProductFeature is a feature of a product that a license switches on, with
// its own settings where they differ from the product's. The service has a
// short form, the code alone, and a long one, an object: features of a license
// are sent in the short form if none of them says more than its code.
type ProductFeature struct {
	// Code is the feature's code (page: code). The service drops a code it does
	// not know without a word.
	Code string
	// MaxConsumption is how often a consumption feature can be used (page:
	// max_consumption); nil takes it from the product.
	MaxConsumption *int
	// ExpiryDate is the last day of the feature (newer reference: expiry_date);
	// the zero Date takes it from the product.
	ExpiryDate Date
	// ConsumptionOptions are for consumption features (newer reference).
	ConsumptionOptions
	// FloatingOptions are for floating features (newer reference).
	FloatingOptions
	// Extra holds members that this type has no field for, sent as they are.
	Extra map[string]json.RawMessage
}

// onlyCode reports whether the feature can be said in the short form.
func (f *ProductFeature) onlyCode() bool {
	return f.MaxConsumption == nil && f.ExpiryDate.IsZero() &&
		f.ConsumptionOptions == ConsumptionOptions{} &&
		f.FloatingOptions == FloatingOptions{} &&
		len(f.Extra) == 0
}
