package licensespringtest

import (
	"maps"
	"slices"
	"time"
)

// A license is a license of an item.
type license struct {
	id        int64
	key       string // "" on user-based licenses
	createdAt time.Time
	// visibleAt is the time from which requests find the license. For an appended
	// license it is later than that of the order.
	visibleAt time.Time

	licenseState

	// earlier holds the states before the latest changes, oldest first, for as long
	// as lookups show them.
	earlier []earlierState
	// assignments counts the AssignUser requests for each user.
	assignments map[*user]int
}

// An earlierState is the state of a license before a change.
type earlierState struct {
	licenseState

	changedAt time.Time
}

// A licenseState is everything of a license that can change.
type licenseState struct {
	item       *item // The license is in item.licenses.
	properties map[string]any
	features   []licenseFeature
	users      []assignment
	updatedAt  time.Time
	disabledAt time.Time // zero while the license is enabled
	disabledBy string
}

type licenseFeature struct {
	feature    feature
	id         int64
	properties map[string]any
}

// An assignment is a user of a license.
type assignment struct {
	user           *user
	isManager      bool
	maxActivations any // int64, or nil if not set
	// totalActivations is like maxActivations. Only AssignUser sets it.
	totalActivations any
}

// change prepares a change of a license. It keeps the former state for lookups.
func (s *store) change(l *license, now time.Time) {
	l.earlier = slices.DeleteFunc(l.earlier, func(e earlierState) bool { return !now.Before(e.changedAt.Add(s.staleReads)) })
	if s.staleReads > 0 {
		l.earlier = append(l.earlier, earlierState{l.licenseState, now})
	}
	st := &l.licenseState
	st.properties = maps.Clone(st.properties)
	st.users = slices.Clone(st.users)
	st.features = slices.Clone(st.features)
	for i, f := range st.features {
		st.features[i].properties = maps.Clone(f.properties)
	}
	st.updatedAt = now
}

// shown returns the state of a license that a view shows.
func (s *store) shown(l *license, v view) *licenseState {
	for i := range l.earlier {
		if e := &l.earlier[i]; !v.complete && v.at.Before(e.changedAt.Add(s.staleReads)) {
			return &e.licenseState
		}
	}

	return &l.licenseState
}

// move moves a license to an order: to its item of the same product, or to a new
// item.
func (s *store) move(l *license, target *order) {
	if target == l.item.order {
		return
	}
	l.item.licenses = slices.DeleteFunc(l.item.licenses, func(other *license) bool { return other == l })
	i := slices.IndexFunc(target.items, func(i *item) bool { return i.product == l.item.product })
	if i < 0 {
		i = len(target.items)
		target.items = append(target.items, &item{id: s.nextID(), order: target, product: l.item.product})
	}
	l.item = target.items[i]
	l.item.licenses = append(l.item.licenses, l)
}

func (st *licenseState) enabled() bool {
	return st.disabledAt.IsZero()
}

// text returns a property that is a string, or "".
func (st *licenseState) text(name string) string {
	s, _ := st.properties[name].(string)

	return s
}

// endsAt returns the end of the license and reports whether it has one. A date
// ends at its first instant: the service does not document whether the license is
// valid on that day, and a client must not rely on it.
func (st *licenseState) endsAt() (time.Time, bool) {
	return parseTime(st.text("validity_period"))
}

// hasEnded reports whether the validity period and, if the license has one, the
// grace period have passed.
func (st *licenseState) hasEnded(at time.Time) bool {
	end, ok := st.endsAt()
	if hours, has := st.properties["grace_period"].(int64); has && st.properties["allow_grace_period"] == true {
		// More hours would overflow a duration.
		end = end.Add(time.Duration(min(hours, 1e6)) * time.Hour)
	}

	return ok && !at.Before(end)
}

// parseTime parses the forms of a date that records show. It reports whether the
// text is one of them.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{dateLayout, dateTimeLayout, time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}

	return time.Time{}, false
}

// newLicense stores a license of an item.
func (s *store) newLicense(r orderRequest, i *item, wanted *object) *license {
	p := i.product
	l := &license{
		id:          s.nextID(),
		createdAt:   r.now,
		visibleAt:   r.visibleAt,
		assignments: make(map[*user]int),
		licenseState: licenseState{
			item:       i,
			properties: r.catalogue.defaults(p, wanted),
			features:   s.licenseFeatures(p, wanted),
			updatedAt:  r.now,
		},
	}
	s.licenses[l.id] = l
	s.licenseSequence = append(s.licenseSequence, l)
	for name, value := range wanted.members {
		switch name {
		case "key", "users", "product_features":
		default:
			l.properties[r.dialect.canonical(name)] = plain(value)
		}
	}
	// The Create Order page: prevent_vm of an order applies to "all created
	// licenses". It overrides that of a license.
	if i.order.properties["prevent_vm"] == true {
		l.properties["prevent_vm"] = true
	}
	if l.properties["enabled"] == false {
		l.disabledAt, l.disabledBy = r.now, apiUser
	}
	if p.Auth == UserBased {
		l.users = s.assign(r, wanted.list("users"))

		return l
	}
	l.key = wanted.text("key")
	if l.key == "" {
		l.key = s.newKey()
	}
	s.keys[l.key] = true
	s.licensesByKey[l.key] = l

	return l
}

// assign returns the users of a license. A user-based license may have none.
func (s *store) assign(r orderRequest, wanted []*object) []assignment {
	users := make([]assignment, len(wanted))
	for i, w := range wanted {
		users[i] = assignment{
			user:           s.user(w.text("email"), r.now, r.visibleAt),
			isManager:      w.flag("is_manager"),
			maxActivations: plain(w.get("max_activations")),
		}
	}

	return users
}

// licenseFeatures returns the features that the license names, or all features of
// the product if it names none. Unknown codes are dropped silently.
func (s *store) licenseFeatures(p *product, wanted *object) []licenseFeature {
	var features []licenseFeature
	add := func(code string, sent map[string]any) {
		f, known := p.features[code]
		if !known {
			return
		}
		properties := f.properties(sent)
		delete(properties, "code")
		features = append(features, licenseFeature{feature: f, id: s.nextID(), properties: properties})
	}

	list, given := wanted.get("product_features").([]any)
	if !given {
		for _, f := range p.Features {
			add(f.Code, nil)
		}
	}
	for _, element := range list {
		switch f := element.(type) {
		case string:
			add(f, nil)
		case *object:
			properties, _ := plain(f).(map[string]any)
			add(f.text("code"), properties)
		}
	}

	return features
}

// properties returns the properties of a license's feature: those that were sent,
// and the defaults of the product.
func (f feature) properties(sent map[string]any) map[string]any {
	properties := map[string]any{}
	if f.Consumption {
		properties["max_consumption"] = int64(f.MaxConsumption)
	}
	maps.Copy(properties, sent)

	return properties
}

// visibleLicense returns a license, or nil if requests do not find it.
func (s *store) visibleLicense(id int64, at time.Time) *license {
	l, ok := s.licenses[id]
	if !ok || l.visibleAt.After(at) {
		return nil
	}

	return l
}
