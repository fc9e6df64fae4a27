package stripehook

import (
	"strconv"

	"github.com/licensespring-go/licensespring"
)

// newOrder converts a purchase to an order. It returns nil if no line requires a
// license, and a [*licensespring.ValidationError] with all findings if a line is
// invalid.
func (h *Handler) newOrder(p purchase, lines []Line) (*licensespring.Order, error) {
	order := &licensespring.Order{ID: h.cfg.prefix + p.id, IsTest: !p.live, Customer: p.customer.orderCustomer()}
	var found findings
	var total int64
	for i, line := range lines {
		path := "lines[" + strconv.Itoa(i) + "]"
		if line.isCredit(p.firstInvoice) || (h.cfg.skipUnlicensed && line.isUnlicensed()) {
			continue
		}
		code, license := line.license(&found, path)
		n := line.licenseCount()
		if total += min(n, MaxLicenses+1); total > MaxLicenses {
			found.add(path+".quantity", RuleTooManyLicenses, "the order has more than "+strconv.Itoa(MaxLicenses)+" licenses")
			break
		}
		if n == 0 {
			continue
		}
		item := licensespring.OrderItem{ProductCode: code, Licenses: make([]licensespring.License, n)}
		for j := range item.Licenses {
			item.Licenses[j] = license.Clone()
		}
		order.Items = append(order.Items, item)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		found.add("lines", licensespring.RuleRequired, "there are no lines")
		return nil, found.err()
	}
	if len(order.Items) == 0 {
		return nil, nil //nolint:nilnil // the purchase requires no order
	}
	if err := order.Validate(); err != nil {
		return nil, err
	}
	return order, nil
}

// isCredit reports whether a line refunds or prorates instead of selling. The first
// invoice of a subscription has a proration if its first period is shorter.
func (l *Line) isCredit(firstInvoice bool) bool {
	return l.Amount < 0 || (l.Proration && !firstInvoice)
}

// isUnlicensed reports whether the price has none of the metadata keys.
func (l *Line) isUnlicensed() bool {
	if l.Price == nil {
		return true
	}
	for _, key := range metadataKeys {
		if _, ok := l.Price.Metadata[key]; ok {
			return false
		}
	}
	return true
}

func (l *Line) licenseCount() int64 {
	if l.Price != nil && l.Price.Metered {
		return 1
	}
	return max(l.Quantity, 0)
}
