package licensespringtest

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// StallBefore reads the request and then waits until the client gives up or the
// server is closed. Nothing is stored.
func StallBefore() Fault {
	return Fault{name: "StallBefore()", wrap: func(handler) handler {
		return func(x *exchange) response {
			x.readBody(-1)
			x.stall()

			return cutAt(response{}, 0)
		}
	}}
}

// StallAfter applies the request and then waits until the client gives up or the
// server is closed.
func StallAfter() Fault {
	return Fault{name: "StallAfter()", wrap: func(next handler) handler {
		return func(x *exchange) response {
			resp := next(x)
			x.stall()

			return cutAt(resp, 0)
		}
	}}
}

// DelayBefore reads the request and applies it after d, even if the client has
// given up meanwhile. An order can thus be created after its client has looked it
// up without success.
func DelayBefore(d time.Duration) Fault {
	return Fault{name: callText("DelayBefore", d), wrap: func(next handler) handler {
		return func(x *exchange) response {
			x.readBody(-1)
			x.pause(d)

			return next(x)
		}
	}}
}

// DelayedApply reads the request, cuts the connection without a byte of a response,
// and applies the request after d, unless the server is closed before. It simulates
// a request that a proxy delivers after its client has given up: it may undo what
// the client has sent since. [Request.Changed] is set when the request is applied.
func DelayedApply(d time.Duration) Fault {
	return Fault{name: callText("DelayedApply", d), wrap: func(next handler) handler {
		return func(x *exchange) response {
			x.readBody(-1)
			detached := *x
			x.server.later(d, func() { detached.apply(next) })

			return cutAt(response{}, 0)
		}
	}}
}

// apply calls a handler after the connection of the exchange was cut. A fault that
// is combined with this one may use the writer and the context of the request,
// neither of which is valid any more.
func (x *exchange) apply(next handler) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.request.Context()))
	defer cancel()
	x.server.running.Go(func() {
		select {
		case <-x.server.done:
			cancel()
		case <-ctx.Done():
		}
	})
	defer func() {
		v := recover()
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			return // net/http's server also ignores this panic.
		}
		if v != nil {
			panic(v)
		}
	}()
	x.request = x.request.WithContext(ctx)
	x.writer = &discardingWriter{header: make(http.Header)}
	next(x)
}

// A discardingWriter is the writer of a response that has no connection.
type discardingWriter struct{ header http.Header }

func (w *discardingWriter) Header() http.Header { return w.header }

func (w *discardingWriter) WriteHeader(int) {}

func (w *discardingWriter) Write(b []byte) (int, error) { return len(b), nil }

// DelayAfter applies the request immediately and responds after d.
func DelayAfter(d time.Duration) Fault {
	return Fault{name: callText("DelayAfter", d), wrap: func(next handler) handler {
		return func(x *exchange) response {
			resp := next(x)
			x.pause(d)

			return resp
		}
	}}
}

// SlowDrip applies the request and writes the response, including the status line
// and the header, n bytes per interval.
func SlowDrip(n int, interval time.Duration) Fault {
	return Fault{name: callText("SlowDrip", n, interval), wrap: func(next handler) handler {
		return func(x *exchange) response {
			resp := next(x)
			resp.pieceSize, resp.interval = max(1, n), interval

			return resp
		}
	}}
}

// InvisibleFor hides what the request creates from lookups for d. [WithLookupDelay]
// does so for all requests.
func InvisibleFor(d time.Duration) Fault {
	return Fault{name: callText("InvisibleFor", d), wrap: func(next handler) handler {
		return func(x *exchange) response {
			x.invisibleFor = d

			return next(x)
		}
	}}
}
