package licensespringtest

// A Dialect is one of two spellings of an order. The vendor documents two members
// under two names each, and one member with two sets of values. A server accepts
// exactly one dialect.
type Dialect int

const (
	// DialectClassic is the spelling of the vendor's Create Order page, and the
	// default.
	DialectClassic Dialect = iota
	// DialectCurrent is the spelling of the vendor's newer reference.
	DialectCurrent
)

// String returns "classic" or "current".
func (d Dialect) String() string {
	if d == DialectCurrent {
		return "current"
	}

	return "classic"
}

// company returns the name of the member for a customer's company.
func (d Dialect) company() string {
	if d == DialectCurrent {
		return "company_name"
	}

	return classicCompany
}

// enableMaintenance returns the name of the license member that enables
// maintenance.
func (d Dialect) enableMaintenance() string {
	if d == DialectCurrent {
		return "enable_maintenance_period"
	}

	return classicEnableMaintenance
}

// consumptionPeriods returns the valid values of consumption_period.
func (d Dialect) consumptionPeriods() []string {
	if d == DialectCurrent {
		return []string{"daily", "weekly", "monthly", "annually"}
	}

	return []string{"week", "month", "year"}
}

// Members are stored under their classic names, so that a test reads the same
// property in both dialects.
const (
	classicCompany           = "company"
	classicEnableMaintenance = "enable_maintenance_duration"
)

// canonical converts the name of a member on the wire to its stored name.
func (d Dialect) canonical(wire string) string {
	switch wire {
	case d.company():
		return classicCompany
	case d.enableMaintenance():
		return classicEnableMaintenance
	default:
		return wire
	}
}

// canonicalAll renames the members of an object to their stored names.
func (d Dialect) canonicalAll(properties map[string]any) map[string]any {
	renamed := make(map[string]any, len(properties))
	for name, value := range properties {
		renamed[d.canonical(name)] = value
	}

	return renamed
}

// wire converts the stored name of a member to its name on the wire.
func (d Dialect) wire(stored string) string {
	switch stored {
	case classicCompany:
		return d.company()
	case classicEnableMaintenance:
		return d.enableMaintenance()
	default:
		return stored
	}
}
