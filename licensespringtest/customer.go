package licensespringtest

import (
	"maps"
	"time"
)

// A customer exists once per company and can have several orders.
type customer struct {
	id         int64
	properties map[string]any
	createdAt  time.Time
	updatedAt  time.Time
	visibleAt  time.Time
}

// A customerName is a property that identifies a customer.
type customerName struct{ property, value string }

// namesOf returns the names of a customer in the order in which they are compared.
func namesOf(properties map[string]any) []customerName {
	var names []customerName
	for _, property := range []string{"email", classicCompany} {
		if value, ok := properties[property].(string); ok {
			names = append(names, customerName{property, value})
		}
	}

	return names
}

// customer returns the customer that an order names. The service looks for one
// with the same e-mail address or, if the order has no address, with the same
// company, and changes its details to those of the order. If there is none, it
// creates the customer.
func (s *store) customer(r orderRequest, properties map[string]any) *customer {
	names := namesOf(properties)
	var c *customer
	if len(names) > 0 {
		c = s.customersByName[names[0]]
	}
	if c == nil {
		c = &customer{id: s.nextID(), properties: make(map[string]any), createdAt: r.now, visibleAt: r.visibleAt}
		s.customers[c.id] = c
		s.customerSequence = append(s.customerSequence, c)
	}
	for _, name := range namesOf(c.properties) {
		if s.customersByName[name] == c {
			delete(s.customersByName, name)
		}
	}
	maps.Copy(c.properties, properties)
	for _, name := range namesOf(c.properties) {
		if s.customersByName[name] == nil {
			s.customersByName[name] = c
		}
	}
	c.updatedAt = r.now

	return c
}
