package exchange_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// The timeout of an attempt is the lower of Config.AttemptTimeout and the
// timeout of the caller's client.
func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name               string
		own, clients, want time.Duration
	}{
		{"own", 10 * time.Second, 0, 10 * time.Second},
		{"the client's is shorter", 10 * time.Second, 3 * time.Second, 3 * time.Second},
		{"the client's is longer", 10 * time.Second, time.Minute, 10 * time.Second},
		{"only the client's", 0, 3 * time.Second, 3 * time.Second},
		{"none", 0, 0, time.Hour}, // until the call ends
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, handle := range []http.HandlerFunc{hang, drip} {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					defer cancel()
					h := newHarness(t, handle, func(h *harness) {
						h.client.Timeout = row.clients
						h.cfg.AttemptTimeout = row.own
						h.cfg.MaxAttempts = 2
						h.cfg.MaxBody = 1 << 20
					})
					resp := h.x.Do(ctx, request(exchange.Safe))
					assertConsistent(t, resp)
					assert.Equal(t, row.want, resp.Attempts[0].Took)
					assert.Equal(t, row.clients, h.client.Timeout, "the client is not changed")
					if row.want < time.Hour {
						assert.Len(t, resp.Attempts, 2, "applies to each attempt")
						require.NotErrorIs(t, resp.Err, context.DeadlineExceeded)
					} else {
						require.ErrorIs(t, resp.Err, context.DeadlineExceeded)
					}
				})
			}
		})
	}
}

// The context of each attempt is canceled when the call has ended.
func TestAttemptContextIsCanceled(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusServiceUnavailable, 0} {
		var contexts []context.Context
		x := exchange.New(exchange.Config{
			HTTP: &http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				contexts = append(contexts, req.Context())
				if status == 0 {
					return nil, io.EOF
				}
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
			})},
			MaxAttempts: 2, MaxBody: 100, AttemptTimeout: time.Hour, Jitter: func() float64 { return 0 },
		})
		resp := x.Do(t.Context(), request(exchange.Safe))
		assertConsistent(t, resp)
		require.Len(t, contexts, len(resp.Attempts))
		for _, ctx := range contexts {
			require.ErrorIs(t, ctx.Err(), context.Canceled, "status %d", status)
		}
	}
}

// The wait before a retry does not count against the attempt timeout.
func TestWaitIsNotPartOfAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, sequence(respond(429, "", "Retry-After", "60"), delay(9*time.Second, ok)))
		resp := h.do(t, exchange.NonIdempotent)
		assertConsistent(t, resp)
		assert.Equal(t, exchange.OK, resp.Ending)
	})
}

func TestCallersClientIsNotChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		followed := false
		h := newHarness(t, sequence(
			respond(503, "", "Set-Cookie", "session=1"),
			respond(503, "", "Set-Cookie", "session=2"),
			func(w http.ResponseWriter, req *http.Request) {
				assert.Equal(t, []string{"session=2"}, req.Header["Cookie"], "only the last cookie, once")
				respond(302, "", "Location", "/")(w, req)
			},
		), func(h *harness) {
			h.client.Jar = jar
			h.client.Timeout = time.Minute
			h.client.CheckRedirect = func(*http.Request, []*http.Request) error { followed = true; return nil }
		})
		before := *h.client
		redirect := reflect.ValueOf(h.client.CheckRedirect).Pointer()
		req := request(exchange.Idempotent)
		header := req.Header.Clone()

		resp := h.x.Do(t.Context(), req)
		assertConsistent(t, resp)
		assert.Equal(t, exchange.Rejected, resp.Ending)
		assert.EqualValues(t, 3, h.seen.Load())
		assert.False(t, followed, "the CheckRedirect of the client is not used")
		assert.Equal(t, header, req.Header, "cookies are added to a copy")
		assert.Equal(t, redirect, reflect.ValueOf(h.client.CheckRedirect).Pointer())
		h.client.CheckRedirect, before.CheckRedirect = nil, nil // functions cannot be compared
		assert.Equal(t, before, *h.client)
		assert.Same(t, h.transport, h.client.Transport)
		assert.Nil(t, h.transport.TLSClientConfig)
		assert.Len(t, jar.Cookies(&url.URL{Scheme: "http", Host: host, Path: "/api/v1/orders/create_order/"}), 1, "the caller's jar is used")
	})
}

// The header of a response, which a mock may share, is not changed.
func TestResponseHeaderIsNotChanged(t *testing.T) {
	t.Parallel()
	header := http.Header{"Location": {"http://evil.example/"}, "X-Request-Id": {"r1"}}
	x := exchange.New(exchange.Config{
		HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusFound, Header: header, Body: http.NoBody}, nil
		})},
		MaxAttempts: 1, MaxBody: 100, Jitter: func() float64 { return 0 },
	})
	resp := x.Do(t.Context(), request(exchange.Idempotent))
	assert.Equal(t, "r1", resp.Header.Get("X-Request-Id"))
	assert.Equal(t, "http://evil.example/", header.Get("Location"))
}

// Every response body is closed, and read completely unless it is too large.
func TestBodiesAreClosed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		status   int
		body     string
		complete bool
	}{
		{"ok", 200, `{"id":1}`, true},
		{"limited", 429, "later", true},
		{"server error", 503, strings.Repeat("x", 3000), true},
		{"too large", 500, strings.Repeat("x", 1<<20), false},
		{"redirect", 302, "there", true},
		{"rejected", 400, "no", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var opened, closed, read atomic.Int32
			x := exchange.New(exchange.Config{
				HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
					opened.Add(1)
					return &http.Response{StatusCode: row.status, Header: http.Header{}, Body: &countedBody{
						Reader: strings.NewReader(row.body), closed: sync.OnceFunc(func() { closed.Add(1) }), ended: sync.OnceFunc(func() { read.Add(1) }),
					}}, nil
				})},
				MaxAttempts: 3, MaxBody: 4096, AttemptTimeout: time.Minute, Jitter: func() float64 { return 0 },
			})
			resp := x.Do(t.Context(), request(exchange.Safe))
			assertConsistent(t, resp)
			assert.EqualValues(t, len(resp.Attempts), opened.Load())
			assert.Equal(t, opened.Load(), closed.Load())
			assert.Equal(t, row.complete, read.Load() == opened.Load())
		})
	}
}

type countedBody struct {
	io.Reader

	closed, ended func()
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.ended()
	}
	return n, err
}

func (b *countedBody) Close() error { b.closed(); return nil }

// go-retryablehttp closes all idle connections when a call fails. Other calls may
// use them, so they must stay open.
func TestFailedCallKeepsOtherConnections(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		fail http.HandlerFunc
	}{
		{"cut", cut},
		{"server error", respond(500, "")},
		{"limited", respond(429, "")},
		{"not json", respond(200, "<html>")},
		{"timeout", hang},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const kept = 4
				var barrier sync.WaitGroup // makes the calls concurrent
				together := func(w http.ResponseWriter, req *http.Request) {
					barrier.Done()
					barrier.Wait()
					ok(w, req)
				}
				var mu sync.Mutex
				handle := together
				h := newHarness(t, func(w http.ResponseWriter, req *http.Request) {
					mu.Lock()
					h := handle
					mu.Unlock()
					h(w, req)
				}, func(h *harness) { h.transport.MaxIdleConnsPerHost = kept })
				succeed := func(calls int) {
					barrier.Add(calls)
					var wg sync.WaitGroup
					for range calls {
						wg.Go(func() { assert.Equal(t, exchange.OK, h.do(t, exchange.Idempotent).Ending) })
					}
					wg.Wait()
					synctest.Wait() // until the connections are idle
				}
				succeed(kept)
				require.Equal(t, kept, h.net.Dials())

				mu.Lock()
				handle = row.fail
				mu.Unlock()
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				resp := h.x.Do(ctx, request(exchange.NonIdempotent))
				assertConsistent(t, resp)
				require.NotEqual(t, exchange.OK, resp.Ending)
				closed := 0
				if resp.Status == 0 {
					closed = len(resp.Attempts) // each attempt closed its connection
				}

				mu.Lock()
				handle = together
				mu.Unlock()
				succeed(kept - closed)
				assert.Equal(t, kept, h.net.Dials(), "the other connections are still open")

				h.x.CloseIdleConnections()
				succeed(1)
				assert.Equal(t, kept+1, h.net.Dials(), "all connections are closed")
			})
		})
	}
}

// CloseIdleConnections does nothing for a transport without that method.
func TestCloseIdleConnectionsWithoutMethod(t *testing.T) {
	t.Parallel()
	x := exchange.New(exchange.Config{HTTP: &http.Client{Transport: roundTripper(nil)}})
	assert.NotPanics(t, x.CloseIdleConnections)
}

// The default transport keeps a connection for each call of a burst, and is known
// to run the hooks.
func TestDefaultTransport(t *testing.T) {
	t.Parallel()
	const burst = 64
	var opened atomic.Int32
	var barrier sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		barrier.Done()
		barrier.Wait()
		ok(w, req)
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	x := exchange.New(exchange.Config{HTTP: &http.Client{}, MaxAttempts: 1, MaxBody: 100, AttemptTimeout: time.Minute, Jitter: func() float64 { return 0 }})
	t.Cleanup(x.CloseIdleConnections)
	for range 3 {
		barrier.Add(burst)
		var wg sync.WaitGroup
		for range burst {
			wg.Go(func() {
				req := request(exchange.Idempotent)
				req.URL = server.URL
				assert.Equal(t, exchange.OK, x.Do(t.Context(), req).Ending)
			})
		}
		wg.Wait()
	}
	assert.LessOrEqual(t, opened.Load(), int32(burst+8), "connections are reused") // a connection becomes idle shortly after its response

	req := request(exchange.NonIdempotent)
	req.URL = server.URL
	req.Header.Set("Authorization", "header-canary\nX: y")
	resp := x.Do(t.Context(), req)
	assertConsistent(t, resp)
	assert.Equal(t, exchange.PermanentFailure, resp.Ending, "the default transport runs the hooks, so nothing was sent")
	assert.Equal(t, "invalid request or proxy configuration", lastAttempt(t, resp).Reason)
	assert.False(t, resp.MayHaveActed())
}

// A caller's transport may send the same request without calling the hooks.
func TestCallersTransportWithoutHooksCountsAsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, ok)
		req := request(exchange.NonIdempotent)
		req.Header.Set("Authorization", "header-canary\nX: y")
		resp := h.x.Do(t.Context(), req)
		assertConsistent(t, resp)
		assert.Equal(t, exchange.Ambiguous, resp.Ending)
		assert.Zero(t, h.net.Dials())
	})
}

// An attempt that waits for a connection of a full pool is not sent.
func TestWaitForConnectionIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, delay(25*time.Second, ok), func(h *harness) { h.transport.MaxConnsPerHost = 1; h.cfg.AttemptTimeout = 30 * time.Second })
		var wg sync.WaitGroup
		wg.Go(func() { assert.Equal(t, exchange.OK, h.do(t, exchange.NonIdempotent).Ending) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		resp := h.x.Do(ctx, request(exchange.NonIdempotent))
		assertConsistent(t, resp)
		assert.Equal(t, exchange.NotSent, resp.Ending)
		assert.Equal(t, exchange.Unsent, lastAttempt(t, resp).Phase)
		wg.Wait()
		assert.EqualValues(t, 1, h.seen.Load())
	})
}

// 64 concurrent calls of one Exchanger, each with its own faults, attempts and
// response.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n, observed atomic.Int32
		limiter := newFakeLimiter(allow)
		h := newHarness(t, func(w http.ResponseWriter, req *http.Request) {
			switch n.Add(1) % 4 {
			case 0:
				cut(w, req)
			case 1:
				respond(429, "", "Retry-After", "1")(w, req)
			case 2:
				respond(503, "")(w, req)
			default:
				respond(200, `{}`, "X-Echo", req.Header.Get("X-Call"))(w, req)
			}
		}, func(h *harness) {
			h.cfg.MaxAttempts = 1000
			h.cfg.Limiter = limiter
			h.net.OnDial(func(l *lst.Line) {
				if l.Ordinal()%5 == 0 {
					l.Refuse()
				}
			})
		})
		var wg sync.WaitGroup
		var attempts atomic.Int32
		for i := range 64 {
			wg.Go(func() {
				req := request(safeties[i%2])
				req.Watcher = endFunc(func(context.Context, exchange.Attempt) { observed.Add(1) })
				call := strconv.Itoa(i)
				req.Header.Set("X-Call", call)
				resp := h.x.Do(t.Context(), req)
				assertConsistent(t, resp)
				assert.Equal(t, exchange.OK, resp.Ending)
				assert.Equal(t, call, resp.Header.Get("X-Echo"))
				attempts.Add(int32(len(resp.Attempts)))
			})
		}
		wg.Wait()
		assert.Equal(t, attempts.Load(), observed.Load())
		assert.EqualValues(t, attempts.Load(), limiter.waits)
	})
}
