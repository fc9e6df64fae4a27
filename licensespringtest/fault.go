package licensespringtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Fault is a fault that a server injects into a request or a connection.
// Constructors such as [DropAfter] create faults. Methods select the requests:
// each returns a modified copy, so that calls can be chained. By default a fault
// affects the next request.
//
//	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder).Nth(2))
type Fault struct {
	name string
	// wrap applies the fault to a handler. It is nil for a fault that affects
	// connections.
	wrap func(next handler) handler

	endpoints []Endpoint
	when      func(*http.Request) bool
	nth       int
	times     int // 0 means 1, negative means forever
	resets    bool
}

// String returns the fault's constructor with its arguments. It omits functions,
// and all options of [Status] except [Stored].
func (f Fault) String() string {
	return f.name
}

// On limits the fault to requests of the given endpoints.
func (f Fault) On(endpoints ...Endpoint) Fault {
	f.endpoints = slices.Clone(endpoints)

	return f
}

// When limits the fault to requests for which match returns true. The function
// must neither read the request's body nor call methods of the server.
func (f Fault) When(match func(*http.Request) bool) Fault {
	f.when = match

	return f
}

// Nth skips the first n-1 requests that match the fault.
func (f Fault) Nth(n int) Fault {
	f.nth = n

	return f
}

// Times sets the number of requests that the fault affects. The minimum and the
// default are 1.
func (f Fault) Times(n int) Fault {
	f.times = max(1, n)

	return f
}

// Forever makes the fault affect every matching request, starting with the first
// one that Nth does not skip.
func (f Fault) Forever() Fault {
	f.times = -1

	return f
}

// Reset makes a fault that cuts the connection cut it with a reset. A reset can
// also discard data that was sent before.
func (f Fault) Reset() Fault {
	f.resets = true

	return f
}

// matches reports whether the fault can affect a request.
func (f Fault) matches(e Endpoint, r *http.Request) bool {
	return f.wrap != nil &&
		(len(f.endpoints) == 0 || slices.Contains(f.endpoints, e)) &&
		(f.when == nil || f.when(r))
}

// Combine returns a fault that applies several faults to one request. The first
// is the closest to the client: Combine(SlowDrip(1, time.Second), Status(502))
// sends the 502 slowly. Conditions of the parts, such as On and Nth, are ignored;
// set them on the result. Combine panics on a [DropConnection], which does not
// affect requests.
func Combine(faults ...Fault) Fault {
	names := make([]any, len(faults))
	resets := false
	for i, f := range faults {
		if f.wrap == nil {
			panic("licensespringtest: cannot combine " + f.name + ": it affects connections, not requests")
		}
		names[i] = f
		resets = resets || f.resets
	}
	parts := slices.Clone(faults)

	return Fault{name: callText("Combine", names...), resets: resets, wrap: func(next handler) handler {
		for _, f := range slices.Backward(parts) {
			next = f.wrap(next)
		}

		return next
	}}
}

// callText returns the text of a function call.
func callText(function string, args ...any) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = fmt.Sprint(arg)
	}

	return function + "(" + strings.Join(texts, ", ") + ")"
}
