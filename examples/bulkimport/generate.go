package main

import (
	"fmt"
	"io"

	"github.com/licensespring-go/licensespring"
)

// generator makes sample orders. They are the same in each run, so that an
// import of them can be resumed as well.
type generator struct{ n, done int }

func (g *generator) next() (raw, error) {
	if g.done == g.n {
		return nil, io.EOF
	}
	g.done++
	return sample(g.done), nil
}

// sample is the number of a sample order, from 1.
type sample int

func (s sample) first() int { return int(s) }

func (s sample) entry() *entry {
	order := s.order()
	return &entry{line: int(s), id: order.ID, order: order}
}

// order makes an order for the products of the fake: a third of them for keys, a
// third for users and a third for both, of one to five licenses.
func (s sample) order() *licensespring.Order {
	n := int(s)
	order := licensespring.NewOrder(fmt.Sprintf("sample-%07d", n)).
		AsTest().
		WithCustomer(licensespring.Customer{
			Email:     fmt.Sprintf("buyer%d@example.com", n%1000),
			Company:   fmt.Sprintf("Company %d", n%1000),
			Reference: fmt.Sprintf("crm-%d", n%1000),
		})
	if n%3 != 1 {
		licenses := make([]licensespring.License, 1+n%3)
		for i := range licenses {
			licenses[i] = licensespring.NewLicense().TimeLimited(licensespring.Years(1 + i)).WithMaxActivations(1 + n%5)
		}
		order.AddItem("acme-cad", licenses...)
	}
	if n%3 != 2 {
		order.AddItem("acme-web",
			licensespring.NewUserLicense(fmt.Sprintf("user%d@example.com", n)).Perpetual(),
			licensespring.NewUserLicense(fmt.Sprintf("user%d.second@example.com", n)).Perpetual())
	}
	return order
}
