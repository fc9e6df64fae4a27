package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
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

// rejectEmpty returns an error for an empty argument or an empty value of a flag. It
// comes from an unset variable of a script, and as a filter it would select everything.
func rejectEmpty(cmd *cobra.Command, args []string) error {
	var invalid []error
	for i, arg := range args {
		if arg == "" {
			invalid = append(invalid, fmt.Errorf("argument %d is empty", i+1))
		}
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.Type() == "string" && f.Value.String() == "" {
			invalid = append(invalid, fmt.Errorf("--%s: the value is empty", f.Name))
		}
	})
	return exit.With(exit.Usage, errors.Join(invalid...))
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

// positive is a flag that is an id of the service, or absent.
type positive struct{ to *int64 }

// String returns the id, and "" if the flag is absent.
func (p positive) String() string {
	if p.to == nil {
		return ""
	}
	return id(*p.to)
}

// Type returns the name of the value in the help.
func (positive) Type() string { return "id" }

// Set parses an id.
func (p positive) Set(text string) error {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value <= 0 {
		return errors.New("want a positive id")
	}
	*p.to = value
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
