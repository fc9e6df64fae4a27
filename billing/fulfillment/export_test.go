package fulfillment

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/licensespring-go/licensespring"
)

// StoreResult creates an order and stores its result without an acknowledgment,
// like a worker that is killed in between.
func StoreResult(ctx context.Context, p *Pipeline, client Ensurer, order *licensespring.Order) error {
	d, err := deliveryOf(order)
	if err != nil {
		return err
	}
	res, err := client.EnsureOrder(ctx, order)
	if err != nil {
		return err
	}
	s, err := newStoredResult(d, res, p.cfg.keepPasswords)
	if err != nil {
		return err
	}
	return p.saveResult(ctx, d.key, &s)
}

// StoreDeadLetter stores a dead letter of an order.
func StoreDeadLetter(ctx context.Context, p *Pipeline, order *licensespring.Order) error {
	d, err := deliveryOf(order)
	if err != nil {
		return err
	}
	return p.saveDeadLetter(ctx, d.key, &storedDeadLetter{OrderID: order.ID, Failure: Failure{Text: "no"}})
}

// WithMaxStoreBytes sets the storage limit of the embedded server.
func WithMaxStoreBytes(n int64) Option {
	return func(c *config) { c.maxStoreBytes = n }
}

// WithReconcileInterval sets the interval at which Run reconciles the queue.
func WithReconcileInterval(d time.Duration) Option {
	return func(c *config) { c.reconcileInterval = d }
}

// WithNoticeAckWait sets the time after which a notice of an ended process is
// delivered again.
func WithNoticeAckWait(d time.Duration) Option {
	return func(c *config) { c.noticeAckWait = d }
}

// Strand moves the consumer past all messages of the queue, so that JetStream
// delivers none of them.
func Strand(ctx context.Context, p *Pipeline) error {
	info, err := p.orders.stream.Info(ctx)
	if err != nil {
		return err
	}
	_, err = p.orders.stream.ResetConsumerToSequence(ctx, p.names.consumer(), info.State.LastSeq+1)
	return err
}

// StrandMessages does what Strand does for a queue of messages.
func StrandMessages(ctx context.Context, q *Queue) error {
	info, err := q.stream.Info(ctx)
	if err != nil {
		return err
	}
	_, err = q.stream.ResetConsumerToSequence(ctx, q.pipeline.names.consumer(), info.State.LastSeq+1)
	return err
}

// PutOld stores a message like a version without the ledger and without reserved
// space, or like a process that is killed before the ledger entry is stored.
func PutOld(ctx context.Context, q *Queue, id string, body []byte) error {
	msg := nats.NewMsg(q.pipeline.names.messageSubject(messageKey(q.name, id)))
	msg.Data = body
	msg.Header.Set(headerMessageID, id)
	_, err := q.pipeline.js.PublishMsg(ctx, msg)
	return err
}

// LedgerEntries returns the number of entries in the ledger.
func LedgerEntries(ctx context.Context, p *Pipeline) (int, error) {
	info, err := p.streams.accepted.Info(ctx)
	if err != nil {
		return 0, err
	}
	return toInt(info.State.Msgs), nil
}

// ForgetAccepted removes the entries from the ledger, like a worker that is killed
// before it acknowledges the last message.
func ForgetAccepted(ctx context.Context, p *Pipeline) error {
	return p.streams.accepted.Purge(ctx)
}

// StoreAttempts stores interrupted calls of the first order in the queue.
func StoreAttempts(ctx context.Context, p *Pipeline, interrupted int) error {
	msg, err := p.orders.stream.GetMsg(ctx, 1)
	if err != nil {
		return err
	}
	body, err := encodeJSON(attempts{StreamSeq: 1, Counted: interrupted, Interrupted: interrupted})
	if err != nil {
		return err
	}
	_, err = p.js.Publish(ctx, p.names.attemptsSubject(parseEntryKey(msg.Subject)), body)
	return err
}

// DeliverProbe delivers one order as the probe of a half-open breaker.
func DeliverProbe(ctx context.Context, p *Pipeline, client Ensurer, options ...RunOption) error {
	return deliverOne(ctx, p, client, 0, true, options)
}

// DeliverPaused delivers one order to a worker that was paused after the fetch.
func DeliverPaused(ctx context.Context, p *Pipeline, client Ensurer, pause time.Duration, options ...RunOption) error {
	return deliverOne(ctx, p, client, pause, false, options)
}

func deliverOne(ctx context.Context, p *Pipeline, client Ensurer, pause time.Duration, probe bool, options []RunOption) error {
	cfg, err := newRunConfig(options)
	if err != nil {
		return err
	}
	w := newWorker(p, cfg, client, time.Second)
	w.breaker.limitedUntil = time.Now().Add(pause)
	msg, err := p.orders.consumer.Next()
	if err == nil {
		w.deliver(ctx, ctx, msg, probe)
	}
	return err
}

// StoredAttempts returns the number of orders whose attempts are stored.
func StoredAttempts(ctx context.Context, p *Pipeline) (int, error) {
	info, err := p.streams.attempts.Info(ctx)
	if err != nil {
		return 0, err
	}
	return toInt(info.State.Msgs), nil
}

func deliveryOf(order *licensespring.Order) (*delivery, error) {
	body, err := order.MarshalJSON()
	return &delivery{order: order, key: newEntryKey(order.ID, body), orderHeaders: orderHeaders{enqueuedAt: time.Now()}}, err
}

// RemoveQueued removes an order from the queue without an acknowledgment, like
// damage to the store.
func RemoveQueued(ctx context.Context, p *Pipeline, seq uint64) error {
	return p.orders.stream.DeleteMsg(ctx, seq)
}

// OpenNotices creates the consumers of notices.
func OpenNotices(ctx context.Context, p *Pipeline) error {
	_, err := p.openNotices(ctx)
	return err
}

// PartitionOf returns the partition of the key of a job.
func PartitionOf(key string) int { return partitionOf(key) }

// StrandJobs does what Strand does for the partition of a key.
func StrandJobs(ctx context.Context, j *Jobs, key string) error {
	info, err := j.stream.Info(ctx)
	if err != nil {
		return err
	}
	_, err = j.stream.ResetConsumerToSequence(ctx, JobConsumer(j.pipeline, key), info.State.LastSeq+1)
	return err
}

// JobConsumer returns the name of the consumer of the partition of a key.
func JobConsumer(p *Pipeline, key string) string { return p.names.jobConsumer(partitionOf(key)) }
