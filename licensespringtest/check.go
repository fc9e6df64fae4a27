package licensespringtest

import "slices"

// A checker holds what every level of an order may look like in one dialect.
type checker struct {
	catalogue *catalogue
	// extra are names accepted at every level, whatever their values.
	extra map[string]bool

	order, customer, item, license, user, feature, customField fields
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

	return k
}

// check looks at the whole body of a create_order request and returns every
// finding, nil when there is none.
func (k *checker) check(body any) any {
	o, ok := body.(*object)
	if !ok {
		return map[string]any{"non_field_errors": notAnObject(body)}
	}

	return report(k.object(o, k.order))
}

// object checks the members of an object one by one: those it has, and those it
// should have.
func (k *checker) object(o *object, known fields) map[string]any {
	errs := make(map[string]any)
	for _, name := range o.names {
		value := o.members[name]
		f, ok := known[name]
		switch {
		case !ok && k.extra[name]:
		case !ok:
			errs[name] = wrong(msgUnknown)
		case value == nil:
			errs[name] = wrong(msgNull)
		default:
			if err := f.check(value); err != nil {
				errs[name] = err
			}
		}
	}
	for name, f := range known {
		if _, has := o.members[name]; f.required && !has {
			errs[name] = wrong(msgRequired)
		}
	}

	return errs
}

// report is nil for an object without findings.
func report(errs map[string]any) any {
	if len(errs) == 0 {
		return nil
	}

	return errs
}

// filled checks an object that may not be empty: an empty one says nothing, and
// is what a client sends that forgot to leave it out.
func (k *checker) filled(known fields) check {
	return func(value any) any {
		o, ok := value.(*object)
		switch {
		case !ok:
			return notAnObject(value)
		case len(o.names) == 0:
			return wrong("This object may not be empty.")
		}

		return report(k.object(o, known))
	}
}

// each checks the elements of an array and reports per element, with an empty
// object for each that is fine, so that the index of a finding is its place in
// the list.
func each(value any, element func(any) any) any {
	array, ok := value.([]any)
	if !ok {
		return notAList(value)
	}
	found := false
	errs := make([]any, len(array))
	for i, v := range array {
		if v == nil {
			errs[i] = wrong(msgNull)
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
		return wrong(msgEmpty)
	}

	return nil
}

func (k *checker) items(value any) any {
	if errs := nonEmptyList(value); errs != nil {
		return errs
	}

	return each(value, k.checkItem)
}

func (k *checker) checkItem(value any) any {
	o, ok := value.(*object)
	if !ok {
		return notAnObject(value)
	}
	errs := k.object(o, k.item)
	// The product may be unknown: that is answered with a code, once the
	// request is well formed. Until then its licenses are checked by what
	// they say themselves.
	p := k.catalogue.products[o.text("product_code")]
	if licenses, ok := o.get("licenses").([]any); ok && len(licenses) > 0 {
		if err := each(licenses, func(v any) any { return k.checkLicense(v, p) }); err != nil {
			errs["licenses"] = err
		}
	}

	return report(errs)
}

func (k *checker) checkLicense(value any, p *product) any {
	o, ok := value.(*object)
	if !ok {
		return notAnObject(value)
	}
	errs := k.object(o, k.license)
	_, hasKey := o.members["key"]
	_, hasUsers := o.members["users"]
	if hasKey && hasUsers {
		errs["non_field_errors"] = wrong("A license takes either a key or users.")
	}
	k.checkAgainstType(o, k.catalogue.licenseType(p, o), errs)
	if o.text("license_type") == typeTimeLimited && errs["valid_duration"] == nil && !endsSometime(o) {
		errs["valid_duration"] = wrong("A time-limited license needs a valid duration.")
	}

	return report(errs)
}

// checkAgainstType refuses the members that do not go with the license's type.
// A member that is wrong by itself keeps its first finding.
func (k *checker) checkAgainstType(o *object, licenseType string, errs map[string]any) {
	refuse := func(name, message string) {
		if _, has := o.members[name]; has && errs[name] == nil {
			errs[name] = []string{message}
		}
	}
	if licenseType == typePerpetual {
		refuse("valid_duration", "A perpetual license has no valid duration.")
	}
	if licenseType != "" && licenseType != typeConsumption {
		for _, name := range consumptionOnly() {
			refuse(name, "Only a consumption license takes this field.")
		}
	}
}

// endsSometime reports whether a license says when it ends, or takes that from its
// policy. The page asks for it of a license that calls itself time-limited; what
// the product says counts for those that leave the type to it too.
func endsSometime(o *object) bool {
	return slices.ContainsFunc([]string{"valid_duration", "validity_period", "trial_days", "policy_code"}, func(name string) bool {
		_, has := o.members[name]

		return has
	})
}

// consumptionOnly are the members that go with consumption licenses only.
func consumptionOnly() []string {
	return []string{"max_consumptions", "allow_overages", "max_overages", "reset_consumption", "consumption_period"}
}

func (k *checker) users(value any) any {
	if errs := nonEmptyList(value); errs != nil {
		return errs
	}
	var seen []string

	return each(value, func(v any) any {
		o, ok := v.(*object)
		if !ok {
			return notAnObject(v)
		}
		errs := k.object(o, k.user)
		address := addressKey(o.text("email"))
		if errs["email"] == nil && slices.Contains(seen, address) {
			errs["email"] = wrong("This user is assigned twice.")
		}
		seen = append(seen, address)

		return report(errs)
	})
}

// features accepts a list of codes or a list of objects, never a mixture. An
// empty list is a value: no features, whatever the product has.
func (k *checker) features(value any) any {
	var first string

	return each(value, func(v any) any {
		if first == "" {
			first = kind(v)
		}
		switch o, isObject := v.(*object); {
		case kind(v) != first && (isObject || kind(v) == "str"):
			return wrong("Product features are either all codes or all objects.")
		case isObject:
			return report(k.object(o, k.feature))
		default:
			return identifier(v)
		}
	})
}

func (k *checker) customFields(value any) any {
	return each(value, func(v any) any {
		o, ok := v.(*object)
		if !ok {
			return notAnObject(v)
		}

		return report(k.object(o, k.customField))
	})
}
