package licensespring

import (
	"encoding/json"
	"time"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// NewLicense returns a license that takes everything from its policy or product.
// Its methods return a modified copy, so that one license can be the template of
// many:
//
//	base := licensespring.NewLicense().TimeLimited(licensespring.Years(1))
//	team := base.WithMaxActivations(10)
//
// A copy shares no slice, map or pointer with its template.
func NewLicense() License { return License{} }

// NewKeyLicense returns a license with the given key.
func NewKeyLicense(key string) License { return License{Key: key} }

// NewUserLicense returns a license for the given users, without a key.
func NewUserLicense(emails ...string) License { return License{}.WithUsers(emails...) }

// TimeLimited makes the license end after a duration. It replaces a validity
// period.
func (l License) TimeLimited(d Duration) License {
	l = l.Clone()
	l.LicenseType, l.ValidDuration, l.ValidityPeriod = TimeLimited, d, time.Time{}
	return l
}

// TimeLimitedUntil makes the license end at a time. It replaces a duration.
func (l License) TimeLimitedUntil(end time.Time) License {
	l = l.Clone()
	l.LicenseType, l.ValidDuration, l.ValidityPeriod = TimeLimited, Duration{}, end
	return l
}

// Perpetual makes the license perpetual. It removes a duration and a validity
// period.
func (l License) Perpetual() License {
	l = l.Clone()
	l.LicenseType, l.ValidDuration, l.ValidityPeriod = Perpetual, Duration{}, time.Time{}
	return l
}

// Subscription makes the license a subscription. It keeps a duration or a validity
// period.
func (l License) Subscription() License {
	l = l.Clone()
	l.LicenseType = Subscription
	return l
}

// Consumption makes the license a consumption license with a maximum number of
// consumptions. It keeps a duration or a validity period. Setting another type
// keeps the maximum, which [Order.Check] then rejects.
func (l License) Consumption(maxConsumptions int) License {
	l = l.Clone()
	l.LicenseType, l.MaxConsumptions = Consumption, &maxConsumptions
	return l
}

// WithOverages allows overages up to maxOverages.
func (l License) WithOverages(maxOverages float64) License {
	l = l.Clone()
	l.AllowOverages, l.MaxOverages = new(true), &maxOverages
	return l
}

// WithoutOverages disallows overages.
func (l License) WithoutOverages() License {
	l = l.Clone()
	l.AllowOverages, l.MaxOverages = new(false), nil
	return l
}

// WithReset resets the consumption after every period.
func (l License) WithReset(every ConsumptionPeriod) License {
	l = l.Clone()
	l.ResetConsumption, l.ConsumptionPeriod = new(true), every
	return l
}

// WithKey sets the license key.
func (l License) WithKey(key string) License {
	l = l.Clone()
	l.Key = key
	return l
}

// WithUsers adds users.
func (l License) WithUsers(emails ...string) License {
	l = l.Clone()
	for _, email := range emails {
		l.Users = append(l.Users, LicenseUser{Email: email})
	}
	return l
}

// WithUser adds a user. The user is copied.
func (l License) WithUser(u LicenseUser) License {
	l = l.Clone()
	u.fields(cloner{})
	l.Users = append(l.Users, u)
	return l
}

// WithManager adds a user who manages the licenses of the order.
func (l License) WithManager(email string) License {
	return l.WithUser(LicenseUser{Email: email, IsManager: true})
}

// WithMaxActivations sets the maximum number of devices.
func (l License) WithMaxActivations(n int) License {
	l = l.Clone()
	l.MaxActivations = &n
	return l
}

// WithMaxTransfers sets the maximum number of transfers to another device: 0 means
// unlimited, -1 none.
func (l License) WithMaxTransfers(n int) License {
	l = l.Clone()
	l.MaxTransfers = &n
	return l
}

// WithUnlimitedTransfers allows any number of transfers: a max_transfers of 0.
func (l License) WithUnlimitedTransfers() License { return l.WithMaxTransfers(0) }

// WithoutTransfers disallows transfers: a max_transfers of -1.
func (l License) WithoutTransfers() License { return l.WithMaxTransfers(-1) }

// WithPreventVM sets whether the license is rejected on virtual machines.
func (l License) WithPreventVM(prevent bool) License {
	l = l.Clone()
	l.PreventVM = &prevent
	return l
}

// Trial makes the license a trial.
func (l License) Trial() License {
	l = l.Clone()
	l.IsTrial = new(true)
	return l
}

// TrialFor makes the license a trial with a duration in days.
func (l License) TrialFor(days int) License {
	l = l.Trial()
	l.TrialDays = &days
	return l
}

// WithMaintenance enables maintenance for a duration in years, months or days. It
// replaces a maintenance period.
func (l License) WithMaintenance(d Duration) License {
	l = l.Clone()
	l.EnableMaintenanceDuration = new(true)
	l.MaintenanceDuration, l.MaintenancePeriod = d, Date{}
	return l
}

// WithMaintenanceUntil enables maintenance until the end of a day. It replaces a
// maintenance duration.
func (l License) WithMaintenanceUntil(last Date) License {
	l = l.Clone()
	l.EnableMaintenanceDuration = new(true)
	l.MaintenanceDuration, l.MaintenancePeriod = Duration{}, last
	return l
}

// WithFeatures adds features by their codes.
func (l License) WithFeatures(codes ...string) License {
	l = l.Clone()
	for _, code := range codes {
		l.ProductFeatures = append(l.ProductFeatures, ProductFeature{Code: code})
	}
	return l
}

// WithFeature adds a feature with its options. The feature is copied.
func (l License) WithFeature(f ProductFeature) License {
	l = l.Clone()
	f.fields(cloner{})
	l.ProductFeatures = append(l.ProductFeatures, f)
	return l
}

// WithoutFeatures removes all features, including those of the policy and the
// product.
func (l License) WithoutFeatures() License {
	l = l.Clone()
	l.ProductFeatures = []ProductFeature{}
	return l
}

// WithPolicy sets the license policy that supplies absent values.
func (l License) WithPolicy(code string) License {
	l = l.Clone()
	l.PolicyCode = code
	return l
}

// WithStartDate sets the first day of the license.
func (l License) WithStartDate(first Date) License {
	l = l.Clone()
	l.StartDate = first
	return l
}

// WithSubscriptionID sets the id of the subscription in the billing system.
func (l License) WithSubscriptionID(id string) License {
	l = l.Clone()
	l.SubscriptionID = id
	return l
}

// WithNote sets the note of the license.
func (l License) WithNote(note string) License {
	l = l.Clone()
	l.Note = note
	return l
}

// WithMetadata sets the metadata of the license. It is copied like [Order.Clone]
// copies it.
func (l License) WithMetadata(metadata map[string]any) License {
	l = l.Clone()
	l.Metadata = wire.CloneMap(metadata)
	return l
}

// WithCustomField adds the value of a custom field: a string, a number of any Go
// type, or a [json.Number].
func (l License) WithCustomField(name string, value any) License {
	l = l.Clone()
	l.CustomFields = append(l.CustomFields, CustomField{Name: name, Value: value})
	return l
}

// Floating makes the license floating, with a number of seats.
func (l License) Floating(users int) License {
	l = l.Clone()
	l.IsFloating, l.FloatingUsers = new(true), &users
	return l
}

// FloatingCloud makes the license floating, with a number of seats that the service
// itself counts.
func (l License) FloatingCloud(users int) License {
	l = l.Floating(users)
	l.IsFloatingCloud = new(true)
	return l
}

// WithFloatingTimeout sets the idle time, in minutes, after which a floating seat is
// released.
func (l License) WithFloatingTimeout(minutes int) License {
	l = l.Clone()
	l.FloatingTimeout = &minutes
	return l
}

// WithExtra adds a member without a field of [License] as raw JSON, or replaces the
// one with the same name. [Order.Check] validates it.
func (l License) WithExtra(name string, raw json.RawMessage) License {
	l = l.Clone()
	l.Extra = withExtra(l.Extra, name, raw)
	return l
}
