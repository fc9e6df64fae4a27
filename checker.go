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
	return "items[" + strconv.Itoa(p.item) + "].licenses[" + strconv.Itoa(p.license) + "]"
}

// validText reports whether the service can store s.
func validText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func (c *checker) text(name string, p *string) {
	if !validText(*p) {
		c.fault(name, RuleInvalidText, "is not valid UTF-8, or has a NUL in it")
	}
}

func (c *checker) flag(string, *bool) {}

func (c *checker) period(name string, p *ConsumptionPeriod) {
	s := string(*p)
	c.text(name, &s)
	switch _, known := wire.NeutralPeriod(s); {
	case s == "":
	case !known:
		c.warn(name, RuleUnknownValue, "is none of the known periods: daily, weekly, monthly, annually")
	case !c.dialect.HasPeriod(s):
		c.warn(name, RulePeriodNotInDialect, "is not a period of this dialect, which has no word for it")
	}
}

func (c *checker) duration(name string, p *Duration) {
	if !p.IsZero() && !p.valid() {
		c.fault(name, RuleInvalidDuration, "must be from 1 to 2147483647 units")
	}
}

func (c *checker) moment(name string, p *time.Time) {
	if !p.IsZero() && !validYear(p.UTC().Year()) {
		c.fault(name, RuleInvalidDate, "must be in the years 1900 to 9999")
	}
}

func (c *checker) date(name string, p *Date) {
	if !p.IsZero() && !p.IsValid() {
		c.fault(name, RuleInvalidDate, "must be a day of the calendar, in the years 1900 to 9999")
	}
}

func (c *checker) optFlag(string, **bool) {}

func (c *checker) optInt(name string, p **int) {
	switch {
	case *p == nil:
	case name == "max_transfers":
		if **p < -1 {
			c.fault(name, RuleMaxTransfersRange, "must be -1 (never), 0 (without limit) or more")
		}
	case **p < 0:
		c.fault(name, RuleNegative, "must not be negative")
	}
}

func (c *checker) optID(name string, p **int64) {
	if *p != nil && **p < 0 {
		c.fault(name, RuleNegative, "must not be negative")
	}
}

func (c *checker) optNumber(name string, p **float64) {
	switch {
	case *p == nil:
	case math.IsNaN(**p) || math.IsInf(**p, 0):
		c.fault(name, RuleNotFinite, messageNotFinite)
	case **p < 0:
		c.fault(name, RuleNegative, "must not be negative")
	}
}

func (c *checker) metadata(name string, p *map[string]any) {
	if *p == nil {
		return
	}
	if _, err := wire.AppendValue(nil, *p); err != nil {
		c.fault(name, RuleNotEncodable, err.Error())
	}
}

func (c *checker) scalar(name string, p *any) {
	if s, ok := (*p).(string); ok {
		c.text(name, &s)
		return
	}
	if !wire.IsScalar(*p) {
		c.fault(name, RuleCustomFieldValue, messageCustomFieldValue)
		return
	}
	if _, err := wire.AppendScalar(nil, *p); err != nil {
		c.fault(name, RuleCustomFieldValue, err.Error())
	}
}

func (c *checker) customer(name string, p **Customer) {
	if *p != nil {
		c.path.Enter(name)
		c.object(*p)
		c.path.Leave()
	}
}

func (c *checker) items(name string, p *[]OrderItem) {
	for i := range *p {
		item := &(*p)[i]
		c.at.item, c.product = i, item.ProductCode
		c.path.EnterAt(name, i)
		c.object(item)
		c.path.Leave()
	}
}

func (c *checker) licenses(name string, p *[]License) {
	for i := range *p {
		license := &(*p)[i]
		c.at.license, c.policy = i, license.PolicyCode != ""
		c.path.EnterAt(name, i)
		c.object(license)
		c.path.Leave()
	}
}

func (c *checker) users(name string, p *[]LicenseUser) {
	checkUnique(c, name, *p, "email", RuleDuplicateUser, func(u *LicenseUser) string {
		return strings.ToLower(u.Email)
	})
}

func (c *checker) features(name string, p *[]ProductFeature) {
	checkUnique(c, name, *p, "code", RuleDuplicateFeature, func(f *ProductFeature) string { return f.Code })
}

func (c *checker) customFields(name string, p *[]CustomField) {
	checkUnique(c, name, *p, "name", RuleDuplicateCustomField, func(f *CustomField) string { return f.Name })
}

// checkUnique checks the objects of an array, and warns if the member that
// identifies them says the same in two of them.
func checkUnique[T any, P judgedPointer[T]](c *checker, name string, list []T, member, rule string, id func(*T) string) {
	var seen firsts[int]
	for i := range list {
		c.path.EnterAt(name, i)
		c.object(P(&list[i]))
		if text := id(&list[i]); text != "" {
			if first, twice := seen.see(text, i); twice {
				c.warn(member, rule, "is the same as that of "+name+"["+strconv.Itoa(first)+"]")
			}
		}
		c.path.Leave()
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
