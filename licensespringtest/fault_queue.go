package licensespringtest

import (
	"slices"
	"sync"
)

// A faultQueue holds the injected faults that are still active.
type faultQueue struct {
	mu    sync.Mutex
	queue []*queuedFault
}

type queuedFault struct {
	Fault

	// matched counts the matching requests or connections, fired those that the
	// fault affected.
	matched, fired int
}

func (q *faultQueue) add(faults []Fault) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range faults {
		q.queue = append(q.queue, &queuedFault{Fault: f})
	}
}

// take returns the first fault that matches. Every matching fault counts the
// event, not only the first, so that Nth does not depend on the rest of the queue.
func (q *faultQueue) take(matches func(Fault) bool) (Fault, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var taken *queuedFault
	for _, f := range q.queue {
		if !matches(f.Fault) {
			continue
		}
		f.matched++
		if taken == nil && f.matched >= f.nth {
			taken = f
		}
	}
	if taken == nil {
		return Fault{}, false
	}
	taken.fired++
	if taken.times >= 0 && taken.fired >= max(1, taken.times) {
		q.queue = slices.DeleteFunc(q.queue, func(f *queuedFault) bool { return f == taken })
	}

	return taken.Fault, true
}

// Inject queues faults. The first queued fault that matches a request affects it.
// A fault leaves the queue when it has affected as many requests as [Fault.Times]
// sets. Faults that match the same requests therefore apply one after the other.
func (s *Server) Inject(faults ...Fault) {
	s.faults.add(faults)
}

// PendingFaults returns the texts of the injected faults that have not finished: they
// have affected fewer requests than [Fault.Times] sets or, with [Fault.Forever],
// none.
func (s *Server) PendingFaults() []string {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	var names []string
	for _, f := range s.faults.queue {
		if f.times >= 0 || f.fired == 0 {
			names = append(names, f.name)
		}
	}

	return names
}

// ClearFaults removes all queued faults. Requests that are already affected
// remain so.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = nil
}
