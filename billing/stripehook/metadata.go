package stripehook

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// The metadata keys of a price. They are those of the vendor's own Stripe
// integration, so that both can use the same prices.
const (
	MetadataProduct        = "product_short_code"
	MetadataPolicy         = "license_policy"
	MetadataLicenseType    = "license_type"
	MetadataMaxActivations = "max_activations"
	MetadataValidDuration  = "valid_duration"
)

// The metadata keys of user-based products. MetadataUser is also read from the
// metadata of a session, an invoice or a subscription.
const (
	MetadataAuthorization = "authorization_method"
	MetadataUser          = "license_user"
)

var metadataKeys = [...]string{
	MetadataProduct, MetadataPolicy, MetadataLicenseType, MetadataMaxActivations, MetadataValidDuration,
	MetadataAuthorization, MetadataUser,
}

// Rules of findings about lines and prices, in addition to those of package
// licensespring. The ids are stable.
const (
	// RulePriceMetadata: a metadata value of a price is invalid.
	RulePriceMetadata licensespring.Rule = "price_metadata"
	// RuleMetadataKey: a metadata key is probably a misspelled known one.
	RuleMetadataKey licensespring.Rule = "metadata_key"
	// RuleBillingPeriod: the billing period of a price is not supported.
	RuleBillingPeriod licensespring.Rule = "billing_period"
	// RuleQuantity: the quantity of a line is not a number of licenses.
	RuleQuantity licensespring.Rule = "quantity"
	// RuleSubscriptionChange: a line bills the change of a subscription.
	RuleSubscriptionChange licensespring.Rule = "subscription_change"
	// RuleLicenseUser: the user of a license of a user-based product is not known.
	RuleLicenseUser licensespring.Rule = "license_user"
	// RuleTooManyLicenses: the order has more than [MaxLicenses] licenses.
	RuleTooManyLicenses licensespring.Rule = "too_many_licenses"
)

// findings collects all findings of a purchase.
type findings []licensespring.Finding

func (f *findings) add(path string, rule licensespring.Rule, message string) {
	*f = append(*f, licensespring.Finding{Path: path, Rule: rule, Severity: licensespring.SeverityError, Message: message})
}

func (f findings) err() error {
	if len(f) == 0 {
		return nil
	}
	return &licensespring.ValidationError{Findings: f}
}

// license returns the product code of a line, and one license of it.
func (l *Line) license(found *findings, path string) (product string, license licensespring.License) {
	if l.Price == nil {
		found.add(path+".price", licensespring.RuleRequired, "the line has no price")
		return "", license
	}
	r := metadataReader{price: l.Price, found: found, path: path + ".price"}
	r.checkKeys()
	return r.license()
}

// metadataReader reads the metadata of one price. It ignores space around values,
// because they are typed into a form.
type metadataReader struct {
	price *Price
	found *findings
	path  string
}

// license reads the product code and one license.
func (r *metadataReader) license() (product string, license licensespring.License) {
	product = r.text(MetadataProduct)
	if product == "" {
		r.add(MetadataProduct, licensespring.RuleRequired, "is required")
	}
	license.PolicyCode = r.text(MetadataPolicy)
	license.MaxActivations = r.count(MetadataMaxActivations)
	license.LicenseType = r.licenseType()
	if r.price.Interval == "" {
		license.ValidDuration = r.duration()
		return product, license
	}
	license.ValidDuration = r.billingPeriod()
	if license.LicenseType != licensespring.Consumption {
		license.LicenseType = licensespring.Subscription
	}
	return product, license
}

// add adds a finding. The message identifies the price but does not repeat the
// value.
func (r *metadataReader) add(key string, rule licensespring.Rule, message string) {
	r.found.add(r.path+".metadata."+key, rule, r.withPrice(message))
}

// checkKeys reports misspelled keys, whose values would be ignored.
func (r *metadataReader) checkKeys() {
	keys, meant := nearMisses(r.price.Metadata, metadataKeys[:]...)
	for _, key := range keys {
		r.add(key, RuleMetadataKey, "is not known: the key is "+meant[key])
	}
}

func (r *metadataReader) withPrice(message string) string {
	return message + " (price " + r.price.ID + ")"
}

func (r *metadataReader) text(key string) string {
	return strings.TrimSpace(r.price.Metadata[key])
}

func (r *metadataReader) count(key string) *int {
	text := r.text(key)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		r.add(key, RulePriceMetadata, "must be a non-negative integer")
		return nil
	}
	return new(int(n))
}

func (r *metadataReader) licenseType() licensespring.LicenseType {
	switch t := licensespring.LicenseType(r.text(MetadataLicenseType)); t {
	case "", licensespring.TimeLimited, licensespring.Perpetual, licensespring.Consumption, licensespring.Subscription:
		return t
	default:
		r.add(MetadataLicenseType, RulePriceMetadata, "must be time-limited, perpetual, consumption or subscription")
		return ""
	}
}

func (r *metadataReader) duration() licensespring.Duration {
	text := r.text(MetadataValidDuration)
	if text == "" {
		return licensespring.Duration{}
	}
	d, err := licensespring.ParseDuration(text)
	if err != nil {
		r.add(MetadataValidDuration, RulePriceMetadata, err.Error())
	}
	return d
}

func (r *metadataReader) billingPeriod() licensespring.Duration {
	d, err := parseBillingPeriod(r.price.Interval, r.price.IntervalCount)
	if err != nil {
		r.found.add(r.path+".recurring", RuleBillingPeriod, r.withPrice(err.Error()))
	}
	return d
}

// parseBillingPeriod converts weeks to days, because the service has no such unit.
func parseBillingPeriod(interval string, count int64) (licensespring.Duration, error) {
	const daysInWeek = 7
	if count == 0 {
		count = 1
	}
	if count < 0 || count > math.MaxInt32/daysInWeek {
		return licensespring.Duration{}, errors.New("the interval count of the billing period is out of range")
	}
	n := int(count)
	switch interval {
	case "day":
		return licensespring.Days(n), nil
	case "week":
		return licensespring.Days(n * daysInWeek), nil
	case "month":
		return licensespring.Months(n), nil
	case "year":
		return licensespring.Years(n), nil
	default:
		return licensespring.Duration{}, errors.New("the interval of the billing period is unknown")
	}
}
