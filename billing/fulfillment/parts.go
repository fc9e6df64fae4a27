package fulfillment

import (
	"cmp"
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// parts are the streams and the rest in JetStream that a pipeline is made of.
type parts struct {
	orders  jetstream.Stream
	dead    jetstream.Stream
	tries   jetstream.Stream
	workers jetstream.Consumer
	results jetstream.KeyValue
}

// makeParts makes what is missing, and changes what was asked to be otherwise.
func (p *Pipeline) makeParts(ctx context.Context) (parts, error) {
	var all parts
	var err error
	if all.orders, err = p.stream(ctx, p.ordersConfig()); err != nil {
		return all, wrap("stream of orders", err)
	}
	if all.dead, err = p.stream(ctx, p.deadConfig()); err != nil {
		return all, wrap("stream of dead letters", err)
	}
	if all.tries, err = p.stream(ctx, p.triesConfig()); err != nil {
		return all, wrap("stream of tries", err)
	}
	if all.results, err = p.bucket(ctx); err != nil {
		return all, wrap("bucket of results", err)
	}
	if all.workers, err = p.consumer(ctx); err != nil {
		return all, wrap("consumer", err)
	}
	return all, nil
}

// ordersConfig is the queue: a work queue, so that what is acknowledged is gone
// and what is in the stream is what has to be done. Nothing else removes an
// order: no limit of age, size or number.
func (p *Pipeline) ordersConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        p.names.orders(),
		Description: "License orders that have to be made.",
		Subjects:    []string{p.names.prefix + ".orders.>"},
		Retention:   jetstream.WorkQueuePolicy,
		Storage:     jetstream.FileStorage,
		Duplicates:  p.cfg.dedupe,
		Replicas:    p.cfg.replicas,
	}
}

// deadConfig has a subject for each entry, and one letter on it: to store a
// letter again, as after a kill between letter and acknowledgment, replaces it.
func (p *Pipeline) deadConfig() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:              p.names.dead(),
		Description:       "License orders that were given up.",
		Subjects:          []string{p.names.prefix + ".dead.>"},
		Retention:         jetstream.LimitsPolicy,
		MaxMsgsPerSubject: 1,
		Storage:           jetstream.FileStorage,
		Replicas:          p.cfg.replicas,
	}
}

func (p *Pipeline) stream(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
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

func (p *Pipeline) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	want := jetstream.KeyValueConfig{
		Bucket:      p.names.results(),
		Description: "License orders that were made.",
		History:     1,
		TTL:         p.cfg.resultTTL,
		Storage:     jetstream.FileStorage,
		Replicas:    cmp.Or(p.cfg.replicas, 1),
	}
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

// consumer is the one all workers share.
func (p *Pipeline) consumer(ctx context.Context) (jetstream.Consumer, error) {
	c, err := p.js.Consumer(ctx, p.names.orders(), p.names.consumer())
	if err == nil && cmp.Or(p.cfg.ackWait, c.CachedInfo().Config.AckWait) == c.CachedInfo().Config.AckWait {
		return c, nil
	}
	if err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, err
	}
	return p.js.CreateOrUpdateConsumer(ctx, p.names.orders(), jetstream.ConsumerConfig{
		Durable:       p.names.consumer(),
		Description:   "The workers, on all machines.",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       cmp.Or(p.cfg.ackWait, DefaultAckWait),
		// A message that reaches MaxDeliver stays in the stream and is never
		// delivered again: an order lost in silence. Who gives up is the worker.
		MaxDeliver: -1,
		// Orders that wait for their next try count as pending. With a limit
		// that many of them would stop all the others.
		MaxAckPending: -1,
	})
}
