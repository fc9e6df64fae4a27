package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
)

// wantArgs returns a check for arguments with these names.
func wantArgs(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return fmt.Errorf("want %s: %s", plural(len(names), "argument"), strings.Join(names, " "))
		}
		return nil
	}
}

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
