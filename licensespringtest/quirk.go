package licensespringtest

// A Quirk is a deviation of the service's records from their documented form.
// Clients must read such records without losing the order. See [WithQuirks].
type Quirk int

const (
	// QuirkNoRootID omits the id at the root of an order. Only the licenses
	// contain it.
	QuirkNoRootID Quirk = iota + 1
	// QuirkZeroDates writes absent validity periods as 0000-00-00 instead of
	// null, a known bug of the service.
	QuirkZeroDates
	// QuirkCustomerID writes the customer as a number instead of an object.
	QuirkCustomerID
	// QuirkCustomerNull writes the customer as null.
	QuirkCustomerNull
	// QuirkNoListItems omits the items of the orders in a list.
	QuirkNoListItems
	// QuirkSingleUser omits license_users for licenses with only one user, who
	// then appears in license_user only.
	QuirkSingleUser
	// QuirkNoProduct omits the product object of the items.
	QuirkNoProduct
	// QuirkPlainEmails writes the addresses of users without the suffix and
	// omits true_email.
	QuirkPlainEmails
)
