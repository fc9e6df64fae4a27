package licensespring

// Op names an operation: a call, or what one of its requests is for. Errors,
// attempts, log entries and observers carry it.
type Op string

// The operations. OpLookUpOrder and OpGetProduct are requests of other calls, such
// as one that settles an ambiguous create; the others are calls of their own.
const (
	OpNew                 Op = "new client"
	OpPreview             Op = "preview order"
	OpCreateOrder         Op = "create order"
	OpEnsureOrder         Op = "ensure order"
	OpLookUpOrder         Op = "look up order"
	OpGetOrder            Op = "get order"
	OpGetOrderByStoreID   Op = "get order by store id"
	OpListOrders          Op = "list orders"
	OpGetProduct          Op = "get product"
	OpGenerateLicenseKeys Op = "generate license keys"
	OpAssignKeys          Op = "assign license keys"
)
