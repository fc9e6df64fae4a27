package wire

// Dialect selects one of the two spellings of member names and values.
type Dialect uint8

// The dialects. Classic is that of the vendor's Create Order page, Current that of
// the vendor's newer reference.
const (
	Classic Dialect = iota
	Current
)

// renamed lists the members that the two dialects spell differently. A name has
// the same meaning in every object, so one table is sufficient.
var renamed = [...]struct{ classic, current string }{
	{"company", "company_name"},
	{"enable_maintenance_duration", "enable_maintenance_period"},
}

// periods lists the consumption periods. Classic has no daily period. The current
// spelling is also the neutral one.
var periods = [...]period{
	{"", "daily"},
	{"week", "weekly"},
	{"month", "monthly"},
	{"year", "annually"},
}

type period struct{ classic, current string }

// Member returns the name in dialect d of the member with the given classic name.
func (d Dialect) Member(name string) string {
	if d == Current {
		if other, ok := OtherSpelling(name); ok {
			return other
		}
	}
	return name
}

// OtherSpelling returns the current name of the member with the given classic name.
// The result is false if both dialects use the same name.
func OtherSpelling(name string) (string, bool) {
	for i := range renamed {
		if renamed[i].classic == name {
			return renamed[i].current, true
		}
	}
	return "", false
}

// ClassicSpelling returns the classic name of a member, given in any spelling. It
// returns other names unchanged.
func ClassicSpelling(name string) string {
	for i := range renamed {
		if renamed[i].current == name {
			return renamed[i].classic
		}
	}
	return name
}

// Period returns the spelling in dialect d of a consumption period, given in any
// spelling. It returns a period that the dialect does not have unchanged.
func (d Dialect) Period(s string) string {
	p, _ := findPeriod(s)
	switch {
	case d == Current && p.current != "":
		return p.current
	case d == Classic && p.classic != "":
		return p.classic
	default:
		return s
	}
}

// HasPeriod reports whether dialect d has a consumption period, given in any
// spelling.
func (d Dialect) HasPeriod(s string) bool {
	p, known := findPeriod(s)
	return known && (d == Current || p.classic != "")
}

// NeutralPeriod returns the spelling of a consumption period that does not depend
// on the dialect. If s is not a period, it returns s and false.
func NeutralPeriod(s string) (string, bool) {
	p, known := findPeriod(s)
	if !known {
		return s, false
	}
	return p.current, true
}

func findPeriod(s string) (period, bool) {
	if s == "annualy" { //nolint:misspell // so spelled on one of the vendor's pages
		s = "annually"
	}
	for _, p := range periods {
		if s != "" && (s == p.classic || s == p.current) {
			return p, true
		}
	}
	return period{}, false
}
