package licensespring

import "encoding/json"

// Customer is who an order is made for. How the service finds a customer that it
// has already is not documented. Text fields that are empty are not sent; a
// customer without any field is not sent at all.
type Customer struct {
	// Email is the customer's e-mail address (page: email).
	Email string
	// FirstName is the customer's first name (page: first_name).
	FirstName string
	// LastName is the customer's last name (page: last_name).
	LastName string
	// Company is the name of the customer's company (page: company, newer
	// reference: company_name; see [Dialect]).
	Company string
	// Phone is the customer's phone number (page: phone).
	Phone string
	// Reference is the customer in your system, such as a UUID (page:
	// reference).
	Reference string
	// IsManager makes the customer a manager of the licenses of the order
	// (page: is_manager). False is not sent, which means the same.
	IsManager bool
	// Address is the customer's address (newer reference: address).
	Address string
	// Extra holds members that this type has no field for, sent as they are.
	Extra map[string]json.RawMessage
}
