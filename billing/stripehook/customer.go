package stripehook

import (
	"errors"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// customer holds the customer data of a session or an invoice.
type customer struct {
	id, email, name, company, phone string
}

// Customer is the buyer that Stripe shows.
type Customer struct {
	// ID is the Stripe id of the customer.
	ID      string `json:"id,omitzero"`
	Email   string `json:"email,omitzero"`
	Name    string `json:"name,omitzero"`
	Company string `json:"company,omitzero"`
	Phone   string `json:"phone,omitzero"`
}

// OrderCustomer returns the customer of an order, or nil if nothing is known.
func (c Customer) OrderCustomer() *licensespring.Customer {
	return customer{id: c.ID, email: c.Email, name: c.Name, company: c.Company, phone: c.Phone}.orderCustomer()
}

// orderCustomer returns the customer of the order, or nil if nothing is known.
func (c customer) orderCustomer() *licensespring.Customer {
	first, last := splitName(c.name)
	oc := licensespring.Customer{
		Email:     strings.TrimSpace(c.email),
		FirstName: first,
		LastName:  last,
		Company:   strings.TrimSpace(c.company),
		Phone:     strings.TrimSpace(c.phone),
		Reference: c.id,
	}
	if oc.Email+oc.FirstName+oc.LastName+oc.Company+oc.Phone+oc.Reference == "" {
		return nil
	}
	return &oc
}

// removeUnusable removes members of the customer that the order cannot contain, because
// the purchase is paid and the licenses do not depend on them. It returns a warning for
// each.
func removeUnusable(order *licensespring.Order) (warnings []licensespring.Finding) {
	invalid, ok := errors.AsType[*licensespring.ValidationError](order.Validate())
	if !ok || order.Customer == nil {
		return nil
	}
	members := map[string]*string{
		"customer.email":      &order.Customer.Email,
		"customer.first_name": &order.Customer.FirstName,
		"customer.last_name":  &order.Customer.LastName,
		"customer.company":    &order.Customer.Company,
		"customer.phone":      &order.Customer.Phone,
	}
	for _, f := range invalid.Findings {
		member, ok := members[f.Path]
		if !ok || f.Severity != licensespring.SeverityError {
			continue
		}
		*member = ""
		f.Severity, f.Message = licensespring.SeverityWarning, "left out: "+f.Message
		warnings = append(warnings, f)
	}
	return warnings
}

// splitName splits a name before its last word, because Stripe has one name field
// and the service has two. No rule is correct for all names; this one keeps every
// word.
func splitName(name string) (first, last string) {
	words := strings.Fields(name)
	if len(words) < 2 {
		return strings.Join(words, ""), ""
	}
	end := len(words) - 1
	return strings.Join(words[:end], " "), words[end]
}
