package licensespring

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// EnsureLicense makes sure that the license is as the state wants it, and reports
// whether this call changed it. It can be called any number of times with the same
// state, by several machines, and after a crash during an earlier call.
//
// A nil error means that the license was as wanted when the call ended or a moment
// before: [OutcomeUnchanged] if it was before the call, and [OutcomeChanged]
// otherwise. The Warnings of the result list what the license shows otherwise, such
// as a feature that the service dropped. The error matches
//
//   - [ErrLicenseConflict] if the state would end the license earlier or enable it,
//     without the permission of AllowShorten or AllowEnable. The call has changed
//     nothing, and the Differences of the [*Error] list why.
//   - [ErrOutcomeUnknown], and no other kind, if the license may have been changed,
//     completely or in part. The Differences list what the license showed otherwise.
//     Call EnsureLicense again later.
//   - [ErrBadResponse] if the service does not show what has to be compared.
//   - one of the other errors of [Client.UpdateLicense], with the same meaning.
//
// EnsureLicense reads the license, compares it with [LicenseState.Diff], and sends
// only requests that close a difference, in a safe order: disable, unassign users,
// values, features, assign users, enable. If a response does not show the license, it
// reads the license again. A request whose response was lost is repeated only after
// a read has shown that it is still needed, and an assignment of a user never.
//
// The service has no versions. If two callers want different states at the same time,
// the last request wins, and the other caller receives [OutcomeChanged] with warnings,
// or [ErrOutcomeUnknown].
func (c *Client) EnsureLicense(ctx context.Context, id int64, state LicenseState) (*LicenseResult, error) {
	return c.converge(ctx, OpEnsureLicense, id, &state, state.convergence())
}

// PreviewEnsureLicense returns the requests that [Client.EnsureLicense] would send for
// a license with this record, in order, each with what validation finds in the state.
// It sends nothing. The error is [ErrInvalidRequest], [ErrLicenseConflict] or
// [ErrBadResponse].
func (c *Client) PreviewEnsureLicense(rec *LicenseRecord, state LicenseState) ([]*Preview, error) {
	op := &operation{client: c, name: OpPreview}
	findings := checkObject(&state, c.cfg.dialect)
	if rec == nil || rec.ID <= 0 {
		findings = append([]Finding{invalidID()}, findings...)
	} else {
		op.licenseID = rec.ID
	}
	if err := errorsAmong(findings); err != nil {
		return nil, op.invalid(err)
	}
	cv := state.convergence()
	cv.observe(&licenseRead{rec: rec})
	steps, e := cv.plan()
	if e != nil {
		return nil, op.fail(e)
	}
	var previews []*Preview
	for _, s := range steps {
		req, _, err := c.encode(s.write)
		if err != nil {
			return nil, op.invalid(err)
		}
		previews = append(previews, newPreview(req, findings))
	}
	return previews, nil
}

func (s *LicenseState) convergence() *convergence {
	cv := newConvergence(s.Users, nil)
	cv.state = *s
	if s.Users != nil {
		cv.unassign = func(email string) bool { return !hasUser(s.Users, email) }
	}
	return cv
}

func newConvergence(assign []UserAssignment, unassign func(email string) bool) *convergence {
	return &convergence{assign: assign, unassign: unassign, acked: map[string]bool{}, sends: map[string]int{}, ambiguous: map[*UserAssignment]bool{}, refuted: map[string]bool{}}
}

// convergence is a call that makes a license as it is wanted: a loop of reading,
// comparing and sending. Its state is what the license showed last and what the
// service has acknowledged.
type convergence struct {
	op    *operation
	state LicenseState
	// assign are the users that must be assigned, and unassign reports whether a user
	// must not be; nil leaves the others as they are.
	assign   []UserAssignment
	unassign func(email string) bool

	shown *licenseRead
	stale bool             // shown precedes an acknowledged request
	open  []openDifference // those of shown, without what was acknowledged since
	// acked holds the names that a 2xx has acknowledged. They are not repeated: if a
	// license shows otherwise, another caller has changed it, or the service stores
	// another value.
	acked map[string]bool
	sends map[string]int // of requests that were not acknowledged, by step
	// ambiguous are the users whose assignment may have been applied.
	ambiguous map[*UserAssignment]bool

	touched  bool            // a request has changed the license, or may have
	refuted  map[string]bool // the response that acknowledged a name shows another value
	rejected *step           // a step whose rejection may mean that it is not needed
	last     *Error          // of the last request that failed
}

// openDifference is a difference, with the name by which requests close it: that of
// the member, or of a user.
type openDifference struct {
	Difference

	name string
}

// converge runs a convergence. Given is what the caller gave, to be validated.
func (c *Client) converge(ctx context.Context, name Op, id int64, given object, cv *convergence) (*LicenseResult, error) {
	cv.op = c.beginCall(ctx, CallStarted{Op: name, LicenseID: id})
	defer cv.op.finish()

	findings := checkObject(given, c.cfg.dialect)
	if id <= 0 {
		findings = append([]Finding{invalidID()}, findings...)
	}
	if err := errorsAmong(findings); err != nil {
		return nil, cv.op.invalid(err)
	}
	cv.op.warnings = findings
	if e := cv.run(); e != nil {
		return nil, cv.fail(e)
	}
	return cv.result(), nil
}

// run reads, compares and sends until the license is as wanted, and returns why it
// is not known to be.
func (cv *convergence) run() *Error {
	wait := cv.op.client.cfg.waitMin
	for idle := 0; ; {
		again, ended, e := cv.round()
		switch {
		case ended:
			return e
		case again:
			idle, wait = 0, cv.op.client.cfg.waitMin
			continue
		}
		// Nothing was acknowledged. A read may be behind, or a request under way.
		if idle++; idle >= maxPolls || idle >= maxRefutedPolls && cv.isRefuted() {
			return cv.unsettled(nil)
		}
		if err := cv.op.pause(max(wait, cv.requestedWait())); err != nil {
			return cv.unsettled(err)
		}
		wait = min(2*wait, cv.op.client.cfg.waitMax)
	}
}

// maxRefutedPolls is the maximum number of reads after a response has shown that the
// service stores another value.
const maxRefutedPolls = 2

// isRefuted reports whether no more than such values remain.
func (cv *convergence) isRefuted() bool {
	return !slices.ContainsFunc(cv.open, func(d openDifference) bool { return !cv.refuted[d.name] })
}

// round reads the license and sends what is needed. It reports whether the license
// must be read again at once, and whether the call ends, with an error or none.
func (cv *convergence) round() (again, ended bool, e *Error) {
	attempts := pollAttempts
	if !cv.touched {
		attempts = 0 // those of the client
	}
	rec, unreadable, err := cv.op.getLicense(cv.op.licenseID, attempts)
	if err != nil {
		cv.last = asError(err)
		if cv.stale && len(cv.open) == 0 {
			return false, true, nil // the service has acknowledged everything
		}
		return false, !cv.touched || !cv.op.mayReadLater(err), cv.last
	}
	cv.observe(&licenseRead{rec, unreadable})
	if len(cv.open) == 0 {
		return false, true, nil
	}
	again, e = cv.send()
	return again, e != nil || len(cv.open) == 0 && !cv.stale, e
}

// unsettled returns the error of a call that has sent a request and does not know
// whether the license is as wanted. Err is the reason why the call ended early.
func (cv *convergence) unsettled(err error) *Error {
	e := cv.last
	if e == nil {
		e = &Error{Kind: ErrUnavailable}
	}
	e.detail = unsettledLicense(e.detail, cv.openDifferences(), err)
	e.addCauses(err)
	return e
}

// requestedWait returns the wait that the service requested, within bounds. It is 0 if
// the deadline is earlier: a read is better than none.
func (cv *convergence) requestedWait() time.Duration {
	if cv.last == nil || cv.last.RetryAt.IsZero() {
		return 0
	}
	wait := min(time.Until(cv.last.RetryAt), maxPause)
	if deadline, ok := cv.op.ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return 0
	}
	return wait
}

// observe compares a record with what is wanted.
func (cv *convergence) observe(shown *licenseRead) {
	if cv.shown == nil && cv.op != nil { // messages of the service may name them
		cv.op.addPrivate(shown.rec.private())
	}
	cv.shown, cv.stale = shown, false
	cv.setOpen(cv.differences(shown.rec))
}

// differences returns all differences of a record.
func (cv *convergence) differences(rec *LicenseRecord) []openDifference {
	c := compareLicense(&cv.state.LicenseUpdate, rec, &cv.state.Enabled)
	c.featureSet(cv.state.ProductFeatures, rec)
	all := make([]openDifference, 0, len(c.differences))
	for _, d := range c.differences {
		all = append(all, openDifference{d, firstMember(d.Path)})
	}
	return append(all, userDifferences(cv.assign, cv.unassign, rec)...)
}

// setOpen sets the differences that are open. Those to acknowledged values that the
// record does not show, or to features that the service dropped, are not.
func (cv *convergence) setOpen(differences []openDifference) {
	cv.open = slices.DeleteFunc(differences, func(d openDifference) bool {
		return cv.acked[d.name] && (d.Rule == RuleNotShown || d.Rule == RuleFeatureDropped)
	})
}

func (cv *convergence) openDifferences() []Difference {
	var differences []Difference
	for _, d := range cv.open {
		differences = append(differences, d.Difference)
	}
	return differences
}

// send sends the requests that close the open differences, until one fails. It
// reports whether the license must be read again at once.
func (cv *convergence) send() (again bool, e *Error) {
	if cv.rejected != nil {
		if slices.ContainsFunc(cv.open, func(d openDifference) bool { return slices.Contains(cv.rejected.names, d.name) }) {
			return false, cv.last
		}
		cv.rejected, cv.last = nil, nil // another caller has closed the difference
	}
	for {
		// Each response may show what another caller has changed since the plan.
		steps, e := cv.plan()
		switch {
		case e != nil && again:
			return true, nil // a read may show more than the response to a change
		case e != nil || len(steps) == 0:
			return again, e
		}
		s := &steps[0]
		req, _, err := cv.op.client.encode(s.write) // the warnings are those of the state
		if err != nil {
			return false, invalidRequest(err)
		}
		resp := cv.op.write(s.write, req)
		if cv.acknowledged(s, resp) {
			again = true
			continue
		}
		cv.last = cv.op.writeError(resp)
		switch {
		case cv.last.Outcome == OutcomeUnknown:
			cv.last.Outcome = "" // the next read may settle it
			cv.touched = true
			cv.sends[s.key()]++
			if user, ok := s.write.body.(*UserAssignment); ok {
				cv.ambiguous[user] = true
			}
			return false, nil
		case s.write.showsMessage() && mayBeSo(resp):
			cv.rejected = s
			cv.sends[s.key()]++
			return true, nil
		default:
			return false, cv.last
		}
	}
}

// acknowledged reports whether the response acknowledges a step, and records what it
// shows.
func (cv *convergence) acknowledged(s *step, resp *exchange.Response) bool {
	shown, ok := readChanged(cv.op.licenseID, resp)
	if !ok && (!s.write.showsMessage() || !isMessage(resp)) {
		return false
	}
	cv.touched, cv.last = true, nil
	for _, name := range s.names {
		cv.acked[name] = true
	}
	if user, ok := s.write.body.(*UserAssignment); ok {
		cv.op.newUsers = append(cv.op.newUsers, UserRecord{Email: user.Email, InitialPassword: readPassword(resp)})
	}
	if ok {
		cv.observe(shown)
		for _, d := range cv.open {
			cv.refuted[d.name] = slices.Contains(s.names, d.name)
		}
		return true
	}
	cv.stale = true
	cv.setOpen(slices.DeleteFunc(cv.open, func(d openDifference) bool { return slices.Contains(s.names, d.name) }))
	return true
}

// result ends the operation: the license is, or was, as wanted.
func (cv *convergence) result() *LicenseResult {
	cv.recoverUsers()
	outcome := OutcomeUnchanged
	if cv.touched {
		outcome = OutcomeChanged
	}
	shown := cv.shown
	if cv.stale { // the acknowledgments are all that is known
		shown = &licenseRead{rec: &LicenseRecord{ID: shown.rec.ID}}
	}
	var differences []Difference
	for _, d := range cv.differences(shown.rec) {
		differences = append(differences, d.Difference)
	}
	return cv.op.licenseResult(outcome, shown, differences)
}

// fail ends the operation with an error. If a request has changed the license, or may
// have, the outcome is unknown.
func (cv *convergence) fail(e *Error) error {
	cv.recoverUsers()
	if cv.shown != nil && e.Kind != ErrLicenseConflict {
		e.Differences = cv.openDifferences()
	}
	if len(cv.acked) > 0 {
		e.detail = strings.TrimSuffix("partly applied; "+e.detail, "; ")
	}
	if cv.touched {
		return cv.op.unknown(e, e.detail)
	}
	return cv.op.fail(e)
}

// recoverUsers adds the users whose assignment was not acknowledged and that the
// license shows. Their passwords are lost unless the license shows them.
func (cv *convergence) recoverUsers() {
	if cv.shown == nil {
		return
	}
	for i := range cv.assign {
		user := &cv.assign[i]
		found := cv.shown.rec.userByEmail(user.Email)
		if found != nil && !cv.ambiguous[user] && !cv.acked[userName(user.Email)] && !user.Password.IsZero() {
			cv.op.warnings = append(cv.op.warnings, Finding{
				Path: userPath(i), Rule: RuleValueMismatch, Severity: SeverityWarning,
				Message: "the user was assigned before, so the password was not set; see SetUserPassword",
			})
		}
		if !cv.ambiguous[user] || found == nil {
			continue
		}
		cv.op.newUsers = append(cv.op.newUsers, *found)
		if found.InitialPassword.IsZero() && user.Password.IsZero() {
			cv.op.warnings = append(cv.op.warnings, Finding{
				Path: userPath(i), Rule: RulePasswordLost, Severity: SeverityWarning,
				Message: "the response with the initial password was lost; SetUserPassword sets another one",
			})
		}
	}
}
