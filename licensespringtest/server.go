package licensespringtest

import (
	"fmt"
	"net"
	"net/http"
	"sync"
)

// TB is the part of testing.TB a server uses. It is declared here so that the
// testing package is not linked into programs which run the fake by themselves.
type TB interface {
	Helper()
	Cleanup(cleanup func())
	Errorf(format string, args ...any)
}

// A Server is a fake of the LicenseSpring Management API which listens on the
// loopback interface, or wherever it was told to. All its methods may be called
// by several goroutines at once.
type Server struct {
	config    config
	catalogue *catalogue
	checker   *checker
	store     *store
	limiter   limiter
	journal   journal
	faults    faultQueue

	url       string
	http      *http.Server
	transport *http.Transport
	done      chan struct{} // closed by Close
	close     sync.Once

	mu       sync.Mutex
	listener net.Listener  // nil while offline
	accepts  chan struct{} // closed when nothing is accepted from listener any more
	conns    map[net.Conn]struct{}
	// running counts the goroutines of the server: one that accepts, and one
	// per connection.
	running sync.WaitGroup
}

// NewServer starts a server. It is closed when the test tb ends; without a test
// (tb may be nil) the caller has to call [Server.Close]. It panics if it cannot
// listen, or if options make no sense, such as two products with one code: they
// are mistakes in the test.
func NewServer(tb TB, opts ...Option) *Server {
	c := newConfig(opts)
	s := &Server{
		config:    c,
		catalogue: newCatalogue(c.products, c.policies),
		store:     newStore(c.seed),
		limiter:   limiter{limit: c.rateLimit},
		journal:   journal{limit: c.journalLimit},
		transport: &http.Transport{MaxIdleConnsPerHost: 100},
		done:      make(chan struct{}),
		conns:     make(map[net.Conn]struct{}),
	}
	s.checker = newChecker(c.dialect, s.catalogue, c.extraMembers)
	//nolint:gosec // Timeouts are for the client's side of a test: the fake waits as long as its client does.
	s.http = &http.Server{
		Handler:     http.HandlerFunc(s.serve),
		ConnContext: withConn,
		ConnState:   s.follow,
	}
	if c.network != nil {
		s.transport.DialContext = c.network.DialContext
	}
	l, err := s.listen()
	if err != nil {
		panic(fmt.Sprintf("licensespringtest: listening on the loopback interface: %v", err))
	}
	s.url = "http://" + l.Addr().String() + c.basePath
	s.accept(l)
	if tb != nil {
		tb.Helper()
		tb.Cleanup(func() { s.cleanup(tb) })
	}

	return s
}

// cleanup is Close at the end of a test.
func (s *Server) cleanup(tb TB) {
	tb.Helper()
	s.Close()
	if pending := s.PendingFaults(); s.config.strictFaults && len(pending) > 0 {
		tb.Errorf("licensespringtest: faults that never happened: %v", pending)
	}
}

// listen opens the listener the options ask for: a new one on a port the
// system chooses, or again on the port it chose before.
func (s *Server) listen() (net.Listener, error) {
	switch {
	case s.config.listener != nil:
		return s.config.listener, nil
	case s.config.network != nil:
		return s.config.network.Listener(), nil
	}
	address := "127.0.0.1:0"
	if s.url != "" {
		address = s.address()
	}

	return net.Listen("tcp", address)
}

// accept starts to accept connections.
func (s *Server) accept(l net.Listener) {
	accepts := make(chan struct{})
	s.listener, s.accepts = l, accepts
	s.running.Go(func() {
		defer close(accepts)
		// The error says that the listener was closed, by the server or by
		// whoever owns it.
		_ = s.http.Serve(&listener{Listener: l, server: s})
	})
}

// follow counts the connections' goroutines. New connections are reported by
// the goroutine that accepts, which is counted itself, so the count does not
// rise from zero while Close waits.
func (s *Server) follow(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
		s.mu.Lock()
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		select {
		case <-s.done:
			// Accepted while Close was closing all others.
			_ = c.Close()
		default:
		}
	case http.StateClosed:
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		s.running.Done()
	case http.StateActive, http.StateIdle, http.StateHijacked:
		// Handlers cannot hijack: their writer does not let them.
	}
}

// URL returns the base URL of the server, without a slash at its end: the API
// is below its /api/v1/.
func (s *Server) URL() string {
	return s.url
}

// APIKey returns the key requests have to bring.
func (s *Server) APIKey() string {
	return s.config.apiKey
}

// Client returns a new HTTP client that reaches the server. It has no timeout,
// follows redirects and sends no key. All clients share one pool of connections,
// which Close closes.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: s.transport}
}

// Close stops the server: it cuts all connections, ends what waits, and returns
// when no goroutine of the server is left. It may be called more than once.
func (s *Server) Close() {
	s.close.Do(func() {
		// Under the lock, so that Online does not start anything meanwhile.
		s.mu.Lock()
		close(s.done)
		s.mu.Unlock()
		_ = s.http.Close()
		if s.config.network != nil {
			s.config.network.release()
		}
		s.transport.CloseIdleConnections()
	})
	s.running.Wait()
}
