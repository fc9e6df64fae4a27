package licensespring

import (
	"encoding/json"
	"time"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// NewLicense returns a license with nothing set: everything comes from its
// policy or product. Its methods return a changed copy and leave the license
// they are called on alone, so that one license can be the template of many:
//
//	base := licensespring.NewLicense().TimeLimited(licensespring.Years(1))
//	team := base.WithMaxActivations(10)
//
// A copy shares no slice, map or pointer with its template.
func NewLicense() License { return License{} }

// NewKeyLicense returns a license with a key given by the caller.
func NewKeyLicense(key string) License { return License{Key: key} }

// NewUserLicense returns a license assigned to users instead of a key.
func NewUserLicense(emails ...string) License { return License{}.WithUsers(emails...) }

// TimeLimited makes the license end after a duration. An end set before is
// replaced.
func (l License) TimeLimited(d Duration) License {
	l = l.Clone()
	l.LicenseType, l.ValidDuration, l.ValidityPeriod = TimeLimited, d, time.Time{}
	return l
}

// TimeLimitedUntil makes the license end at a time. A duration set before is
// replaced.
func (l License) TimeLimitedUntil(end time.Time) License {
	l = l.Clone()
	l.LicenseType, l.ValidDuration, l.ValidityPeriod = TimeLimited, Duration{}, end
	return l
}

// Perpetual makes the license never end. An end set before is removed.
func (l License) Perpetual() License {
	l = l.Clone()
	l.LicenseType, l.ValidDuration, l.ValidityPeriod = Perpetual, Duration{}, time.Time{}
	return l
}

// Subscription makes the license follow a subscription. An end set before
// stays.
func (l License) Subscription() License {
	l = l.Clone()
	l.LicenseType = Subscription
	return l
}

// Consumption makes the license one that can be used a number of times. An end
// set before stays, and so does the number when another type is set afterwards,
// which [Order.Check] reports.
func (l License) Consumption(maxConsumptions int) License {
	l = l.Clone()
	l.LicenseType, l.MaxConsumptions = Consumption, &maxConsumptions
	return l
}

// WithOverages allows up to maxOverages more consumption than the maximum.
func (l License) WithOverages(maxOverages float64) License {
	l = l.Clone()
	l.AllowOverages, l.MaxOverages = new(true), &maxOverages
	return l
}

// WithoutOverages allows no more consumption than the maximum.
func (l License) WithoutOverages() License {
	l = l.Clone()
	l.AllowOverages, l.MaxOverages = new(false), nil
	return l
}

// WithReset starts the count of consumption again every period.
func (l License) WithReset(every ConsumptionPeriod) License {
	l = l.Clone()
	l.ResetConsumption, l.ConsumptionPeriod = new(true), every
	return l
}

// WithKey sets the license key, for a template that leaves it open.
func (l License) WithKey(key string) License {
	l = l.Clone()
	l.Key = key
	return l
}

// WithUsers assigns the license to more users.
func (l License) WithUsers(emails ...string) License {
	l = l.Clone()
	for _, email := range emails {
		l.Users = append(l.Users, LicenseUser{Email: email})
	}
	return l
}

// WithUser assigns the license to one more user. The user is copied.
func (l License) WithUser(u LicenseUser) License {
	l = l.Clone()
	u.fields(cloner{})
	l.Users = append(l.Users, u)
	return l
}

// WithManager assigns the license to one more user, who manages the licenses of
// the order.
func (l License) WithManager(email string) License {
	return l.WithUser(LicenseUser{Email: email, IsManager: true})
}

// WithMaxActivations sets on how many devices the license can be activated.
func (l License) WithMaxActivations(n int) License {
	l = l.Clone()
	l.MaxActivations = &n
	return l
}

// WithMaxTransfers sets how often the license can move to another device: 0 is
// without limit, -1 is never.
func (l License) WithMaxTransfers(n int) License {
	l = l.Clone()
	l.MaxTransfers = &n
	return l
}

// WithUnlimitedTransfers lets the license move to another device as often as
// wanted. On the wire this is a max_transfers of 0.
func (l License) WithUnlimitedTransfers() License { return l.WithMaxTransfers(0) }

// WithoutTransfers lets the license never move to another device. On the wire
// this is a max_transfers of -1.
func (l License) WithoutTransfers() License { return l.WithMaxTransfers(-1) }

// WithPreventVM says whether the license is refused on virtual machines.
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

// TrialFor makes the license a trial of a number of days.
func (l License) TrialFor(days int) License {
	l = l.Trial()
	l.TrialDays = &days
	return l
}

// WithMaintenance gives the license updates for a duration in years, months or
// days. An end of maintenance set before is replaced.
func (l License) WithMaintenance(d Duration) License {
	l = l.Clone()
	l.EnableMaintenanceDuration = new(true)
	l.MaintenanceDuration, l.MaintenancePeriod = d, Date{}
	return l
}

// WithMaintenanceUntil gives the license updates up to a day. A duration of
// maintenance set before is replaced.
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

// WithFeature adds a feature with settings of its own. It is copied.
func (l License) WithFeature(f ProductFeature) License {
	l = l.Clone()
	f.fields(cloner{})
	l.ProductFeatures = append(l.ProductFeatures, f)
	return l
}

// WithoutFeatures asks for no features at all, whatever policy and product say.
// Features set before are removed.
func (l License) WithoutFeatures() License {
	l = l.Clone()
	l.ProductFeatures = []ProductFeature{}
	return l
}

// WithPolicy names the license policy that fills in what the license leaves
// out.
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

// WithSubscriptionID sets the subscription in the connected billing system.
func (l License) WithSubscriptionID(id string) License {
	l = l.Clone()
	l.SubscriptionID = id
	return l
}

// WithNote sets a remark on the license.
func (l License) WithNote(note string) License {
	l = l.Clone()
	l.Note = note
	return l
}

// WithMetadata sets free data stored with the license, replacing what was set
// before. It is copied as [Order.Clone] says.
func (l License) WithMetadata(metadata map[string]any) License {
	l = l.Clone()
	l.Metadata = wire.CloneMap(metadata)
	return l
}

// WithCustomField adds a value for a custom field: a string, a number of any Go
// kind, or a [json.Number].
func (l License) WithCustomField(name string, value any) License {
	l = l.Clone()
	l.CustomFields = append(l.CustomFields, CustomField{Name: name, Value: value})
	return l
}

// Floating lets a number of users at a time share the license.
func (l License) Floating(users int) License {
	l = l.Clone()
	l.IsFloating, l.FloatingUsers = new(true), &users
	return l
}

// FloatingCloud lets a number of users at a time share the license, counted by
// the service itself.
func (l License) FloatingCloud(users int) License {
	l = l.Floating(users)
	l.IsFloatingCloud = new(true)
	return l
}

// WithFloatingTimeout sets after how many minutes without a sign a user of a
// floating license loses the place.
func (l License) WithFloatingTimeout(minutes int) License {
	l = l.Clone()
	l.FloatingTimeout = &minutes
	return l
}

// WithExtra adds a member that [License] has no field for, as raw JSON, and
// replaces one of the same name. What is wrong with it [Order.Check] reports.
func (l License) WithExtra(name string, raw json.RawMessage) License {
	l = l.Clone()
	l.Extra = withExtra(l.Extra, name, raw)
	return l
}
