package fulfillment

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// defaultReconcileInterval is the interval at which Run compares the queue with its
// consumer.
const defaultReconcileInterval = time.Minute

// ledgerIntervals is the number of intervals between two checks of the ledger.
const ledgerIntervals = 15

// workQueue is a stream, or one partition of it, with the durable consumer that its
// workers share.
type workQueue struct {
	pipeline *Pipeline
	name     string
	stream   jetstream.Stream
	consumer jetstream.Consumer
	// partition is the subject that the consumer receives. It is empty for the whole
	// stream. A partition delivers one message at a time.
	partition string
	// redelivered is the last sequence number of the queue when all messages were
	// delivered again. The delivery count of messages up to it is too low.
	redelivered atomic.Uint64
}

// queueState compares the messages of a queue with the state of its consumer.
type queueState struct {
	messages jetstream.StreamState
	consumer *jetstream.ConsumerInfo
}

// inFlight returns the number of messages in the queue that were delivered and not
// acknowledged. After a kill the consumer may also list messages that are no longer
// in the queue.
func (s queueState) inFlight() int {
	return max(min(s.consumer.NumAckPending, toInt(s.messages.Msgs)-toInt(s.consumer.NumPending)), 0)
}

// stranded returns the number of messages that JetStream never delivers again,
// because the consumer has acknowledged them or its sequence is above them.
// JetStream stores acknowledgments and removals separately, so that a kill between
// the two leaves an acknowledged message in the queue. While orders are processed
// the number can be above 0 for a moment.
func (s queueState) stranded() int {
	return max(toInt(s.messages.Msgs)-toInt(s.consumer.NumPending)-s.consumer.NumAckPending, 0)
}

func (q *workQueue) state(ctx context.Context) (queueState, error) {
	consumer, err := q.consumer.Info(ctx)
	if err != nil {
		return queueState{}, err
	}
	var options []jetstream.StreamInfoOpt
	if q.partition != "" {
		options = append(options, jetstream.WithSubjectFilter(q.partition))
	}
	stream, err := q.stream.Info(ctx, options...)
	if err != nil {
		return queueState{}, err
	}
	s := queueState{messages: stream.State, consumer: consumer}
	if q.partition != "" {
		s.messages.Msgs = 0
		for _, n := range stream.State.Subjects {
			s.messages.Msgs += n
		}
	}
	return s, nil
}

// redeliverStranded makes JetStream deliver all messages of the queue again if some
// of them are stranded. A worker acknowledges an order that has a result, and
// processes one that has none. The functions of [Queue.Run] and [Jobs.Run] are
// idempotent. Messages that are being processed are delivered twice, which does no
// harm, except in a partition.
func (q *workQueue) redeliverStranded(ctx context.Context, s queueState) error {
	if s.stranded() == 0 || (q.partition != "" && s.consumer.NumAckPending > 0) {
		return nil
	}
	q.redelivered.Store(s.messages.LastSeq)
	_, err := q.stream.ResetConsumerToSequence(ctx, s.consumer.Name, max(s.messages.FirstSeq, 1))
	q.pipeline.cfg.logger.LogAttrs(ctx, slog.LevelWarn, "fulfillment queue holds acknowledged messages, delivering all messages again",
		slog.String("queue", q.name), slog.Int("acknowledged", s.stranded()), slog.Int("depth", toInt(s.messages.Msgs)), slog.Any("error", err))
	return err
}

// reconcileOnce redelivers stranded messages of an embedded server, which no worker of
// this process uses yet.
func (q *workQueue) reconcileOnce(ctx context.Context) error {
	if q.pipeline.server == nil {
		return nil
	}
	s, err := q.state(ctx)
	if err != nil {
		return err
	}
	return q.redeliverStranded(ctx, s)
}

// reconcile compares the queue with its consumer at intervals, until ctx ends.
func (q *workQueue) reconcile(ctx context.Context) {
	// Messages that are being processed may look stranded for a moment. All checks of
	// two intervals have to find stranded messages.
	const checks = 6
	for found := 0; sleep(ctx, q.pipeline.cfg.reconcileInterval/(checks/2)); {
		s, err := q.state(ctx)
		switch {
		case err != nil:
		case s.stranded() == 0:
			found = 0
		default:
			if found++; found == checks {
				found = 0
				err = q.redeliverStranded(ctx, s)
			}
		}
		q.pipeline.logReconcile(ctx, err)
	}
}

// reconcile compares the queue of orders with its consumer, and all queues with the
// ledger, at intervals, until ctx ends.
func (p *Pipeline) reconcile(ctx context.Context) {
	var orders sync.WaitGroup
	defer orders.Wait()
	orders.Go(func() { p.orders.reconcile(ctx) })
	if p.server == nil { // Open checked an embedded server
		p.logReconcile(ctx, p.checkLedger(ctx))
	}
	for sleep(ctx, ledgerIntervals*p.cfg.reconcileInterval) {
		p.logReconcile(ctx, p.checkLedger(ctx))
	}
}

// logReconcile logs an error of a check, which is repeated.
func (p *Pipeline) logReconcile(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		p.cfg.logger.LogAttrs(ctx, slog.LevelDebug, "fulfillment queue not checked", slog.Any("error", err))
	}
}
