package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

// attempts counts the calls for an order. It is stored beside the queue for two
// reasons: a call that ends the process has to be recorded before it starts, and
// the delivery count of JetStream includes outages and pauses.
type attempts struct {
	// StreamSeq is the sequence number of the order in the queue. A retried dead
	// letter has another one and starts with zero attempts.
	StreamSeq uint64 `json:"stream_seq"`
	// Counted is the number of calls that count toward the maximum.
	Counted int `json:"counted"`
	// Interrupted is the number of counted calls during which the process ended.
	Interrupted int `json:"interrupted"`
}

// loadAttempts loads the earlier attempts of an order. The first delivery of an
// order has none.
func (w *worker) loadAttempts(ctx context.Context, d *delivery) error {
	d.attempts = attempts{StreamSeq: d.streamSeq}
	d.storedAttempts = d.attempts
	if w.isFirst(d) {
		return nil
	}
	return withWriteTimeout(ctx, func(ctx context.Context) error {
		return retryTransient(ctx, func(ctx context.Context) error {
			msg, err := w.pipeline.streams.attempts.GetLastMsgForSubject(ctx, w.pipeline.names.attemptsSubject(d.key))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			var a attempts
			if json.Unmarshal(msg.Data, &a) == nil && a.StreamSeq == d.streamSeq {
				d.attempts, d.storedAttempts = a, a
			}
			return nil
		})
	})
}

// isFirst reports whether the order was certainly not delivered before.
func (w *worker) isFirst(d *delivery) bool {
	return d.count == 1 && d.streamSeq > w.pipeline.orders.redelivered.Load()
}

// recordCall stores, before a call, that the call was interrupted. It skips the
// first delivery, because interruptions are rare and one uncounted call does no
// harm. It does not skip a probe, so that a probe makes no call while the store is
// full.
func (w *worker) recordCall(ctx context.Context, d *delivery) error {
	if w.isFirst(d) && !d.probe {
		return nil
	}
	a := d.attempts
	a.Counted++
	a.Interrupted++
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	return w.saveAttempts(ctx, d, a)
}

// correctAttempts replaces what recordCall stored once the call has returned.
func (w *worker) correctAttempts(ctx context.Context, d *delivery, disposition Disposition) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var err error
	switch {
	case disposition != DispositionRetry && (!w.isFirst(d) || d.storedAttempts.Counted > 0):
		err = w.purgeAttempts(ctx, d)
	case disposition == DispositionRetry && d.attempts != d.storedAttempts:
		err = w.saveAttempts(ctx, d, d.attempts)
	}
	if err != nil { // one attempt too many counts, or the record remains until its TTL
		w.logger().LogAttrs(ctx, slog.LevelWarn, "fulfillment attempts not stored", slog.Any("error", err))
	}
}

func (w *worker) saveAttempts(ctx context.Context, d *delivery, a attempts) error {
	body, err := encodeJSON(a)
	if err != nil {
		return err
	}
	d.storedAttempts = a // a failed write may have been applied
	return w.pipeline.write(ctx, func(ctx context.Context) error {
		if a.Counted == 0 {
			return w.purgeAttempts(ctx, d)
		}
		_, err := w.pipeline.js.Publish(ctx, w.pipeline.names.attemptsSubject(d.key), body)
		return err
	})
}

func (w *worker) purgeAttempts(ctx context.Context, d *delivery) error {
	return w.pipeline.streams.attempts.Purge(ctx, jetstream.WithPurgeSubject(w.pipeline.names.attemptsSubject(d.key)))
}

// isExhausted reports whether an order has no attempts left.
func (w *worker) isExhausted(d *delivery) bool {
	return w.cfg.maxDeliveries > 0 && d.attempts.Counted >= w.cfg.maxDeliveries
}

// interruptedError is the error of an exhausted order whose last call was
// interrupted.
func (d *delivery) interruptedError() error {
	return fmt.Errorf("%w: %d of %d attempts: %w", ErrCallInterrupted, d.attempts.Interrupted, d.attempts.Counted, &licensespring.Error{
		Op: licensespring.OpEnsureOrder, OrderID: d.order.ID,
		Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.OutcomeUnknown,
	})
}
