package cli

import (
	"errors"
	"strconv"

	"github.com/licensespring-go/licensespring"
)

// optionalBool is a flag that is true, false or absent.
type optionalBool struct{ to **bool }

// String returns the value, and "" if the flag is absent.
func (b optionalBool) String() string {
	if b.to == nil {
		return ""
	}
	return boolean(*b.to)
}

// Type returns the name of the value in the help.
func (optionalBool) Type() string { return "true|false" }

// Set parses a value.
func (b optionalBool) Set(text string) error {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return errors.New("want true or false")
	}
	*b.to = &value
	return nil
}

// date is a flag that is a date.
type date struct{ to *licensespring.Date }

// String returns the date.
func (d date) String() string {
	if d.to == nil {
		return ""
	}
	return d.to.String()
}

// Type returns the name of the value in the help.
func (date) Type() string { return "date" }

// Set parses a date.
func (d date) Set(text string) error {
	value, err := licensespring.ParseDate(text)
	if err != nil || value.IsZero() {
		return errors.New("want a date such as 2031-05-07")
	}
	*d.to = value
	return nil
}
