package simulation

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// A licenseState is a situation in which errors are likely.
type licenseState struct {
	name string
	// reached reports whether a call reached the state.
	reached func(r *licenseRun, c *licenseCall) bool
}

// licenseStates are the states that the runs about licenses must reach.
var licenseStates = [...]licenseState{
	{"ensure: unchanged", func(_ *licenseRun, c *licenseCall) bool { return c.is(ls.OpEnsureLicense, ls.OutcomeUnchanged) }},
	{"ensure: changed by several requests", func(_ *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnsureLicense, ls.OutcomeChanged) && len(c.writes) > 2
	}},
	{"ensure: response lost, found by a read", func(r *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnsureLicense, ls.OutcomeChanged) && r.lostAndApplied(c)
	}},
	{"ensure: request lost, repeated after a read", func(r *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnsureLicense, ls.OutcomeChanged) && r.lostAndNotApplied(c)
	}},
	{"ensure: unknown, because a later request was rejected", func(r *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnsureLicense, ls.OutcomeUnknown) && r.applied(c) > 0 && c.lastStatus() >= 400 && c.lastStatus() < 500
	}},
	{"ensure: unknown, and applied completely", func(r *licenseRun, c *licenseCall) bool {
		w := r.attainable(c)
		return c.is(ls.OpEnsureLicense, ls.OutcomeUnknown) && slices.ContainsFunc(r.model.during(c.id, c.start, c.end), func(v *licenseView) bool {
			return len(w.differences(v)) == 0
		})
	}},
	{"ensure: unknown, and nothing applied", func(r *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnsureLicense, ls.OutcomeUnknown) && r.applied(c) == 0
	}},
	{"ensure: rejected", func(_ *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnsureLicense, ls.OutcomeRejected) && len(c.observed) > 1 && c.e.Kind == ls.ErrInvalidRequest
	}},
	{"ensure: conflict, would enable", func(_ *licenseRun, c *licenseCall) bool { return c.conflictAbout("enabled") }},
	{"ensure: conflict, would end earlier", func(_ *licenseRun, c *licenseCall) bool { return c.conflictAbout("validity_period") }},
	{"ensure: conflict, a feature would end earlier", func(_ *licenseRun, c *licenseCall) bool { return c.conflictAbout("expiry_date") }},
	{"ensure: a manual disable stays", func(r *licenseRun, c *licenseCall) bool {
		return c.conflictAbout("enabled") && len(r.model.changes(c.id, r.began, c.start, func(by cause) bool {
			return by.tag.call == 0 && slices.Contains(by.names, "enabled")
		})) > 0
	}},
	{"ensure: is_trial sent with the date", func(_ *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(c.writes, func(w licenseWrite) bool {
			return c.plan.op == ls.OpEnsureLicense && w.endpoint == lst.UpdateLicense && w.body != nil && w.paired("is_trial") && c.plan.wanted.values["is_trial"] == nil
		})
	}},
	{"ensure: metadata merged", func(_ *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(c.writes, func(w licenseWrite) bool {
			metadata, _ := metadataOf(w).(map[string]any)
			return c.plan.op == ls.OpEnsureLicense && len(metadata) > len(c.plan.wanted.metadata)
		})
	}},
	{"ensure: another caller changed it meanwhile", func(r *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnsureLicense, ls.OutcomeChanged) && len(r.model.changes(c.id, c.start, c.end, func(by cause) bool { return by.tag.call != c.number })) > 0
	}},
	{"ensure: acknowledged, and reads show the license otherwise", func(_ *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnsureLicense, ls.OutcomeUnknown) && slices.ContainsFunc(c.writes, func(w licenseWrite) bool { return c.acknowledged(w.index) }) &&
			!slices.ContainsFunc(c.writes, func(w licenseWrite) bool { return c.ambiguous(w.index) })
	}},
	{"ensure: the record does not show what is needed", func(_ *licenseRun, c *licenseCall) bool {
		return c.plan.op == ls.OpEnsureLicense && errors.Is(c.err, ls.ErrBadResponse)
	}},
	{"ensure: options of a feature kept", func(_ *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(c.writes, func(w licenseWrite) bool {
			return c.plan.op == ls.OpEnsureLicense && w.endpoint == lst.UpdateFeatures && w.body != nil &&
				slices.ContainsFunc(w.body.Features, func(sent map[string]any) bool {
					return len(sent) > 1 && slices.Contains(c.plan.wanted.features, wantedFeature{code: fmt.Sprint(sent["product_feature"])})
				})
		})
	}},
	{"ensure: unknown, because a record stopped showing is_trial", func(_ *licenseRun, c *licenseCall) bool {
		shown := c.shownBefore(len(c.observed))
		return c.is(ls.OpEnsureLicense, ls.OutcomeUnknown) && shown != nil && shown.values["is_trial"] == nil &&
			c.plan.wanted.values["is_trial"] == nil && c.plan.wanted.values["validity_period"] != nil && c.lastWrite().status == 0
	}},
	{"lost: an attempt was applied, and the last one was rejected or not sent", func(r *licenseRun, c *licenseCall) bool {
		last := len(c.writes) - 1
		return !c.converges() && r.applied(c) > 0 && !c.mayHaveActed(c.writes[last].index, false)
	}},
	{"wait: the service requested one that exceeds the deadline", func(_ *licenseRun, c *licenseCall) bool {
		return c.converges() && slices.ContainsFunc(c.observed[:max(0, len(c.observed)-1)], func(o *observation) bool {
			return o.status >= 500 && o.method != http.MethodGet && !c.deadline.IsZero() && o.retryAt.After(c.deadline)
		})
	}},
	{"canceled: rejected, during the read after the rejection", func(_ *licenseRun, c *licenseCall) bool {
		return c.outcome() == ls.OutcomeRejected && isContext(c.err) && c.lastWrite().status >= 400
	}},
	{"users: password received", func(_ *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(c.newUsers(), func(u ls.UserRecord) bool { return !u.InitialPassword.IsZero() })
	}},
	{"users: assigned before, so the password was not set", func(_ *licenseRun, c *licenseCall) bool {
		return c.succeeded() && slices.ContainsFunc(c.warnings, func(f ls.Finding) bool {
			return f.Rule == ls.RuleValueMismatch && strings.HasPrefix(f.Path, "users[")
		})
	}},
	{"response: a proxy has sent a message", func(_ *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(c.writes, func(w licenseWrite) bool { return c.acknowledged(w.index) && c.observed[w.index].injected })
	}},
	{"response: a proxy has sent no message", func(_ *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(c.writes, func(w licenseWrite) bool {
			o := c.observed[w.index]
			return o.injected && c.readable[w.index] && !o.showsLicense() && !c.acknowledged(w.index)
		})
	}},
	{"ensure: rejected, because another caller was faster", func(_ *licenseRun, c *licenseCall) bool {
		return c.converges() && c.succeeded() && c.lastWrite().status == http.StatusBadRequest && !c.lastWrite().injected
	}},
	{"users: password lost", func(_ *licenseRun, c *licenseCall) bool { return c.warns(ls.RulePasswordLost) }},
	{"users: a part reported with an unknown outcome", func(_ *licenseRun, c *licenseCall) bool {
		return c.outcome() == ls.OutcomeUnknown && len(c.newUsers()) > 0
	}},
	{"users: assignment unknown, and not applied", func(r *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpAssignUser, ls.OutcomeUnknown) && r.applied(c) == 0
	}},
	{"users: unassigned after a lost response", func(r *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpUnassignUser, ls.OutcomeChanged) && r.lostAndApplied(c)
	}},
	{"update: recovered by a read", func(r *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpUpdateLicense, ls.OutcomeChanged) && c.observed[len(c.observed)-1].method == http.MethodGet && r.applied(c) > 0
	}},
	{"update: applied twice", func(r *licenseRun, c *licenseCall) bool { return c.plan.op == ls.OpUpdateLicense && r.applied(c) > 1 }},
	{"update: metadata unknown", func(_ *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpUpdateLicense, ls.OutcomeUnknown) && c.plan.wanted.replaces
	}},
	{"features: dropped", func(_ *licenseRun, c *licenseCall) bool { return c.succeeded() && c.warns(ls.RuleFeatureDropped) }},
	{"enable: rejected, because it is so already", func(_ *licenseRun, c *licenseCall) bool {
		return c.is(ls.OpEnableLicense, ls.OutcomeUnchanged) || c.is(ls.OpDisableLicense, ls.OutcomeUnchanged)
	}},
	{"password: set", func(_ *licenseRun, c *licenseCall) bool { return c.is(ls.OpSetUserPassword, ls.OutcomeChanged) }},
	{"password: unknown", func(_ *licenseRun, c *licenseCall) bool { return c.is(ls.OpSetUserPassword, ls.OutcomeUnknown) }},
	{"late: applied after the end of the call", func(r *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(r.received[c.number], func(s serverRequest) bool { return s.Changed && s.Applied.After(c.end) })
	}},
	{"late: undid a newer change", func(r *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(r.received[c.number], func(s serverRequest) bool {
			return s.Changed && s.Applied.After(c.end) && len(r.model.changes(c.id, c.end, s.Applied, func(by cause) bool {
				return by.tag.call > c.number
			})) > 0
		})
	}},
	{"crash: applied, and repeated after the restart", func(r *licenseRun, c *licenseCall) bool {
		return c.crashed && r.applied(c) > 0 && r.calls[c.number:] != nil
	}},
	{"response: shows another license", func(_ *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(c.shown, func(v *licenseView) bool { return v != nil && v.id != 0 && v.id != c.id })
	}},
	{"response: a stale read", func(r *licenseRun, c *licenseCall) bool {
		return r.plan.staleReads > 0 && slices.ContainsFunc(c.indexes(), func(i int) bool {
			return i > 0 && c.acknowledged(i-1) && c.observed[i].method == http.MethodGet && c.view(i) != nil && len(c.plan.wanted.differences(c.view(i))) > 0
		})
	}},
	{"transport: repeated a write", func(_ *licenseRun, c *licenseCall) bool {
		return slices.ContainsFunc(c.attempts(), func(a ls.Attempt) bool { return a.Reason == reasonRepeated })
	}},
	{"canceled: unknown", func(_ *licenseRun, c *licenseCall) bool {
		return c.outcome() == ls.OutcomeUnknown && isContext(c.err) && !c.canceledAt.IsZero()
	}},
	{"not sent", func(_ *licenseRun, c *licenseCall) bool { return c.outcome() == ls.OutcomeNotSent }},
}

// states returns 1 for each state that the run reached.
func (r *licenseRun) states() []int {
	reached := make([]int, len(licenseStates))
	for i, s := range &licenseStates {
		if slices.ContainsFunc(r.calls, func(c *licenseCall) bool { return !c.final && s.reached(r, c) }) {
			reached[i] = 1
		}
	}
	return reached
}

func (c *licenseCall) is(op ls.Op, o ls.Outcome) bool { return c.plan.op == op && c.outcome() == o }

func (c *licenseCall) lastStatus() int { return c.observed[len(c.observed)-1].status }

func (c *licenseCall) warns(rule ls.Rule) bool {
	return slices.ContainsFunc(c.warnings, func(f ls.Finding) bool { return f.Rule == rule })
}

func (c *licenseCall) conflictAbout(path string) bool {
	return errors.Is(c.err, ls.ErrLicenseConflict) && slices.ContainsFunc(c.e.Differences, func(d ls.Difference) bool {
		return strings.HasSuffix(d.Path, path)
	})
}

// applied counts the requests of a call that the service applied.
func (r *licenseRun) applied(c *licenseCall) int {
	n := 0
	for _, s := range r.received[c.number] {
		if s.Changed {
			n++
		}
	}
	return n
}

// lostAndApplied reports whether a write without an acknowledgment was applied before
// the end of the call.
func (r *licenseRun) lostAndApplied(c *licenseCall) bool {
	return slices.ContainsFunc(r.received[c.number], func(s serverRequest) bool {
		return s.Changed && !s.Applied.After(c.end) && c.ambiguous(s.attempt-1)
	})
}

// lostAndNotApplied reports whether an ambiguous write was not applied, and the next
// one was.
func (r *licenseRun) lostAndNotApplied(c *licenseCall) bool {
	for i := range c.observed {
		if c.ambiguous(i) && !slices.ContainsFunc(r.received[c.number], func(s serverRequest) bool { return s.attempt == i+1 && s.Changed }) {
			return r.applied(c) > 0
		}
	}
	return false
}

func metadataOf(w licenseWrite) any {
	if w.body == nil {
		return nil
	}
	return w.body.members["metadata"]
}
