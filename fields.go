package licensespring

import "encoding/json"

// object is a part of an order that is an object on the wire.
type object interface {
	// fields shows a visitor every member of the object, in the order in which
	// they are written: the page's first, then those of the newer reference.
	// Names are the page's; a visitor that meets the wire translates them.
	fields(v visitor)
	// rules checks what holds for this object, beside what holds for every
	// member of a kind.
	rules(ch *checker)
}

// visitor does one thing with every member of an object, whatever it is:
// writing, reading, copying, checking. The lists in this file are the only
// place that knows which field of Go is which member of the wire.
type visitor interface {
	// member shows the member called name, and the field it is as a pointer p.
	// The kinds of fields are, by the type of p:
	//
	//	*string *bool *ConsumptionPeriod *Duration *time.Time *Date
	//	        a zero value means that the member is absent
	//	**bool **int **int64 **float64 *map[string]any *any **Customer
	//	        nil means that the member is absent; zero and false are values
	//	*[]OrderItem *[]License *[]LicenseUser *[]ProductFeature *[]CustomField
	//	        a list of objects; see listOf
	member(name string, p any)

	// extra comes last: the members of owner that no field stands for.
	extra(owner object, p *map[string]json.RawMessage)
}

func (o *Order) fields(v visitor) {
	v.member("id", &o.ID)
	v.member("items", &o.Items)
	v.member("append", &o.Append)
	v.member("is_test", &o.IsTest)
	v.member("created", &o.Created)
	v.member("order_type", (*string)(&o.OrderType))
	v.member("language", &o.Language)
	v.member("campaign_params", &o.CampaignParams)
	v.member("download_id", &o.DownloadID)
	v.member("prevent_vm", &o.PreventVM)
	v.member("customer", &o.Customer)

	v.member("is_bundle", &o.IsBundle)
	v.member("metadata", &o.Metadata)
	v.member("customer_account_id", &o.CustomerAccountID)
	v.member("add_to_customer_account", &o.AddToCustomerAccount)
	v.member("reference", &o.Reference)
	v.extra(o, &o.Extra)
}

func (c *Customer) fields(v visitor) {
	v.member("email", &c.Email)
	v.member("first_name", &c.FirstName)
	v.member("last_name", &c.LastName)
	v.member("company", &c.Company)
	v.member("phone", &c.Phone)
	v.member("reference", &c.Reference)
	v.member("is_manager", &c.IsManager)

	v.member("address", &c.Address)
	v.extra(c, &c.Extra)
}

func (i *OrderItem) fields(v visitor) {
	v.member("product_code", &i.ProductCode)
	v.member("note", &i.Note)
	v.member("licenses", &i.Licenses)
	v.extra(i, &i.Extra)
}

func (l *License) fields(v visitor) {
	v.member("key", &l.Key)
	v.member("users", &l.Users)
	v.member("max_activations", &l.MaxActivations)
	v.member("license_type", (*string)(&l.LicenseType))
	v.member("max_consumptions", &l.MaxConsumptions)
	v.member("valid_duration", &l.ValidDuration)
	v.member("enable_maintenance_duration", &l.EnableMaintenanceDuration)
	v.member("maintenance_duration", &l.MaintenanceDuration)
	v.member("validity_period", &l.ValidityPeriod)
	v.member("product_features", &l.ProductFeatures)
	v.member("is_trial", &l.IsTrial)
	v.member("prevent_vm", &l.PreventVM)
	v.member("max_transfers", &l.MaxTransfers)
	l.ConsumptionOptions.fields(v)

	v.member("policy_code", &l.PolicyCode)
	v.member("trial_days", &l.TrialDays)
	v.member("start_date", &l.StartDate)
	v.member("maintenance_period", &l.MaintenancePeriod)
	v.member("note", &l.Note)
	v.member("subscription_id", &l.SubscriptionID)
	v.member("metadata", &l.Metadata)
	v.member("custom_fields", &l.CustomFields)
	l.FloatingOptions.fields(v)
	v.member("is_floating_cloud", &l.IsFloatingCloud)
	v.member("can_borrow", &l.CanBorrow)
	v.member("max_borrow_time", &l.MaxBorrowTime)
	v.member("allow_grace_period", &l.AllowGracePeriod)
	v.member("grace_period", &l.GracePeriod)
	v.member("max_license_users", &l.MaxLicenseUsers)
	v.member("is_air_gapped", &l.IsAirGapped)
	v.member("is_hardware_key_auth", &l.IsHardwareKeyAuth)
	v.member("allow_unlimited_activations", &l.AllowUnlimitedActivations)
	v.member("allow_unlimited_consumptions", &l.AllowUnlimitedConsumptions)
	v.member("allow_negative_consumptions", &l.AllowNegativeConsumptions)
	v.member("active", &l.Active)
	v.member("enabled", &l.Enabled)
	v.extra(l, &l.Extra)
}

func (u *LicenseUser) fields(v visitor) {
	v.member("email", &u.Email)
	v.member("is_manager", &u.IsManager)

	v.member("max_activations", &u.MaxActivations)
	v.extra(u, &u.Extra)
}

func (f *ProductFeature) fields(v visitor) {
	v.member("code", &f.Code)
	v.member("max_consumption", &f.MaxConsumption)

	v.member("expiry_date", &f.ExpiryDate)
	f.ConsumptionOptions.fields(v)
	f.FloatingOptions.fields(v)
	v.extra(f, &f.Extra)
}

func (c *CustomField) fields(v visitor) {
	v.member("name", &c.Name)
	v.member("value", &c.Value)
}

func (o *ConsumptionOptions) fields(v visitor) {
	v.member("allow_overages", &o.AllowOverages)
	v.member("max_overages", &o.MaxOverages)
	v.member("reset_consumption", &o.ResetConsumption)
	v.member("consumption_period", &o.ConsumptionPeriod)
}

func (o *FloatingOptions) fields(v visitor) {
	v.member("is_floating", &o.IsFloating)
	v.member("floating_users", &o.FloatingUsers)
	v.member("floating_timeout", &o.FloatingTimeout)
}
