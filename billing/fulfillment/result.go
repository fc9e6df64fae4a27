package fulfillment

import (
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
)

// What is not there.
var (
	// ErrNoResult means that there is no result under the order id: the order
	// was not enqueued, is in the queue yet, or is a dead letter.
	ErrNoResult = errors.New("fulfillment: no result")
	// ErrNoDeadLetter means that there is no such dead letter, any more or ever.
	ErrNoDeadLetter = errors.New("fulfillment: no such dead letter")
	// ErrNotRetryable means that a dead letter holds no order: it is a Rejection.
	ErrNotRetryable = errors.New("fulfillment: the dead letter holds no order")
	// ErrStillQueued means that the order of a dead letter is in the queue at
	// this moment, so that it cannot be put back.
	ErrStillQueued = errors.New("fulfillment: the order is in the queue")
	// ErrClosed means that the pipeline was closed.
	ErrClosed = errors.New("fulfillment: the pipeline is closed")
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
