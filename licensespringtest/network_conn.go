package licensespringtest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"github.com/licensespring-go/licensespring/internal/errno"
)

// A memConn is one end of a line.
type memConn struct {
	line *Line
	in   Direction // the direction that this end reads from
	// resets makes Close reset the line. It is guarded by the line's lock.
	resets bool
}

// Read returns data that arrived before a cut before it reports the cut.
func (c *memConn) Read(b []byte) (int, error) {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.streams[c.in]
	for {
		n, err := c.readNow(s, b)
		if n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
		var arrives time.Time
		if len(s.queue) > 0 {
			arrives = s.queue[0].at
		}
		l.wait(s, arrives, s.readDeadline)
	}
}

// readNow reads without waiting. It returns 0 and no error if nothing has arrived.
func (c *memConn) readNow(s *stream, b []byte) (int, error) {
	switch {
	case s.readClosed:
		return 0, c.error("read", net.ErrClosed)
	case passed(s.readDeadline):
		return 0, c.error("read", os.ErrDeadlineExceeded)
	case s.reset:
		return 0, c.error("read", os.NewSyscallError("read", errno.ConnectionReset))
	case len(s.queue) == 0 || s.queue[0].at.After(time.Now()):
		return 0, nil
	case s.queue[0].end && c.line.broken && c.line.resets:
		return 0, c.error("read", os.NewSyscallError("read", errno.ConnectionReset))
	case s.queue[0].end:
		return 0, io.EOF
	}
	first := &s.queue[0]
	n := copy(b, first.data)
	first.data = first.data[n:]
	if len(first.data) == 0 {
		s.queue = s.queue[1:]
	}
	s.buffered -= n
	s.wake() // A writer may wait for buffer space.

	return n, nil
}

// Write blocks only if the buffer is full of unread data.
func (c *memConn) Write(b []byte) (int, error) {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.streams[c.in.opposite()]
	written := 0
	for {
		if err := c.writable(s); err != nil || len(b) == 0 {
			return written, err
		}
		written += c.writeNow(s, b[written:])
		if written == len(b) {
			return written, nil
		}
		if !l.broken {
			l.wait(s, s.writeDeadline)
		}
	}
}

// writable returns the error of a write that cannot succeed.
func (c *memConn) writable(s *stream) error {
	switch {
	case s.writeClosed:
		return c.error("write", net.ErrClosed)
	case passed(s.writeDeadline):
		return c.error("write", os.ErrDeadlineExceeded)
	case c.line.broken:
		return c.error("write", os.NewSyscallError("write", errno.ConnectionReset))
	case s.readClosed && s.lateWrite:
		return c.error("write", os.NewSyscallError("write", errno.BrokenPipe))
	}

	return nil
}

// writeNow writes as much as possible without waiting.
func (c *memConn) writeNow(s *stream, b []byte) int {
	out := c.in.opposite()
	switch {
	case s.stalled():
		return len(b)
	case s.readClosed:
		// As with TCP, the first write to a closed peer succeeds, and the peer
		// responds with a reset.
		s.lateWrite = true
		c.line.streams[c.in].discard()

		return len(b)
	}
	n := min(len(b), windowSize-s.buffered)
	if s.cutAt >= 0 {
		n = int(min(int64(n), s.cutAt-s.sent))
	}
	written := n
	if s.stallAt >= 0 && int64(n) > s.stallAt-s.sent {
		// Dropped data counts as written.
		n, written = int(s.stallAt-s.sent), len(b)
	}
	if n > 0 {
		s.sent += int64(n)
		c.line.put(out, segment{data: bytes.Clone(b[:n])})
		c.line.cutIfDue(out)
	}

	return written
}

// Close closes both directions. Data that was written still arrives. If received
// data is unread, the peer gets a reset instead, as with TCP.
func (c *memConn) Close() error {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	in, out := &l.streams[c.in], &l.streams[c.in.opposite()]
	if in.readClosed {
		return c.error("close", net.ErrClosed)
	}
	unread := in.buffered > 0
	in.readClosed = true
	in.wake()
	c.endWriting(out)
	if (unread || c.resets) && !l.broken {
		l.abort()
	}
	in.queue, in.buffered = nil, 0

	return nil
}

// CloseWrite closes the direction that this end writes to.
func (c *memConn) CloseWrite() error {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	c.endWriting(&l.streams[c.in.opposite()])

	return nil
}

func (c *memConn) endWriting(out *stream) {
	if out.writeClosed {
		return
	}
	out.writeClosed = true
	if !c.line.broken && !out.stalled() {
		c.line.put(c.in.opposite(), segment{end: true})
	}
	out.wake()
}

// SetLinger makes Close reset the connection if seconds is 0, as with TCP. Other
// values have no effect.
func (c *memConn) SetLinger(seconds int) error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	c.resets = seconds == 0

	return nil
}

func (c *memConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *memConn) SetReadDeadline(t time.Time) error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	s := &c.line.streams[c.in]
	s.readDeadline = t
	s.wake()

	return nil
}

func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	s := &c.line.streams[c.in.opposite()]
	s.writeDeadline = t
	s.wake()

	return nil
}

func (c *memConn) LocalAddr() net.Addr {
	return c.addr(c.in)
}

func (c *memConn) RemoteAddr() net.Addr {
	return c.addr(c.in.opposite())
}

// addr returns the address of the end that reads from a direction.
func (c *memConn) addr(reads Direction) net.Addr {
	if reads == ToServer {
		return listenerAddr()
	}

	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 10000 + c.line.ordinal%50000}
}

func (c *memConn) error(op string, err error) error {
	return &net.OpError{Op: op, Net: memNetwork, Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

// passed reports whether a deadline has passed.
func passed(deadline time.Time) bool {
	return !deadline.IsZero() && !deadline.After(time.Now())
}
