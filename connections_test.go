package licensespring_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
)

// countingServer responds to creates when a given number of them have arrived,
// so that they are concurrent, and counts connections.
type countingServer struct {
	*httptest.Server

	connections atomic.Int64
	response    []byte

	mu       sync.Mutex
	together int
	waiting  int
	open     chan struct{}
}

func newCountingServer(t *testing.T, http2 bool) *countingServer {
	t.Helper()
	s := &countingServer{response: responseTo(t, benchOrder()), together: 1, open: make(chan struct{})}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	s.EnableHTTP2 = http2
	if http2 {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP responds when all requests of a burst have arrived, and never to a
// request that the caller is to cancel.
func (s *countingServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // the server notices a canceled request only after that
	if strings.HasPrefix(r.Header.Get("User-Agent"), "gives-up") {
		<-r.Context().Done()
		return
	}
	s.mu.Lock()
	s.waiting++
	open := s.open
	if s.waiting == s.together {
		close(open)
		s.open, s.waiting = make(chan struct{}), 0
	}
	s.mu.Unlock()
	<-open
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(s.response)
}

func (s *countingServer) burst(t *testing.T, client *licensespring.Client, n int) {
	t.Helper()
	s.mu.Lock()
	s.together = n
	s.mu.Unlock()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			_, err := client.CreateOrder(t.Context(), benchOrder())
			assert.NoError(t, err)
		})
	}
	all.Wait()
}

// Other clients open a connection for nearly every call of a burst (1,240 for
// 1,280): net/http keeps two per host, and go-retryablehttp closes all idle
// ones whenever a call fails.
func TestBurstsShareConnections(t *testing.T) {
	t.Parallel()
	const bursts, calls = 20, 64

	t.Run("http/1.1", func(t *testing.T) {
		t.Parallel()
		assert.LessOrEqual(t, fewest(int64(calls), func() int64 {
			s := newCountingServer(t, false)
			client := newTestClient(t, s.URL)
			for range bursts {
				s.burst(t, client, calls)
			}
			return s.connections.Load()
		}), int64(calls))
	})

	t.Run("http/1.1 with a caller who gives up after each burst", func(t *testing.T) {
		t.Parallel()
		// Each canceled call costs one connection and no more.
		assert.LessOrEqual(t, fewest(int64(calls+bursts), func() int64 {
			s := newCountingServer(t, false)
			transport := &http.Transport{MaxIdleConnsPerHost: 256}
			t.Cleanup(transport.CloseIdleConnections)
			shared := licensespring.WithHTTPClient(&http.Client{Transport: transport})
			client := newTestClient(t, s.URL, shared)
			givesUp := newTestClient(t, s.URL, shared, licensespring.WithUserAgent("gives-up/1"))
			for range bursts {
				s.burst(t, client, calls)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				_, err := givesUp.CreateOrder(ctx, benchOrder())
				require.ErrorIs(t, err, context.DeadlineExceeded)
				cancel()
			}
			return s.connections.Load()
		}), int64(calls+bursts))
	})

	t.Run("http/2", func(t *testing.T) {
		t.Parallel()
		s := newCountingServer(t, true)
		client := newTestClient(t, s.URL, licensespring.WithHTTPClient(s.Client()))
		s.burst(t, client, 1)
		for range bursts {
			s.burst(t, client, calls)
		}
		assert.Equal(t, int64(1), s.connections.Load())
	})
}

// fewest repeats a count up to twice if there were too many connections:
// net/http drops a connection if the goroutine that wrote the request does not
// report it within 50 ms, which happens on a busy machine. A client that leaks
// connections does so every time.
func fewest(enough int64, connections func() int64) int64 {
	least := connections()
	for range 2 {
		if least <= enough {
			break
		}
		least = min(least, connections())
	}
	return least
}

// A failed call must not close the connections of others.
func TestFailedCallKeepsOtherConnections(t *testing.T) {
	t.Parallel()
	var connections, requests atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusBadRequest)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	client := newTestClient(t, s.URL)
	for range 10 {
		_, err := client.CreateOrder(t.Context(), benchOrder())
		require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	}
	assert.Equal(t, int64(10), requests.Load())
	assert.Equal(t, int64(1), connections.Load())
}

func newTestClient(t *testing.T, url string, options ...licensespring.Option) *licensespring.Client {
	t.Helper()
	client, err := licensespring.New("12345678.key", append([]licensespring.Option{licensespring.WithBaseURL(url), unlimited}, options...)...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client
}
