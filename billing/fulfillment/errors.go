package fulfillment

import (
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
)

// Errors of this package that errors.Is matches, in addition to the kinds of
// package licensespring.
var (
	// ErrNoResult means that no result is stored for the order id. The order was
	// not enqueued, is still in the queue, or is a dead letter.
	ErrNoResult = errors.New("fulfillment: no result")
	// ErrNoDeadLetter means that no dead letter has the sequence number.
	ErrNoDeadLetter = errors.New("fulfillment: no such dead letter")
	// ErrNotRetryable means that a dead letter holds no order, as a [Rejection]
	// does not.
	ErrNotRetryable = errors.New("fulfillment: the dead letter holds no order")
	// ErrNotMissing means that [Pipeline.Missing] does not list the order.
	ErrNotMissing = errors.New("fulfillment: the order is not missing")
	// ErrStillQueued means that the order of a dead letter is in the queue, so
	// that it cannot be enqueued again.
	ErrStillQueued = errors.New("fulfillment: the order is in the queue")
	// ErrPaused means that a paused worker returned an order to the queue without
	// a call. Only an [Event] reports it.
	ErrPaused = errors.New("fulfillment: the worker is paused")
	// ErrCallInterrupted means that an order became a dead letter because the
	// process ended during its calls, possibly because of the order. Only an
	// [Event] reports it, together with [licensespring.ErrOutcomeUnknown].
	ErrCallInterrupted = errors.New("fulfillment: the process ended during the call")
	// ErrPanicked means that the client panicked. Only an [Event] reports it.
	ErrPanicked = errors.New("fulfillment: panic")
	// ErrClosed means that the pipeline is closed.
	ErrClosed = errors.New("fulfillment: the pipeline is closed")
	// ErrTooLarge means that an order exceeds the maximum message size of the
	// server. Enqueueing it again fails again.
	ErrTooLarge = errors.New("fulfillment: the order is too large for the queue")
	// ErrStoreInUse means that another process has the store directory open.
	ErrStoreInUse = errors.New("fulfillment: the store directory is in use by another process")
	// ErrStoreUnreadable means that the store directory holds orders that cannot
	// be read: the encryption key is missing or wrong, or a file is damaged. The
	// directory was not changed.
	ErrStoreUnreadable = errors.New("fulfillment: the store is unreadable")
	// ErrStoreFailed means that the disk of the embedded server failed or was
	// full. The server stores nothing until the pipeline is closed and opened
	// again, even if space becomes free. Nothing that was acknowledged is lost.
	ErrStoreFailed = errors.New("fulfillment: the store failed")
	// ErrStoreFull means that the server has reached its storage limit, minus the
	// reserve that an embedded server keeps for orders in the queue. Expired
	// results and discarded dead letters free space. An embedded server takes a
	// larger disk into account when it is opened again.
	ErrStoreFull = errors.New("fulfillment: the store is full")
)

// wrap adds the operation to an error, and translates a closed connection.
func wrap(operation string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrConnectionClosed):
		return fmt.Errorf("%w: %s", ErrClosed, operation)
	case errors.Is(err, ErrStoreFailed), errors.Is(err, ErrStoreFull):
		return fmt.Errorf("%w: %s", err, operation)
	default:
		return fmt.Errorf("fulfillment: %s: %w", operation, err)
	}
}
