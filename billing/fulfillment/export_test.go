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

// WithMaxStore sets how much the embedded server allows itself, in bytes.
func WithMaxStore(n int64) Option {
	return func(c *config) { c.maxStore = n }
}

// DeliverProbe takes an order as a worker does that tries whether things work again.
func DeliverProbe(ctx context.Context, p *Pipeline, client Ensurer, options ...RunOption) error {
	return deliverOne(ctx, p, client, 0, true, options)
}

// DeliverPaused takes an order as a worker does whose pause began just then, and
// ends as delivering it does.
func DeliverPaused(ctx context.Context, p *Pipeline, client Ensurer, pause time.Duration, options ...RunOption) error {
	return deliverOne(ctx, p, client, pause, false, options)
}

func deliverOne(ctx context.Context, p *Pipeline, client Ensurer, pause time.Duration, probe bool, options []RunOption) error {
	cfg, err := newRunConfig(options)
	if err != nil {
		return err
	}
	w := &worker{Pipeline: p, runConfig: cfg, client: client, beat: time.Second}
	w.breaker.limited = time.Now().Add(pause)
	msg, err := p.workers.Next()
	if err == nil {
		w.deliver(ctx, ctx, msg, probe)
	}
	return err
}

// Tried returns of how many orders the tries are kept.
func Tried(ctx context.Context, p *Pipeline) (int, error) {
	info, err := p.parts.tries.Info(ctx)
	if err != nil {
		return 0, err
	}
	return count(info.State.Msgs), nil
}

func deliveryOf(order *licensespring.Order) (*delivery, error) {
	body, err := order.MarshalJSON()
	return &delivery{order: order, key: newEntryKey(order.ID, body), enqueued: time.Now()}, err
}
