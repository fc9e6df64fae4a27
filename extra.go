package licensespring

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/licensespring-go/licensespring/internal/wire"
)

// extraFault returns what is wrong with an extra member of an object, as a rule
// and a message, both empty if nothing is. It is one function for the encoder
// and for validation, so that neither lets through what the other stops.
func extraFault(owner object, name string, raw json.RawMessage) (rule, message string) {
	switch {
	case name == "":
		return RuleEmptyExtraName, "extra member has no name"
	case !validText(name):
		return RuleInvalidText, "name of an extra member is not valid text"
	case hasField(owner, name):
		return RuleExtraShadowsField, "extra member has the name of a field: use the field"
	case !wire.ValidDocument(raw):
		return RuleExtraInvalid, "extra member is not valid JSON"
	default:
		return "", ""
	}
}

// inOrder returns the names of extra members in the order they are written.
func inOrder(extra map[string]json.RawMessage) []string {
	return slices.Sorted(maps.Keys(extra))
}

// shownName returns the name of a member if it looks like one, and nothing
// otherwise: it may be anybody's data, which findings and errors do not repeat.
func shownName(name string) string {
	if len(name) > 40 {
		return ""
	}
	for _, c := range []byte(name) {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	return name
}

// hasField reports whether a type has a field for the member called name, in
// either spelling.
func hasField(o object, name string) bool {
	n := nameFinder{want: name}
	o.fields(&n)
	return n.found
}

// nameFinder is the visitor that looks for a name.
type nameFinder struct {
	want  string
	seen  int
	index int // of the member found
	found bool
}

func (n *nameFinder) member(name string, _ any) {
	other, renamed := wire.OtherSpelling(name)
	if !n.found && (name == n.want || renamed && other == n.want) {
		n.found, n.index = true, n.seen
	}
	n.seen++
}

func (n *nameFinder) extra(object, *map[string]json.RawMessage) {}
