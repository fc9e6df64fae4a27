package licensespring

func (l *License) rules(ch *checker) {
	l.formRules(ch)
	l.typeRules(ch)
	l.validityRules(ch)
	l.maintenanceRules(ch)
	l.ConsumptionOptions.rules(ch)
	l.limitRules(ch)
}

func (u *LicenseUser) rules(ch *checker) { ch.email("email", u.Email, true) }

func (f *ProductFeature) rules(ch *checker) {
	ch.identifier("code", f.Code, true)
	f.ConsumptionOptions.rules(ch)
	f.FloatingOptions.rules(ch)
}

func (c *CustomField) rules(ch *checker) {
	if c.Name == "" {
		ch.reject("name", RuleRequired, "is required")
	}
}

// formRules concern keys, users and other identifiers. The product allows either a
// key or users.
func (l *License) formRules(ch *checker) {
	ch.identifier("key", l.Key, false)
	ch.identifier("policy_code", l.PolicyCode, false)
	ch.identifier("subscription_id", l.SubscriptionID, false)
	switch {
	case l.Key == "" && len(l.Users) == 0:
		return // the service generates a key, or rejects a user-based license
	case l.Key != "" && len(l.Users) > 0:
		ch.reject("users", RuleKeyAndUsers, "a license has either a key or users")
	default:
		l.mixedForms(ch)
	}
	if l.Key != "" {
		l.duplicateKey(ch)
	}
	if limit := l.MaxLicenseUsers; limit != nil && *limit > 0 && len(l.Users) > *limit {
		ch.warn("users", RuleTooManyUsers, "exceeds max_license_users")
	}
}

func (l *License) mixedForms(ch *checker) {
	// A bundle may hold products of both forms.
	if ch.bundle || ch.product == "" {
		return
	}
	if l.Key != "" {
		ch.keyBased.add(ch.product, ch.at)
		if first, mixed := ch.usersBased.find(ch.product); mixed {
			ch.reject("key", RuleMixedLicenseForms, "has a key, but users for the same product at "+first.String())
		}
		return
	}
	ch.usersBased.add(ch.product, ch.at)
	if first, mixed := ch.keyBased.find(ch.product); mixed {
		ch.reject("users", RuleMixedLicenseForms, "has users, but a key for the same product at "+first.String())
	}
}

func (l *License) duplicateKey(ch *checker) {
	if first, twice := ch.keys.add(l.Key, ch.at); twice {
		ch.reject("key", RuleDuplicateKey, "is a duplicate of that of "+first.String())
	}
}

// typeRules concern options of one license type. A license without a type takes it
// from the policy or the product.
func (l *License) typeRules(ch *checker) {
	switch {
	case l.LicenseType == "", l.LicenseType == Consumption:
		return
	case !l.LicenseType.known():
		ch.warn("license_type", RuleUnknownValue, "is not a known type: time-limited, perpetual, consumption, subscription")
		return
	}
	reject := func(name string, present bool) {
		if present {
			ch.reject(name, RuleWrongLicenseType, "applies to consumption licenses; this one is "+string(l.LicenseType))
		}
	}
	reject("max_consumptions", l.MaxConsumptions != nil)
	reject("allow_overages", l.AllowOverages != nil)
	reject("max_overages", l.MaxOverages != nil)
	reject("reset_consumption", l.ResetConsumption != nil)
	reject("consumption_period", l.ConsumptionPeriod != "")
}

// validityRules concern the end of the license.
func (l *License) validityRules(ch *checker) {
	duration, date := !l.ValidDuration.IsZero(), !l.ValidityPeriod.IsZero()
	// A perpetual license can have a trial that ends.
	endless := l.LicenseType == Perpetual && !isTrue(l.IsTrial)
	switch {
	case endless && duration:
		ch.reject("valid_duration", RuleDurationOnPerpetual, "does not apply to a perpetual license")
	case l.LicenseType == TimeLimited && !duration && !date && l.TrialDays == nil && !ch.policy:
		ch.reject("valid_duration", RuleMissingValidity, "a time-limited license needs a valid_duration or a validity_period")
	}
	if endless && date {
		ch.warn("validity_period", RuleValidityOnPerpetual, "does not apply to a perpetual license")
	}
	if duration && date {
		ch.warn("validity_period", RuleDurationAndDate, "valid_duration is set too")
	}
	if date && l.StartDate.IsValid() && l.StartDate.Time().After(l.ValidityPeriod) {
		ch.warn("start_date", RuleStartsAfterEnd, "is after validity_period")
	}
}

// maintenanceRules concern updates.
func (l *License) maintenanceRules(ch *checker) {
	duration, date := !l.MaintenanceDuration.IsZero(), !l.MaintenancePeriod.IsZero()
	enabled := l.EnableMaintenanceDuration
	// The policy may supply absent values.
	absent := enabled == nil && !ch.policy
	if unit := l.MaintenanceDuration.Unit; unit == UnitHours || unit == UnitMinutes {
		ch.reject("maintenance_duration", RuleMaintenanceUnit, "must be in years, months or days")
	}
	if duration && (absent || isFalse(enabled)) {
		ch.warn("maintenance_duration", RuleMaintenanceNotEnabled, "has no effect unless enable_maintenance_duration is true")
	}
	if date && (absent || isFalse(enabled)) {
		ch.warn("maintenance_period", RuleMaintenanceNotEnabled, "has no effect unless enable_maintenance_duration is true")
	}
	if isTrue(enabled) && !duration && !date && !ch.policy {
		ch.warn("enable_maintenance_duration", RuleMaintenanceNoLength, "needs a maintenance_duration")
	}
	if duration && date {
		ch.warn("maintenance_period", RuleDurationAndDate, "maintenance_duration is set too")
	}
}

func (o *ConsumptionOptions) rules(ch *checker) {
	if o.MaxOverages != nil && *o.MaxOverages != 0 {
		switch {
		case isFalse(o.AllowOverages):
			ch.reject("max_overages", RuleOveragesNotAllowed, "must be absent or 0 if allow_overages is false")
		case o.AllowOverages == nil && !ch.policy:
			ch.warn("max_overages", RuleOveragesUnspecified, "allow_overages is not set")
		}
	}
	ch.disabled("reset_consumption", o.ResetConsumption, "consumption_period", o.ConsumptionPeriod != "")
}

func (o *FloatingOptions) rules(ch *checker) {
	ch.disabled("is_floating", o.IsFloating, "floating_users", o.FloatingUsers != nil)
	ch.disabled("is_floating", o.IsFloating, "floating_timeout", o.FloatingTimeout != nil)
}

// limitRules concern limits and the options that remove or disable them.
func (l *License) limitRules(ch *checker) {
	if isTrue(l.AllowUnlimitedActivations) && l.MaxActivations != nil {
		ch.warn("max_activations", RuleUnlimitedWithLimit, "has no effect: allow_unlimited_activations is true")
	}
	if isTrue(l.AllowUnlimitedConsumptions) && l.MaxConsumptions != nil {
		ch.warn("max_consumptions", RuleUnlimitedWithLimit, "has no effect: allow_unlimited_consumptions is true")
	}
	// A cloud-floating license may set is_floating to false.
	if !isTrue(l.IsFloatingCloud) {
		l.FloatingOptions.rules(ch)
	}
	ch.disabled("is_trial", l.IsTrial, "trial_days", l.TrialDays != nil)
	ch.disabled("can_borrow", l.CanBorrow, "max_borrow_time", l.MaxBorrowTime != nil)
	ch.disabled("allow_grace_period", l.AllowGracePeriod, "grace_period", l.GracePeriod != nil)
}

// disabled warns of an option that has no effect because the option that enables it
// is false.
func (c *checker) disabled(enabler string, value *bool, name string, present bool) {
	if present && isFalse(value) {
		c.warn(name, RuleSwitchedOff, "has no effect: "+enabler+" is false")
	}
}

func isTrue(p *bool) bool  { return p != nil && *p }
func isFalse(p *bool) bool { return p != nil && !*p }
