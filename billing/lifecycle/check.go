package lifecycle

import (
	"slices"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/stripehook"
)

// PriceOrder returns the order of one unit of a price with an invented buyer and
// invented dates, to check the price before it is sold, for example with
// [licensespring.Order.CheckProducts]. It returns all findings about the metadata of the
// price and about the order, errors and warnings, or [stripehook.ErrNoLicense] for a
// price without license metadata. The order is nil if a finding is an error.
func PriceOrder(price stripehook.Price, config Config) (*licensespring.Order, []licensespring.Finding, error) {
	if isUnlicensed(&price) {
		return nil, nil, stripehook.ErrNoLicense
	}
	_, found := readRules(&price, "price")
	start := time.Date(2031, time.January, 1, 0, 0, 0, 0, time.UTC)
	end := start.AddDate(0, 1, 0)
	s := Subject{
		Source:   stripehook.Source{Kind: stripehook.SourceInvoice, ID: "check"},
		Live:     true,
		Status:   StatusPaid,
		Customer: stripehook.Customer{Email: "customer@example.com"},
		Invoices: []Invoice{{ID: "check", Lines: []Line{{ID: "line", Price: &price, Quantity: 1, Start: start, End: end}}}},
	}
	if price.Interval != "" {
		s.Source.Kind, s.Status = stripehook.SourceSubscription, StatusActive
		s.Items = []Item{{ID: "item", Price: &price, Quantity: 1, PeriodStart: start, PeriodEnd: end}}
		s.Invoices[0].Lines[0].Item, s.Invoices[0].Lines[0].Price = "item", nil
	}
	config.SkipUnlicensed = false
	target := Wanted(s, config)
	for _, review := range target.Reviews {
		for _, f := range review.Findings {
			if !slices.ContainsFunc(found, func(other licensespring.Finding) bool { return other.Rule == f.Rule && other.Message == f.Message }) {
				found = append(found, f)
			}
		}
	}
	if len(found.errors()) > 0 {
		return nil, found, nil
	}
	for i := range target.Entitlements {
		found = append(found, target.Entitlements[i].Findings...)
		found = append(found, target.Entitlements[i].State.Check()...)
	}
	changes := Plan(target, nil, Memory{})
	orders := changes.Orders(&target)
	if len(orders) != 1 {
		return nil, found, nil
	}
	for _, f := range orders[0].Check() {
		if !slices.ContainsFunc(found, func(other licensespring.Finding) bool { return other.Rule == f.Rule && other.Message == f.Message }) {
			found = append(found, f)
		}
	}
	if len(found.errors()) > 0 {
		return nil, found, nil
	}
	return &orders[0], found, nil
}
