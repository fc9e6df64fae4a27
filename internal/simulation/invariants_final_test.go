package simulation

import (
	"fmt"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// finalViolations checks the stored orders and the final calls at the end of a run.
func (r *run) finalViolations() []string {
	var found []string
	report := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }

	known := map[string]bool{orderID: true}
	for _, s := range r.plan.existing {
		known[s.order.ID] = true
	}
	keys := make(map[string]bool)
	for i := range r.orders {
		o := &r.orders[i]
		if !known[o.StoreID] {
			report("there is an order that no call sent")
		}
		for _, l := range o.Licenses() {
			if l.Key != "" && keys[l.Key] {
				report("two licenses have the same key")
			}
			keys[l.Key] = true
		}
	}
	for id := range known {
		r.checkLicenseCount(id, report)
	}
	for _, c := range r.calls {
		if c.final {
			if reason := r.whyUnsettled(c); reason != "" {
				report("final call %d: %s", c.number, reason)
			}
		}
	}
	r.checkRequests(report)
	return found
}

// checkLicenseCount checks that an order contains at most the licenses that its
// calls sent, each once, and at least one request per reported creation.
func (r *run) checkLicenseCount(id string, report func(string, ...any)) {
	stored := lst.Order{}
	for i := range r.orders {
		if r.orders[i].StoreID == id {
			stored = r.orders[i]
		}
	}
	licenses, keylessMax, reported, applied := len(stored.Licenses()), 0, 0, len(stored.Requests)
	distinct := make(map[string]bool) // keys of appends
	plainMax := 0
	for _, c := range r.calls {
		if c.spec.order.ID != id {
			continue
		}
		o := c.outcome()
		if o == ls.OutcomeCreated || o == ls.OutcomeAppended {
			reported++
		}
		if o == ls.OutcomeRejected || o == ls.OutcomeNotSent || o == ls.OutcomeExisting {
			continue
		}
		switch {
		case !c.spec.order.Append:
			plainMax = max(plainMax, len(c.spec.licenses))
		case c.spec.hasAllKeys():
			for _, l := range c.spec.licenses {
				distinct[l.key] = true
			}
			applied-- // only appends without keys are counted one by one
			reported--
		default:
			keylessMax += len(c.spec.licenses)
		}
	}
	if licenses > plainMax+len(distinct)+keylessMax {
		report("%s has %d licenses, and at most %d were sent", id, licenses, plainMax+len(distinct)+keylessMax)
	}
	if reported > len(stored.Requests) {
		report("%s: %d calls report a creation, and the service applied %d requests", id, reported, applied)
	}
}

// whyUnsettled returns why a final call did not settle the order, or "".
func (r *run) whyUnsettled(c *call) string {
	o, invalid := c.outcome(), c.e != nil && c.e.Kind == ls.ErrInvalidRequest
	switch {
	case !c.spec.ensurable():
		if o != ls.OutcomeNotSent || !invalid {
			return "an append without keys cannot be ensured, and the outcome is " + string(o)
		}
	case !c.accepted:
		if o != ls.OutcomeRejected {
			return "the service does not accept the order, and the outcome is " + string(o)
		}
	case c.succeeded():
	case o == ls.OutcomeRejected && c.e.Kind == ls.ErrOrderConflict:
		// kindIsTrue checks the conflict.
	default:
		return c.err.Error()
	}
	return ""
}

// checkRequests checks that the service rejects no request of the SDK, except those
// that the plan makes invalid.
func (r *run) checkRequests(report func(string, ...any)) {
	for _, c := range r.calls {
		for _, s := range r.received[c.number] {
			if s.Fault != "" || !c.accepted || s.Endpoint != lst.CreateOrder {
				continue
			}
			// A taken key is reported as an invalid field.
			if s.Status == 400 && c.spec.order.Append && c.spec.hasKeys() {
				continue
			}
			if s.Status >= 400 && s.Status != 409 && s.Status != 429 {
				report("call %d: the service rejected it with status %d", c.number, s.Status)
			}
		}
	}
}
