package licensespringtest

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A Request is what the server remembers of one request it was sent.
type Request struct {
	// Time is when the request's header had arrived.
	Time time.Time
	// Endpoint is the endpoint its path and method name, empty for any other.
	Endpoint Endpoint
	Method   string
	Path     string
	Query    url.Values
	// Header is the request's header. The value of Authorization is replaced
	// by "right" or "wrong", so that a journal can be printed.
	Header http.Header
	// Authorized says whether the request brought the server's API key.
	Authorized bool
	// Body is what was read of the body: nothing, if a fault kept the server
	// from reading it.
	Body []byte
	// Status is the status of the answer, 0 if none was sent. It stays what it
	// is if the answer was then cut or lost on its way.
	Status int
	// Changed says whether the request changed what the server stores.
	Changed bool
	// Fault describes the fault that befell the request, if one did.
	Fault string
	// ResponseBytes is how many bytes of the answer have been written to the
	// connection so far, status line and header included.
	ResponseBytes int64
}

// A journal holds the latest requests of a server.
type journal struct {
	mu      sync.Mutex
	limit   int
	entries []*Request
}

// open adds an entry. It may be changed by way of update only.
func (j *journal) open(entry *Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.entries) >= j.limit {
		// Half at a time, so that forgetting costs next to nothing per request.
		j.entries = slices.Delete(j.entries, 0, (len(j.entries)+1)/2)
	}
	j.entries = append(j.entries, entry)
}

func (j *journal) update(change func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	change()
}

func (j *journal) requests() []Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	requests := make([]Request, len(j.entries))
	for i, entry := range j.entries {
		requests[i] = *entry
		requests[i].Query = url.Values(http.Header(entry.Query).Clone())
		requests[i].Header = entry.Header.Clone()
		requests[i].Body = bytes.Clone(entry.Body)
	}

	return requests
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}

// Requests returns the requests the server was sent, oldest first. A request is
// in the journal from the moment its header has arrived, and its status is there
// before the client can see it. The journal forgets the older half of its
// entries when it has reached its limit: see [WithJournalLimit].
func (s *Server) Requests() []Request {
	return s.journal.requests()
}

// ResetRequests empties the journal.
func (s *Server) ResetRequests() {
	s.journal.reset()
}
