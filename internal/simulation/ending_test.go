package simulation

import (
	"fmt"

	ls "github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// ending checks what there is when everything is over.
func (r *run) ending() []string {
	var wrong []string
	report := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }

	known := map[string]bool{orderID: true}
	for _, a := range r.plan.before {
		known[a.order.ID] = true
	}
	keys := make(map[string]bool)
	for i := range r.orders {
		o := &r.orders[i]
		if !known[o.StoreID] {
			report("there is an order that nobody asked for")
		}
		for _, l := range o.Licenses() {
			if l.Key != "" && keys[l.Key] {
				report("a key was given away twice")
			}
			keys[l.Key] = true
		}
	}
	for id := range known {
		r.notMoreThanAsked(id, report)
	}
	for _, c := range r.calls {
		if c.calm {
			if why := r.open(c); why != "" {
				report("call %d, when all is over: %s", c.number, why)
			}
		}
	}
	r.onlyGoodRequests(report)
	return wrong
}

// notMoreThanAsked: an order holds no more than the calls about it asked for,
// each of them once, and no less than they were told was made.
func (r *run) notMoreThanAsked(id string, report func(string, ...any)) {
	held := lst.Order{}
	for i := range r.orders {
		if r.orders[i].StoreID == id {
			held = r.orders[i]
		}
	}
	licenses, mayHave, made, effects := len(held.Licenses()), 0, 0, len(held.Requests)
	distinct := make(map[string]bool) // keys of appends
	plainMost := 0
	for _, c := range r.calls {
		if c.asked.order.ID != id {
			continue
		}
		o := c.outcome()
		if o == ls.Created || o == ls.Appended {
			made++
		}
		if o == ls.Refused || o == ls.NotSent || o == ls.Existing {
			continue
		}
		switch {
		case !c.asked.order.Append:
			plainMost = max(plainMost, len(c.asked.wants))
		case c.asked.keyed():
			for _, w := range c.asked.wants {
				distinct[w.key] = true
			}
			effects-- // below, only appends without keys are counted one by one
			made--
		default:
			mayHave += len(c.asked.wants)
		}
	}
	if licenses > plainMost+len(distinct)+mayHave {
		report("%s holds %d licenses, and no more than %d were asked for", id, licenses, plainMost+len(distinct)+mayHave)
	}
	if made > len(held.Requests) {
		report("%s: %d calls say they made something, and the service did something %d times", id, made, effects)
	}
}

// open says why a call with which nothing was wrong did not settle the order.
func (r *run) open(c *call) string {
	o, invalid := c.outcome(), c.e != nil && c.e.Kind == ls.ErrInvalidRequest
	switch {
	case !c.asked.ensurable():
		if o != ls.NotSent || !invalid {
			return "an append without keys cannot be ensured, and it says " + string(o)
		}
	case !c.accepted:
		if o != ls.Refused {
			return "the service does not take the order, and it says " + string(o)
		}
	case c.made():
	case o == ls.Refused && c.e.Kind == ls.ErrOrderConflict:
		// Whether it really differs is checked where all conflicts are.
	default:
		return c.err.Error()
	}
	return ""
}

// onlyGoodRequests: the service itself has found nothing wrong with what the
// SDK sent it, other than what the plan made wrong on purpose.
func (r *run) onlyGoodRequests(report func(string, ...any)) {
	for _, c := range r.calls {
		for _, e := range r.effects[c.number] {
			if e.Fault != "" || !c.accepted || e.Endpoint != lst.CreateOrder {
				continue
			}
			// A key that is taken is told as a wrong field.
			if e.Status == 400 && c.asked.order.Append && c.asked.brings() {
				continue
			}
			if e.Status >= 400 && e.Status != 409 && e.Status != 429 {
				report("call %d: the service itself refused what it was sent, with %d", c.number, e.Status)
			}
		}
	}
}
