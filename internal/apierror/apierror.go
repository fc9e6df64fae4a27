// Package apierror reads the error bodies of the service. It answers in five
// JSON shapes, and what stands in front of it in HTML or in nothing at all; all
// of them land in one [Body].
//
//	{"status": 409, "code": "order_id_exists", "message": "…"}
//	{"detail": "…"}   {"message": "…"}   ["…"]
//	{"errors": [{"message": "…", "value": any}]}
//	{"non_field_errors": ["…"]}
//	{"items": [{"licenses": [{"max_activations": ["…"]}]}], "customer": {"email": ["…"]}}
package apierror

import (
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// Bounds on what is kept of a body: enough for any real one, and no hostile one
// can fill a log with it.
const (
	maxFields   = 100
	maxMessages = 10
	maxDepth    = 16
	maxNodes    = 100_000 // objects and arrays looked into; an order of many licenses has one for each
	maxText     = 300
)

// Body is what an error body says. Its texts are the service's and may repeat
// what the request held; they are to be scrubbed before anybody sees them.
type Body struct {
	Code    string
	Message string
	Fields  []Field
}

// Field is what an error body says of one member of the request.
type Field struct {
	Path     string // as in items[0].licenses[2].max_activations
	Messages []string
}

// Parse reads an error body. What is not JSON gives a zero Body: a page of HTML
// says nothing that belongs into an error.
func Parse(body []byte) Body {
	if !jsonread.Valid(body) {
		return Body{}
	}
	var p parser
	switch jsonread.KindOf(body) {
	case jsonread.Object:
		jsonread.Members(body, p.member)
	case jsonread.Array, jsonread.String:
		p.general(body)
	default:
	}
	return Body{Code: p.code, Message: bounded(strings.Join(p.messages, "; ")), Fields: p.fields}
}

type parser struct {
	code     string
	messages []string
	fields   []Field
	nodes    int
}

// member takes one member of the outermost object: one of the known names, or
// the name of a field of the request.
func (p *parser) member(name, val []byte) {
	switch string(name) {
	case "status", "status_code", "success", "value":
	case "code":
		p.setCode(val)
	case "message", "detail", "non_field_errors":
		p.general(val)
	case "errors":
		p.list(val)
	default:
		p.field(string(name), val, 1)
	}
}

func (p *parser) setCode(val []byte) {
	if s, ok := jsonread.Text(val); ok && p.code == "" {
		p.code = bounded(s)
	}
}

// general takes a message that is about the request as a whole.
func (p *parser) general(val []byte) {
	switch jsonread.KindOf(val) {
	case jsonread.String:
		if s, ok := jsonread.Text(val); ok && s != "" && len(p.messages) < maxMessages {
			p.messages = append(p.messages, bounded(s))
		}
	case jsonread.Array:
		jsonread.Elements(val, func(_ int, el []byte) {
			if jsonread.KindOf(el) == jsonread.String {
				p.general(el)
			} else {
				p.list(el)
			}
		})
	case jsonread.Object:
		p.list(val)
	default:
	}
}

// list takes what stands under "errors": objects with a message, plain
// messages, or an object of fields. The "value" beside a message is what the
// request held, and is left where it is.
func (p *parser) list(val []byte) {
	switch jsonread.KindOf(val) {
	case jsonread.String:
		p.general(val)
	case jsonread.Array:
		jsonread.Elements(val, func(_ int, el []byte) {
			if jsonread.KindOf(el) != jsonread.Array { // an array in the array says nothing known
				p.list(el)
			}
		})
	case jsonread.Object:
		jsonread.Members(val, func(name, member []byte) {
			switch string(name) {
			case "message", "detail":
				if jsonread.KindOf(member) == jsonread.String {
					p.general(member)
				}
			case "code":
				p.setCode(member)
			case "value", "status":
			default:
				p.field(string(name), member, 1)
			}
		})
	default:
	}
}

// field takes what is said of a field: its messages, or, for a field that has
// fields itself, an object or one object for each index.
func (p *parser) field(path string, val []byte, depth int) {
	switch jsonread.KindOf(val) {
	case jsonread.String:
		if s, ok := jsonread.Text(val); ok {
			p.add(path, s)
		}
	case jsonread.Array:
		jsonread.Elements(val, func(i int, el []byte) {
			switch jsonread.KindOf(el) {
			case jsonread.String:
				p.field(path, el, depth)
			case jsonread.Array, jsonread.Object:
				if p.enters(path, depth) {
					p.field(path+"["+strconv.Itoa(i)+"]", el, depth+1)
				}
			default:
			}
		})
	case jsonread.Object:
		jsonread.Members(val, func(name, member []byte) {
			switch {
			case !p.enters(path, depth):
			case string(name) == "non_field_errors":
				p.field(path, member, depth+1)
			default:
				p.field(path+"."+string(name), member, depth+1)
			}
		})
	default:
	}
}

// enters reports whether it is worth looking further below path. It is asked
// before the path grows: a name of megabytes with a million elements would
// otherwise be copied a million times.
func (p *parser) enters(path string, depth int) bool {
	p.nodes++
	return depth < maxDepth && len(path) <= maxText && len(p.fields) < maxFields && p.nodes <= maxNodes
}

func (p *parser) add(path, message string) {
	path, message = bounded(path), bounded(message)
	if n := len(p.fields); n > 0 && p.fields[n-1].Path == path {
		if last := &p.fields[n-1]; len(last.Messages) < maxMessages {
			last.Messages = append(last.Messages, message)
		}
		return
	}
	if len(p.fields) < maxFields {
		p.fields = append(p.fields, Field{Path: path, Messages: []string{message}})
	}
}

func bounded(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
