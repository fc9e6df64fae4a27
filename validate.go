package licensespring

import "strings"

// Check returns everything that is wrong or odd with the order, faults and
// warnings, in the order of the document, and nil if nothing is. Only what is
// certainly wrong is a fault: a license takes what it leaves out from its
// policy or product, which the service knows and this package does not.
//
// Check judges the order as [PageDialect] sends it; a client judges it as its
// own dialect does.
func (o *Order) Check() []Finding { return o.check(PageDialect) }

// Validate returns a [*ValidationError] with every fault of the order, and nil
// if there is none. Warnings are in [Order.Check] only.
func (o *Order) Validate() error { return faultsOf(o.check(PageDialect)) }

// check returns what [Order.Check] returns, for an order sent in dialect d.
func (o *Order) check(d Dialect) []Finding {
	c := checker{dialect: d.wire(), bundle: o.IsBundle}
	c.object(o)
	return c.findings
}

// faultsOf returns the faults among findings as an error, nil if there are
// none.
func faultsOf(findings []Finding) error {
	var faults []Finding
	for _, f := range findings {
		if f.Severity == Fault {
			faults = append(faults, f)
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &ValidationError{Findings: faults}
}

// object checks each member of an object, and then the object by its own rules.
func (c *checker) object(o object) {
	before := len(c.findings)
	o.fields(c)
	o.rules(c)
	if len(c.findings) > before+1 {
		c.sort(c.findings[before:], o)
	}
}

// sort puts the findings of an object in the order of its members: what is
// wrong with the object itself comes first, extra members come last. It is
// stable, since the findings inside one member are in order already.
func (c *checker) sort(findings []Finding, o object) {
	prefix := len(c.path.String())
	places, last := make([]int, len(findings)), 0
	for i, f := range findings {
		places[i] = placeOf(f.Path[prefix:], o)
		last = max(last, places[i])
	}
	// There are few places, and there may be many findings.
	sorted := make([]Finding, 0, len(findings))
	for place := -1; place <= last; place++ {
		for i, f := range findings {
			if places[i] == place {
				sorted = append(sorted, f)
			}
		}
	}
	copy(findings, sorted)
}

// placeOf returns the place among the members of an object of the one that a
// path begins with: -1 for the object itself, the number of members for extra
// ones.
func placeOf(path string, o object) int {
	path = strings.TrimPrefix(path, ".")
	if path == "" {
		return -1
	}
	if end := strings.IndexAny(path, ".["); end >= 0 {
		path = path[:end]
	}
	n := nameFinder{want: path}
	o.fields(&n)
	if !n.found {
		return n.seen
	}
	return n.index
}

// fault notes something that is certainly wrong with a member of the object
// that is being checked, or with the object itself if name is empty.
func (c *checker) fault(name, rule, message string) { c.add(name, rule, Fault, message) }

// warn notes something that is probably not meant.
func (c *checker) warn(name, rule, message string) { c.add(name, rule, Warning, message) }

func (c *checker) add(name, rule string, severity Severity, message string) {
	c.findings = append(c.findings, Finding{Path: c.path.At(name), Rule: rule, Severity: severity, Message: message})
}
