package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// ErrNoUndelivered means that no undelivered notice has the sequence number.
var ErrNoUndelivered = errors.New("fulfillment: no such undelivered notice")

// Undelivered is a notice that was not accepted for NotifyConfig.MaxAge. Correct the
// cause and call [Pipeline.RetryNotice], or call [Pipeline.DiscardNotice].
type Undelivered struct {
	// Seq identifies it for RetryNotice and DiscardNotice.
	Seq uint64 `json:"seq"`
	// ID is the ID of the notice.
	ID string `json:"id"`
	// OrderID is the caller's id of the order.
	OrderID string `json:"order_id"`
	// Reason is the text of the last error of the handler.
	Reason string `json:"reason"`
	// At is the time of the notice, and FailedAt the time of its last delivery.
	At       time.Time `json:"at"`
	FailedAt time.Time `json:"failed_at"`
	// Deliveries is the number of deliveries.
	Deliveries int `json:"deliveries"`

	// Subject is that of the message that the notice reports.
	Subject string `json:"subject"`
}

func (p *Pipeline) undeliveredConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              p.names.undelivered(),
		Description:       "Notices that were not accepted.",
		Subjects:          []string{p.names.prefix + ".undelivered.>"},
		Retention:         jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1,
		Storage:           jetstream.FileStorage,
		Replicas:          p.cfg.replicas,
	}
}

func (p *Pipeline) saveUndelivered(ctx context.Context, subject string, n *Notice, cause error) error {
	u := Undelivered{
		ID: n.ID, Reason: cause.Error(), At: n.At, FailedAt: time.Now().UTC(), Deliveries: n.Deliveries, Subject: subject,
	}
	u.OrderID = n.orderID()
	body, err := json.Marshal(u)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return p.write(ctx, func(ctx context.Context) error {
		_, err := p.js.Publish(ctx, p.names.prefix+".undelivered."+strings.NewReplacer("$", "", ".", "-").Replace(subject), body)
		return err
	})
}

// Undelivered yields the undelivered notices, oldest first. The sequence ends after
// the first error.
func (p *Pipeline) Undelivered(ctx context.Context) iter.Seq2[*Undelivered, error] {
	return func(yield func(*Undelivered, error) bool) {
		for next := uint64(1); ; {
			msg, err := p.streams.undelivered.GetMsg(ctx, next, jetstream.WithGetMsgSubject(p.names.prefix+".undelivered.>"))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			if err != nil {
				yield(nil, wrap("undelivered notices", err))
				return
			}
			u := &Undelivered{}
			if err := json.Unmarshal(msg.Data, u); err != nil {
				yield(nil, wrap("undelivered notices", err))
				return
			}
			if u.Seq = msg.Sequence; !yield(u, nil) {
				return
			}
			next = msg.Sequence + 1
		}
	}
}

// RetryNotice calls handle once for an undelivered notice and removes it if handle
// returns nil. The notice reports the present state. It returns [ErrNoUndelivered], or
// the error of handle. A notice of what was removed meanwhile is removed too.
func (p *Pipeline) RetryNotice(ctx context.Context, seq uint64, handle func(context.Context, *Notice) error) error {
	msg, err := p.streams.undelivered.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return ErrNoUndelivered
	}
	if err != nil {
		return wrap("retry notice", err)
	}
	var u Undelivered
	if err := json.Unmarshal(msg.Data, &u); err != nil {
		return wrap("retry notice", err)
	}
	n, err := p.currentNotice(ctx, &u)
	switch {
	case err != nil:
		return wrap("retry notice", err)
	case n != nil:
		n.At, n.Deliveries = u.At, u.Deliveries+1
		if err := p.handleNotice(ctx, n, handle); err != nil {
			return err
		}
	}
	return p.DiscardNotice(ctx, seq)
}

// currentNotice returns the notice of what the undelivered one reported, as it is
// now, and nil if it was removed.
func (p *Pipeline) currentNotice(ctx context.Context, u *Undelivered) (*Notice, error) {
	stream := p.streams.deadLetters
	if strings.Contains(u.Subject, announcementSubjects) {
		stream = p.streams.announced
	}
	if strings.HasPrefix(u.Subject, "$KV.") {
		var err error
		if stream, err = p.js.Stream(ctx, "KV_"+p.names.results()); err != nil {
			return nil, err
		}
	}
	raw, err := stream.GetLastMsgForSubject(ctx, u.Subject)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return nil, nil //nolint:nilnil // it was removed
	case err != nil:
		return nil, err
	}
	n := &Notice{ID: noticeID(u.Subject, raw.Sequence), revision: raw.Sequence}
	if stream == p.streams.announced {
		n.Announcement = &Announcement{}
		return n, json.Unmarshal(raw.Data, n.Announcement)
	}
	if stream == p.streams.deadLetters {
		n.DeadLetter, err = decodeDeadLetter(raw)
		return n, err
	}
	if raw.Header.Get("KV-Operation") != "" {
		return nil, nil //nolint:nilnil // it was removed
	}
	var s storedResult
	if err := json.Unmarshal(raw.Data, &s); err != nil {
		return nil, err
	}
	n.Result, err = s.result()
	return n, err
}

// DiscardNotice removes an undelivered notice permanently. It returns nil if there is
// none.
func (p *Pipeline) DiscardNotice(ctx context.Context, seq uint64) error {
	return wrap("discard notice", p.write(ctx, func(ctx context.Context) error {
		err := p.streams.undelivered.DeleteMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
			if _, missing := p.streams.undelivered.GetMsg(ctx, seq); errors.Is(missing, jetstream.ErrMsgNotFound) {
				return nil
			}
		}
		return err
	}))
}
