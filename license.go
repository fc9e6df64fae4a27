package licensespring

import (
	"encoding/json"
	"time"
)

// LicenseType is the type of a license, which determines what ends it. Values
// other than the constants are sent unchanged.
type LicenseType string

// The license types.
const (
	// TimeLimited licenses end after their ValidDuration or at their
	// ValidityPeriod.
	TimeLimited LicenseType = "time-limited"
	// Perpetual licenses do not end.
	Perpetual LicenseType = "perpetual"
	// Consumption licenses end when their consumptions are used up; see
	// MaxConsumptions.
	Consumption LicenseType = "consumption"
	// Subscription licenses follow a subscription in a billing system that is
	// connected to the service. Without one they stay valid until they are disabled
	// (Create Order page) or their ValidityPeriod ends (newer reference): the
	// vendor's documentation is contradictory, so set a ValidityPeriod and disable
	// the license too.
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

// ConsumptionPeriod is the period after which consumption is reset. Values other
// than the constants are sent unchanged. [Dialect] lists how the constants are
// sent.
type ConsumptionPeriod string

// The consumption periods.
const (
	// Daily is part of the newer reference only.
	Daily ConsumptionPeriod = "daily"
	// Weekly is sent as week or weekly.
	Weekly ConsumptionPeriod = "weekly"
	// Monthly is sent as month or monthly.
	Monthly ConsumptionPeriod = "monthly"
	// Annually is sent as year or annually.
	Annually ConsumptionPeriod = "annually"
)

// License is one license of an order. The service takes what is absent from the
// license policy or the product. Nil, a zero [Duration], [Date] or time, an empty
// string and a nil slice or map are absent. new(0) and new(false) are values and
// are sent. The zero License takes everything from the product.
//
// The product determines whether its licenses have a key or users. The service
// rejects the other form.
//
// A struct that embeds a License loses its other fields when it is encoded: use a
// named field.
type License struct {
	// Key is the license key (Create Order page). If it is empty, the service
	// generates one.
	Key string `json:"key,omitzero"`
	// Users are the users of a user-based license, which has no key (Create Order
	// page).
	Users []LicenseUser `json:"users,omitzero"`
	// MaxActivations is the maximum number of devices (Create Order page). Nil means
	// 1 if neither the policy nor the product has a value.
	MaxActivations *int `json:"max_activations,omitzero"`
	// LicenseType is the type of the license (Create Order page).
	LicenseType LicenseType `json:"license_type,omitzero"`
	// MaxConsumptions is the maximum number of consumptions of a consumption license
	// (Create Order page).
	MaxConsumptions *int `json:"max_consumptions,omitzero"`
	// ValidDuration is the duration of a time-limited license (Create Order page).
	ValidDuration Duration `json:"valid_duration,omitzero"`
	// EnableMaintenanceDuration enables the maintenance duration (Create Order page;
	// enable_maintenance_period in the newer reference, see [Dialect]).
	EnableMaintenanceDuration *bool `json:"enable_maintenance_duration,omitzero"`
	// MaintenanceDuration is the duration for which the license receives updates, in
	// years, months or days (Create Order page).
	MaintenanceDuration Duration `json:"maintenance_duration,omitzero"`
	// ValidityPeriod is the time at which the license ends (Create Order page). It is
	// sent in UTC, in whole seconds.
	ValidityPeriod time.Time `json:"validity_period,omitzero"`
	// ProductFeatures are the features of the license (Create Order page). Nil takes
	// them from the policy or the product. An empty slice is sent and means no
	// features.
	ProductFeatures []ProductFeature `json:"product_features,omitzero"`
	// IsTrial makes the license a trial (Create Order page).
	IsTrial *bool `json:"is_trial,omitzero"`
	// PreventVM sets whether the license is rejected on virtual machines (Create
	// Order page).
	PreventVM *bool `json:"prevent_vm,omitzero"`
	// MaxTransfers is the maximum number of transfers to another device: 0 means
	// unlimited, as nil does without a policy (Create Order page); -1 means none
	// (newer reference).
	MaxTransfers *int `json:"max_transfers,omitzero"`
	// ConsumptionOptions are for consumption licenses (Create Order page).
	ConsumptionOptions

	// PolicyCode names the license policy that supplies absent values (newer
	// reference).
	PolicyCode string `json:"policy_code,omitzero"`
	// TrialDays is the duration of the trial in days (newer reference).
	TrialDays *int `json:"trial_days,omitzero"`
	// StartDate is the first day of the license (newer reference).
	StartDate Date `json:"start_date,omitzero"`
	// MaintenancePeriod is the last day on which the license receives updates (newer
	// reference).
	MaintenancePeriod Date `json:"maintenance_period,omitzero"`
	// Note is a note on the license (newer reference).
	Note string `json:"note,omitzero"`
	// SubscriptionID is the id of the subscription in the billing system (newer
	// reference). It cannot be changed later.
	SubscriptionID string `json:"subscription_id,omitzero"`
	// Metadata is stored with the license: any value that JSON can represent (newer
	// reference). An empty map is sent. Numbers read from JSON are [json.Number].
	Metadata map[string]any `json:"metadata,omitzero"`
	// CustomFields are the values of custom fields (newer reference). An empty slice
	// is sent.
	CustomFields []CustomField `json:"custom_fields,omitzero"`
	// FloatingOptions are for floating licenses (newer reference).
	FloatingOptions
	// IsFloatingCloud makes the service itself count the users of a floating license
	// (newer reference).
	IsFloatingCloud *bool `json:"is_floating_cloud,omitzero"`
	// CanBorrow sets whether a floating license can be borrowed for offline use
	// (newer reference).
	CanBorrow *bool `json:"can_borrow,omitzero"`
	// MaxBorrowTime is the maximum duration of borrowing. The reference does not
	// document the unit (newer reference).
	MaxBorrowTime *int `json:"max_borrow_time,omitzero"`
	// AllowGracePeriod sets whether the license can be used for a grace period after
	// its end (newer reference).
	AllowGracePeriod *bool `json:"allow_grace_period,omitzero"`
	// GracePeriod is the duration of the grace period. The reference does not
	// document the unit; another page of the vendor suggests hours (newer
	// reference).
	GracePeriod *int `json:"grace_period,omitzero"`
	// MaxLicenseUsers is the maximum number of users of the license; 0 means
	// unlimited (newer reference).
	MaxLicenseUsers *int `json:"max_license_users,omitzero"`
	// IsAirGapped marks a license for devices without a connection (newer
	// reference).
	IsAirGapped *bool `json:"is_air_gapped,omitzero"`
	// IsHardwareKeyAuth binds the license to a hardware key (newer reference).
	IsHardwareKeyAuth *bool `json:"is_hardware_key_auth,omitzero"`
	// AllowUnlimitedActivations removes the limit of MaxActivations (newer
	// reference).
	AllowUnlimitedActivations *bool `json:"allow_unlimited_activations,omitzero"`
	// AllowUnlimitedConsumptions removes the limit of MaxConsumptions (newer
	// reference).
	AllowUnlimitedConsumptions *bool `json:"allow_unlimited_consumptions,omitzero"`
	// AllowNegativeConsumptions allows negative consumptions. The reference does not
	// document their meaning (newer reference).
	AllowNegativeConsumptions *bool `json:"allow_negative_consumptions,omitzero"`
	// Active sets whether the license is active (newer reference).
	Active *bool `json:"active,omitzero"`
	// Enabled sets whether the license is enabled (newer reference).
	Enabled *bool `json:"enabled,omitzero"`
	// Extra holds members without a field of their own. They are sent unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}

// ConsumptionOptions are the options of a consumption license or feature. Nil and
// "" take a value from the policy or the product.
type ConsumptionOptions struct {
	// AllowOverages allows more consumption than the maximum (Create Order page).
	AllowOverages *bool `json:"allow_overages,omitzero"`
	// MaxOverages is the maximum number of overages (Create Order page).
	// It may have a fraction.
	MaxOverages *float64 `json:"max_overages,omitzero"`
	// ResetConsumption resets the consumption after every ConsumptionPeriod (Create
	// Order page).
	ResetConsumption *bool `json:"reset_consumption,omitzero"`
	// ConsumptionPeriod is the period after which consumption is reset (Create Order
	// page).
	ConsumptionPeriod ConsumptionPeriod `json:"consumption_period,omitzero"`
}

// FloatingOptions are the options of a floating license or feature. Nil takes a
// value from the policy or the product.
type FloatingOptions struct {
	// IsFloating makes the license floating: its users share a number of seats (newer
	// reference).
	IsFloating *bool `json:"is_floating,omitzero"`
	// FloatingUsers is the number of seats (newer reference).
	FloatingUsers *int `json:"floating_users,omitzero"`
	// FloatingTimeout is the idle time, in minutes, after which a seat is released
	// (newer reference).
	FloatingTimeout *int `json:"floating_timeout,omitzero"`
}

// LicenseUser is a user of a user-based license. A struct that embeds a LicenseUser
// loses its other fields when it is encoded: use a named field.
type LicenseUser struct {
	// Email is the e-mail address of the user, required (Create Order page).
	Email string `json:"email,omitzero"`
	// IsManager makes the user a manager of all licenses of the order (Create Order
	// page). False is not sent and is the default.
	IsManager bool `json:"is_manager,omitzero"`
	// MaxActivations is the maximum number of devices of the user (newer reference).
	// Nil takes it from the license.
	MaxActivations *int `json:"max_activations,omitzero"`
	// Extra holds members without a field of their own. They are sent unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}

// ProductFeature enables a feature of the product on a license, with options where
// they differ from those of the product. The service accepts codes alone or
// objects. The codes alone are sent if no feature of the license has options.
//
// A struct that embeds a ProductFeature loses its other fields when it is encoded:
// use a named field.
type ProductFeature struct {
	// Code is the feature code (Create Order page). The service drops unknown codes
	// silently; see [RuleFeatureDropped].
	Code string `json:"code,omitzero"`
	// MaxConsumption is the maximum number of consumptions of a consumption feature
	// (Create Order page). Nil takes it from the product.
	MaxConsumption *int `json:"max_consumption,omitzero"`
	// ExpiryDate is the last day of the feature (newer reference). The zero Date
	// takes it from the product.
	ExpiryDate Date `json:"expiry_date,omitzero"`
	// ConsumptionOptions are for consumption features (newer reference).
	ConsumptionOptions
	// FloatingOptions are for floating features (newer reference).
	FloatingOptions
	// Extra holds members without a field of their own. They are sent unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}

// onlyCode reports whether the feature has no options.
func (f *ProductFeature) onlyCode() bool {
	return f.MaxConsumption == nil && f.ExpiryDate.IsZero() &&
		f.ConsumptionOptions == ConsumptionOptions{} &&
		f.FloatingOptions == FloatingOptions{} &&
		len(f.Extra) == 0
}

// CustomField is the value of a custom field that the product defines (newer
// reference). A struct that embeds a CustomField loses its other fields when it is
// encoded: use a named field.
type CustomField struct {
	// Name is the name of the field (newer reference).
	Name string `json:"name,omitzero"`
	// Value is a string, a number of any Go type, or a [json.Number] (newer
	// reference). Reading JSON gives a string or a json.Number.
	Value any `json:"value,omitzero"`
}
