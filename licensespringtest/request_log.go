package licensespringtest

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A Request is the server's record of one request that it received.
type Request struct {
	// Time is the time at which the request's header had arrived.
	Time time.Time
	// Endpoint is the endpoint of the request's method and path. It is empty if
	// they match none.
	Endpoint Endpoint
	Method   string
	Path     string
	Query    url.Values
	// Header is the request's header. The value of Authorization is replaced by
	// "right" or "wrong", so that a test can log it.
	Header http.Header
	// Authorized reports whether the request carried the server's API key.
	Authorized bool
	// Body is the part of the body that the server read. It is empty if a fault
	// kept the server from reading it.
	Body []byte
	// Status is the status of the response, or 0 if the server sent none. It is
	// set even if the connection was cut before the client received it.
	Status int
	// Changed reports whether the server applied the request: a write that was
	// valid. It is true even if the stored data was so already, or a fault replaced
	// the response.
	Changed bool
	// Applied is the time at which the server applied the request. It is zero unless
	// Changed is true.
	Applied time.Time
	// Fault names the fault that was injected into the request, if any.
	Fault string
	// ResponseBytes is the number of bytes of the response that were written to
	// the connection so far, including the status line and the header.
	ResponseBytes int64
}

// A requestLog holds the latest requests of a server.
type requestLog struct {
	mu      sync.Mutex
	limit   int
	entries []*Request
}

// add adds an entry. Later changes to it must go through update.
func (l *requestLog) add(entry *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.entries) >= l.limit {
		// Deleting half of the entries at once keeps the cost per request constant.
		l.entries = slices.Delete(l.entries, 0, (len(l.entries)+1)/2)
	}
	l.entries = append(l.entries, entry)
}

func (l *requestLog) update(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func (l *requestLog) requests() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	requests := make([]Request, len(l.entries))
	for i, entry := range l.entries {
		requests[i] = entry.clone()
	}

	return requests
}

func (l *requestLog) copyOf(entry *Request) Request {
	l.mu.Lock()
	defer l.mu.Unlock()

	return entry.clone()
}

func (r *Request) clone() Request {
	copied := *r
	copied.Query = url.Values(http.Header(r.Query).Clone())
	copied.Header = r.Header.Clone()
	copied.Body = bytes.Clone(r.Body)

	return copied
}

func (l *requestLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// Requests returns the requests that the server received, oldest first. It
// includes a request as soon as its header has arrived. The status of a request
// is set before the client can read it. If there are more requests than
// [WithRequestLogLimit] allows, the older half is discarded.
func (s *Server) Requests() []Request {
	return s.requests.requests()
}

// ResetRequests discards the recorded requests.
func (s *Server) ResetRequests() {
	s.requests.reset()
}
