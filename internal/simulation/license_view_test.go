package simulation

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A licenseView is what a response shows of a license, or what the model knows. It is
// decoded by encoding/json alone. A view is not modified after its creation.
type licenseView struct {
	id       int64
	enabled  *bool
	values   map[string]any            // members, by the names of an update
	metadata map[string]any            // nil: not shown
	features map[string]map[string]any // by code; nil: not shown
	users    map[string]bool           // by address in lower case; nil: not shown
}

// viewedMembers are the members of an update that the plans use.
var viewedMembers = []string{
	"validity_period", "is_trial", "max_activations", "allow_unlimited_activation", "max_transfers", "max_license_users",
	"enable_maintenance_period", "maintenance_period", "allow_grace_period", "grace_period", "prevent_vm", "note",
}

// otherNames are the names by which a record may show a member.
var otherNames = map[string]string{
	"allow_unlimited_activation": "allow_unlimited_activations",
	"enable_maintenance_period":  "enable_maintenance_duration",
}

// decodeView decodes the record of a license. It returns nil for anything else.
func decodeView(body []byte) *licenseView {
	var record map[string]any
	if json.Unmarshal(body, &record) != nil {
		return nil
	}
	id, _ := record["id"].(float64) // ids have 16 digits, which it holds exactly
	v := &licenseView{id: int64(id), values: make(map[string]any)}
	if enabled, ok := record["enabled"].(bool); ok {
		v.enabled = &enabled
	}
	for _, name := range viewedMembers {
		value, shown := record[name]
		if !shown {
			value, shown = record[otherNames[name]]
		}
		if shown && isReadable(name, value) {
			v.values[name] = value
		}
	}
	v.metadata, _ = record["metadata"].(map[string]any)
	if list, ok := record["product_features"].([]any); ok {
		v.features = make(map[string]map[string]any)
		for _, element := range list {
			properties, _ := element.(map[string]any)
			feature, _ := properties["product_feature"].(map[string]any)
			code, _ := feature["code"].(string)
			v.features[code] = properties
		}
	}
	v.decodeUsers(record)
	return v
}

// isReadable reports whether a date is one.
func isReadable(name string, value any) bool {
	text, _ := value.(string)
	return !strings.HasSuffix(name, "_period") || text == "" || len(text) >= len("2006-01-02") && text[4] == '-'
}

func (v *licenseView) decodeUsers(record map[string]any) {
	list, ok := record["license_users"].([]any)
	single, hasSingle := record["license_user"]
	switch {
	case ok:
	case hasSingle && single == nil:
	case hasSingle:
		list = []any{single}
	default:
		return
	}
	v.users = make(map[string]bool)
	for _, element := range list {
		user, _ := element.(map[string]any)
		address, ok := user["true_email"].(string)
		if !ok {
			address, _ = user["email"].(string)
		}
		v.users[strings.ToLower(address)] = true
	}
}

// clone returns a copy whose maps can be changed.
func (v *licenseView) clone() *licenseView {
	copied := *v
	copied.values, copied.metadata, copied.features, copied.users = maps.Clone(v.values), maps.Clone(v.metadata), maps.Clone(v.features), maps.Clone(v.users)
	return &copied
}

// A wanted is what a call wants of a license. It is empty if the call is not about a
// license.
type wanted struct {
	enabled  *bool
	values   map[string]any // members of an update
	metadata map[string]any
	replaces bool // the metadata replaces other members
	features []wantedFeature
	users    []wantedUser
	// named tells whether the lists are named: an empty list that is named removes all.
	namesFeatures, namesUsers bool
	// assigned and unassigned are the users of AssignUser and UnassignUser.
	assigned   *wantedUser
	unassigned string

	allowShorten, allowEnable bool
}

type wantedFeature struct {
	code           string
	expiry         string // a date, or "" if it is not named
	maxConsumption int    // 0: not named
}

type wantedUser struct {
	email    string
	password string // "" if the service chooses one
}

// isEmpty reports whether the call wants nothing of a license.
func (w *wanted) isEmpty() bool { return reflect.DeepEqual(*w, wanted{}) }

// differences returns the names of what a view shows otherwise, or does not show. A
// user is named "user" with the address.
func (w *wanted) differences(v *licenseView) []string {
	var names []string
	if w.enabled != nil && (v.enabled == nil || *v.enabled != *w.enabled) {
		names = append(names, "enabled")
	}
	for _, name := range slices.Sorted(maps.Keys(w.values)) {
		if !sameValue(name, w.values[name], v.values[name]) {
			names = append(names, name)
		}
	}
	if !w.metadataMatches(v.metadata) {
		names = append(names, "metadata")
	}
	if w.namesFeatures && !w.featuresMatch(v.features) {
		names = append(names, "product_features")
	}
	return append(names, w.userDifferences(v)...)
}

// sameValue compares a wanted value with a shown one. Dates are compared by day.
func sameValue(name string, want, got any) bool {
	if text, ok := got.(string); ok && strings.HasSuffix(name, "_period") && len(text) > len("2006-01-02") {
		got = text[:len("2006-01-02")]
	}
	if n, ok := want.(int); ok {
		want = float64(n)
	}
	return want == got
}

func (w *wanted) metadataMatches(got map[string]any) bool {
	if w.metadata == nil {
		return true
	}
	for name, value := range w.metadata {
		if shown, ok := got[name]; !ok || !reflect.DeepEqual(shown, value) {
			return false
		}
	}
	return !w.replaces || len(got) == len(w.metadata)
}

func (w *wanted) featuresMatch(got map[string]map[string]any) bool {
	if got == nil || len(got) != len(w.features) {
		return false
	}
	for _, f := range w.features {
		shown, ok := got[f.code]
		if !ok || (f.expiry != "" && shown["expiry_date"] != f.expiry) ||
			(f.maxConsumption > 0 && shown["max_consumption"] != float64(f.maxConsumption)) {
			return false
		}
	}
	return true
}

func (w *wanted) userDifferences(v *licenseView) []string {
	var names []string
	add := func(address string) { names = append(names, "user "+strings.ToLower(address)) }
	assign := w.users
	if w.assigned != nil {
		assign = []wantedUser{*w.assigned}
	}
	for _, u := range assign {
		if !v.users[strings.ToLower(u.email)] {
			add(u.email)
		}
	}
	if w.unassigned != "" && v.users[strings.ToLower(w.unassigned)] {
		add(w.unassigned)
	}
	for address := range v.users {
		if w.namesUsers && !slices.ContainsFunc(w.users, func(u wantedUser) bool { return strings.EqualFold(u.email, address) }) {
			add(address)
		}
	}
	if v.users == nil && (w.namesUsers || w.unassigned != "") {
		names = append(names, "users")
	}
	return names
}

// conflicts returns why a license with this view cannot be made as wanted without a
// permission.
func (w *wanted) conflicts(v *licenseView) []string {
	var found []string
	if w.enabled != nil && *w.enabled && !w.allowEnable && (v.enabled == nil || !*v.enabled) {
		found = append(found, "enabled")
	}
	if w.allowShorten {
		return found
	}
	for _, name := range []string{"validity_period", "maintenance_period"} {
		if want, ok := w.values[name].(string); ok && isEarlier(want, v.values[name]) {
			found = append(found, name)
		}
	}
	for _, f := range w.features {
		if f.expiry != "" && isEarlier(f.expiry, v.features[f.code]["expiry_date"]) {
			found = append(found, "expiry_date")
		}
	}
	return found
}

// isEarlier reports whether a date is before that of a record. The texts of dates
// have the order of the dates.
func isEarlier(want string, shown any) bool {
	text, _ := shown.(string)
	return len(text) >= len(want) && text[:4] != "0000" && want < text[:len(want)]
}
