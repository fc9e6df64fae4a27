package fulfillment

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

// OrderState describes what a pipeline knows about an order id.
type OrderState string

// The states of an order id. A result has precedence over an order in the queue, and
// that over a dead letter.
const (
	// OrderUnknown means that the pipeline has no order with the id.
	OrderUnknown OrderState = "unknown"
	// OrderQueued means that an order with the id is in the queue.
	OrderQueued OrderState = "queued"
	// OrderDone means that a result is stored.
	OrderDone OrderState = "done"
	// OrderDead means that a dead letter has the id.
	OrderDead OrderState = "dead"
)

// OrderState returns the state of an order id, regardless of the content of the
// order.
func (p *Pipeline) OrderState(ctx context.Context, orderID string) (state OrderState, err error) {
	err = retryTransient(ctx, func(ctx context.Context) error {
		state, err = p.orderState(ctx, orderKey(orderID))
		return err
	})
	return state, wrap("order state", err)
}

func (p *Pipeline) orderState(ctx context.Context, key string) (OrderState, error) {
	all := entryKey{order: key, content: "*"}
	// The queue is read before the results: a worker stores a result before it
	// removes the order.
	_, queuedErr := p.orders.stream.GetLastMsgForSubject(ctx, p.names.orderSubject(all))
	if queuedErr != nil && !errors.Is(queuedErr, jetstream.ErrMsgNotFound) {
		return "", queuedErr
	}
	_, err := p.streams.results.Get(ctx, key)
	switch {
	case err == nil:
		return OrderDone, nil
	case !errors.Is(err, jetstream.ErrKeyNotFound):
		return "", err
	case queuedErr == nil:
		return OrderQueued, nil
	}
	_, err = p.streams.deadLetters.GetLastMsgForSubject(ctx, p.names.deadLetterSubject(all))
	switch {
	case err == nil:
		return OrderDead, nil
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return OrderUnknown, nil
	default:
		return "", err
	}
}

// IsQueued reports whether an order with the same content is in the queue.
func (p *Pipeline) IsQueued(ctx context.Context, order *licensespring.Order) (queued bool, err error) {
	body, err := order.MarshalJSON()
	if err != nil {
		return false, err
	}
	err = retryTransient(ctx, func(ctx context.Context) error {
		queued, err = hasSubject(ctx, p.orders.stream, p.names.orderSubject(newEntryKey(order.ID, body)))
		return err
	})
	return queued, wrap("order state", err)
}
