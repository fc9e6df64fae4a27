package licensespringtest

import "slices"

// A checker validates the bodies of requests in one dialect.
type checker struct {
	catalogue *catalogue
	// extra holds the names of members that every object accepts, with any value.
	extra map[string]bool

	order, customer, item, license, user, feature, customField fields
	update, featureUpdate, assignment, unassignment, password  fields
}

func newChecker(d Dialect, c *catalogue, extra []string) *checker {
	k := &checker{catalogue: c, extra: make(map[string]bool, len(extra))}
	for _, name := range extra {
		k.extra[name] = true
	}
	k.user = userFields()
	k.feature = featureFields(d)
	k.customField = customFieldFields()
	k.license = k.licenseFields(d)
	k.item = k.itemFields()
	k.customer = customerFields(d)
	k.order = k.orderFields()
	k.update = updateFields(d)
	k.featureUpdate = fields{"product_features": {k.featureUpdates(d), true}}
	k.assignment = assignmentFields()
	k.unassignment = unassignFields()
	k.password = passwordFields()

	return k
}

// check validates the body of a create_order request. It returns all findings,
// or nil if there are none.
func (k *checker) check(body any) any {
	_, errs := k.checkBody(body, k.order)

	return nilIfEmpty(errs)
}

// checkBody checks a body that must be an object. It returns the object, or nil if
// the body is none, and the findings.
func (k *checker) checkBody(body any, known fields) (*object, map[string]any) {
	o, ok := body.(*object)
	if !ok {
		return nil, map[string]any{"non_field_errors": notAnObject(body)}
	}

	return o, k.checkMembers(o, known)
}

// checkMembers checks each member of an object and reports missing ones.
func (k *checker) checkMembers(o *object, known fields) map[string]any {
	errs := make(map[string]any)
	for _, name := range o.names {
		value := o.members[name]
		f, ok := known[name]
		switch {
		case !ok && k.extra[name]:
		case !ok:
			errs[name] = finding(msgUnknown)
		case value == nil:
			errs[name] = finding(msgNull)
		default:
			if err := f.check(value); err != nil {
				errs[name] = err
			}
		}
	}
	for name, f := range known {
		if _, has := o.members[name]; f.required && !has {
			errs[name] = finding(msgRequired)
		}
	}

	return errs
}

// nilIfEmpty returns a nil interface for an object without findings.
func nilIfEmpty(errs map[string]any) any {
	if len(errs) == 0 {
		return nil
	}

	return errs
}

// nonEmptyObject checks an object that must have a member. A client sends an
// empty one if it fails to omit an unset object.
func (k *checker) nonEmptyObject(known fields) check {
	return func(value any) any {
		o, ok := value.(*object)
		switch {
		case !ok:
			return notAnObject(value)
		case len(o.names) == 0:
			return finding(msgNoMembers)
		}

		return nilIfEmpty(k.checkMembers(o, known))
	}
}

// checkEach checks the elements of an array. The result has an entry for each
// element, empty if the element is valid, so that indices match.
func checkEach(value any, element func(any) any) any {
	array, ok := value.([]any)
	if !ok {
		return notAList(value)
	}
	found := false
	errs := make([]any, len(array))
	for i, v := range array {
		if v == nil {
			errs[i] = finding(msgNull)
		} else {
			errs[i] = element(v)
		}
		if errs[i] == nil {
			errs[i] = struct{}{}
		} else {
			found = true
		}
	}
	if !found {
		return nil
	}

	return errs
}

func nonEmptyList(value any) any {
	array, ok := value.([]any)
	switch {
	case !ok:
		return notAList(value)
	case len(array) == 0:
		return finding(msgEmpty)
	}

	return nil
}

func (k *checker) items(value any) any {
	if errs := nonEmptyList(value); errs != nil {
		return errs
	}

	return checkEach(value, k.checkItem)
}

func (k *checker) checkItem(value any) any {
	o, ok := value.(*object)
	if !ok {
		return notAnObject(value)
	}
	errs := k.checkMembers(o, k.item)
	// An unknown product is reported after validation, with an error code. Its
	// licenses are checked without product defaults.
	p := k.catalogue.products[o.text("product_code")]
	if licenses, ok := o.get("licenses").([]any); ok && len(licenses) > 0 {
		if err := checkEach(licenses, func(v any) any { return k.checkLicense(v, p) }); err != nil {
			errs["licenses"] = err
		}
	}

	return nilIfEmpty(errs)
}

func (k *checker) checkLicense(value any, p *product) any {
	o, ok := value.(*object)
	if !ok {
		return notAnObject(value)
	}
	errs := k.checkMembers(o, k.license)
	_, hasKey := o.members["key"]
	_, hasUsers := o.members["users"]
	if hasKey && hasUsers {
		errs["non_field_errors"] = finding("A license takes either a key or users.")
	}
	k.checkLicenseType(o, k.catalogue.licenseType(p, o), errs)
	if o.text("license_type") == typeTimeLimited && errs["valid_duration"] == nil && !hasValidity(o) {
		errs["valid_duration"] = finding("A time-limited license needs a valid duration.")
	}

	return nilIfEmpty(errs)
}

// checkLicenseType rejects the members that the license type does not allow. A
// member that already has a finding keeps it.
func (k *checker) checkLicenseType(o *object, licenseType string, errs map[string]any) {
	reject := func(name, message string) {
		if _, has := o.members[name]; has && errs[name] == nil {
			errs[name] = []string{message}
		}
	}
	if licenseType == typePerpetual {
		reject("valid_duration", "A perpetual license has no valid duration.")
	}
	if licenseType != "" && licenseType != typeConsumption {
		for _, name := range consumptionFields() {
			reject(name, msgConsumptionOnly)
		}
	}
}

// hasValidity reports whether a license sets its end or names a policy that can.
// The Create Order page requires this of licenses that set license_type to
// time-limited. Licenses that inherit the type inherit the duration as well.
func hasValidity(o *object) bool {
	return slices.ContainsFunc([]string{"valid_duration", "validity_period", "trial_days", "policy_code"}, func(name string) bool {
		_, has := o.members[name]

		return has
	})
}

// consumptionFields returns the members that only consumption licenses have.
func consumptionFields() []string {
	return []string{"max_consumptions", "allow_overages", "max_overages", "reset_consumption", "consumption_period"}
}

func (k *checker) users(value any) any {
	if errs := nonEmptyList(value); errs != nil {
		return errs
	}
	var seen []string

	return checkEach(value, func(v any) any {
		o, ok := v.(*object)
		if !ok {
			return notAnObject(v)
		}
		errs := k.checkMembers(o, k.user)
		address := addressKey(o.text("email"))
		if errs["email"] == nil && slices.Contains(seen, address) {
			errs["email"] = finding("This user is assigned twice.")
		}
		seen = append(seen, address)

		return nilIfEmpty(errs)
	})
}

// features accepts a list of codes or a list of objects, but not a mixture. An
// empty list is valid: the license has no features.
func (k *checker) features(value any) any {
	var first string

	return checkEach(value, func(v any) any {
		if first == "" {
			first = typeName(v)
		}
		switch o, isObject := v.(*object); {
		case typeName(v) != first && (isObject || typeName(v) == "str"):
			return finding("Product features are either all codes or all objects.")
		case isObject:
			return nilIfEmpty(k.checkMembers(o, k.feature))
		default:
			return identifier(v)
		}
	})
}

func (k *checker) customFields(value any) any {
	return checkEach(value, func(v any) any {
		o, ok := v.(*object)
		if !ok {
			return notAnObject(v)
		}

		return nilIfEmpty(k.checkMembers(o, k.customField))
	})
}
