package licensespring

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/redact"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// Diff compares the order with a record of it and returns the differences,
// tolerated ones included. It is the comparison of [Client.EnsureOrder], which
// returns them as the Differences of an [ErrOrderConflict] or, if all of them are
// tolerated, as warnings. It sends no request.
//
// An order and a record are the same if
//
//   - they have the same id;
//   - the licenses can be paired so that each pair has the same product, the same
//     key if one was given, and the same users, by their real e-mail addresses
//     (case-insensitive), and none remains;
//   - both are test orders or neither is, although a false IsTest is not sent;
//   - the customers have the same e-mail address;
//   - and every other property that was sent, and that the record shows, has the
//     value that was sent. What the record does not show, or shows as null or
//     empty, is not compared.
//
// Three differences are tolerated, because the service is known to cause them
// silently: a missing feature (unknown codes are dropped), maintenance that is not
// enabled, and a company that is not stored (both are signs of the wrong
// [Dialect]). Other details of the customer are not compared, since other orders
// share and change the customer. The items of a bundle are not compared, since the
// record shows its products. For an order with Append set, the record must hold
// the licenses of the order and may hold others.
//
// Each path names a place in the order. A nil record gives a single difference with
// the path "id".
func (o *Order) Diff(rec *OrderRecord) []Difference {
	switch {
	case rec == nil:
		return []Difference{{Path: "id", Want: redact.Mark, Rule: RuleValueMismatch}}
	case rec.StoreID != "" && !sameID(rec.StoreID, o.ID):
		return []Difference{{Path: "id", Want: redact.Mark, Got: redact.Mark, Rule: RuleValueMismatch}}
	default:
		return compareOrder(o, rec, !o.Append)
	}
}

// compareOrder returns the differences of rec and o. If whole is false, rec may
// hold other licenses too.
func compareOrder(o *Order, rec *OrderRecord, whole bool) []Difference {
	c := comparer{whole: whole, rec: rec}
	// The order's option applies to all of its licenses.
	c.preventVM, c.bundle = isTrue(o.PreventVM), o.IsBundle
	c.items(o.Items)
	c.enter(rec.raw.get())
	if whole {
		o.fields(&c)
	} else {
		c.member("is_test", &o.IsTest)
	}
	return c.differences
}

// compareLicenses returns the differences of those licenses of o that have one of
// the keys.
func compareLicenses(o *Order, rec *OrderRecord, keys map[string]bool) []Difference {
	c := comparer{rec: rec, only: keys, preventVM: isTrue(o.PreventVM), bundle: o.IsBundle}
	c.items(o.Items)
	c.enter(rec.raw.get())
	c.member("is_test", &o.IsTest)
	return c.differences
}

// comparer is the visitor that compares each field of an order with the member of
// that name in the record. It does not visit licenses, users and features: they
// are paired first, since the record may hold them in another order. It ignores
// extra members.
type comparer struct {
	rec         *OrderRecord
	whole       bool
	path        wire.Path
	object      []byte // the selected object of the record
	shown       []shownMember
	differences []Difference

	bundle    bool            // the order's items name bundles
	preventVM bool            // the order wants it for all licenses
	only      map[string]bool // keys of the licenses to compare; nil: all
	// With countOnly, differences are counted and not collected.
	countOnly           bool
	breaking, tolerated int
	failFast            bool // stop comparing at the first breaking difference
	// With strict, a member that the record does not show or shows as empty differs.
	strict bool
}

// shownMember is the place of a member within the selected object.
type shownMember struct{ name, nameEnd, val, valEnd uint32 }

// enter selects the object of the record to compare with.
func (c *comparer) enter(object []byte) {
	const usual = 32 // members of a license
	if c.shown == nil {
		c.shown = make([]shownMember, 0, usual)
	}
	c.object, c.shown = object, c.shown[:0]
	jsonread.Members(object, func(name, val []byte) {
		if m, ok := c.place(name, val); ok {
			c.shown = append(c.shown, m)
		}
	})
}

// place returns the place of a member. A name with escapes is a copy and has none;
// no member that is compared has one.
func (c *comparer) place(name, val []byte) (shownMember, bool) {
	from, at := cap(c.object)-cap(name), cap(c.object)-cap(val)
	if len(name) == 0 || from < 0 || from >= len(c.object) || &c.object[from] != &name[0] {
		return shownMember{}, false
	}
	return shownMember{uint32(from), uint32(from + len(name)), uint32(at), uint32(at + len(val))}, true //nolint:gosec // a response is smaller
}

// gotMember returns the value of a member of the selected object, in either
// spelling, and nil if it is absent, null or empty.
func (c *comparer) gotMember(name string) []byte {
	if c.failFast && c.breaking > 0 {
		return nil
	}
	other := otherSpelling(name)
	for i := range c.shown {
		m := &c.shown[i]
		got, val := c.object[m.name:m.nameEnd], c.object[m.val:m.valEnd]
		if string(got) != name && (other == "" || string(got) != other) {
			continue
		}
		if isEmptyValue(val) && !c.strict {
			continue
		}
		return val
	}
	return nil
}

func (c *comparer) report(name, want, got string, rule Rule) {
	if c.countOnly {
		if rule == RuleValueMismatch {
			c.breaking++
		} else {
			c.tolerated++
		}
		return
	}
	c.differences = append(c.differences, Difference{Path: c.path.At(name), Want: want, Got: got, Rule: rule})
}

func (c *comparer) member(name string, p any) {
	switch p := p.(type) {
	case *string:
		c.text(name, *p)
	case *bool:
		// A test order must not pass for an order that was paid for.
		if *p || name == "is_test" {
			c.flag(name, *p)
		}
	case **string:
		if *p != nil {
			c.optionalText(name, **p)
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
	case *[]OrderItem, *[]License, *[]LicenseUser, *[]ProductFeature, *any: // see items and license
	case *[]UserAssignment: // see userSet
	default:
		panic(unknownField(name, p))
	}
}

func (c *comparer) text(name, want string) {
	if want == "" {
		return
	}
	switch name {
	case "id", "key", "product_code", "email", "code":
		return // compared when licenses, users and features are paired
	case "metadata":
		c.orderMetadata(name, want)
		return
	}
	val := c.gotMember(name)
	if name == "order_type" {
		val = c.gotMember("type")
	}
	if isPlain(val, want) {
		return
	}
	if s, ok := jsonread.Text(val); ok && strings.TrimSpace(s) != strings.TrimSpace(want) {
		c.report(name, shownText(name, want), shownText(name, s), RuleValueMismatch)
	}
}

// isPlain reports whether val is s in quotes. That is nearly always so, and needs no
// allocation.
func isPlain(val []byte, s string) bool {
	return len(val) == len(s)+2 && val[0] == '"' && string(val[1:len(val)-1]) == s && strings.IndexByte(s, '\\') < 0
}

func (c *comparer) flag(name string, want bool) {
	val := c.gotMember(name)
	got, ok := jsonread.Boolean(val)
	if !ok {
		c.unreadable(name, strconv.FormatBool(want), val)
		return
	}
	if got == want || (got && c.preventVM && name == "prevent_vm") {
		return
	}
	rule := RuleValueMismatch
	if name == "enable_maintenance_duration" && want {
		rule = RuleDialectSuspected
	}
	c.report(name, strconv.FormatBool(want), strconv.FormatBool(got), rule)
}

func (c *comparer) int(name string, want int64) {
	val := c.gotMember(name)
	switch got, ok := jsonread.Int(val); {
	case !ok && c.strict:
		c.unreadable(name, strconv.FormatInt(want, 10), val)
	case ok && got != want:
		c.report(name, strconv.FormatInt(want, 10), strconv.FormatInt(got, 10), RuleValueMismatch)
	}
}

func (c *comparer) number(name string, want float64) {
	val := c.gotMember(name)
	switch got, ok := jsonread.Float(val); {
	case !ok && c.strict:
		c.unreadable(name, formatNumber(want), val)
	case ok && got != want:
		c.report(name, formatNumber(want), formatNumber(got), RuleValueMismatch)
	}
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (c *comparer) period(name string, want ConsumptionPeriod) {
	if want == "" {
		return
	}
	val := c.gotMember(name)
	switch got, ok := jsonread.Text(val); {
	case !ok || got == "":
		c.unreadable(name, shownText(name, string(want)), val)
	case wire.Current.Period(got) != wire.Current.Period(string(want)):
		c.report(name, shownText(name, string(want)), shownText(name, got), RuleValueMismatch)
	}
}

// duration compares lengths: 12m equals 1y, and 60min equals 1h.
func (c *comparer) duration(name string, want Duration) {
	if want.IsZero() {
		return
	}
	val := c.gotMember(name)
	s, _ := jsonread.Text(val)
	switch got, err := ParseDuration(s); {
	case err != nil: // another form, such as a number of days, cannot be compared
		c.unreadable(name, want.String(), val)
	case !sameLength(got, want):
		c.report(name, want.String(), got.String(), RuleValueMismatch)
	}
}

func sameLength(a, b Duration) bool {
	// Two starts, since the lengths of months differ.
	january := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	july := time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)
	return a == b || (a.AddTo(january).Equal(b.AddTo(january)) && a.AddTo(july).Equal(b.AddTo(july)))
}

// moment compares in seconds, as sent, or in days if the record shows a date.
func (c *comparer) moment(name string, want time.Time) {
	if want.IsZero() || name == "created" { // created_at of the record is the service's own
		return
	}
	s, ok := jsonread.Text(c.gotMember(name))
	if !ok {
		return
	}
	got, err := wire.ParseTime(s)
	if err != nil || got.IsZero() {
		return
	}
	precision := time.Second
	if len(s) == len(wire.DateLayout) {
		precision = 24 * time.Hour
	}
	if want = want.UTC(); !got.Truncate(precision).Equal(want.Truncate(precision)) {
		c.report(name, want.Format(wire.TimeLayout), got.Format(wire.TimeLayout), RuleValueMismatch)
	}
}

func (c *comparer) date(name string, want Date) {
	if want.IsZero() {
		return
	}
	val := c.gotMember(name)
	s, ok := jsonread.Text(val)
	got, err := wire.ParseTime(s)
	switch {
	case !ok || err != nil:
		c.unreadable(name, want.String(), val)
	case got.IsZero(): // "" or 0000-00-00
		if c.strict {
			c.report(name, want.String(), "", RuleValueMismatch)
		}
	case DateOf(got) != want:
		c.report(name, want.String(), DateOf(got).String(), RuleValueMismatch)
	}
}

// metadata compares the metadata of a license. The service may add members.
func (c *comparer) metadata(name string, value map[string]any) {
	val := c.gotMember(name)
	if text, ok := jsonread.Text(val); ok && c.strict && jsonread.Valid([]byte(text)) {
		val = []byte(text) // a text that holds the object
	}
	switch {
	case value == nil, len(value) == 0 && !c.strict:
		return
	case jsonread.KindOf(val) != jsonread.Object:
		c.unreadable(name, redact.Mark, val)
		return
	}
	want, err := wire.AppendValue(nil, value)
	if err == nil && (!contains(val, want) || c.strict && !hasMembers(val, value)) {
		c.report(name, redact.Mark, redact.Mark, RuleValueMismatch)
	}
}

// orderMetadata compares the JSON value that the text holds. The service may return
// the value itself.
func (c *comparer) orderMetadata(name, want string) {
	val := c.gotMember(name)
	got, ok := jsonread.Text(val)
	if !ok {
		got = string(val)
	}
	if val != nil && strings.TrimSpace(got) != strings.TrimSpace(want) && !contains([]byte(got), []byte(want)) {
		c.report(name, redact.Mark, redact.Mark, RuleValueMismatch)
	}
}

// contains reports whether two JSON values are equal, or whether got is an object
// with all members of want. A null member of want may be absent.
func contains(gotJSON, wantJSON []byte) bool {
	got, errGot := wire.Value(gotJSON)
	want, errWant := wire.Value(wantJSON)
	if errGot != nil || errWant != nil {
		return false
	}
	gotObject, gotOK := got.(map[string]any)
	wantObject, wantOK := want.(map[string]any)
	if !gotOK || !wantOK {
		return equalValues(got, want)
	}
	for name, value := range wantObject {
		if g, ok := gotObject[name]; !equalValues(g, value) || (!ok && value != nil) {
			return false
		}
	}
	return true
}

func (c *comparer) customer(name string, want *Customer) {
	got := c.rec.Customer
	if want == nil || got == nil {
		return
	}
	if want.Email != "" && got.Email != "" && !sameEmail(want.Email, withoutSuffix(got.Email)) {
		c.report(name+".email", redact.Mark, redact.Mark, RuleValueMismatch)
	}
	if want.Company != "" && got.Company == "" {
		c.report(name+".company", redact.Mark, "", RuleDialectSuspected)
	}
}

func (c *comparer) items(items []OrderItem) {
	// A record without items, as in a list, cannot be compared.
	switch {
	case c.bundle:
	case c.rec.bundle:
		c.report("is_bundle", "false", "true", RuleValueMismatch)
	case c.rec.showsLicenses():
		c.pairLicenses(items)
	}
}

// license compares a license with the record that it is paired with, the selected
// object.
func (c *comparer) license(l *License, got *LicenseRecord) {
	l.fields(c)
	c.compareUsers(l.Users, got)
	c.compareFeatures(l.ProductFeatures, got)
}

func (c *comparer) compareUsers(want []LicenseUser, got *LicenseRecord) {
	// Users that could not be read cannot be compared.
	list := c.gotMember("license_users")
	// A license with a key has no users.
	shown := len(got.LicenseUsers) > 0 || got.LicenseKey != "" ||
		(jsonread.KindOf(list) == jsonread.Array && jsonread.Count(list) == 0)
	if len(want) == 0 || !shown {
		return
	}
	for i := range want {
		n := slices.IndexFunc(got.LicenseUsers, func(u UserRecord) bool { return sameEmail(u.Email, want[i].Email) })
		c.path.EnterAt("users", i)
		if n < 0 {
			c.report("email", redact.Mark, "", RuleValueMismatch)
		} else {
			c.enter(got.LicenseUsers[n].raw.get())
			want[i].fields(c)
		}
		c.path.Leave()
	}
	if more := len(got.LicenseUsers) - len(want); more > 0 {
		c.report("users", strconv.Itoa(len(want)), strconv.Itoa(len(got.LicenseUsers)), RuleValueMismatch)
	}
}

func (c *comparer) compareFeatures(want []ProductFeature, got *LicenseRecord) {
	for i := range want {
		n := slices.IndexFunc(got.ProductFeatures, func(f FeatureRecord) bool { return f.Code == want[i].Code })
		c.path.EnterAt("product_features", i)
		if n < 0 {
			c.report("code", redact.Mark, "", RuleFeatureDropped)
		} else {
			c.enter(got.ProductFeatures[n].raw.get())
			want[i].fields(c)
		}
		c.path.Leave()
	}
}

// customFields compares the fields that the record shows under the same name.
func (c *comparer) customFields(name string, fields []CustomField) {
	val := c.gotMember(name)
	for i := range fields {
		value, err := wire.AppendValue(nil, fields[i].Value)
		if err != nil {
			continue
		}
		want, _ := jsonread.Text(value)
		jsonread.Elements(val, func(_ int, el []byte) {
			var fieldName, got string
			jsonread.Members(el, func(member, v []byte) {
				switch string(member) {
				case "name":
					fieldName, _ = jsonread.Text(v)
				case "value":
					got, _ = jsonread.Text(v)
				}
			})
			if fieldName == fields[i].Name && got != "" && !sameScalar(got, want) {
				c.report(name+"["+strconv.Itoa(i)+"].value", redact.Mark, redact.Mark, RuleValueMismatch)
			}
		})
	}
}
