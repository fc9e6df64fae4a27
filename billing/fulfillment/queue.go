package fulfillment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Headers of a message. Subjects contain only the hash of its id.
const (
	headerMessageID = "Licensespring-Message-Id"
	// headerBodySize holds the size of the body, which spaces follow. A message of an
	// older version has no spaces.
	headerBodySize = "Licensespring-Body-Size"
)

// ordersQueue is the name of the queue of orders.
const ordersQueue = "orders"

// Queue is a work queue in the store of a pipeline, for messages that precede an
// order. Its messages are as durable as orders: [Pipeline.Health] includes it, and
// [Pipeline.Missing] lists the messages that a damaged store has lost.
// [Pipeline.OpenQueue] returns one. A Queue is safe for concurrent use.
type Queue struct{ workQueue }

func newQueue(p *Pipeline, name string) *Queue {
	return &Queue{workQueue{pipeline: p, name: name}}
}

// QueueMessage is a message of a [Queue].
type QueueMessage struct {
	// ID is the id that was passed to Put.
	ID   string
	Body []byte
	// StoredAt is the time at which the message was stored.
	StoredAt time.Time
	// Deliveries is the number of deliveries of the message, including this one.
	Deliveries int
}

// QueueStats holds the counts of a [Queue] over all machines.
type QueueStats struct {
	// Depth is the number of messages.
	Depth int
	// OldestAge is the time since the oldest message was stored.
	OldestAge time.Duration
}

// RetryError is an error of the function that [Queue.Run] calls. It determines the
// retry of the message. After any other error the message is retried with backoff,
// and several in a row pause the worker.
type RetryError struct {
	// Err is the cause.
	Err error
	// At is the time of the retry. If it is zero, the message is retried with
	// backoff.
	At time.Time
	// Pause reports whether other messages would fail for the same reason. It pauses
	// the worker until At, or with backoff.
	Pause bool
}

// Error returns the text of the cause.
func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RetryError) Unwrap() error { return e.Err }

// queues holds the streams of the queues by their names, for health checks and for the
// ledger.
type queues struct {
	mu      sync.Mutex
	streams map[string]jetstream.Stream
}

func (q *queues) names() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Collect(maps.Keys(q.streams))
}

func (q *queues) get(stream string) jetstream.Stream {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.streams[stream]
}

func (q *queues) set(name string, stream jetstream.Stream) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.streams == nil {
		q.streams = make(map[string]jetstream.Stream)
	}
	q.streams[name] = stream
}

func (n names) queue(name string) string         { return n.prefix + "-" + name }
func (n names) queueSubjects(name string) string { return n.prefix + "." + name + ".>" }
func (n names) messageSubject(k entryKey) string { return n.prefix + "." + k.queue() + "." + k.order }

// isFree reports whether a name is one for a queue.
func (n names) isFree(name string) bool {
	reserved := []string{ordersQueue, "attempts", "accepted", "results", "undelivered", "announcements"}
	return regexp.MustCompile(`^[a-z]{1,32}$`).MatchString(name) && !slices.Contains(reserved, name)
}

// OpenQueue opens a queue, and creates it if it does not exist. The name consists of
// lower-case letters.
func (p *Pipeline) OpenQueue(ctx context.Context, name string) (*Queue, error) {
	if !p.names.isFree(name) {
		return nil, errors.New("fulfillment: open queue: the name is invalid")
	}
	q := newQueue(p, name)
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := retryTransient(ctx, q.open); err != nil {
		return nil, wrap("open queue", err)
	}
	p.queues.set(p.names.queue(name), q.stream)
	return q, nil
}

// open opens the stream and the consumer.
func (q *Queue) open(ctx context.Context) error {
	var err error
	if q.stream, err = q.pipeline.openStream(ctx, q.config()); err != nil {
		return err
	}
	if q.consumer, err = q.openConsumer(ctx); err != nil {
		return err
	}
	return q.reconcileOnce(ctx)
}

// config describes the stream. It is a work queue without limits, so that only an
// acknowledgment removes a message.
func (q *Queue) config() jetstream.StreamConfig {
	p := q.pipeline
	return jetstream.StreamConfig{
		Name:        p.names.queue(q.name),
		Description: "License orders to create, or what precedes them.",
		Subjects:    []string{p.names.queueSubjects(q.name)},
		Retention:   jetstream.WorkQueuePolicy,
		Storage:     jetstream.FileStorage,
		Duplicates:  p.cfg.dedupeWindow,
		Replicas:    p.cfg.replicas,
	}
}

// openConsumer opens the durable consumer that all workers share.
func (q *Queue) openConsumer(ctx context.Context) (jetstream.Consumer, error) {
	p := q.pipeline
	stream := p.names.queue(q.name)
	c, err := p.js.Consumer(ctx, stream, p.names.consumer())
	if err == nil && cmp.Or(p.cfg.ackWait, c.CachedInfo().Config.AckWait) == c.CachedInfo().Config.AckWait {
		return c, nil
	}
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, err
	}
	if err != nil { // messages may have been delivered before its state was lost
		q.redelivered.Store(q.stream.CachedInfo().State.LastSeq)
	}
	return p.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:       p.names.consumer(),
		Description:   "The workers on all machines.",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       cmp.Or(p.cfg.ackWait, DefaultAckWait),
		// JetStream keeps a message that reaches MaxDeliver but never delivers it
		// again, which would lose the order. The worker counts attempts instead.
		MaxDeliver: -1,
		// Messages that wait for a retry count as pending acknowledgment. A limit
		// would let them block all others.
		MaxAckPending: -1,
	})
}

// Put stores a message. It returns nil when the message is stored, also if the queue
// holds a message with the id already. A message that left the queue can be stored
// again. The errors are those of [Pipeline.Enqueue].
//
// The message reserves the space of an order with one license.
func (q *Queue) Put(ctx context.Context, id string, body []byte) error {
	p := q.pipeline
	if id == "" {
		return errors.New("fulfillment: put: the id is empty")
	}
	// The dead letter of a message contains its body in base64.
	if limit := p.conn.MaxPayload(); limit > 0 && int64(len(body)) > (limit-deadLetterOverhead)/4*3 {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(body))
	}
	key := messageKey(q.name, id)
	msg := nats.NewMsg(p.names.messageSubject(key))
	msg.Data = reserveOrder(body, p.conn.MaxPayload())
	msg.Header.Set(headerMessageID, id)
	msg.Header.Set(headerBodySize, strconv.Itoa(len(body)))
	release, err := p.allocate(ctx, len(msg.Data))
	if err != nil {
		return err
	}
	defer release()
	_, err = p.publishOnce(ctx, q.stream, msg, "")
	if err == nil {
		err = p.recordAccepted(ctx, key, id, time.Now())
	}
	if err == nil {
		err = q.removeOrphan(ctx, key)
	}
	return wrap("put", err)
}

// removeOrphan removes the ledger entry of a message that has left the queue. Put
// stores the entry after the message, which a worker may have processed by then. A
// worker therefore checks after the acknowledgment as well.
func (q *Queue) removeOrphan(ctx context.Context, key entryKey) error {
	return withWriteTimeout(ctx, func(ctx context.Context) error {
		return q.pipeline.write(ctx, func(ctx context.Context) error {
			entry, err := q.pipeline.streams.accepted.GetLastMsgForSubject(ctx, q.pipeline.names.acceptedSubject(key))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			queued, err := hasSubject(ctx, q.stream, q.pipeline.names.messageSubject(key))
			if err != nil || queued {
				return err
			}
			return q.pipeline.streams.accepted.Purge(ctx,
				jetstream.WithPurgeSubject(entry.Subject), jetstream.WithPurgeSequence(entry.Sequence+1))
		})
	})
}

// Stats returns the counts of the queue.
func (q *Queue) Stats(ctx context.Context) (QueueStats, error) {
	info, err := q.stream.Info(ctx)
	if err != nil {
		return QueueStats{}, wrap("queue stats", err)
	}
	return QueueStats{Depth: toInt(info.State.Msgs), OldestAge: oldestAge(info.State)}, nil
}

// Run calls handle for the messages of the queue until ctx ends. A message leaves the
// queue when handle returns nil. Otherwise it is redelivered, after a time that a
// [RetryError] determines. Like [Pipeline.Run], it can run several times concurrently,
// waits for active calls, and uses the concurrency, grace period and backoff of its
// options. A panic of handle is an error. After a kill or damage to the store, a
// message that was processed can be delivered again.
//
// Orders that handle enqueues, and its rejections, may use a part of the reserve of
// the store if it passes its context: they replace a message that was accepted. If
// they return [ErrStoreFull], handle has to return an error.
func (q *Queue) Run(ctx context.Context, handle func(context.Context, QueueMessage) error, options ...RunOption) error {
	cfg, err := newRunConfig(options)
	if handle == nil {
		err = errors.Join(err, errors.New("fulfillment: the function is nil"))
	}
	if err != nil {
		return err
	}
	w := &queueWorker{
		messageWorker: newMessageWorker(q.pipeline, cfg, q.consumer, q.consumer.CachedInfo().Config.AckWait/3),
		queue:         q, handle: handle,
	}
	w.deliver, w.reconcile = w.deliverMessage, q.reconcile
	return w.run(ctx)
}

// queueWorker is one call of Queue.Run.
type queueWorker struct {
	messageWorker
	queue  *Queue
	handle func(context.Context, QueueMessage) error
}

func newQueueMessage(msg jetstream.Msg) QueueMessage {
	m := QueueMessage{ID: msg.Headers().Get(headerMessageID), Body: msg.Data(), StoredAt: time.Now(), Deliveries: 1}
	if size, err := strconv.Atoi(msg.Headers().Get(headerBodySize)); err == nil && size >= 0 && size <= len(m.Body) {
		m.Body = m.Body[:size]
	}
	if meta, err := msg.Metadata(); err == nil {
		m.StoredAt, m.Deliveries = meta.Timestamp, int(meta.NumDelivered) //nolint:gosec // a count of deliveries
	}
	return m
}

func (w *queueWorker) deliverMessage(ctx, callCtx context.Context, msg jetstream.Msg, probe bool) {
	if ctx.Err() != nil {
		_ = msg.Nak() // redeliver to another worker
		return
	}
	defer w.startHeartbeat(msg)()
	if remaining, ready := w.breaker.ready(probe); !ready {
		_ = msg.NakWithDelay(w.returnUncalled(remaining).RetryIn)
		return
	}
	m := newQueueMessage(msg)
	err := w.pipeline.recoverPanics(callCtx, func() error { return w.handle(withReservedSpace(callCtx), m) })
	switch {
	case err == nil:
		w.breaker.succeeded()
		if err := w.remove(context.WithoutCancel(ctx), msg, m.ID); err != nil { // it is processed again
			w.logger().LogAttrs(ctx, slog.LevelWarn, "fulfillment acknowledgment failed", slog.String("queue", w.queue.name), slog.Any("error", err))
			_ = msg.NakWithDelay(backoff(w.cfg.initialBackoff, w.cfg.maxBackoff, m.Deliveries))
		}
	case callCtx.Err() != nil:
		_ = msg.Nak() // canceled after the grace period
	default:
		_ = msg.NakWithDelay(w.retryIn(m.Deliveries, err)) // if it is lost, the ack wait applies
	}
}

// remove removes a processed message and its ledger entry. The entry is removed first:
// after a kill in between, the message is processed again, and not reported as missing.
func (w *queueWorker) remove(ctx context.Context, msg jetstream.Msg, id string) error {
	key := messageKey(w.queue.name, id)
	return withWriteTimeout(ctx, func(ctx context.Context) error {
		if err := w.pipeline.removeAccepted(ctx, key); err != nil {
			return err
		}
		if err := w.pipeline.write(ctx, msg.DoubleAck); err != nil {
			return err
		}
		return w.queue.removeOrphan(ctx, key)
	})
}

// retryIn records a failure, and returns the time until the retry of a message that
// failed n times.
func (w *messageWorker) retryIn(n int, err error) time.Duration {
	retry, ok := errors.AsType[*RetryError](err)
	switch {
	case !ok:
		retry = &RetryError{}
		w.breaker.failed(decision{pause: pauseAfterStreak}, time.Now())
	case retry.Pause:
		w.breaker.failed(decision{pause: pauseNow, retryAt: retry.At}, time.Now())
	default:
		w.breaker.succeeded() // only this message is affected
	}
	if retry.At.IsZero() {
		return backoff(w.cfg.initialBackoff, w.cfg.maxBackoff, n)
	}
	return max(min(time.Until(retry.At), maxPause), 0) + jitter(w.cfg.initialBackoff)
}
