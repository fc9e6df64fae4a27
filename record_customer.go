package licensespring

import (
	"errors"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

var errNotCustomerRecord = errors.New("licensespring: not a customer record")

// UnmarshalJSON decodes a customer record in the form of a response, leniently: a
// member of an unexpected type stays zero. The error is not nil only if data is not
// a JSON object.
func (c *CustomerRecord) UnmarshalJSON(data []byte) error {
	return unmarshalRecord(c, data, errNotCustomerRecord)
}

func (c *CustomerRecord) resource() resource {
	return resource{pathCustomers, "customer", "a customer"}
}

func (c *CustomerRecord) header() (id int64, raw *rawJSON) { return c.ID, &c.raw }

func (c *CustomerRecord) decode(r *recordReader, data jsonread.Value) bool {
	return r.customerRecord(c, data)
}

// customer reads an object, a number, or null.
func (r *recordReader) customer(dst **CustomerRecord, id *int64, val jsonread.Value) {
	if val.Kind() != jsonread.Object {
		r.int64(id, "customer", val)
		return
	}
	c := &CustomerRecord{}
	r.path.Enter("customer")
	r.customerRecord(c, val)
	r.path.Leave()
	if *dst = c; c.ID != 0 {
		*id = c.ID
	}
}

func (r *recordReader) customerRecord(c *CustomerRecord, data jsonread.Value) bool {
	c.raw = newRawJSON(data.Bytes())
	for it := data.Members(); it.Next(); {
		val := it.Value
		switch string(it.Name) {
		case "id":
			r.int64(&c.ID, "id", val)
		case "email":
			r.text(&c.Email, "email", val)
		case "first_name":
			r.text(&c.FirstName, "first_name", val)
		case "last_name":
			r.text(&c.LastName, "last_name", val)
		case "company_name":
			r.text(&c.Company, "company_name", val)
		case "company":
			r.company(c, val)
		case "phone":
			r.text(&c.Phone, "phone", val)
		case "address":
			r.text(&c.Address, "address", val)
		case "reference":
			r.text(&c.Reference, "reference", val)
		}
	}
	return data.Kind() == jsonread.Object
}

// company reads the member company: the ID of the vendor's company in a current
// response, and the name of the customer's company where it is a string.
func (r *recordReader) company(c *CustomerRecord, val jsonread.Value) {
	if val.Kind() != jsonread.String {
		r.int64(&c.CompanyID, "company", val)
		return
	}
	var name string
	if r.text(&name, "company", val); c.Company == "" {
		c.Company = name
	}
}
