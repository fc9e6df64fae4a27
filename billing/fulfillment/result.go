package fulfillment

import (
	"time"

	"github.com/licensespring-go/licensespring"
)

// Result is an order that was made.
type Result struct {
	// OrderID is the caller's id of the order.
	OrderID string
	// Outcome says how it came to be: created, appended, recovered or existing.
	Outcome licensespring.Outcome
	// Order is the order as the service has it, with the license keys. The
	// initial passwords in it are absent unless [WithKeepPasswords] was given.
	// It is nil if it was too large for the server to store; then
	// [licensespring.Client.GetOrder] with ServiceID returns it.
	Order *licensespring.OrderRecord
	// ServiceID is the service's number for the order.
	ServiceID int64
	// Warnings are those of [licensespring.OrderResult].
	Warnings []licensespring.Finding
	// Enqueued is when the order came into the queue, and Done when it was found
	// made.
	Enqueued, Done time.Time
	// Deliveries is how often it was tried.
	Deliveries int
}
