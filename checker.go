package licensespring

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// checker is the visitor that checks each member by its kind. Paths are made
// only when there is something to say.
type checker struct {
	dialect  wire.Dialect
	path     wire.Path
	findings []Finding

	// What the rules of a part of the order have to know of the rest.
	bundle     bool          // the items name bundles
	product    string        // the product of the item that is being checked
	policy     bool          // the license that is being checked has a policy
	at         place         // where that license is
	keys       firsts[place] // by key
	keyBased   firsts[place] // by product, for licenses with a key
	usersBased firsts[place] // by product, for licenses with users
}

// place is a license by the indexes of its item and of itself.
type place struct{ item, license int }

func (p place) String() string {
	return p.itemString() + ".licenses[" + strconv.Itoa(p.license) + "]"
}

func (p place) itemString() string { return "items[" + strconv.Itoa(p.item) + "]" }

// validText reports whether the service can store s.
func validText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func (c *checker) member(name string, p any) {
	switch p := p.(type) {
	case *bool, **bool: // either is right
	case *string:
		c.text(name, *p)
	case *ConsumptionPeriod:
		c.period(name, string(*p))
	case *Duration:
		if !p.IsZero() && !p.valid() {
			c.fault(name, RuleInvalidDuration, "must be from 1 to 2147483647 units")
		}
	case *time.Time:
		if !p.IsZero() && !validYear(p.UTC().Year()) {
			c.fault(name, RuleInvalidDate, "must be in the years 1900 to 9999")
		}
	case *Date:
		if !p.IsZero() && !p.IsValid() {
			c.fault(name, RuleInvalidDate, "must be a day of the calendar, in the years 1900 to 9999")
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
		c.list(name, listOf(p))
	}
}

func (c *checker) text(name, s string) {
	if !validText(s) {
		c.fault(name, RuleInvalidText, "is not valid UTF-8, or has a NUL in it")
	}
}

func (c *checker) period(name, s string) {
	c.text(name, s)
	switch _, known := wire.NeutralPeriod(s); {
	case s == "":
	case !known:
		c.warn(name, RuleUnknownValue, "is none of the known periods: daily, weekly, monthly, annually")
	case !c.dialect.HasPeriod(s):
		c.warn(name, RulePeriodNotInDialect, "is not a period of this dialect, which has no word for it")
	}
}

func (c *checker) number(name string, n float64) {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		c.fault(name, RuleNotFinite, messageNotFinite)
	case name == "max_transfers":
		if n < -1 {
			c.fault(name, RuleMaxTransfersRange, "must be -1 (never), 0 (without limit) or more")
		}
	case n < 0:
		c.fault(name, RuleNegative, "must not be negative")
	}
}

func (c *checker) metadata(name string, value map[string]any) {
	if value == nil {
		return
	}
	if _, err := wire.AppendValue(nil, value); err != nil {
		c.fault(name, RuleNotEncodable, err.Error())
	}
}

func (c *checker) scalar(name string, value any) {
	if s, ok := value.(string); ok {
		c.text(name, s)
		return
	}
	if !wire.IsScalar(value) {
		c.fault(name, RuleCustomFieldValue, messageCustomFieldValue)
		return
	}
	if _, err := wire.AppendScalar(nil, value); err != nil {
		c.fault(name, RuleCustomFieldValue, err.Error())
	}
}

// list checks the objects of a list, and warns if two of them are for the same.
func (c *checker) list(name string, l objectList) {
	var seen firsts[int]
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
			if first, twice := seen.see(id, i); twice {
				c.warn(member, rule, "is the same as that of "+name+"["+strconv.Itoa(first)+"]")
			}
		}
		c.path.Leave()
	}
}

// identity returns what there should be only one of in a list: the member that
// says it, the rule about it, and its value, empty if there is none.
func identity(o object) (member, rule, id string) {
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
	for _, name := range inOrder(*p) {
		if rule, message := extraFault(owner, name, (*p)[name]); rule != "" {
			c.fault(shownName(name), rule, message)
		} else {
			c.warn(shownName(name), RuleExtraMember, "is no member this package knows; it is sent as it is")
		}
	}
}
