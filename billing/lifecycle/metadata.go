package lifecycle

import (
	"math"
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// The metadata keys of a price that this package reads, in addition to those of package
// stripehook. Those of license values have the names of the service.
const (
	MetadataQuantity  = "quantity"
	MetadataSlackDays = "slack_days"
	MetadataOnRefund  = "on_refund"
	MetadataFeatures  = "product_features"

	MetadataUnlimitedActivations = "allow_unlimited_activations"
	MetadataMaxTransfers         = "max_transfers"
	MetadataMaxUsers             = "max_license_users"
	MetadataMaxConsumptions      = "max_consumptions"
	MetadataAllowOverages        = "allow_overages"
	MetadataMaxOverages          = "max_overages"
	MetadataResetConsumption     = "reset_consumption"
	MetadataConsumptionPeriod    = "consumption_period"
	MetadataFloating             = "is_floating"
	MetadataFloatingCloud        = "is_floating_cloud"
	MetadataFloatingUsers        = "floating_users"
	MetadataFloatingTimeout      = "floating_timeout"
	MetadataGracePeriod          = "grace_period"
	MetadataPreventVM            = "prevent_vm"
)

// The metadata keys of a subscription, a session or an invoice.
const (
	// MetadataAdoptOrder names orders of the service whose licenses belong to the
	// subject, separated by commas.
	MetadataAdoptOrder = "adopt_order_id"
	// MetadataAdoptLicense names licenses by the ids of the service, separated by
	// commas.
	MetadataAdoptLicense = "adopt_license_id"
	// MetadataLifecycle is automatic or manual. If it is manual, the licenses are never
	// changed.
	MetadataLifecycle = "license_lifecycle"
)

// priceKeys returns the known metadata keys of a price.
func priceKeys() []string {
	return append(stripehook.MetadataKeys(),
		MetadataQuantity, MetadataSlackDays, MetadataOnRefund, MetadataFeatures,
		MetadataUnlimitedActivations, MetadataMaxTransfers, MetadataMaxUsers, MetadataMaxConsumptions,
		MetadataAllowOverages, MetadataMaxOverages, MetadataResetConsumption, MetadataConsumptionPeriod,
		MetadataFloating, MetadataFloatingCloud, MetadataFloatingUsers, MetadataFloatingTimeout,
		MetadataGracePeriod, MetadataPreventVM)
}

// subjectKeys returns the known metadata keys of a subscription, a session or an invoice.
func subjectKeys() []string {
	return []string{MetadataAdoptOrder, MetadataAdoptLicense, MetadataLifecycle, stripehook.MetadataUser}
}

// findings collects findings.
type findings []licensespring.Finding

func (f *findings) add(path string, rule licensespring.Rule, message string) {
	*f = append(*f, licensespring.Finding{Path: path, Rule: rule, Severity: licensespring.SeverityError, Message: message})
}

// errors returns the findings that are errors.
func (f findings) errors() findings {
	var errs findings
	for _, one := range f {
		if one.Severity == licensespring.SeverityError {
			errs = append(errs, one)
		}
	}
	return errs
}

// isUnlicensed reports whether a price has no license metadata, and no key that may be a
// misspelled one.
func isUnlicensed(price *stripehook.Price) bool {
	for _, key := range priceKeys() {
		if _, ok := price.Metadata[key]; ok {
			return false
		}
	}
	misspelled, _ := stripehook.NearMisses(price.Metadata, priceKeys()...)
	return len(misspelled) == 0
}

// reader reads metadata. Messages do not repeat values.
type reader struct {
	metadata map[string]string
	path     string // of the metadata
	suffix   string // of messages
	found    findings
}

func (r *reader) add(key string, rule licensespring.Rule, message string) {
	r.found.add(r.path+"."+key, rule, message+r.suffix)
}

func (r *reader) invalid(key, message string) { r.add(key, stripehook.RulePriceMetadata, message) }

// warn adds a warning.
func (r *reader) warn(key, message string) {
	r.invalid(key, message)
	r.found[len(r.found)-1].Severity = licensespring.SeverityWarning
}

func (r *reader) checkKeys(known []string) {
	keys, meant := stripehook.NearMisses(r.metadata, known...)
	for _, key := range keys {
		r.add(key, stripehook.RuleMetadataKey, "is not known: the key is "+meant[key])
	}
}

func (r *reader) text(key string) string { return strings.TrimSpace(r.metadata[key]) }

// count reads an integer from minimum to the largest number of 32 bits.
func (r *reader) count(key string, minimum int64) *int {
	text := r.text(key)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < minimum {
		r.invalid(key, "must be an integer from "+strconv.FormatInt(minimum, 10)+" to "+strconv.Itoa(math.MaxInt32))
		return nil
	}
	return new(int(n))
}

func (r *reader) boolean(key string) *bool {
	switch r.text(key) {
	case "":
		return nil
	case "true":
		return new(true)
	case "false":
		return new(false)
	default:
		r.invalid(key, "must be true or false")
		return nil
	}
}

func (r *reader) number(key string) *float64 {
	text := r.text(key)
	if text == "" {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n < 0 || math.IsInf(n, 0) || math.IsNaN(n) {
		r.invalid(key, "must be a non-negative number")
		return nil
	}
	return &n
}

// oneOf reads one of several values. The first one is the default.
func oneOf[T ~string](r *reader, key string, values ...T) T {
	text := T(r.text(key))
	var names []string
	for _, value := range values {
		if text == value {
			return value
		}
		if value != "" {
			names = append(names, string(value))
		}
	}
	if text != "" {
		last := len(names) - 1
		r.invalid(key, "must be "+strings.Join(names[:last], ", ")+" or "+names[last])
	}
	return values[0]
}

// list reads texts separated by commas.
func (r *reader) list(key string) []string {
	var texts []string
	for text := range strings.SplitSeq(r.metadata[key], ",") {
		if text = strings.TrimSpace(text); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}
