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
		ch.fault("name", RuleRequired, "is required")
	}
}

// formRules are about keys and users: the product decides for one of them.
func (l *License) formRules(ch *checker) {
	ch.identifier("key", l.Key, false)
	ch.identifier("policy_code", l.PolicyCode, false)
	switch {
	case l.Key == "" && len(l.Users) == 0:
		return // the service makes a key, or the product says what is missing
	case l.Key != "" && len(l.Users) > 0:
		ch.fault("users", RuleKeyAndUsers, "a license has a key or users, not both")
	default:
		l.mixedForms(ch)
	}
	if l.Key != "" {
		l.duplicateKey(ch)
	}
	if limit := l.MaxLicenseUsers; limit != nil && *limit > 0 && len(l.Users) > *limit {
		ch.warn("users", RuleTooManyUsers, "there are more than max_license_users")
	}
}

func (l *License) mixedForms(ch *checker) {
	// A bundle may hold products of both forms.
	if ch.bundle || ch.product == "" {
		return
	}
	if l.Key != "" {
		ch.keyBased.see(ch.product, ch.at)
		if first, mixed := ch.usersBased.find(ch.product); mixed {
			ch.fault("key", RuleMixedLicenseForms, "there is a key, but users for the same product at "+first.String())
		}
		return
	}
	ch.usersBased.see(ch.product, ch.at)
	if first, mixed := ch.keyBased.find(ch.product); mixed {
		ch.fault("users", RuleMixedLicenseForms, "there are users, but a key for the same product at "+first.String())
	}
}

func (l *License) duplicateKey(ch *checker) {
	if first, twice := ch.keys.see(l.Key, ch.at); twice {
		ch.fault("key", RuleDuplicateKey, "is the same as that of "+first.String())
	}
}

// typeRules are about what goes with a type of license only. A license that
// does not say its type takes it from the policy or product.
func (l *License) typeRules(ch *checker) {
	switch {
	case l.LicenseType == "", l.LicenseType == Consumption:
		return
	case !l.LicenseType.known():
		ch.warn("license_type", RuleUnknownValue, "is none of the known types: time-limited, perpetual, consumption, subscription")
		return
	}
	other := func(name string, given bool) {
		if given {
			ch.fault(name, RuleConsumptionOnOther, "is for consumption licenses, and this one is "+string(l.LicenseType))
		}
	}
	other("max_consumptions", l.MaxConsumptions != nil)
	other("allow_overages", l.AllowOverages != nil)
	other("max_overages", l.MaxOverages != nil)
	other("reset_consumption", l.ResetConsumption != nil)
	other("consumption_period", l.ConsumptionPeriod != "")
}

// validityRules are about the end of the license.
func (l *License) validityRules(ch *checker) {
	duration, date := !l.ValidDuration.IsZero(), !l.ValidityPeriod.IsZero()
	// The end of a trial is the end of the trial, also of a perpetual license.
	forever := l.LicenseType == Perpetual && !isTrue(l.IsTrial)
	switch {
	case forever && duration:
		ch.fault("valid_duration", RuleDurationOnPerpetual, "does not apply to a perpetual license")
	case l.LicenseType == TimeLimited && !duration && !date && l.TrialDays == nil && !ch.policy:
		ch.fault("valid_duration", RuleMissingValidity, "a time-limited license needs a valid_duration or a validity_period")
	}
	if forever && date {
		ch.warn("validity_period", RuleValidityOnPerpetual, "does not apply to a perpetual license")
	}
	if duration && date {
		ch.warn("validity_period", RuleDurationAndDate, "there is a valid_duration as well")
	}
	if date && l.StartDate.IsValid() && l.StartDate.Time().After(l.ValidityPeriod) {
		ch.warn("start_date", RuleStartsAfterEnd, "is after the validity_period")
	}
}

// maintenanceRules are about updates.
func (l *License) maintenanceRules(ch *checker) {
	duration, date := !l.MaintenanceDuration.IsZero(), !l.MaintenancePeriod.IsZero()
	enabled := l.EnableMaintenanceDuration
	// What is not said may be said by the policy.
	unsaid := enabled == nil && !ch.policy
	if unit := l.MaintenanceDuration.Unit(); unit == UnitHours || unit == UnitMinutes {
		ch.fault("maintenance_duration", RuleMaintenanceUnit, "must be in years, months or days")
	}
	if duration && (unsaid || isFalse(enabled)) {
		ch.warn("maintenance_duration", RuleMaintenanceNotEnabled, "does not count unless enable_maintenance_duration is true")
	}
	if date && (unsaid || isFalse(enabled)) {
		ch.warn("maintenance_period", RuleMaintenanceNotEnabled, "does not count unless enable_maintenance_duration is true")
	}
	if isTrue(enabled) && !duration && !date && !ch.policy {
		ch.warn("enable_maintenance_duration", RuleMaintenanceNoLength, "there is no maintenance_duration")
	}
	if duration && date {
		ch.warn("maintenance_period", RuleDurationAndDate, "there is a maintenance_duration as well")
	}
}

func (o *ConsumptionOptions) rules(ch *checker) {
	if o.MaxOverages != nil && *o.MaxOverages != 0 {
		switch {
		case isFalse(o.AllowOverages):
			ch.fault("max_overages", RuleOveragesNotAllowed, "overages are not allowed: allow_overages is false")
		case o.AllowOverages == nil && !ch.policy:
			ch.warn("max_overages", RuleOveragesNotSaid, "allow_overages is not said")
		}
	}
	ch.off("reset_consumption", o.ResetConsumption, "consumption_period", o.ConsumptionPeriod != "")
}

func (o *FloatingOptions) rules(ch *checker) {
	ch.off("is_floating", o.IsFloating, "floating_users", o.FloatingUsers != nil)
	ch.off("is_floating", o.IsFloating, "floating_timeout", o.FloatingTimeout != nil)
}

// limitRules are about limits, and about what lifts them or switches them off.
func (l *License) limitRules(ch *checker) {
	if isTrue(l.AllowUnlimitedActivations) && l.MaxActivations != nil {
		ch.warn("max_activations", RuleUnlimitedWithLimit, "does not count: allow_unlimited_activations is true")
	}
	if isTrue(l.AllowUnlimitedConsumptions) && l.MaxConsumptions != nil {
		ch.warn("max_consumptions", RuleUnlimitedWithLimit, "does not count: allow_unlimited_consumptions is true")
	}
	// A license that floats in the cloud may say no to the other kind.
	if !isTrue(l.IsFloatingCloud) {
		l.FloatingOptions.rules(ch)
	}
	ch.off("is_trial", l.IsTrial, "trial_days", l.TrialDays != nil)
	ch.off("can_borrow", l.CanBorrow, "max_borrow_time", l.MaxBorrowTime != nil)
	ch.off("allow_grace_period", l.AllowGracePeriod, "grace_period", l.GracePeriod != nil)
}

// off warns of a setting that is given although its switch is false.
func (c *checker) off(switchName string, value *bool, name string, given bool) {
	if given && isFalse(value) {
		c.warn(name, RuleSwitchedOff, "does not count: "+switchName+" is false")
	}
}

func isTrue(p *bool) bool  { return p != nil && *p }
func isFalse(p *bool) bool { return p != nil && !*p }
