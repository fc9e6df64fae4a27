package stripetest

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// A Fault is a fault that the API injects into a request. By default it affects the next
// request. Methods return a modified copy.
type Fault struct {
	name      string
	resources []Resource
	times     int // negative means forever
	serve     func(s *Server, w http.ResponseWriter)
}

type queuedFault struct{ Fault }

// String returns the constructor of the fault.
func (f Fault) String() string { return f.name }

// On limits the fault to requests for these resources.
func (f Fault) On(resources ...Resource) Fault {
	f.resources = slices.Clone(resources)
	return f
}

// Times sets the number of requests that the fault affects.
func (f Fault) Times(n int) Fault {
	f.times = max(n, 1)
	return f
}

// Forever makes the fault affect all requests, until [Server.ClearFaults].
func (f Fault) Forever() Fault {
	f.times = -1
	return f
}

// Status is a response with an error status.
func Status(code int) Fault {
	return Fault{name: "Status(" + strconv.Itoa(code) + ")", times: 1, serve: func(s *Server, w http.ResponseWriter) {
		s.fail(w, apiError{status: code, kind: "api_error", message: "An injected fault."})
	}}
}

// RateLimited is a response with the status 429.
func RateLimited(retryAfter time.Duration) Fault {
	return Fault{name: "RateLimited(" + retryAfter.String() + ")", times: 1, serve: func(s *Server, w http.ResponseWriter) {
		if retryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter/time.Second)))
		}
		s.fail(w, apiError{
			status: http.StatusTooManyRequests, kind: "invalid_request_error", code: "rate_limit",
			message: "Request rate limit exceeded.",
		})
	}}
}

// Cut cuts the connection without a response.
func Cut() Fault {
	return Fault{name: "Cut()", times: 1, serve: func(*Server, http.ResponseWriter) { panic(http.ErrAbortHandler) }}
}

// Garbage is a response with the status 200 and a body that is cut off.
func Garbage() Fault {
	return Fault{name: "Garbage()", times: 1, serve: func(_ *Server, w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"object": "list", "data": [{"id": "`))
	}}
}

// Inject queues faults. The first one that matches a request affects it.
func (s *Server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &queuedFault{f})
	}
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// PendingFaults returns the names of the queued faults.
func (s *Server) PendingFaults() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, f := range s.faults {
		names = append(names, f.name)
	}
	return names
}

// takeFault returns the fault of a request for a resource.
func (s *Server) takeFault(r Resource) (Fault, bool) {
	for i, f := range s.faults {
		if len(f.resources) > 0 && !slices.Contains(f.resources, r) {
			continue
		}
		if f.times > 0 {
			if f.times--; f.times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return f.Fault, true
	}
	return Fault{}, false
}
