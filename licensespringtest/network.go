package licensespringtest

import (
	"context"
	"net"
	"os"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring/internal/errno"
)

// A Network is an in-memory network with one listener. Its connections are
// buffered and close as TCP connections do. The [Line] of a connection can cut it
// at an exact byte, stall it, delay it or refuse it.
//
// A Network blocks only on channels and timers, which it creates on demand. Inside
// a [testing/synctest] bubble all of its waits are therefore durable. A network
// that is used in a bubble must be created in that bubble.
type Network struct {
	mu       sync.Mutex
	listener *memListener
	lines    map[int]*Line
	dials    int
	onDial   func(*Line)
}

// NewNetwork returns a network. Dials are refused until [Network.Listener] is
// called.
func NewNetwork() *Network {
	return &Network{lines: make(map[int]*Line)}
}

// Listener returns the network's listener. After the listener is closed, dials are
// refused until Listener is called again.
func (n *Network) Listener() net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listener == nil {
		n.listener = &memListener{network: n, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	}

	return n.listener
}

// Line returns the line of the dial with the given ordinal, before or after that
// dial. The first dial has ordinal 1. Refused dials count.
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

// OnDial sets a function that is called with the line of each dial before it
// connects. The function may configure the line further.
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

// DialContext connects to the listener. It ignores network and address. As with
// TCP, it does not wait for the connection to be accepted.
func (n *Network) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	n.mu.Lock()
	n.dials++
	line, prepare := n.line(n.dials), n.onDial
	n.mu.Unlock()
	if prepare != nil {
		prepare(line)
	}
	latency, refused := line.dialSettings()
	// A dial takes a round trip.
	if err := waitFor(ctx, 2*latency); err != nil {
		return nil, dialError(err)
	}

	n.mu.Lock()
	defer n.mu.Unlock()
	if refused || n.listener == nil {
		return nil, dialError(os.NewSyscallError("connect", errno.ConnectionRefused))
	}
	n.listener.push(&memConn{line: line, in: ToServer})

	return &memConn{line: line, in: ToClient}, nil
}

// release ends the stalls on all dialed lines. Their readers would otherwise wait
// for a server that is closed.
func (n *Network) release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for ordinal, l := range n.lines {
		if ordinal <= n.dials {
			l.release()
		}
	}
}

// waitFor waits for d or until the context ends.
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

// listenerAddr returns an address on the loopback interface, where clients accept
// plain HTTP. Port 1 is unused, so a client that bypasses the network cannot
// connect.
func listenerAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
}
