package licensespring

import (
	"encoding/json"
	"time"
)

// LicenseType says what ends a license. It is an open type: a value this
// package does not know is sent as it is.
type LicenseType string

// The types of licenses.
const (
	// TimeLimited licenses end after their ValidDuration or at their
	// ValidityPeriod.
	TimeLimited LicenseType = "time-limited"
	// Perpetual licenses do not end.
	Perpetual LicenseType = "perpetual"
	// Consumption licenses are used up; see MaxConsumptions.
	Consumption LicenseType = "consumption"
	// Subscription licenses follow a subscription kept by a billing system that
	// is connected to the service. Without one they stay valid until somebody
	// says otherwise.
	Subscription LicenseType = "subscription"
)

// known reports whether the service documents the type.
func (t LicenseType) known() bool {
	switch t {
	case TimeLimited, Perpetual, Consumption, Subscription:
		return true
	default:
		return false
	}
}

// ConsumptionPeriod is how often a consumption is reset. It is an open type: a
// value this package does not know is sent as it is. The constants are the same
// in both dialects; [Dialect] shows how they are sent.
type ConsumptionPeriod string

// The consumption periods.
const (
	// Daily is known to the newer reference only.
	Daily ConsumptionPeriod = "daily"
	// Weekly is sent as week or weekly.
	Weekly ConsumptionPeriod = "weekly"
	// Monthly is sent as month or monthly.
	Monthly ConsumptionPeriod = "monthly"
	// Annually is sent as year or annually.
	Annually ConsumptionPeriod = "annually"
)

// License is one license of an order. What is left out, the service takes from
// the license policy or the product: nil, a zero Duration or date, an empty
// text and a nil slice or map are left out, whereas new(0) and new(false) are
// sent and count. A License with nothing set is complete.
//
// The product decides whether its licenses have a key or users; the other form
// is refused by the service.
type License struct {
	// Key is the license key (page: key). The service makes one if it is left
	// out.
	Key string
	// Users are the users of the license, instead of a key (page and newer
	// reference: users).
	Users []LicenseUser
	// MaxActivations is on how many devices the license can be activated (page:
	// max_activations). Where neither policy nor product has a number, nil
	// means 1 (page).
	MaxActivations *int
	// LicenseType says what ends the license (page: license_type).
	LicenseType LicenseType
	// MaxConsumptions is how often the product can be used (page:
	// max_consumptions); for consumption licenses only.
	MaxConsumptions *int
	// ValidDuration is how long the license is valid (page: valid_duration);
	// for time-limited licenses.
	ValidDuration Duration
	// EnableMaintenanceDuration says whether the maintenance duration counts
	// (page: enable_maintenance_duration, newer reference:
	// enable_maintenance_period; see [Dialect]).
	EnableMaintenanceDuration *bool
	// MaintenanceDuration is how long the license gets updates, in years,
	// months or days (page: maintenance_duration).
	MaintenanceDuration Duration
	// ValidityPeriod is the moment at which the license ends (page:
	// validity_period). It is sent in UTC and whole seconds.
	ValidityPeriod time.Time
	// ProductFeatures are the features of the license (page: product_features).
	// Nil takes them from the policy or product; an empty slice that is not nil
	// is sent, and asks for none.
	ProductFeatures []ProductFeature
	// IsTrial says whether the license is a trial (page: is_trial).
	IsTrial *bool
	// PreventVM says whether the license is refused on virtual machines (page:
	// prevent_vm).
	PreventVM *bool
	// MaxTransfers is how often the license can move to another device (page:
	// max_transfers): 0 is without limit, as is nil if nobody says otherwise
	// (page); -1 is never (newer reference).
	MaxTransfers *int
	// ConsumptionOptions are for consumption licenses only (page).
	ConsumptionOptions

	// PolicyCode names the license policy that fills in what the license leaves
	// out (newer reference: policy_code).
	PolicyCode string
	// TrialDays is the length of the trial in days (newer reference:
	// trial_days).
	TrialDays *int
	// StartDate is the first day of the license (newer reference: start_date).
	StartDate Date
	// MaintenancePeriod is the last day on which the license gets updates
	// (newer reference: maintenance_period).
	MaintenancePeriod Date
	// Note is a remark on the license (newer reference: note).
	Note string
	// SubscriptionID is the subscription in the connected billing system (newer
	// reference: subscription_id).
	SubscriptionID string
	// Metadata is free data stored with the license (newer reference:
	// metadata), any value that JSON can say. Nil is left out, an empty map is
	// sent. Reading from JSON gives numbers as [json.Number].
	Metadata map[string]any
	// CustomFields are values for the custom fields of the product (newer
	// reference: custom_fields). Nil is left out, an empty slice is sent.
	CustomFields []CustomField
	// FloatingOptions are for floating licenses (newer reference).
	FloatingOptions
	// IsFloatingCloud says whether the service itself counts the users of a
	// floating license (newer reference: is_floating_cloud).
	IsFloatingCloud *bool
	// CanBorrow says whether a floating license can be borrowed for use without
	// a connection (newer reference: can_borrow).
	CanBorrow *bool
	// MaxBorrowTime is how long it can be borrowed at most (newer reference:
	// max_borrow_time). The reference names no unit.
	MaxBorrowTime *int
	// AllowGracePeriod says whether the license can be used for some time after
	// its end (newer reference: allow_grace_period).
	AllowGracePeriod *bool
	// GracePeriod is how long that is (newer reference: grace_period). The
	// reference names no unit.
	GracePeriod *int
	// MaxLicenseUsers is how many users can be assigned to the license (newer
	// reference: max_license_users); 0 is without limit.
	MaxLicenseUsers *int
	// IsAirGapped says whether the license is for devices that never have a
	// connection (newer reference: is_air_gapped).
	IsAirGapped *bool
	// IsHardwareKeyAuth says whether the license is bound to a hardware key
	// (newer reference: is_hardware_key_auth).
	IsHardwareKeyAuth *bool
	// AllowUnlimitedActivations lifts the limit of MaxActivations (newer
	// reference: allow_unlimited_activations).
	AllowUnlimitedActivations *bool
	// AllowUnlimitedConsumptions lifts the limit of MaxConsumptions (newer
	// reference: allow_unlimited_consumptions).
	AllowUnlimitedConsumptions *bool
	// AllowNegativeConsumptions allows negative consumptions (newer reference:
	// allow_negative_consumptions, which does not say what that means).
	AllowNegativeConsumptions *bool
	// Active says whether the license is active (newer reference: active).
	Active *bool
	// Enabled says whether the license is enabled (newer reference: enabled).
	Enabled *bool
	// Extra holds members that this type has no field for, sent as they are.
	Extra map[string]json.RawMessage
}

// ConsumptionOptions are what only a consumption license, or a consumption
// feature, can say. Nil and "" take a setting from the policy or product.
type ConsumptionOptions struct {
	// AllowOverages says whether more can be used than the maximum (page:
	// allow_overages).
	AllowOverages *bool
	// MaxOverages is how much more (page: max_overages). It is a number on the
	// wire, not only a whole one.
	MaxOverages *float64
	// ResetConsumption says whether the count starts again every
	// ConsumptionPeriod (page: reset_consumption).
	ResetConsumption *bool
	// ConsumptionPeriod is how often it does (page: consumption_period).
	ConsumptionPeriod ConsumptionPeriod
}

// FloatingOptions are what only a floating license, or a floating feature, can
// say. Nil takes a setting from the policy or product.
type FloatingOptions struct {
	// IsFloating says whether the license is shared by changing users (newer
	// reference: is_floating).
	IsFloating *bool
	// FloatingUsers is how many of them at a time (newer reference:
	// floating_users).
	FloatingUsers *int
	// FloatingTimeout is after how many minutes without a sign a user loses the
	// place (newer reference: floating_timeout).
	FloatingTimeout *int
}

// LicenseUser is a user to whom a license is assigned.
type LicenseUser struct {
	// Email is the user's e-mail address, required (page: email).
	Email string
	// IsManager makes the user a manager of all licenses of the order (page:
	// is_manager). False is not sent, which means the same.
	IsManager bool
	// MaxActivations is on how many devices this user can activate the license
	// (newer reference: max_activations); nil takes it from the license.
	MaxActivations *int
	// Extra holds members that this type has no field for, sent as they are.
	Extra map[string]json.RawMessage
}
