package licensespring

import (
	"cmp"
	"context"
	"iter"

	"github.com/google/go-querystring/query"
)

// GetCustomer returns the customer with the ID that the service assigned, the ID of
// a [CustomerRecord]. The errors are those of [Client.GetLicense].
func (c *Client) GetCustomer(ctx context.Context, id int64) (*CustomerRecord, error) {
	return getByID[CustomerRecord](ctx, c, OpGetCustomer, id)
}

// CustomerFilter selects the customers of [Client.ListCustomers]: those that match
// all of its fields. An empty string selects all. The zero filter lists all
// customers. Clients of the service use these filters; no page of the vendor's
// documentation lists them.
type CustomerFilter struct {
	// Email is the e-mail address of the customer. The results may differ from it
	// in upper and lower case; whether the service ignores case is not documented.
	Email string `url:"email,omitempty"`
	// Reference is the caller's reference of the customer.
	Reference string `url:"reference,omitempty"`
	// PageSize is the number of customers per request, from 1 to 100. 0 means 100;
	// any other number is [ErrInvalidRequest].
	PageSize int `url:"-"`
}

// validate returns a *ValidationError with the members that cannot be sent.
func (f *CustomerFilter) validate() error {
	var c checker
	c.filterText("email", f.Email, false)
	c.filterText("reference", f.Reference, false)
	c.pageSize(f.PageSize)
	return errorsAmong(c.findings)
}

func (f *CustomerFilter) filters() filters[CustomerRecord, *CustomerRecord] {
	var fs filters[CustomerRecord, *CustomerRecord]
	if f.Email != "" {
		fs = append(fs, filter[CustomerRecord]{name: "email", noSuch: noSuchEmail, judge: func(c *CustomerRecord) shown {
			return showsText(withoutSuffix(c.Email), c.raw.get(), "email", func(s string) bool { return sameEmail(s, f.Email) })
		}})
	}
	if f.Reference != "" {
		fs = append(fs, filter[CustomerRecord]{name: "reference", noSuch: noSuchText, judge: func(c *CustomerRecord) shown {
			return showsText(c.Reference, c.raw.get(), "reference", func(s string) bool { return s == f.Reference })
		}})
	}
	return fs
}

// ListCustomers returns an iterator over the customers that match the filter, in the
// order of the service. It requests, checks and yields pages as
// [Client.ListLicenses] does, with the same errors: a customer that does not match
// the filter is [ErrBadResponse].
func (c *Client) ListCustomers(ctx context.Context, filter CustomerFilter) iter.Seq2[*CustomerRecord, error] {
	return func(yield func(*CustomerRecord, error) bool) {
		l := listing[CustomerRecord, *CustomerRecord]{
			name: OpListCustomers, invalid: filter.validate(), private: private(filter.Email, filter.Reference),
			pageSize: cmp.Or(filter.PageSize, maxPageSize), filters: filter.filters(),
		}
		if l.invalid == nil {
			l.query, l.invalid = query.Values(filter)
		}
		l.run(ctx, c, yield)
	}
}
