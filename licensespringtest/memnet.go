package licensespringtest

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// A Network is a network in memory between one listener and those who dial it.
// Its connections are buffered and close the way TCP's do; each can be cut at an
// exact byte, stalled, delayed or refused by way of its [Line].
//
// It blocks on channels and timers only, which it makes when it needs them, so
// inside a [testing/synctest] bubble every wait is durable and takes no time. A
// network used in a bubble has to be made in it.
type Network struct {
	mu       sync.Mutex
	listener *memListener
	lines    map[int]*Line
	dials    int
	onDial   func(*Line)
}

// NewNetwork returns a network on which nobody listens yet.
func NewNetwork() *Network {
	return &Network{lines: make(map[int]*Line)}
}

// Listener returns the network's listener. Closing it makes dials be refused
// until Listener is called again.
func (n *Network) Listener() net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listener == nil {
		n.listener = &memListener{network: n, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	}

	return n.listener
}

// Line returns the line the dial with the given ordinal is going to get, or has
// got; the first dial has the ordinal 1. Refused dials count.
func (n *Network) Line(ordinal int) *Line {
	n.mu.Lock()
	defer n.mu.Unlock()

	return n.line(ordinal)
}

func (n *Network) line(ordinal int) *Line {
	l, ok := n.lines[ordinal]
	if !ok {
		l = newLine(ordinal)
		n.lines[ordinal] = l
	}

	return l
}

// OnDial sets a function that is called with the line of every dial before it
// connects. It may prepare the line, after what was done to it by way of
// [Network.Line].
func (n *Network) OnDial(prepare func(*Line)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.onDial = prepare
}

// Dials returns the number of dials so far, refused ones included.
func (n *Network) Dials() int {
	n.mu.Lock()
	defer n.mu.Unlock()

	return n.dials
}

// DialContext connects to the listener, whatever the address. Like TCP's it does
// not wait until the connection is accepted.
func (n *Network) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	n.mu.Lock()
	n.dials++
	line, prepare := n.line(n.dials), n.onDial
	n.mu.Unlock()
	if prepare != nil {
		prepare(line)
	}
	latency, refused := line.terms()
	// There and back: that is how long it takes to hear about either.
	if err := waitFor(ctx, 2*latency); err != nil {
		return nil, dialError(err)
	}

	n.mu.Lock()
	defer n.mu.Unlock()
	if refused || n.listener == nil {
		return nil, dialError(os.NewSyscallError("connect", syscall.ECONNREFUSED))
	}
	n.listener.push(&memConn{line: line, in: ToServer})

	return &memConn{line: line, in: ToClient}, nil
}

// release ends what is stalled on the lines dialed so far. Whoever waits there
// would wait for a server that is no more.
func (n *Network) release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for ordinal, l := range n.lines {
		if ordinal <= n.dials {
			l.release()
		}
	}
}

// waitFor waits for a duration, or until the context ends.
func waitFor(ctx context.Context, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func dialError(err error) error {
	return &net.OpError{Op: "dial", Net: memNetwork, Addr: listenerAddr(), Err: err}
}

const memNetwork = "tcp"

// listenerAddr is on the loopback interface, so that clients which insist on TLS
// elsewhere let it pass. Nobody listens on port 1 in earnest: a client that
// dials past the network is refused.
func listenerAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
}

// A memListener hands out the server's ends of connections.
type memListener struct {
	network *Network
	backlog []*memConn    // under the network's lock
	wake    chan struct{} // holds a token while the backlog may not be empty
	closed  chan struct{}
}

func (l *memListener) push(c *memConn) {
	l.backlog = append(l.backlog, c)
	l.signal()
}

func (l *memListener) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *memListener) Accept() (net.Conn, error) {
	for {
		select {
		case <-l.closed:
			return nil, &net.OpError{Op: "accept", Net: memNetwork, Addr: l.Addr(), Err: net.ErrClosed}
		case <-l.wake:
			if c := l.pop(); c != nil {
				return c, nil
			}
		}
	}
}

func (l *memListener) pop() *memConn {
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	if len(l.backlog) == 0 {
		return nil
	}
	c := l.backlog[0]
	l.backlog = l.backlog[1:]
	if len(l.backlog) > 0 {
		l.signal()
	}

	return c
}

// Close refuses dials from now on and resets connections nobody has accepted.
func (l *memListener) Close() error {
	l.network.mu.Lock()
	defer l.network.mu.Unlock()
	if l.network.listener != l {
		return &net.OpError{Op: "close", Net: memNetwork, Addr: l.Addr(), Err: net.ErrClosed}
	}
	l.network.listener = nil
	for _, c := range l.backlog {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	l.backlog = nil
	close(l.closed)

	return nil
}

func (l *memListener) Addr() net.Addr {
	return listenerAddr()
}
