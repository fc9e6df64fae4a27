package licensespring

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// MarshalJSON encodes the order as it is sent in [DialectClassic]. The encoding is
// deterministic: members in the order of the fields, those of Extra sorted by name.
// Absent members are left out, and only what JSON requires is escaped
// ([json.Marshal] escapes <, > and & in addition).
//
// The error is a [*ValidationError] if JSON cannot represent a value, such as
// invalid UTF-8 or metadata that cannot be encoded. MarshalJSON checks nothing
// else; see [Order.Check].
func (o Order) MarshalJSON() ([]byte, error) { return o.appendJSON(nil, DialectClassic) }

// MarshalJSON encodes the item as a part of an order; see [Order.MarshalJSON].
func (i OrderItem) MarshalJSON() ([]byte, error) { return appendObject(nil, &i, DialectClassic) }

// MarshalJSON encodes the license as a part of an order; see
// [Order.MarshalJSON].
func (l License) MarshalJSON() ([]byte, error) { return appendObject(nil, &l, DialectClassic) }

// MarshalJSON encodes the user as a part of an order; see [Order.MarshalJSON].
func (u LicenseUser) MarshalJSON() ([]byte, error) { return appendObject(nil, &u, DialectClassic) }

// MarshalJSON encodes the feature as an object; see [Order.MarshalJSON].
func (f ProductFeature) MarshalJSON() ([]byte, error) { return appendObject(nil, &f, DialectClassic) }

// MarshalJSON encodes the custom field as a part of an order; see
// [Order.MarshalJSON].
func (c CustomField) MarshalJSON() ([]byte, error) { return appendObject(nil, &c, DialectClassic) }

// MarshalJSON encodes the customer as a part of an order; see
// [Order.MarshalJSON].
func (c Customer) MarshalJSON() ([]byte, error) { return appendObject(nil, &c, DialectClassic) }

// appendJSON appends the order in dialect d. If there is an error, a
// [*ValidationError], it appends nothing.
func (o *Order) appendJSON(dst []byte, d Dialect) ([]byte, error) {
	return appendObject(slices.Grow(dst, o.sizeHint()), o, d)
}

// sizeHint estimates the length of the JSON, so that most orders need one
// allocation.
func (o *Order) sizeHint() int {
	n := 96
	for i := range o.Items {
		n += 40
		for j := range o.Items[i].Licenses {
			l := &o.Items[i].Licenses[j]
			n += 72 + 48*len(l.Users) + 24*len(l.ProductFeatures)
		}
	}
	return n
}

func appendObject(dst []byte, o object, d Dialect) ([]byte, error) {
	w := orderWriter{buf: dst, dialect: d.wire()}
	return w.document(dst, o)
}

// appendUpdate appends the body of a request that changes a license.
func appendUpdate(dst []byte, o object, d Dialect) ([]byte, error) {
	w := orderWriter{buf: dst, dialect: d.wire(), update: true}
	return w.document(dst, o)
}

// orderWriter is the visitor that encodes JSON.
type orderWriter struct {
	buf      []byte
	dialect  wire.Dialect
	update   bool // the request changes a license, which spells features differently
	path     wire.Path
	findings []Finding
}

// document returns the whole document, or dst and the reasons why it cannot be encoded.
func (w *orderWriter) document(dst []byte, o object) ([]byte, error) {
	w.object(o)
	if len(w.findings) > 0 {
		return dst, &ValidationError{Findings: w.findings}
	}
	return w.buf, nil
}

func (w *orderWriter) object(o object) {
	w.buf = append(w.buf, '{')
	o.fields(w)
	w.buf = append(w.buf, '}')
}

// name writes the name of a member, in the spelling of the dialect.
func (w *orderWriter) name(name string) {
	if w.update && name == "code" {
		name = "product_feature"
	}
	w.comma('{')
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, w.dialect.Member(name)...)
	w.buf = append(w.buf, '"', ':')
}

// comma writes a comma unless the last byte is the opening bracket. No value ends
// in one.
func (w *orderWriter) comma(opening byte) {
	if w.buf[len(w.buf)-1] != opening {
		w.buf = append(w.buf, ',')
	}
}

func (w *orderWriter) fail(name string, rule Rule, message string) {
	w.findings = append(w.findings, Finding{Path: w.path.At(name), Rule: rule, Severity: SeverityError, Message: message})
}

func (w *orderWriter) string(name, s string) {
	var ok bool
	if w.buf, ok = wire.AppendString(w.buf, s); !ok {
		w.fail(name, RuleInvalidText, "text is not valid UTF-8")
	}
}

func (w *orderWriter) member(name string, p any) {
	switch p := p.(type) {
	case *string:
		w.text(name, *p)
	case *ConsumptionPeriod:
		w.text(name, w.dialect.Period(string(*p)))
	case *bool:
		if *p {
			w.flag(name, true)
		}
	case **string:
		if *p != nil {
			w.name(name)
			w.string(name, **p)
		}
	case *Secret:
		w.text(name, p.Reveal())
	case **bool:
		if *p != nil {
			w.flag(name, **p)
		}
	case **int:
		if *p != nil {
			w.int(name, int64(**p))
		}
	case **int64:
		if *p != nil {
			w.int(name, **p)
		}
	case **float64:
		if *p != nil {
			w.number(name, **p)
		}
	case *map[string]any:
		if *p != nil {
			w.metadata(name, *p)
		}
	case *any:
		w.scalar(name, *p)
	case **Customer:
		if *p != nil {
			w.customer(name, *p)
		}
	case *Duration:
		if !p.IsZero() {
			w.duration(name, *p)
		}
	case *time.Time:
		if !p.IsZero() {
			w.quote(name)
			w.buf = wire.AppendTime(w.buf, *p)
			w.unquote()
		}
	case *Date:
		if !p.IsZero() {
			w.quote(name)
			w.buf = p.append(w.buf)
			w.unquote()
		}
	case *[]OrderItem, *[]License, *[]LicenseUser, *[]ProductFeature, *[]CustomField, *[]UserAssignment:
		w.list(name, p)
	default:
		panic(unknownField(name, p))
	}
}

// quote begins, and unquote ends, a string in which nothing has to be escaped.
func (w *orderWriter) quote(name string) {
	w.name(name)
	w.buf = append(w.buf, '"')
}

func (w *orderWriter) unquote() { w.buf = append(w.buf, '"') }

func (w *orderWriter) duration(name string, d Duration) {
	w.quote(name)
	var err error
	if w.buf, err = d.AppendText(w.buf); err != nil {
		w.fail(name, RuleInvalidDuration, err.Error())
	}
	w.unquote()
}

func (w *orderWriter) text(name, s string) {
	if s != "" {
		w.name(name)
		w.string(name, s)
	}
}

func (w *orderWriter) flag(name string, value bool) {
	w.name(name)
	w.buf = strconv.AppendBool(w.buf, value)
}

func (w *orderWriter) int(name string, n int64) {
	w.name(name)
	w.buf = strconv.AppendInt(w.buf, n, 10)
}

func (w *orderWriter) number(name string, f float64) {
	w.name(name)
	var ok bool
	if w.buf, ok = wire.AppendFloat(w.buf, f); !ok {
		w.fail(name, RuleNotFinite, messageNotFinite)
	}
}

func (w *orderWriter) metadata(name string, value map[string]any) {
	w.name(name)
	var err error
	if w.buf, err = wire.AppendValue(w.buf, value); err != nil {
		w.fail(name, RuleNotEncodable, err.Error())
	}
}

func (w *orderWriter) scalar(name string, value any) {
	w.name(name)
	if !wire.IsScalar(value) {
		w.fail(name, RuleCustomFieldValue, messageCustomFieldValue)
		return
	}
	var err error
	if w.buf, err = wire.AppendScalar(w.buf, value); err != nil {
		w.fail(name, RuleCustomFieldValue, err.Error())
	}
}

func (w *orderWriter) customer(name string, c *Customer) {
	before := len(w.buf)
	w.name(name)
	start := len(w.buf)
	w.path.Enter(name)
	w.object(c)
	w.path.Leave()
	// The service would create a customer without a name.
	if len(w.buf) == start+len("{}") {
		w.buf = w.buf[:before]
	}
}

// list writes an array of objects, or of codes if the features have no options.
func (w *orderWriter) list(name string, p any) {
	l := listOf(name, p)
	if l.absent() {
		return
	}
	features, _ := p.(*[]ProductFeature)
	short := features != nil && !w.update && onlyCodes(*features)
	w.name(name)
	w.buf = append(w.buf, '[')
	for i := range l.len() {
		w.comma('[')
		w.path.EnterAt(name, i)
		if short {
			w.string("code", (*features)[i].Code)
		} else {
			w.object(l.at(i))
		}
		w.path.Leave()
	}
	w.buf = append(w.buf, ']')
}

func onlyCodes(features []ProductFeature) bool {
	for i := range features {
		if !features[i].onlyCode() {
			return false
		}
	}
	return true
}

func (w *orderWriter) extra(owner object, p *map[string]json.RawMessage) {
	if len(*p) == 0 {
		return
	}
	for _, name := range sortedNames(*p) {
		raw := (*p)[name]
		if rule, message := checkExtra(owner, name, raw); rule != "" {
			w.fail(shownName(name), rule, message)
			continue
		}
		w.comma('{')
		w.buf, _ = wire.AppendString(w.buf, name) // checkExtra checked both
		w.buf = append(w.buf, ':')
		w.buf, _ = wire.AppendRaw(w.buf, raw)
	}
}
