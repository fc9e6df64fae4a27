package fulfillment

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// fetchWait bounds one fetch. A fetch cannot be canceled without losing the
	// orders that arrive for it until their ack wait, so that a worker that stops
	// lets its fetch expire.
	fetchWait = time.Second
	// maxFetchBackoff bounds the wait after a failed fetch.
	maxFetchBackoff = 5 * time.Second
)

// messageWorker is the part of a worker that does not depend on the content of the
// messages. It processes the messages of one consumer.
type messageWorker struct {
	pipeline *Pipeline
	cfg      *runConfig
	consumer jetstream.Consumer
	// deliver processes one message. ctx is the context of Run, and callCtx the
	// context of calls, which outlives ctx by the grace period.
	deliver func(ctx, callCtx context.Context, msg jetstream.Msg, probe bool)
	// reconcile compares the queue with its consumer at intervals, until ctx ends.
	reconcile func(ctx context.Context)
	breaker   breaker
	slots     chan struct{} // holds one element per message in progress
	active    sync.WaitGroup
	// heartbeatInterval is the interval at which a worker extends the ack wait.
	heartbeatInterval time.Duration
}

func newMessageWorker(p *Pipeline, cfg *runConfig, consumer jetstream.Consumer, heartbeatInterval time.Duration) messageWorker {
	return messageWorker{
		pipeline: p, cfg: cfg, consumer: consumer,
		breaker:           breaker{initial: cfg.initialBackoff, maximum: cfg.maxBackoff},
		slots:             make(chan struct{}, cfg.concurrency),
		heartbeatInterval: heartbeatInterval,
	}
}

// worker is one call of Run.
type worker struct {
	messageWorker
	client Ensurer
}

// Run processes orders of the queue with the client until ctx ends. It can run
// several times concurrently, in this process and on other machines.
//
// When ctx ends, Run fetches no more orders, waits for active calls for the time
// of [WithGracePeriod], returns unfinished orders to the queue, and returns nil.
// It returns [ErrClosed] if the pipeline is closed, and an error for invalid
// options. It retries errors of the service and of the queue.
func (p *Pipeline) Run(ctx context.Context, client Ensurer, options ...RunOption) error {
	cfg, err := newRunConfig(options)
	if client == nil {
		err = errors.Join(err, errors.New("fulfillment: the client is nil"))
	}
	if err != nil {
		return err
	}
	info, err := p.orders.consumer.Info(ctx)
	if err != nil {
		info = p.orders.consumer.CachedInfo()
	}
	return newWorker(p, cfg, client, info.Config.AckWait/3).run(ctx)
}

// run processes messages until ctx ends and active calls return.
func (w *messageWorker) run(ctx context.Context) error {
	callCtx, cancelCalls := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelCalls()
	stopped := make(chan error, 1)
	go func() {
		reconcileCtx, stopReconcile := context.WithCancel(ctx)
		w.active.Go(func() { w.reconcile(reconcileCtx) })
		err := w.fetchOrders(ctx, callCtx)
		stopReconcile()
		w.active.Wait()
		stopped <- err
	}()

	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(w.cfg.gracePeriod)
	defer grace.Stop()
	select {
	case err := <-stopped:
		return err
	case <-grace.C:
		cancelCalls()
		return <-stopped
	}
}

func newWorker(p *Pipeline, cfg *runConfig, client Ensurer, heartbeatInterval time.Duration) *worker {
	w := &worker{messageWorker: newMessageWorker(p, cfg, p.orders.consumer, heartbeatInterval), client: client}
	w.deliver, w.reconcile = w.deliverOrder, p.reconcile
	return w
}

func (w *messageWorker) logger() *slog.Logger { return w.pipeline.cfg.logger }

// fetchOrders fetches orders until ctx ends, as many as there are free slots.
func (w *messageWorker) fetchOrders(ctx, callCtx context.Context) error {
	for failures := 0; ; {
		n := w.acquireSlots(ctx)
		if n == 0 {
			return nil
		}
		probe, active := w.breaker.wait(ctx)
		if !active {
			w.releaseSlots(n)
			return nil
		}
		if probe {
			w.releaseSlots(n - 1)
			n = 1
		}
		err := w.fetch(ctx, callCtx, n, probe)
		switch {
		case err == nil:
			failures = 0
		case errors.Is(err, nats.ErrConnectionClosed):
			return ErrClosed
		default:
			failures++
			w.logger().LogAttrs(ctx, slog.LevelWarn, "fulfillment fetch failed", slog.Any("error", err))
			if !sleep(ctx, backoff(reconnectWait, maxFetchBackoff, failures)) {
				return nil
			}
		}
	}
}

// acquireSlots waits for a free slot, and acquires all free slots. It returns 0
// when ctx ends.
func (w *messageWorker) acquireSlots(ctx context.Context) int {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	n := 1
	for {
		select {
		case w.slots <- struct{}{}:
			n++
		default:
			return n
		}
	}
}

func (w *messageWorker) releaseSlots(n int) {
	for range n {
		<-w.slots
	}
}

// fetch fetches up to n orders and starts each as it arrives. It fetches no more
// than can start at once, because the ack wait of a buffered order would expire.
// It releases the n slots.
func (w *messageWorker) fetch(ctx, callCtx context.Context, n int, probe bool) error {
	// Create no order whose result cannot be stored.
	err := errors.Join(w.pipeline.checkWritable(), w.pipeline.checkWorkerCapacity())
	var batch jetstream.MessageBatch
	if err == nil {
		batch, err = w.consumer.Fetch(n, jetstream.FetchMaxWait(fetchWait))
	}
	if err != nil {
		w.releaseSlots(n)
		return err
	}
	for msg := range batch.Messages() {
		n--
		if probe { // the next fetch depends on the outcome
			w.deliver(ctx, callCtx, msg, true)
			w.releaseSlots(1)
			continue
		}
		w.active.Go(func() {
			defer w.releaseSlots(1)
			w.deliver(ctx, callCtx, msg, false)
		})
	}
	w.releaseSlots(n)
	if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
		return err
	}
	return nil
}
