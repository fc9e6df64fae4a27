package licensespring

import (
	"encoding/json"
	"strings"
)

// LicenseUpdate is a change of a license for [Client.UpdateLicense]. Members that
// are nil, zero or empty are not sent and stay as they are; new(0), new(false) and
// new("") are values. A null is never sent. All members are from the vendor's newer
// reference, and all values are absolute, so that a repeated update has no further
// effect.
//
// The durations valid_duration and trial_days are not offered, because a repetition
// may extend a license twice. Set ValidityPeriod instead.
type LicenseUpdate struct {
	// ValidityPeriod is the date on which the license ends, in UTC. Whether that day
	// still counts is not documented: add a day. It requires IsTrial.
	ValidityPeriod Date `json:"validity_period,omitzero"`
	// IsTrial makes the license a trial, or a paid license.
	IsTrial *bool `json:"is_trial,omitzero"`
	// MaxActivations is the maximum number of devices.
	MaxActivations *int `json:"max_activations,omitzero"`
	// AllowUnlimitedActivation removes the limit of MaxActivations. An update spells
	// it without the s of the order.
	AllowUnlimitedActivation *bool `json:"allow_unlimited_activation,omitzero"`
	// MaxTransfers is the maximum number of transfers to another device; 0 means
	// unlimited.
	MaxTransfers *int `json:"max_transfers,omitzero"`
	// MaxLicenseUsers is the maximum number of users; 0 means unlimited.
	MaxLicenseUsers *int `json:"max_license_users,omitzero"`
	// MaxConsumptions is the maximum number of consumptions of a consumption license.
	MaxConsumptions *int `json:"max_consumptions,omitzero"`
	// ConsumptionOptions are for consumption licenses.
	ConsumptionOptions
	// EnableMaintenancePeriod sets whether updates end. It is required with
	// MaintenancePeriod and MaintenanceDuration. An update has this spelling in both
	// dialects.
	EnableMaintenancePeriod *bool `json:"enable_maintenance_period,omitzero"`
	// MaintenancePeriod is the last day on which the license receives updates.
	MaintenancePeriod Date `json:"maintenance_period,omitzero"`
	// MaintenanceDuration is the duration of updates, in years, months or days. The
	// service does not document when it begins, so an update with it is never
	// retried after a lost response; prefer MaintenancePeriod.
	MaintenanceDuration Duration `json:"maintenance_duration,omitzero"`
	// FloatingOptions are for floating licenses.
	FloatingOptions
	// IsFloatingCloud makes the service itself count the users of a floating license.
	IsFloatingCloud *bool `json:"is_floating_cloud,omitzero"`
	// AllowGracePeriod sets whether the license can be used for GracePeriod after its
	// end. One page of the vendor suggests hours as the unit.
	AllowGracePeriod *bool `json:"allow_grace_period,omitzero"`
	GracePeriod      *int  `json:"grace_period,omitzero"`
	// PreventVM sets whether the license is rejected on virtual machines.
	PreventVM *bool `json:"prevent_vm,omitzero"`
	// Note is the note of the license. An empty text removes it.
	Note *string `json:"note,omitzero"`
	// Metadata replaces all metadata of the license. An update with it is never
	// retried after a lost response, since that could undo a newer change.
	// [Client.EnsureLicense] keeps the members that it does not name.
	Metadata map[string]any `json:"metadata,omitzero"`
	// Order moves the license to the order with this ID of the service.
	Order *int64 `json:"order,omitzero"`
	// InstallationFile is the ID the service assigned to an installation file.
	InstallationFile *int64 `json:"installation_file,omitzero"`
	// Extra holds members without a field of their own. They are sent unchanged, and
	// an update with one is never retried after a lost response.
	Extra map[string]json.RawMessage `json:"-"`
}

// ValidUntil returns the update that makes a license a paid one, not a trial, that
// ends on a date. The zero Date is invalid: an end that is missing by mistake must not
// be taken for one that stays as it is.
func ValidUntil(d Date) LicenseUpdate {
	if d.IsZero() {
		d = Date{Year: -1} // not absent, and rejected by validation
	}
	return LicenseUpdate{ValidityPeriod: d, IsTrial: new(false)}
}

// Check returns all findings about the update, errors and warnings; see
// [Order.Check].
func (u *LicenseUpdate) Check() []Finding { return checkObject(u, DialectClassic) }

// Validate returns a [*ValidationError] with all errors of [LicenseUpdate.Check],
// and nil if there is none.
func (u *LicenseUpdate) Validate() error { return errorsAmong(u.Check()) }

func (u *LicenseUpdate) fields(v visitor) {
	u.members(v)
	v.extra(u, &u.Extra)
}

// members passes every member but the extra ones to a visitor.
func (u *LicenseUpdate) members(v visitor) {
	v.member("validity_period", &u.ValidityPeriod)
	v.member("is_trial", &u.IsTrial)
	v.member("max_activations", &u.MaxActivations)
	v.member("allow_unlimited_activation", &u.AllowUnlimitedActivation)
	v.member("max_transfers", &u.MaxTransfers)
	v.member("max_license_users", &u.MaxLicenseUsers)
	v.member("max_consumptions", &u.MaxConsumptions)
	u.ConsumptionOptions.fields(v)
	v.member("enable_maintenance_period", &u.EnableMaintenancePeriod)
	v.member("maintenance_period", &u.MaintenancePeriod)
	v.member("maintenance_duration", &u.MaintenanceDuration)
	u.FloatingOptions.fields(v)
	v.member("is_floating_cloud", &u.IsFloatingCloud)
	v.member("allow_grace_period", &u.AllowGracePeriod)
	v.member("grace_period", &u.GracePeriod)
	v.member("prevent_vm", &u.PreventVM)
	v.member("note", &u.Note)
	v.member("metadata", &u.Metadata)
	v.member("order", &u.Order)
	v.member("installation_file", &u.InstallationFile)
}

func (u *LicenseUpdate) rules(ch *checker) {
	if isEmpty(u) {
		ch.reject("", RuleRequired, "the update has no members")
	}
	u.valueRules(ch)
	if !u.ValidityPeriod.IsZero() && u.IsTrial == nil {
		ch.reject("is_trial", RuleRequiredWith, "is required with validity_period; see ValidUntil")
	}
	u.extraRules(ch)
}

// valueRules are those that apply to a [LicenseState] too.
func (u *LicenseUpdate) valueRules(ch *checker) {
	ch.policy = true // absent values are those of the license
	u.ConsumptionOptions.rules(ch)
	if !isTrue(u.IsFloatingCloud) {
		u.FloatingOptions.rules(ch)
	}
	ch.disabled("allow_grace_period", u.AllowGracePeriod, "grace_period", u.GracePeriod != nil)
	if isTrue(u.AllowUnlimitedActivation) && u.MaxActivations != nil {
		ch.warn("max_activations", RuleUnlimitedWithLimit, "has no effect: allow_unlimited_activation is true")
	}
	duration, date := !u.MaintenanceDuration.IsZero(), !u.MaintenancePeriod.IsZero()
	if unit := u.MaintenanceDuration.Unit; unit == UnitHours || unit == UnitMinutes {
		ch.reject("maintenance_duration", RuleMaintenanceUnit, "must be in years, months or days")
	}
	switch {
	case duration && date:
		ch.reject("maintenance_duration", RuleBothEnds, "must be absent if maintenance_period is set")
	case (duration || date) && u.EnableMaintenancePeriod == nil:
		ch.reject("enable_maintenance_period", RuleRequiredWith, "is required with maintenance_period and maintenance_duration")
	case (duration || date) && isFalse(u.EnableMaintenancePeriod):
		name := "maintenance_period"
		if duration {
			name = "maintenance_duration"
		}
		ch.warn(name, RuleMaintenanceNotEnabled, "has no effect unless enable_maintenance_period is true")
	}
}

// extraRules concern extra members that the service documents.
func (u *LicenseUpdate) extraRules(ch *checker) {
	ended := false
	for _, name := range sortedNames(u.Extra) {
		switch name {
		case "valid_duration", "trial_days":
			if _, both := u.Extra["valid_duration"]; !u.ValidityPeriod.IsZero() || both && name == "trial_days" {
				ch.reject(name, RuleBothEnds, "must be absent if another end is set")
			}
			if u.IsTrial == nil && u.ValidityPeriod.IsZero() && !ended {
				ch.reject("is_trial", RuleRequiredWith, "is required with "+name)
			}
			ended = true
		case "enabled":
			ch.reject(name, RuleExtraShadowsField, "is not part of an update: use EnableLicense or DisableLicense")
		case "allow_unlimited_activations", "enable_maintenance_duration":
			ch.reject(name, RuleExtraShadowsField, "is the spelling of an order: use the field")
		}
		if isNull(u.Extra[name]) {
			ch.reject(shownName(name), RuleExtraInvalid, "null has no documented meaning and is not sent")
		}
	}
}

func isNull(raw json.RawMessage) bool { return strings.TrimSpace(string(raw)) == "null" }

// repeatable reports whether the update has the same effect however often it is
// applied, and undoes no newer change of a member that it does not name.
func (u *LicenseUpdate) repeatable() bool {
	return u.MaintenanceDuration.IsZero() && u.Metadata == nil && len(u.Extra) == 0
}

// keep sets all members but those with the given names to absent.
func (u *LicenseUpdate) keep(names map[string]bool) {
	u.members(retainer{names})
	u.Extra = nil
}
