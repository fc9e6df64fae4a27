package fulfillment

import (
	"time"

	"github.com/licensespring-go/licensespring"
)

// Disposition describes how a worker finished a delivery of an order.
type Disposition string

// The dispositions.
const (
	// DispositionDone means that the order exists and its result is stored.
	DispositionDone Disposition = "done"
	// DispositionRetry means that the order is redelivered after a backoff.
	DispositionRetry Disposition = "retry"
	// DispositionDead means that the order became a dead letter.
	DispositionDead Disposition = "dead"
)

// Event reports one delivery of an order to a worker.
type Event struct {
	// OrderID is the caller's id of the order.
	OrderID     string
	Disposition Disposition
	// Outcome is the outcome of the call. It is empty if a result was stored
	// already and no call was made.
	Outcome licensespring.Outcome
	// Err is the reason unless the disposition is DispositionDone. It is usually a
	// [*licensespring.Error].
	Err error
	// Deliveries is the number of deliveries of the order, including this one.
	Deliveries int
	// RetryIn is the time until the next delivery if the disposition is
	// DispositionRetry.
	RetryIn time.Duration
	// Age is the time since the order was enqueued, and Duration the time that the
	// delivery took.
	Age, Duration time.Duration
}
