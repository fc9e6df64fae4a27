package licensespring

// CustomField is a value for one of the custom fields that a product defines
// (newer reference: custom_fields).
type CustomField struct {
	// Name is the field's name (newer reference: name).
	Name string
	// Value is a string, a number of any Go kind, or a [json.Number] (newer
	// reference: value). Reading from JSON gives a string or a json.Number.
	Value any
}
