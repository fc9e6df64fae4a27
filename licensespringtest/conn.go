package licensespringtest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// A listener hands out connections the server can count, cut and slow down.
type listener struct {
	net.Listener

	server *Server
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		f, befallen := l.server.faults.take(func(f Fault) bool { return f.wrap == nil })
		if !befallen {
			return &conn{Conn: c, server: l.server, closed: make(chan struct{})}, nil
		}
		hangUp(c, f.resets)
	}
}

// hangUp closes a connection, with a reset if it can be done and is asked for.
func hangUp(c net.Conn, reset bool) {
	if abrupt, ok := c.(interface{ SetLinger(sec int) error }); ok && reset {
		_ = abrupt.SetLinger(0)
	}
	_ = c.Close()
}

// A conn counts the bytes of each answer. It can cut an answer at a byte, which
// nothing above it can do: net/http buffers what handlers write.
type conn struct {
	net.Conn

	server *Server
	close  sync.Once
	closed chan struct{}

	mu      sync.Mutex
	current *exchange
	// plan is how the current answer is written.
	plan plan
}

// A plan is how an answer is written. The zero plan is all at once.
type plan struct {
	cuts     bool
	left     int64 // bytes until the cut
	resets   bool
	drip     int
	interval time.Duration
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(r *http.Request) *conn {
	c, _ := r.Context().Value(connKey{}).(*conn)

	return c
}

// begin makes x the exchange what is written from now on belongs to.
func (c *conn) begin(x *exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.plan = x, plan{}
}

// cutAfter makes the connection be cut when n more bytes were written.
func (c *conn) cutAfter(n int64, reset bool) {
	c.mu.Lock()
	c.plan.cuts, c.plan.left, c.plan.resets = true, n, reset
	c.mu.Unlock()
	if n == 0 {
		c.cut(reset)
	}
}

// dripEvery makes n bytes be written at an interval.
func (c *conn) dripEvery(n int, interval time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plan.drip, c.plan.interval = n, interval
}

// Write writes as the plan says. Only one goroutine writes to a connection of
// net/http's server at a time.
func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	plan, current := c.plan, c.current
	c.mu.Unlock()

	written := 0
	for written < len(b) {
		piece := b[written:]
		if plan.drip > 0 {
			piece = piece[:min(len(piece), plan.drip)]
		}
		if plan.cuts {
			piece = piece[:min(int64(len(piece)), plan.left)]
		}
		// The journal knows first: a client which has read an answer finds all
		// of it counted.
		c.count(current, len(piece))
		n, err := c.Conn.Write(piece)
		written += n
		if err != nil {
			return written, err
		}
		if c.spend(&plan, n) {
			c.cut(plan.resets)

			return written, net.ErrClosed
		}
		if plan.drip > 0 && !c.pause(plan.interval) {
			return written, net.ErrClosed
		}
	}

	return written, nil
}

func (c *conn) count(x *exchange, n int) {
	if x != nil {
		c.server.journal.update(func() { x.entry.ResponseBytes += int64(n) })
	}
}

// spend takes n bytes off the plan and reports whether it is time to cut.
func (c *conn) spend(p *plan, n int) bool {
	if !p.cuts {
		return false
	}
	p.left -= int64(n)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plan.left = p.left

	return p.left <= 0
}

// pause waits between two pieces and reports whether there is a use for another.
func (c *conn) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.closed:
		return false
	}
}

func (c *conn) cut(reset bool) {
	c.end(func() { hangUp(c.Conn, reset) })
}

// Close closes the connection, unless it was cut before.
func (c *conn) Close() error {
	err := net.ErrClosed
	c.end(func() { err = c.Conn.Close() })

	return err
}

func (c *conn) end(hangUp func()) {
	c.close.Do(func() {
		close(c.closed)
		hangUp()
	})
}

// CloseWrite is what net/http calls before it closes a connection whose client
// may still be sending.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}

	return nil
}
