package licensespring

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// Check returns all findings about the order, errors and warnings, in the order of
// the document. Only certain mistakes are errors: the service takes absent values
// from the policy or the product, which this package does not know.
//
// Check validates the order as [DialectClassic] sends it; a client validates it
// for its own dialect.
func (o *Order) Check() []Finding { return o.check(DialectClassic) }

// Validate returns a [*ValidationError] with all errors of [Order.Check], and nil
// if there is none.
func (o *Order) Validate() error { return errorsAmong(o.check(DialectClassic)) }

// check is Check for dialect d.
func (o *Order) check(d Dialect) []Finding {
	c := checker{dialect: d.wire(), bundle: o.IsBundle}
	c.object(o)
	return c.findings
}

// checkObject returns all findings about another object than an order.
func checkObject(o object, d Dialect) []Finding {
	c := checker{dialect: d.wire()}
	c.object(o)
	return c.findings
}

// errorsAmong returns a *ValidationError with the findings of severity error, and
// nil if there is none.
func errorsAmong(findings []Finding) error {
	var errs []Finding
	for _, f := range findings {
		if f.Severity == SeverityError {
			errs = append(errs, f)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return &ValidationError{Findings: errs}
}

// checker is the visitor that checks each member by its type.
type checker struct {
	dialect  wire.Dialect
	path     wire.Path
	findings []Finding

	// State of rules that concern several objects.
	bundle     bool             // the items name bundles
	product    string           // of the current item
	policy     bool             // the current license has a policy
	at         place            // of the current license
	keys       firstSeen[place] // by key
	keyBased   firstSeen[place] // by product, for licenses with a key
	usersBased firstSeen[place] // by product, for licenses with users
}

// object checks each member of an object, and then its rules.
func (c *checker) object(o object) {
	before := len(c.findings)
	o.fields(c)
	o.rules(c)
	if len(c.findings) > before+1 {
		c.sort(c.findings[before:], o)
	}
}

// sort sorts the findings of an object by the order of its members: those about the
// object itself first, those about extra members last. It is stable.
func (c *checker) sort(findings []Finding, o object) {
	prefix := len(c.path.String())
	places, last := make([]int, len(findings)), 0
	for i, f := range findings {
		places[i] = placeOf(f.Path[prefix:], o)
		last = max(last, places[i])
	}
	// A counting sort: there are few places and possibly many findings.
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

// placeOf returns the index of the member that a path begins with: -1 for the
// object itself, and the number of members for an extra one.
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

// reject adds an error about a member of the current object, or about the object
// itself if name is empty.
func (c *checker) reject(name string, rule Rule, message string) {
	c.add(name, rule, SeverityError, message)
}

// warn adds a warning, like reject.
func (c *checker) warn(name string, rule Rule, message string) {
	c.add(name, rule, SeverityWarning, message)
}

func (c *checker) add(name string, rule Rule, severity Severity, message string) {
	c.findings = append(c.findings, Finding{Path: c.path.At(name), Rule: rule, Severity: severity, Message: message})
}

// place is the place of a license in an order: the indexes of its item and of
// itself.
type place struct{ item, license int }

func (p place) String() string {
	return p.itemString() + ".licenses[" + strconv.Itoa(p.license) + "]"
}

func (p place) itemString() string { return "items[" + strconv.Itoa(p.item) + "]" }

func (c *checker) member(name string, p any) {
	switch p := p.(type) {
	case *bool, **bool: // always valid
	case *string:
		c.text(name, *p)
	case **string:
		if *p != nil {
			c.text(name, **p)
		}
	case *Secret:
		c.text(name, p.Reveal())
	case *ConsumptionPeriod:
		c.period(name, string(*p))
	case *Duration:
		if !p.IsZero() && !p.valid() {
			c.reject(name, RuleInvalidDuration, "must be from 1 to 2147483647 units of y, m (months), d, h or min")
		}
	case *time.Time:
		if !p.IsZero() && !validYear(p.UTC().Year()) {
			c.reject(name, RuleInvalidDate, "must be in the years 1900 to 9999")
		}
	case *Date:
		if !p.IsZero() && !p.IsValid() {
			c.reject(name, RuleInvalidDate, "must be an existing date in the years 1900 to 9999")
		}
	case **int:
		if *p != nil {
			c.number(name, float64(**p))
		}
	case **int64:
		if *p != nil {
			c.number(name, float64(**p))
		}
	case **float64:
		if *p != nil {
			c.number(name, **p)
		}
	case *map[string]any:
		c.metadata(name, *p)
	case *any:
		c.scalar(name, *p)
	case **Customer:
		if *p != nil {
			c.path.Enter(name)
			c.object(*p)
			c.path.Leave()
		}
	default:
		c.list(name, listOf(name, p))
	}
}

func (c *checker) text(name, s string) {
	if !wire.ValidText(s) {
		c.reject(name, RuleInvalidText, "is not valid UTF-8, or contains a NUL")
	}
}

func (c *checker) period(name, s string) {
	c.text(name, s)
	switch _, known := wire.NeutralPeriod(s); {
	case s == "":
	case !known:
		c.warn(name, RuleUnknownValue, "is not a known period: daily, weekly, monthly, annually")
	case !c.dialect.HasPeriod(s):
		c.warn(name, RulePeriodNotInDialect, "has no name in this dialect and is sent in the other spelling")
	}
}

func (c *checker) number(name string, n float64) {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		c.reject(name, RuleNotFinite, messageNotFinite)
	case name == "max_transfers":
		if n < -1 {
			c.reject(name, RuleMaxTransfersRange, "must be -1 (none), 0 (unlimited) or more")
		}
	case n < 0:
		c.reject(name, RuleNegative, "must not be negative")
	}
}

func (c *checker) metadata(name string, value map[string]any) {
	if value == nil {
		return
	}
	if _, err := wire.AppendValue(nil, value); err != nil {
		c.reject(name, RuleNotEncodable, err.Error())
	}
}

func (c *checker) scalar(name string, value any) {
	if s, ok := value.(string); ok {
		c.text(name, s)
		return
	}
	if !wire.IsScalar(value) {
		c.reject(name, RuleCustomFieldValue, messageCustomFieldValue)
		return
	}
	if _, err := wire.AppendScalar(nil, value); err != nil {
		c.reject(name, RuleCustomFieldValue, err.Error())
	}
}

// list checks the objects of a list, and warns of duplicates.
func (c *checker) list(name string, l objectList) {
	var seen firstSeen[int]
	for i := range l.len() {
		o := l.at(i)
		switch o := o.(type) {
		case *OrderItem:
			c.at.item, c.product = i, o.ProductCode
		case *License:
			c.at.license, c.policy = i, o.PolicyCode != ""
		}
		c.path.EnterAt(name, i)
		c.object(o)
		if member, rule, id := identity(o); id != "" {
			if first, twice := seen.add(id, i); twice {
				c.warn(member, rule, "is a duplicate of that of "+name+"["+strconv.Itoa(first)+"]")
			}
		}
		c.path.Leave()
	}
}

// identity returns the member that should be unique within a list, the rule that
// requires it, and its value, which is empty if there is none.
func identity(o object) (member string, rule Rule, id string) {
	switch o := o.(type) {
	case *LicenseUser:
		return "email", RuleDuplicateUser, strings.ToLower(o.Email)
	case *ProductFeature:
		return "code", RuleDuplicateFeature, o.Code
	case *CustomField:
		return "name", RuleDuplicateCustomField, o.Name
	default:
		return "", "", ""
	}
}

func (c *checker) extra(owner object, p *map[string]json.RawMessage) {
	if len(*p) == 0 {
		return
	}
	for _, name := range sortedNames(*p) {
		if rule, message := checkExtra(owner, name, (*p)[name]); rule != "" {
			c.reject(shownName(name), rule, message)
		} else {
			c.warn(shownName(name), RuleExtraMember, "is not a known member and is sent unchanged")
		}
	}
}

// firstSeen records the place where each text was seen first. The first few are
// kept in an array, so that most orders need no map.
type firstSeen[P any] struct {
	few  [4]seenAt[P]
	n    int
	many map[string]P
}

type seenAt[P any] struct {
	text string
	at   P
}

// find returns the place where a text was seen first, and whether it was seen.
func (f *firstSeen[P]) find(text string) (at P, seen bool) {
	for i := range f.few[:f.n] {
		if f.few[i].text == text {
			return f.few[i].at, true
		}
	}
	at, seen = f.many[text]
	return at, seen
}

// add is find, and records a text that is new.
func (f *firstSeen[P]) add(text string, at P) (first P, seen bool) {
	if first, seen = f.find(text); seen {
		return first, true
	}
	switch {
	case f.n < len(f.few):
		f.few[f.n] = seenAt[P]{text, at}
		f.n++
	case f.many == nil:
		f.many = map[string]P{text: at}
	default:
		f.many[text] = at
	}
	return at, false
}
