package licensespring

// The rules of [Order.Check] and of reading an order from JSON. The ids are
// stable: a program can act on them, a dashboard can count them.
//
// Faults, which stop an order:
//
//	required               something that must be there is not
//	surrounding_space      an id, key, code or e-mail address begins or ends with space
//	invalid_text           text is not valid UTF-8, or has a NUL in it
//	malformed_email        this is certainly no e-mail address
//	negative               a number below zero where none can be
//	max_transfers_range    max_transfers below -1
//	not_finite             infinity, or not a number
//	invalid_duration       a duration of zero or less, or one too large
//	maintenance_unit       a maintenance duration in hours or minutes
//	invalid_date           a day that the calendar does not have, or a year out of range
//	key_and_users          a license has a key and users
//	mixed_license_forms    one product with keys on some licenses and users on others
//	duplicate_key          one key on two licenses of the order
//	missing_validity       a time-limited license with nothing to limit it
//	duration_on_perpetual  a perpetual license with a duration
//	consumption_on_other   consumption settings on a license of another type
//	overages_not_allowed   a maximum of overages that are not allowed
//	custom_field_value     the value of a custom field is no string and no number
//	not_encodable          metadata that JSON cannot say
//	empty_extra_name       an extra member without a name
//	extra_shadows_field    an extra member with the name of a field
//	extra_invalid          an extra member that is not JSON
//
// Faults of a text that is read, beside those above:
//
//	invalid_json           this is not JSON, or text in it is not Unicode
//	wrong_type             a value of another type than the member has
//	duplicate_member       a member twice in one object
//	conflicting_spellings  a member in both spellings, with different values
//	unknown_member         a member unknown in an object that has no Extra
//	too_many_findings      there are more findings than are listed
//
// A fault of the options of [New]:
//
//	option                 an option has a value the client cannot work with
//
// Warnings:
//
//	extra_member             a member no field stands for, a misspelt one perhaps
//	no_licenses              an item without licenses
//	unknown_value            a value this package does not know; it is sent as it is
//	period_not_in_dialect    a consumption period that the dialect has no word for
//	metadata_not_json        metadata of an order that is not JSON
//	duplicate_user           one e-mail address twice on a license
//	duplicate_feature        one feature twice on a license
//	duplicate_custom_field   one custom field twice on a license
//	too_many_users           more users than max_license_users
//	duration_and_date        a duration and a date for the same end
//	validity_on_perpetual    a perpetual license with an end
//	starts_after_end         a license that starts after its end
//	overages_not_said        a maximum of overages, without a word on whether they are allowed
//	maintenance_not_enabled  a length of maintenance that is not enabled
//	maintenance_no_length    maintenance that is enabled, without a length
//	unlimited_with_limit     a limit, and the setting that lifts it
//	switched_off             a setting whose switch is false
const (
	// RuleRequired is a fault: something that must be there is not, such as the
	// id of an order or the e-mail address of a license user.
	RuleRequired = "required"
	// RuleSurroundingSpace is a fault: an id, key, code or e-mail address begins
	// or ends with space. The service may cut it off, so that looking for the text
	// that was sent would find nothing.
	RuleSurroundingSpace = "surrounding_space"
	// RuleInvalidText is a fault: a text is not valid UTF-8 or has a NUL in it.
	RuleInvalidText = "invalid_text"
	// RuleMalformedEmail is a fault: a text is certainly no e-mail address.
	RuleMalformedEmail = "malformed_email"
	// RuleNegative is a fault: a number is below zero where none can be.
	RuleNegative = "negative"
	// RuleMaxTransfersRange is a fault: max_transfers is below -1, which is the
	// lowest value with a meaning.
	RuleMaxTransfersRange = "max_transfers_range"
	// RuleNotFinite is a fault: a number is infinite or not a number.
	RuleNotFinite = "not_finite"
	// RuleInvalidDuration is a fault: a duration is zero or less, or its count
	// is more than 2147483647.
	RuleInvalidDuration = "invalid_duration"
	// RuleMaintenanceUnit is a fault: a maintenance duration is in hours or
	// minutes.
	RuleMaintenanceUnit = "maintenance_unit"
	// RuleInvalidDate is a fault: the calendar has no such day, or the year is
	// not from 1900 to 9999.
	RuleInvalidDate = "invalid_date"
	// RuleKeyAndUsers is a fault: a license has a key and users, and a product
	// has licenses of one form.
	RuleKeyAndUsers = "key_and_users"
	// RuleMixedLicenseForms is a fault: licenses of one product have keys and
	// others have users.
	RuleMixedLicenseForms = "mixed_license_forms"
	// RuleDuplicateKey is a fault: two licenses of the order have one key.
	RuleDuplicateKey = "duplicate_key"
	// RuleMissingValidity is a fault: a time-limited license has no valid
	// duration, no validity period, no trial days, and no policy to take them
	// from.
	RuleMissingValidity = "missing_validity"
	// RuleDurationOnPerpetual is a fault: a perpetual license that is no trial
	// has a valid duration.
	RuleDurationOnPerpetual = "duration_on_perpetual"
	// RuleConsumptionOnOther is a fault: a license that is said to be of another
	// type has settings of a consumption license.
	RuleConsumptionOnOther = "consumption_on_other"
	// RuleOveragesNotAllowed is a fault: there is a maximum of overages, and
	// overages are said not to be allowed.
	RuleOveragesNotAllowed = "overages_not_allowed"
	// RuleCustomFieldValue is a fault: the value of a custom field is neither a
	// string nor a finite number.
	RuleCustomFieldValue = "custom_field_value"
	// RuleNotEncodable is a fault: the metadata of a license holds what JSON
	// cannot say.
	RuleNotEncodable = "not_encodable"
	// RuleEmptyExtraName is a fault: an extra member has no name.
	RuleEmptyExtraName = "empty_extra_name"
	// RuleExtraShadowsField is a fault: an extra member has the name of a field,
	// in either spelling.
	RuleExtraShadowsField = "extra_shadows_field"
	// RuleExtraInvalid is a fault: an extra member is not valid JSON.
	RuleExtraInvalid = "extra_invalid"

	// RuleInvalidJSON is a fault: what is read is not JSON, or text in it is not
	// Unicode.
	RuleInvalidJSON = "invalid_json"
	// RuleWrongType is a fault: what is read has a value of another type than
	// the member has.
	RuleWrongType = "wrong_type"
	// RuleDuplicateMember is a fault: what is read has a member twice in one
	// object.
	RuleDuplicateMember = "duplicate_member"
	// RuleConflictingSpellings is a fault: what is read has a member in the
	// spelling of both dialects, with different values.
	RuleConflictingSpellings = "conflicting_spellings"
	// RuleUnknownMember is a fault: what is read has an unknown member in an
	// object that has no Extra to keep it.
	RuleUnknownMember = "unknown_member"
	// RuleTooManyFindings is a fault: what is read is wrong in more places than
	// are listed, which are 999. It is the last finding then.
	RuleTooManyFindings = "too_many_findings"

	// RuleOption is a fault: an option of [New] has a value the client cannot
	// work with. The path is the name of the option.
	RuleOption = "option"

	// RuleExtraMember is a warning: a member of Extra, which no field stands
	// for. In an order read from a file it may be a misspelt name.
	RuleExtraMember = "extra_member"
	// RuleNoLicenses is a warning: an item has no licenses, so that nothing is
	// made for it.
	RuleNoLicenses = "no_licenses"
	// RuleUnknownValue is a warning: a type or period is not among the known
	// ones. It is sent as it is, since the service may know more.
	RuleUnknownValue = "unknown_value"
	// RulePeriodNotInDialect is a warning: the dialect has no word for a
	// consumption period, so it is sent in the other one's.
	RulePeriodNotInDialect = "period_not_in_dialect"
	// RuleMetadataNotJSON is a warning: the metadata of an order is a text that
	// does not hold JSON.
	RuleMetadataNotJSON = "metadata_not_json"
	// RuleDuplicateUser is a warning: two users of a license have one e-mail
	// address.
	RuleDuplicateUser = "duplicate_user"
	// RuleDuplicateFeature is a warning: two features of a license have one
	// code.
	RuleDuplicateFeature = "duplicate_feature"
	// RuleDuplicateCustomField is a warning: two custom fields of a license have
	// one name.
	RuleDuplicateCustomField = "duplicate_custom_field"
	// RuleTooManyUsers is a warning: a license has more users than its own
	// max_license_users.
	RuleTooManyUsers = "too_many_users"
	// RuleDurationAndDate is a warning: one end is given both as a duration and
	// as a date.
	RuleDurationAndDate = "duration_and_date"
	// RuleValidityOnPerpetual is a warning: a perpetual license that is no trial
	// has a validity period.
	RuleValidityOnPerpetual = "validity_on_perpetual"
	// RuleStartsAfterEnd is a warning: a license starts after its validity
	// period.
	RuleStartsAfterEnd = "starts_after_end"
	// RuleOveragesNotSaid is a warning: there is a maximum of overages, without
	// a word on whether they are allowed, and without a policy to say it.
	RuleOveragesNotSaid = "overages_not_said"
	// RuleMaintenanceNotEnabled is a warning: there is a length of maintenance,
	// and maintenance is not enabled.
	RuleMaintenanceNotEnabled = "maintenance_not_enabled"
	// RuleMaintenanceNoLength is a warning: maintenance is enabled, without a
	// length, and without a policy to take it from.
	RuleMaintenanceNoLength = "maintenance_no_length"
	// RuleUnlimitedWithLimit is a warning: there is a limit, and the setting
	// that lifts it.
	RuleUnlimitedWithLimit = "unlimited_with_limit"
	// RuleSwitchedOff is a warning: a setting is given, and the switch that
	// makes it count is false.
	RuleSwitchedOff = "switched_off"
)

// Messages that the encoder and validation share.
const (
	messageNotFinite        = "must be a finite number"
	messageCustomFieldValue = "must be a string or a number"
)
