package fulfillment

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

// delivery is an order that was given to this worker.
type delivery struct {
	msg        jetstream.Msg
	key        entryKey
	order      *licensespring.Order
	enqueued   time.Time
	deliveries int
	entry      uint64 // its place in the queue
	tries      tries
	noted      tries // as it is stored by now
	probe      bool  // how it ends decides about the next: the breaker is half open
	began      time.Time
}

// deliver does for one order all there is to do: call, store how it ended, and
// only then acknowledge. ctx is Run's; calls is what calls may go on in for a
// while after that has ended.
func (w *worker) deliver(ctx, calls context.Context, msg jetstream.Msg, probe bool) {
	if ctx.Err() != nil {
		_ = msg.Nak() // for another worker, at once
		return
	}
	d := newDelivery(msg)
	d.probe = probe
	// What follows the call is done to its end, even when Run has to end.
	store := context.WithoutCancel(ctx)
	e := w.handle(ctx, calls, store, d)
	w.finish(store, d, &e)
}

func newDelivery(msg jetstream.Msg) *delivery {
	d := &delivery{msg: msg, key: entryKeyOf(msg.Subject()), deliveries: 1, began: time.Now(), enqueued: time.Now().UTC()}
	if meta, err := msg.Metadata(); err == nil {
		d.deliveries, d.enqueued = int(meta.NumDelivered), meta.Timestamp.UTC() //nolint:gosec // a count of deliveries
		d.entry = meta.Sequence.Stream
	}
	if ms, err := strconv.ParseInt(msg.Headers().Get(headerEnqueued), 10, 64); err == nil {
		d.enqueued = time.UnixMilli(ms).UTC()
	}
	return d
}

// handle does all there is to do before the acknowledgment.
func (w *worker) handle(ctx, calls, store context.Context, d *delivery) Event {
	defer w.heartbeat(d.msg)()
	var e Event
	if err := w.read(store, d); err != nil {
		e = w.giveUp(store, d, err)
	} else if w.known(store, d.key) {
		e = w.wasMade(store, d)
	} else {
		e = w.tryCall(ctx, calls, store, d)
	}
	w.settleTries(store, d, e.Ending)
	return e
}

// read reads the order.
func (w *worker) read(ctx context.Context, d *delivery) error {
	order := &licensespring.Order{}
	err := w.guard(ctx, func() error { return order.UnmarshalJSON(d.msg.Data()) })
	if err == nil {
		d.order = order
	}
	return err
}

// heartbeat tells JetStream that the order is being worked on, until stop is
// called.
func (w *worker) heartbeat(msg jetstream.Msg) (stop func()) {
	enough := make(chan struct{})
	var beats sync.WaitGroup
	beats.Go(func() {
		ticker := time.NewTicker(w.beat)
		defer ticker.Stop()
		for {
			select {
			case <-enough:
				return
			case <-ticker.C:
				_ = msg.InProgress() // the next one may get through
			}
		}
	})
	return func() {
		close(enough)
		beats.Wait()
	}
}

// tryCall calls, unless the order was tried too often, or there is a pause by now:
// it may have come for a request that was made before that.
func (w *worker) tryCall(ctx, calls, store context.Context, d *delivery) Event {
	if err := w.readTries(store, d); err != nil {
		return w.notStored(d, Event{}, "read the tries", err)
	}
	if d.tries.Lost > 0 {
		// This order may be what killed the process, or one that was under way
		// beside it. They are called for one by one, so that it gets known which:
		// the others are made, or at least are not under way the next time.
		select {
		case w.turn <- struct{}{}:
			defer func() { <-w.turn }()
		case <-ctx.Done():
			return Event{Ending: Later, Err: ctx.Err()}
		}
		if w.isSpent(d) {
			return w.giveUp(store, d, d.lost())
		}
	}
	if left, ready := w.breaker.ready(d.probe); !ready {
		return w.giveBack(left)
	}
	if err := w.noteCall(store, d); err != nil {
		return w.notStored(d, Event{}, "note the try", err)
	}
	return w.call(calls, store, d)
}

// giveBack returns an order uncalled. A worker elsewhere may have no pause, so the
// order is held back only until this one has no request for orders open any more.
func (w *worker) giveBack(left time.Duration) Event {
	short := min(w.first, fetchWait)
	return Event{Ending: Later, Err: ErrPaused, RetryIn: min(max(left, short), fetchWait) + jitter(short)}
}

// call makes the order, and stores what came of it.
func (w *worker) call(calls, store context.Context, d *delivery) Event {
	res, err := w.ensure(calls, d.order)
	if err == nil {
		w.breaker.succeeded()
		return w.made(store, d, res)
	}
	e := Event{Ending: Later, Err: err, Outcome: outcomeOf(err)}
	if calls.Err() != nil {
		return e // cut off: another worker finds out
	}
	v := judge(err)
	if v.isAnswer {
		w.breaker.succeeded()
	} else {
		w.breaker.failed(v, time.Now())
	}
	if v.counts {
		d.tries.Made++
	}
	if v.dead || (v.counts && w.isSpent(d)) {
		return w.giveUp(store, d, err)
	}
	e.RetryIn = max(backoff(w.first, w.ceiling, d.deliveries), min(time.Until(v.until), longest)+jitter(w.first))
	return e
}

func outcomeOf(err error) licensespring.Outcome {
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		return e.Outcome
	}
	return ""
}

// made stores the result of an order that is there.
func (w *worker) made(store context.Context, d *delivery, res *licensespring.OrderResult) Event {
	e := Event{Ending: Done, Outcome: res.Outcome}
	s, err := w.newStoredResult(d, res)
	if err == nil {
		err = w.within(store, func(ctx context.Context) error { return w.keep(ctx, d.key, &s) })
	}
	if err != nil {
		// The order is made, and will be found there at the next delivery.
		return w.notStored(d, e, "store the result", err)
	}
	return w.cleared(store, d, e)
}

// wasMade is the end of an order that has a result: made by another worker, or
// here before a kill.
func (w *worker) wasMade(store context.Context, d *delivery) Event {
	return w.cleared(store, d, Event{Ending: Done})
}

// cleared removes the dead letter that the order may have left when it was given
// up before, so that it has one end and not two.
func (w *worker) cleared(store context.Context, d *delivery, e Event) Event {
	err := w.within(store, func(ctx context.Context) error { return w.clear(ctx, d.key) })
	if err != nil {
		return w.notStored(d, e, "remove the dead letter", err)
	}
	return e
}

// notStored is the end of a delivery whose outcome could not be stored: the order
// stays in the queue.
func (w *worker) notStored(d *delivery, e Event, doing string, err error) Event {
	e.Ending, e.Err, e.RetryIn = Later, wrap(doing, err), backoff(w.first, w.ceiling, d.deliveries)
	if errors.Is(err, ErrStoreFull) {
		// Nothing can be kept of the next order either. The probes that follow are
		// noted before they are called for, and so are not while that is so.
		w.breaker.failed(verdict{hold: holdNow}, time.Now())
	}
	return e
}

// giveUp makes a dead letter of an order.
func (w *worker) giveUp(store context.Context, d *delivery, why error) Event {
	e := Event{Ending: Dead, Err: why, Outcome: outcomeOf(why)}
	l := &storedLetter{
		Failure: newFailure(why), Enqueued: d.enqueued, Died: time.Now().UTC(), Deliveries: d.deliveries,
	}
	if d.order != nil {
		l.OrderID, l.Order = d.order.ID, d.msg.Data()
	} else {
		l.Payload = d.msg.Data()
	}
	if err := w.bury(store, d.key, l); err != nil {
		return w.notStored(d, e, "store the dead letter", err)
	}
	// Another worker may have made it meanwhile. Looking after the letter is
	// stored, and not before, leaves no moment in which both miss each other.
	if w.known(store, d.key) {
		return w.wasMade(store, d)
	}
	return e
}

// within bounds how long one thing is tried to be stored.
func (w *worker) within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return do(ctx)
}

// finish acknowledges the delivery, or gives it back, and tells of it.
func (w *worker) finish(ctx context.Context, d *delivery, e *Event) {
	switch {
	case e.Ending != Later:
		// Confirmed, so that it is not forgotten. If it cannot be, the order is
		// delivered again and found to be finished.
		if err := w.within(ctx, func(ctx context.Context) error { return w.persist(ctx, d.msg.DoubleAck) }); err != nil {
			w.cfg.logger.LogAttrs(ctx, slog.LevelWarn, "licensespring order not acknowledged", slog.Any("error", err))
		}
	case e.RetryIn > 0:
		_ = d.msg.NakWithDelay(e.RetryIn) // if that is lost, the ack wait does it
	default:
		_ = d.msg.Nak()
	}
	if d.order != nil {
		e.OrderID = d.order.ID
	}
	now := time.Now()
	e.Deliveries, e.Took = d.deliveries, now.Sub(d.began)
	e.Waited = max(now.Sub(d.enqueued), 0) // the clock may be another machine's
	w.log(ctx, e)
	_ = w.guard(ctx, func() error { // what it panicked with is logged
		w.observe(*e)
		return nil
	})
}

func (w *worker) log(ctx context.Context, e *Event) {
	level := slog.LevelDebug
	switch e.Ending {
	case Done:
	case Later:
		if !errors.Is(e.Err, ErrPaused) { // what it pauses for was told
			level = slog.LevelWarn
		}
	case Dead:
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("order_id", e.OrderID), slog.String("ending", string(e.Ending)), slog.Int("deliveries", e.Deliveries),
		slog.Duration("waited", e.Waited), slog.Duration("took", e.Took),
	}
	if e.Outcome != "" {
		attrs = append(attrs, slog.String("outcome", string(e.Outcome)))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Duration("retry_in", e.RetryIn), slog.Any("error", e.Err))
	}
	w.cfg.logger.LogAttrs(ctx, level, "licensespring order delivered", attrs...)
}
