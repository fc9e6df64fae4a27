package licensespringtest

// A Dialect is one of the two spellings in which the vendor documents three
// members of an order: two by their names, one by its values. A server accepts
// exactly one of them.
type Dialect int

const (
	// DialectPage is the spelling of the vendor's Create Order page, and the
	// default.
	DialectPage Dialect = iota
	// DialectCurrent is the spelling of the vendor's newer reference.
	DialectCurrent
)

// String returns "page" or "current".
func (d Dialect) String() string {
	if d == DialectCurrent {
		return "current"
	}

	return "page"
}

// company is the name of the member for a customer's company.
func (d Dialect) company() string {
	if d == DialectCurrent {
		return "company_name"
	}

	return pageCompany
}

// enableMaintenance is the name of the license's member that says whether
// maintenance is considered.
func (d Dialect) enableMaintenance() string {
	if d == DialectCurrent {
		return "enable_maintenance_period"
	}

	return pageEnableMaintenance
}

// consumptionPeriods are the values consumption_period may take.
func (d Dialect) consumptionPeriods() []string {
	if d == DialectCurrent {
		return []string{"daily", "weekly", "monthly", "annually"}
	}

	return []string{"week", "month", "year"}
}

// Whatever the dialect, things are stored under the names of the page, so that
// a test reads the same property in both.
const (
	pageCompany           = "company"
	pageEnableMaintenance = "enable_maintenance_duration"
)

// canonical maps a member's name on the wire to the name it is stored under.
func (d Dialect) canonical(wire string) string {
	switch wire {
	case d.company():
		return pageCompany
	case d.enableMaintenance():
		return pageEnableMaintenance
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

// wire is the opposite of canonical.
func (d Dialect) wire(stored string) string {
	switch stored {
	case pageCompany:
		return d.company()
	case pageEnableMaintenance:
		return d.enableMaintenance()
	default:
		return stored
	}
}
