package licensespring

import (
	"maps"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/wire"
)

// step is a request that closes the differences with the names.
type step struct {
	write *licenseWrite
	names []string
}

func (s *step) key() string { return string(s.write.op) + " " + strings.Join(s.names, " ") }

func userName(email string) string { return "user " + addressKey(email) }

// firstMember returns the member that a path begins with.
func firstMember(path string) string {
	if end := strings.IndexAny(path, ".["); end >= 0 {
		return path[:end]
	}
	return path
}

// plan returns the requests that close the open differences, in a safe order: when
// access is reduced, the license is disabled first; when it is extended, it is enabled
// last. The error is a conflict, or that the license does not show what is needed.
func (cv *convergence) plan() ([]step, *Error) {
	names := map[string]bool{}
	for _, d := range cv.open {
		if d.Rule == RuleNotShown && (strings.HasPrefix(d.name, "user") || d.name == "metadata") {
			return nil, &Error{Kind: ErrBadResponse, detail: "the response does not show " + firstMember(d.Path) + " of the license"}
		}
		names[d.name] = !cv.acked[d.name]
	}
	if conflicts := cv.conflicts(names); len(conflicts) > 0 {
		return nil, &Error{
			Kind: ErrLicenseConflict, Differences: conflicts,
			detail: "the license would end earlier or be enabled; see AllowShorten and AllowEnable",
		}
	}
	id := cv.shown.rec.ID
	var steps []step
	add := func(w *licenseWrite, names ...string) {
		w.safety = exchange.NonIdempotent // a read precedes each repetition
		s := step{write: w, names: names}
		limit := 1 // an assignment is never repeated
		if w.op != OpAssignUser && cv.op != nil {
			limit = cv.op.client.cfg.maxAttempts
		}
		if cv.sends[s.key()] < limit {
			steps = append(steps, s)
		}
	}
	if names["enabled"] && !*cv.state.Enabled {
		add(enableWrite(id, false), "enabled")
	}
	for _, u := range cv.shown.rec.LicenseUsers {
		if name := userName(u.Email); names[name] && cv.unassign != nil && cv.unassign(u.Email) {
			add(unassignWrite(id, u.Email), name)
			names[name] = false // once, although a record may show a user twice
		}
	}
	update, members, e := cv.update(names)
	if e != nil {
		return nil, e
	}
	if len(members) > 0 {
		add(updateWrite(id, update), members...)
	}
	if names["product_features"] {
		add(featuresWrite(id, cv.state.ProductFeatures), "product_features")
	}
	for i := range cv.assign {
		if name := userName(cv.assign[i].Email); names[name] {
			add(assignWrite(id, &cv.assign[i]), name)
		}
	}
	if names["enabled"] && *cv.state.Enabled {
		add(enableWrite(id, true), "enabled")
	}
	return steps, nil
}

// update returns the update that sets the members with the names, and their names.
func (cv *convergence) update(names map[string]bool) (*LicenseUpdate, []string, *Error) {
	u, rec := cv.state.LicenseUpdate, cv.shown.rec
	u.keep(names)
	p := presence{list: true}
	u.members(&p)
	if !u.ValidityPeriod.IsZero() && u.IsTrial == nil {
		// The service requires it with the date.
		if u.IsTrial = cv.state.IsTrial; u.IsTrial == nil {
			u.IsTrial = rec.IsTrial
		}
		if u.IsTrial == nil {
			return nil, nil, invalidRequest(validationError("is_trial", RuleRequiredWith,
				"is required with validity_period, and the license does not show it"))
		}
	}
	if !u.MaintenancePeriod.IsZero() {
		u.EnableMaintenancePeriod = cv.state.EnableMaintenancePeriod
	}
	if u.Metadata != nil {
		merged := wire.CloneMap(rec.Metadata)
		if merged == nil {
			merged = map[string]any{}
		}
		maps.Copy(merged, u.Metadata)
		u.Metadata = merged
	}
	return &u, p.names, nil
}

// conflicts returns the open differences that only a permission of the caller can
// close.
func (cv *convergence) conflicts(names map[string]bool) []Difference {
	var conflicts []Difference
	rec := cv.shown.rec
	for _, d := range cv.open {
		conflict := false
		switch {
		case !names[d.name]:
		case d.Path == "enabled":
			conflict = *cv.state.Enabled && !cv.state.AllowEnable
		case d.Path == "validity_period":
			conflict = !cv.state.AllowShorten && isEarlier(cv.state.ValidityPeriod, DateOf(rec.ValidityPeriod))
		case d.Path == "maintenance_period":
			conflict = !cv.state.AllowShorten && isEarlier(cv.state.MaintenancePeriod, rec.MaintenancePeriod)
		case strings.HasSuffix(d.Path, ".expiry_date"):
			conflict = !cv.state.AllowShorten && cv.expiresEarlier(d.Path)
		}
		if conflict {
			conflicts = append(conflicts, d.Difference)
		}
	}
	return conflicts
}

func isEarlier(a, b Date) bool { return !b.IsZero() && a.Time().Before(b.Time()) }

// expiresEarlier reports whether the state ends the feature with the path earlier.
func (cv *convergence) expiresEarlier(path string) bool {
	for i, want := range cv.state.ProductFeatures {
		if path != featurePath(i)+".expiry_date" {
			continue
		}
		for _, f := range cv.shown.rec.ProductFeatures {
			if f.Code == want.Code {
				return isEarlier(want.ExpiryDate, f.ExpiryDate)
			}
		}
	}
	return false
}
