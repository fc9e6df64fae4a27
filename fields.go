package licensespring

import (
	"encoding/json"
	"time"
)

// object is a part of an order that is an object on the wire.
type object interface {
	// fields shows a visitor every member of the object, in the order in which
	// they are written: the page's first, then those of the newer reference.
	// Names are the page's; a visitor that meets the wire translates them.
	fields(v visitor)
}

// visitor does one thing with every member of an object, whatever it is:
// writing, reading, copying, checking. The lists in this file are the only
// place that knows which field of Go is which member of the wire.
type visitor interface {
	// A zero value means that the member is absent.
	text(name string, p *string)
	flag(name string, p *bool)
	period(name string, p *ConsumptionPeriod)
	duration(name string, p *Duration)
	moment(name string, p *time.Time)
	date(name string, p *Date)

	// Nil means that the member is absent; zero and false are values.
	optFlag(name string, p **bool)
	optInt(name string, p **int)
	optID(name string, p **int64)
	optNumber(name string, p **float64)
	metadata(name string, p *map[string]any)
	scalar(name string, p *any)

	// Objects and arrays of objects.
	customer(name string, p **Customer)
	items(name string, p *[]OrderItem)
	licenses(name string, p *[]License)
	users(name string, p *[]LicenseUser)
	features(name string, p *[]ProductFeature)
	customFields(name string, p *[]CustomField)

	// extra comes last: the members of owner that no field stands for.
	extra(owner object, p *map[string]json.RawMessage)
}

// objectPointer is the pointer to a T that is an object.
type objectPointer[T any] interface {
	*T
	object
}

// ignorer is the visitor that does nothing, for others to build upon.
type ignorer struct{}

func (ignorer) text(string, *string)                      {}
func (ignorer) flag(string, *bool)                        {}
func (ignorer) period(string, *ConsumptionPeriod)         {}
func (ignorer) duration(string, *Duration)                {}
func (ignorer) moment(string, *time.Time)                 {}
func (ignorer) date(string, *Date)                        {}
func (ignorer) optFlag(string, **bool)                    {}
func (ignorer) optInt(string, **int)                      {}
func (ignorer) optID(string, **int64)                     {}
func (ignorer) optNumber(string, **float64)               {}
func (ignorer) metadata(string, *map[string]any)          {}
func (ignorer) scalar(string, *any)                       {}
func (ignorer) customer(string, **Customer)               {}
func (ignorer) items(string, *[]OrderItem)                {}
func (ignorer) licenses(string, *[]License)               {}
func (ignorer) users(string, *[]LicenseUser)              {}
func (ignorer) features(string, *[]ProductFeature)        {}
func (ignorer) customFields(string, *[]CustomField)       {}
func (ignorer) extra(object, *map[string]json.RawMessage) {}

func (o *Order) fields(v visitor) {
	v.text("id", &o.ID)
	v.items("items", &o.Items)
	v.flag("append", &o.Append)
	v.flag("is_test", &o.IsTest)
	v.moment("created", &o.Created)
	v.text("order_type", (*string)(&o.OrderType))
	v.text("language", &o.Language)
	v.text("campaign_params", &o.CampaignParams)
	v.text("download_id", &o.DownloadID)
	v.optFlag("prevent_vm", &o.PreventVM)
	v.customer("customer", &o.Customer)

	v.flag("is_bundle", &o.IsBundle)
	v.text("metadata", &o.Metadata)
	v.optID("customer_account_id", &o.CustomerAccountID)
	v.optFlag("add_to_customer_account", &o.AddToCustomerAccount)
	v.text("reference", &o.Reference)
	v.extra(o, &o.Extra)
}

func (c *Customer) fields(v visitor) {
	v.text("email", &c.Email)
	v.text("first_name", &c.FirstName)
	v.text("last_name", &c.LastName)
	v.text("company", &c.Company)
	v.text("phone", &c.Phone)
	v.text("reference", &c.Reference)
	v.flag("is_manager", &c.IsManager)

	v.text("address", &c.Address)
	v.extra(c, &c.Extra)
}

func (i *OrderItem) fields(v visitor) {
	v.text("product_code", &i.ProductCode)
	v.text("note", &i.Note)
	v.licenses("licenses", &i.Licenses)
	v.extra(i, &i.Extra)
}

func (l *License) fields(v visitor) {
	v.text("key", &l.Key)
	v.users("users", &l.Users)
	v.optInt("max_activations", &l.MaxActivations)
	v.text("license_type", (*string)(&l.LicenseType))
	v.optInt("max_consumptions", &l.MaxConsumptions)
	v.duration("valid_duration", &l.ValidDuration)
	v.optFlag("enable_maintenance_duration", &l.EnableMaintenanceDuration)
	v.duration("maintenance_duration", &l.MaintenanceDuration)
	v.moment("validity_period", &l.ValidityPeriod)
	v.features("product_features", &l.ProductFeatures)
	v.optFlag("is_trial", &l.IsTrial)
	v.optFlag("prevent_vm", &l.PreventVM)
	v.optInt("max_transfers", &l.MaxTransfers)
	l.ConsumptionOptions.fields(v)

	v.text("policy_code", &l.PolicyCode)
	v.optInt("trial_days", &l.TrialDays)
	v.date("start_date", &l.StartDate)
	v.date("maintenance_period", &l.MaintenancePeriod)
	v.text("note", &l.Note)
	v.text("subscription_id", &l.SubscriptionID)
	v.metadata("metadata", &l.Metadata)
	v.customFields("custom_fields", &l.CustomFields)
	l.FloatingOptions.fields(v)
	v.optFlag("is_floating_cloud", &l.IsFloatingCloud)
	v.optFlag("can_borrow", &l.CanBorrow)
	v.optInt("max_borrow_time", &l.MaxBorrowTime)
	v.optFlag("allow_grace_period", &l.AllowGracePeriod)
	v.optInt("grace_period", &l.GracePeriod)
	v.optInt("max_license_users", &l.MaxLicenseUsers)
	v.optFlag("is_air_gapped", &l.IsAirGapped)
	v.optFlag("is_hardware_key_auth", &l.IsHardwareKeyAuth)
	v.optFlag("allow_unlimited_activations", &l.AllowUnlimitedActivations)
	v.optFlag("allow_unlimited_consumptions", &l.AllowUnlimitedConsumptions)
	v.optFlag("allow_negative_consumptions", &l.AllowNegativeConsumptions)
	v.optFlag("active", &l.Active)
	v.optFlag("enabled", &l.Enabled)
	v.extra(l, &l.Extra)
}

func (u *LicenseUser) fields(v visitor) {
	v.text("email", &u.Email)
	v.flag("is_manager", &u.IsManager)

	v.optInt("max_activations", &u.MaxActivations)
	v.extra(u, &u.Extra)
}

func (f *ProductFeature) fields(v visitor) {
	v.text("code", &f.Code)
	v.optInt("max_consumption", &f.MaxConsumption)

	v.date("expiry_date", &f.ExpiryDate)
	f.ConsumptionOptions.fields(v)
	f.FloatingOptions.fields(v)
	v.extra(f, &f.Extra)
}

func (c *CustomField) fields(v visitor) {
	v.text("name", &c.Name)
	v.scalar("value", &c.Value)
}

func (o *ConsumptionOptions) fields(v visitor) {
	v.optFlag("allow_overages", &o.AllowOverages)
	v.optNumber("max_overages", &o.MaxOverages)
	v.optFlag("reset_consumption", &o.ResetConsumption)
	v.period("consumption_period", &o.ConsumptionPeriod)
}

func (o *FloatingOptions) fields(v visitor) {
	v.optFlag("is_floating", &o.IsFloating)
	v.optInt("floating_users", &o.FloatingUsers)
	v.optInt("floating_timeout", &o.FloatingTimeout)
}
