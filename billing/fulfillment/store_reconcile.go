package fulfillment

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// defaultReconcileInterval is the interval at which Run compares the queue with its
// consumer.
const defaultReconcileInterval = time.Minute

// ledgerIntervals is the number of intervals between two checks of the ledger.
const ledgerIntervals = 15

// queueState compares the messages of the queue with the state of its consumer.
type queueState struct {
	orders   jetstream.StreamState
	consumer *jetstream.ConsumerInfo
}

// inFlight returns the number of orders in the queue that were delivered and not
// acknowledged. After a kill the consumer may also list messages that are no longer
// in the queue.
func (s queueState) inFlight() int {
	return max(min(s.consumer.NumAckPending, toInt(s.orders.Msgs)-toInt(s.consumer.NumPending)), 0)
}

// stranded returns the number of messages that JetStream never delivers again,
// because the consumer has acknowledged them or its sequence is above them.
// JetStream stores acknowledgments and removals separately, so that a kill between
// the two leaves an acknowledged message in the queue. While orders are processed
// the number can be above 0 for a moment.
func (s queueState) stranded() int {
	return max(toInt(s.orders.Msgs)-toInt(s.consumer.NumPending)-s.consumer.NumAckPending, 0)
}

func (p *Pipeline) queueState(ctx context.Context) (queueState, error) {
	consumer, err := p.streams.consumer.Info(ctx)
	if err != nil {
		return queueState{}, err
	}
	orders, err := p.streams.orders.Info(ctx)
	if err != nil {
		return queueState{}, err
	}
	return queueState{orders: orders.State, consumer: consumer}, nil
}

// redeliverStranded makes JetStream deliver all messages of the queue again if some
// of them are stranded. A worker acknowledges an order that has a result, and
// processes one that has none. Orders that are being processed are delivered twice,
// which does no harm.
func (p *Pipeline) redeliverStranded(ctx context.Context, s queueState) error {
	if s.stranded() == 0 {
		return nil
	}
	p.redelivered.Store(s.orders.LastSeq)
	_, err := p.streams.orders.ResetConsumerToSequence(ctx, p.names.consumer(), max(s.orders.FirstSeq, 1))
	p.cfg.logger.LogAttrs(ctx, slog.LevelWarn, "fulfillment queue holds acknowledged orders, delivering all orders again",
		slog.Int("acknowledged", s.stranded()), slog.Int("depth", toInt(s.orders.Msgs)), slog.Any("error", err))
	return err
}

// reconcileOnce reconciles the queue of an embedded server, which no worker uses
// yet.
func (p *Pipeline) reconcileOnce(ctx context.Context) error {
	if p.server == nil {
		return nil
	}
	s, err := p.queueState(ctx)
	if err == nil {
		err = p.redeliverStranded(ctx, s)
	}
	if err == nil {
		err = p.checkLedger(ctx)
	}
	return wrap("reconcile the queue", err)
}

// reconcile compares the queue with its consumer and with the ledger at intervals,
// until ctx ends.
func (p *Pipeline) reconcile(ctx context.Context) {
	// Orders that are being processed may look stranded for a moment. All checks of
	// two intervals have to find stranded orders.
	const checks = 6
	if p.server == nil { // Open checked an embedded server
		p.logReconcile(ctx, p.checkLedger(ctx))
	}
	for tick, found := 1, 0; sleep(ctx, p.cfg.reconcileInterval/(checks/2)); tick++ {
		s, err := p.queueState(ctx)
		switch {
		case err != nil:
		case s.stranded() == 0:
			found = 0
		default:
			if found++; found == checks {
				found = 0
				err = p.redeliverStranded(ctx, s)
			}
		}
		if err == nil && tick%(ledgerIntervals*checks/2) == 0 {
			err = p.checkLedger(ctx)
		}
		p.logReconcile(ctx, err)
	}
}

// logReconcile logs an error of a check, which is repeated.
func (p *Pipeline) logReconcile(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		p.cfg.logger.LogAttrs(ctx, slog.LevelDebug, "fulfillment queue not checked", slog.Any("error", err))
	}
}
