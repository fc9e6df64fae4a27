package simulation

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// violations returns every violation of an invariant in a run.
func (r *licenseRun) violations() []string {
	var found []string
	report := func(s string) { found = append(found, s) }
	for _, request := range r.untagged {
		report("the service received a request without a tag: " + request)
	}
	for _, c := range r.calls {
		for _, i := range &licenseInvariants {
			if violation := i.check(r, c); violation != "" {
				report(fmt.Sprintf("call %d: %s: %s", c.number, i.name, violation))
			}
		}
		found = append(found, c.attemptViolations(r.received[c.number], c.once)...)
	}
	r.checkFinal(report)
	r.checkAssignments(report)
	r.checkLicenseSecrets(report)
	return found
}

// licenseInvariants must hold for each call. check returns a violation, or "".
var licenseInvariants = [...]struct {
	name  string
	check func(*licenseRun, *licenseCall) string
}{
	{"a call has exactly one outcome", func(_ *licenseRun, c *licenseCall) string {
		o := c.outcome()
		switch {
		case (c.result == nil) == (c.err == nil):
			return fmt.Sprintf("result %v and error %v", c.result != nil, c.err)
		case c.result != nil && o != ls.OutcomeChanged && o != ls.OutcomeUnchanged:
			return fmt.Sprintf("a result with outcome %q", o)
		case c.result != nil && c.plan.op != ls.OpSetUserPassword && (c.result.License == nil || c.result.License.ID != c.id):
			return "the result is that of another license"
		}
		return c.errorHasOneOutcome()
	}},
	{"an unknown outcome matches no other kind", func(_ *licenseRun, c *licenseCall) string { return c.unknownMatchesAlone() }},
	{"ErrNotSent matches if and only if nothing reached the service", func(r *licenseRun, c *licenseCall) string {
		return c.notSentIsTrue(len(r.received[c.number]))
	}},
	{"changed and unchanged are true", doneIsTrue},
	{"a read confirms what only a message acknowledges", confirmedByRead},
	{"what is rejected, not sent or unchanged was not applied", notAppliedIsTrue},
	{"an unknown outcome has a reason", unknownHasReason},
	{"a license that a read showed as wanted is reported as such", shownIsDone},
	{"a license that is so already is not rejected", alreadySoNotRejected},
	{"a license is enabled only with permission", enabledWithPermission},
	{"an end moves backwards only with permission", endsLaterOnly},
	{"a user is assigned only if the last read does not show the user", assignedOnce},
	{"what was acknowledged is not sent twice", acknowledgedNotRepeated},
	{"a read precedes a repetition", readPrecedesRepetition},
	{"nothing is sent after a response that shows the license as wanted", shownEnds},
	{"a conflict changes nothing", conflictChangesNothing},
	{"a password is not lost without notice", passwordNotLost},
	{"only what the state names is changed", onlyNamedIsChanged},
	{"the service accepts the requests", requestsAccepted},
	{"the number of requests is bounded", licenseRequestsBounded},
	{"a call ends in time", func(_ *licenseRun, c *licenseCall) string { return c.endsInTime() }},
	{"a rate limit has a time and a source", func(_ *licenseRun, c *licenseCall) string { return c.limitHasTime() }},
	{"a canceled call returns the error of its context", func(_ *licenseRun, c *licenseCall) string {
		if c.err != nil && len(c.observed) > 0 && c.end.Equal(c.canceledAt) && !isContext(c.err) {
			return "the error is not the context's: " + c.err.Error()
		}
		return ""
	}},
	{"an error of the context needs a context that is done", func(_ *licenseRun, c *licenseCall) string { return c.contextWasDone() }},
	{"events match the attempts", func(_ *licenseRun, c *licenseCall) string {
		started := ls.CallStarted{Op: c.plan.op, LicenseID: c.id}
		if c.plan.op == ls.OpSetUserPassword {
			started.LicenseID = 0
		}
		return c.eventsMatch(started)
	}},
}

// once reports whether an attempt must not be received twice.
func (c *licenseCall) once(i int) bool {
	return c.observed[i].method != http.MethodGet && (c.converges() || c.plan.wanted.replaces)
}

// ambiguous reports whether the service may have applied an attempt that it has not
// acknowledged.
func (c *licenseCall) ambiguous(i int) bool {
	return c.mayHaveActed(i, c.once(i)) && !c.acknowledged(i)
}

// acknowledged reports whether the response to a write acknowledges it.
func (c *licenseCall) acknowledged(i int) bool {
	o := c.observed[i]
	if o.method == http.MethodGet || o.repeated(c.once(i)) || !c.readable[i] {
		return false
	}
	if o.showsLicense() {
		return c.view(i) != nil
	}
	var message struct {
		Text *string `json:"message"`
	}
	return json.Unmarshal(o.body, &message) == nil && message.Text != nil
}

// showsLicense reports whether the response to an attempt is the license.
func (o *observation) showsLicense() bool {
	return o.method != http.MethodPost || strings.HasSuffix(o.path, "/update_features/")
}

// hasDocument reports whether the response has a status of 2xx and a complete body of
// JSON.
func (o *observation) hasDocument() bool {
	return o.status >= 200 && o.status < 300 && o.complete && len(o.body) <= maxBody && json.Valid(o.body)
}

// decodeViews decodes the responses to all attempts, once.
func (c *licenseCall) decodeViews() {
	c.shown, c.readable = make([]*licenseView, len(c.observed)), make([]bool, len(c.observed))
	for i, o := range c.observed {
		c.readable[i] = o.hasDocument()
		if o.showsLicense() && c.readable[i] && (o.method == http.MethodGet || !o.repeated(c.once(i))) {
			c.shown[i] = decodeView(o.body)
		}
	}
}

// view returns what the response to an attempt shows of the license, or nil.
func (c *licenseCall) view(i int) *licenseView {
	if v := c.shown[i]; v != nil && v.id == c.id {
		return v
	}
	return nil
}

// shownBefore returns what the last response before an attempt showed of the license,
// or nil.
func (c *licenseCall) shownBefore(i int) *licenseView {
	for j := i - 1; j >= 0; j-- {
		if v := c.view(j); v != nil {
			return v
		}
	}
	return nil
}

// staleSince returns the time of the oldest state that a read at t can show.
func (r *licenseRun) staleSince(t time.Time) time.Time { return t.Add(-r.plan.staleReads) }

// attainable returns what the call wants, without what the service is known to store
// otherwise: a capped limit, and features that the product does not have.
func (r *licenseRun) attainable(c *licenseCall) wanted {
	w := c.plan.wanted
	if n, ok := w.values["max_activations"].(int); ok && r.plan.cap > 0 && n > r.plan.cap {
		w.values = withoutMember(w.values, "max_activations")
	}
	w.features = slices.DeleteFunc(slices.Clone(w.features), func(f wantedFeature) bool { return f.code == unknownFeature })
	return w
}

func withoutMember(values map[string]any, name string) map[string]any {
	rest := make(map[string]any)
	for n, v := range values {
		if n != name {
			rest[n] = v
		}
	}
	return rest
}

// doneIsTrue checks that the license was as wanted at some moment of a call that
// reports it. If others changed the license meanwhile, each part was so at some moment.
func doneIsTrue(r *licenseRun, c *licenseCall) string {
	if !c.succeeded() || r.model.unordered {
		return ""
	}
	if c.outcome() == ls.OutcomeChanged && !slices.ContainsFunc(c.indexes(), func(i int) bool { return c.mayHaveActed(i, c.once(i)) }) {
		return "changed, and no request was sent"
	}
	if r.acknowledgedByProxy(c) {
		return ""
	}
	if c.plan.op == ls.OpSetUserPassword {
		if !slices.ContainsFunc(r.model.passwords, func(p passwordChange) bool { return p.tag.call == c.number && !p.at.After(c.end) }) {
			return "the password was not set"
		}
		return ""
	}
	w, from := r.attainable(c), r.staleSince(c.start)
	var never []string // differences that every state has
	states := r.model.during(c.id, from, c.end)
	for i, state := range states {
		differences := w.differences(state)
		if len(differences) == 0 {
			return ""
		}
		if i == 0 {
			never = differences
		}
		never = slices.DeleteFunc(never, func(name string) bool { return !slices.Contains(differences, name) })
	}
	others := r.model.changes(c.id, from, c.end, func(by cause) bool { return by.tag.call != c.number })
	if len(others) > 0 && len(never) == 0 {
		return ""
	}
	return fmt.Sprintf("%s, and the license never was as wanted: %v in %d states", c.outcome(), never, len(states))
}

// confirmedByRead checks that a call that is done has read the license, or has tried
// to, after a response that was only a message.
func confirmedByRead(r *licenseRun, c *licenseCall) string {
	last := len(c.observed) - 1
	if !c.succeeded() || c.plan.op == ls.OpSetUserPassword || c.observed[last].showsLicense() {
		return ""
	}
	limited := r.limiter != nil || slices.ContainsFunc(r.calls, func(other *licenseCall) bool {
		return slices.ContainsFunc(other.observed, func(o *observation) bool { return o.status == http.StatusTooManyRequests })
	})
	if limited || (!c.deadline.IsZero() && c.deadline.Sub(c.end) < 200*time.Millisecond) { // the rate limiter spaces requests
		return ""
	}
	return fmt.Sprintf("attempt %d is the last one", last+1)
}

// acknowledgedByProxy reports whether a proxy has sent the message that acknowledges a
// write, and no later read showed the license, or at least not all of its members.
func (r *licenseRun) acknowledgedByProxy(c *licenseCall) bool {
	for i, o := range slices.Backward(c.observed) {
		switch {
		case c.view(i) != nil && r.plan.hidden.name == "":
			return false
		case o.injected && c.acknowledged(i):
			return true
		}
	}
	return false
}

func (c *licenseCall) indexes() []int {
	all := make([]int, len(c.observed))
	for i := range all {
		all[i] = i
	}
	return all
}

// notAppliedIsTrue includes requests that are applied after the end of the call.
func notAppliedIsTrue(r *licenseRun, c *licenseCall) string {
	if o := c.outcome(); o != ls.OutcomeRejected && o != ls.OutcomeNotSent && o != ls.OutcomeUnchanged {
		return ""
	}
	for _, s := range r.received[c.number] {
		if s.Changed {
			return fmt.Sprintf("%s, and attempt %d was applied: %s", c.outcome(), s.attempt, s.Endpoint)
		}
	}
	return ""
}

// unknownHasReason checks that an unknown outcome could neither be excluded nor be
// settled.
func unknownHasReason(_ *licenseRun, c *licenseCall) string {
	if c.outcome() != ls.OutcomeUnknown {
		return ""
	}
	if !slices.ContainsFunc(c.indexes(), func(i int) bool { return c.mayHaveActed(i, c.once(i)) }) {
		return "no request can have been applied"
	}
	last, lastWrite := c.observed[len(c.observed)-1], c.lastWrite()
	remaining := c.deadline.Sub(c.end)
	shown := c.shownBefore(len(c.observed))
	switch {
	case c.plan.op == ls.OpSetUserPassword, isContext(c.err):
	case !c.deadline.IsZero() && remaining <= c.process.plan.waitMax:
	case c.e.RateLimitSource != "": // it has to wait for longer than the call lasts
	case last.status >= 300 && last.status < 500: // rejected, or a rate limit that it cannot wait out
	case c.converges() && lastWrite.status >= 400 && lastWrite.status < 500: // rejected, after others that were not
	case c.readRounds() >= maxLookups, c.refuted():
	case shown != nil && c.converges() && len(c.plan.wanted.conflicts(shown)) > 0:
	case shown != nil && len(c.plan.wanted.hiddenBy(shown)) > 0:
	default:
		return fmt.Sprintf("it could have been settled: %d reads", c.readRounds())
	}
	return ""
}

// lastWrite returns the last attempt to change the license, or an empty one.
func (c *licenseCall) lastWrite() *observation {
	for _, o := range slices.Backward(c.observed) {
		if o.method != http.MethodGet {
			return o
		}
	}
	return &observation{}
}

// refuted reports whether only such values remain that the service stores otherwise, as
// the response to their change has shown.
func (c *licenseCall) refuted() bool {
	shown := c.shownBefore(len(c.observed))
	return shown != nil && !slices.ContainsFunc(c.plan.wanted.differences(shown), func(name string) bool {
		return !slices.ContainsFunc(c.writes, func(w licenseWrite) bool {
			view := c.view(w.index)
			acknowledged := w.before == shown && c.acknowledged(w.index) // by a message, after the last record
			return slices.Contains(w.names, name) && (acknowledged || view != nil && slices.Contains(c.plan.wanted.differences(view), name))
		})
	})
}

// hiddenBy returns the names of what is wanted or needed and a view does not show.
func (w *wanted) hiddenBy(v *licenseView) []string {
	var names []string
	add := func(name string, hidden bool) {
		if hidden {
			names = append(names, name)
		}
	}
	for name := range w.values {
		_, shown := v.values[name]
		add(name, !shown)
	}
	add("is_trial", w.values["validity_period"] != nil && v.values["is_trial"] == nil)
	add("enabled", w.enabled != nil && v.enabled == nil)
	add("metadata", w.metadata != nil && v.metadata == nil)
	add("product_features", w.namesFeatures && v.features == nil)
	add("users", v.users == nil && (w.namesUsers || w.assigned != nil || w.unassigned != ""))
	return names
}

// readRounds counts the reads, without their retries.
func (c *licenseCall) readRounds() int {
	n := 0
	for i, o := range c.observed {
		isRetry := i > 0 && i <= len(c.attempts()) && c.attempts()[i-1].Decision == retried
		if o.method == http.MethodGet && !isRetry {
			n++
		}
	}
	return n
}

// shownIsDone checks that a call succeeds if a read shows the license as wanted.
func shownIsDone(_ *licenseRun, c *licenseCall) string {
	if c.succeeded() || c.plan.wanted.isEmpty() {
		return ""
	}
	for i, o := range c.observed {
		if o.method != http.MethodGet {
			continue
		}
		if v := c.view(i); v != nil && len(c.plan.wanted.differences(v)) == 0 {
			return fmt.Sprintf("attempt %d showed it, and the outcome is %q", i+1, c.outcome())
		}
	}
	return ""
}

// alreadySoNotRejected concerns rejections that may mean that the license is as wanted.
func alreadySoNotRejected(r *licenseRun, c *licenseCall) string {
	if c.outcome() != ls.OutcomeRejected || c.e.Kind != ls.ErrInvalidRequest || r.model.unordered || r.plan.staleReads > 0 || len(c.writes) == 0 {
		return ""
	}
	write := c.writes[len(c.writes)-1]
	if write.endpoint == lst.UpdateLicense || write.endpoint == lst.UpdateFeatures || write.endpoint == lst.SetUserPassword {
		return ""
	}
	last := len(c.observed) - 1
	switch o := c.observed[last]; {
	case c.lastWrite().injected, r.plan.hidden.name != "", isContext(c.err),
		o.method == http.MethodGet && c.view(last) == nil, // the read failed
		o.method != http.MethodGet && c.process.usesLimiter(r.limiter):
		return ""
	}
	for _, state := range r.model.during(c.id, r.receivedAt(c, write.index), c.end) {
		if len(c.plan.wanted.differences(state)) > 0 {
			return ""
		}
	}
	return fmt.Sprintf("the license was as wanted since attempt %d, and the call is rejected: %v", write.index+1, c.err)
}

// receivedAt returns the time at which the service received an attempt.
func (r *licenseRun) receivedAt(c *licenseCall, i int) time.Time {
	for _, s := range r.received[c.number] {
		if s.attempt == i+1 {
			return s.Time
		}
	}
	return c.end
}

// conflictChangesNothing checks that a conflict is one, and that nothing was sent.
func conflictChangesNothing(_ *licenseRun, c *licenseCall) string {
	if !errors.Is(c.err, ls.ErrLicenseConflict) {
		return ""
	}
	shown := c.shownBefore(len(c.observed))
	switch {
	case shown == nil:
		return "no response showed the license"
	case len(c.plan.wanted.conflicts(shown)) == 0:
		return "the last response shows no conflict"
	case len(c.e.Differences) == 0:
		return "a conflict without differences"
	}
	return ""
}

// passwordNotLost checks that the call reports the users that it has assigned with
// their passwords, or that a password was lost.
func passwordNotLost(r *licenseRun, c *licenseCall) string {
	for _, p := range r.model.passwords {
		if p.tag.call != c.number || p.license == 0 || p.at.After(c.end) || c.outcome() == ls.OutcomeUnknown || r.model.unordered {
			continue
		}
		states := r.model.during(c.id, c.end, c.end)
		if !states[len(states)-1].users[p.address] {
			continue // removed meanwhile
		}
		i := slices.IndexFunc(c.newUsers(), func(u ls.UserRecord) bool { return strings.EqualFold(u.Email, p.address) })
		lost := slices.ContainsFunc(c.warnings, func(f ls.Finding) bool { return f.Rule == ls.RulePasswordLost })
		switch {
		case i < 0:
			return fmt.Sprintf("attempt %d has assigned a user that is not reported", p.tag.attempt)
		case c.observed[p.tag.attempt-1].injected: // the response of a proxy holds no password
		case c.newUsers()[i].InitialPassword.IsZero() && p.password == "" && !lost:
			return fmt.Sprintf("attempt %d has assigned a user, and nothing reports that the password is lost", p.tag.attempt)
		}
	}
	for _, u := range c.newUsers() {
		if r.model.unordered {
			break
		}
		stored, known := c.passwords[strings.ToLower(u.Email)]
		last := r.model.passwordAt(u.Email, c.end)
		if known && !u.InitialPassword.IsZero() && last.tag.call == c.number && u.InitialPassword.Reveal() != stored {
			return "a reported password is not the one of the user"
		}
	}
	return ""
}

// checkFinal checks the model, and the calls after the faults: they must make the
// license as wanted, and the second one must find it so.
func (r *licenseRun) checkFinal(report func(string)) {
	if r.model.unordered {
		return
	}
	for _, stored := range r.stored {
		if difference := r.model.compare(stored); difference != "" {
			report(fmt.Sprintf("the model of license %d differs: %s", stored.ID, difference))
		}
	}
	seen := make(map[int64]bool)
	for _, c := range r.calls {
		if !c.final {
			continue
		}
		w, converged := r.attainable(c), seen[c.id]
		seen[c.id] = c.succeeded()
		complete := len(w.values) == len(c.plan.wanted.values) && len(w.features) == len(c.plan.wanted.features)
		switch {
		case r.plan.rejectedFeatures && len(w.features) != len(c.plan.wanted.features):
		case len(w.values) != len(c.plan.wanted.values) && c.outcome() == ls.OutcomeUnknown:
			// A capped limit: the license never shows the wanted one.
		case !c.succeeded() && c.lastStatus() == http.StatusTooManyRequests: // for longer than it can know
		case c.outcome() == ls.OutcomeUnknown && r.plan.staleReads > 15*time.Second: // reads are behind for longer than it reads
		case !c.succeeded():
			report(fmt.Sprintf("final call %d: %v", c.number, c.err))
		case converged && complete && c.outcome() != ls.OutcomeUnchanged:
			report(fmt.Sprintf("final call %d: %s, and the call before has converged", c.number, c.outcome()))
		case len(w.differences(r.model.of(c.id).last())) > 0:
			report(fmt.Sprintf("final call %d: the license differs: %v", c.number, w.differences(r.model.of(c.id).last())))
		}
	}
}

// checkAssignments checks that no user is assigned twice without an unassignment in
// between, unless the second call could not know of the first.
func (r *licenseRun) checkAssignments(report func(string)) {
	if r.model.unordered {
		return
	}
	for i, second := range r.model.passwords {
		for _, first := range slices.Backward(r.model.passwords[:i]) {
			if first.license != second.license || first.address != second.address || second.license == 0 {
				continue
			}
			removed := r.model.changes(second.license, first.at, second.at, func(by cause) bool {
				return slices.Contains(by.names, "user "+first.address) && by.endpoint != lst.AssignUser
			})
			if len(removed) == 0 && r.knewUser(second.tag, first) {
				report(fmt.Sprintf("call %d has assigned a user that call %d had assigned", second.tag.call, first.tag.call))
			}
			break
		}
	}
}

// knewUser reports whether the last read before an assignment showed an earlier one.
func (r *licenseRun) knewUser(assignment tag, first passwordChange) bool {
	c := r.calls[assignment.call-1]
	for i := assignment.attempt - 2; i >= 0; i-- {
		if c.view(i) == nil {
			continue
		}
		for _, s := range r.received[c.number] {
			if s.attempt == i+1 && s.Time.After(first.at.Add(r.plan.staleReads)) {
				return true
			}
		}
		return false
	}
	return true
}

// checkLicenseSecrets checks logs, errors, events, attempts and warnings.
func (r *licenseRun) checkLicenseSecrets(report func(string)) {
	secrets := []string{lst.DefaultAPIKey, strings.Split(lst.DefaultAPIKey, ".")[1], wrongKey, secretWord, "email=", `{"`, "http://"}
	for _, l := range r.stored {
		if l.Key != "" {
			secrets = append(secrets, l.Key)
		}
		for _, u := range l.Users {
			if u.Password != "" {
				secrets = append(secrets, u.Password)
			}
		}
	}
	s := secretCheck{secrets: secrets, report: report}
	s.text("the log", r.log.String())
	for _, c := range r.calls {
		s.call(&c.callRecord)
		s.passwords(c.newUsers())
	}
}
