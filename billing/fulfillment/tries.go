package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

// triesKept is for how long the tries of an order are kept after the last one. It
// only removes what a kill left behind.
const triesKept = 30 * 24 * time.Hour

// tries is how often an order was called for. It is kept beside the queue, since a
// process that a call kills can tell of it only before the call, and since the
// number of deliveries has in it what is not the order's fault.
type tries struct {
	// Entry is the order's place in the queue. One that is put back later under
	// its name begins anew.
	Entry uint64 `json:"entry"`
	// Made is how many calls counted: they failed in a way that may be the order's
	// fault, or never came back.
	Made int `json:"made"`
	// Lost is how many of them never came back.
	Lost int `json:"lost"`
}

// triesConfig has a subject for each entry, and its last word on it.
func (p *Pipeline) triesConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              p.names.tries(),
		Description:       "How often license orders were tried that did not succeed at once.",
		Subjects:          []string{p.names.prefix + ".tries.>"},
		Retention:         jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1,
		MaxAge:            triesKept,
		Storage:           jetstream.FileStorage,
		Replicas:          p.cfg.replicas,
	}
}

// readTries finds how often an order was tried before. One that is delivered for
// the first time was not.
func (w *worker) readTries(ctx context.Context, d *delivery) error {
	d.tries = tries{Entry: d.entry}
	d.noted = d.tries
	if d.deliveries == 1 {
		return nil
	}
	return w.within(ctx, func(ctx context.Context) error {
		return persist(ctx, func(ctx context.Context) error {
			msg, err := w.Pipeline.tries.GetLastMsgForSubject(ctx, w.names.triesSubject(d.key))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			var t tries
			if json.Unmarshal(msg.Data, &t) == nil && t.Entry == d.entry {
				d.tries, d.noted = t, t
			}
			return nil
		})
	})
}

// noteCall notes, before a call, that it never came back. The first call of an
// order is spared that: hardly any is lost, and one more does not matter. Where the
// order is a probe it is noted as well, for then nothing is made while it cannot be
// stored.
func (w *worker) noteCall(ctx context.Context, d *delivery) error {
	if d.deliveries == 1 && !d.probe {
		return nil
	}
	t := d.tries
	t.Made++
	t.Lost++
	ctx, cancel := context.WithTimeout(ctx, apiTimeout) // there is nothing to lose yet
	defer cancel()
	return w.keepTries(ctx, d, t)
}

// settleTries corrects what was noted before the call, once it is known better.
func (w *worker) settleTries(ctx context.Context, d *delivery, ending Ending) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var err error
	switch {
	case ending != Later && (d.deliveries > 1 || d.noted.Made > 0):
		err = w.Pipeline.tries.Purge(ctx, jetstream.WithPurgeSubject(w.names.triesSubject(d.key)))
	case ending == Later && d.tries != d.noted:
		err = w.keepTries(ctx, d, d.tries)
	}
	if err != nil { // it counts one try too many, or is left behind for a while
		w.cfg.logger.LogAttrs(ctx, slog.LevelWarn, "licensespring tries not stored", slog.Any("error", err))
	}
}

func (w *worker) keepTries(ctx context.Context, d *delivery, t tries) error {
	subject := w.names.triesSubject(d.key)
	body, err := encode(t)
	if err != nil {
		return err
	}
	d.noted = t // it may be stored even if that is not answered
	return w.persist(ctx, func(ctx context.Context) error {
		if t.Made == 0 {
			return w.Pipeline.tries.Purge(ctx, jetstream.WithPurgeSubject(subject))
		}
		_, err := w.js.Publish(ctx, subject, body)
		return err
	})
}

// isSpent reports whether an order was tried as often as it may be.
func (w *worker) isSpent(d *delivery) bool {
	return w.maxDeliveries > 0 && d.tries.Made >= w.maxDeliveries
}

// lost is why an order is given up whose last call never came back.
func (d *delivery) lost() error {
	return fmt.Errorf("%w: %d of its %d tries: %w", ErrCallLost, d.tries.Lost, d.tries.Made, &licensespring.Error{
		Op: "fulfillment", OrderID: d.order.ID, Kind: licensespring.ErrOutcomeUnknown, Outcome: licensespring.Unknown,
	})
}
