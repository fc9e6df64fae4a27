package stripehook

import (
	"strings"

	"github.com/licensespring-go/licensespring"
)

// customer is what Stripe says of who bought.
type customer struct {
	id, email, name, company, phone string
}

// order returns the customer of the order, nil if nothing is known.
func (c customer) order() *licensespring.Customer {
	first, last := splitName(c.name)
	made := licensespring.Customer{
		Email:     strings.TrimSpace(c.email),
		FirstName: first,
		LastName:  last,
		Company:   strings.TrimSpace(c.company),
		Phone:     strings.TrimSpace(c.phone),
		Reference: c.id,
	}
	if made.Email+made.FirstName+made.LastName+made.Company+made.Phone+made.Reference == "" {
		return nil
	}
	return &made
}

// splitName splits a name before its last word, since Stripe knows one name and
// the service two. No rule is right for all names; this one loses nothing.
func splitName(name string) (first, last string) {
	words := strings.Fields(name)
	if len(words) < 2 {
		return strings.Join(words, ""), ""
	}
	end := len(words) - 1
	return strings.Join(words[:end], " "), words[end]
}
