package stripehook

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"

	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring"
)

// Buyer is what determines the users of a license, in addition to the price.
type Buyer struct {
	// Email is the address of the buyer, or empty.
	Email string
	// Metadata is that of the session, the invoice or the subscription.
	Metadata map[string]string
	// Authorization returns the authorization method of a product, or an empty one. Nil
	// means that none is known; see [WithAuthorizationMethods].
	Authorization func(productCode string) licensespring.AuthorizationMethod
}

// Unit returns the product code and the license of one unit of a price, and all findings
// about its metadata. It does not check the keys. The paths begin with path.
func (p *Price) Unit(path string) (product string, license licensespring.License, found []licensespring.Finding) {
	var all findings
	r := metadataReader{price: p, found: &all, path: path}
	product, license = r.license()
	return product, license, all
}

// Users returns the users of one license of a buyer, and all findings.
func (p *Price) Users(path, product string, buyer Buyer) (users []licensespring.LicenseUser, found []licensespring.Finding) {
	var all findings
	r := metadataReader{price: p, found: &all, path: path}
	return r.users(product, buyer), all
}

// MetadataKeys returns the metadata keys that the handler reads.
func MetadataKeys() []string { return slices.Clone(metadataKeys[:]) }

// NearMisses returns the keys of metadata that are probably misspelled, in order, with
// the known key that was meant.
func NearMisses(metadata map[string]string, known ...string) (keys []string, meant map[string]string) {
	return nearMisses(metadata, known...)
}

// RemoveUnusable removes members of the customer of an order that are invalid, because
// the licenses do not depend on them. It returns a warning for each.
func RemoveUnusable(order *licensespring.Order) []licensespring.Finding { return removeUnusable(order) }

// Read reads an object or a page of a list. Like the other methods it does not retry,
// and returns an [*APIError].
func (s *StripeLineItems) Read(ctx context.Context, of Source, path string, query url.Values, into any) error {
	params := newListParams(ctx, of)
	var response stripe.APIResource
	if err := s.backend.CallRaw(http.MethodGet, path, s.key.Reveal(), []byte(query.Encode()), &params.Params, &response); err != nil {
		return fetchError(ctx, err)
	}
	if response.LastResponse == nil || json.Unmarshal(response.LastResponse.RawJSON, into) != nil {
		return &APIError{}
	}
	return nil
}
