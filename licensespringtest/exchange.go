package licensespringtest

import (
	"io"
	"net/http"
	"time"
)

// An exchange is one request and what is known of it on the way to its answer.
type exchange struct {
	server  *Server
	writer  http.ResponseWriter
	request *http.Request
	conn    *conn
	entry   *Request
	body    []byte
	read    bool // whether the body was
	// invisibleFor hides what the exchange makes from lookups.
	invisibleFor time.Duration
	// resets makes a cut a reset.
	resets bool
}

// A handler answers an exchange.
type handler func(*exchange) reply

// serve is where every request comes in.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	x := &exchange{server: s, request: r, conn: connOf(r), entry: s.newEntry(r)}
	x.writer = &recorder{ResponseWriter: w, exchange: x}
	x.conn.begin(x)

	answer := handler(s.answer)
	f, befallen := s.faults.take(func(f Fault) bool { return f.fits(x.entry.Endpoint, r) })
	if befallen {
		x.entry.Fault = f.name
		x.resets = f.resets
		answer = f.wrap(answer)
	}
	s.journal.open(x.entry)
	x.send(answer(x))
}

// newEntry is the journal's entry of a request whose body is still to be read.
func (s *Server) newEntry(r *http.Request) *Request {
	entry := &Request{
		Time:       time.Now(),
		Method:     r.Method,
		Path:       r.URL.Path,
		Query:      r.URL.Query(),
		Header:     r.Header.Clone(),
		Authorized: s.authorized(r),
	}
	if found, ok := s.resolve(r.URL.Path); ok && found.method() == r.Method {
		entry.Endpoint = found.endpoint
	}
	if entry.Header.Get("Authorization") != "" {
		entry.Header.Set("Authorization", map[bool]string{true: "right", false: "wrong"}[entry.Authorized])
	}

	return entry
}

// answer reads the whole request and then does what it asks for.
func (s *Server) answer(x *exchange) reply {
	x.readBody(-1)
	answer := s.handle(x)
	if answer.changed {
		s.journal.update(func() { x.entry.Changed = true })
	}

	return answer
}

// readBody reads the body, once: all of it, or at most limit bytes if limit is
// not negative. A request that was cut on its way is not acted on.
func (x *exchange) readBody(limit int64) {
	if x.read {
		return
	}
	x.read = true
	var from io.Reader = x.request.Body
	if limit >= 0 {
		from = io.LimitReader(from, limit)
	}
	body, err := io.ReadAll(from)
	x.body = body
	x.server.journal.update(func() { x.entry.Body = body })
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

// pause waits for a while, or until the server is closed.
func (x *exchange) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-x.server.done:
		// Nothing more happens on a server that is closed.
		panic(http.ErrAbortHandler)
	}
}

// A recorder tells the journal of an answer before the client can see it.
type recorder struct {
	http.ResponseWriter

	exchange *exchange
	wrote    bool
}

func (w *recorder) WriteHeader(status int) {
	if !w.wrote && status >= http.StatusOK {
		w.wrote = true
		w.exchange.server.journal.update(func() { w.exchange.entry.Status = status })
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}

	return w.ResponseWriter.Write(b)
}

// Flush makes the recorder an http.Flusher.
func (w *recorder) Flush() {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush()
}
