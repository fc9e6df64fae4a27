package wire

// Dialect is one of the two spellings of the wire.
type Dialect uint8

// The dialects: Page is the vendor's Create Order page, Current the vendor's
// newer reference.
const (
	Page Dialect = iota
	Current
)

// renamed lists the members that the two dialects spell differently. A name
// means the same wherever it stands, so one table serves every object.
var renamed = [...]struct{ page, current string }{
	{"company", "company_name"},
	{"enable_maintenance_duration", "enable_maintenance_period"},
}

// periods lists the consumption periods. The page has no word for a day. The
// newer spelling is also the neutral one.
var periods = [...]period{
	{"", "daily"},
	{"week", "weekly"},
	{"month", "monthly"},
	{"year", "annually"},
}

type period struct{ page, current string }

// Member returns the name under which dialect d sends the member that the page
// calls name.
func (d Dialect) Member(name string) string {
	if d == Current {
		if other, ok := OtherSpelling(name); ok {
			return other
		}
	}
	return name
}

// OtherSpelling returns the newer name of the member that the page calls name,
// and whether there is one.
func OtherSpelling(name string) (string, bool) {
	for i := range renamed {
		if renamed[i].page == name {
			return renamed[i].current, true
		}
	}
	return "", false
}

// PageSpelling returns what the page calls a member, given in any spelling. A
// name that both spell alike, or that is not known, is returned as it is.
func PageSpelling(name string) string {
	for i := range renamed {
		if renamed[i].current == name {
			return renamed[i].page
		}
	}
	return name
}

// Period returns how dialect d spells a consumption period, given in any
// spelling. A period the dialect has no word for is returned as it is.
func (d Dialect) Period(s string) string {
	p, _ := findPeriod(s)
	switch {
	case d == Current && p.current != "":
		return p.current
	case d == Page && p.page != "":
		return p.page
	default:
		return s
	}
}

// HasPeriod reports whether dialect d has a word for a consumption period,
// given in any spelling.
func (d Dialect) HasPeriod(s string) bool {
	p, known := findPeriod(s)
	return known && (d == Current || p.page != "")
}

// NeutralPeriod returns the spelling of a consumption period that is the same
// for both dialects, and whether s is one; what is none is returned as it is.
func NeutralPeriod(s string) (string, bool) {
	p, known := findPeriod(s)
	if !known {
		return s, false
	}
	return p.current, true
}

func findPeriod(s string) (period, bool) {
	for _, p := range periods {
		if s != "" && (s == p.page || s == p.current) {
			return p, true
		}
	}
	return period{}, false
}
