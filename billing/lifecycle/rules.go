package lifecycle

import (
	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Quantity is the meaning of the quantity of a price.
type Quantity string

// The meanings of a quantity.
const (
	// QuantityLicenses: each unit is a license.
	QuantityLicenses Quantity = "licenses"
	// QuantityActivations: the units are devices of one license.
	QuantityActivations Quantity = "max_activations"
	// QuantityUsers: the units are users of one license.
	QuantityUsers Quantity = "max_license_users"
	// QuantityFloating: the units are floating seats of one license.
	QuantityFloating Quantity = "floating_users"
)

// Refund is the effect of a full refund. A partial refund is always a review.
type Refund string

// The effects of a full refund.
const (
	// RefundDisable disables the licenses.
	RefundDisable Refund = "disable"
	// RefundKeep keeps the licenses.
	RefundKeep Refund = "keep"
	// RefundReview changes nothing until an operator decides.
	RefundReview Refund = "review"
)

// DefaultSlackDays is the number of days for which a license remains valid after the
// paid period, unless the price or the [Config] has another number. It should exceed
// the time in which Stripe retries a failed charge.
const DefaultSlackDays = 3

// Rules are what the metadata of a price determines.
type Rules struct {
	// Product is the code of the product.
	Product string
	// License is the license of one unit, without dates and features.
	License licensespring.License
	// Quantity is the meaning of the quantity.
	Quantity Quantity
	// SlackDays is the number of days after the paid period, or nil for that of the
	// [Config].
	SlackDays *int
	// OnRefund is the effect of a full refund.
	OnRefund Refund
	// Features are the features of the plan, or nil if the metadata names none.
	Features []Feature
}

// Feature is a feature of a plan.
type Feature struct {
	Code string
	// MaxConsumption is nil if the product determines it.
	MaxConsumption *int
	// Expires reports whether the feature ends with the license.
	Expires bool
}

// ReadRules reads the metadata of a price and returns all findings.
func ReadRules(price stripehook.Price) (Rules, []licensespring.Finding) {
	return Rules{}, nil
}

// Config is the part of the rules that no price determines.
type Config struct {
	// OrderIDPrefix is the text before the Stripe id in order ids.
	OrderIDPrefix string
	// SlackDays is the number of days of prices without slack_days. Nil means
	// [DefaultSlackDays].
	SlackDays *int
	// SkipUnlicensed skips items and lines without license metadata. Without it they
	// are a review.
	SkipUnlicensed bool
	// Authorization returns the authorization method of a product, or an empty one if
	// it is not known. It must return the same value for the same product. Nil means
	// that none is known.
	Authorization func(productCode string) licensespring.AuthorizationMethod
}

// PriceOrder returns the order of one unit of a price with an invented buyer, to
// check the price before it is sold, and all findings about its metadata and the order.
// It returns [stripehook.ErrNoLicense] for a price without license metadata.
func PriceOrder(price stripehook.Price, config Config) (*licensespring.Order, []licensespring.Finding, error) {
	return nil, nil, nil
}
