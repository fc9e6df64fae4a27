package importer

import (
	"fmt"
	"io"

	"github.com/licensespring-go/licensespring"
)

// sampleReader generates n sample orders. They are the same in each run, so that an
// import of them can be resumed.
type sampleReader struct{ n, done int }

func (r *sampleReader) next() (rawEntry, error) {
	if r.done == r.n {
		return nil, io.EOF
	}
	r.done++
	return sample(r.done), nil
}

// sample is the number of a sample order, from 1.
type sample int

func (s sample) firstLine() int { return int(s) }

func (s sample) parse() *entry {
	order := s.order()
	return &entry{line: int(s), id: order.ID, order: order}
}

// order returns an order of one to five licenses for the products of the fake. A
// third of the orders have keys, a third have users, and a third have both.
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
		order.AddItem("acmecad", licenses...)
	}
	if n%3 != 2 {
		order.AddItem("acmeweb",
			licensespring.NewUserLicense(fmt.Sprintf("user%d@example.com", n)).Perpetual(),
			licensespring.NewUserLicense(fmt.Sprintf("user%d.second@example.com", n)).Perpetual())
	}
	return order
}
