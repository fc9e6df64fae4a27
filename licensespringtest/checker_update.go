package licensespringtest

// totalConsumptions is the counter of a consumption license or feature.
const totalConsumptions = "total_consumptions"

// The tables below list the members of the requests that change a license, as
// those in checker_fields.go do for an order.

func updateFields(d Dialect) fields {
	return fields{
		"validity_period":            {date, false},
		"valid_duration":             {duration("y", "m", "d", "h", "min"), false},
		"trial_days":                 {atLeast(0), false},
		"is_trial":                   {boolean, false},
		"max_activations":            {atLeast(0), false},
		"allow_unlimited_activation": {boolean, false},
		"max_transfers":              {atLeast(-1), false},
		"max_license_users":          {atLeast(0), false},
		"max_consumptions":           {atLeast(0), false},
		"allow_overages":             {boolean, false},
		"max_overages":               {amount, false},
		"reset_consumption":          {boolean, false},
		"consumption_period":         {oneOf(d.consumptionPeriods()...), false},
		totalConsumptions:            {atLeast(0), false},
		"enable_maintenance_period":  {boolean, false},
		"maintenance_duration":       {duration("y", "m", "d"), false},
		"maintenance_period":         {date, false},
		"is_floating":                {boolean, false},
		"is_floating_cloud":          {boolean, false},
		"floating_users":             {atLeast(0), false},
		"floating_timeout":           {atLeast(0), false},
		"allow_grace_period":         {boolean, false},
		"grace_period":               {atLeast(0), false},
		"prevent_vm":                 {boolean, false},
		"note":                       {anyText, false},
		"order":                      {within(1, 1<<62), false},
		"installation_file":          {within(1, 1<<62), false},
		"metadata":                   {anyObject, false},
	}
}

// featureUpdateFields lists the members of a feature in an update. The code has
// another name than in an order.
func featureUpdateFields(d Dialect) fields {
	known := featureFields(d)
	delete(known, "code")
	known["product_feature"] = field{identifier, true}
	known["is_floating_cloud"] = field{boolean, false}
	known["metadata"] = field{anyObject, false}
	known[totalConsumptions] = field{atLeast(0), false}

	return known
}

func assignmentFields() fields {
	return fields{
		"email":             {email, true},
		"first_name":        {text, false},
		"last_name":         {text, false},
		"phone_number":      {text, false},
		"is_manager":        {boolean, false},
		"password":          {text, false},
		"max_activations":   {atLeast(0), false},
		"total_activations": {atLeast(0), false},
	}
}

func unassignFields() fields {
	return fields{
		"license_user_email": {email, false},
		"license_user_id":    {within(1, 1<<62), false},
	}
}

func passwordFields() fields {
	return fields{"password": {text, true}}
}

// checkUpdate validates an update of a license of the given type.
func (k *checker) checkUpdate(body any, licenseType string) (*object, map[string]any) {
	o, errs := k.checkBody(body, k.update)
	if o == nil {
		return nil, errs
	}
	has := func(name string) bool {
		_, sent := o.members[name]

		return sent
	}
	report := func(name, message string) {
		if errs[name] == nil {
			errs[name] = []string{message}
		}
	}
	var conflicts []string
	if len(o.names) == 0 {
		conflicts = append(conflicts, msgNoMembers)
	}
	duration := has("valid_duration") || has("trial_days")
	if has("validity_period") && duration {
		conflicts = append(conflicts, "A license takes either validity_period or valid_duration and trial_days.")
	}
	if (has("validity_period") || duration) && !has("is_trial") {
		report("is_trial", "This field is required together with validity_period, valid_duration and trial_days.")
	}
	if has("maintenance_period") && has("maintenance_duration") {
		conflicts = append(conflicts, "A license takes either maintenance_period or maintenance_duration.")
	}
	if (has("maintenance_period") || has("maintenance_duration")) && !has("enable_maintenance_period") {
		report("enable_maintenance_period", "This field is required together with maintenance_period and maintenance_duration.")
	}
	if len(conflicts) > 0 {
		errs["non_field_errors"] = conflicts
	}
	k.checkLicenseType(o, licenseType, errs)
	if licenseType != typeConsumption && has(totalConsumptions) {
		report(totalConsumptions, msgConsumptionOnly)
	}

	return o, errs
}

// featureUpdates checks the features in an update. An empty list is valid: the
// license has no features afterwards.
func (k *checker) featureUpdates(d Dialect) check {
	known := featureUpdateFields(d)

	return func(value any) any {
		seen := make(map[string]bool)

		return checkEach(value, func(v any) any {
			o, ok := v.(*object)
			if !ok {
				return notAnObject(v)
			}
			errs := k.checkMembers(o, known)
			code := o.text("product_feature")
			if errs["product_feature"] == nil && seen[code] {
				errs["product_feature"] = finding("This feature is listed twice.")
			}
			seen[code] = true

			return nilIfEmpty(errs)
		})
	}
}

// checkUnassign validates the request that removes a user from a license.
func (k *checker) checkUnassign(body any) (*object, map[string]any) {
	o, errs := k.checkBody(body, k.unassignment)
	if o == nil {
		return nil, errs
	}
	_, hasEmail := o.members["license_user_email"]
	_, hasID := o.members["license_user_id"]
	if hasEmail == hasID {
		errs["non_field_errors"] = finding("Exactly one of license_user_email and license_user_id is required.")
	}

	return o, errs
}
