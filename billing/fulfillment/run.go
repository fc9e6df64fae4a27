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

// fetchWait is how long one request for orders waits for them. It is short so
// that a worker that is to end can let it run out: an order that arrives for a
// request which was given up would lie there until the ack wait is over.
const fetchWait = time.Second

// queueCeiling is the longest wait before a queue that is away is asked again.
const queueCeiling = 5 * time.Second

// worker is one call of Run.
type worker struct {
	*Pipeline
	*runConfig
	client  Ensurer
	breaker breaker
	slots   chan struct{} // one for each order that may be under way
	all     sync.WaitGroup
	beat    time.Duration
}

// Run takes orders out of the queue and makes them with the client, until ctx
// ends. It can run any number of times, here and on other machines.
//
// When ctx ends it takes no further order, lets the calls under way go on for
// the time of [WithGrace], gives back what is not finished, and returns nil. It
// returns [ErrClosed] if the pipeline is closed meanwhile, and otherwise errors
// of its options only: whatever is wrong with the service or with the queue is
// waited for.
func (p *Pipeline) Run(ctx context.Context, client Ensurer, options ...RunOption) error {
	cfg, err := newRunConfig(options)
	if client == nil {
		err = errors.Join(err, errors.New("fulfillment: the client is nil"))
	}
	if err != nil {
		return err
	}
	info, err := p.workers.Info(ctx)
	if err != nil {
		info = p.workers.CachedInfo()
	}
	w := &worker{
		Pipeline: p, runConfig: cfg, client: client,
		breaker: breaker{first: cfg.first, ceiling: cfg.ceiling},
		slots:   make(chan struct{}, cfg.concurrency),
		beat:    info.Config.AckWait / 3,
	}
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	ended := make(chan error, 1)
	go func() {
		err := w.take(ctx, calls)
		w.all.Wait()
		ended <- err
	}()

	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(cfg.grace)
	defer grace.Stop()
	select {
	case err := <-ended:
		return err
	case <-grace.C:
		cut()
		return <-ended
	}
}

// take takes orders until ctx ends, as many as there is room for.
func (w *worker) take(ctx, calls context.Context) error {
	for failures := 0; ; {
		room := w.room(ctx)
		if room == 0 {
			return nil
		}
		probe, lasted := w.breaker.wait(ctx)
		if !lasted {
			w.free(room)
			return nil
		}
		if probe {
			w.free(room - 1)
			room = 1
		}
		err := w.fetch(ctx, calls, room, probe)
		switch {
		case err == nil:
			failures = 0
		case errors.Is(err, nats.ErrConnectionClosed):
			return ErrClosed
		default:
			failures++
			w.cfg.logger.LogAttrs(ctx, slog.LevelWarn, "licensespring queue not available", slog.Any("error", err))
			if !sleep(ctx, backoff(reconnectWait, queueCeiling, failures)) {
				return nil
			}
		}
	}
}

// room waits for a free slot and takes it, and with it all others that are free.
// It returns 0 when ctx has ended.
func (w *worker) room(ctx context.Context) int {
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

func (w *worker) free(n int) {
	for range n {
		<-w.slots
	}
}

// fetch takes up to n orders, and starts with each as it comes. It asks for no
// more than it can start with at once: an order that lies in a buffer here would
// run into its ack wait.
func (w *worker) fetch(ctx, calls context.Context, n int, probe bool) error {
	// Orders are not made while what comes of them cannot be kept.
	err := errors.Join(w.checkStore(), w.checkWorkRoom())
	var batch jetstream.MessageBatch
	if err == nil {
		batch, err = w.workers.Fetch(n, jetstream.FetchMaxWait(fetchWait))
	}
	if err != nil {
		w.free(n)
		return err
	}
	for msg := range batch.Messages() {
		n--
		if probe { // how it ends decides about the next
			w.deliver(ctx, calls, msg, true)
			w.free(1)
			continue
		}
		w.all.Go(func() {
			defer w.free(1)
			w.deliver(ctx, calls, msg, false)
		})
	}
	w.free(n)
	if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
		return err
	}
	return nil
}
