package licensespring

import "encoding/json"

// ignoredFilter is the detail of an error: the service returned records that do not
// match a filter. It ignores a filter that it does not know, and returns all records.
func ignoredFilter(name string) string { return "the service ignored the filter " + name }

// filterText checks a text that selects records. The service may trim it, and it
// may select all records if nothing is left of it.
func (c *checker) filterText(name, s string, required bool) {
	c.text(name, s)
	c.identifier(name, s, required)
}

// private returns values of a query as JSON, as an operation scrubs them from
// messages of the service.
func private(values ...string) []byte {
	b, err := json.Marshal(values)
	if err != nil {
		return nil
	}
	return b
}
