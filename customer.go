package licensespring

import "encoding/json"

// Customer is the customer of an order. The service matches it to an existing
// customer by e-mail address, or by company name if there is no address. Details
// that differ change the existing customer (newer reference). Empty fields are
// not sent, and a customer without any field is not sent at all.
//
// A struct that embeds a Customer loses its other fields when it is encoded: use a
// named field.
type Customer struct {
	// Email is the e-mail address of the customer (Create Order page).
	Email string `json:"email,omitzero"`
	// FirstName is the first name of the customer (Create Order page).
	FirstName string `json:"first_name,omitzero"`
	// LastName is the last name of the customer (Create Order page).
	LastName string `json:"last_name,omitzero"`
	// Company is the name of the customer's company (Create Order page; company_name
	// in the newer reference, see [Dialect]).
	Company string `json:"company,omitzero"`
	// Phone is the phone number of the customer (Create Order page).
	Phone string `json:"phone,omitzero"`
	// Reference is the id of the customer in your system, such as a UUID (Create
	// Order page).
	Reference string `json:"reference,omitzero"`
	// IsManager makes the customer a manager of the licenses of the order (Create
	// Order page). False is not sent and is the default.
	IsManager bool `json:"is_manager,omitzero"`
	// Address is the postal address of the customer (newer reference).
	Address string `json:"address,omitzero"`
	// Extra holds members without a field of their own. They are sent unchanged.
	Extra map[string]json.RawMessage `json:"-"`
}
