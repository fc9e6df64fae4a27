package licensespring

// Rule identifies what a [Finding] or a [Difference] is about. Rules are stable:
// a program can act on them and a dashboard can count them. Later versions may
// add rules.
type Rule string

// Errors of [Order.Check], and of reading an order from JSON. An order with one
// of them is not sent.
const (
	// RuleRequired is an error: a required value is missing, such as the id of
	// an order or the e-mail address of a license user.
	RuleRequired Rule = "required"
	// RuleSurroundingSpace is an error: an id, key, code, reference or e-mail
	// address begins or ends with white space or an invisible character, such as a
	// byte order mark. The service may trim it, and a lookup of the text that was
	// sent would then find nothing.
	RuleSurroundingSpace Rule = "surrounding_space"
	// RuleControlCharacter is an error: an id, key, code, reference or e-mail
	// address contains a control character, such as a tab.
	RuleControlCharacter Rule = "control_character"
	// RuleInvalidText is an error: a text is not valid UTF-8 or contains a NUL.
	RuleInvalidText Rule = "invalid_text"
	// RuleMalformedEmail is an error: a text cannot be an e-mail address. It has no
	// @, white space inside or no domain, for example.
	RuleMalformedEmail Rule = "malformed_email"
	// RuleNegative is an error: a number is negative where it must not be.
	RuleNegative Rule = "negative"
	// RuleMaxTransfersRange is an error: max_transfers is less than -1.
	RuleMaxTransfersRange Rule = "max_transfers_range"
	// RuleNotFinite is an error: a number is infinite or NaN.
	RuleNotFinite Rule = "not_finite"
	// RuleInvalidDuration is an error: the count of a duration is less than 1 or
	// greater than 2147483647, or its unit is unknown.
	RuleInvalidDuration Rule = "invalid_duration"
	// RuleMaintenanceUnit is an error: a maintenance duration is in hours or
	// minutes.
	RuleMaintenanceUnit Rule = "maintenance_unit"
	// RuleInvalidDate is an error: the date does not exist, or its year is not
	// from 1900 to 9999.
	RuleInvalidDate Rule = "invalid_date"
	// RuleKeyAndUsers is an error: a license has both a key and users.
	RuleKeyAndUsers Rule = "key_and_users"
	// RuleMixedLicenseForms is an error: some licenses of a product have keys and
	// others have users.
	RuleMixedLicenseForms Rule = "mixed_license_forms"
	// RuleDuplicateKey is an error: two licenses of the order have the same key.
	RuleDuplicateKey Rule = "duplicate_key"
	// RuleMissingValidity is an error: a time-limited license has no valid
	// duration, no validity period, no trial days and no policy to take them
	// from.
	RuleMissingValidity Rule = "missing_validity"
	// RuleDurationOnPerpetual is an error: a perpetual license that is not a
	// trial has a valid duration.
	RuleDurationOnPerpetual Rule = "duration_on_perpetual"
	// RuleWrongLicenseType is an error: a license of another type has a setting
	// that only consumption licenses have.
	RuleWrongLicenseType Rule = "wrong_license_type"
	// RuleOveragesNotAllowed is an error: max_overages is set and allow_overages
	// is false.
	RuleOveragesNotAllowed Rule = "overages_not_allowed"
	// RuleCustomFieldValue is an error: the value of a custom field is neither a
	// string nor a finite number.
	RuleCustomFieldValue Rule = "custom_field_value"
	// RuleNotEncodable is an error: the metadata of a license holds a value that
	// JSON cannot represent.
	RuleNotEncodable Rule = "not_encodable"
	// RuleEmptyExtraName is an error: a member of Extra has no name.
	RuleEmptyExtraName Rule = "empty_extra_name"
	// RuleExtraShadowsField is an error: a member of Extra has the name of a
	// field, in either spelling.
	RuleExtraShadowsField Rule = "extra_shadows_field"
	// RuleExtraInvalid is an error: a member of Extra is not valid JSON.
	RuleExtraInvalid Rule = "extra_invalid"

	// RuleInvalidJSON is an error of reading: the input is not JSON, or a text in
	// it is not valid Unicode.
	RuleInvalidJSON Rule = "invalid_json"
	// RuleWrongType is an error of reading: a member has a value of the wrong
	// type.
	RuleWrongType Rule = "wrong_type"
	// RuleDuplicateMember is an error of reading: an object has the same member
	// twice.
	RuleDuplicateMember Rule = "duplicate_member"
	// RuleConflictingSpellings is an error of reading: a member appears in the
	// spellings of both dialects, with different values.
	RuleConflictingSpellings Rule = "conflicting_spellings"
	// RuleUnknownMember is an error of reading: an object that has no Extra has
	// an unknown member.
	RuleUnknownMember Rule = "unknown_member"
	// RuleTooManyFindings is an error of reading: there are more than the 999
	// findings that are listed. It is the last finding.
	RuleTooManyFindings Rule = "too_many_findings"
)

// Errors of changes of a license, in addition to those of [Order.Check]. A change
// with one of them is not sent.
const (
	// RuleRequiredWith is an error: a member is missing that the service requires
	// together with another one, such as is_trial with validity_period.
	RuleRequiredWith Rule = "required_with"
	// RuleBothEnds is an error: the same end is given both as a duration and as a
	// date.
	RuleBothEnds Rule = "both_ends"
	// RuleCounter is an error: a counter is set. A late repetition would set a newer
	// one back.
	RuleCounter Rule = "counter"
	// RuleNotComparable is an error of a [LicenseState]: a license does not show the
	// member, so it cannot be compared.
	RuleNotComparable Rule = "not_comparable"
)

// Errors of [Order.CheckProducts]. The client does not check them: the service
// rejects such an order, or creates something else.
const (
	// RuleUnknownProduct is an error: there is no product with the product code.
	RuleUnknownProduct Rule = "unknown_product"
	// RuleProductUnavailable is an error: the product is archived or not active.
	RuleProductUnavailable Rule = "product_unavailable"
	// RuleBundleMismatch is an error: an order of products names a bundle, or an
	// order of bundles names a product.
	RuleBundleMismatch Rule = "bundle_mismatch"
	// RuleWrongLicenseForm is an error: a license has users and its product
	// requires a key, or it has a key or no users and its product requires users.
	RuleWrongLicenseForm Rule = "wrong_license_form"
	// RuleUnknownFeature is an error: the product does not have the feature. The
	// service drops unknown feature codes silently.
	RuleUnknownFeature Rule = "unknown_feature"
)

// Errors of a call and of [New].
const (
	// RuleAppendWithoutKeys is an error of [Client.EnsureOrder]: not every
	// license of an append has a key, so the licenses cannot be recognized if
	// they exist already.
	RuleAppendWithoutKeys Rule = "append_without_keys"
	// RuleOutOfRange is an error of a read: a number is outside its range.
	RuleOutOfRange Rule = "out_of_range"
	// RuleOption is an error of [New]: an option has an invalid value. The path
	// is the name of the option.
	RuleOption Rule = "option"
)

// Warnings of [Order.Check]. An order with warnings is sent.
const (
	// RuleExtraMember is a warning: a member of Extra is sent that no field
	// stands for. In an order read from a file it may be a misspelled name.
	RuleExtraMember Rule = "extra_member"
	// RuleInvisibleCharacter is a warning: an id, key, code, reference or e-mail
	// address contains an invisible character, or white space that is not a space.
	// It looks like another text, which is another one to the service.
	RuleInvisibleCharacter Rule = "invisible_character"
	// RuleProductCodeForm is a warning: a product code contains other characters
	// than lower-case letters and digits. The service has no such product codes.
	RuleProductCodeForm Rule = "product_code_form"
	// RuleUnusualEmail is a warning: an e-mail address has a form that the
	// standards do not allow but some providers use, such as two dots in a row.
	RuleUnusualEmail Rule = "unusual_email"
	// RuleNoLicenses is a warning: an item has no licenses, so none are created
	// for it.
	RuleNoLicenses Rule = "no_licenses"
	// RuleUnknownValue is a warning: a type or period is not a known one. It is
	// sent unchanged, since the service may know more.
	RuleUnknownValue Rule = "unknown_value"
	// RulePeriodNotInDialect is a warning: the dialect has no name for a
	// consumption period, which is sent in the spelling of the other one.
	RulePeriodNotInDialect Rule = "period_not_in_dialect"
	// RuleMetadataNotJSON is a warning: the metadata of an order does not hold
	// JSON.
	RuleMetadataNotJSON Rule = "metadata_not_json"
	// RuleDuplicateUser is a warning: two users of a license have the same e-mail
	// address. It is an error of a [LicenseState].
	RuleDuplicateUser Rule = "duplicate_user"
	// RuleDuplicateFeature is a warning: two features of a license have the same
	// code.
	RuleDuplicateFeature Rule = "duplicate_feature"
	// RuleDuplicateCustomField is a warning: two custom fields of a license have
	// the same name.
	RuleDuplicateCustomField Rule = "duplicate_custom_field"
	// RuleTooManyUsers is a warning: a license has more users than its own
	// max_license_users. It is an error of a [LicenseState].
	RuleTooManyUsers Rule = "too_many_users"
	// RuleDurationAndDate is a warning: the same end is given both as a duration
	// and as a date.
	RuleDurationAndDate Rule = "duration_and_date"
	// RuleValidityOnPerpetual is a warning: a perpetual license that is not a
	// trial has a validity period.
	RuleValidityOnPerpetual Rule = "validity_on_perpetual"
	// RuleStartsAfterEnd is a warning: a license starts after its validity
	// period.
	RuleStartsAfterEnd Rule = "starts_after_end"
	// RuleOveragesUnspecified is a warning: max_overages is set, allow_overages
	// is not, and there is no policy to take it from.
	RuleOveragesUnspecified Rule = "overages_unspecified"
	// RuleMaintenanceNotEnabled is a warning: a maintenance duration or period is
	// set and maintenance is not enabled.
	RuleMaintenanceNotEnabled Rule = "maintenance_not_enabled"
	// RuleMaintenanceNoLength is a warning: maintenance is enabled without a
	// duration or period, and without a policy to take one from.
	RuleMaintenanceNoLength Rule = "maintenance_no_length"
	// RuleUnlimitedWithLimit is a warning: a limit is set together with the
	// option that removes it.
	RuleUnlimitedWithLimit Rule = "unlimited_with_limit"
	// RuleSwitchedOff is a warning: a setting has no effect because the option
	// that enables it is false.
	RuleSwitchedOff Rule = "switched_off"
)

// Warnings about the response to a call; see [OrderResult.Warnings] and
// [LicenseResult.Warnings]. As the Rule of a [Difference], RuleFeatureDropped and
// RuleDialectSuspected are tolerated: they do not make the order a different one.
const (
	// RuleValueMismatch is a warning: the record shows another value than the one
	// that was sent.
	RuleValueMismatch Rule = "value_mismatch"
	// RuleFeatureDropped is a warning: the license lacks a feature that was sent.
	// The service drops unknown feature codes silently.
	RuleFeatureDropped Rule = "feature_dropped"
	// RuleDialectSuspected is a warning: maintenance was sent and is not enabled,
	// or a company was sent and is not stored. The service may expect the other
	// [Dialect].
	RuleDialectSuspected Rule = "dialect_suspected"
	// RuleUnreadableMember is a warning: a member of the response has an
	// unexpected type and was ignored.
	RuleUnreadableMember Rule = "unreadable_member"
	// RuleNoLicensesShown is a warning: the response shows no licenses, as
	// responses in the legacy form do. [Client.GetOrder] with the ID of the
	// record returns them.
	RuleNoLicensesShown Rule = "no_licenses_shown"
	// RuleNotShown is a warning: a member was sent, and the record of the license
	// does not show it. Whether it is in effect is not known.
	RuleNotShown Rule = "not_shown"
	// RulePasswordLost is a warning: a user was assigned, and the response with the
	// initial password was lost. [Client.SetUserPassword] sets another one.
	RulePasswordLost Rule = "password_lost"
)

// Messages that encoding and validation share.
const (
	messageNotFinite        = "must be a finite number"
	messageCustomFieldValue = "must be a string or a number"
)
