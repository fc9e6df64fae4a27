package stripehook

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// The names in the metadata of a price. They are those of the vendor's own
// Stripe integration, so that a price can be used with either.
const (
	NameProduct        = "product_short_code"
	NamePolicy         = "license_policy"
	NameLicenseType    = "license_type"
	NameMaxActivations = "max_activations"
	NameValidDuration  = "valid_duration"
)

var names = [...]string{NameProduct, NamePolicy, NameLicenseType, NameMaxActivations, NameValidDuration}

// The rules of findings about lines and prices, beside those of package
// licensespring. Their ids are stable.
const (
	// RuleMetadata: a value in the metadata of a price makes no sense.
	RuleMetadata = "price_metadata"
	// RulePeriod: the billing period of a price is none that a license can have.
	RulePeriod = "billing_period"
	// RuleTooMany: the order would have more licenses than [MaxLicenses].
	RuleTooMany = "too_many_licenses"
)

// findings collects what is wrong, so that all of it is said at once.
type findings []licensespring.Finding

func (f *findings) add(path, rule, message string) {
	*f = append(*f, licensespring.Finding{Path: path, Rule: rule, Severity: licensespring.Fault, Message: message})
}

func (f findings) err() error {
	if len(f) == 0 {
		return nil
	}
	return &licensespring.ValidationError{Findings: f}
}

// license reads what a line sells: the product, and a license of it.
func (l *Line) license(found *findings, at string) (product string, license licensespring.License) {
	if l.Price == nil {
		found.add(at+".price", licensespring.RuleRequired, "the line has no price that could name a product")
		return "", license
	}
	r := metadataReader{price: l.Price, found: found, at: at + ".price"}
	product = r.text(NameProduct)
	if product == "" {
		r.fault(NameProduct, licensespring.RuleRequired, "is required")
	}
	license.PolicyCode = r.text(NamePolicy)
	license.MaxActivations = r.count(NameMaxActivations)
	license.LicenseType = r.licenseType()
	if l.Price.Interval == "" {
		license.ValidDuration = r.duration()
		return product, license
	}
	license.ValidDuration = r.period()
	if license.LicenseType != licensespring.Consumption {
		license.LicenseType = licensespring.Subscription
	}
	return product, license
}

// metadataReader reads the metadata of one price. People type it into a form, so
// space around a value does not matter.
type metadataReader struct {
	price *Price
	found *findings
	at    string
}

// fault notes what is wrong with a value. It names the price, which a person has
// to find, and never repeats the value.
func (r *metadataReader) fault(name, rule, message string) {
	r.found.add(r.at+".metadata."+name, rule, message+" (price "+r.price.ID+")")
}

func (r *metadataReader) text(name string) string {
	return strings.TrimSpace(r.price.Metadata[name])
}

func (r *metadataReader) count(name string) *int {
	text := r.text(name)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		r.fault(name, RuleMetadata, "must be a whole number, and not negative")
		return nil
	}
	return new(int(n))
}

func (r *metadataReader) licenseType() licensespring.LicenseType {
	switch t := licensespring.LicenseType(r.text(NameLicenseType)); t {
	case "", licensespring.TimeLimited, licensespring.Perpetual, licensespring.Consumption, licensespring.Subscription:
		return t
	default:
		r.fault(NameLicenseType, RuleMetadata, "must be time-limited, perpetual, consumption or subscription")
		return ""
	}
}

func (r *metadataReader) duration() licensespring.Duration {
	text := r.text(NameValidDuration)
	if text == "" {
		return licensespring.Duration{}
	}
	d, err := licensespring.ParseDuration(text)
	if err != nil {
		r.fault(NameValidDuration, RuleMetadata, err.Error())
	}
	return d
}

// daysInWeek is for weeks, which the service has no unit for.
const daysInWeek = 7

// period is the billing period as a duration.
func (r *metadataReader) period() licensespring.Duration {
	d, err := period(r.price.Interval, r.price.IntervalCount)
	if err != nil {
		r.found.add(r.at+".recurring", RulePeriod, err.Error()+" (price "+r.price.ID+")")
	}
	return d
}

func period(interval string, count int64) (licensespring.Duration, error) {
	if count == 0 {
		count = 1
	}
	if count < 0 || count > math.MaxInt32/daysInWeek {
		return licensespring.Duration{}, errors.New("the count of the billing period is out of range")
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
		return licensespring.Duration{}, errors.New("the unit of the billing period is not known")
	}
}
