package reconcile

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
)

// PendingOrder is an order that the pipeline has received. Some of its licenses are not
// known yet.
type PendingOrder struct {
	// Missing is what was ordered.
	Missing []lifecycle.Missing `json:"missing"`
	// Found are the ids of the licenses that are known, for each of Missing.
	Found [][]int64 `json:"found,omitzero"`
	// Order is the order in its JSON form.
	Order json.RawMessage `json:"order"`
	// RequestedAt is the time of the order.
	RequestedAt time.Time `json:"requested_at"`
}

// IsPending reports whether ordered licenses are not known yet.
func (r *Record) IsPending() bool { return len(r.Orders) > 0 || !r.WaitingSince.IsZero() }

// pendingFor returns for how long ordered licenses have not been known.
func (r *Record) pendingFor(now time.Time) time.Duration {
	var longest time.Duration
	if !r.WaitingSince.IsZero() {
		longest = now.Sub(r.WaitingSince)
	}
	for i := range r.Orders {
		longest = max(longest, now.Sub(r.Orders[i].RequestedAt))
	}
	return longest
}

// pending returns the licenses of the pending orders that are not known. An intent whose
// order was not stored before a kill is not among them, so that it is planned again.
func (r *Record) pending() []lifecycle.Pending {
	var pending []lifecycle.Pending
	for i := range r.Orders {
		o := &r.Orders[i]
		for k, m := range o.Missing {
			one := m.Pending()
			if one.Count -= len(o.found(k)); one.Count > 0 {
				pending = append(pending, one)
			}
		}
	}
	return pending
}

func (o *PendingOrder) found(i int) []int64 {
	if i < len(o.Found) {
		return o.Found[i]
	}
	return nil
}

// learnDisabled records when this program disabled a license, if the job that did it has
// not seen it.
func (r *Record) learnDisabled(licenses []*licensespring.LicenseRecord) {
	for _, l := range licenses {
		known := r.Memory.Licenses[l.ID]
		if known.Disabled != "" && known.TimeDisabled.IsZero() && l.Enabled != nil && !*l.Enabled {
			known.TimeDisabled = l.TimeDisabled
			r.Memory.Licenses[l.ID] = known
		}
	}
}

// find replaces the pending licenses that were read with known ones of their item, and
// removes the orders whose licenses are all known. A list may show a part of an order, and
// a later list may lack what an earlier one has shown. A license whose product is not
// known yet does not count: the order names the product for the next read.
func (r *Record) find(licenses []*licensespring.LicenseRecord) {
	keys := map[string]bool{} // of all pending orders
	orders := make([]licensespring.Order, len(r.Orders))
	for i := range r.Orders {
		if json.Unmarshal(r.Orders[i].Order, &orders[i]) != nil {
			continue
		}
		for key := range keysOf(&orders[i]) {
			keys[key] = true
		}
	}
	for _, l := range licenses {
		if l.OrderStoreID != "" && !slices.Contains(r.Memory.Orders, l.OrderStoreID) {
			r.Memory.Orders = append(r.Memory.Orders, l.OrderStoreID)
		}
		known := r.Memory.Licenses[l.ID]
		if known.Product == "" || known.Item != "" {
			continue
		}
		for i := range r.Orders {
			own := keysOf(&orders[i])
			isOf := own[l.LicenseKey]
			if len(own) == 0 {
				isOf = l.OrderStoreID != "" && l.OrderStoreID == orders[i].ID && !keys[l.LicenseKey]
			}
			k := r.Orders[i].lacking(known.Product, l.LicenseType)
			if k < 0 { // the service may have issued another type
				k = r.Orders[i].lacking(known.Product, "")
			}
			if isOf && k >= 0 {
				r.Orders[i].Found[k] = append(r.Orders[i].Found[k], l.ID)
				known.Item = r.Orders[i].Missing[k].Item
				r.Memory.Licenses[l.ID] = known
				break
			}
		}
	}
	r.Orders = slices.DeleteFunc(r.Orders, func(o PendingOrder) bool {
		return !slices.ContainsFunc(o.Missing, func(m lifecycle.Missing) bool { return o.lacking(m.Product, "") >= 0 })
	})
	r.Memory.Pending = r.pending()
}

// lacking returns the index of an element of Missing to which a license can belong, and of
// which licenses are not known, or -1. An empty kind is any.
func (o *PendingOrder) lacking(product string, kind licensespring.LicenseType) int {
	for len(o.Found) < len(o.Missing) {
		o.Found = append(o.Found, nil)
	}
	for i, m := range o.Missing {
		isKind := kind == "" || m.License.LicenseType == "" || m.License.LicenseType == kind
		if m.Product == product && isKind && len(o.Found[i]) < m.Count {
			return i
		}
	}
	return -1
}

// keysOf returns the license keys that an order assigns.
func keysOf(order *licensespring.Order) map[string]bool {
	keys := map[string]bool{}
	for i := range order.Items {
		for k := range order.Items[i].Licenses {
			if key := order.Items[i].Licenses[k].Key; key != "" {
				keys[key] = true
			}
		}
	}
	return keys
}

// replaceRejected plans the pending orders again that the service has certainly rejected,
// if what is wanted has changed since. Their dead letters are then obsolete.
func (r *Reconciler) replaceRejected(ctx context.Context, p *plan, rec *Record) error {
	var kept []PendingOrder
	var rejected []lifecycle.Missing
	var letters []*fulfillment.DeadLetter
	for i := range rec.Orders {
		letter, err := r.rejection(ctx, &rec.Orders[i])
		if err != nil {
			return err
		}
		if letter == nil {
			kept = append(kept, rec.Orders[i])
			continue
		}
		letters = append(letters, letter)
		rejected = append(rejected, rec.Orders[i].Missing...)
	}
	if len(letters) == 0 {
		return nil
	}
	again := Record{Orders: kept}
	memory := rec.Memory
	memory.Pending = again.pending()
	changes := lifecycle.Plan(p.target, p.licenses, memory)
	if changes.Blocked || isSame(changes.Missing, rejected) {
		return nil
	}
	rec.Orders, rec.Memory = kept, memory
	p.changes, p.obsolete = changes, letters
	return nil
}

// rejection returns the dead letter of a pending order that created nothing, or nil.
func (r *Reconciler) rejection(ctx context.Context, o *PendingOrder) (*fulfillment.DeadLetter, error) {
	order := &licensespring.Order{}
	if json.Unmarshal(o.Order, order) != nil || slices.ContainsFunc(o.Found, func(ids []int64) bool { return len(ids) > 0 }) {
		return nil, nil //nolint:nilnil // there is none
	}
	// The order may be in the queue again, beside its old dead letter.
	queued, err := r.pipeline.IsQueued(ctx, order)
	if queued || err != nil {
		return nil, err
	}
	body, err := order.MarshalJSON()
	if err != nil {
		return nil, err
	}
	for letter, err := range r.pipeline.DeadLettersOf(ctx, order.ID) {
		if err != nil {
			return nil, err
		}
		if letter.Order == nil || !isWithoutEffect(letter) {
			continue
		}
		if dead, err := letter.Order.MarshalJSON(); err == nil && bytes.Equal(dead, body) {
			return letter, nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// isWithoutEffect reports whether nothing was created: the service has rejected the order,
// or it was never sent.
func isWithoutEffect(letter *fulfillment.DeadLetter) bool {
	if letter.Order == nil { // a Rejection has a source, and an unreadable order has none
		return letter.Source != ""
	}
	return letter.Failure.Outcome == licensespring.OutcomeRejected || letter.Failure.Outcome == licensespring.OutcomeNotSent
}

// isSame reports whether the same licenses are missing.
func isSame(a, b []lifecycle.Missing) bool {
	texts := func(list []lifecycle.Missing) []string {
		var texts []string
		for _, m := range list {
			m.Reason = ""
			text, err := json.Marshal(m)
			if err != nil {
				return nil
			}
			texts = append(texts, string(text))
		}
		slices.Sort(texts)
		return texts
	}
	return slices.Equal(texts(a), texts(b))
}

// discardObsolete removes the dead letters of orders that were replaced.
func (j *run) discardObsolete(ctx context.Context) error {
	for _, seq := range j.rec.Obsolete {
		if err := j.pipeline.Discard(ctx, seq); err != nil {
			return err
		}
	}
	j.rec.Obsolete = nil
	return nil
}

// checkFirstOrder looks for missing licenses in the first order of the subject, as the
// pipeline knows it: the event of the purchase may have led to it already, and a list may
// lack licenses of an order that exists. While that leaves a doubt, nothing is ordered.
func (r *Reconciler) checkFirstOrder(ctx context.Context, p *plan, rec *Record) error {
	since := rec.WaitingSince
	rec.WaitingSince = time.Time{}
	isSold := func(review lifecycle.Review) bool { return strings.HasPrefix(review.ID, lifecycle.ReviewSold) }
	isMissing := len(p.changes.Missing) > 0 || slices.ContainsFunc(p.changes.Reviews, isSold)
	if !isMissing && len(rec.Orders) == 0 {
		return nil
	}
	state, err := r.pipeline.OrderState(ctx, p.target.OrderID)
	if err != nil {
		return err
	}
	wait := false
	switch state {
	case fulfillment.OrderUnknown:
	case fulfillment.OrderQueued:
		wait = true
	case fulfillment.OrderDead:
		for letter, err := range r.pipeline.DeadLettersOf(ctx, p.target.OrderID) {
			switch {
			case err != nil:
				return err
			case !isWithoutEffect(letter):
				wait = true
			case isMissing:
				p.obsolete = append(p.obsolete, letter)
			}
			p.late = true
		}
	case fulfillment.OrderDone:
		if !isMissing {
			break
		}
		if wait, err = r.learnOrder(ctx, p.target.OrderID, &rec.Memory); err != nil {
			return err
		}
		p.changes = lifecycle.Plan(p.target, p.licenses, rec.Memory)
	}
	if wait && isMissing {
		for _, m := range p.changes.Missing {
			p.ordered = append(p.ordered, m.Pending())
		}
		p.changes.Missing, p.obsolete = nil, nil
		p.changes.Reviews = slices.DeleteFunc(p.changes.Reviews, isSold)
		rec.WaitingSince = cmp.Or(since, r.cfg.now().UTC().Truncate(time.Second))
	}
	return nil
}

// learnOrder adds the licenses of a completed order to the memory. It reports whether
// the product of one is not known, so that it does not count yet.
func (r *Reconciler) learnOrder(ctx context.Context, orderID string, memory *lifecycle.Memory) (unknown bool, err error) {
	res, err := r.pipeline.Result(ctx, orderID)
	if err != nil {
		return false, err
	}
	order := res.Order
	if order == nil { // it was too large to be stored
		if order, err = r.client.GetOrder(ctx, res.ServiceID); err != nil {
			return false, err
		}
	}
	if !slices.Contains(memory.Orders, orderID) {
		memory.Orders = append(memory.Orders, orderID)
	}
	return learnProducts(order, memory, func(int64) bool { return true }), nil
}
