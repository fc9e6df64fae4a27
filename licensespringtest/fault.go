package licensespringtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A Fault is one thing that goes wrong with a request. Constructors such as
// [DropAfter] make faults, methods say which request they befall: each returns
// a changed copy, so they can be chained. Unless told otherwise a fault befalls
// the next request.
//
//	srv.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder).Nth(2))
type Fault struct {
	name string
	// wrap makes the fault happen to what a handler does. It is nil for a
	// fault that befalls connections.
	wrap func(next handler) handler

	endpoints []Endpoint
	when      func(*http.Request) bool
	nth       int
	times     int // 0 is 1, negative is forever
	resets    bool
}

// String returns the fault's constructor and what it was called with, as far as
// that is plain: of the options of [Status] only [Stored] is shown, of [Custom]
// nothing.
func (f Fault) String() string {
	return f.name
}

// On limits the fault to requests of some endpoints.
func (f Fault) On(endpoints ...Endpoint) Fault {
	f.endpoints = slices.Clone(endpoints)

	return f
}

// When limits the fault to requests a function accepts. The function must
// neither read the request's body nor call methods of the server.
func (f Fault) When(accept func(*http.Request) bool) Fault {
	f.when = accept

	return f
}

// Nth lets n-1 requests the fault could befall pass before the first it does.
func (f Fault) Nth(n int) Fault {
	f.nth = n

	return f
}

// Times makes the fault befall n requests instead of one; below 1 it is one.
func (f Fault) Times(n int) Fault {
	f.times = max(1, n)

	return f
}

// Forever makes the fault befall every request from its first on.
func (f Fault) Forever() Fault {
	f.times = -1

	return f
}

// Reset makes the fault cut the connection with a reset, if it cuts it, instead
// of ending it. What is on its way to the client then may be lost as well.
func (f Fault) Reset() Fault {
	f.resets = true

	return f
}

// Together makes one fault of several, which befall a request together. The
// first is the nearest to the client: Together(SlowDrip(1, time.Second),
// Status(502)) sends the 502 slowly. Which requests the parts were limited to
// does not count: limit the whole. It panics if [RefuseConnection] is among
// them, which befalls no request.
func Together(faults ...Fault) Fault {
	names := make([]any, len(faults))
	resets := false
	for i, f := range faults {
		if f.wrap == nil {
			panic("licensespringtest: " + f.name + " befalls connections, not requests")
		}
		names[i] = f
		resets = resets || f.resets
	}
	parts := slices.Clone(faults)

	return Fault{name: named("Together", names...), resets: resets, wrap: func(next handler) handler {
		for _, f := range slices.Backward(parts) {
			next = f.wrap(next)
		}

		return next
	}}
}

// A faultQueue holds the faults that are still to happen.
type faultQueue struct {
	mu    sync.Mutex
	queue []*pending
}

type pending struct {
	Fault

	seen, fired int
}

func (q *faultQueue) add(faults []Fault) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range faults {
		q.queue = append(q.queue, &pending{Fault: f})
	}
}

// take finds the fault for something that could suffer one: the first that fits.
// Every fault that fits counts it, also those that are not the first, so Nth
// means the same whatever else is in the queue.
func (q *faultQueue) take(fits func(Fault) bool) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var taken *pending
	for _, p := range q.queue {
		if !fits(p.Fault) {
			continue
		}
		p.seen++
		if taken == nil && p.seen >= p.nth {
			taken = p
		}
	}
	if taken == nil {
		return Fault{}, false
	}
	taken.fired++
	if taken.times >= 0 && taken.fired >= max(1, taken.times) {
		q.queue = slices.DeleteFunc(q.queue, func(p *pending) bool { return p == taken })
	}

	return taken.Fault, true
}

// fits reports whether the fault could befall a request.
func (f Fault) fits(e Endpoint, r *http.Request) bool {
	return f.wrap != nil &&
		(len(f.endpoints) == 0 || slices.Contains(f.endpoints, e)) &&
		(f.when == nil || f.when(r))
}

// Inject queues faults. A request suffers the first fault in the queue that fits
// it, which then leaves the queue unless it is to happen again: so faults which
// fit the same requests happen one after the other.
func (s *Server) Inject(faults ...Fault) {
	s.faults.add(faults)
}

// PendingFaults returns the faults that are in the queue and have to happen yet:
// all that were injected, but for those that have happened as often as they were
// to, and those that have happened and happen forever.
func (s *Server) PendingFaults() []string {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	var names []string
	for _, p := range s.faults.queue {
		if p.times >= 0 || p.fired == 0 {
			names = append(names, p.name)
		}
	}

	return names
}

// ClearFaults empties the queue of faults. It does not end those that are
// happening.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = nil
}

// named is the text of a call.
func named(constructor string, args ...any) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = fmt.Sprint(arg)
	}

	return constructor + "(" + strings.Join(texts, ", ") + ")"
}
