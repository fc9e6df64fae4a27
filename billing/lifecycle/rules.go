package lifecycle

import (
	"slices"
	"strconv"
	"strings"

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

// RefundPolicy is the effect of a full refund. A partial refund is always a review.
type RefundPolicy string

// The effects of a full refund.
const (
	// RefundDisable disables the licenses.
	RefundDisable RefundPolicy = "disable"
	// RefundKeep keeps the licenses.
	RefundKeep RefundPolicy = "keep"
	// RefundReview changes nothing until an operator decides.
	RefundReview RefundPolicy = "review"
)

// DefaultSlackDays is the number of days for which a license remains valid after the
// paid period, unless the price or the [Config] has another number. It should exceed
// the time in which Stripe retries a failed charge.
const DefaultSlackDays = 3

// maxSlackDays is ten years: a larger number is a mistake.
const maxSlackDays = 3650

// Rules are what the metadata of a price determines.
type Rules struct {
	// Product is the code of the product.
	Product string
	// License is the license of one unit, without features and users. That of a
	// recurring price has no dates.
	License licensespring.License
	// Quantity is the meaning of the quantity.
	Quantity Quantity
	// SlackDays is the number of days after the paid period, or nil for that of the
	// [Config].
	SlackDays *int
	// OnRefund is the effect of a full refund.
	OnRefund RefundPolicy
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

// ReadRules reads the metadata of a price and returns all findings, errors and warnings.
func ReadRules(price stripehook.Price) (Rules, []licensespring.Finding) {
	return readRules(&price, "price")
}

func readRules(price *stripehook.Price, path string) (Rules, findings) {
	r := &reader{metadata: price.Metadata, path: path + ".metadata", suffix: " (price " + price.ID + ")"}
	r.checkKeys(priceKeys())
	recurring := price.Interval != ""
	var rules Rules
	var found []licensespring.Finding
	rules.Product, rules.License, found = price.Unit(path)
	r.found = append(r.found, found...)
	rules.Quantity = oneOf(r, MetadataQuantity, QuantityLicenses, QuantityActivations, QuantityUsers, QuantityFloating)
	rules.OnRefund = oneOf(r, MetadataOnRefund, RefundDisable, RefundKeep, RefundReview)
	rules.SlackDays = r.count(MetadataSlackDays, 0)
	rules.Features = r.features(recurring)
	l := &rules.License
	l.AllowUnlimitedActivations = r.boolean(MetadataUnlimitedActivations)
	l.MaxTransfers = r.count(MetadataMaxTransfers, -1)
	l.MaxLicenseUsers = r.count(MetadataMaxUsers, 0)
	l.MaxConsumptions = r.count(MetadataMaxConsumptions, 0)
	l.AllowOverages = r.boolean(MetadataAllowOverages)
	l.MaxOverages = r.number(MetadataMaxOverages)
	l.ResetConsumption = r.boolean(MetadataResetConsumption)
	l.ConsumptionPeriod = oneOf(r, MetadataConsumptionPeriod,
		"", licensespring.Daily, licensespring.Weekly, licensespring.Monthly, licensespring.Annually)
	l.IsFloating = r.boolean(MetadataFloating)
	l.IsFloatingCloud = r.boolean(MetadataFloatingCloud)
	l.FloatingUsers = r.count(MetadataFloatingUsers, 1)
	l.FloatingTimeout = r.count(MetadataFloatingTimeout, 1)
	l.PreventVM = r.boolean(MetadataPreventVM)
	if l.GracePeriod = r.count(MetadataGracePeriod, 0); l.GracePeriod != nil {
		l.AllowGracePeriod = new(*l.GracePeriod > 0)
		if *l.GracePeriod == 0 {
			l.GracePeriod = nil
		}
	}
	if l.FloatingUsers != nil && l.IsFloating == nil && l.IsFloatingCloud == nil {
		l.IsFloating = new(true)
	}
	r.checkQuantity(price, &rules)
	if rules.SlackDays != nil && *rules.SlackDays > maxSlackDays {
		r.invalid(MetadataSlackDays, "must not exceed "+strconv.Itoa(maxSlackDays))
	}
	if rules.SlackDays != nil && !recurring {
		r.warn(MetadataSlackDays, "has no effect: the price is not recurring")
	}
	if recurring {
		l.ValidDuration = licensespring.Duration{} // the period is a date
	}
	return rules, r.found
}

// checkQuantity checks that the unit of a limit is a number.
func (r *reader) checkQuantity(price *stripehook.Price, rules *Rules) {
	if rules.Quantity == QuantityLicenses {
		return
	}
	l := &rules.License
	if price.Metered {
		r.invalid(MetadataQuantity, "must be licenses: the price is metered and has no quantity")
	}
	isTrue := func(b *bool) bool { return b != nil && *b }
	isFalse := func(b *bool) bool { return b != nil && !*b }
	switch unit := *rules.limit(); {
	case unit != nil && *unit < 1:
		r.invalid(string(rules.Quantity), "must be at least 1, because it is multiplied by the quantity")
	case rules.Quantity == QuantityActivations && isTrue(l.AllowUnlimitedActivations):
		r.invalid(MetadataUnlimitedActivations, "must not be true: the quantity is the number of activations")
	case rules.Quantity == QuantityFloating && isFalse(l.IsFloating) && !isTrue(l.IsFloatingCloud):
		r.invalid(MetadataFloating, "must not be false: the quantity is the number of floating seats")
	case rules.Quantity == QuantityFloating && l.IsFloating == nil && l.IsFloatingCloud == nil:
		l.IsFloating = new(true)
	}
}

// limit returns the limit that the quantity sets.
func (r *Rules) limit() **int {
	switch r.Quantity {
	case QuantityActivations:
		return &r.License.MaxActivations
	case QuantityUsers:
		return &r.License.MaxLicenseUsers
	case QuantityFloating:
		return &r.License.FloatingUsers
	default:
		return nil
	}
}

// features reads a list of codes, each with an optional maximum consumption and the word
// period, as in "render, calls:1000, export:period, sync:50:period".
func (r *reader) features(recurring bool) []Feature {
	var features []Feature
	for _, text := range r.list(MetadataFeatures) {
		code, options, _ := strings.Cut(text, ":")
		f := Feature{Code: strings.TrimSpace(code)}
		valid := f.Code != "" && !strings.ContainsAny(f.Code, " \t\n")
		for option := range strings.SplitSeq(options, ":") {
			option = strings.TrimSpace(option)
			n, err := strconv.ParseInt(option, 10, 32)
			switch {
			case option == "" && options == "":
			case option == "period" && !f.Expires:
				f.Expires = true
			case err == nil && n >= 0 && f.MaxConsumption == nil:
				f.MaxConsumption = new(int(n))
			default:
				valid = false
			}
		}
		switch {
		case !valid:
			r.invalid(MetadataFeatures, "must be codes separated by commas, each with an optional maximum consumption"+
				" and the word period, as in render, calls:1000, export:period")
			return nil
		case f.Expires && !recurring:
			r.invalid(MetadataFeatures, "must not contain the word period: the price is not recurring")
			return nil
		case slices.ContainsFunc(features, func(other Feature) bool { return other.Code == f.Code }):
			r.invalid(MetadataFeatures, "must not contain a code twice")
			return nil
		}
		features = append(features, f)
	}
	return features
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

func (c *Config) slackDays(rules *Rules) int {
	switch {
	case rules.SlackDays != nil:
		return *rules.SlackDays
	case c.SlackDays != nil:
		return *c.SlackDays
	default:
		return DefaultSlackDays
	}
}
