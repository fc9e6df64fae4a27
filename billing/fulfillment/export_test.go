package fulfillment

import (
	"context"
	"time"

	"github.com/licensespring-go/licensespring"
)

// StoreResult makes an order and stores its result, and does nothing of what
// comes after, as a worker that is killed then.
func StoreResult(ctx context.Context, p *Pipeline, client Ensurer, order *licensespring.Order) error {
	d, err := deliveryOf(order)
	if err != nil {
		return err
	}
	res, err := client.EnsureOrder(ctx, order)
	if err != nil {
		return err
	}
	s, err := p.newStoredResult(d, res)
	if err != nil {
		return err
	}
	return p.keep(ctx, d.key, &s)
}

// StoreLetter stores a dead letter of an order.
func StoreLetter(ctx context.Context, p *Pipeline, order *licensespring.Order) error {
	d, err := deliveryOf(order)
	if err != nil {
		return err
	}
	return p.bury(ctx, d.key, &storedLetter{OrderID: order.ID, Failure: Failure{Text: "no"}})
}

func deliveryOf(order *licensespring.Order) (*delivery, error) {
	body, err := order.MarshalJSON()
	return &delivery{order: order, key: newEntryKey(order.ID, body), enqueued: time.Now()}, err
}
