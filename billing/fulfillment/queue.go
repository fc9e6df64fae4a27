package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// headerMessageID holds the id of a message. Subjects contain only its hash.
const headerMessageID = "Licensespring-Message-Id"

// Queue is a work queue in the store of a pipeline, for messages that precede an
// order. Its messages are as durable as orders, and [Pipeline.Health] includes it.
// [Pipeline.OpenQueue] returns one. A Queue is safe for concurrent use.
type Queue struct {
	pipeline *Pipeline
	name     string
	stream   jetstream.Stream
	consumer jetstream.Consumer
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

// queueNames holds the streams of the open queues, for health checks.
type queueNames struct {
	mu      sync.Mutex
	streams []string
}

func (q *queueNames) all() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.streams)
}

func (q *queueNames) add(stream string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !slices.Contains(q.streams, stream) {
		q.streams = append(q.streams, stream)
	}
}

func (n names) queue(name string) string         { return n.prefix + "-" + name }
func (n names) queueSubjects(name string) string { return n.prefix + "." + name + ".>" }
func (n names) queueSubject(name, messageID string) string {
	return n.prefix + "." + name + "." + orderKey(messageID)
}

// isFree reports whether a name is one for a queue.
func (n names) isFree(name string) bool {
	reserved := []string{"orders", "attempts", "accepted", "results", "undelivered", "announcements"}
	return regexp.MustCompile(`^[a-z]{1,32}$`).MatchString(name) && !slices.Contains(reserved, name)
}

// OpenQueue opens a queue, and creates it if it does not exist. The name consists of
// lower-case letters.
func (p *Pipeline) OpenQueue(ctx context.Context, name string) (*Queue, error) {
	if !p.names.isFree(name) {
		return nil, errors.New("fulfillment: open queue: the name is invalid")
	}
	q := &Queue{pipeline: p, name: name}
	stream := p.names.queue(name)
	if p.server != nil {
		if err := p.checkStreamsReadable([]string{stream}); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	err := retryTransient(ctx, func(ctx context.Context) error {
		var err error
		q.stream, err = p.openStream(ctx, jetstream.StreamConfig{
			Name:      stream,
			Subjects:  []string{p.names.queueSubjects(name)},
			Retention: jetstream.WorkQueuePolicy,
			Storage:   jetstream.FileStorage,
			Replicas:  p.cfg.replicas,
		})
		if err != nil {
			return err
		}
		q.consumer, err = p.openConsumer(ctx, q.stream)
		return err
	})
	if err != nil {
		return nil, wrap("open queue", err)
	}
	p.queues.add(stream)
	return q, nil
}

// Put stores a message. It returns nil when the message is stored, also if the queue
// holds a message with the id already. A message that left the queue can be stored
// again. The errors are those of [Pipeline.Enqueue].
func (q *Queue) Put(ctx context.Context, id string, body []byte) error {
	p := q.pipeline
	if id == "" {
		return errors.New("fulfillment: put: the id is empty")
	}
	// The dead letter of a message contains its body in base64.
	if limit := p.conn.MaxPayload(); limit > 0 && int64(len(body)) > (limit-deadLetterOverhead)/4*3 {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(body))
	}
	if err := p.checkCapacity(len(body)); err != nil {
		return err
	}
	msg := nats.NewMsg(p.names.queueSubject(q.name, id))
	msg.Data = body
	msg.Header.Set(headerMessageID, id)
	_, err := p.publishOnce(ctx, q.stream, msg, "")
	return wrap("put", err)
}

// Stats returns the counts of the queue.
func (q *Queue) Stats(ctx context.Context) (QueueStats, error) {
	info, err := q.stream.Info(ctx)
	if err != nil {
		return QueueStats{}, wrap("queue stats", err)
	}
	s := QueueStats{Depth: toInt(info.State.Msgs)}
	if s.Depth > 0 {
		s.OldestAge = max(time.Since(info.State.FirstTime), 0)
	}
	return s, nil
}

// Run calls handle for the messages of the queue until ctx ends. A message leaves the
// queue when handle returns nil. Otherwise it is redelivered, after a time that a
// [RetryError] determines. Like [Pipeline.Run], it can run several times concurrently,
// waits for active calls, and uses the concurrency, grace period and backoff of its
// options. A panic of handle is an error.
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
		queue:         q.name, handle: handle,
	}
	w.deliver, w.reconcile = w.deliverMessage, func(context.Context) {}
	return w.run(ctx)
}

// queueWorker is one call of Queue.Run.
type queueWorker struct {
	messageWorker
	queue  string
	handle func(context.Context, QueueMessage) error
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
	m := QueueMessage{ID: msg.Headers().Get(headerMessageID), Body: msg.Data(), StoredAt: time.Now(), Deliveries: 1}
	if meta, err := msg.Metadata(); err == nil {
		m.StoredAt, m.Deliveries = meta.Timestamp, int(meta.NumDelivered) //nolint:gosec // a count of deliveries
	}
	err := w.pipeline.recoverPanics(callCtx, func() error { return w.handle(callCtx, m) })
	storeCtx := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		w.breaker.succeeded()
		// If the confirmation fails, the message is redelivered.
		err := withWriteTimeout(storeCtx, func(ctx context.Context) error { return w.pipeline.write(ctx, msg.DoubleAck) })
		if err != nil {
			w.logger().LogAttrs(storeCtx, slog.LevelWarn, "fulfillment acknowledgment failed", slog.String("queue", w.queue), slog.Any("error", err))
		}
	case callCtx.Err() != nil:
		_ = msg.Nak() // canceled after the grace period
	default:
		_ = msg.NakWithDelay(w.retryIn(m.Deliveries, err)) // if it is lost, the ack wait applies
	}
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
