package exchange

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// Phase says how far an attempt got.
type Phase int

// The phases, in order.
const (
	// Unsent: the request's headers were never written, so no server can have
	// acted on it.
	Unsent Phase = iota
	// Sent: the headers were written, or nobody can tell. The service may have
	// acted on the request.
	Sent
	// Answered: a status line and headers came back.
	Answered
)

// String returns the phase's name, for journals and logs.
func (p Phase) String() string {
	switch p {
	case Unsent:
		return "not sent"
	case Sent:
		return "sent"
	case Answered:
		return "answered"
	default:
		return "unknown"
	}
}

// phase follows one attempt through net/http's trace hooks.
//
// What they are worth: net/http writes headers into a buffer, calls
// WroteHeaders, and only then writes the body, so without that call the
// request on the wire is at best a part of its headers. RoundTrip of HTTP/1
// does not return an error before the goroutine that writes has ended; over
// HTTP/2 a late one finds its body closed. So when an attempt has failed and
// the hook was not called, it will not be called.
//
// The hooks run on other goroutines than the call: hence the atomics.
type phase struct {
	asked atomic.Bool // a connection was asked for: the hooks work
	wrote atomic.Bool // headers were written
	hooks httptrace.ClientTrace
}

// trace returns a context that reports to p; once, for it is p's hooks that are
// joined with those of a trace the caller has put into ctx, which goes on working.
func (p *phase) trace(ctx context.Context) context.Context {
	p.hooks.GetConn = func(string) { p.asked.Store(true) }
	p.hooks.WroteHeaders = func() { p.wrote.Store(true) }
	return httptrace.WithClientTrace(ctx, &p.hooks)
}

// reached tells how far a failed attempt got. Where not even a connection was
// asked for, the transport may be one that does not run the hooks (a mock, a
// wrapper that answers by itself); silence proves nothing then, and not knowing
// counts as sent. Hooked says that it does run them.
func (p *phase) reached(hooked bool) Phase {
	if (hooked || p.asked.Load()) && !p.wrote.Load() {
		return Unsent
	}
	return Sent
}
