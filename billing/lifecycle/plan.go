package lifecycle

import (
	"maps"
	"slices"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// Memory is what the program remembers of a subject. Store it with the subject: before
// the changes are sent what [Changes.Intent] returns, and afterwards what
// [Changes.Done] returns.
type Memory struct {
	// Licenses are the known licenses, by the id that the service assigned. The caller
	// adds each license that it reads, with its product, before it calls [Plan]. From then
	// on the license counts, even if a later read lacks it.
	Licenses map[int64]Remembered `json:"licenses,omitzero"`
	// Pending are the licenses that were ordered and whose ids are not known yet.
	// [Changes.Intent] adds them. The caller stores the orders too, because Plan does not
	// return them again. It replaces each with one of Licenses when it is found, removes
	// those of an order that was rejected, and plans again.
	Pending []Pending `json:"pending,omitzero"`
	// Orders are the ids of orders that exist. The caller adds them.
	Orders []string `json:"orders,omitzero"`
}

// Remembered is what the program remembers of a license.
type Remembered struct {
	// Product is the code of the product, which a license does not show.
	Product string `json:"product"`
	// Item and Price are those of the entitlement. They are empty until [Changes.Done]
	// has seen the license. The caller sets Item when it finds a pending license.
	Item  string `json:"item,omitzero"`
	Price string `json:"price,omitzero"`
	// Disabled is the reason for which this program has disabled the license, or may have.
	// It is empty if it did not, and once it has enabled the license.
	Disabled string `json:"disabled,omitzero"`
	// TimeDisabled is the time that the license showed after this program disabled it;
	// the caller sets it. If the license shows another time, it was disabled again
	// manually. Zero is not compared.
	TimeDisabled time.Time `json:"time_disabled,omitzero"`
}

// IsDisabledManually reports whether a license is disabled, and not by this program: it
// did not disable the license, or the license shows another time.
func (r *Remembered) IsDisabledManually(rec *licensespring.LicenseRecord) bool {
	if rec.Enabled == nil || *rec.Enabled {
		return false
	}
	shown, known := rec.TimeDisabled, r.TimeDisabled
	return r.Disabled == "" || !shown.IsZero() && !known.IsZero() && !shown.Equal(known)
}

// Pending are licenses of an order whose result is not known yet.
type Pending struct {
	OrderID string `json:"order_id"`
	Product string `json:"product"`
	Item    string `json:"item,omitzero"`
	Count   int    `json:"count"`
}

// Changes are what makes the licenses as wanted. Apply them in the order of the
// fields.
type Changes struct {
	// Ensure are the licenses to pass to Client.EnsureLicense.
	Ensure []Ensure `json:"ensure,omitzero"`
	// Missing are the licenses to order.
	Missing []Missing `json:"missing,omitzero"`
	// Surplus are the licenses to disable because the customer has too many, newest
	// first.
	Surplus []Ensure `json:"surplus,omitzero"`
	// Assigned are the licenses that belong to an entitlement, changed or not.
	Assigned []Assigned `json:"assigned,omitzero"`
	// Unseen are known licenses that have to be disabled and were not read: read them again
	// later.
	Unseen []Unseen `json:"unseen,omitzero"`
	// Notes describe what was left as it is, and what was adopted.
	Notes []Note `json:"notes,omitzero"`
	// Reviews are those of the target, and others that the licenses require. If
	// Blocked is set, nothing changes until they are settled.
	Reviews []Review `json:"reviews,omitzero"`
	Blocked bool     `json:"blocked,omitzero"`
}

// Ensure is a call of Client.EnsureLicense.
type Ensure struct {
	License int64  `json:"license"`
	Product string `json:"product"`
	Item    string `json:"item,omitzero"`
	Price   string `json:"price,omitzero"`
	// State is the wanted state. It allows enabling only if this program has disabled
	// the license, and never an earlier end.
	State licensespring.LicenseState `json:"state"`
	// Enable requests a call of Client.EnableLicense afterwards. This program has disabled
	// the license, and a read that shows it enabled may be outdated.
	Enable bool `json:"enable,omitzero"`
	// Reason is why, and Reasons are the reasons of the values.
	Reason  string            `json:"reason"`
	Reasons map[string]string `json:"reasons,omitzero"`
}

// Assigned is a license that belongs to an entitlement.
type Assigned struct {
	License int64  `json:"license"`
	Product string `json:"product"`
	Item    string `json:"item"`
	Price   string `json:"price"`
	// Enabled reports whether the license is enabled and remains so.
	Enabled bool `json:"enabled,omitzero"`
}

// Missing are licenses to order.
type Missing struct {
	// OrderID is the id of the order. With Append the order exists, and its licenses
	// require assigned keys; see Client.AssignKeys. Licenses with users cannot have
	// keys, and have an order of their own instead.
	OrderID string `json:"order_id"`
	Append  bool   `json:"append,omitzero"`
	Product string `json:"product"`
	Item    string `json:"item"`
	Price   string `json:"price"`
	Count   int    `json:"count"`
	// License is the license to order, Count times.
	License licensespring.License `json:"license"`
	Reason  string                `json:"reason"`
}

// Unseen is a license that has to be disabled and was not read.
type Unseen struct {
	License int64  `json:"license"`
	Product string `json:"product"`
	// Surplus reports whether the license can be forgotten if it does not exist any more.
	// Another one still counts, so that it is not ordered again.
	Surplus bool `json:"surplus,omitzero"`
}

// Pending returns the licenses as they are remembered once they were ordered.
func (m *Missing) Pending() Pending {
	return Pending{OrderID: m.OrderID, Product: m.Product, Item: m.Item, Count: m.Count}
}

// NoteKind is the kind of a [Note].
type NoteKind string

// The kinds of notes.
const (
	// NoteDisabledManually: a license is left alone because it was disabled manually.
	NoteDisabledManually NoteKind = "disabled_manually"
	// NoteLaterDate: a license keeps a date that is later than the wanted one.
	NoteLaterDate NoteKind = "later_date"
	// NoteEndless: a perpetual license gets no end.
	NoteEndless NoteKind = "endless"
	// NoteAdopted: a license that this program did not know is now part of the subject.
	NoteAdopted NoteKind = "adopted"
	// NoteForeign: a license does not belong to the subject and is left alone.
	NoteForeign NoteKind = "foreign"
	// NoteNotVisible: a known license is not among the licenses that were read. It
	// counts, so that it is not ordered again.
	NoteNotVisible NoteKind = "not_visible"
	// NotePending: licenses were ordered and are not known yet.
	NotePending NoteKind = "pending"
)

// Note describes a decision that changes nothing.
type Note struct {
	Kind NoteKind `json:"kind"`
	// License is the id of the license, or 0.
	License int64  `json:"license,omitzero"`
	Text    string `json:"text"`
}

// Plan returns the changes that make the licenses as the target wants them. It is a
// pure function, and its result does not depend on the order of the licenses.
//
// Read the licenses that the Lookup of the target names, and those of the memory by id.
// Licenses that this program does not know are adopted if they match the Lookup of the
// target. The licenses of a product go to the entitlement to which they belonged before,
// then to the other ones of the product: enabled licenses first, then those that were
// disabled manually, then those that this program has disabled, each oldest first. A
// license that was disabled manually counts, and is never changed.
func Plan(target Target, licenses []*licensespring.LicenseRecord, memory Memory) Changes {
	p := planning{target: &target, memory: &memory}
	p.changes.Reviews = slices.Clone(target.Reviews)
	switch target.Decision {
	case DecisionConverge:
	case DecisionKeep:
		if len(target.Entitlements) > 0 || len(target.Unlicensed) == 0 {
			return p.changes
		}
	default:
		return Changes{Reviews: p.changes.Reviews, Blocked: true}
	}
	if !p.addLicenses(licenses) {
		return Changes{Reviews: p.changes.Reviews, Blocked: true}
	}
	p.addPending()
	p.assign()
	for i := range target.Entitlements {
		p.converge(&target.Entitlements[i], p.assigned[i])
	}
	p.disableSurplus()
	p.sort()
	return p.changes
}

// IsEmpty reports whether there is nothing to change.
func (c *Changes) IsEmpty() bool {
	return len(c.Ensure) == 0 && len(c.Missing) == 0 && len(c.Surplus) == 0
}

// Intent returns the memory to store before the changes are sent. The licenses to be
// disabled count as disabled by this program, even if the response is lost, and the
// licenses to be ordered are pending.
func (c *Changes) Intent(memory Memory) Memory {
	memory = memory.clone()
	for _, list := range [...][]Ensure{c.Ensure, c.Surplus} {
		for i := range list {
			if e := &list[i]; e.Disables() {
				known := memory.Licenses[e.License]
				known.Product, known.Disabled, known.TimeDisabled = e.Product, e.Reason, time.Time{}
				memory.Licenses[e.License] = known
			}
		}
	}
	for _, m := range c.Missing {
		memory.Pending = append(memory.Pending, m.Pending())
	}
	return memory
}

// Done returns the memory to store after the licenses were changed: those that are
// enabled are no longer disabled by this program.
func (c *Changes) Done(memory Memory) Memory {
	memory = memory.clone()
	for _, a := range c.Assigned {
		known := memory.Licenses[a.License]
		known.Product, known.Item, known.Price = a.Product, a.Item, a.Price
		if a.Enabled {
			known.Disabled, known.TimeDisabled = "", time.Time{}
		}
		memory.Licenses[a.License] = known
	}
	return memory
}

func (m Memory) clone() Memory {
	m.Licenses = maps.Clone(m.Licenses)
	if m.Licenses == nil {
		m.Licenses = map[int64]Remembered{}
	}
	m.Pending = slices.Clone(m.Pending)
	m.Orders = slices.Clone(m.Orders)
	return m
}

// Disables reports whether the call disables the license.
func (e *Ensure) Disables() bool { return e.State.Enabled != nil && !*e.State.Enabled }

// Orders returns the orders of the missing licenses: at most one that creates an order,
// one that appends, and one of licenses with users. The caller assigns the keys of
// an order with Append.
func (c *Changes) Orders(target *Target) []licensespring.Order {
	var orders []licensespring.Order
	for i := range c.Missing {
		m := &c.Missing[i]
		at := slices.IndexFunc(orders, func(o licensespring.Order) bool { return o.ID == m.OrderID })
		if at < 0 {
			at = len(orders)
			order := licensespring.Order{ID: m.OrderID, Append: m.Append, IsTest: target.IsTest}
			if target.Customer != nil {
				order.Customer = new(*target.Customer)
			}
			orders = append(orders, order)
		}
		item := licensespring.OrderItem{ProductCode: m.Product}
		for range m.Count {
			item.Licenses = append(item.Licenses, m.License.Clone())
		}
		orders[at].Items = append(orders[at].Items, item)
	}
	for i := range orders {
		_ = stripehook.RemoveUnusable(&orders[i])
	}
	return orders
}
