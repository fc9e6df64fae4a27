package fulfillment

import (
	"time"

	"github.com/licensespring-go/licensespring"
)

// Ending says how a delivery of an order to a worker ended.
type Ending string

// The endings.
const (
	// Done means that the order is there, and its result stored.
	Done Ending = "done"
	// Later means that the order is tried again after a while.
	Later Ending = "later"
	// Dead means that the order is a dead letter now.
	Dead Ending = "dead"
)

// Event is how one delivery of an order ended.
type Event struct {
	// OrderID is the caller's id of the order.
	OrderID string
	Ending  Ending
	// Outcome is what the call said became of the order. It is empty if the
	// result was there already, and no call was made.
	Outcome licensespring.Outcome
	// Err is why, if the ending is not Done. It is usually a
	// [*licensespring.Error].
	Err error
	// Deliveries is how often the order was delivered so far, this one included.
	Deliveries int
	// RetryIn is when it is delivered again, if the ending is Later.
	RetryIn time.Duration
	// Waited is how long ago the order was enqueued, and Took how long the
	// delivery took.
	Waited, Took time.Duration
}
