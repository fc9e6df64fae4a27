package licensespring

import (
	"encoding/json"
	"errors"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// AuthorizationMethod determines whether the licenses of a product have a key or
// users.
type AuthorizationMethod string

// The authorization methods.
const (
	// AuthorizationLicenseKey is the method of products whose licenses have a key.
	AuthorizationLicenseKey AuthorizationMethod = "license-key"
	// AuthorizationUser is the method of products whose licenses have users.
	AuthorizationUser AuthorizationMethod = "user"
)

// ProductRecord is a product as stored by the service. Pointers are nil, text is
// empty and the ID 0 where the response did not show a value or showed null. It is
// decoded leniently: a member of an unexpected type stays zero. Raw returns it. The
// members come from the newer reference.
type ProductRecord struct {
	// ID is the ID the service assigned to the product.
	ID int64 `json:"id,omitzero"`
	// ProductName is the display name of the product.
	ProductName string `json:"product_name,omitzero"`
	// ShortCode is the code of the product, which an order names as ProductCode. It
	// never changes.
	ShortCode string `json:"short_code,omitzero"`
	// AuthorizationMethod determines whether its licenses have a key or users.
	AuthorizationMethod AuthorizationMethod `json:"authorization_method,omitzero"`
	// DefaultLicenseType is the type of a license that names none.
	DefaultLicenseType LicenseType `json:"default_license_type,omitzero"`
	// Active reports whether the product is active, and IsArchived whether it is
	// archived. The service rejects orders for other products.
	Active     *bool `json:"active,omitzero"`
	IsArchived *bool `json:"is_archived,omitzero"`
	// IsBundle reports whether the product is a bundle of products. An order holds
	// either products or bundles.
	IsBundle *bool `json:"is_bundle,omitzero"`
	// MaxActivations is the maximum number of devices of a license that sets none.
	MaxActivations *int `json:"max_activations,omitzero"`
	// Features are the features that a license of the product can have. They are nil
	// if the response does not show them, and empty but not nil if there are none.
	Features []ProductFeatureRecord `json:"features,omitzero"`

	raw rawJSON
	// hidesFeatures reports that some of the features could not be read.
	hidesFeatures bool
}

// ProductFeatureRecord is a feature of a product as stored by the service. Text is
// empty, the ID 0 and MaxConsumption nil where the response did not show a value.
type ProductFeatureRecord struct {
	// ID is the ID the service assigned to the feature of the product.
	ID int64 `json:"id,omitzero"`
	// Code is the feature code, which a license names.
	Code string `json:"code,omitzero"`
	// FeatureType is the type of the feature, such as "consumption".
	FeatureType string `json:"feature_type,omitzero"`
	// MaxConsumption is the maximum number of consumptions of a license that sets
	// none.
	MaxConsumption *int `json:"max_consumption,omitzero"`

	raw rawJSON
}

// Raw returns a copy of the JSON that the product was decoded from.
func (p *ProductRecord) Raw() json.RawMessage { return p.raw.clone() }

// Raw returns a copy of the JSON that the feature was decoded from.
func (f *ProductFeatureRecord) Raw() json.RawMessage { return f.raw.clone() }

var errNotProductRecord = errors.New("licensespring: not a product record")

// UnmarshalJSON decodes a product record in the form of a response, leniently: a
// member of an unexpected type stays zero. The error is not nil only if data is not
// a JSON object.
func (p *ProductRecord) UnmarshalJSON(data []byte) error {
	return unmarshalRecord(p, data, errNotProductRecord)
}

func (p *ProductRecord) resource() resource { return resource{pathProducts, "product", "a product"} }

func (p *ProductRecord) header() (id int64, raw *rawJSON) { return p.ID, &p.raw }

func (p *ProductRecord) decode(r *recordReader, data jsonread.Value) bool {
	p.raw = newRawJSON(data.Bytes())
	for it := data.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			r.int64(&p.ID, "id", val)
		case "product_name":
			r.text(&p.ProductName, "product_name", val)
		case "short_code":
			r.text(&p.ShortCode, "short_code", val)
		case "authorization_method":
			r.text((*string)(&p.AuthorizationMethod), "authorization_method", val)
		case "default_license_type":
			r.text((*string)(&p.DefaultLicenseType), "default_license_type", val)
		case "active":
			r.optionalBool(&p.Active, "active", val)
		case "is_archived":
			r.optionalBool(&p.IsArchived, "is_archived", val)
		case "is_bundle":
			r.optionalBool(&p.IsBundle, "is_bundle", val)
		case "max_activations":
			r.optionalInt(&p.MaxActivations, "max_activations", val)
		case "features":
			p.decodeFeatures(r, val)
		}
	}
	return data.Kind() == jsonread.Object
}

func (p *ProductRecord) decodeFeatures(r *recordReader, val jsonread.Value) {
	readList(r, &p.Features, "features", val, (*recordReader).productFeature)
	if val.Kind() != jsonread.Array {
		return
	}
	p.hidesFeatures = len(p.Features) != val.Len()
	if p.Features == nil && !p.hidesFeatures {
		p.Features = []ProductFeatureRecord{}
	}
}

// productFeature decodes an object, or a code alone.
func (r *recordReader) productFeature(f *ProductFeatureRecord, data jsonread.Value) bool {
	f.raw = newRawJSON(data.Bytes())
	if data.Kind() == jsonread.String {
		f.Code, _ = data.Text(&r.arena)
		return true
	}
	for it := data.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			r.int64(&f.ID, "id", val)
		case "code":
			r.text(&f.Code, "code", val)
		case "feature_type":
			r.text(&f.FeatureType, "feature_type", val)
		case "max_consumption":
			r.optionalInt(&f.MaxConsumption, "max_consumption", val)
		}
	}
	return data.Kind() == jsonread.Object
}

// featureCodes returns the codes of the features of the product. It returns nil if the
// record does not show all of them.
func (p *ProductRecord) featureCodes() map[string]bool {
	if p.Features == nil || p.hidesFeatures {
		return nil
	}
	codes := make(map[string]bool, len(p.Features))
	for i := range p.Features {
		if p.Features[i].Code == "" {
			return nil
		}
		codes[p.Features[i].Code] = true
	}
	return codes
}
