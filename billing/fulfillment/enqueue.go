package fulfillment

import (
	"context"
	"errors"
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
// enqueued any number of times.
//
// An order that is wrong is refused with all that is wrong with it:
// errors.As finds a [*licensespring.ValidationError]. An append whose licenses
// do not all have a key is wrong here. After any other error, such as
// [ErrStoreFailed] or [ErrClosed], the order may or may not be in the queue:
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
		return wrap("enqueue", nats.ErrMaxPayload)
	}
	key := newEntryKey(order.ID, body)
	_, err = p.put(ctx, key, body, key.String(), time.Now())
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

// put stores an order in the queue, unless it is there, and says whether it was.
func (p *Pipeline) put(ctx context.Context, key entryKey, body []byte, id string, enqueued time.Time) (wasThere bool, err error) {
	msg := nats.NewMsg(p.names.orderSubject(key))
	msg.Data = body
	msg.Header.Set(headerEnqueued, strconv.FormatInt(enqueued.UnixMilli(), 10))

	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err = p.persist(ctx, func(ctx context.Context) error {
		// The id is known for a while, also when the order has left the queue;
		// the subject is taken for as long as the order is in it.
		_, err := p.js.PublishMsg(ctx, msg, jetstream.WithMsgID(id), jetstream.WithExpectLastSequencePerSubject(0))
		if !isTaken(err) {
			return err
		}
		// In a cluster that may be said because of a copy which is being stored
		// and may yet fail. So it is looked for.
		_, err = p.orders.GetLastMsgForSubject(ctx, msg.Subject)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
			return errAgain // neither there nor taken by now
		case err == nil:
			wasThere = true
		}
		return err
	})
	return wasThere, err
}
