package simulation

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A licenseWrite is an attempt to change a license, with the body that the service
// received.
type licenseWrite struct {
	index    int // of the attempt
	endpoint lst.Endpoint
	body     *writeBody // nil if the service did not receive it completely
	names    []string   // of what it changes, as those of differences
	before   *licenseView
}

// writesOf returns the attempts of a call to change the license, in order.
func (r *licenseRun) writesOf(c *licenseCall) []licenseWrite {
	var all []licenseWrite
	for i, o := range c.observed {
		if o.method == http.MethodGet {
			continue
		}
		w := licenseWrite{index: i, endpoint: endpointOf(o), before: c.shownBefore(i)}
		for _, s := range r.received[c.number] {
			if body, ok := decodeWrite(s.Body); ok && s.attempt == i+1 && w.body == nil {
				w.body = body
			}
		}
		w.name()
		all = append(all, w)
	}
	return all
}

// endpointOf returns the endpoint of a write.
func endpointOf(o *observation) lst.Endpoint {
	for _, e := range []lst.Endpoint{
		lst.EnableLicense, lst.DisableLicense, lst.UpdateFeatures, lst.AssignUser, lst.UnassignUser, lst.SetUserPassword,
	} {
		if action := string(e)[strings.LastIndex(strings.TrimSuffix(string(e), "/"), "/"):]; strings.HasSuffix(o.path, action) {
			return e
		}
	}
	return lst.UpdateLicense
}

func (w *licenseWrite) name() {
	switch w.endpoint {
	case lst.EnableLicense, lst.DisableLicense:
		w.names = []string{"enabled"}
	case lst.UpdateFeatures:
		w.names = []string{"product_features"}
	case lst.SetUserPassword:
	default:
		if w.body == nil {
			return
		}
		switch w.endpoint {
		case lst.AssignUser:
			w.names = []string{"user " + strings.ToLower(w.body.Email)}
		case lst.UnassignUser:
			w.names = []string{"user " + strings.ToLower(w.body.Removed)}
		default:
			w.names = slices.Sorted(maps.Keys(w.body.members))
		}
	}
}

// paired reports whether a member of an update only accompanies another one.
func (w *licenseWrite) paired(name string) bool {
	return name == "is_trial" && w.body.members["validity_period"] != nil ||
		name == "enable_maintenance_period" && w.body.members["maintenance_period"] != nil
}

// enabledWithPermission checks that no call undoes a disable of others.
func enabledWithPermission(_ *licenseRun, c *licenseCall) string {
	w := &c.plan.wanted
	allowed := c.plan.op == ls.OpEnableLicense || (w.enabled != nil && *w.enabled && w.allowEnable)
	for _, write := range c.writes {
		if write.endpoint == lst.EnableLicense && !allowed {
			return fmt.Sprintf("attempt %d enables it", write.index+1)
		}
	}
	return ""
}

// endsLaterOnly compares each date that EnsureLicense sends with the one that the last
// response showed. A request that the network delivers late can still move it back.
func endsLaterOnly(_ *licenseRun, c *licenseCall) string {
	if c.plan.op != ls.OpEnsureLicense || c.plan.wanted.allowShorten {
		return ""
	}
	for _, write := range c.writes {
		if write.body == nil || write.before == nil {
			continue
		}
		for _, name := range []string{"validity_period", "maintenance_period"} {
			date, ok := write.body.members[name].(string)
			shown, isShown := write.before.values[name]
			switch {
			case ok && !isShown:
				return fmt.Sprintf("attempt %d sends %s, and the last response does not show it", write.index+1, name)
			case ok && isEarlier(date, shown):
				return fmt.Sprintf("attempt %d moves %s from %v to %s", write.index+1, name, write.before.values[name], date)
			}
		}
		for _, f := range write.body.Features {
			code, _ := f["product_feature"].(string)
			if date, ok := f["expiry_date"].(string); ok && isEarlier(date, write.before.features[code]["expiry_date"]) {
				return fmt.Sprintf("attempt %d ends feature %s at %s", write.index+1, code, date)
			}
		}
	}
	return ""
}

// assignedOnce checks that no call assigns a user that the last response showed, and
// that it repeats no assignment that may have been applied.
func assignedOnce(_ *licenseRun, c *licenseCall) string {
	assigned := make(map[string]bool)
	for _, write := range c.writes {
		if write.endpoint != lst.AssignUser || write.body == nil {
			continue
		}
		address := strings.ToLower(write.body.Email)
		switch {
		case assigned[address]:
			return fmt.Sprintf("attempt %d repeats an assignment", write.index+1)
		case write.before == nil:
			return fmt.Sprintf("attempt %d assigns a user before a read", write.index+1)
		case write.before.users == nil:
			return fmt.Sprintf("attempt %d assigns a user, and the last response shows no users", write.index+1)
		case write.before.users[address]:
			return fmt.Sprintf("attempt %d assigns a user of the license", write.index+1)
		}
		assigned[address] = c.mayHaveActed(write.index, true)
	}
	return ""
}

// acknowledgedNotRepeated checks that a call does not repeat what a response has
// acknowledged: if the license shows otherwise, another caller has changed it.
func acknowledgedNotRepeated(_ *licenseRun, c *licenseCall) string {
	acknowledged := make(map[string]bool)
	for _, write := range c.writes {
		for _, name := range write.names {
			if paired := write.endpoint == lst.UpdateLicense && write.paired(name); acknowledged[name] && !paired {
				return fmt.Sprintf("attempt %d repeats %s", write.index+1, name)
			}
		}
		if c.acknowledged(write.index) {
			for _, name := range write.names {
				acknowledged[name] = write.endpoint != lst.UpdateLicense || !write.paired(name)
			}
		}
	}
	return ""
}

// readPrecedesRepetition checks that a call that must not repeat a request blindly
// reads the license after each ambiguous write and before the next write.
func readPrecedesRepetition(_ *licenseRun, c *licenseCall) string {
	ambiguous := -1
	for i, o := range c.observed {
		switch {
		case o.method == http.MethodGet && c.converges() && c.view(i) != nil:
			ambiguous = -1
		case o.method == http.MethodGet:
		case ambiguous >= 0:
			return fmt.Sprintf("attempt %d follows attempt %d, which may have been applied, without a read", i+1, ambiguous+1)
		case c.once(i) && c.ambiguous(i):
			ambiguous = i
		}
	}
	return ""
}

// shownEnds checks that a call sends nothing more when a response has shown the license
// as wanted: another caller may want something else.
func shownEnds(_ *licenseRun, c *licenseCall) string {
	shown := false
	for i, o := range c.observed {
		if shown && o.method != http.MethodGet {
			return fmt.Sprintf("attempt %d is sent, and the license was as wanted", i+1)
		}
		shown = shown || c.converges() && c.view(i) != nil && len(c.plan.wanted.differences(c.view(i))) == 0
	}
	return ""
}

// onlyNamedIsChanged checks that EnsureLicense sends only what closes a difference,
// and that it removes nothing that the state does not name.
func onlyNamedIsChanged(_ *licenseRun, c *licenseCall) string {
	if c.plan.op != ls.OpEnsureLicense {
		return ""
	}
	for _, write := range c.writes {
		if reason := write.exceeds(&c.plan.wanted); reason != "" {
			return fmt.Sprintf("attempt %d: %s", write.index+1, reason)
		}
	}
	return ""
}

// exceeds returns what a write changes although the state does not want it, or "".
func (w *licenseWrite) exceeds(want *wanted) string {
	if w.before == nil {
		return "it is sent before a read"
	}
	differs := want.differences(w.before)
	switch w.endpoint { //nolint:exhaustive // the writes
	case lst.EnableLicense, lst.DisableLicense:
		if want.enabled == nil || *want.enabled != (w.endpoint == lst.EnableLicense) || !slices.Contains(differs, "enabled") {
			return "it is not wanted, or the license is so already"
		}
		return ""
	case lst.UpdateFeatures:
		if !want.namesFeatures || !slices.Contains(differs, "product_features") {
			return "the features are not named, or they are so already"
		}
	}
	if w.body == nil {
		return ""
	}
	switch w.endpoint { //nolint:exhaustive // the writes
	case lst.AssignUser, lst.UnassignUser:
		if !want.namesUsers || !slices.Contains(differs, w.names[0]) {
			return "the users are not named, or they are so already"
		}
		isWanted := slices.ContainsFunc(want.users, func(u wantedUser) bool { return w.names[0] == "user "+strings.ToLower(u.email) })
		if isWanted != (w.endpoint == lst.AssignUser) {
			return "it assigns or removes the wrong user"
		}
	case lst.UpdateFeatures:
		return w.featuresExceed(want)
	case lst.UpdateLicense:
		return w.updateExceeds(want, differs)
	}
	return ""
}

// featuresExceed compares the features of an update with those of the state. An option
// that the state does not name must be that of the license.
func (w *licenseWrite) featuresExceed(want *wanted) string {
	if len(w.body.Features) != len(want.features) {
		return "it does not send all features"
	}
	for i, f := range want.features {
		sent, before := w.body.Features[i], w.before.features[f.code]
		if sent["product_feature"] != f.code {
			return "it sends another feature"
		}
		if shown, ok := before["expiry_date"].(string); f.expiry == "" && ok && sent["expiry_date"] != shown {
			return "it changes the end of feature " + f.code
		}
		if n, _ := before["max_consumption"].(float64); f.maxConsumption == 0 && n > 0 && sent["max_consumption"] != n {
			return "it changes the limit of feature " + f.code
		}
	}
	return ""
}

func (w *licenseWrite) updateExceeds(want *wanted, differs []string) string {
	for name, value := range w.body.members {
		named, isNamed := want.values[name]
		switch {
		case name == "metadata" && w.before.metadata == nil:
			return "it replaces metadata that the last response does not show"
		case name == "metadata":
			metadata, _ := value.(map[string]any)
			for n, v := range w.before.metadata {
				if _, owned := want.metadata[n]; !owned && !reflect.DeepEqual(metadata[n], v) {
					return "it changes the metadata " + n
				}
			}
		case isNamed && !sameValue(name, named, value):
			return name + " has another value"
		case name == "is_trial" && !isNamed && w.before.values[name] != value:
			return "it changes is_trial"
		case w.paired(name):
		case !isNamed:
			return name + " is not named"
		}
		if !w.paired(name) && !slices.Contains(differs, name) {
			return name + " is so already"
		}
	}
	return ""
}

// requestsAccepted checks that the service rejects no request of the SDK, except those
// that the plan makes invalid or that another caller has made unnecessary.
func requestsAccepted(r *licenseRun, c *licenseCall) string {
	userBased := r.plan.licenses[c.plan.license].userBased
	for _, s := range r.received[c.number] {
		if s.Fault != "" || s.Status < 400 || s.Status == http.StatusTooManyRequests || !s.Authorized {
			continue
		}
		switch s.Endpoint { //nolint:exhaustive // the others are not rejected
		case lst.EnableLicense, lst.DisableLicense:
			if r.plan.rejectedRepeats {
				continue
			}
		case lst.UpdateFeatures:
			unknown := slices.ContainsFunc(c.plan.wanted.features, func(f wantedFeature) bool { return f.code == unknownFeature })
			if r.plan.rejectedFeatures && unknown {
				continue
			}
		case lst.AssignUser: // another caller, or the maximum number of users
			if userBased {
				continue
			}
		case lst.UnassignUser, lst.SetUserPassword:
			continue
		}
		return fmt.Sprintf("attempt %d was rejected with status %d: %s", s.attempt, s.Status, s.Endpoint)
	}
	return ""
}

// licenseRequestsBounded checks the number of requests. Each round of a convergence
// reads once and sends at most one request for each kind of difference and user.
func licenseRequestsBounded(_ *licenseRun, c *licenseCall) string {
	attempts := max(c.process.plan.attempts, 2)
	writes := attempts
	if c.converges() {
		writes = attempts * (4 + len(userNames(c))) * (1 + attempts)
	}
	n := len(c.writes)
	if reads := len(c.observed) - n; n > writes || reads > (maxLookups+1)*attempts*(1+n) {
		return fmt.Sprintf("%d writes and %d reads", n, reads)
	}
	return ""
}

// userNames returns the addresses that the call may assign or remove.
func userNames(c *licenseCall) []string {
	names := []string{"admin"}
	for n := range 4 {
		names = append(names, userAddress(n))
	}
	for _, u := range c.plan.wanted.users {
		names = append(names, u.email)
	}
	return names
}
