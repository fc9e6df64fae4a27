package reconcile_test

import (
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/licensespring-go/licensespring/billing/stripetest"
)

// offer is a price as it is sold, and what its metadata promises. The model reads this
// table, and not the metadata.
type offer struct {
	id, product string
	interval    string // empty: sold once
	amount      int64
	slack       int
	devices     int // of each license
	perUnit     bool
	onRefund    string
	metadata    map[string]string
	// broken is the metadata until it is corrected, or nil.
	broken   map[string]string
	isBroken bool
}

// offers are the prices of the simulation.
func offers() []*offer {
	all := []*offer{
		{id: "price_month", interval: "month", amount: 2500},
		{id: "price_pro", interval: "month", amount: 4900, slack: 5, devices: 7},
		{id: "price_lab", product: "acmelab", interval: "month", amount: 1900},
		{id: "price_year", interval: "year", amount: 25000},
		{id: "price_devices", interval: "month", amount: 900, devices: 2, perUnit: true},
		{id: "price_keep", interval: "month", amount: 1500, onRefund: "keep"},
		{id: "price_review", interval: "month", amount: 1500, onRefund: "review"},
		{id: "price_bare", interval: "month", amount: 1700, broken: map[string]string{}},
		{id: "price_typo", interval: "month", amount: 1800, broken: map[string]string{"product_shortcode": "acmecad"}},
		{id: "price_once", amount: 9900},
		{id: "price_tool", product: "acmetool", amount: 3900},
	}
	for _, o := range all {
		if o.product == "" {
			o.product = "acmecad"
		}
		o.metadata = map[string]string{"product_short_code": o.product}
		if o.interval == "" {
			o.metadata["license_type"] = "perpetual"
		}
		if o.slack == 0 {
			o.slack = 3
		} else {
			o.metadata["slack_days"] = string(rune('0' + o.slack))
		}
		if o.devices > 0 {
			o.metadata["max_activations"] = string(rune('0' + o.devices))
		}
		if o.perUnit {
			o.metadata["quantity"] = "max_activations"
		}
		if o.onRefund != "" {
			o.metadata["on_refund"] = o.onRefund
		}
	}
	return all
}

func (o *offer) price(metadata map[string]string) stripetest.Price {
	return stripetest.Price{ID: o.id, UnitAmount: o.amount, Interval: o.interval, Metadata: metadata}
}

// right is what is right for the licenses of one product of a subject.
type right struct {
	// count is the number of licenses that must be enabled. If it is not exact, those
	// that were enabled stay so.
	count int
	exact bool
	// date is the end of each license, or zero if it has none.
	date    time.Time
	trial   bool
	devices int // 0: not checked
}

// expectation is what is right for the licenses of a subject.
type expectation struct {
	subject string
	rights  map[string]right // by product; others have no enabled license if it is exact
	exact   bool
	// reviews are parts of the texts of the dead letters that are right.
	reviews []string
	// blocked is set if nothing can be decided, and ended if the subscription is over.
	blocked, ended bool
}

// model computes what is right from the objects of the fake of Stripe and from what the
// lives did. It shares no code with package lifecycle.
type model struct {
	stripe   *stripetest.Server
	offers   map[string]*offer
	disputes map[string]string // by charge: open, won or lost
}

// charge returns the charge of a paid invoice or session, or nil.
func (m *model) charge(id string) (charge *stripe.Charge) {
	defer func() { _ = recover() }() // no charge paid it
	return m.stripe.ChargeOf(id)
}

// payment returns whether a payment is disputed, and how much of it was refunded: "",
// "part" or "full".
func (m *model) payment(id string, total int64) (disputed bool, refund string) {
	charge := m.charge(id)
	switch {
	case charge == nil:
		return false, ""
	case charge.AmountRefunded >= total:
		refund = "full"
	case charge.AmountRefunded > 0:
		refund = "part"
	}
	state := m.disputes[charge.ID]
	return state == "open" || state == "lost", refund
}

// coverage is the paid period of a subscription.
type coverage struct {
	start, end time.Time
	trial      bool
	invoice    *stripe.Invoice
}

// subscription returns what is right for a subscription with one item.
func (m *model) subscription(id string) expectation {
	sub, invoices := m.stripe.Subscription(id), m.stripe.SubscriptionInvoices(id)
	v := expectation{subject: id, rights: map[string]right{}, ended: sub.EndedAt > 0}
	item := sub.Items.Data[0]
	o := m.offers[item.Price.ID]
	m.purchases(&v, invoices)
	var c coverage
	for _, inv := range invoices {
		for _, line := range baseLines(inv) {
			start, end := unixTime(line.Period.Start), unixTime(line.Period.End)
			trial := line.Amount == 0
			if !start.Before(c.start) {
				c = coverage{start, end, trial, inv}
			}
		}
	}
	r := right{exact: true, count: int(item.Quantity), devices: o.devices, trial: c.trial}
	if o.perUnit {
		r.count, r.devices = 1, o.devices*int(item.Quantity)
	}
	switch sub.Status {
	case "trialing":
		c.end, r.trial = unixTime(sub.TrialEnd), true
	case "active":
		r.exact = !c.end.IsZero()
	case "past_due", "incomplete":
		r.exact = false
	default:
		r.count = 0
	}
	if !r.exact {
		r.count = 0
	}
	if sub.Status == "active" || sub.Status == "past_due" {
		m.reversals(&v, &r, o, &c, invoices)
	}
	// The license is valid for the slack days after the period, and for one more because
	// it is not known whether the last day counts.
	r.date = c.end.Truncate(day).AddDate(0, 0, o.slack+1)
	v.rights[o.product] = r
	v.exact = r.exact
	if o.isBroken && (len(o.broken) > 0 || sub.EndedAt == 0 && sub.Status != "incomplete") {
		v.blocked, v.exact, v.rights = true, false, nil
		v.review("cannot be determined")
	}
	return v
}

// baseLines returns the lines of a paid invoice that bill whole periods.
func baseLines(inv *stripe.Invoice) []*stripe.InvoiceLineItem {
	var lines []*stripe.InvoiceLineItem
	for _, line := range inv.Lines.Data {
		details := line.Parent.SubscriptionItemDetails
		if inv.Status == "paid" && details != nil && !details.Proration {
			lines = append(lines, line)
		}
	}
	return lines
}

// reversals takes the refunds and disputes of the current period into account.
func (m *model) reversals(v *expectation, r *right, o *offer, c *coverage, invoices []*stripe.Invoice) {
	for _, inv := range invoices {
		changes := slices.ContainsFunc(inv.Lines.Data, func(line *stripe.InvoiceLineItem) bool {
			details := line.Parent.SubscriptionItemDetails
			return details != nil && details.Proration && line.Amount > 0 &&
				unixTime(line.Period.End).After(c.start) && unixTime(line.Period.Start).Before(c.end)
		})
		if inv.Status != "paid" || c.invoice == nil || inv.ID != c.invoice.ID && !changes {
			continue
		}
		disputed, refund := m.payment(inv.ID, inv.Total)
		decisive := inv.ID == c.invoice.ID
		switch {
		case disputed, refund == "full" && decisive && o.onRefund == "":
			r.count, r.exact = 0, true
		case refund == "full" && decisive && o.onRefund == "keep", refund == "":
		case refund == "full" && decisive:
			v.review(inv.ID + " was refunded, and on_refund")
			if r.count > 0 {
				r.count, r.exact = 0, false
			}
		default:
			v.review(inv.ID + " was refunded in part")
		}
	}
}

// purchases adds what the invoices of a subscription sell once.
func (m *model) purchases(v *expectation, invoices []*stripe.Invoice) {
	for _, inv := range invoices {
		for _, line := range inv.Lines.Data {
			if inv.Status == "paid" && line.Parent.InvoiceItemDetails != nil {
				m.purchase(v, inv.ID, inv.Total, line.Pricing.PriceDetails.Price.ID, int(line.Quantity))
			}
		}
	}
}

// purchase adds something that was sold once.
func (m *model) purchase(v *expectation, id string, total int64, price string, quantity int) {
	o := m.offers[price]
	r := right{exact: true, count: quantity}
	switch disputed, refund := m.payment(id, total); {
	case disputed, refund == "full":
		r.count = 0
	case refund == "part":
		v.review(id + " was refunded in part")
	}
	v.rights[o.product] = r
}

// session returns what is right for a Checkout session that sells something once.
func (m *model) session(id, price string, quantity int) expectation {
	one := m.stripe.CheckoutSession(id)
	v := expectation{subject: id, rights: map[string]right{}, exact: true}
	if one.Invoice != nil {
		v.subject = one.Invoice.ID
	}
	if one.Status == "complete" && one.PaymentStatus != "unpaid" {
		m.purchase(&v, v.subject, one.AmountTotal, price, quantity)
	}
	return v
}

// review adds a review once.
func (v *expectation) review(text string) {
	if !slices.Contains(v.reviews, text) {
		v.reviews = append(v.reviews, text)
	}
}

func unixTime(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// expects reports whether a dead letter is one of the reviews.
func (v *expectation) expects(text string) bool {
	return slices.ContainsFunc(v.reviews, func(part string) bool { return strings.Contains(text, part) })
}
