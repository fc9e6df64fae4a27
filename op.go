package licensespring

// Op names an operation: a call, or what one of its requests is for. Errors,
// attempts, log entries and observers carry it.
type Op string

// The operations. OpLookUpOrder is a request of other calls, such as one that settles
// an ambiguous create. OpGetProduct is both; the others are calls of their own. A call
// of OpEnsureLicense, OpAssignUser or OpUnassignUser also sends requests of
// OpGetLicense and of the operations that change a license.
const (
	OpNew                 Op = "new client"
	OpPreview             Op = "preview"
	OpCreateOrder         Op = "create order"
	OpEnsureOrder         Op = "ensure order"
	OpLookUpOrder         Op = "look up order"
	OpGetOrder            Op = "get order"
	OpGetOrderByStoreID   Op = "get order by store id"
	OpListOrders          Op = "list orders"
	OpGetLicense          Op = "get license"
	OpGetLicenseByKey     Op = "get license by key"
	OpListLicenses        Op = "list licenses"
	OpGetCustomer         Op = "get customer"
	OpListCustomers       Op = "list customers"
	OpGetProduct          Op = "get product"
	OpListProducts        Op = "list products"
	OpGenerateLicenseKeys Op = "generate license keys"
	OpAssignKeys          Op = "assign license keys"
	OpUpdateLicense       Op = "update license"
	OpEnableLicense       Op = "enable license"
	OpDisableLicense      Op = "disable license"
	OpUpdateFeatures      Op = "update features"
	OpAssignUser          Op = "assign user"
	OpUnassignUser        Op = "unassign user"
	OpSetUserPassword     Op = "set user password"
	OpEnsureLicense       Op = "ensure license"
)

// concernsOrders reports whether a conflict can mean that an order exists.
func (o Op) concernsOrders() bool {
	switch o {
	case OpCreateOrder, OpEnsureOrder, OpGetOrder, OpGetOrderByStoreID, OpListOrders, OpGenerateLicenseKeys, OpAssignKeys:
		return true
	default:
		return false
	}
}

// writes reports whether the operation changes something at the service, so that
// its errors have an outcome.
func (o Op) writes() bool {
	switch o {
	case OpPreview, OpCreateOrder, OpEnsureOrder, OpUpdateLicense, OpEnableLicense, OpDisableLicense,
		OpUpdateFeatures, OpAssignUser, OpUnassignUser, OpSetUserPassword, OpEnsureLicense:
		return true
	default:
		return false
	}
}
