package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

const (
	// storeTimeout is how long it is tried to have something stored.
	storeTimeout = 30 * time.Second
	// letterRoom is what a dead letter needs beside its order.
	letterRoom = 64 << 10
	// headerEnqueued keeps when an order first came, over its way through a dead
	// letter.
	headerEnqueued = "Licensespring-Enqueued"
)

// Enqueue puts the order into the queue. It returns nil when the order is stored:
// then it will end in a result or in a dead letter. The same order can be
// enqueued any number of times. One that is a dead letter may stay one
// ([WithDedupeWindow]): [Pipeline.Retry] puts it back, and once the letter is
// discarded Enqueue does so, too.
//
// An order that is wrong is refused with all that is wrong with it:
// errors.As finds a [*licensespring.ValidationError]. An append whose licenses
// do not all have a key is wrong here, and one that does not fit into a message is
// refused with [ErrTooLarge]. After any other error, such as
// [ErrStoreFailed], [ErrStoreFull] or [ErrClosed], the order may or may not be in the queue:
// enqueue it again, or have whoever sent it send it again.
// Enqueue waits for a server that is away, for half a minute at the most.
func (p *Pipeline) Enqueue(ctx context.Context, order *licensespring.Order) error {
	if err := check(order); err != nil {
		return err
	}
	body, err := order.MarshalJSON()
	if err != nil {
		return err
	}
	if limit := p.conn.MaxPayload(); limit > 0 && int64(len(body)) > limit-letterRoom {
		return fmt.Errorf("%w: %w", ErrTooLarge, nats.ErrMaxPayload)
	}
	if err := p.checkRoom(len(body)); err != nil {
		return err
	}
	key := newEntryKey(order.ID, body)
	s, err := p.put(ctx, key, body, key.String(), time.Now())
	// A worker stores how an order ended before it acknowledges it. Where neither
	// a result nor a letter is kept any more, the order has to be made again: the
	// letter was discarded, perhaps because somebody mended what it was about.
	if err == nil && s == hasLeft && !p.known(ctx, key) && !p.isDead(ctx, key) {
		_, err = p.put(ctx, key, body, "", time.Now())
	}
	return wrap("enqueue", err)
}

// check finds what is wrong with an order, and with an append what the worker
// would find.
func check(order *licensespring.Order) error {
	if order == nil {
		return errors.New("fulfillment: the order is nil")
	}
	var wrong *licensespring.ValidationError
	if err := order.Validate(); err != nil && !errors.As(err, &wrong) {
		return err
	}
	if order.Append && !hasAllKeys(order) {
		if wrong == nil {
			wrong = &licensespring.ValidationError{}
		}
		wrong.Findings = append(wrong.Findings, licensespring.Finding{
			Path: "items", Rule: licensespring.RuleAppendWithoutKeys, Severity: licensespring.Fault,
			Message: "every license of an append needs a key, so that it can be found again",
		})
	}
	if wrong != nil {
		return wrong
	}
	return nil
}

func hasAllKeys(order *licensespring.Order) bool {
	for _, item := range order.Items {
		for i := range item.Licenses {
			if item.Licenses[i].Key == "" {
				return false
			}
		}
	}
	return true
}

// standing is how an order stands in the queue after put.
type standing int

const (
	// isQueued: it is in the queue, put there under the id given.
	isQueued standing = iota
	// wasQueued: it is in the queue, put there under another id.
	wasQueued
	// hasLeft: it was put there under the id within the dedupe window, and has
	// left the queue.
	hasLeft
)

// put stores an order in the queue, unless it is there or JetStream remembers the
// id. Without an id it remembers nothing.
func (p *Pipeline) put(ctx context.Context, key entryKey, body []byte, id string, enqueued time.Time) (s standing, err error) {
	msg := nats.NewMsg(p.names.orderSubject(key))
	msg.Data = body
	msg.Header.Set(headerEnqueued, strconv.FormatInt(enqueued.UnixMilli(), 10))
	// The subject is taken for as long as the order is in the queue.
	options := []jetstream.PublishOpt{jetstream.WithExpectLastSequencePerSubject(0)}
	if id != "" {
		options = append(options, jetstream.WithMsgID(id))
	}

	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err = p.persist(ctx, func(ctx context.Context) error {
		ack, err := p.js.PublishMsg(ctx, msg, options...)
		switch {
		case err == nil && !ack.Duplicate:
			s = isQueued
			return nil
		case err != nil && !isTaken(err):
			return err
		}
		// It is looked for in either case. In a cluster a subject may be said to be
		// taken because of a copy which is being stored and may yet fail.
		_, missing := p.orders.GetLastMsgForSubject(ctx, msg.Subject)
		switch {
		case missing == nil && err == nil:
			s = isQueued
			return nil
		case missing == nil:
			s = wasQueued
			return nil
		case !errors.Is(missing, jetstream.ErrMsgNotFound):
			return missing
		case err == nil:
			s = hasLeft
			return nil
		default:
			return errAgain // neither there nor taken by now
		}
	})
	return s, err
}
