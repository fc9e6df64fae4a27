package licensespringtest

import "time"

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
