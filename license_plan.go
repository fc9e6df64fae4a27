package licensespring

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
	"github.com/licensespring-go/licensespring/internal/jsonread"
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
		if d.Rule == RuleNotShown && !cv.acked[d.name] && cv.mustBeShown(d) {
			return nil, &Error{Kind: ErrBadResponse, detail: "the response does not show " + d.Path + " of the license"}
		}
		names[d.name] = !cv.acked[d.name]
	}
	if conflicts := cv.conflicts(names); len(conflicts) > 0 {
		return nil, &Error{Kind: ErrLicenseConflict, Differences: conflicts, detail: conflictText(conflicts)}
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
			add(unassignWrite(id, userRemovalOf(&u)), name)
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
		add(featuresWrite(id, cv.features()), "product_features")
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

// mustBeShown reports whether a member must not be sent unless the license shows it:
// users could be assigned twice, metadata lost, and an end moved to an earlier date.
func (cv *convergence) mustBeShown(d openDifference) bool {
	switch {
	case strings.HasPrefix(d.name, "user"), d.name == "metadata":
		return true
	case d.name == "validity_period", d.name == "maintenance_period", strings.HasSuffix(d.Path, ".expiry_date"):
		return !cv.state.AllowShorten
	default:
		return false
	}
}

// conflictText returns the detail of a conflict. It names members only.
func conflictText(conflicts []Difference) string {
	var parts []string
	for _, d := range conflicts {
		if d.Path == "enabled" {
			parts = append(parts, "the license is disabled; see AllowEnable")
		} else {
			parts = append(parts, d.Path+" would be earlier; see AllowShorten")
		}
	}
	return strings.Join(parts, "; ")
}

// features returns the features of the state, with those options that it does not name
// and that the license has: an update resets what it leaves out.
func (cv *convergence) features() []ProductFeature {
	features := slices.Clone(cv.state.ProductFeatures)
	for i := range features {
		for j := range cv.shown.rec.ProductFeatures {
			if rec := &cv.shown.rec.ProductFeatures[j]; rec.Code == features[i].Code {
				f := &featureFiller{counts: rec.FeatureType == "consumption"}
				f.enter(rec.raw.get())
				features[i].fields(f)
			}
		}
	}
	return features
}

// featureFiller is the visitor that sets absent options of a feature to those of a
// record. Zero and false are options of a consumption feature only: others show them
// where they have none.
type featureFiller struct {
	comparer

	counts bool
}

func (f *featureFiller) member(name string, p any) {
	val := f.gotMember(name)
	switch p := p.(type) {
	case **int:
		if n, ok := jsonread.Int(val); *p == nil && ok && int64(int(n)) == n && (n != 0 || f.counts) {
			*p = new(int(n))
		}
	case **float64:
		if n, ok := jsonread.Float(val); *p == nil && ok && (n != 0 || f.counts) {
			*p = new(n)
		}
	case **bool:
		if b, ok := jsonread.Boolean(val); *p == nil && ok && (b || f.counts) {
			*p = new(b)
		}
	case *ConsumptionPeriod:
		if s, ok := jsonread.Text(val); *p == "" && ok {
			*p = ConsumptionPeriod(s)
		}
	case *Date:
		if s, ok := jsonread.Text(val); p.IsZero() && ok {
			if t, err := wire.ParseTime(s); err == nil {
				*p = DateOf(t)
			}
		}
	case *string: // the code
	default:
		panic(unknownField(name, p))
	}
}

func (f *featureFiller) extra(object, *map[string]json.RawMessage) {}

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
			endless := rec.ValidityPeriod.IsZero() && rec.LicenseType == Perpetual
			conflict = !cv.state.AllowShorten && (endless || isEarlier(cv.state.ValidityPeriod, DateOf(rec.ValidityPeriod)))
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
