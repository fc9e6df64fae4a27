package fulfillment

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// What errors.Is finds in the errors of this package, beside the kinds of
// package licensespring.
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
	// ErrPaused means that a worker pauses and gave an order back that it had
	// taken just before, without a call. It is seen in an [Event] only.
	ErrPaused = errors.New("fulfillment: the worker pauses")
	// ErrCallLost means that an order was given up because its calls never came
	// back: the process was killed in the middle of them, again and again, perhaps
	// by the order itself. It is seen in an [Event] only, beside
	// [licensespring.ErrOutcomeUnknown].
	ErrCallLost = errors.New("fulfillment: the call never came back")
	// ErrPanicked means that the client panicked in a call. It is seen in an
	// [Event] only.
	ErrPanicked = errors.New("fulfillment: panic")
	// ErrClosed means that the pipeline was closed.
	ErrClosed = errors.New("fulfillment: the pipeline is closed")
	// ErrTooLarge means that an order is larger than the server's messages may be.
	// Enqueueing it again does not help.
	ErrTooLarge = errors.New("fulfillment: the order is too large for the queue")
	// ErrStoreInUse means that another process has the store directory open.
	ErrStoreInUse = errors.New("fulfillment: another process has the store directory open")
	// ErrStoreUnreadable means that the store directory holds orders which cannot
	// be read: the encryption key is missing or another, or a file is damaged.
	// Nothing in it was changed.
	ErrStoreUnreadable = errors.New("fulfillment: the store cannot be read")
	// ErrStoreFailed means that the disk of the embedded server failed or was
	// full. Nothing is stored from then on, also when there is room again, until
	// the pipeline is closed and opened anew. What was stored before is there.
	ErrStoreFailed = errors.New("fulfillment: the store failed")
	// ErrStoreFull means that the server holds as much as it allows itself, less a
	// reserve that an embedded server keeps for the orders in the queue. It passes
	// when results expire or dead letters are discarded, and with an embedded server
	// also when it is opened anew with more room on the disk.
	ErrStoreFull = errors.New("fulfillment: the store is full")
)

// wrap says of an error of the connection what it means here.
func wrap(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrConnectionClosed):
		return fmt.Errorf("%w: %s", ErrClosed, doing)
	case errors.Is(err, ErrStoreFailed), errors.Is(err, ErrStoreFull):
		return fmt.Errorf("%w: %s", err, doing)
	default:
		return fmt.Errorf("fulfillment: %s: %w", doing, err)
	}
}
