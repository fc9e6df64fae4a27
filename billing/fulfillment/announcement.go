package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// announcementTTL removes announcements that no call of [Pipeline.Notify] takes.
const announcementTTL = 30 * 24 * time.Hour

// Announcement is something else than a result or a dead letter that [Pipeline.Notify]
// reports, such as a license that was disabled.
type Announcement struct {
	// ID identifies the announcement and is required. Announcing the same ID again
	// replaces the announcement if it was not reported yet, and reports it again
	// otherwise.
	ID string `json:"id"`
	// OrderID is the caller's id of the order.
	OrderID string `json:"order_id"`
	// Type is the type of the announcement, as in "license.suspended".
	Type string `json:"type"`
	// Body is the content, in JSON.
	Body json.RawMessage `json:"body"`
}

func (n names) announcements() string    { return n.prefix + "-announcements" }
func (n names) allAnnouncements() string { return n.prefix + announcementSubjects + "*" }
func (n names) announcementSubject(id string) string {
	return n.prefix + announcementSubjects + orderKey(id)
}

const announcementSubjects = ".announcements."

func (p *Pipeline) announcementsConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              p.names.announcements(),
		Description:       "Announcements for Notify.",
		Subjects:          []string{p.names.allAnnouncements()},
		Retention:         jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1,
		MaxAge:            announcementTTL,
		Storage:           jetstream.FileStorage,
		Replicas:          p.cfg.replicas,
	}
}

// Announce stores an announcement for [Pipeline.Notify]. It returns nil when it is
// stored, and otherwise the errors of [Pipeline.Enqueue].
func (p *Pipeline) Announce(ctx context.Context, a Announcement) error {
	if a.ID == "" {
		return errors.New("fulfillment: announce: the ID is empty")
	}
	body, err := encodeJSON(a)
	if err != nil {
		return wrap("announce", err)
	}
	release, err := p.allocate(ctx, len(body))
	if err != nil {
		return wrap("announce", err)
	}
	defer release()
	return wrap("announce", withWriteTimeout(ctx, func(ctx context.Context) error {
		return p.write(ctx, func(ctx context.Context) error {
			_, err := p.js.Publish(ctx, p.names.announcementSubject(a.ID), body)
			return err
		})
	}))
}
