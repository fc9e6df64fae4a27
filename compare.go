package licensespring

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/redact"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// This file says when an order that is there is the one that was asked for.
// The same text stands in the package documentation.
//
// Two orders are the same if
//
//   - they have the same id;
//   - the licenses can be paired so that each pair has the same product, the
//     same key where one was given, and the same users by their real e-mail
//     addresses (upper and lower case do not matter), and none is left over;
//   - both are test orders or neither is: that IsTest is false is not sent and
//     counts all the same;
//   - the customer has the same e-mail address;
//   - and every other property that was sent and that the record shows has the
//     value that was sent. What the record does not show, or shows as null or
//     as empty text, is not compared.
//
// Three things are told as warnings and do not make an order another one,
// because the service is known to change them in silence: a feature that is
// missing (unknown codes are dropped), maintenance that is not enabled, and a
// company that was not stored (both are signs of the wrong dialect). Of the
// customer only the address counts: the rest belongs to the customer, whom
// other orders share and change. The items of a bundle are not compared, for
// the record shows the products in it.

// compareOrder lists how rec differs from o. With whole, rec must hold nothing
// besides; without, o may be a part of it, as the licenses of an append are.
func compareOrder(o *Order, rec *OrderRecord, whole bool) []Difference {
	c := comparer{whole: whole, rec: rec}
	c.shown = c.room[:0]
	// The order's switch is for all its licenses, whatever they say themselves.
	c.preventVM, c.bundle = isTrue(o.PreventVM), o.IsBundle
	c.items(o.Items)
	c.look(rec.raw.get())
	if whole {
		o.fields(&c)
	} else {
		c.member("is_test", &o.IsTest)
	}
	return c.found
}

// comparePart lists how those licenses of o that have one of the keys differ in
// rec.
func comparePart(o *Order, rec *OrderRecord, keys map[string]bool) []Difference {
	c := comparer{rec: rec, only: keys, preventVM: isTrue(o.PreventVM), bundle: o.IsBundle}
	c.items(o.Items)
	c.look(rec.raw.get())
	c.member("is_test", &o.IsTest)
	return c.found
}

// comparer visits the fields of an order asked for and compares each with the
// member of that name in the record. Licenses, users and features are paired and
// not visited, since the record may have them in another order; extra members
// have no meaning that this package knows.
type comparer struct {
	rec   *OrderRecord
	whole bool
	path  wire.Path
	shown []shownMember
	room  [usualMembers]shownMember // for shown: no allocation of its own
	found []Difference

	bundle    bool            // the order's items name bundles
	preventVM bool            // the order wants it for all licenses
	only      map[string]bool // keys of the licenses to compare; nil: all
	// While counting, differences are only counted.
	counting   bool
	hard, soft int
	hasty      bool // the first that counts is enough
}

type shownMember struct{ name, val []byte }

// usualMembers is room for the members of any record the service is known to
// send; more only cost another allocation.
const usualMembers = 64

// look takes the members of a part of the record as those to compare with.
func (c *comparer) look(part []byte) {
	c.shown = c.shown[:0]
	jsonread.Members(part, func(name, val []byte) {
		c.shown = append(c.shown, shownMember{name, val})
	})
}

// lookUp returns what the record shows under a name, in either spelling, or nil
// if it shows nothing there.
func (c *comparer) lookUp(name string) []byte {
	if c.hasty && c.hard > 0 {
		return nil
	}
	other, _ := wire.OtherSpelling(name)
	for i := range c.shown {
		m := &c.shown[i]
		if string(m.name) != name && (other == "" || string(m.name) != other) {
			continue
		}
		if string(m.val) == "null" || string(m.val) == `""` {
			continue
		}
		return m.val
	}
	return nil
}

func (c *comparer) differ(name, asked, found, rule string) {
	if c.counting {
		if rule == "" {
			c.hard++
		} else {
			c.soft++
		}
		return
	}
	c.found = append(c.found, Difference{Path: c.path.At(name), Asked: asked, Found: found, rule: rule})
}

func (c *comparer) member(name string, p any) {
	switch p := p.(type) {
	case *string:
		c.text(name, *p)
	case *bool:
		// Whoever paid for an order must not find a test order in its place.
		if *p || name == "is_test" {
			c.flag(name, *p)
		}
	case **bool:
		if *p != nil {
			c.flag(name, **p)
		}
	case **int:
		if *p != nil {
			c.int(name, int64(**p))
		}
	case **int64:
		if *p != nil {
			c.int(name, **p)
		}
	case **float64:
		if *p != nil {
			c.number(name, **p)
		}
	case *ConsumptionPeriod:
		c.period(name, *p)
	case *Duration:
		c.duration(name, *p)
	case *time.Time:
		c.moment(name, *p)
	case *Date:
		c.date(name, *p)
	case *map[string]any:
		c.metadata(name, *p)
	case **Customer:
		c.customer(name, *p)
	case *[]CustomField:
		c.customFields(name, *p)
	default: // items, licenses, users and features: see items and license
	}
}

func (c *comparer) extra(object, *map[string]json.RawMessage) {}

func (c *comparer) text(name, asked string) {
	if asked == "" {
		return
	}
	switch name {
	case "id", "key", "product_code", "email", "code":
		return // compared where licenses, users and features are paired
	case "metadata":
		c.orderMetadata(name, asked)
		return
	}
	val := c.lookUp(name)
	if name == "order_type" {
		val = c.lookUp("type")
	}
	if isPlain(val, asked) {
		return
	}
	if s, ok := jsonread.Text(val); ok && strings.TrimSpace(s) != strings.TrimSpace(asked) {
		c.differ(name, shownText(name, asked), shownText(name, s), "")
	}
}

// isPlain reports whether val is just s in quotes, which is what it is nearly
// always, without making a string of it.
func isPlain(val []byte, s string) bool {
	return len(val) == len(s)+2 && val[0] == '"' && string(val[1:len(val)-1]) == s && strings.IndexByte(s, '\\') < 0
}

func (c *comparer) flag(name string, asked bool) {
	found, ok := jsonread.Boolean(c.lookUp(name))
	if !ok || found == asked || (found && c.preventVM && name == "prevent_vm") {
		return
	}
	rule := ""
	if name == "enable_maintenance_duration" && asked {
		rule = RuleDialectSuspected
	}
	c.differ(name, strconv.FormatBool(asked), strconv.FormatBool(found), rule)
}

func (c *comparer) int(name string, asked int64) {
	if found, ok := jsonread.Int(c.lookUp(name)); ok && found != asked {
		c.differ(name, strconv.FormatInt(asked, 10), strconv.FormatInt(found, 10), "")
	}
}

func (c *comparer) number(name string, asked float64) {
	if found, ok := jsonread.Float(c.lookUp(name)); ok && found != asked {
		c.differ(name, formatNumber(asked), formatNumber(found), "")
	}
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (c *comparer) period(name string, asked ConsumptionPeriod) {
	if asked == "" {
		return
	}
	if found, ok := jsonread.Text(c.lookUp(name)); ok && wire.Current.Period(found) != wire.Current.Period(string(asked)) {
		c.differ(name, shownText(name, string(asked)), shownText(name, found), "")
	}
}

// duration compares lengths, so that 12m is 1y, and 60min is 1h.
func (c *comparer) duration(name string, asked Duration) {
	if asked.IsZero() {
		return
	}
	s, ok := jsonread.Text(c.lookUp(name))
	if !ok {
		return
	}
	// What is no duration (a number of days, say) does not show what was asked.
	if found, err := ParseDuration(s); err == nil && !sameLength(found, asked) {
		c.differ(name, asked.String(), found.String(), "")
	}
}

func sameLength(a, b Duration) bool {
	// Two starts, because a month can have the days of a year's part only once.
	january := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	july := time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)
	return a == b || (a.AddTo(january).Equal(b.AddTo(january)) && a.AddTo(july).Equal(b.AddTo(july)))
}

// moment compares to the second, which is what is sent, or to the day if the
// record shows no time.
func (c *comparer) moment(name string, asked time.Time) {
	if asked.IsZero() || name == "created" { // the record's created_at is by the service's clock
		return
	}
	s, ok := jsonread.Text(c.lookUp(name))
	if !ok {
		return
	}
	found, err := wire.ParseTime(s)
	if err != nil || found.IsZero() {
		return
	}
	precision := time.Second
	if len(s) == len(wire.DateLayout) {
		precision = 24 * time.Hour
	}
	if asked = asked.UTC(); !found.Truncate(precision).Equal(asked.Truncate(precision)) {
		c.differ(name, asked.Format(wire.TimeLayout), found.Format(wire.TimeLayout), "")
	}
}

func (c *comparer) date(name string, asked Date) {
	if asked.IsZero() {
		return
	}
	s, ok := jsonread.Text(c.lookUp(name))
	if !ok {
		return
	}
	if found, err := wire.ParseTime(s); err == nil && !found.IsZero() && DateOf(found) != asked {
		c.differ(name, asked.String(), DateOf(found).String(), "")
	}
}

// metadata of a license must be there as sent; the service may add to it.
func (c *comparer) metadata(name string, value map[string]any) {
	val := c.lookUp(name)
	if len(value) == 0 || jsonread.KindOf(val) != jsonread.Object {
		return
	}
	if asked, err := wire.AppendValue(nil, value); err == nil && !holds(val, asked) {
		c.differ(name, redact.Mark, redact.Mark, "")
	}
}

// orderMetadata is text that holds JSON. What the JSON says is compared, not
// how it is written, and the service may have unpacked it.
func (c *comparer) orderMetadata(name, asked string) {
	val := c.lookUp(name)
	found, ok := jsonread.Text(val)
	if !ok {
		found = string(val)
	}
	if val != nil && strings.TrimSpace(found) != strings.TrimSpace(asked) && !holds([]byte(found), []byte(asked)) {
		c.differ(name, redact.Mark, redact.Mark, "")
	}
}

// holds reports whether one JSON value is the other, or an object that has all
// the members of the other.
func holds(found, asked []byte) bool {
	var f, a any
	if json.Unmarshal(found, &f) != nil || json.Unmarshal(asked, &a) != nil {
		return false
	}
	have, isObject := f.(map[string]any)
	want, wantObject := a.(map[string]any)
	if !isObject || !wantObject {
		return reflect.DeepEqual(f, a)
	}
	for member, value := range want {
		if got, ok := have[member]; !reflect.DeepEqual(got, value) || (!ok && value != nil) {
			return false
		}
	}
	return true
}

func (c *comparer) customer(name string, asked *Customer) {
	have := c.rec.Customer
	if asked == nil || have == nil {
		return
	}
	if asked.Email != "" && have.Email != "" && !sameEmail(asked.Email, withoutSuffix(have.Email)) {
		c.differ(name+".email", redact.Mark, redact.Mark, "")
	}
	if asked.Company != "" && have.Company == "" {
		c.differ(name+".company", redact.Mark, "", RuleDialectSuspected)
	}
}

func sameEmail(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

func (c *comparer) items(items []OrderItem) {
	// A record without items (the old answer, a short list) shows nothing of
	// them; whoever needs to be sure looks the order up by its number.
	switch {
	case c.bundle:
	case c.rec.isBundle():
		c.differ("is_bundle", "false", "true", "")
	case c.rec.showsLicenses():
		c.pairLicenses(items)
	}
}

func (r *OrderRecord) isBundle() bool {
	bundle := false
	jsonread.Members(r.raw.get(), func(name, val []byte) {
		if string(name) == "is_bundle" {
			bundle, _ = jsonread.Boolean(val)
		}
	})
	return bundle
}

// license compares one license with the record it was paired with, at whose
// members c looks.
func (c *comparer) license(l *License, have *LicenseRecord) {
	l.fields(c)
	c.compareUsers(l.Users, have)
	c.compareFeatures(l.ProductFeatures, have)
}

func (c *comparer) compareUsers(asked []LicenseUser, have *LicenseRecord) {
	// A list of users that could not be read does not show who they are.
	list := c.lookUp("license_users")
	// One that has a key has no users, whether it says so or not.
	shown := len(have.LicenseUsers) > 0 || have.LicenseKey != "" ||
		(jsonread.KindOf(list) == jsonread.Array && jsonread.Count(list) == 0)
	if len(asked) == 0 || !shown {
		return
	}
	for i := range asked {
		n := slices.IndexFunc(have.LicenseUsers, func(u UserRecord) bool { return sameEmail(u.Email, asked[i].Email) })
		c.path.EnterAt("users", i)
		if n < 0 {
			c.differ("email", redact.Mark, "", "")
		} else {
			c.look(have.LicenseUsers[n].raw.get())
			asked[i].fields(c)
		}
		c.path.Leave()
	}
	if more := len(have.LicenseUsers) - len(asked); more > 0 {
		c.differ("users", strconv.Itoa(len(asked)), strconv.Itoa(len(have.LicenseUsers)), "")
	}
}

func (c *comparer) compareFeatures(asked []ProductFeature, have *LicenseRecord) {
	for i := range asked {
		n := slices.IndexFunc(have.ProductFeatures, func(f FeatureRecord) bool { return f.Code == asked[i].Code })
		c.path.EnterAt("product_features", i)
		if n < 0 {
			c.differ("code", redact.Mark, "", RuleFeatureDropped)
		} else {
			c.look(have.ProductFeatures[n].raw.get())
			asked[i].fields(c)
		}
		c.path.Leave()
	}
}

// customFields compares those that the record shows under the same name.
func (c *comparer) customFields(name string, fields []CustomField) {
	val := c.lookUp(name)
	for i := range fields {
		asked, err := wire.AppendValue(nil, fields[i].Value)
		if err != nil {
			continue
		}
		want, _ := jsonread.Text(asked)
		jsonread.Elements(val, func(_ int, el []byte) {
			var fieldName, fieldValue string
			jsonread.Members(el, func(member, v []byte) {
				switch string(member) {
				case "name":
					fieldName, _ = jsonread.Text(v)
				case "value":
					fieldValue, _ = jsonread.Text(v)
				}
			})
			if fieldName == fields[i].Name && fieldValue != "" && !sameScalar(fieldValue, want) {
				c.differ(name+"["+strconv.Itoa(i)+"].value", redact.Mark, redact.Mark, "")
			}
		})
	}
}

// sameScalar compares texts, and numbers by their value: the service may write
// 3 as 3.00.
func sameScalar(a, b string) bool {
	if strings.TrimSpace(a) == strings.TrimSpace(b) {
		return true
	}
	m, errM := strconv.ParseFloat(a, 64)
	n, errN := strconv.ParseFloat(b, 64)
	return errM == nil && errN == nil && m == n
}
