package fulfillment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// openTimeout allows a cluster to elect its leaders.
	openTimeout = 30 * time.Second
	// apiTimeout bounds one request to JetStream. Writes are retried beyond it.
	apiTimeout    = 5 * time.Second
	reconnectWait = 250 * time.Millisecond
)

// Pipeline is a durable queue of orders. [Open] returns one. A Pipeline is safe
// for concurrent use.
type Pipeline struct {
	cfg     *config
	names   names
	server  *embeddedServer // nil with WithURL
	conn    *nats.Conn
	js      jetstream.JetStream
	streams streams
	orders  *Queue
	queues  queues

	activeCalls atomic.Int64
	allocated   atomic.Int64 // bytes of the active writes that need free space
	ledger      ledger
	// exclusive is held during the call for an order whose call was interrupted
	// before, so that at most one such order is called for at a time.
	exclusive chan struct{}
	close     func()
}

// Open opens the pipeline and creates the streams, the bucket and the consumer
// that do not exist yet. It waits for the server until ctx ends, and for at most
// 30 seconds. ctx does not affect the pipeline after Open returns.
//
// Open returns one error for all invalid options, [ErrStoreInUse],
// [ErrStoreUnreadable], or the error of starting or reaching the server.
func Open(ctx context.Context, options ...Option) (*Pipeline, error) {
	cfg, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	p := &Pipeline{cfg: cfg, names: names{prefix: cfg.name}, exclusive: make(chan struct{}, 1)}
	p.orders = newQueue(p, ordersQueue)
	p.close = sync.OnceFunc(p.shutdown)
	if err := p.open(ctx); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *Pipeline) open(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := p.start(); err != nil {
		return err
	}
	if damaged := p.damagedConsumers(ctx); len(damaged) > 0 {
		p.shutdown()
		if err := p.setAside(ctx, damaged); err != nil {
			return err
		}
		if err := p.start(); err != nil {
			return err
		}
	}
	return retryTransient(ctx, func(ctx context.Context) error {
		var err error
		if p.streams, err = p.openStreams(ctx); err != nil {
			return err
		}
		if err := p.orders.open(ctx); err != nil {
			return wrap("open the queue of orders", err)
		}
		if p.server == nil {
			return nil
		}
		return p.checkLedger(ctx)
	})
}

// start starts the embedded server, if any, and connects.
func (p *Pipeline) start() error {
	var err error
	if p.cfg.storeDir != "" {
		if p.server, err = startEmbeddedServer(p.cfg); err != nil {
			return err
		}
		if err := p.checkReadable(); err != nil {
			return err
		}
	}
	if p.conn, err = p.connect(); err != nil {
		// The text of a url.Error contains the URL, which may contain a password.
		if _, ok := errors.AsType[*url.Error](err); ok {
			return errors.New("fulfillment: connect: the URL is malformed")
		}
		return fmt.Errorf("fulfillment: connect: %w", err)
	}
	if p.js, err = jetstream.New(p.conn, jetstream.WithDefaultTimeout(apiTimeout)); err != nil {
		return fmt.Errorf("fulfillment: %w", err)
	}
	return nil
}

func (p *Pipeline) connect() (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("licensespring fulfillment"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				p.cfg.logger.Warn("fulfillment connection lost", slog.Any("error", err))
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			p.cfg.logger.Warn("fulfillment connection error", slog.Any("error", err))
		}),
	}
	if !p.cfg.token.IsZero() {
		options = append(options, nats.Token(p.cfg.token.Reveal()))
	}
	if p.server != nil {
		options = append(options, nats.InProcessServer(p.server.nats))
	}
	return nats.Connect(p.cfg.url, append(options, p.cfg.natsOptions...)...)
}

// Close closes the connection and stops the embedded server. Calls of Run and
// Enqueue that have not returned fail with [ErrClosed]. Nothing that was
// acknowledged is lost. The error is always nil; Close implements io.Closer.
func (p *Pipeline) Close() error {
	p.close()
	return nil
}

func (p *Pipeline) shutdown() {
	if p.conn != nil {
		p.conn.Close()
	}
	if p.server != nil {
		p.server.stop()
	}
}

// Address returns the URL of the embedded server, which another process on the
// machine passes to [WithURL]. It is empty without [WithListen].
func (p *Pipeline) Address() string {
	if p.server == nil || p.server.nats.Addr() == nil {
		return ""
	}
	return "nats://" + p.server.nats.Addr().String()
}
