package simulation

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A licenseModel is a second implementation of how the service changes licenses. It
// decodes the bodies that the service received with encoding/json, and shares code
// with neither the SDK nor the fake. It rebuilds each state that a license had.
type licenseModel struct {
	plan      *licensePlan
	licenses  map[int64]*modelLicense
	passwords []passwordChange // in order
	unordered bool             // changes by different callers have the same time
}

type modelLicense struct {
	userBased bool
	history   []moment
}

// A moment is a change of a license, and its state from then on.
type moment struct {
	at    time.Time
	state *licenseView
	cause cause
}

// A cause is what changed a license: a request, or an administrator.
type cause struct {
	tag      tag // zero for an administrator
	endpoint lst.Endpoint
	names    []string // of what it set: the members, and the users
}

// A passwordChange is a request that set the password of a user.
type passwordChange struct {
	at       time.Time
	address  string // in lower case
	license  int64  // of an assignment; 0: the password alone was set
	password string // "" if the service has chosen one
	tag      tag
}

// change is a change that the run observed: a request, or an action.
type change struct {
	at      time.Time
	request *serverRequest // or nil
	action  *adminAction   // or nil
}

func (c change) tag() tag {
	if c.request == nil {
		return tag{}
	}
	return c.request.tag
}

// newLicenseModel rebuilds the history of the licenses of a run.
func newLicenseModel(r *licenseRun) *licenseModel {
	m := &licenseModel{plan: r.plan, licenses: make(map[int64]*modelLicense)}
	for i, id := range r.ids {
		m.licenses[id] = &modelLicense{userBased: r.plan.licenses[i].userBased, history: []moment{{at: r.began, state: r.initial[i]}}}
	}
	var changes []change
	for _, requests := range r.received {
		for _, s := range requests {
			if s.Changed && s.Endpoint != lst.CreateOrder {
				changes = append(changes, change{at: s.Applied, request: &s})
			}
		}
	}
	for i := range r.actions {
		changes = append(changes, change{at: r.actions[i].done, action: r.actions[i]})
	}
	slices.SortFunc(changes, func(a, b change) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.tag().call, b.tag().call), cmp.Compare(a.tag().attempt, b.tag().attempt), cmp.Compare(a.tag().send, b.tag().send))
	})
	for i, c := range changes {
		m.unordered = m.unordered || i > 0 && c.at.Equal(changes[i-1].at) && c.tag().call != changes[i-1].tag().call
		if c.request != nil {
			m.apply(c.request)
		} else {
			m.administer(c.action, r.ids[c.action.license])
		}
	}
	return m
}

func (m *licenseModel) of(id int64) *modelLicense {
	if l, ok := m.licenses[id]; ok {
		return l
	}
	return &modelLicense{history: []moment{{state: &licenseView{}}}}
}

func (l *modelLicense) last() *licenseView { return l.history[len(l.history)-1].state }

// licenseOf returns the id in the path of a request, or 0.
func licenseOf(path string) int64 {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 4 || parts[2] != "licenses" {
		return 0
	}
	id, _ := strconv.ParseInt(parts[3], 10, 64)
	return id
}

// A writeBody is the body of a request that changes a license.
type writeBody struct {
	members map[string]any
	// The members of the requests for users.
	Email    string           `json:"email"`
	Removed  string           `json:"license_user_email"`
	Password string           `json:"password"`
	Features []map[string]any `json:"product_features"`
}

// decodeWrite decodes a body, and reports whether it is complete.
func decodeWrite(body []byte) (*writeBody, bool) {
	w := new(writeBody)
	if json.Unmarshal(body, &w.members) != nil || json.Unmarshal(body, w) != nil {
		return nil, false
	}
	return w, true
}

// apply applies a request that the service has applied.
func (m *licenseModel) apply(s *serverRequest) {
	w, ok := decodeWrite(s.Body)
	if !ok {
		panic("the service applied an invalid body")
	}
	if s.Endpoint == lst.SetUserPassword {
		m.passwords = append(m.passwords, passwordChange{at: s.Applied, address: addressOf(s.Query), password: w.Password, tag: s.tag})
		return
	}
	id := licenseOf(s.Path)
	l := m.of(id)
	state, c := l.last().clone(), cause{tag: s.tag, endpoint: s.Endpoint}
	switch s.Endpoint { //nolint:exhaustive // the others change nothing
	case lst.UpdateLicense:
		c.names = m.update(state, w.members)
	case lst.EnableLicense, lst.DisableLicense:
		state.enabled = new(s.Endpoint == lst.EnableLicense)
		c.names = []string{"enabled"}
	case lst.UpdateFeatures:
		state.features = m.features(l, w.Features)
		c.names = []string{"product_features"}
	case lst.AssignUser:
		address := strings.ToLower(w.Email)
		state.users[address] = true
		c.names = []string{"user " + address}
		m.passwords = append(m.passwords, passwordChange{at: s.Applied, address: address, license: id, password: w.Password, tag: s.tag})
	case lst.UnassignUser:
		address := strings.ToLower(w.Removed)
		delete(state.users, address)
		c.names = []string{"user " + address}
	}
	l.history = append(l.history, moment{s.Applied, state, c})
}

// update sets the members of an update and returns their names.
func (m *licenseModel) update(state *licenseView, members map[string]any) []string {
	for name, value := range members {
		switch n, isNumber := value.(float64); {
		case name == "metadata":
			state.metadata, _ = value.(map[string]any)
		case name == "max_activations" && isNumber && m.plan.cap > 0:
			state.values[name] = min(n, float64(m.plan.cap))
		default:
			state.values[name] = value
		}
	}
	return slices.Sorted(maps.Keys(members))
}

// features returns the features of a license after an update. The service drops
// unknown codes. Members that the list omits have the defaults of the product.
func (m *licenseModel) features(l *modelLicense, list []map[string]any) map[string]map[string]any {
	features := make(map[string]map[string]any)
	for _, sent := range list {
		code, _ := sent["product_feature"].(string)
		if !knownFeature(l.userBased, code) {
			continue
		}
		properties := map[string]any{"max_consumption": 0.0, "expiry_date": nil}
		if code == consumptionFeature {
			properties["max_consumption"] = float64(defaultConsumption)
		}
		maps.Copy(properties, sent)
		features[code] = properties
	}
	return features
}

// administer applies an action of an administrator.
func (m *licenseModel) administer(a *adminAction, id int64) {
	l := m.of(id)
	state, c := l.last().clone(), cause{}
	switch {
	case a.values != nil:
		c.names = m.set(state, a.values)
	case a.enable != nil:
		state.enabled = a.enable
		c.names = []string{"enabled"}
	case a.add != "" && a.effective:
		state.users[strings.ToLower(a.add)] = true
		c.names = []string{"user " + strings.ToLower(a.add)}
	case a.remove != "" && a.effective:
		delete(state.users, strings.ToLower(a.remove))
		c.names = []string{"user " + strings.ToLower(a.remove)}
	default:
		return
	}
	l.history = append(l.history, moment{a.done, state, c})
}

// set sets properties, by their names in a record of the classic dialect.
func (m *licenseModel) set(state *licenseView, values map[string]any) []string {
	for name, value := range values {
		if n, ok := value.(int); ok {
			value = float64(n)
		}
		if name == "metadata" {
			state.metadata, _ = value.(map[string]any)
		} else {
			state.values[name] = value
		}
	}
	return slices.Sorted(maps.Keys(values))
}

// during returns the states that a license had at some time of an interval, both ends
// included.
func (m *licenseModel) during(id int64, from, to time.Time) []*licenseView {
	var states []*licenseView
	history := m.of(id).history
	for i := range history {
		ended := i+1 < len(history) && history[i+1].at.Before(from)
		if !ended && !history[i].at.After(to) {
			states = append(states, history[i].state)
		}
	}
	return states
}

// changesBy returns the changes of a license in an interval, by causes that match.
func (m *licenseModel) changes(id int64, from, to time.Time, matches func(cause) bool) []moment {
	var found []moment
	for _, h := range m.of(id).history[1:] {
		if !h.at.Before(from) && !h.at.After(to) && matches(h.cause) {
			found = append(found, h)
		}
	}
	return found
}

// passwordAt returns the latest change of the password of a user before a time.
func (m *licenseModel) passwordAt(address string, t time.Time) (last passwordChange) {
	for _, p := range m.passwords {
		if strings.EqualFold(p.address, address) && !p.at.After(t) {
			last = p
		}
	}
	return last
}

// compare returns how the model differs from what the service stores at the end.
func (m *licenseModel) compare(stored lst.License) string {
	state := m.of(stored.ID).last()
	if state.enabled == nil || *state.enabled != stored.Enabled {
		return fmt.Sprintf("enabled is %v", stored.Enabled)
	}
	encoded, err := json.Marshal(stored.Properties)
	if err != nil {
		return err.Error()
	}
	var properties map[string]any
	if err := json.Unmarshal(encoded, &properties); err != nil {
		return err.Error()
	}
	for name, want := range state.values {
		got, ok := properties[name]
		if !ok {
			got, ok = properties[otherNames[name]]
		}
		if ok && !reflect.DeepEqual(got, want) {
			return fmt.Sprintf("%s is %v, and the model has %v", name, got, want)
		}
	}
	if metadata, _ := properties["metadata"].(map[string]any); len(metadata)+len(state.metadata) > 0 && !reflect.DeepEqual(metadata, state.metadata) {
		return fmt.Sprintf("metadata is %v, and the model has %v", metadata, state.metadata)
	}
	return compareLists(state, stored)
}

func compareLists(state *licenseView, stored lst.License) string {
	users, features := make(map[string]bool), make(map[string]bool)
	for _, u := range stored.Users {
		users[strings.ToLower(u.Email)] = true
	}
	for _, f := range stored.Features {
		features[f.Code] = true
		expiry, _ := f.Properties["expiry_date"].(string)
		want, _ := state.features[f.Code]["expiry_date"].(string)
		if expiry != want {
			return fmt.Sprintf("feature %s ends at %q, and the model has %q", f.Code, expiry, want)
		}
	}
	if !maps.Equal(users, state.users) {
		return fmt.Sprintf("the users are %v, and the model has %v", users, state.users)
	}
	if len(features) != len(state.features) {
		return fmt.Sprintf("the features are %v, and the model has %v", features, state.features)
	}
	for code := range state.features {
		if !features[code] {
			return "the feature " + code + " is not stored"
		}
	}
	return ""
}

// addressOf returns the address in the query of a request, in lower case.
func addressOf(query url.Values) string { return strings.ToLower(query.Get("email")) }
