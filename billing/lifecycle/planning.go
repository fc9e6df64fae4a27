package lifecycle

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring"
)

// slot is a license that counts, or one that was ordered and is not visible.
type slot struct {
	id      int64
	product string
	item    string
	price   string
	rec     *licensespring.LicenseRecord // nil if it is not visible
	class   slotClass
	adopted string
	// disabled reports whether this program has disabled the license, or may have.
	disabled bool
	used     bool
}

// slotClass is the order in which licenses are assigned.
type slotClass int

const (
	slotEnabled slotClass = iota
	slotInvisible
	slotDisabledManually
	slotDisabledByUs
)

// planning is a call of [Plan].
type planning struct {
	target   *Target
	memory   *Memory
	slots    []*slot
	assigned [][]*slot // of each entitlement
	changes  Changes
}

func (p *planning) note(kind NoteKind, id int64, text string) {
	p.changes.Notes = append(p.changes.Notes, Note{Kind: kind, License: id, Text: text})
}

func (p *planning) review(id, reason, proposal string) {
	p.changes.Reviews = append(p.changes.Reviews, Review{ID: id, Reason: reason, Proposal: proposal})
}

// addLicenses adds the licenses that belong to the subject. It returns false if the
// product of one is not known.
func (p *planning) addLicenses(licenses []*licensespring.LicenseRecord) bool {
	seen := map[int64]bool{}
	sorted := slices.DeleteFunc(slices.Clone(licenses), func(l *licensespring.LicenseRecord) bool { return l == nil })
	slices.SortStableFunc(sorted, func(a, b *licensespring.LicenseRecord) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), b.UpdatedAt.Compare(a.UpdatedAt))
	})
	known := true
	for _, rec := range sorted {
		if seen[rec.ID] {
			continue
		}
		seen[rec.ID] = true
		remembered, ok := p.memory.Licenses[rec.ID]
		adopted := ""
		if !ok || remembered.Item == "" {
			if adopted = p.adoption(rec); adopted == "" {
				p.note(NoteForeign, rec.ID, "the license does not belong to the subject")
				continue
			}
		}
		if remembered.Product == "" {
			p.review("product_unknown:"+strconv.FormatInt(rec.ID, 10), "the product of a license is not known", "read the order of the license")
			known = false
			continue
		}
		p.slots = append(p.slots, &slot{
			id: rec.ID, product: remembered.Product, item: remembered.Item, price: remembered.Price,
			rec: rec, class: classOf(rec, &remembered), adopted: adopted, disabled: remembered.Disabled != "",
		})
	}
	for id, remembered := range p.memory.Licenses {
		if seen[id] || remembered.Product == "" {
			continue
		}
		s := &slot{id: id, product: remembered.Product, item: remembered.Item, price: remembered.Price, class: slotInvisible}
		if remembered.Disabled != "" {
			s.class = slotDisabledByUs
		}
		p.slots = append(p.slots, s)
	}
	slices.SortFunc(p.slots, func(a, b *slot) int {
		return cmp.Or(a.created().Compare(b.created()), cmp.Compare(a.id, b.id))
	})
	return known
}

// created returns the time of the license. One that is not visible is the newest.
func (s *slot) created() time.Time {
	if s.rec == nil {
		return time.Unix(1<<40, 0)
	}
	return s.rec.CreatedAt
}

// classOf returns the class of a license. One whose record does not show whether it is
// enabled counts as enabled, which changes nothing.
func classOf(rec *licensespring.LicenseRecord, remembered *Remembered) slotClass {
	switch {
	case rec.Enabled == nil || *rec.Enabled:
		return slotEnabled
	case remembered.IsDisabledManually(rec):
		return slotDisabledManually
	default:
		return slotDisabledByUs
	}
}

// adoption returns why a license that is not known belongs to the subject, or an empty
// text.
func (p *planning) adoption(rec *licensespring.LicenseRecord) string {
	lookup := &p.target.Lookup
	switch {
	case lookup.SubscriptionID != "" && rec.SubscriptionID == lookup.SubscriptionID:
		return "its subscription id"
	case rec.OrderStoreID != "" && slices.Contains(lookup.OrderIDs, rec.OrderStoreID):
		return "its order id"
	case slices.Contains(lookup.LicenseIDs, rec.ID):
		return "the metadata " + MetadataAdoptLicense
	default:
		return ""
	}
}

// addPending adds the licenses that were ordered and are not known yet, and sorts all by
// class.
func (p *planning) addPending() {
	pending := 0
	for _, one := range p.memory.Pending {
		pending += one.Count
		for range one.Count {
			p.slots = append(p.slots, &slot{product: one.Product, item: one.Item, class: slotInvisible})
		}
	}
	if pending > 0 {
		p.note(NotePending, 0, strconv.Itoa(pending)+" ordered licenses are not known yet")
	}
	slices.SortStableFunc(p.slots, func(a, b *slot) int { return cmp.Compare(a.class, b.class) })
}

// assign assigns the licenses to entitlements.
func (p *planning) assign() {
	entitlements := p.target.Entitlements
	p.assigned = make([][]*slot, len(entitlements))
	take := func(i int, match func(*slot) bool) {
		e := &entitlements[i]
		for _, s := range p.slots {
			full := e.Action == ActionProvide && len(p.assigned[i]) >= e.Count
			if full {
				return
			}
			// A purchase was delivered with the product that its price had then.
			isDelivered := !e.Recurring && s.item == e.Item
			if !s.used && (s.product == e.Product || isDelivered) && match(s) {
				s.used = true
				p.assigned[i] = append(p.assigned[i], s)
			}
		}
	}
	// An entitlement that is kept or suspended takes any number, so it comes last.
	order := make([]int, len(entitlements))
	for i := range order {
		order[i] = i
	}
	rank := map[Action]int{ActionProvide: 0, ActionKeep: 1, ActionSuspend: 2}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank[entitlements[a].Action], rank[entitlements[b].Action]), cmp.Compare(entitlements[a].Item, entitlements[b].Item))
	})
	items := map[string]bool{}
	for i := range entitlements {
		items[entitlements[i].Item] = true
	}
	isEnabled := func(s *slot) bool { return s.class == slotEnabled }
	isAny := func(*slot) bool { return true }
	// One that is not visible may have been deleted, and replaced by a visible one.
	for round, qualifies := range [...]func(*slot) bool{isEnabled, isAny} {
		for _, i := range order {
			take(i, func(s *slot) bool { return qualifies(s) && s.item == entitlements[i].Item })
		}
		for _, i := range order {
			// Licenses of one product that belong to no item yet differ in their type.
			take(i, func(s *slot) bool {
				return qualifies(s) && s.item == "" && s.rec != nil && s.rec.LicenseType == entitlements[i].Template.LicenseType
			})
		}
		for _, i := range order {
			// Only a missing license is replaced with the surplus of another entitlement.
			take(i, func(s *slot) bool {
				return qualifies(s) && (round > 0 && entitlements[i].Action == ActionProvide || !items[s.item])
			})
		}
	}
}

// converge makes the licenses of an entitlement as wanted.
func (p *planning) converge(e *Entitlement, slots []*slot) {
	for _, s := range slots {
		if s.adopted != "" && s.item == "" {
			p.note(NoteAdopted, s.id, "adopted because of "+s.adopted)
		}
		switch {
		case e.Action == ActionKeep:
			continue
		case s.rec == nil:
			if e.Action == ActionSuspend {
				p.addUnseen(s, p.target.Ended)
			} else if s.id != 0 {
				p.note(NoteNotVisible, s.id, "a known license was not found")
			}
			continue
		case e.Action == ActionSuspend:
			if s.class == slotEnabled {
				p.changes.Ensure = append(p.changes.Ensure, disable(s, e.Reason))
			}
		case s.class == slotDisabledManually:
			p.note(NoteDisabledManually, s.id, "left alone: it was disabled manually")
			if other := s.rec.SubscriptionID; other != "" && other != p.target.Lookup.SubscriptionID {
				id := strconv.FormatInt(s.id, 10)
				p.review("disabled:"+id, "license "+id+" was adopted from "+other+" and is disabled",
					"enable it manually if the end of that subscription has disabled it")
			}
		default:
			p.ensure(e, s)
		}
		p.changes.Assigned = append(p.changes.Assigned, Assigned{
			License: s.id, Product: e.Product, Item: e.Item, Price: e.Price,
			Enabled: e.Action == ActionProvide && s.class != slotDisabledManually,
		})
	}
	if missing := e.Count - len(slots); e.Action == ActionProvide && missing > 0 {
		p.order(e, missing, len(slots))
	}
}

// addUnseen adds a license that has to be disabled, unless this program has done it.
func (p *planning) addUnseen(s *slot, surplus bool) {
	if s.id != 0 && s.class != slotDisabledByUs {
		p.changes.Unseen = append(p.changes.Unseen, Unseen{License: s.id, Product: s.product, Surplus: surplus})
		p.note(NoteNotVisible, s.id, "a known license, which has to be disabled, was not found")
	}
}

// ensure makes one license as wanted.
func (p *planning) ensure(e *Entitlement, s *slot) {
	state := e.State
	rec := s.rec
	state.AllowEnable = s.disabled
	if want := state.ValidityPeriod; !want.IsZero() {
		shown := licensespring.DateOf(rec.ValidityPeriod)
		switch {
		case shown.IsZero() && rec.LicenseType == licensespring.Perpetual:
			state.ValidityPeriod = licensespring.Date{}
			p.note(NoteEndless, s.id, "the license is perpetual and gets no end")
		case isLater(shown, want):
			state.ValidityPeriod = licensespring.Date{}
			p.note(NoteLaterDate, s.id, "keeps its end of "+shown.String()+", which is later than "+want.String())
		}
	}
	state.ProductFeatures = slices.Clone(state.ProductFeatures)
	for i := range state.ProductFeatures {
		f := &state.ProductFeatures[i]
		for j := range rec.ProductFeatures {
			if shown := &rec.ProductFeatures[j]; shown.Code == f.Code && !f.ExpiryDate.IsZero() && isLater(shown.ExpiryDate, f.ExpiryDate) {
				f.ExpiryDate = shown.ExpiryDate
			}
		}
	}
	// Some values are never shown. They are sent when the price changes.
	differs := func(d licensespring.Difference) bool {
		return s.price != e.Price || d.Rule != licensespring.RuleNotShown
	}
	enable := s.disabled && s.class == slotEnabled
	if enable || slices.ContainsFunc(state.Diff(rec), differs) {
		p.changes.Ensure = append(p.changes.Ensure, Ensure{
			License: s.id, Product: e.Product, Item: e.Item, Price: e.Price, State: state, Enable: enable, Reason: e.Reason, Reasons: e.Reasons,
		})
	}
}

// isLater reports whether a is a later date than b.
func isLater(a, b licensespring.Date) bool { return a.Time().After(b.Time()) }

func disable(s *slot, reason string) Ensure {
	return Ensure{
		License: s.id, Product: s.product, Item: s.item, Price: s.price,
		State: licensespring.LicenseState{Enabled: new(false)}, Reason: reason,
	}
}

// order orders missing licenses.
func (p *planning) order(e *Entitlement, missing, existing int) {
	switch {
	case len(e.Findings) > 0:
		p.changes.Reviews = append(p.changes.Reviews, Review{
			ID: "order:" + e.Item, Reason: "a license cannot be ordered", Proposal: "correct what the findings list", Findings: e.Findings,
		})
		return
	case p.adopts() && len(p.slots) == 0:
		p.review("adopt:"+p.target.OrderID, "the metadata names an order or a license that was not found",
			"correct "+MetadataAdoptOrder+" or "+MetadataAdoptLicense+", or remove it to order new licenses")
		return
	}
	if !e.Recurring && existing > 0 {
		p.review(ReviewSold+e.Item, "fewer licenses were delivered than the price sells now ("+strconv.Itoa(existing)+" of "+strconv.Itoa(e.Count)+")",
			"if the metadata of the price has changed since, restore it; otherwise issue the others manually")
		return
	}
	m := Missing{
		OrderID: p.target.OrderID, Product: e.Product, Item: e.Item, Price: e.Price, Count: missing, License: e.Template,
		Reason: e.Reason + "; " + strconv.Itoa(e.Count) + " wanted, " + strconv.Itoa(existing) + " exist",
	}
	if p.orderExists() {
		if m.Append = len(e.Template.Users) == 0; !m.Append {
			// The number of licenses usually grows with each order, and is the same in a
			// repetition.
			first := m.OrderID
			for n := len(p.slots) + 1; m.OrderID == first || slices.Contains(p.memory.Orders, m.OrderID); n++ {
				m.OrderID = first + "-" + strconv.Itoa(n)
			}
		}
	}
	p.changes.Missing = append(p.changes.Missing, m)
}

// adopts reports whether the metadata names existing licenses.
func (p *planning) adopts() bool {
	return len(p.target.Lookup.OrderIDs) > 1 || len(p.target.Lookup.LicenseIDs) > 0
}

// orderExists reports whether the first order of the subject exists or is pending.
func (p *planning) orderExists() bool {
	id := p.target.OrderID
	return slices.Contains(p.memory.Orders, id) ||
		slices.ContainsFunc(p.memory.Pending, func(one Pending) bool { return one.OrderID == id }) ||
		slices.ContainsFunc(p.slots, func(s *slot) bool { return s.rec != nil && s.rec.OrderStoreID == id })
}

// disableSurplus disables the licenses that no entitlement needs.
func (p *planning) disableSurplus() {
	recurring := p.target.Lookup.SubscriptionID != ""
	for _, s := range p.slots {
		if !s.used && s.rec == nil && recurring && (len(p.target.Unlicensed) == 0 || p.target.Ended) {
			p.addUnseen(s, true)
		}
		if s.used || s.rec == nil || s.class != slotEnabled {
			continue
		}
		wanted := slices.ContainsFunc(p.target.Entitlements, func(e Entitlement) bool { return e.Product == s.product })
		lacksItem := s.item != "" && !slices.ContainsFunc(p.target.Entitlements, func(e Entitlement) bool { return e.Item == s.item })
		id := strconv.FormatInt(s.id, 10)
		switch {
		case (lacksItem || !wanted) && len(p.target.Unlicensed) > 0 && !p.target.Ended:
			p.review("surplus:"+id, "nothing with license metadata is paid for license "+id+", and a price has none",
				"correct the metadata of the price, or disable the license manually")
		case !recurring:
			p.review("surplus:"+id, "a license of the order was not bought (license "+id+")", "disable it manually if it was issued by mistake")
		case !wanted && p.target.Ended:
			p.changes.Surplus = append(p.changes.Surplus, disable(s, "the subscription has ended"))
		case !wanted:
			p.changes.Surplus = append(p.changes.Surplus, disable(s, "the product is no longer part of the subscription"))
		default:
			p.changes.Surplus = append(p.changes.Surplus, disable(s, "the quantity is lower than the number of licenses"))
		}
	}
	slices.Reverse(p.changes.Surplus) // newest first
}

// sort makes the result independent of the order of the input.
func (p *planning) sort() {
	slices.SortFunc(p.changes.Ensure, func(a, b Ensure) int { return cmp.Compare(a.License, b.License) })
	slices.SortFunc(p.changes.Assigned, func(a, b Assigned) int { return cmp.Compare(a.License, b.License) })
	slices.SortFunc(p.changes.Unseen, func(a, b Unseen) int { return cmp.Compare(a.License, b.License) })
	slices.SortFunc(p.changes.Notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.License, b.License), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(p.changes.Reviews, func(a, b Review) int { return cmp.Compare(a.ID, b.ID) })
}
