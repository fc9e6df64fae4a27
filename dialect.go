package licensespring

import (
	"strconv"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// Dialect is one of the two spellings of an order on the wire. The vendor's newer
// reference renames two members of the Create Order page, and the values of a
// third:
//
//	meaning              DialectClassic               DialectCurrent
//	customer's company   company                      company_name
//	consider maintenance enable_maintenance_duration  enable_maintenance_period
//	consumption period   week, month, year            weekly, monthly, annually, daily
//
// Each has one Go field, and the dialect determines how it is sent. Reading JSON
// accepts both spellings.
type Dialect uint8

// The dialects.
const (
	// DialectClassic is the spelling of the Create Order page. It is the default.
	DialectClassic Dialect = Dialect(wire.Classic)
	// DialectCurrent is the spelling of the vendor's newer reference.
	DialectCurrent Dialect = Dialect(wire.Current)
)

// String returns "classic" or "current".
func (d Dialect) String() string {
	switch d {
	case DialectClassic:
		return "classic"
	case DialectCurrent:
		return "current"
	default:
		return "Dialect(" + strconv.Itoa(int(d)) + ")"
	}
}

func (d Dialect) wire() wire.Dialect { return wire.Dialect(d) }
