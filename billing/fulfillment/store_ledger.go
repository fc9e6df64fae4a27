package fulfillment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// MissingOrder is an order that was accepted and that the store has lost: it is
// neither in the queue nor a dead letter, and has no result. It can also be a message
// of a [Queue] that was lost before it was processed.
type MissingOrder struct {
	// OrderID is the caller's id of the order, the ID of a [Rejection], or the id of
	// the message.
	OrderID string
	// AcceptedAt is the time at which the order was stored.
	AcceptedAt time.Time
	// Queue is the name of the queue of the message. It is empty for an order.
	Queue string
}

// acceptedOrder is an entry of the ledger. The subject contains the name of the queue.
type acceptedOrder struct {
	OrderID    string    `json:"order_id"`
	AcceptedAt time.Time `json:"accepted_at"`
}

// ledger holds the result of the latest check of the ledger. The ledger is a stream
// with a small entry for each order that was accepted. The entry is stored after
// the order, and removed with its result, or when its dead letter is discarded. The
// entry of a message of a [Queue] is removed before the message. An entry is in other
// files than the order, so that damage to one does not hide in both.
type ledger struct {
	mu      sync.Mutex
	missing map[entryKey]MissingOrder
}

func (l *ledger) set(missing map[entryKey]MissingOrder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.missing = missing
}

func (l *ledger) remove(key entryKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.missing, key)
}

func (l *ledger) list() []MissingOrder {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []MissingOrder
	for _, m := range l.missing {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b MissingOrder) int {
		return cmp.Or(a.AcceptedAt.Compare(b.AcceptedAt), cmp.Compare(a.OrderID, b.OrderID))
	})
	return all
}

// recordAccepted adds an order or a message to the ledger, unless it is there already.
func (p *Pipeline) recordAccepted(ctx context.Context, key entryKey, orderID string, acceptedAt time.Time) error {
	body, err := encodeJSON(acceptedOrder{OrderID: orderID, AcceptedAt: acceptedAt.UTC()})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err = p.write(ctx, func(ctx context.Context) error {
		_, err := p.js.Publish(ctx, p.names.acceptedSubject(key), body, jetstream.WithExpectLastSequencePerSubject(0))
		if isWrongSequence(err) {
			return nil
		}
		return err
	})
	if err == nil {
		p.ledger.remove(key)
	}
	return err
}

// removeAccepted removes a finished order from the ledger. An entry that remains
// after an error is removed by the next check.
func (p *Pipeline) removeAccepted(ctx context.Context, key entryKey) error {
	return p.write(ctx, func(ctx context.Context) error {
		return p.streams.accepted.Purge(ctx, jetstream.WithPurgeSubject(p.names.acceptedSubject(key)))
	})
}

// Missing returns the orders, and the messages of queues, that the store has lost,
// oldest first, according to the latest check. Open and [Pipeline.Run] check the store.
//
// An order is no longer missing after it is enqueued again, for example because
// its event is delivered again, and a message after it is put again. [Pipeline.Forget]
// is for those that cannot be recovered.
func (p *Pipeline) Missing() []MissingOrder { return p.ledger.list() }

// Forget removes a missing order or message from the list of [Pipeline.Missing]
// permanently. It does not affect an order that is in the queue or a dead letter.
func (p *Pipeline) Forget(ctx context.Context, orderID string) error {
	p.ledger.mu.Lock()
	var keys []entryKey
	for key, m := range p.ledger.missing {
		if m.OrderID == orderID {
			keys = append(keys, key)
		}
	}
	p.ledger.mu.Unlock()
	if len(keys) == 0 {
		return ErrNotMissing
	}
	for _, key := range keys {
		if err := p.removeAccepted(ctx, key); err != nil {
			return wrap("forget", err)
		}
		p.ledger.remove(key)
	}
	return nil
}

// checkLedger looks for each entry of the ledger in the queues, the results and the
// dead letters, and logs what is nowhere.
func (p *Pipeline) checkLedger(ctx context.Context) error {
	missing := make(map[entryKey]MissingOrder)
	for next := uint64(1); ; {
		msg, err := p.streams.accepted.GetMsg(ctx, next, jetstream.WithGetMsgSubject(p.names.allAccepted()))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return wrap("check the ledger", err)
		}
		next = msg.Sequence + 1
		key := parseEntryKey(msg.Subject)
		if key == probeKey {
			continue
		}
		state, err := p.findAccepted(ctx, key)
		switch {
		case err != nil:
			return wrap("check the ledger", err)
		case state == acceptedFinished:
			if err := p.removeAccepted(ctx, key); err != nil {
				return wrap("check the ledger", err)
			}
		case state == acceptedMissing:
			var a acceptedOrder
			if json.Unmarshal(msg.Data, &a) != nil {
				a = acceptedOrder{OrderID: "unknown", AcceptedAt: msg.Time}
			}
			missing[key] = MissingOrder{OrderID: a.OrderID, AcceptedAt: a.AcceptedAt, Queue: key.queue()}
		}
	}
	if err := p.checkAgain(ctx, missing); err != nil {
		return err
	}
	p.ledger.set(missing) // other goroutines change it from now on
	const maxLogged = 100
	all := p.Missing()
	for i := range all[:min(len(all), maxLogged)] {
		all[i].log(ctx, p.cfg.logger, len(all))
	}
	return nil
}

func (m *MissingOrder) log(ctx context.Context, logger *slog.Logger, of int) {
	acceptedAt, all := slog.Time("accepted_at", m.AcceptedAt), slog.Int("of", of)
	if m.Queue != "" {
		logger.LogAttrs(ctx, slog.LevelError, "fulfillment message missing: the store is damaged; put the message again, or forget it",
			slog.String("queue", m.Queue), slog.String("message_id", m.OrderID), acceptedAt, all)
		return
	}
	logger.LogAttrs(ctx, slog.LevelError, "fulfillment order missing: the store is damaged; enqueue the order again, or forget it",
		slog.String("order_id", m.OrderID), acceptedAt, all)
}

// checkAgain removes the orders from missing that a replica of a cluster did not
// show yet, and the messages that were put and processed during the check.
func (p *Pipeline) checkAgain(ctx context.Context, missing map[entryKey]MissingOrder) error {
	if len(missing) == 0 || !sleep(ctx, replicaDelay) {
		return ctx.Err()
	}
	for key := range missing {
		state, err := p.findAccepted(ctx, key)
		if err != nil {
			return wrap("check the ledger", err)
		}
		if state != acceptedMissing {
			delete(missing, key)
		}
	}
	return nil
}

// replicaDelay exceeds the time until all replicas of a cluster hold a message.
const replicaDelay = 2 * time.Second

// acceptedState is the place of an accepted order.
type acceptedState int

const (
	acceptedMissing  acceptedState = iota
	acceptedPending                // in the queue or a dead letter
	acceptedFinished               // it has a result
	acceptedRemoved                // its entry was removed from the ledger meanwhile
)

func (p *Pipeline) findAccepted(ctx context.Context, key entryKey) (acceptedState, error) {
	if key.queue() != "" {
		return p.findMessage(ctx, key)
	}
	queued := func() (bool, error) { return hasSubject(ctx, p.orders.stream, p.names.orderSubject(key)) }
	dead := func() (bool, error) {
		return hasSubject(ctx, p.streams.deadLetters, p.names.deadLetterSubject(key))
	}
	finished := func() (bool, error) { return p.findResult(ctx, key) }
	for _, place := range [...]struct {
		find  func() (bool, error)
		state acceptedState
	}{
		{queued, acceptedPending},
		{finished, acceptedFinished},
		{dead, acceptedPending},
		{queued, acceptedPending}, // a dead letter that was retried meanwhile
		{finished, acceptedFinished},
	} {
		found, err := place.find()
		if err != nil || found {
			return place.state, err
		}
	}
	return acceptedMissing, nil
}

// findMessage looks for a message of a [Queue], which may not be open.
func (p *Pipeline) findMessage(ctx context.Context, key entryKey) (acceptedState, error) {
	name := p.names.queue(key.queue())
	stream := p.queues.get(name)
	if stream == nil {
		var err error
		if stream, err = p.js.Stream(ctx, name); errors.Is(err, jetstream.ErrStreamNotFound) {
			return acceptedMissing, nil
		} else if err != nil {
			return acceptedMissing, err
		}
		p.queues.set(name, stream)
	}
	queued, err := hasSubject(ctx, stream, p.names.messageSubject(key))
	if err != nil || queued {
		return acceptedPending, err
	}
	// A worker removes the entry before the message.
	recorded, err := hasSubject(ctx, p.streams.accepted, p.names.acceptedSubject(key))
	if err != nil || !recorded {
		return acceptedRemoved, err
	}
	return acceptedMissing, nil
}

// hasSubject reports whether a stream holds a message with the subject.
func hasSubject(ctx context.Context, stream jetstream.Stream, subject string) (bool, error) {
	_, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil
	}
	return err == nil, err
}
