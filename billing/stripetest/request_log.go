package stripetest

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Request is a request that the API received.
type Request struct {
	// Time is the time of the server's clock.
	Time time.Time
	// Resource is empty if the path is unknown.
	Resource Resource
	Method   string
	Path     string
	Query    url.Values
	// Version is the API version of the response.
	Version Version
	// Status is the status of the response, or 0 if there was none.
	Status int
	// Fault is the name of the injected fault.
	Fault string
}

// Requests returns the requests that the API received, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ResetRequests discards the recorded requests.
func (s *Server) ResetRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// statusWriter records the status of a response.
type statusWriter struct {
	http.ResponseWriter

	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(data)
}
