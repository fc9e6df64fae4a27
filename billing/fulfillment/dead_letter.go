package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

// DeadLetter is an order that failed permanently, or a [Rejection]. Correct the
// cause and call [Pipeline.Retry], or call [Pipeline.Discard].
type DeadLetter struct {
	// Seq identifies the dead letter for Retry and Discard.
	Seq uint64
	// OrderID is the caller's id of the order, or the ID of the Rejection.
	OrderID string
	// Order is the order. It is nil for a Rejection.
	Order *licensespring.Order
	// Failure is the reason.
	Failure Failure
	// Source and Payload are those of the Rejection. Payload also holds an entry
	// of the queue that cannot be decoded as an order.
	Source  string
	Payload []byte
	// EnqueuedAt is the time at which the order was enqueued, and FailedAt the time
	// at which it became a dead letter.
	EnqueuedAt, FailedAt time.Time
	// Deliveries is the number of deliveries of the order to a worker.
	Deliveries int
	// Repeated reports whether the order was retried and rejected for the same reason.
	// Retrying it again is useless until the cause is corrected.
	Repeated bool
}

// Rejection describes input that cannot be converted to an order, such as a
// webhook event with invalid metadata.
type Rejection struct {
	// ID identifies the rejection and is required: the id of the event, or of the
	// order. Rejecting the same ID again replaces the dead letter.
	ID string
	// Reason is a human-readable reason.
	Reason string
	// Source is the origin, as in "stripe checkout.session.completed".
	Source string
	// Payload is the original input. It is stored unchanged.
	Payload []byte
	// Err optionally holds details, for example a [*licensespring.ValidationError].
	// Its kind and findings are stored.
	Err error
}

// storedDeadLetter is the JSON form of a dead letter in the stream.
type storedDeadLetter struct {
	OrderID    string          `json:"order_id"`
	Order      json.RawMessage `json:"order,omitzero"`
	Failure    Failure         `json:"failure"`
	Source     string          `json:"source,omitzero"`
	Payload    []byte          `json:"payload,omitzero"`
	EnqueuedAt time.Time       `json:"enqueued_at"`
	FailedAt   time.Time       `json:"failed_at"`
	Deliveries int             `json:"deliveries"`
	Repeated   bool            `json:"repeated,omitzero"`

	Warnings []licensespring.Finding `json:"warnings,omitzero"`
}

// Reject stores a Rejection as a dead letter. It returns nil when the dead letter
// is stored, and otherwise the same errors as [Pipeline.Enqueue].
func (p *Pipeline) Reject(ctx context.Context, r Rejection) error {
	if r.ID == "" {
		return errors.New("fulfillment: reject: the ID is empty")
	}
	release, err := p.allocate(ctx, len(r.Payload))
	if err != nil {
		return err
	}
	defer release()
	f := Failure{}
	if r.Err != nil {
		f = newFailure(r.Err)
	}
	if r.Reason != "" {
		f.Text = r.Reason
	}
	now := time.Now().UTC()
	key := entryKey{order: orderKey(r.ID), content: rejectedContent}
	err = p.saveDeadLetter(ctx, key, &storedDeadLetter{
		OrderID: r.ID, Failure: f, Source: r.Source, Payload: r.Payload, EnqueuedAt: now, FailedAt: now,
	})
	if err == nil {
		err = p.recordAccepted(ctx, key, r.ID, now)
	}
	return wrap("reject", err)
}

func (p *Pipeline) saveDeadLetter(ctx context.Context, key entryKey, l *storedDeadLetter) error {
	body, err := p.encodeDeadLetter(l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return p.write(ctx, func(ctx context.Context) error {
		_, err := p.js.Publish(ctx, p.names.deadLetterSubject(key), body)
		return err
	})
}

// encodeDeadLetter encodes a dead letter within the maximum message size. The
// order fits because Enqueue checked it, so that the details of the failure are
// dropped first. The payload of a rejection is truncated last.
func (p *Pipeline) encodeDeadLetter(l *storedDeadLetter) ([]byte, error) {
	limit := p.conn.MaxPayload()
	fits := func(body []byte) bool { return limit <= 0 || int64(len(body)) <= limit }
	body, err := encodeJSON(l)
	if err != nil || fits(body) {
		return body, err
	}
	small := *l
	small.Failure.Attempts, small.Failure.Fields, small.Failure.Findings, small.Failure.Differences = nil, nil, nil, nil
	if body, err = encodeJSON(small); err != nil || fits(body) {
		return body, err
	}
	small.Payload = small.Payload[:min(int64(len(small.Payload)), limit/2)]
	return encodeJSON(small)
}

// hasDeadLetter reports whether the entry is a dead letter. It returns false on an
// error, because then the order is processed again.
func (p *Pipeline) hasDeadLetter(ctx context.Context, key entryKey) bool {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	_, err := p.streams.deadLetters.GetLastMsgForSubject(ctx, p.names.deadLetterSubject(key))
	return err == nil
}

// removeDeadLetter removes the dead letter of an entry that was completed after a
// retry or a second Enqueue.
func (p *Pipeline) removeDeadLetter(ctx context.Context, key entryKey) error {
	return p.write(ctx, func(ctx context.Context) error {
		msg, err := p.streams.deadLetters.GetLastMsgForSubject(ctx, p.names.deadLetterSubject(key))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return p.deleteDeadLetter(ctx, msg.Sequence)
	})
}

func (p *Pipeline) deleteDeadLetter(ctx context.Context, seq uint64) error {
	err := p.streams.deadLetters.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		if _, missing := p.streams.deadLetters.GetMsg(ctx, seq); errors.Is(missing, jetstream.ErrMsgNotFound) {
			return nil
		}
	}
	return err
}

// DeadLetters yields the dead letters, oldest first. The sequence ends after the
// first error.
func (p *Pipeline) DeadLetters(ctx context.Context) iter.Seq2[*DeadLetter, error] {
	return p.deadLetters(ctx, p.names.allDeadLetters())
}

// DeadLettersOf yields the dead letters with an order id: those of orders with different
// contents, and that of a [Rejection].
func (p *Pipeline) DeadLettersOf(ctx context.Context, orderID string) iter.Seq2[*DeadLetter, error] {
	return p.deadLetters(ctx, p.names.deadLetterSubject(entryKey{order: orderKey(orderID), content: "*"}))
}

func (p *Pipeline) deadLetters(ctx context.Context, subject string) iter.Seq2[*DeadLetter, error] {
	return func(yield func(*DeadLetter, error) bool) {
		for next := uint64(1); ; {
			msg, err := p.streams.deadLetters.GetMsg(ctx, next, jetstream.WithGetMsgSubject(subject))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			if err != nil {
				yield(nil, wrap("dead letters", err))
				return
			}
			if l, err := decodeDeadLetter(msg); !yield(l, err) || err != nil {
				return
			}
			next = msg.Sequence + 1
		}
	}
}

// DeadLetter returns the dead letter with a sequence number, or [ErrNoDeadLetter].
func (p *Pipeline) DeadLetter(ctx context.Context, seq uint64) (*DeadLetter, error) {
	msg, err := p.getDeadLetter(ctx, seq)
	if err != nil {
		return nil, err
	}
	return decodeDeadLetter(msg)
}

func (p *Pipeline) getDeadLetter(ctx context.Context, seq uint64) (*jetstream.RawStreamMsg, error) {
	if seq == 0 {
		return nil, ErrNoDeadLetter
	}
	msg, err := p.streams.deadLetters.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, ErrNoDeadLetter
	}
	return msg, wrap("dead letter", err)
}

func decodeDeadLetter(msg *jetstream.RawStreamMsg) (*DeadLetter, error) {
	var s storedDeadLetter
	if err := json.Unmarshal(msg.Data, &s); err != nil {
		return nil, wrap("decode dead letter", err)
	}
	l := &DeadLetter{
		Seq: msg.Sequence, OrderID: s.OrderID, Failure: s.Failure, Source: s.Source, Payload: s.Payload,
		EnqueuedAt: s.EnqueuedAt, FailedAt: s.FailedAt, Deliveries: s.Deliveries, Repeated: s.Repeated,
	}
	if s.Order == nil {
		return l, nil
	}
	order := &licensespring.Order{}
	if order.UnmarshalJSON(s.Order) == nil {
		l.Order = order
	} else {
		l.Payload = s.Order // written by another version of the SDK
	}
	return l, nil
}

// Retry enqueues the order of a dead letter again, unchanged, and removes the dead
// letter. It returns [ErrNoDeadLetter], [ErrNotRetryable] or [ErrStillQueued] if
// that is not possible.
//
// To retry with a corrected order, enqueue that order and [Pipeline.Discard] the
// dead letter.
func (p *Pipeline) Retry(ctx context.Context, seq uint64) error {
	msg, err := p.getDeadLetter(ctx, seq)
	if err != nil {
		return err
	}
	var l storedDeadLetter
	if err := json.Unmarshal(msg.Data, &l); err != nil {
		return wrap("decode dead letter", err)
	}
	if l.Order == nil {
		return ErrNotRetryable
	}
	// JetStream may still remember the message id of the original order. This id
	// belongs to the dead letter, so that a repeated Retry is deduplicated.
	id := "retry." + strconv.FormatUint(seq, 10) + "." + strconv.FormatInt(msg.Time.UnixNano(), 36)
	key := parseEntryKey(msg.Subject)
	headers := orderHeaders{enqueuedAt: l.EnqueuedAt, warnings: l.Warnings, retryOf: l.Failure.identity()}
	state, err := p.publishOrder(ctx, key, l.Order, id, headers)
	if err == nil && state == entryFinished && !p.hasResult(ctx, key) {
		state, err = p.publishOrder(ctx, key, l.Order, "", headers)
	}
	if err != nil {
		return wrap("retry", err)
	}
	// The worker that stored the dead letter may not have acknowledged the order
	// yet. Its acknowledgment removes the order, so that the dead letter must stay.
	if state == entryAlreadyQueued {
		return ErrStillQueued
	}
	if state != entryFinished {
		err = p.recordAccepted(ctx, key, l.OrderID, l.EnqueuedAt) // not yet there if an older version stored the dead letter
	}
	if err == nil {
		err = p.write(ctx, func(ctx context.Context) error { return p.deleteDeadLetter(ctx, seq) })
	}
	return wrap("retry", err)
}

// Discard removes a dead letter permanently. It returns nil if the dead letter
// does not exist.
func (p *Pipeline) Discard(ctx context.Context, seq uint64) error {
	msg, err := p.getDeadLetter(ctx, seq)
	if errors.Is(err, ErrNoDeadLetter) {
		return nil
	}
	if err == nil {
		err = p.write(ctx, func(ctx context.Context) error { return p.deleteDeadLetter(ctx, seq) })
	}
	if err != nil {
		return wrap("discard", err)
	}
	key := parseEntryKey(msg.Subject)
	queued, err := hasSubject(ctx, p.orders.stream, p.names.orderSubject(key))
	if err == nil && !queued {
		err = p.removeAccepted(ctx, key)
	}
	return wrap("discard", err)
}

// DiscardRejection removes the dead letter of a [Rejection]. It returns nil if there is
// none.
func (p *Pipeline) DiscardRejection(ctx context.Context, id string) error {
	return wrap("discard", p.removeDeadLetter(ctx, entryKey{order: orderKey(id), content: rejectedContent}))
}
