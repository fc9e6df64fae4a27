package stripehook

import (
	"strings"

	"github.com/licensespring-go/licensespring"
)

// licenseUsers returns the users of the licenses of a line: none if the product has
// license keys, and otherwise the address in the metadata or the buyer.
func (h *Handler) licenseUsers(p purchase, line *Line, product string, found *findings, path string) []licensespring.LicenseUser {
	if line.Price == nil || product == "" {
		return nil // a finding already
	}
	r := metadataReader{price: line.Price, found: found, path: path + ".price"}
	return r.users(product, Buyer{Email: p.customer.email, Metadata: p.metadata, Authorization: h.cfg.authorization})
}

// users returns the users of one license of a buyer.
func (r *metadataReader) users(product string, buyer Buyer) []licensespring.LicenseUser {
	var known licensespring.AuthorizationMethod
	if buyer.Authorization != nil {
		known = buyer.Authorization(product)
	}
	method := r.authorization(known)
	email := r.text(MetadataUser)
	if method == licensespring.AuthorizationLicenseKey && email != "" {
		r.add(MetadataUser, RuleLicenseUser, "must be absent: the licenses of the product have keys")
	}
	if method != licensespring.AuthorizationUser {
		return nil
	}
	misspelled, _ := nearMisses(buyer.Metadata, MetadataUser)
	for _, key := range misspelled {
		r.found.add("metadata."+key, RuleMetadataKey, "is not known: the key is "+MetadataUser)
	}
	email = firstNonEmpty(strings.TrimSpace(buyer.Metadata[MetadataUser]), email, strings.TrimSpace(buyer.Email))
	if email == "" {
		r.add(MetadataUser, RuleLicenseUser, "is required: the licenses of the product have users, and the address of the buyer is not known")
		return nil
	}
	return []licensespring.LicenseUser{{Email: email}}
}

// authorization returns the authorization method of the product. known is that of the
// service, or empty. A price that names a user belongs to a user-based product.
func (r *metadataReader) authorization(known licensespring.AuthorizationMethod) licensespring.AuthorizationMethod {
	method := licensespring.AuthorizationMethod(r.text(MetadataAuthorization))
	switch method {
	case "":
		if known == "" && r.text(MetadataUser) != "" {
			return licensespring.AuthorizationUser
		}
	case licensespring.AuthorizationLicenseKey, licensespring.AuthorizationUser:
		if known != "" && known != method {
			r.add(MetadataAuthorization, RulePriceMetadata, "is not that of the product, which is "+string(known))
		}
	default:
		r.add(MetadataAuthorization, RulePriceMetadata, "must be license-key or user")
	}
	if known != "" {
		return known
	}
	return method
}
