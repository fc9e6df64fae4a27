package licensespringtest

import "net"

// A memListener is the listener of a Network.
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

// Close makes further dials fail and resets connections that were not accepted.
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
