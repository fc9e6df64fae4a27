package licensespringtest

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// TB is the subset of testing.TB that a server uses. It keeps the testing package
// out of programs that run the fake outside of tests.
type TB interface {
	Helper()
	Cleanup(cleanup func())
	Errorf(format string, args ...any)
}

// A Server is a fake of the LicenseSpring Management API. It listens on the
// loopback interface unless [WithListener] or [WithNetwork] is given. Its methods
// are safe for concurrent use.
type Server struct {
	config    config
	catalogue *catalogue
	checker   *checker
	store     *store
	routes    map[string][]operation
	limiter   limiter
	requests  requestLog
	faults    faultQueue

	url       string
	http      *http.Server
	transport *http.Transport
	done      chan struct{} // closed by Close
	close     sync.Once

	mu       sync.Mutex
	listener net.Listener  // nil while offline
	accepts  chan struct{} // closed when the accept loop of listener has ended
	conns    map[net.Conn]struct{}
	// running counts the goroutines of the server: the accept loop and one per
	// connection.
	running sync.WaitGroup
}

// NewServer starts a server and closes it at the end of the test tb. If tb is nil,
// the caller must call [Server.Close]. NewServer panics if it cannot listen, and
// on invalid options such as two products with the same code.
func NewServer(tb TB, opts ...Option) *Server {
	c := newConfig(opts)
	s := &Server{
		config:    c,
		catalogue: newCatalogue(c.products, c.policies),
		store:     newStore(c.seed, c.staleReads),
		limiter:   limiter{limit: c.rateLimit},
		requests:  requestLog{limit: c.requestLogLimit},
		transport: &http.Transport{MaxIdleConnsPerHost: 100},
		done:      make(chan struct{}),
		conns:     make(map[net.Conn]struct{}),
	}
	s.routes = newRoutes(s.operations())
	s.checker = newChecker(c.dialect, s.catalogue, c.extraMembers)
	//nolint:gosec // No timeouts: the fake waits as long as its client does.
	s.http = &http.Server{
		Handler:     http.HandlerFunc(s.serve),
		ConnContext: withConn,
		ConnState:   s.trackConn,
	}
	if c.network != nil {
		s.transport.DialContext = c.network.DialContext
	}
	l, err := s.listen()
	if err != nil {
		panic(fmt.Sprintf("licensespringtest: listen on the loopback interface: %v", err))
	}
	s.url = "http://" + l.Addr().String() + c.basePath
	s.accept(l)
	if tb != nil {
		tb.Helper()
		tb.Cleanup(func() { s.cleanup(tb) })
	}

	return s
}

// cleanup closes the server at the end of a test.
func (s *Server) cleanup(tb TB) {
	tb.Helper()
	s.Close()
	if pending := s.PendingFaults(); s.config.strictFaults && len(pending) > 0 {
		tb.Errorf("licensespringtest: injected faults still pending: %v", pending)
	}
}

// listen opens the configured listener. On the loopback interface it uses a free
// port the first time and the same port afterwards.
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

// accept starts the accept loop.
func (s *Server) accept(l net.Listener) {
	accepts := make(chan struct{})
	s.listener, s.accepts = l, accepts
	s.running.Go(func() {
		defer close(accepts)
		// Serve fails only because the listener was closed.
		_ = s.http.Serve(&serverListener{Listener: l, server: s})
	})
}

// trackConn tracks the connections and counts their goroutines. The accept loop
// reports new connections and is counted as well, so the count cannot rise from
// zero while Close waits.
func (s *Server) trackConn(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.running.Add(1)
		s.mu.Lock()
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		if s.closed() {
			// Accepted while Close was closing the other connections.
			_ = c.Close()
		}
	case http.StateClosed:
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
		s.running.Done()
	case http.StateActive, http.StateIdle, http.StateHijacked:
		// statusRecorder does not support hijacking.
	}
}

// later calls apply after d, unless the server is closed before. It must be called
// by a handler: Close waits for the call, and the count cannot rise from zero while
// a handler runs.
func (s *Server) later(d time.Duration, apply func()) {
	s.running.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-s.done:
		case <-timer.C:
			if !s.closed() {
				apply()
			}
		}
	})
}

func (s *Server) closed() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// URL returns the base URL of the server, without a trailing slash. The path
// /api/v1/ follows it.
func (s *Server) URL() string {
	return s.url
}

// APIKey returns the API key that the server requires.
func (s *Server) APIKey() string {
	return s.config.apiKey
}

// Client returns a new HTTP client that can reach the server. The client has no
// timeout, follows redirects and sends no API key. All clients of a server share
// one connection pool, which [Server.Close] closes.
func (s *Server) Client() *http.Client {
	return &http.Client{Transport: s.transport}
}

// Close stops the server. It cuts all connections, ends all delays and stalls, and
// waits for all goroutines of the server to end. Further calls do nothing.
func (s *Server) Close() {
	s.close.Do(func() {
		// The lock keeps Online from opening a listener meanwhile.
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
