package licensespring

import (
	"strconv"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// Dialect is one of the two spellings of the service's JSON. The vendor's newer
// reference has renamed two members of the Create Order page, and the values of
// a third:
//
//	meaning              PageDialect                  CurrentDialect
//	customer's company   company                      company_name
//	consider maintenance enable_maintenance_duration  enable_maintenance_period
//	consumption period   week, month, year            weekly, monthly, annually, daily
//
// Each has one Go field, and the dialect decides how it is sent. Orders are
// read from JSON in either spelling.
type Dialect uint8

// The dialects.
const (
	// PageDialect is the spelling of the Create Order page, and the default.
	PageDialect Dialect = Dialect(wire.Page)
	// CurrentDialect is the spelling of the vendor's newer reference.
	CurrentDialect Dialect = Dialect(wire.Current)
)

// String returns "page" or "current".
func (d Dialect) String() string {
	switch d {
	case PageDialect:
		return "page"
	case CurrentDialect:
		return "current"
	default:
		return "Dialect(" + strconv.Itoa(int(d)) + ")"
	}
}

func (d Dialect) wire() wire.Dialect { return wire.Dialect(d) }
