package lifecycle

import (
	"time"

	"github.com/licensespring-go/licensespring"
)

// Memory is what the program remembers of a subject. Store it with the subject: before
// the changes are sent what [Changes.Intent] returns, and afterwards what
// [Changes.Done] returns.
type Memory struct {
	// Licenses are the known licenses, by the id that the service assigned. The caller
	// adds each license that it reads, with its product, before it calls [Plan].
	Licenses map[int64]Remembered `json:"licenses,omitzero"`
	// Pending are the licenses that were ordered and whose ids are not known yet. The
	// caller adds them before it orders, and replaces them with Licenses when the order
	// is done.
	Pending []Pending `json:"pending,omitzero"`
}

// Remembered is what the program remembers of a license.
type Remembered struct {
	// Product is the code of the product, which a license does not show.
	Product string `json:"product"`
	// Item and Price are those of the entitlement, or empty if not known.
	Item  string `json:"item,omitzero"`
	Price string `json:"price,omitzero"`
	// Disabled is the reason for which this program has disabled the license, or empty.
	Disabled string `json:"disabled,omitzero"`
	// TimeDisabled is the time that the license showed after this program disabled it.
	// If it shows another time, it was disabled again manually. Zero is not compared.
	TimeDisabled time.Time `json:"time_disabled,omitzero"`
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
	// Reason is why, and Reasons are the reasons of the values.
	Reason  string            `json:"reason"`
	Reasons map[string]string `json:"reasons,omitzero"`
}

// Missing are licenses to order.
type Missing struct {
	// OrderID is the id of the order. With Append the order exists, or may exist, and
	// its licenses require assigned keys.
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
	// NoteKept: a license is left alone because its entitlement is kept.
	NoteKept NoteKind = "kept"
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
func Plan(target Target, licenses []*licensespring.LicenseRecord, memory Memory) Changes {
	return Changes{}
}

// IsEmpty reports whether there is nothing to change.
func (c *Changes) IsEmpty() bool {
	return len(c.Ensure) == 0 && len(c.Missing) == 0 && len(c.Surplus) == 0
}

// Intent returns the memory to store before the changes are sent: the licenses to be
// disabled are those that this program has disabled, even if the response is lost.
func (c *Changes) Intent(memory Memory) Memory { return memory }

// Done returns the memory to store after the changes were applied.
func (c *Changes) Done(memory Memory) Memory { return memory }
