package connect

import (
	"errors"

	"github.com/licensespring-go/licensespring"
)

// Dialect is the flag of a dialect.
type Dialect licensespring.Dialect

// String returns the name of the dialect.
func (d *Dialect) String() string { return licensespring.Dialect(*d).String() }

// Type returns the name of the value in the help.
func (d *Dialect) Type() string { return "dialect" }

// Set parses the name of a dialect.
func (d *Dialect) Set(name string) error {
	for _, known := range [...]licensespring.Dialect{licensespring.DialectClassic, licensespring.DialectCurrent} {
		if name == known.String() {
			*d = Dialect(known)
			return nil
		}
	}
	return errors.New("want classic or current")
}
