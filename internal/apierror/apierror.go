// Package apierror parses the error bodies of the service. The service uses
// several JSON shapes; proxies in front of it send HTML or nothing. All of them
// are parsed into one [Body].
//
//	{"status": 409, "code": "order_id_exists", "message": "…"}
//	{"detail": "…"}   {"message": "…"}   ["…"]
//	{"errors": [{"message": "…", "value": any}]}
//	{"non_field_errors": ["…"]}
//	{"items": [{"licenses": [{"max_activations": ["…"]}]}], "customer": {"email": ["…"]}}
//	{"items": {"1": {"licenses": {"0": {"max_activations": ["…"]}}}}}
package apierror

import (
	"strconv"
	"strings"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// Bounds on what is kept of a body: enough for any real body, and small enough
// that a hostile one cannot fill a log.
const (
	maxFields   = 100
	maxMessages = 10
	maxDepth    = 16
	maxNodes    = 100_000 // objects and arrays visited; an order has one for each license
	maxText     = 300

	maxIndexDigits = 9
)

// Body is a parsed error body. Its texts are the service's and may repeat values
// of the request: redact them before use.
type Body struct {
	Code    string
	Message string
	Fields  []Field
}

// Field holds the messages for one member of the request.
type Field struct {
	Path     string // such as items[0].licenses[2].max_activations
	Messages []string
}

// Parse parses an error body. It returns a zero Body for anything but JSON: an
// HTML page contains nothing useful for an error.
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
	return Body{Code: p.code, Message: truncate(strings.Join(p.messages, "; ")), Fields: p.fields}
}

type parser struct {
	code     string
	messages []string
	fields   []Field
	nodes    int
}

// member parses one member of the outermost object: a known name, or the name of
// a field of the request.
func (p *parser) member(name, val []byte) {
	switch string(name) {
	case "status", "status_code", "success", "value":
	case "code":
		p.setCode(val)
	case "message", "detail", "non_field_errors":
		p.general(val)
	case "errors":
		p.errorList(val)
	default:
		p.topField(name, val)
	}
}

func (p *parser) setCode(val []byte) {
	if s, ok := jsonread.Text(val); ok && p.code == "" {
		p.code = truncate(s)
	}
}

// general parses messages that concern the whole request.
func (p *parser) general(val []byte) {
	switch jsonread.KindOf(val) {
	case jsonread.String:
		if s, ok := jsonread.Text(val); ok && s != "" && len(p.messages) < maxMessages {
			p.messages = append(p.messages, truncate(s))
		}
	case jsonread.Array:
		jsonread.Elements(val, func(_ int, el []byte) {
			if jsonread.KindOf(el) == jsonread.String {
				p.general(el)
			} else {
				p.errorList(el)
			}
		})
	case jsonread.Object:
		p.errorList(val)
	default:
	}
}

// errorList parses the value of "errors": objects with a message, plain messages,
// or an object of fields. It ignores the "value" next to a message, which repeats
// a value of the request.
func (p *parser) errorList(val []byte) {
	switch jsonread.KindOf(val) {
	case jsonread.String:
		p.general(val)
	case jsonread.Array:
		jsonread.Elements(val, func(_ int, el []byte) {
			if jsonread.KindOf(el) != jsonread.Array { // nested arrays have no known meaning
				p.errorList(el)
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
				p.topField(name, member)
			}
		})
	default:
	}
}

// field parses the value of a field: its messages or, for a nested field, an
// object, or an array or an object with one object per index.
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
				if p.visit(path, depth) {
					p.field(path+"["+strconv.Itoa(i)+"]", el, depth+1)
				}
			default:
			}
		})
	case jsonread.Object:
		jsonread.Members(val, func(name, member []byte) {
			switch {
			case !p.visit(path, depth):
			case string(name) == "non_field_errors":
				p.field(path, member, depth+1)
			case isIndex(name) && isList(path):
				p.field(path+"["+string(name)+"]", member, depth+1)
			default:
				p.field(path+"."+string(name), member, depth+1)
			}
		})
	default:
	}
}

// topField parses a member of an object that is not a field itself. An object of
// errors under a number is an element of a list that is the whole request.
func (p *parser) topField(name, val []byte) {
	path := string(name)
	if isIndex(name) && jsonread.KindOf(val) == jsonread.Object {
		path = "[" + path + "]"
	}
	p.field(path, val, 1)
}

// isIndex reports whether the name of a member is an index as the service writes
// it.
func isIndex(name []byte) bool {
	if len(name) == 0 || len(name) > maxIndexDigits || len(name) > 1 && name[0] == '0' {
		return false
	}
	for _, c := range name {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// isList reports whether the field at path is a list of the request, whose
// elements the service may key by their index as text. Metadata is free-form: in
// it a number is a name.
func isList(path string) bool {
	if strings.HasPrefix(path, "metadata.") || strings.Contains(path, ".metadata.") {
		return false
	}
	switch path[strings.LastIndexByte(path, '.')+1:] {
	case "items", "licenses", "users", "product_features", "custom_fields":
		return true
	default:
		return false
	}
}

// visit counts a node and reports whether to descend below path. It is called
// before path grows, because a name of megabytes with a million elements would
// otherwise be copied a million times.
func (p *parser) visit(path string, depth int) bool {
	p.nodes++
	return depth < maxDepth && len(path) <= maxText && len(p.fields) < maxFields && p.nodes <= maxNodes
}

func (p *parser) add(path, message string) {
	path, message = truncate(path), truncate(message)
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

func truncate(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
