package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

const (
	// writeTimeout bounds one write, including its retries.
	writeTimeout = 30 * time.Second
	// deadLetterOverhead is the space reserved in a message so that the dead
	// letter of an order fits as well.
	deadLetterOverhead = 64 << 10
)

// Enqueue stores the order in the queue. After it returns nil, the order ends in
// a result or in a dead letter. Enqueue is idempotent for the same order. An order
// that is a dead letter may stay one (see [WithDedupeWindow]); use
// [Pipeline.Retry], or discard the dead letter first.
//
// An invalid order is rejected with all findings in a
// [*licensespring.ValidationError]. An append is invalid unless every license has
// a key. An order that does not fit into a message is rejected with [ErrTooLarge].
// After any other error, such as [ErrStoreFailed], [ErrStoreFull] or [ErrClosed],
// the order may or may not be in the queue: call Enqueue again, or let the sender
// of the order retry. Enqueue waits at most 30 seconds for an unavailable server.
func (p *Pipeline) Enqueue(ctx context.Context, order *licensespring.Order) error {
	return p.EnqueueWithWarnings(ctx, order, nil)
}

// EnqueueWithWarnings is [Pipeline.Enqueue] for an order that was changed before, for
// example because an unusable address was removed. The warnings become part of the
// [Result]. They do not distinguish orders.
func (p *Pipeline) EnqueueWithWarnings(ctx context.Context, order *licensespring.Order, warnings []licensespring.Finding) error {
	if err := validate(order); err != nil {
		return err
	}
	body, err := order.MarshalJSON()
	if err != nil {
		return err
	}
	if limit := p.conn.MaxPayload(); limit > 0 && int64(len(body)) > limit-deadLetterOverhead {
		return fmt.Errorf("%w: %d bytes, and the maximum is %d: %w",
			ErrTooLarge, len(body), max(limit-deadLetterOverhead, 0), nats.ErrMaxPayload)
	}
	key := newEntryKey(order.ID, body)
	now := time.Now()
	headers := orderHeaders{enqueuedAt: now, warnings: warnings}
	state, err := p.publishOrder(ctx, key, body, key.String(), headers)
	// A worker stores a result or a dead letter before it acknowledges an order. If
	// neither exists any more, the dead letter was discarded, so that the order has
	// to be queued again in spite of the dedupe window.
	if err == nil && state == entryFinished && !p.hasResult(ctx, key) && !p.hasDeadLetter(ctx, key) {
		state, err = p.publishOrder(ctx, key, body, "", headers)
	}
	if err == nil && state != entryFinished {
		err = p.recordAccepted(ctx, key, order.ID, now)
	}
	return wrap("enqueue", err)
}

// validate reports all findings of an order, including those of an append that
// only the client would report.
func validate(order *licensespring.Order) error {
	if order == nil {
		return errors.New("fulfillment: the order is nil")
	}
	var invalid *licensespring.ValidationError
	if err := order.Validate(); err != nil && !errors.As(err, &invalid) {
		return err
	}
	if order.Append && !allLicensesHaveKeys(order) {
		if invalid == nil {
			invalid = &licensespring.ValidationError{}
		}
		invalid.Findings = append(invalid.Findings, licensespring.Finding{
			Path: "items", Rule: licensespring.RuleAppendWithoutKeys, Severity: licensespring.SeverityError,
			Message: "an append requires a key on every license; call AssignKeys first",
		})
	}
	if invalid != nil {
		return invalid
	}
	return nil
}

func allLicensesHaveKeys(order *licensespring.Order) bool {
	for _, item := range order.Items {
		for i := range item.Licenses {
			if item.Licenses[i].Key == "" {
				return false
			}
		}
	}
	return true
}

// entryState is the state of an entry after publishOrder.
type entryState int

const (
	// entryQueued: the entry is in the queue, published with the given message id.
	entryQueued entryState = iota
	// entryAlreadyQueued: the entry is in the queue, published with another
	// message id.
	entryAlreadyQueued
	// entryFinished: the entry was published with the message id within the dedupe
	// window, and is no longer in the queue.
	entryFinished
)

// publishOrder stores an order in the queue unless the entry is in the queue
// already, or JetStream remembers messageID. An empty messageID is not
// deduplicated.
func (p *Pipeline) publishOrder(ctx context.Context, key entryKey, body []byte, messageID string, headers orderHeaders) (state entryState, err error) {
	msg := nats.NewMsg(p.names.orderSubject(key))
	msg.Data = reserveResult(body, p.conn.MaxPayload())
	release, err := p.allocate(ctx, len(msg.Data))
	if err != nil {
		return state, err
	}
	defer release()
	if err := headers.set(msg.Header); err != nil {
		return state, err
	}
	return p.publishOnce(ctx, p.orders.stream, msg, messageID)
}

// publishOnce stores a message unless the stream has one with its subject, or
// JetStream remembers messageID. An empty messageID is not deduplicated.
func (p *Pipeline) publishOnce(ctx context.Context, stream jetstream.Stream, msg *nats.Msg, messageID string) (state entryState, err error) {
	// At most one message per subject, as long as the entry is in the queue.
	options := []jetstream.PublishOpt{jetstream.WithExpectLastSequencePerSubject(0)}
	if messageID != "" {
		options = append(options, jetstream.WithMsgID(messageID))
	}

	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	err = p.write(ctx, func(ctx context.Context) error {
		ack, err := p.js.PublishMsg(ctx, msg, options...)
		switch {
		case err == nil && !ack.Duplicate:
			state = entryQueued
			return nil
		case err != nil && !isWrongSequence(err):
			return err
		}
		// Look the message up in either case: a cluster may report a wrong sequence
		// because of a copy that is being stored and may still fail.
		_, missing := stream.GetLastMsgForSubject(ctx, msg.Subject)
		switch {
		case missing == nil && err == nil:
			state = entryQueued
			return nil
		case missing == nil:
			state = entryAlreadyQueued
			return nil
		case !errors.Is(missing, jetstream.ErrMsgNotFound):
			return missing
		case err == nil:
			state = entryFinished
			return nil
		default:
			return errConcurrentChange
		}
	})
	return state, err
}
