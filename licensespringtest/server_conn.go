package licensespringtest

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// A serverListener wraps accepted connections in serverConns. It closes those
// that a fault selects.
type serverListener struct {
	net.Listener

	server *Server
}

func (l *serverListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		f, found := l.server.faults.take(func(f Fault) bool { return f.wrap == nil })
		if !found {
			return &serverConn{Conn: c, server: l.server, closed: make(chan struct{})}, nil
		}
		closeConn(c, f.resets)
	}
}

// closeConn closes a connection, with a reset if one is wanted and supported.
func closeConn(c net.Conn, reset bool) {
	if lingering, ok := c.(interface{ SetLinger(sec int) error }); ok && reset {
		_ = lingering.SetLinger(0)
	}
	_ = c.Close()
}

// A serverConn counts the bytes of each response and can cut a response at a
// byte. A handler cannot do either, because net/http buffers what it writes.
type serverConn struct {
	net.Conn

	server *Server
	close  sync.Once
	closed chan struct{}

	mu       sync.Mutex
	current  *exchange
	delivery delivery // of the current response
}

// A delivery describes how a response is written. The zero value writes it
// completely and without delay.
type delivery struct {
	cuts      bool
	remaining int64 // bytes until the cut
	resets    bool
	pieceSize int // 0 for no limit
	interval  time.Duration
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(r *http.Request) *serverConn {
	c, _ := r.Context().Value(connKey{}).(*serverConn)

	return c
}

// begin attributes subsequent writes to an exchange.
func (c *serverConn) begin(x *exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current, c.delivery = x, delivery{}
}

// cutAfter cuts the connection after n more bytes.
func (c *serverConn) cutAfter(n int64, reset bool) {
	c.mu.Lock()
	c.delivery.cuts, c.delivery.remaining, c.delivery.resets = true, n, reset
	c.mu.Unlock()
	if n == 0 {
		c.cut(reset)
	}
}

// writeSlowly writes n bytes at a time, at an interval.
func (c *serverConn) writeSlowly(n int, interval time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delivery.pieceSize, c.delivery.interval = n, interval
}

// Write relies on net/http's server, which writes to a connection from only one
// goroutine at a time.
func (c *serverConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	d, current := c.delivery, c.current
	c.mu.Unlock()

	written := 0
	for written < len(b) {
		piece := b[written:]
		if d.pieceSize > 0 {
			piece = piece[:min(len(piece), d.pieceSize)]
		}
		if d.cuts {
			piece = piece[:min(int64(len(piece)), d.remaining)]
		}
		// Counted before the write, so that a client that has read the response
		// finds all of its bytes counted.
		c.count(current, len(piece))
		n, err := c.Conn.Write(piece)
		written += n
		if err != nil {
			return written, err
		}
		if c.cutDue(&d, n) {
			c.cut(d.resets)

			return written, net.ErrClosed
		}
		if d.pieceSize > 0 && !c.pause(d.interval) {
			return written, net.ErrClosed
		}
	}

	return written, nil
}

func (c *serverConn) count(x *exchange, n int) {
	if x != nil {
		c.server.requests.update(func() { x.entry.ResponseBytes += int64(n) })
	}
}

// cutDue subtracts n written bytes and reports whether the connection must be
// cut.
func (c *serverConn) cutDue(d *delivery, n int) bool {
	if !d.cuts {
		return false
	}
	d.remaining -= int64(n)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.delivery.remaining = d.remaining

	return d.remaining <= 0
}

// pause waits between two pieces. It returns false if the connection was closed.
func (c *serverConn) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.closed:
		return false
	}
}

func (c *serverConn) cut(reset bool) {
	c.closeOnce(func() { closeConn(c.Conn, reset) })
}

// Close closes the connection, unless it was cut before.
func (c *serverConn) Close() error {
	err := net.ErrClosed
	c.closeOnce(func() { err = c.Conn.Close() })

	return err
}

func (c *serverConn) closeOnce(closeConn func()) {
	c.close.Do(func() {
		close(c.closed)
		closeConn()
	})
}

// CloseWrite is called by net/http before it closes a connection whose client may
// still be sending.
func (c *serverConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}

	return nil
}
