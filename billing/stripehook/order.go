package stripehook

import (
	"strconv"

	"github.com/licensespring-go/licensespring"
)

// build makes the order of a purchase. It returns nil if nothing in it needs a
// license, and a [*licensespring.ValidationError] with all that is wrong.
func (h *Handler) build(p purchase, lines []Line) (*licensespring.Order, error) {
	order := &licensespring.Order{ID: h.prefix + p.id, IsTest: !p.live, Customer: p.customer.order()}
	var found findings
	var total int64
	for i, line := range lines {
		at := "lines[" + strconv.Itoa(i) + "]"
		if line.credit(p.first) || (h.others && line.other()) {
			continue
		}
		code, license := line.license(&found, at)
		n := line.licenses()
		if total += min(n, MaxLicenses+1); total > MaxLicenses {
			found.add(at+".quantity", RuleTooMany, "the order would have more than "+strconv.Itoa(MaxLicenses)+" licenses")
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
		found.add("lines", licensespring.RuleRequired, "there are none")
		return nil, found.err()
	}
	if len(order.Items) == 0 {
		return nil, nil //nolint:nilnil // no order, and that is right
	}
	if err := order.Validate(); err != nil {
		return nil, err
	}
	return order, nil
}

// credit reports whether a line gives back, or settles a change, instead of
// selling. The first invoice of a subscription has a proration if its first
// period is a short one.
func (l *Line) credit(first bool) bool { return l.Amount < 0 || (l.Proration && !first) }

// other reports whether nothing says that the line is for a license.
func (l *Line) other() bool {
	if l.Price == nil {
		return true
	}
	for _, name := range names {
		if _, ok := l.Price.Metadata[name]; ok {
			return false
		}
	}
	return true
}

// licenses returns how many licenses the line asks for.
func (l *Line) licenses() int64 {
	if l.Price != nil && l.Price.Metered {
		return 1
	}
	return max(l.Quantity, 0)
}
