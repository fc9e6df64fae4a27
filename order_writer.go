package licensespring

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// orderWriter is the visitor that writes JSON.
type orderWriter struct {
	buf      []byte
	dialect  wire.Dialect
	path     wire.Path
	findings []Finding
}

func (w *orderWriter) object(o object) {
	w.buf = append(w.buf, '{')
	o.fields(w)
	w.buf = append(w.buf, '}')
}

// name begins the member that the page calls name.
func (w *orderWriter) name(name string) {
	w.comma('{')
	w.buf = append(w.buf, '"')
	w.buf = append(w.buf, w.dialect.Member(name)...)
	w.buf = append(w.buf, '"', ':')
}

// comma ends what stands before, unless that is the bracket that opened the
// object or array. No value ends in an opening bracket.
func (w *orderWriter) comma(opening byte) {
	if w.buf[len(w.buf)-1] != opening {
		w.buf = append(w.buf, ',')
	}
}

func (w *orderWriter) fail(name, rule, message string) {
	w.findings = append(w.findings, Finding{Path: w.path.At(name), Rule: rule, Severity: Fault, Message: message})
}

func (w *orderWriter) string(name, s string) {
	var ok bool
	if w.buf, ok = wire.AppendString(w.buf, s); !ok {
		w.fail(name, RuleInvalidText, "text is not valid UTF-8")
	}
}

func (w *orderWriter) text(name string, p *string) {
	if *p != "" {
		w.name(name)
		w.string(name, *p)
	}
}

func (w *orderWriter) flag(name string, p *bool) {
	if *p {
		w.name(name)
		w.buf = append(w.buf, "true"...)
	}
}

func (w *orderWriter) period(name string, p *ConsumptionPeriod) {
	if *p != "" {
		w.name(name)
		w.string(name, w.dialect.Period(string(*p)))
	}
}

func (w *orderWriter) duration(name string, p *Duration) {
	if !p.IsZero() {
		w.name(name)
		w.buf = append(w.buf, '"')
		w.buf, _ = p.AppendText(w.buf) // never an error
		w.buf = append(w.buf, '"')
	}
}

func (w *orderWriter) moment(name string, p *time.Time) {
	if !p.IsZero() {
		w.name(name)
		w.buf = append(w.buf, '"')
		w.buf = wire.AppendTime(w.buf, *p)
		w.buf = append(w.buf, '"')
	}
}

func (w *orderWriter) date(name string, p *Date) {
	if !p.IsZero() {
		w.name(name)
		w.buf = append(w.buf, '"')
		w.buf = p.append(w.buf)
		w.buf = append(w.buf, '"')
	}
}

func (w *orderWriter) optFlag(name string, p **bool) {
	if *p != nil {
		w.name(name)
		w.buf = strconv.AppendBool(w.buf, **p)
	}
}

func (w *orderWriter) optInt(name string, p **int) {
	if *p != nil {
		w.name(name)
		w.buf = strconv.AppendInt(w.buf, int64(**p), 10)
	}
}

func (w *orderWriter) optID(name string, p **int64) {
	if *p != nil {
		w.name(name)
		w.buf = strconv.AppendInt(w.buf, **p, 10)
	}
}

func (w *orderWriter) optNumber(name string, p **float64) {
	if *p == nil {
		return
	}
	w.name(name)
	var ok bool
	if w.buf, ok = wire.AppendFloat(w.buf, **p); !ok {
		w.fail(name, RuleNotFinite, messageNotFinite)
	}
}

func (w *orderWriter) metadata(name string, p *map[string]any) {
	if *p == nil {
		return
	}
	w.name(name)
	var err error
	if w.buf, err = wire.AppendValue(w.buf, *p); err != nil {
		w.fail(name, RuleNotEncodable, err.Error())
	}
}

func (w *orderWriter) scalar(name string, p *any) {
	w.name(name)
	if !wire.IsScalar(*p) {
		w.fail(name, RuleCustomFieldValue, messageCustomFieldValue)
		return
	}
	var err error
	if w.buf, err = wire.AppendScalar(w.buf, *p); err != nil {
		w.fail(name, RuleCustomFieldValue, err.Error())
	}
}

func (w *orderWriter) customer(name string, p **Customer) {
	if *p == nil {
		return
	}
	before := len(w.buf)
	w.name(name)
	start := len(w.buf)
	w.path.Enter(name)
	w.object(*p)
	w.path.Leave()
	// The service makes a nameless customer out of an empty one.
	if len(w.buf) == start+len("{}") {
		w.buf = w.buf[:before]
	}
}

func (w *orderWriter) items(name string, p *[]OrderItem)   { writeObjects(w, name, *p) }
func (w *orderWriter) licenses(name string, p *[]License)  { writeObjects(w, name, *p) }
func (w *orderWriter) users(name string, p *[]LicenseUser) { writeObjects(w, name, *p) }
func (w *orderWriter) customFields(name string, p *[]CustomField) {
	if *p != nil && len(*p) == 0 {
		w.emptyArray(name)
		return
	}
	writeObjects(w, name, *p)
}

func (w *orderWriter) features(name string, p *[]ProductFeature) {
	if *p != nil && len(*p) == 0 {
		w.emptyArray(name)
		return
	}
	for i := range *p {
		if !(*p)[i].onlyCode() {
			writeObjects(w, name, *p)
			return
		}
	}
	w.codes(name, *p)
}

// codes writes features in their short form.
func (w *orderWriter) codes(name string, features []ProductFeature) {
	if len(features) == 0 {
		return
	}
	w.name(name)
	w.buf = append(w.buf, '[')
	for i := range features {
		w.comma('[')
		w.path.EnterAt(name, i)
		w.string("code", features[i].Code)
		w.path.Leave()
	}
	w.buf = append(w.buf, ']')
}

func (w *orderWriter) emptyArray(name string) {
	w.name(name)
	w.buf = append(w.buf, '[', ']')
}

// writeObjects writes an array of objects, nothing if there are none.
func writeObjects[T any, P objectPointer[T]](w *orderWriter, name string, list []T) {
	if len(list) == 0 {
		return
	}
	w.name(name)
	w.buf = append(w.buf, '[')
	for i := range list {
		w.comma('[')
		w.path.EnterAt(name, i)
		w.object(P(&list[i]))
		w.path.Leave()
	}
	w.buf = append(w.buf, ']')
}

func (w *orderWriter) extra(owner object, p *map[string]json.RawMessage) {
	if len(*p) == 0 {
		return
	}
	for _, name := range inOrder(*p) {
		raw := (*p)[name]
		if rule, message := extraFault(owner, name, raw); rule != "" {
			w.fail(shownName(name), rule, message)
			continue
		}
		w.comma('{')
		w.buf, _ = wire.AppendString(w.buf, name) // extraFault has looked at both
		w.buf = append(w.buf, ':')
		w.buf, _ = wire.AppendRaw(w.buf, raw)
	}
}
