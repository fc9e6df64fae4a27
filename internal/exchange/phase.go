package exchange

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// Phase is how far an attempt got.
type Phase int

// The phases, in order.
const (
	// Unsent: the headers of the request were never written, so no server can
	// have acted on it.
	Unsent Phase = iota
	// Sent: the headers were written, or it is unknown whether they were. The
	// service may have acted on the request.
	Sent
	// Responded: a status line and headers were received.
	Responded
)

// String returns the name of the phase.
func (p Phase) String() string {
	switch p {
	case Unsent:
		return "not sent"
	case Sent:
		return "sent"
	case Responded:
		return "responded"
	default:
		return "unknown"
	}
}

// phase follows one attempt through net/http's trace hooks.
//
// The hooks prove that a request was not sent: net/http writes the headers to a
// buffer, calls WroteHeaders, and only then writes the body. Without that call,
// at most part of the headers is on the wire. RoundTrip of HTTP/1 returns an
// error only after the writing goroutine has ended; over HTTP/2 a late writer
// finds the body closed. So if an attempt has failed and the hook was not
// called, it never will be.
//
// The hooks run on other goroutines than the call, hence the atomics.
type phase struct {
	connRequested atomic.Bool  // a connection was requested: the hooks work
	headerWrites  atomic.Int32 // how often the headers were written
	// stop ends the attempt. It is set for a request that must not be written
	// twice, and nil otherwise.
	stop    context.CancelFunc
	stopped atomic.Bool
	hooks   httptrace.ClientTrace
}

// trace returns a context that reports to p. It must be called once per phase,
// because the hooks of p are composed with those of a trace in ctx, which keep
// working.
func (p *phase) trace(ctx context.Context) context.Context {
	p.hooks.GetConn = func(string) {
		p.connRequested.Store(true)
		if p.stop != nil && p.headersWritten() {
			p.stopped.Store(true)
			p.stop()
		}
	}
	p.hooks.GotConn = func(info httptrace.GotConnInfo) {
		// net/http may use an idle connection although the context is done. A
		// connection of HTTP/1 belongs to this attempt alone, so it can be closed;
		// over HTTP/2 no headers are written once the context is done.
		if p.stop != nil && p.headersWritten() && !isHTTP2(info.Conn) {
			_ = info.Conn.Close()
		}
	}
	p.hooks.WroteHeaders = func() { p.headerWrites.Add(1) }
	return httptrace.WithClientTrace(ctx, &p.hooks)
}

func isHTTP2(conn net.Conn) bool {
	c, ok := conn.(*tls.Conn)
	return ok && c.ConnectionState().NegotiatedProtocol == "h2"
}

// headersWritten reports whether the headers were written at least once.
func (p *phase) headersWritten() bool { return p.headerWrites.Load() > 0 }

// repeated reports whether the transport, such as one that retries on its own,
// wrote the request more than once or was stopped from doing so. The last response
// then does not tell whether an earlier write took effect.
func (p *phase) repeated() bool { return p.stopped.Load() || p.headerWrites.Load() > 1 }

// reached returns how far a failed attempt got. If no connection was requested,
// the transport may be one that does not run the hooks, such as a mock. Then
// the attempt counts as sent, unless hooked reports that the transport is known
// to run them.
func (p *phase) reached(hooked bool) Phase {
	if (hooked || p.connRequested.Load()) && !p.headersWritten() {
		return Unsent
	}
	return Sent
}
