package licensespring

import (
	"slices"
	"strings"
)

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
	faults := slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Severity != Fault })
	if len(faults) == 0 {
		return nil
	}
	return &ValidationError{Findings: faults}
}

// judged is an object with rules of its own, beside those that hold for every
// member of a kind.
type judged interface {
	object
	rules(ch *checker)
}

// judgedPointer is the pointer to a T that is judged.
type judgedPointer[T any] interface {
	*T
	judged
}

// object checks each member of an object, and then the object by its own rules.
func (c *checker) object(o judged) {
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
	prefix := c.path.String()
	place := func(f Finding) int {
		rest := strings.TrimPrefix(f.Path[len(prefix):], ".")
		if rest == "" {
			return -1
		}
		if end := strings.IndexAny(rest, ".["); end >= 0 {
			rest = rest[:end]
		}
		n := nameFinder{want: rest}
		o.fields(&n)
		if !n.found {
			return n.seen
		}
		return n.index
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return place(a) - place(b) })
}

// fault notes something that is certainly wrong with a member of the object
// that is being checked, or with the object itself if name is empty.
func (c *checker) fault(name, rule, message string) { c.add(name, rule, Fault, message) }

// warn notes something that is probably not meant.
func (c *checker) warn(name, rule, message string) { c.add(name, rule, Warning, message) }

func (c *checker) add(name, rule string, severity Severity, message string) {
	c.findings = append(c.findings, Finding{Path: c.path.At(name), Rule: rule, Severity: severity, Message: message})
}
