package stripetest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxExpandDepth is the maximum number of members in a path to expand, including the
// member data of lists.
const maxExpandDepth = 4

// expand replaces the references that a request expands by their objects. The prefix is
// that of lists.
func (c *call) expand(o object, prefix string) *apiError {
	for name, values := range c.query {
		if !strings.HasPrefix(name, "expand[") {
			continue
		}
		for _, path := range values {
			rest, ok := strings.CutPrefix(path, prefix)
			segments := strings.Split(path, ".")
			if len(segments) > maxExpandDepth {
				return invalid("expand", "You cannot expand more than 4 levels of a property. Property: "+path)
			}
			if !ok || rest == "" || !c.expandPath(o, segments) {
				return invalid("expand", "This property cannot be expanded ("+path+").")
			}
		}
	}
	return nil
}

// expandPath expands a member of an object, and reports whether it can be expanded. A
// member that is null can.
func (c *call) expandPath(o object, segments []string) bool {
	name, rest := segments[0], segments[1:]
	value, ok := o[name]
	if !ok {
		if value, ok = c.included(o, name); !ok {
			return false
		}
		o[name] = value
	}
	switch v := value.(type) {
	case nil:
		return true
	case string:
		e, ok := c.server.entities[v]
		if !ok || !isReference(name) {
			return false
		}
		expanded := normalize(e.render(c.server, c.version))
		o[name] = expanded
		return len(rest) == 0 || c.expandPath(expanded, rest)
	case object:
		return len(rest) == 0 || c.expandPath(v, rest)
	case []any:
		for _, element := range v {
			child, ok := element.(object)
			if !ok || len(rest) > 0 && !c.expandPath(child, rest) {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// isReference reports whether a member with an id can be expanded.
func isReference(name string) bool {
	switch name {
	case "charge", "customer", "invoice", "latest_charge", "latest_invoice", "payment_intent", "price", "product", "subscription":
		return true
	default:
		return false
	}
}

// included returns a list that an object contains only if a request expands it.
func (c *call) included(o object, name string) (object, bool) {
	id, _ := o["id"].(string)
	s := c.server
	switch e := s.entities[id].(type) {
	case *session:
		if name == "line_items" {
			return normalize(list("/v1/checkout/sessions/"+id+"/line_items", e.renderLines(s, c.version), false)), true
		}
	case *charge:
		if name == "refunds" {
			return normalize(e.renderRefunds(s, c.version)), true
		}
	case *invoice:
		if name == "payments" && !c.version.before(basil) {
			return normalize(e.renderPayments(s, c.version)), true
		}
	}
	return nil, false
}

// normalize returns a copy of an object with the types that a decoder returns, so that
// its members can be expanded.
func normalize(o object) object {
	data, err := json.Marshal(o)
	var copied object
	if err == nil {
		err = json.Unmarshal(data, &copied)
	}
	if err != nil {
		panic(fmt.Sprintf("stripetest: encode an object: %v", err))
	}
	return copied
}
