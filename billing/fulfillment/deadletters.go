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

// storedLetter is a dead letter as it stands in the stream.
type storedLetter struct {
	OrderID    string          `json:"order_id"`
	Order      json.RawMessage `json:"order,omitzero"`
	Failure    Failure         `json:"failure"`
	Source     string          `json:"source,omitzero"`
	Payload    []byte          `json:"payload,omitzero"`
	Enqueued   time.Time       `json:"enqueued"`
	Died       time.Time       `json:"died"`
	Deliveries int             `json:"deliveries"`
}

// Reject stores something that could not be turned into an order as a dead
// letter. It returns nil when it is stored, and otherwise errors like those of
// [Pipeline.Enqueue].
func (p *Pipeline) Reject(ctx context.Context, r Rejection) error {
	if r.ID == "" {
		return errors.New("fulfillment: a rejection needs an id")
	}
	if err := p.checkRoom(len(r.Payload)); err != nil {
		return err
	}
	f := Failure{}
	if r.Err != nil {
		f = newFailure(r.Err)
	}
	if r.Reason != "" {
		f.Text = r.Reason
	}
	now := time.Now().UTC()
	key := entryKey{order: orderKey(r.ID), content: rejected}
	return wrap("reject", p.bury(ctx, key, &storedLetter{
		OrderID: r.ID, Failure: f, Source: r.Source, Payload: r.Payload, Enqueued: now, Died: now,
	}))
}

// bury stores a dead letter.
func (p *Pipeline) bury(ctx context.Context, key entryKey, l *storedLetter) error {
	body, err := p.fitLetter(l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return p.persist(ctx, func(ctx context.Context) error {
		_, err := p.js.Publish(ctx, p.names.deadSubject(key), body)
		return err
	})
}

// fitLetter encodes a letter so that the server takes it. The order itself fits,
// or it had not been enqueued: so what goes is what was said about it, and of a
// rejection the end.
func (p *Pipeline) fitLetter(l *storedLetter) ([]byte, error) {
	limit := p.conn.MaxPayload()
	fits := func(body []byte) bool { return limit <= 0 || int64(len(body)) <= limit }
	body, err := encode(l)
	if err != nil || fits(body) {
		return body, err
	}
	small := *l
	small.Failure.Attempts, small.Failure.Fields, small.Failure.Findings, small.Failure.Differences = nil, nil, nil, nil
	if body, err = encode(small); err != nil || fits(body) {
		return body, err
	}
	small.Payload = small.Payload[:min(int64(len(small.Payload)), limit/2)]
	return encode(small)
}

// isDead reports whether the entry is a dead letter. An error counts as no: then
// the order is tried again.
func (p *Pipeline) isDead(ctx context.Context, key entryKey) bool {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	_, err := p.dead.GetLastMsgForSubject(ctx, p.names.deadSubject(key))
	return err == nil
}

// clear removes the dead letter of an entry that was made after all: a letter
// that was put back, or whose order was enqueued again.
func (p *Pipeline) clear(ctx context.Context, key entryKey) error {
	return p.persist(ctx, func(ctx context.Context) error {
		msg, err := p.dead.GetLastMsgForSubject(ctx, p.names.deadSubject(key))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return p.remove(ctx, msg.Sequence)
	})
}

// remove removes a letter, if it is there.
func (p *Pipeline) remove(ctx context.Context, seq uint64) error {
	err := p.dead.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		if _, gone := p.dead.GetMsg(ctx, seq); errors.Is(gone, jetstream.ErrMsgNotFound) {
			return nil
		}
	}
	return err
}

// DeadLetters yields the dead letters, oldest first. It ends after the first
// error.
func (p *Pipeline) DeadLetters(ctx context.Context) iter.Seq2[*DeadLetter, error] {
	return func(yield func(*DeadLetter, error) bool) {
		for next := uint64(1); ; {
			msg, err := p.dead.GetMsg(ctx, next, jetstream.WithGetMsgSubject(p.names.prefix+".dead.>"))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			if err != nil {
				yield(nil, wrap("dead letters", err))
				return
			}
			if l, err := readLetter(msg); !yield(l, err) || err != nil {
				return
			}
			next = msg.Sequence + 1
		}
	}
}

// DeadLetter returns one dead letter, and [ErrNoDeadLetter] if there is none.
func (p *Pipeline) DeadLetter(ctx context.Context, seq uint64) (*DeadLetter, error) {
	msg, err := p.letter(ctx, seq)
	if err != nil {
		return nil, err
	}
	return readLetter(msg)
}

func (p *Pipeline) letter(ctx context.Context, seq uint64) (*jetstream.RawStreamMsg, error) {
	if seq == 0 {
		return nil, ErrNoDeadLetter
	}
	msg, err := p.dead.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, ErrNoDeadLetter
	}
	return msg, wrap("dead letter", err)
}

func readLetter(msg *jetstream.RawStreamMsg) (*DeadLetter, error) {
	var s storedLetter
	if err := json.Unmarshal(msg.Data, &s); err != nil {
		return nil, wrap("read a dead letter", err)
	}
	l := &DeadLetter{
		Seq: msg.Sequence, OrderID: s.OrderID, Failure: s.Failure, Source: s.Source, Payload: s.Payload,
		Enqueued: s.Enqueued, Died: s.Died, Deliveries: s.Deliveries,
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

// Retry puts the order of a dead letter back into the queue, as it is, and
// removes the letter. Errors: [ErrNoDeadLetter], [ErrNotRetryable],
// [ErrStillQueued].
//
// To try with another order, enqueue that one and [Pipeline.Discard] the letter.
func (p *Pipeline) Retry(ctx context.Context, seq uint64) error {
	msg, err := p.letter(ctx, seq)
	if err != nil {
		return err
	}
	var l storedLetter
	if err := json.Unmarshal(msg.Data, &l); err != nil {
		return wrap("read a dead letter", err)
	}
	if l.Order == nil {
		return ErrNotRetryable
	}
	// The order's own id may still be known from when it came first. This one is
	// the letter's, so that a second Retry of it does no more than the first.
	id := "retry." + strconv.FormatUint(seq, 10) + "." + strconv.FormatInt(msg.Time.UnixNano(), 36)
	key := entryKeyOf(msg.Subject)
	s, err := p.put(ctx, key, l.Order, id, l.Enqueued)
	if err == nil && s == hasLeft && !p.known(ctx, key) {
		s, err = p.put(ctx, key, l.Order, "", l.Enqueued)
	}
	if err != nil {
		return wrap("retry", err)
	}
	// The worker that buried the order may not have acknowledged it yet. It is
	// going to, and then nothing would be left of it but this letter.
	if s == wasQueued {
		return ErrStillQueued
	}
	return p.Discard(ctx, seq)
}

// Discard removes a dead letter for good. It is no error if it is gone already.
func (p *Pipeline) Discard(ctx context.Context, seq uint64) error {
	return wrap("discard", p.persist(ctx, func(ctx context.Context) error {
		return p.remove(ctx, seq)
	}))
}
