package stripehook

import (
	"strconv"

	"github.com/licensespring-go/licensespring"
)

// newOrder converts a purchase to an order. The warnings list what was left out. It
// returns nil if no line requires a
// license, and a [*licensespring.ValidationError] with all findings if a line is
// invalid.
func (h *Handler) newOrder(p purchase, lines []Line) (_ *licensespring.Order, warnings []licensespring.Finding, _ error) {
	order := &licensespring.Order{ID: h.orderID(p), IsTest: !p.live, Customer: p.customer.orderCustomer()}
	var found findings
	var total int64
	licensed := make(map[string]bool) // by the id of the price
	for i := range lines {
		line, path := &lines[i], linePath(i)
		if h.skips(p, line) {
			continue
		}
		if line.Proration && !p.firstInvoice {
			found.add(path, RuleSubscriptionChange, errSubscriptionChange.Error())
			continue
		}
		code, license := line.license(&found, path)
		if !p.trialEnd.IsZero() && line.isRecurring() {
			license.IsTrial, license.ValidityPeriod, license.ValidDuration = new(true), p.trialEnd, licensespring.Duration{}
		}
		license.Users = h.licenseUsers(p, line, code, &found, path)
		n := line.licenseCount(&found, path)
		if total += min(n, MaxLicenses+1); total > MaxLicenses {
			found.add(path+".quantity", RuleTooManyLicenses, "the order has more than "+strconv.Itoa(MaxLicenses)+" licenses")
			break
		}
		if n == 0 {
			continue
		}
		if line.Price != nil && line.Price.ID != "" {
			licensed[line.Price.ID] = true
		}
		item := licensespring.OrderItem{ProductCode: code, Licenses: make([]licensespring.License, n)}
		for j := range item.Licenses {
			item.Licenses[j] = license.Clone()
		}
		order.Items = append(order.Items, item)
	}
	for i := range lines {
		// The flat fee of a tiered price is a line with a quantity of zero, beside the
		// line of the units.
		if line := &lines[i]; !h.skips(p, line) && line.isPaidWithoutUnits() && !licensed[line.Price.ID] {
			found.add(linePath(i)+".quantity", RuleQuantity, "the line has an amount, but its quantity is zero")
		}
	}
	if err := found.err(); err != nil {
		return nil, nil, err
	}
	if len(lines) == 0 {
		found.add("lines", licensespring.RuleRequired, "there are no lines")
		return nil, nil, found.err()
	}
	if len(order.Items) == 0 {
		return nil, nil, nil // the purchase requires no order
	}
	warnings = removeUnusable(order)
	if err := order.Validate(); err != nil {
		return nil, nil, err
	}
	return order, warnings, nil
}

// orderID returns the id of the order of a purchase. Ids of Stripe are unique within an
// account only.
func (h *Handler) orderID(p purchase) string {
	return OrderID(h.cfg.prefix, p.source, p.id)
}

// OrderID returns the id of the order of a Stripe object in the account of of.
func OrderID(prefix string, of Source, id string) string {
	if owner := of.owner(); owner != "" {
		return prefix + owner + "-" + id
	}
	return prefix + id
}

func linePath(i int) string { return "lines[" + strconv.Itoa(i) + "]" }

// skips reports whether a line requires no license: a credit, a proration that costs
// nothing, or a line without metadata if that is configured. The first invoice of a
// subscription has a proration if its first period is shorter.
func (h *Handler) skips(p purchase, l *Line) bool {
	proration := l.Proration && !p.firstInvoice && l.Amount == 0
	return l.Amount < 0 || proration || (h.cfg.skipUnlicensed && l.isUnlicensed())
}

// units returns the quantity of a line. whole is false if it is not a whole number.
func (l *Line) units() (n int64, whole bool) {
	if l.QuantityDecimal == "" {
		return l.Quantity, true
	}
	return parseQuantity(l.QuantityDecimal)
}

// isPaidWithoutUnits reports whether a line with a price has an amount but no units.
func (l *Line) isPaidWithoutUnits() bool {
	n, whole := l.units()
	return l.Price != nil && !l.Price.Metered && l.Amount > 0 && n == 0 && whole
}

// isUnlicensed reports whether the price has none of the metadata keys, and no key that
// may be a misspelled one.
func (l *Line) isUnlicensed() bool {
	if l.Price == nil {
		return true
	}
	for _, key := range metadataKeys {
		if _, ok := l.Price.Metadata[key]; ok {
			return false
		}
	}
	misspelled, _ := nearMisses(l.Price.Metadata, metadataKeys[:]...)
	return len(misspelled) == 0
}

// licenseCount returns the number of licenses of a line. It is zero after a finding.
func (l *Line) licenseCount(found *findings, path string) int64 {
	if l.Price != nil && l.Price.Metered {
		return 1
	}
	switch n, whole := l.units(); {
	case !whole:
		found.add(path+".quantity", RuleQuantity, "must be a whole number of licenses")
		return 0
	case n < 0:
		found.add(path+".quantity", RuleQuantity, "must not be negative")
		return 0
	default:
		return n
	}
}
