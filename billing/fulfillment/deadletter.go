package fulfillment

import (
	"time"

	"github.com/licensespring-go/licensespring"
)

// Rejection is something that could not be turned into an order: a webhook
// event with metadata that makes no sense, say.
type Rejection struct {
	// ID tells it from other rejections, and is required: the id of the event,
	// or of the order it would have become. Rejecting the same ID again replaces
	// what was there.
	ID string
	// Reason says what is wrong, for people.
	Reason string
	// Source says where it came from, as in "stripe checkout.session.completed".
	Source string
	// Payload is the thing itself, as it came. It is stored and shown.
	Payload []byte
	// Err is what was found, if there is more to say than Reason: a
	// [*licensespring.ValidationError], for one. What it holds of the kinds and
	// findings of this SDK is kept.
	Err error
}

// DeadLetter is an order that was given up, or a [Rejection]. A person looks at
// it: mends what is wrong and calls [Pipeline.Retry], or [Pipeline.Discard].
type DeadLetter struct {
	// Seq names the letter, for Retry and Discard.
	Seq uint64
	// OrderID is the caller's id of the order, or the ID of the Rejection.
	OrderID string
	// Order is what was asked for. It is nil for a Rejection.
	Order *licensespring.Order
	// Failure says why.
	Failure Failure
	// Source and Payload are those of a Rejection. An entry of the queue that
	// cannot be read as an order has a Payload, too.
	Source  string
	Payload []byte
	// Enqueued is when the order came into the queue, and Died when it was
	// given up.
	Enqueued, Died time.Time
	// Deliveries is how often it was tried.
	Deliveries int
}
