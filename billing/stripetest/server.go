package stripetest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Server is a fake of a Stripe account. [New] returns one. Its methods are safe for
// concurrent use.
type Server struct {
	cfg config

	mu         sync.Mutex
	now        time.Time
	jobs       []job
	jobCount   int
	ids        *rand.Rand
	chance     *rand.Rand
	entities   map[string]entity
	lists      map[Resource][]entity
	snapshots  map[string]map[Version]object
	endpoints  []*endpoint
	deliveries []*delivery
	faults     []*queuedFault
	requests   []Request
	violations []string
	invoices   int
	url        string
}

// New returns a server. It panics on invalid options.
func New(opts ...Option) *Server {
	c := newConfig(opts)
	s := &Server{
		cfg: c, now: c.start, ids: c.newRand(), chance: c.newRand(),
		entities:  make(map[string]entity),
		lists:     make(map[Resource][]entity),
		snapshots: make(map[string]map[Version]object),
		url:       "https://api.stripe.test",
	}
	for _, e := range c.endpoints {
		s.addEndpoint(e)
	}
	return s
}

// Start listens on the loopback interface until the test ends, and returns the base URL.
// The test fails for each request that is not modeled.
func (s *Server) Start(tb TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("stripetest: listen on the loopback interface: %v", err))
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // until Close
	}()
	tb.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.tb, s.url = tb, "http://"+l.Addr().String()
	return s.url
}

// URL returns the base URL of the API, without a trailing slash. Before [Server.Start]
// only [Server.Client] can reach it.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}

// APIKey returns the API key that the server requires.
func (s *Server) APIKey() string { return s.cfg.apiKey }

// Client returns an HTTP client that calls the server without a socket, whatever the
// host of the URL is.
func (s *Server) Client() *http.Client { return &http.Client{Transport: transport{s}} }

// Violations returns the requests that the server does not model, with the reason: an
// unknown path, parameter or value. The test of [WithTB] fails for each.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// violation records a request that is not modeled.
func (s *Server) violation(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.violations = append(s.violations, text)
	if s.cfg.tb != nil {
		s.cfg.tb.Helper()
		s.cfg.tb.Errorf("stripetest: %s", text)
	}
}

// misuse panics: Stripe would reject the request of the test.
func misuse(format string, args ...any) {
	panic("stripetest: " + fmt.Sprintf(format, args...))
}
