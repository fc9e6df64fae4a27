package fulfillment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// noticeTimeout bounds one call of the handler of notices.
	noticeTimeout = 30 * time.Second
	// noticeAckWait is the time after which the notice of a killed process is
	// delivered again. It exceeds noticeTimeout.
	noticeAckWait = 2 * noticeTimeout
	// DefaultNoticeAge is the default of NotifyConfig.MaxAge.
	DefaultNoticeAge = 3 * 24 * time.Hour
)

// Notice reports that a result, a dead letter or an announcement was stored. Exactly one
// of Result, DeadLetter and Announcement is not nil.
type Notice struct {
	// ID identifies the notice. It is the same in every delivery.
	ID string
	// Result is the stored result, with the initial passwords that are kept; see
	// [WithKeepPasswords].
	Result *Result
	// DeadLetter is the dead letter.
	DeadLetter *DeadLetter
	// Announcement is the announcement.
	Announcement *Announcement
	// At is the time at which it was stored.
	At time.Time
	// Deliveries is the number of deliveries of the notice, including this one.
	Deliveries int

	revision uint64 // of the result
}

// orderID returns the id of the order or the rejection.
func (n *Notice) orderID() string {
	switch {
	case n.Result != nil:
		return n.Result.OrderID
	case n.DeadLetter != nil:
		return n.DeadLetter.OrderID
	case n.Announcement != nil:
		return n.Announcement.OrderID
	default:
		return ""
	}
}

// NotifyConfig configures [Pipeline.Notify]. The zero value is usable.
type NotifyConfig struct {
	// MaxAge is the time after which a notice that the handler did not accept becomes
	// an [Undelivered] notice. The default is [DefaultNoticeAge].
	MaxAge time.Duration
	// InitialBackoff and MaxBackoff bound the waits between deliveries of a notice.
	// The defaults are 5 seconds and one hour.
	InitialBackoff, MaxBackoff time.Duration
	// Concurrency is the number of notices that are delivered at the same time. The
	// default is 4.
	Concurrency int
}

// Notify calls handle for each result, dead letter and announcement that is stored, until ctx
// ends. It returns nil then, or [ErrClosed]. It delivers each notice at least once, on
// one of the machines that call Notify, and again with backoff until handle returns
// nil. After MaxAge a notice becomes an [Undelivered] notice.
//
// The first call of Notify for a store begins with the next result. Later calls, also
// after a restart, continue where the earlier ones ended; a notice that waited for a
// retry is delivered within a minute then. If damage to the store has lost that
// position, all stored results, dead letters and announcements are delivered, most of
// them again: a receiver has to ignore repetitions by the ID. A result that changes
// before its notice is delivered is delivered once, in its last form. The context of
// handle ends after 30 seconds.
func (p *Pipeline) Notify(ctx context.Context, cfg NotifyConfig, handle func(context.Context, *Notice) error) error {
	cfg.MaxAge = cmp.Or(cfg.MaxAge, DefaultNoticeAge)
	cfg.InitialBackoff = cmp.Or(cfg.InitialBackoff, 5*time.Second)
	cfg.MaxBackoff = max(cmp.Or(cfg.MaxBackoff, time.Hour), cfg.InitialBackoff)
	cfg.Concurrency = cmp.Or(cfg.Concurrency, 4)
	n := &notifier{pipeline: p, cfg: cfg, handle: handle}
	consumers, err := p.openNotices(ctx)
	if err != nil {
		return wrap("open the notices", err)
	}
	var (
		running sync.WaitGroup
		mu      sync.Mutex
		ended   error
	)
	for range cfg.Concurrency {
		for _, c := range consumers {
			running.Go(func() {
				if err := n.run(ctx, c); err != nil {
					mu.Lock()
					defer mu.Unlock()
					ended = err
				}
			})
		}
	}
	running.Wait()
	return ended
}

// openNotices opens the consumers of all streams whose messages are reported.
func (p *Pipeline) openNotices(ctx context.Context) ([]jetstream.Consumer, error) {
	var consumers []jetstream.Consumer
	for _, stream := range [...]string{"KV_" + p.names.results(), p.names.deadLetters(), p.names.announcements()} {
		c, err := p.openNoticeConsumer(ctx, stream)
		if err != nil {
			return nil, err
		}
		consumers = append(consumers, c)
	}
	return consumers, nil
}

// openNoticeConsumer opens the durable consumer of the notices of a stream. A new one
// begins with the next message, and with the first one if its state was damaged.
func (p *Pipeline) openNoticeConsumer(ctx context.Context, stream string) (jetstream.Consumer, error) {
	var c jetstream.Consumer
	err := retryTransient(ctx, func(ctx context.Context) error {
		var err error
		c, err = p.js.Consumer(ctx, stream, p.names.notices())
		if !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return err
		}
		s, err := p.js.Stream(ctx, stream)
		if err != nil {
			return err
		}
		// The settings of the consumer contain its start, so that it skips nothing if
		// its state is lost. DeliverNewPolicy would begin again with the next message.
		start := s.CachedInfo().State.LastSeq + 1
		if p.wasSetAside(stream, p.names.notices()) {
			start = 1
		}
		c, err = p.js.CreateConsumer(ctx, stream, jetstream.ConsumerConfig{
			Durable:       p.names.notices(),
			Description:   "The notices of results and dead letters on all machines.",
			DeliverPolicy: jetstream.DeliverByStartSequencePolicy,
			OptStartSeq:   start,
			AckPolicy:     jetstream.AckExplicitPolicy,
			AckWait:       p.cfg.noticeAckWait,
			MaxDeliver:    -1,
			MaxAckPending: -1, // a notice that waits for a retry must not block others
		})
		if errors.Is(err, jetstream.ErrConsumerExists) { // another machine has created it
			return errConcurrentChange
		}
		return err
	})
	return c, err
}

// notifier is one call of Notify.
type notifier struct {
	pipeline *Pipeline
	cfg      NotifyConfig
	handle   func(context.Context, *Notice) error
}

// run delivers the notices of one consumer, one at a time.
func (n *notifier) run(ctx context.Context, c jetstream.Consumer) error {
	for failures := 0; ctx.Err() == nil; {
		batch, err := c.Fetch(1, jetstream.FetchMaxWait(fetchWait))
		if err == nil {
			for msg := range batch.Messages() {
				n.deliver(ctx, msg)
			}
			if err = batch.Error(); errors.Is(err, nats.ErrTimeout) {
				err = nil
			}
		}
		switch {
		case err == nil:
			failures = 0
		case errors.Is(err, nats.ErrConnectionClosed):
			return ErrClosed
		default:
			failures++
			sleep(ctx, backoff(reconnectWait, maxFetchBackoff, failures))
		}
	}
	return nil
}

// deliver delivers one notice and acknowledges it if it was accepted or stored as
// undelivered.
func (n *notifier) deliver(ctx context.Context, msg jetstream.Msg) {
	if ctx.Err() != nil {
		_ = msg.Nak()
		return
	}
	notice, err := newNotice(msg)
	if notice == nil && err == nil {
		_ = msg.Ack() // there is nothing to report
		return
	}
	if err == nil {
		err = n.pipeline.handleNotice(ctx, notice, n.handle)
	} else {
		notice = &Notice{ID: msg.Subject()}
	}
	storeCtx := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		_ = msg.Ack()
	case ctx.Err() != nil:
		_ = msg.Nak()
	case time.Since(notice.At) < n.cfg.MaxAge:
		wait := backoff(n.cfg.InitialBackoff, n.cfg.MaxBackoff, notice.Deliveries)
		n.pipeline.cfg.logger.LogAttrs(ctx, slog.LevelWarn, "fulfillment notice not delivered",
			slog.String("order_id", notice.orderID()), slog.Int("deliveries", notice.Deliveries), slog.Duration("retry_in", wait), slog.Any("error", err))
		_ = msg.NakWithDelay(wait)
	default:
		if err := n.pipeline.saveUndelivered(storeCtx, msg.Subject(), notice, err); err != nil {
			_ = msg.NakWithDelay(n.cfg.MaxBackoff)
			return
		}
		_ = msg.Ack()
	}
}

// handleNotice calls the handler, and converts its panic to an error.
func (p *Pipeline) handleNotice(ctx context.Context, n *Notice, handle func(context.Context, *Notice) error) error {
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	return p.recoverPanics(ctx, func() error { return handle(ctx, n) })
}

// newNotice reads a notice. It is nil if the message is none: a marker of a removed
// result, or a result that is only stored without its passwords.
func newNotice(msg jetstream.Msg) (*Notice, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return nil, err
	}
	n := &Notice{At: meta.Timestamp.UTC(), Deliveries: int(meta.NumDelivered), revision: meta.Sequence.Stream} //nolint:gosec // a count
	n.ID = noticeID(msg.Subject(), n.revision)
	if strings.Contains(msg.Subject(), announcementSubjects) {
		n.Announcement = &Announcement{}
		return n, json.Unmarshal(msg.Data(), n.Announcement)
	}
	if !strings.HasPrefix(msg.Subject(), "$KV.") {
		letter, err := decodeDeadLetter(&jetstream.RawStreamMsg{Sequence: n.revision, Data: msg.Data()})
		n.DeadLetter = letter
		return n, err
	}
	if msg.Headers().Get("KV-Operation") != "" || msg.Headers().Get("Nats-Marker-Reason") != "" {
		return nil, nil //nolint:nilnil // there is nothing to report
	}
	var s storedResult
	if err := json.Unmarshal(msg.Data(), &s); err != nil {
		return nil, err
	}
	if s.Silent {
		return nil, nil //nolint:nilnil // there is nothing to report
	}
	n.Result, err = s.result()
	return n, err
}

// noticeID returns an ID that depends on what is reported only, so that a receiver
// recognizes a repetition.
func noticeID(subject string, revision uint64) string {
	kind := "dead"
	switch {
	case strings.HasPrefix(subject, "$KV."):
		kind = "result"
	case strings.Contains(subject, announcementSubjects):
		kind = "announcement"
	}
	return kind + "_" + subject[strings.LastIndexByte(subject, '.')+1:] + "_" + strconv.FormatUint(revision, 10)
}

// ForgetPasswords removes the initial passwords of a result that was reported, unless
// the result has changed since. It leads to no further notice.
func (p *Pipeline) ForgetPasswords(ctx context.Context, n *Notice) error {
	if n.Result == nil {
		return nil
	}
	return wrap("forget passwords", p.write(ctx, func(ctx context.Context) error {
		entry, err := p.streams.results.Get(ctx, orderKey(n.Result.OrderID))
		if errors.Is(err, jetstream.ErrKeyNotFound) || err == nil && entry.Revision() != n.revision {
			return nil // removed, or changed: another notice follows
		}
		if err != nil {
			return err
		}
		var s storedResult
		if err := json.Unmarshal(entry.Value(), &s); err != nil || s.Passwords == nil {
			return err
		}
		s.Passwords, s.Silent = nil, true
		value, err := p.encodeResult(&s)
		if err != nil {
			return err
		}
		if _, err = p.streams.results.Update(ctx, orderKey(s.OrderID), value, entry.Revision()); isWrongSequence(err) {
			return nil
		}
		return err
	}))
}
