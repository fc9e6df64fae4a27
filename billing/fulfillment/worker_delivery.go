package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

// delivery is an order that was delivered to a worker.
type delivery struct {
	orderHeaders
	msg            jetstream.Msg
	body           []byte // of the message
	key            entryKey
	order          *licensespring.Order
	startedAt      time.Time
	count          int    // deliveries of the order, including this one
	streamSeq      uint64 // of the order in the queue
	attempts       attempts
	storedAttempts attempts
	probe          bool // the breaker is half open
}

// deliverOrder processes one order: it calls the client, stores the outcome, and then
// acknowledges the order.
func (w *worker) deliverOrder(ctx, callCtx context.Context, msg jetstream.Msg, probe bool) {
	if ctx.Err() != nil {
		_ = msg.Nak() // redeliver to another worker
		return
	}
	d := newDelivery(msg)
	d.probe = probe
	// The outcome of a call must be stored even if Run has to end.
	storeCtx := context.WithoutCancel(ctx)
	e := w.process(ctx, callCtx, storeCtx, d)
	w.finish(storeCtx, d, &e)
}

func newDelivery(msg jetstream.Msg) *delivery {
	d := &delivery{
		msg: msg, body: orderOf(msg.Data()), key: parseEntryKey(msg.Subject()), count: 1,
		startedAt: time.Now(), orderHeaders: orderHeaders{enqueuedAt: time.Now().UTC()},
	}
	if meta, err := msg.Metadata(); err == nil {
		d.count, d.enqueuedAt = int(meta.NumDelivered), meta.Timestamp.UTC() //nolint:gosec // a count of deliveries
		d.streamSeq = meta.Sequence.Stream
	}
	d.get(msg.Headers())
	return d
}

// process does everything before the acknowledgment.
func (w *worker) process(ctx, callCtx, storeCtx context.Context, d *delivery) Event {
	defer w.startHeartbeat(d.msg)()
	var e Event
	if err := w.decodeOrder(storeCtx, d); err != nil {
		e = w.storeDeadLetter(storeCtx, d, err)
	} else if w.pipeline.hasResult(storeCtx, d.key) {
		e = w.finishExisting(storeCtx, d)
	} else {
		e = w.callUnlessPaused(ctx, callCtx, storeCtx, d)
	}
	w.correctAttempts(storeCtx, d, e.Disposition)
	return e
}

func (w *worker) decodeOrder(ctx context.Context, d *delivery) error {
	order := &licensespring.Order{}
	err := w.pipeline.recoverPanics(ctx, func() error { return order.UnmarshalJSON(d.body) })
	if err == nil {
		d.order = order
	}
	return err
}

// startHeartbeat extends the ack wait of the order until stop is called.
func (w *messageWorker) startHeartbeat(msg jetstream.Msg) (stop func()) {
	done := make(chan struct{})
	var heartbeat sync.WaitGroup
	heartbeat.Go(func() {
		ticker := time.NewTicker(w.heartbeatInterval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				_ = msg.InProgress() // the next heartbeat may succeed
			}
		}
	})
	return func() {
		close(done)
		heartbeat.Wait()
	}
}

// callUnlessPaused calls the client unless the order has no attempts left, or the
// worker was paused after it fetched the order.
func (w *worker) callUnlessPaused(ctx, callCtx, storeCtx context.Context, d *delivery) Event {
	if err := w.loadAttempts(storeCtx, d); err != nil {
		return w.retryStore(d, Event{}, "load attempts", err)
	}
	if d.attempts.Interrupted > 0 {
		// The process ended during a call for this order, because of this order or
		// of a concurrent one. Serializing the calls identifies the order that ends
		// the process, and completes the others.
		select {
		case w.pipeline.exclusive <- struct{}{}:
			defer func() { <-w.pipeline.exclusive }()
		case <-ctx.Done():
			return Event{Disposition: DispositionRetry, Err: ctx.Err()}
		}
		if w.isExhausted(d) {
			return w.storeDeadLetter(storeCtx, d, d.interruptedError())
		}
	}
	if remaining, ready := w.breaker.ready(d.probe); !ready {
		return w.returnUncalled(remaining)
	}
	if err := w.recordCall(storeCtx, d); err != nil {
		return w.retryStore(d, Event{}, "record attempt", err)
	}
	return w.call(callCtx, storeCtx, d)
}

// returnUncalled returns an order to the queue. A worker on another machine may
// not be paused, so that the delay only has to outlast the open fetch of this one.
func (w *messageWorker) returnUncalled(remaining time.Duration) Event {
	minimum := min(w.cfg.initialBackoff, fetchWait)
	return Event{
		Disposition: DispositionRetry, Err: ErrPaused,
		RetryIn: min(max(remaining, minimum), fetchWait) + jitter(minimum),
	}
}

// call calls the client and stores the outcome.
func (w *worker) call(callCtx, storeCtx context.Context, d *delivery) Event {
	res, err := w.ensureOrder(callCtx, d.order)
	if err == nil {
		w.breaker.succeeded()
		return w.storeResult(storeCtx, d, res)
	}
	e := Event{Disposition: DispositionRetry, Err: err, Outcome: licensespring.OutcomeOf(err)}
	if callCtx.Err() != nil {
		return e // canceled after the grace period: another worker settles it
	}
	dec := decide(err)
	if dec.responded {
		w.breaker.succeeded()
	} else {
		w.breaker.failed(dec, time.Now())
	}
	if dec.counts {
		d.attempts.Counted++
	}
	if dec.deadLetter || (dec.counts && w.isExhausted(d)) {
		return w.storeDeadLetter(storeCtx, d, err)
	}
	e.RetryIn = max(
		w.backoff(d),
		min(time.Until(dec.retryAt), maxPause)+jitter(w.cfg.initialBackoff),
	)
	return e
}

func (w *worker) backoff(d *delivery) time.Duration {
	return backoff(w.cfg.initialBackoff, w.cfg.maxBackoff, d.count)
}

// ensureOrder calls the client.
func (w *worker) ensureOrder(ctx context.Context, order *licensespring.Order) (res *licensespring.OrderResult, err error) {
	w.pipeline.activeCalls.Add(1)
	defer w.pipeline.activeCalls.Add(-1)
	err = w.pipeline.recoverPanics(ctx, func() error {
		var err error
		if res, err = w.client.EnsureOrder(ctx, order); err == nil && res == nil {
			return errors.New("fulfillment: the client returned neither a result nor an error")
		}
		return err
	})
	return res, err
}

// recoverPanics calls code of other packages, and converts a panic to an error, so
// that one order cannot stop the others. A panic value may hold customer data: the
// error contains its type only, unless the runtime created it.
func (p *Pipeline) recoverPanics(ctx context.Context, do func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		err = fmt.Errorf("%w: %T", ErrPanicked, v)
		if runtimeErr, ok := v.(runtime.Error); ok {
			err = fmt.Errorf("%w: %s", ErrPanicked, runtimeErr.Error())
		}
		p.cfg.logger.LogAttrs(ctx, slog.LevelError, "fulfillment worker panicked",
			slog.Any("error", err), slog.String("stack", string(debug.Stack())))
	}()
	return do()
}

func (w *worker) storeResult(ctx context.Context, d *delivery, res *licensespring.OrderResult) Event {
	e := Event{Disposition: DispositionDone, Outcome: res.Outcome}
	s, err := newStoredResult(d, res, w.pipeline.cfg.keepPasswords)
	if err == nil {
		err = withWriteTimeout(ctx, func(ctx context.Context) error {
			return w.pipeline.saveResult(ctx, d.key, &s)
		})
	}
	if err != nil {
		// The order exists, and the next delivery finds it.
		return w.retryStore(d, e, "store result", err)
	}
	return w.removeDeadLetter(ctx, d, e)
}

// finishExisting finishes an order whose result is stored already, by another
// worker or before a kill.
func (w *worker) finishExisting(ctx context.Context, d *delivery) Event {
	return w.removeDeadLetter(ctx, d, Event{Disposition: DispositionDone})
}

// removeDeadLetter removes an earlier dead letter of the order, so that the order
// does not have a result and a dead letter.
func (w *worker) removeDeadLetter(ctx context.Context, d *delivery, e Event) Event {
	err := withWriteTimeout(ctx, func(ctx context.Context) error {
		return w.pipeline.removeDeadLetter(ctx, d.key)
	})
	if err != nil {
		return w.retryStore(d, e, "remove dead letter", err)
	}
	return e
}

// retryStore keeps an order in the queue because a write failed.
func (w *worker) retryStore(d *delivery, e Event, operation string, err error) Event {
	e.Disposition, e.Err, e.RetryIn = DispositionRetry, wrap(operation, err), w.backoff(d)
	if errors.Is(err, ErrStoreFull) {
		// No other result can be stored either. A probe records its attempt first,
		// so that it makes no call until a write succeeds.
		w.breaker.failed(decision{pause: pauseNow}, time.Now())
	}
	return e
}

func (w *worker) storeDeadLetter(ctx context.Context, d *delivery, cause error) Event {
	e := Event{Disposition: DispositionDead, Err: cause, Outcome: licensespring.OutcomeOf(cause)}
	l := &storedDeadLetter{
		Failure: newFailure(cause), EnqueuedAt: d.enqueuedAt, FailedAt: time.Now().UTC(), Deliveries: d.count,
		Warnings: d.warnings,
	}
	l.Repeated = d.retryOf != "" && d.retryOf == l.Failure.identity()
	if d.order != nil {
		l.OrderID, l.Order = d.order.ID, d.body
	} else {
		l.Payload = d.body
	}
	if err := w.pipeline.saveDeadLetter(ctx, d.key, l); err != nil {
		return w.retryStore(d, e, "store dead letter", err)
	}
	// Another worker may have stored a result meanwhile. Checking after the write
	// ensures that at least one of the two workers sees both.
	if w.pipeline.hasResult(ctx, d.key) {
		return w.finishExisting(ctx, d)
	}
	return e
}

func withWriteTimeout(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return do(ctx)
}

// finish acknowledges the order or returns it to the queue, and reports the event.
func (w *worker) finish(ctx context.Context, d *delivery, e *Event) {
	switch {
	case e.Disposition != DispositionRetry:
		// If the confirmation fails, the order is redelivered and found finished.
		err := withWriteTimeout(ctx, func(ctx context.Context) error {
			return w.pipeline.write(ctx, d.msg.DoubleAck)
		})
		if err != nil {
			w.logger().LogAttrs(ctx, slog.LevelWarn, "fulfillment acknowledgment failed", slog.Any("error", err))
		} else if e.Disposition == DispositionDone {
			w.removeAccepted(ctx, d)
		}
	case e.RetryIn > 0:
		_ = d.msg.NakWithDelay(e.RetryIn) // if it is lost, the ack wait applies
	default:
		_ = d.msg.Nak()
	}
	if d.order != nil {
		e.OrderID = d.order.ID
	}
	now := time.Now()
	e.Deliveries, e.Duration = d.count, now.Sub(d.startedAt)
	e.Age = max(now.Sub(d.enqueuedAt), 0) // the clocks of machines differ
	w.log(ctx, e)
	_ = w.pipeline.recoverPanics(ctx, func() error {
		w.cfg.observe(*e)
		return nil
	})
}

// removeAccepted removes a finished order from the ledger. The next check of the
// ledger removes what remains.
func (w *worker) removeAccepted(ctx context.Context, d *delivery) {
	err := withWriteTimeout(ctx, func(ctx context.Context) error { return w.pipeline.removeAccepted(ctx, d.key) })
	if err != nil {
		w.logger().LogAttrs(ctx, slog.LevelDebug, "fulfillment ledger entry not removed", slog.Any("error", err))
	}
}

func (w *worker) log(ctx context.Context, e *Event) {
	level := slog.LevelDebug
	switch e.Disposition {
	case DispositionDone:
	case DispositionRetry:
		if !errors.Is(e.Err, ErrPaused) { // the cause of the pause was logged
			level = slog.LevelWarn
		}
	case DispositionDead:
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("order_id", e.OrderID), slog.String("disposition", string(e.Disposition)), slog.Int("deliveries", e.Deliveries),
		slog.Duration("age", e.Age), slog.Duration("duration", e.Duration),
	}
	if e.Outcome != "" {
		attrs = append(attrs, slog.String("outcome", string(e.Outcome)))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Duration("retry_in", e.RetryIn), slog.Any("error", e.Err))
	}
	w.logger().LogAttrs(ctx, level, "fulfillment order processed", attrs...)
}
