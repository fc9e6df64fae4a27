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
			w.quote(name)
			w.buf, _ = p.AppendText(w.buf) // never an error
			w.unquote()
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
	default:
		w.list(name, p)
	}
}

// quote begins, and unquote ends, a text in which nothing has to be escaped.
func (w *orderWriter) quote(name string) {
	w.name(name)
	w.buf = append(w.buf, '"')
}

func (w *orderWriter) unquote() { w.buf = append(w.buf, '"') }

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
	// The service makes a nameless customer out of an empty one.
	if len(w.buf) == start+len("{}") {
		w.buf = w.buf[:before]
	}
}

// list writes an array of objects, or features in their short form if that says
// all there is to say.
func (w *orderWriter) list(name string, p any) {
	l := listOf(p)
	if l.absent() {
		return
	}
	features, _ := p.(*[]ProductFeature)
	short := features != nil && onlyCodes(*features)
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
