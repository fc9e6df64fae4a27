package licensespring

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// UnmarshalJSON replaces the order by one that it decodes in the spelling of
// either [Dialect]. Users may be an array or a single object; features may be
// strings, objects or both. A null is an absent member. Dates may have these
// forms, in UTC if there is no zone; "" and 0000-00-00 are absent:
//
//	2006-01-02
//	2006-01-02 15:04:05            a fraction and a zone may follow
//	2006-01-02T15:04:05.999Z07:00  RFC 3339, with or without fraction and zone
//
// A member without a field is kept in Extra. A value of the wrong type or a
// duplicate member is an error: a [*ValidationError] with the path of each, up to
// 999. After an error the order is unchanged. UnmarshalJSON does not apply the
// rules of [Order.Check].
func (o *Order) UnmarshalJSON(data []byte) error { return readDocument(data, o) }

// UnmarshalJSON decodes an item of an order; see [Order.UnmarshalJSON].
func (i *OrderItem) UnmarshalJSON(data []byte) error { return readDocument(data, i) }

// UnmarshalJSON decodes a license as a part of an order; see
// [Order.UnmarshalJSON].
func (l *License) UnmarshalJSON(data []byte) error { return readDocument(data, l) }

// UnmarshalJSON decodes a user as a part of an order; see [Order.UnmarshalJSON].
func (u *LicenseUser) UnmarshalJSON(data []byte) error { return readDocument(data, u) }

// UnmarshalJSON decodes a feature, a string or an object; see
// [Order.UnmarshalJSON].
func (f *ProductFeature) UnmarshalJSON(data []byte) error { return readDocument(data, f) }

// UnmarshalJSON decodes a custom field as a part of an order; see
// [Order.UnmarshalJSON].
func (c *CustomField) UnmarshalJSON(data []byte) error { return readDocument(data, c) }

// UnmarshalJSON decodes a customer as a part of an order; see
// [Order.UnmarshalJSON].
func (c *Customer) UnmarshalJSON(data []byte) error { return readDocument(data, c) }

// readDocument decodes one object. A null or invalid JSON changes nothing.
func readDocument(data []byte, dst object) error {
	r := orderReader{members: make([]member, 0, 24)}
	read := reflect.New(reflect.TypeOf(dst).Elem())
	switch {
	case !wire.ValidDocument(data):
		r.fail("", RuleInvalidJSON, "is not valid JSON, or has text that is not valid Unicode")
	case jsonread.KindOf(data) == jsonread.Null:
		return nil
	default:
		o, _ := reflect.TypeAssert[object](read)
		r.value(data, o)
	}
	if len(r.findings) > 0 {
		return &ValidationError{Findings: r.findings}
	}
	reflect.ValueOf(dst).Elem().Set(read.Elem())
	return nil
}

// orderReader is the visitor that sets the fields of an object from the members of
// a JSON object. The document is valid.
type orderReader struct {
	path     wire.Path
	findings []Finding
	// members are those of the enclosing objects and, from base on, those of the
	// object that is being decoded.
	members []member
	base    int
}

// member is a member of a JSON object.
type member struct {
	name  []byte
	value []byte
	taken bool
}

// maxFindings limits the findings of a document, which may have a mistake in every
// byte.
const maxFindings = 1000

func (r *orderReader) fail(name string, rule Rule, message string) {
	switch len(r.findings) {
	case maxFindings:
		return
	case maxFindings - 1:
		r.findings = append(r.findings, Finding{Rule: RuleTooManyFindings, Severity: SeverityError, Message: "has more findings than are listed"})
		return
	}
	r.findings = append(r.findings, Finding{Path: r.path.At(name), Rule: rule, Severity: SeverityError, Message: message})
}

// wrong reports a member of the wrong type.
func (r *orderReader) wrong(name, want string) { r.fail(name, RuleWrongType, "want "+want) }

// value decodes one object, or a feature that is a string.
func (r *orderReader) value(raw []byte, o object) {
	if feature, ok := o.(*ProductFeature); ok {
		if code, ok := stringOf(raw); ok {
			feature.Code = code
			return
		}
	}
	if jsonread.KindOf(raw) != jsonread.Object {
		r.wrong("", "an object")
		return
	}
	outer := r.base
	r.base = len(r.members)
	jsonread.Members(raw, r.collect)
	o.fields(r)
	r.rejectRest()
	r.members, r.base = r.members[:r.base], outer
}

func (r *orderReader) collect(name, value []byte) {
	r.members = append(r.members, member{name: name, value: value})
}

// rejectRest reports the members that were not taken: those of an object without
// Extra.
func (r *orderReader) rejectRest() {
	for _, m := range r.members[r.base:] {
		if !m.taken {
			r.fail(shownName(string(m.name)), RuleUnknownMember, "unknown member")
		}
	}
}

// take returns the value of a member in either spelling, and nil if it is absent
// or null.
func (r *orderReader) take(name string) []byte {
	value := r.takeExact(name, name)
	other, renamed := wire.OtherSpelling(name)
	if !renamed {
		return value
	}
	switch current := r.takeExact(name, other); {
	case current == nil:
		return value
	case value != nil && !sameValue(value, current):
		r.fail(name, RuleConflictingSpellings, "appears in both spellings, with different values")
		return nil
	default:
		return current
	}
}

// takeExact returns the value of the member with the given spelling, for the field
// with the given name.
func (r *orderReader) takeExact(name, spelled string) (value []byte) {
	found := false
	here := r.members[r.base:]
	for i := range here {
		m := &here[i]
		if string(m.name) != spelled {
			continue
		}
		if found {
			r.fail(name, RuleDuplicateMember, "appears more than once")
		}
		found, m.taken, value = true, true, m.value
	}
	if jsonread.KindOf(value) == jsonread.Null {
		return nil
	}
	return value
}

// sameValue reports whether two JSON values are equal.
func sameValue(a, b []byte) bool {
	x, errX := wire.Value(a)
	y, errY := wire.Value(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// readString takes a member as a string.
func (r *orderReader) readString(name string) (string, bool) {
	raw := r.take(name)
	if raw == nil {
		return "", false
	}
	s, ok := stringOf(raw)
	if !ok {
		r.wrong(name, "a string")
	}
	return s, ok
}

// readNumber takes a member as the text of a number.
func (r *orderReader) readNumber(name string) (string, bool) {
	raw := r.take(name)
	if raw == nil {
		return "", false
	}
	if jsonread.KindOf(raw) != jsonread.Number {
		r.wrong(name, "a number")
		return "", false
	}
	return string(raw), true
}

// readInt takes a member as an integer.
func (r *orderReader) readInt(name string, bits int) (int64, bool) {
	digits, ok := r.readNumber(name)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, bits)
	if err != nil {
		r.wrong(name, "an integer in range")
	}
	return n, err == nil
}

// readBool takes a member as a boolean.
func (r *orderReader) readBool(name string) (value, ok bool) {
	raw := r.take(name)
	if raw == nil {
		return false, false
	}
	if jsonread.KindOf(raw) != jsonread.Bool {
		r.wrong(name, "true or false")
		return false, false
	}
	return raw[0] == 't', true
}

func (r *orderReader) member(name string, p any) {
	switch p := p.(type) {
	case *string:
		*p, _ = r.readString(name)
	case *bool:
		*p, _ = r.readBool(name)
	case *ConsumptionPeriod:
		s, _ := r.readString(name)
		s, _ = wire.NeutralPeriod(s)
		*p = ConsumptionPeriod(s)
	case *Duration:
		r.duration(name, p)
	case *Date:
		r.date(name, p)
	case *time.Time:
		r.moment(name, p)
	case **bool:
		if value, ok := r.readBool(name); ok {
			*p = new(value)
		}
	case **int:
		if n, ok := r.readInt(name, strconv.IntSize); ok {
			*p = new(int(n))
		}
	case **int64:
		if n, ok := r.readInt(name, 64); ok {
			*p = new(n)
		}
	case **float64:
		r.number(name, p)
	case *map[string]any:
		r.metadata(name, p)
	case *any:
		r.scalar(name, p)
	case **Customer:
		if raw := r.take(name); raw != nil {
			*p = new(Customer)
			r.within(name, raw, *p)
		}
	case *[]OrderItem, *[]License, *[]LicenseUser, *[]ProductFeature, *[]CustomField:
		r.list(name, p)
	default:
		panic(unknownField(name, p))
	}
}

func (r *orderReader) duration(name string, p *Duration) {
	s, ok := r.readString(name)
	if !ok {
		return
	}
	if err := p.UnmarshalText([]byte(s)); err != nil {
		r.fail(name, RuleInvalidDuration, err.Error())
	}
}

func (r *orderReader) date(name string, p *Date) {
	s, ok := r.readString(name)
	if !ok {
		return
	}
	if err := p.UnmarshalText([]byte(s)); err != nil {
		r.fail(name, RuleInvalidDate, err.Error())
	}
}

func (r *orderReader) moment(name string, p *time.Time) {
	s, ok := r.readString(name)
	if !ok {
		return
	}
	t, err := wire.ParseTime(s)
	if err != nil {
		r.fail(name, RuleInvalidDate, err.Error())
	}
	*p = t
}

func (r *orderReader) number(name string, p **float64) {
	digits, ok := r.readNumber(name)
	if !ok {
		return
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.IsInf(f, 0) || !wire.SameNumber(digits, f) {
		r.wrong(name, "a number of at most 15 digits")
		return
	}
	*p = new(f)
}

func (r *orderReader) metadata(name string, p *map[string]any) {
	raw := r.take(name)
	if raw == nil {
		return
	}
	if jsonread.KindOf(raw) != jsonread.Object {
		r.wrong(name, "an object")
		return
	}
	value, err := wire.Value(raw)
	switch {
	case errors.Is(err, wire.ErrTwice):
		r.fail(name, RuleDuplicateMember, err.Error())
	case err != nil:
		r.fail(name, RuleNotEncodable, err.Error())
	default:
		*p, _ = value.(map[string]any) // always, for an object
	}
}

func (r *orderReader) scalar(name string, p *any) {
	raw := r.take(name)
	switch {
	case raw == nil:
	case jsonread.KindOf(raw) == jsonread.String, jsonread.KindOf(raw) == jsonread.Number:
		*p, _ = wire.Value(raw) // the error of a scalar is always nil
	default:
		r.wrong(name, "a string or a number")
	}
}

// within decodes the object that a member holds.
func (r *orderReader) within(name string, raw []byte, o object) {
	r.path.Enter(name)
	r.value(raw, o)
	r.path.Leave()
}

// list decodes an array of objects. Users may also be a single object: the Create
// Order page allows that reading.
func (r *orderReader) list(name string, p any) {
	l, raw := listOf(name, p), r.take(name)
	_, users := p.(*[]LicenseUser)
	switch kind := jsonread.KindOf(raw); {
	case raw == nil:
	case users && kind == jsonread.Object:
		l.create(1)
		r.within(name, raw, l.at(0))
	case kind != jsonread.Array:
		r.wrong(name, "an array")
	default:
		r.elements(name, l, raw)
	}
}

// elements decodes an array. It allocates elements for objects only: a license
// takes hundreds of times the memory of a 0 in its place.
func (r *orderReader) elements(name string, l objectList, raw []byte) {
	n := 0
	jsonread.Elements(raw, func(_ int, value []byte) {
		if l.takes(value) {
			n++
		}
	})
	l.create(n)
	n = 0
	jsonread.Elements(raw, func(i int, value []byte) {
		r.path.EnterAt(name, i)
		if l.takes(value) {
			r.value(value, l.at(n))
			n++
		} else {
			r.wrong("", "an object")
		}
		r.path.Leave()
	})
}

func (r *orderReader) extra(_ object, p *map[string]json.RawMessage) {
	here := r.members[r.base:]
	for i := range here {
		m := &here[i]
		if m.taken {
			continue
		}
		m.taken = true
		name := string(m.name)
		if _, twice := (*p)[name]; twice {
			r.fail(shownName(name), RuleDuplicateMember, "appears more than once")
			continue
		}
		if *p == nil {
			*p = make(map[string]json.RawMessage)
		}
		(*p)[name], _ = wire.AppendRaw(nil, m.value) // the document is valid
	}
}

// stringOf returns the text of a JSON string.
func stringOf(raw []byte) (string, bool) {
	if jsonread.KindOf(raw) != jsonread.String {
		return "", false
	}
	return jsonread.Text(raw)
}
