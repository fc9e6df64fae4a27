package licensespringtest

import (
	"io"
	"net/http"
	"time"
)

// An exchange is the state of one request while it is handled.
type exchange struct {
	server   *Server
	writer   http.ResponseWriter
	request  *http.Request
	conn     *serverConn
	entry    *Request
	body     []byte
	bodyRead bool
	// id is the id in the path, if it has one.
	id int64
	// optionalBody allows a request without a body.
	optionalBody bool
	// invisibleFor delays the visibility of what the request creates.
	invisibleFor time.Duration
	// resets makes a cut a reset.
	resets bool
}

// A handler handles an exchange and returns the response to it.
type handler func(*exchange) response

// serve is the entry point of every request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{server: s, request: r, conn: connOf(r), entry: s.newEntry(r)}
	x.writer = &statusRecorder{ResponseWriter: w, exchange: x}
	x.conn.begin(x)

	handle := handler(s.handle)
	f, found := s.faults.take(func(f Fault) bool { return f.matches(x.entry.Endpoint, r) })
	if found {
		x.entry.Fault = f.name
		x.resets = f.resets
		handle = f.wrap(handle)
	}
	s.requests.add(x.entry)
	defer s.observe(x.entry) // a fault may end the handler with a panic
	x.send(handle(x))
}

// newEntry returns the record of a request whose body was not read yet.
func (s *Server) newEntry(r *http.Request) *Request {
	entry := &Request{
		Time:       time.Now(),
		Method:     r.Method,
		Path:       r.URL.Path,
		Query:      r.URL.Query(),
		Header:     r.Header.Clone(),
		Authorized: s.authorized(r),
	}
	if rt, ok := s.resolve(r.URL.Path); ok {
		o, _ := rt.operation(r.Method)
		entry.Endpoint = o.endpoint
	}
	if entry.Header.Get("Authorization") != "" {
		entry.Header.Set("Authorization", map[bool]string{true: "right", false: "wrong"}[entry.Authorized])
	}

	return entry
}

// handle reads the whole request and applies it.
func (s *Server) handle(x *exchange) response {
	x.readBody(-1)
	resp := s.dispatch(x)
	if resp.changed {
		s.requests.update(func() { x.entry.Changed, x.entry.Applied = true, time.Now() })
	}

	return resp
}

// readBody reads the body once: all of it or, unless limit is negative, at most
// limit bytes. It aborts the exchange if the request is incomplete.
func (x *exchange) readBody(limit int64) {
	if x.bodyRead {
		return
	}
	x.bodyRead = true
	var from io.Reader = x.request.Body
	if limit >= 0 {
		from = io.LimitReader(from, limit)
	}
	body, err := io.ReadAll(from)
	x.body = body
	x.server.requests.update(func() { x.entry.Body = body })
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// stall waits until the client gives up or the server is closed.
func (x *exchange) stall() {
	select {
	case <-x.request.Context().Done():
	case <-x.server.done:
	}
}

// pause waits for d. It aborts the exchange if the server is closed meanwhile.
func (x *exchange) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-x.server.done:
		panic(http.ErrAbortHandler)
	}
}

// A statusRecorder records the status of a response before the client can read
// it.
type statusRecorder struct {
	http.ResponseWriter

	exchange *exchange
	wrote    bool
}

func (w *statusRecorder) WriteHeader(status int) {
	if !w.wrote && status >= http.StatusOK {
		w.wrote = true
		w.exchange.server.requests.update(func() { w.exchange.entry.Status = status })
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusRecorder) Write(b []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}

	return w.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (w *statusRecorder) Flush() {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}
