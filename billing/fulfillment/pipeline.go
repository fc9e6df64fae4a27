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
	// openTimeout is for a cluster that has to choose its leaders first.
	openTimeout = 30 * time.Second
	// apiTimeout bounds one request to JetStream. Those that matter are repeated.
	apiTimeout = 5 * time.Second
	// reconnectWait is the pause between attempts to connect again.
	reconnectWait = 250 * time.Millisecond
)

// Pipeline is a queue of orders on the way to the service. Make one with [Open].
// It is safe for concurrent use.
type Pipeline struct {
	cfg    *config
	names  names
	server *embedded // nil with WithURL
	conn   *nats.Conn
	js     jetstream.JetStream
	parts

	calls atomic.Int64  // under way in this process
	turn  chan struct{} // held for an order whose call may kill the process
	close func()
}

// Open opens the pipeline and makes what is missing of it in JetStream. It waits
// until the server is ready, for as long as ctx allows and for half a minute at
// the most. ctx is for opening only.
//
// Errors: everything that is wrong with the options, [ErrStoreInUse],
// [ErrStoreUnreadable], and whatever is in the way of starting or reaching the
// server.
func Open(ctx context.Context, options ...Option) (*Pipeline, error) {
	cfg, err := newConfig(options)
	if err != nil {
		return nil, err
	}
	p := &Pipeline{cfg: cfg, names: names{prefix: cfg.name}, turn: make(chan struct{}, 1)}
	p.close = sync.OnceFunc(p.shut)
	if err := p.open(ctx); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *Pipeline) open(ctx context.Context) error {
	var err error
	if p.cfg.storeDir != "" {
		if p.server, err = startEmbedded(p.cfg); err != nil {
			return err
		}
		if err := p.checkReadable(); err != nil {
			return err
		}
	}
	if p.conn, err = p.connect(); err != nil {
		if _, ok := errors.AsType[*url.Error](err); ok {
			return errors.New("fulfillment: the URL cannot be read") // its own text has the password in it
		}
		return fmt.Errorf("fulfillment: connect: %w", err)
	}
	if p.js, err = jetstream.New(p.conn, jetstream.WithDefaultTimeout(apiTimeout)); err != nil {
		return fmt.Errorf("fulfillment: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	return persist(ctx, func(ctx context.Context) error {
		p.parts, err = p.makeParts(ctx)
		return err
	})
}

func (p *Pipeline) connect() (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name("licensespring fulfillment"),
		nats.MaxReconnects(-1), // the queue is the one thing this cannot do without
		nats.ReconnectWait(reconnectWait),
		nats.ReconnectJitter(reconnectWait, reconnectWait),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				p.cfg.logger.Warn("licensespring queue connection lost", slog.Any("error", err))
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			p.cfg.logger.Warn("licensespring queue connection", slog.Any("error", err))
		}),
	}
	if !p.cfg.token.IsZero() {
		options = append(options, nats.Token(p.cfg.token.Reveal()))
	}
	if p.server != nil {
		options = append(options, nats.InProcessServer(p.server))
	}
	return nats.Connect(p.cfg.url, append(options, p.cfg.natsOptions...)...)
}

// Close closes the connection and stops the embedded server. Let the calls of
// Run and Enqueue end first: those under way fail with [ErrClosed]. Nothing that
// was acknowledged is lost. There is no error to speak of; it is there for
// io.Closer.
func (p *Pipeline) Close() error {
	p.close()
	return nil
}

func (p *Pipeline) shut() {
	if p.conn != nil {
		p.conn.Close()
	}
	if p.server != nil {
		p.server.stop()
	}
}

// Address returns where the embedded server listens, for [WithURL] in another
// process on the machine, and nothing without [WithListen].
func (p *Pipeline) Address() string {
	if p.server == nil || p.server.Addr() == nil {
		return ""
	}
	return "nats://" + p.server.Addr().String()
}
