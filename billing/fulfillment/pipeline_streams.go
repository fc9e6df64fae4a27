package fulfillment

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// attemptsTTL removes the attempts of orders that were left behind by a kill.
const attemptsTTL = 30 * 24 * time.Hour

// streams holds the JetStream resources of a pipeline.
type streams struct {
	deadLetters jetstream.Stream
	attempts    jetstream.Stream
	accepted    jetstream.Stream
	undelivered jetstream.Stream
	announced   jetstream.Stream
	results     jetstream.KeyValue
}

// openStreams creates the missing resources, and updates the settings of existing
// ones that the options change.
func (p *Pipeline) openStreams(ctx context.Context) (streams, error) {
	var s streams
	var err error
	if s.deadLetters, err = p.openStream(ctx, p.deadLettersConfig()); err != nil {
		return s, wrap("open the stream of dead letters", err)
	}
	if s.attempts, err = p.openStream(ctx, p.attemptsConfig()); err != nil {
		return s, wrap("open the stream of attempts", err)
	}
	if s.accepted, err = p.openStream(ctx, p.acceptedConfig()); err != nil {
		return s, wrap("open the ledger", err)
	}
	if s.undelivered, err = p.openStream(ctx, p.undeliveredConfig()); err != nil {
		return s, wrap("open the stream of undelivered notices", err)
	}
	if s.announced, err = p.openStream(ctx, p.announcementsConfig()); err != nil {
		return s, wrap("open the stream of announcements", err)
	}
	if s.results, err = p.openResults(ctx); err != nil {
		return s, wrap("open the bucket of results", err)
	}
	return s, nil
}

// deadLettersConfig keeps one message per entry, so that storing a dead letter
// again after a kill replaces it.
func (p *Pipeline) deadLettersConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              p.names.deadLetters(),
		Description:       "License orders that failed permanently.",
		Subjects:          []string{p.names.allDeadLetters()},
		Retention:         jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1,
		Storage:           jetstream.FileStorage,
		Replicas:          p.cfg.replicas,
	}
}

// attemptsConfig keeps the latest message per entry.
func (p *Pipeline) attemptsConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              p.names.attempts(),
		Description:       "Attempts of license orders that did not succeed on the first delivery.",
		Subjects:          []string{p.names.prefix + ".attempts.>"},
		Retention:         jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1,
		MaxAge:            attemptsTTL,
		Storage:           jetstream.FileStorage,
		Replicas:          p.cfg.replicas,
	}
}

// acceptedConfig keeps one message per entry that is not finished.
func (p *Pipeline) acceptedConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              p.names.accepted(),
		Description:       "Ids of orders and messages that were accepted and are not finished.",
		Subjects:          []string{p.names.allAccepted()},
		Retention:         jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1,
		Storage:           jetstream.FileStorage,
		Replicas:          p.cfg.replicas,
	}
}

func (p *Pipeline) openStream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := p.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		want.Replicas = cmp.Or(want.Replicas, 1)
		if want.Retention == jetstream.WorkQueuePolicy {
			want.Duplicates = cmp.Or(want.Duplicates, DefaultDedupeWindow)
		}
		s, err = p.js.CreateStream(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	have := s.CachedInfo().Config
	if cmp.Or(want.Replicas, have.Replicas) == have.Replicas && cmp.Or(want.Duplicates, have.Duplicates) == have.Duplicates {
		return s, nil
	}
	have.Replicas = cmp.Or(want.Replicas, have.Replicas)
	have.Duplicates = cmp.Or(want.Duplicates, have.Duplicates)
	return p.js.UpdateStream(ctx, have)
}

func (p *Pipeline) openResults(ctx context.Context) (jetstream.KeyValue, error) {
	return p.openBucket(ctx, jetstream.KeyValueConfig{
		Bucket:      p.names.results(),
		Description: "Results of license orders.",
		History:     1,
		TTL:         p.cfg.resultTTL,
		Storage:     jetstream.FileStorage,
	})
}

// openBucket creates a bucket, or updates the settings that the options change.
func (p *Pipeline) openBucket(ctx context.Context, want jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	want.Replicas = cmp.Or(p.cfg.replicas, 1)
	kv, err := p.js.KeyValue(ctx, want.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		return p.js.CreateKeyValue(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	status, err := kv.Status(ctx)
	if err != nil {
		return nil, err
	}
	have := status.Config()
	if cmp.Or(want.TTL, have.TTL) == have.TTL && cmp.Or(p.cfg.replicas, have.Replicas) == have.Replicas {
		return kv, nil
	}
	have.TTL = cmp.Or(want.TTL, have.TTL)
	have.Replicas = cmp.Or(p.cfg.replicas, have.Replicas)
	return p.js.UpdateKeyValue(ctx, have)
}
