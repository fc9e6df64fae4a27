package licensespringtest

// WithObserver makes the server call observe at the end of each request, with its
// record as [Server.Requests] returns it. Concurrent requests call it concurrently,
// and a request ends only when observe returns. Bytes of a short response may be
// written, and counted, afterwards. [DelayedApply] applies a request after its end.
func WithObserver(observe func(Request)) Option {
	return func(c *config) { c.observe = observe }
}

// observe calls the observer at the end of a request.
func (s *Server) observe(entry *Request) {
	if s.config.observe != nil {
		s.config.observe(s.requests.copyOf(entry))
	}
}
