package licensespring

// Op names an operation: a call, or what one of its requests is for. Errors,
// attempts, log entries and observers carry it.
type Op string

// The operations. OpLookUpOrder is a request of other calls, such as one that settles
// an ambiguous create. OpGetProduct is both; the others are calls of their own.
const (
	OpNew                 Op = "new client"
	OpPreview             Op = "preview order"
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
)
