package licensespringtest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A memConn is one end of a line.
type memConn struct {
	line *Line
	in   Direction // the way this end reads from
	// abrupt makes Close reset the line. Under the line's lock.
	abrupt bool
}

// Read waits for something to arrive. What has arrived before a cut is read
// before the cut is seen.
func (c *memConn) Read(b []byte) (int, error) {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &l.ways[c.in]
	for {
		n, err := c.readNow(w, b)
		if n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
		var arrives time.Time
		if len(w.queue) > 0 {
			arrives = w.queue[0].at
		}
		l.wait(w, arrives, w.readDeadline)
	}
}

// readNow reads what can be read without waiting: nothing and no error if that
// is nothing.
func (c *memConn) readNow(w *way, b []byte) (int, error) {
	switch {
	case w.gone:
		return 0, c.error("read", net.ErrClosed)
	case passed(w.readDeadline):
		return 0, c.error("read", os.ErrDeadlineExceeded)
	case w.reset:
		return 0, c.error("read", os.NewSyscallError("read", syscall.ECONNRESET))
	case len(w.queue) == 0 || w.queue[0].at.After(time.Now()):
		return 0, nil
	case w.queue[0].end && c.line.dead && c.line.resets:
		return 0, c.error("read", os.NewSyscallError("read", syscall.ECONNRESET))
	case w.queue[0].end:
		return 0, io.EOF
	}
	first := &w.queue[0]
	n := copy(b, first.data)
	first.data = first.data[n:]
	if len(first.data) == 0 {
		w.queue = w.queue[1:]
	}
	w.buffered -= n
	w.wake() // There is room again.

	return n, nil
}

// Write puts bytes on their way. It waits only if the reader has left so many
// unread that the window is full.
func (c *memConn) Write(b []byte) (int, error) {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	w := &l.ways[c.in.opposite()]
	written := 0
	for {
		if err := c.writable(w); err != nil || len(b) == 0 {
			return written, err
		}
		written += c.writeNow(w, b[written:])
		if written == len(b) {
			return written, nil
		}
		if !l.dead {
			l.wait(w, w.writeDeadline)
		}
	}
}

// writable reports why nothing can be written, if so.
func (c *memConn) writable(w *way) error {
	switch {
	case w.written:
		return c.error("write", net.ErrClosed)
	case passed(w.writeDeadline):
		return c.error("write", os.ErrDeadlineExceeded)
	case c.line.dead:
		return c.error("write", os.NewSyscallError("write", syscall.ECONNRESET))
	case w.gone && w.knocked:
		return c.error("write", os.NewSyscallError("write", syscall.EPIPE))
	}

	return nil
}

// writeNow writes as much as can be written without waiting.
func (c *memConn) writeNow(w *way, b []byte) int {
	out := c.in.opposite()
	switch {
	case w.stalled():
		return len(b)
	case w.gone:
		// A peer that has closed is not known to have until something was
		// sent to it: the first write succeeds, and its answer is a reset.
		w.knocked = true
		c.line.ways[c.in].discard()

		return len(b)
	}
	n := min(len(b), windowSize-w.buffered)
	if w.cutAt >= 0 {
		n = int(min(int64(n), w.cutAt-w.sent))
	}
	written := n
	if w.stallAt >= 0 && int64(n) > w.stallAt-w.sent {
		// What is lost counts as written: the writer does not notice.
		n, written = int(w.stallAt-w.sent), len(b)
	}
	if n > 0 {
		w.sent += int64(n)
		c.line.put(out, segment{data: bytes.Clone(b[:n])})
		c.line.cutIfDue(out)
	}

	return written
}

// Close ends both ways. Whatever was written still arrives, unless something
// that was received is left unread: then the peer gets a reset and loses it, as
// it does with TCP.
func (c *memConn) Close() error {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	in, out := &l.ways[c.in], &l.ways[c.in.opposite()]
	if in.gone {
		return c.error("close", net.ErrClosed)
	}
	unread := in.buffered > 0
	in.gone = true
	in.wake()
	c.endWriting(out)
	if (unread || c.abrupt) && !l.dead {
		l.breakOff()
	}
	in.queue, in.buffered = nil, 0

	return nil
}

// CloseWrite ends the way this end writes to; it can still read.
func (c *memConn) CloseWrite() error {
	l := c.line
	l.mu.Lock()
	defer l.mu.Unlock()
	c.endWriting(&l.ways[c.in.opposite()])

	return nil
}

func (c *memConn) endWriting(out *way) {
	if out.written {
		return
	}
	out.written = true
	if !c.line.dead && !out.stalled() {
		c.line.put(c.in.opposite(), segment{end: true})
	}
	out.wake()
}

// SetLinger of 0 makes Close reset the connection, as it does with TCP. Other
// values have no meaning here.
func (c *memConn) SetLinger(seconds int) error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	c.abrupt = seconds == 0

	return nil
}

func (c *memConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c *memConn) SetReadDeadline(t time.Time) error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	w := &c.line.ways[c.in]
	w.readDeadline = t
	w.wake()

	return nil
}

func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	w := &c.line.ways[c.in.opposite()]
	w.writeDeadline = t
	w.wake()

	return nil
}

func (c *memConn) LocalAddr() net.Addr {
	return c.addr(c.in)
}

func (c *memConn) RemoteAddr() net.Addr {
	return c.addr(c.in.opposite())
}

// addr is the address of the end that reads from a way.
func (c *memConn) addr(reads Direction) net.Addr {
	if reads == ToServer {
		return listenerAddr()
	}

	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 10000 + c.line.ordinal%50000}
}

func (c *memConn) error(op string, err error) error {
	return &net.OpError{Op: op, Net: memNetwork, Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

// passed reports whether a deadline is over.
func passed(deadline time.Time) bool {
	return !deadline.IsZero() && !deadline.After(time.Now())
}
