package licensespring

// LicenseState is what [Client.EnsureLicense] makes true. Members that are nil, zero
// or empty are not compared and stay as they are.
type LicenseState struct {
	// Enabled is whether the license is enabled. A disabled license cannot be
	// activated or checked, whatever its dates. To suspend a license, set it alone: a
	// conflict of another member prevents every change.
	Enabled *bool `json:"enabled,omitzero"`
	// LicenseUpdate holds the values. IsTrial may be absent: the value of the license
	// is sent with a new ValidityPeriod. Members of Metadata that are not named stay
	// as they are. MaintenanceDuration and Extra must be absent, since a license does
	// not show whether they are in effect.
	LicenseUpdate
	// ProductFeatures are all features of the license. Nil leaves them as they are;
	// others are removed. Options that a feature does not name stay as they are, and
	// counters are never changed. A code that the product does not have is dropped by
	// the service, so that each call repeats the list.
	ProductFeatures []ProductFeature `json:"product_features,omitzero"`
	// Users are all users of the license, by e-mail address. Nil leaves them as they
	// are; others are removed. The other members of a user apply when the user is
	// assigned and are not compared.
	Users []UserAssignment `json:"users,omitzero"`

	// AllowShorten allows an earlier end: a ValidityPeriod, a MaintenancePeriod or an
	// ExpiryDate of a feature before that of the license, and a ValidityPeriod of a
	// perpetual license. Without it, EnsureLicense ends with [ErrLicenseConflict] and
	// changes nothing, or with [ErrBadResponse] if the present end cannot be read. A
	// license of another type that does not end gets an end without it.
	AllowShorten bool `json:"allow_shorten,omitzero"`
	// AllowEnable allows enabling a license that is disabled. The service does not
	// document who disabled it, so set it only if your own program did: a license that
	// a user of the vendor's platform has disabled must stay so. Without it,
	// EnsureLicense ends with [ErrLicenseConflict] and changes nothing.
	AllowEnable bool `json:"allow_enable,omitzero"`
}

// Check returns all findings about the state, errors and warnings; see
// [Order.Check].
func (s *LicenseState) Check() []Finding { return checkObject(s, DialectClassic) }

// Validate returns a [*ValidationError] with all errors of [LicenseState.Check], and
// nil if there is none.
func (s *LicenseState) Validate() error { return errorsAmong(s.Check()) }

func (s *LicenseState) fields(v visitor) {
	v.member("enabled", &s.Enabled)
	s.LicenseUpdate.members(v)
	v.member("product_features", &s.ProductFeatures)
	v.member("users", &s.Users)
	v.extra(s, &s.Extra)
}

func (s *LicenseState) rules(ch *checker) {
	if isEmpty(s) {
		ch.reject("", RuleRequired, "the state has no members")
	}
	s.valueRules(ch)
	featureUpdateRules(ch, s.ProductFeatures)
	if !s.MaintenanceDuration.IsZero() {
		ch.reject("maintenance_duration", RuleNotComparable, "cannot be compared with the license: use maintenance_period")
	}
	for _, name := range sortedNames(s.Extra) {
		ch.reject(shownName(name), RuleNotComparable, "cannot be compared with the license: use UpdateLicense")
	}
	if limit := s.MaxLicenseUsers; limit != nil && *limit > 0 && len(s.Users) > *limit {
		ch.reject("users", RuleTooManyUsers, "exceeds max_license_users")
	}
	var seen firstSeen[int]
	for i := range s.Users {
		if first, twice := seen.add(addressKey(s.Users[i].Email), i); twice && s.Users[i].Email != "" {
			ch.reject(userPath(i), RuleDuplicateUser, "is a duplicate of that of "+userPath(first))
		}
	}
}

// featureUpdate is the body of a request that replaces the features of a license.
type featureUpdate struct{ list []ProductFeature }

func (f *featureUpdate) fields(v visitor) { v.member("product_features", &f.list) }

func (f *featureUpdate) rules(ch *checker) {
	if f.list == nil {
		ch.reject("product_features", RuleRequired, "is nil; an empty list removes all features")
	}
	featureUpdateRules(ch, f.list)
}

// featureUpdateRules rejects counters: a late repetition would set a newer one back.
func featureUpdateRules(ch *checker, features []ProductFeature) {
	ch.policy = true // absent values are those of the product
	for i := range features {
		for _, name := range sortedNames(features[i].Extra) {
			path := featurePath(i) + "." + shownName(name)
			switch {
			case name == "total_consumptions":
				ch.reject(path, RuleCounter, "is a counter, which an update must not set")
			case name == "product_feature":
				ch.reject(path, RuleExtraShadowsField, "is the name of code in an update: use the field")
			case isNull(features[i].Extra[name]):
				ch.reject(path, RuleExtraInvalid, "null has no documented meaning and is not sent")
			}
		}
	}
}
