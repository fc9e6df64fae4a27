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

// The time that an attempt has, by what the two sides set.
func TestAttemptTimeout(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name                  string
		ours, theirs, expects time.Duration
	}{
		{"ours", 10 * time.Second, 0, 10 * time.Second},
		{"the client's is shorter", 10 * time.Second, 3 * time.Second, 3 * time.Second},
		{"the client's is longer", 10 * time.Second, time.Minute, 10 * time.Second},
		{"only the client's", 0, 3 * time.Second, 3 * time.Second},
		{"none", 0, 0, time.Hour}, // until the call is over
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, handle := range []http.HandlerFunc{hang, drip} {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
					defer cancel()
					r := newRig(t, handle, func(r *rig) {
						r.client.Timeout = row.theirs
						r.cfg.AttemptTimeout = row.ours
						r.cfg.MaxAttempts = 2
						r.cfg.MaxBody = 1 << 20
					})
					reply := r.x.Do(ctx, request(exchange.Read))
					assertJournal(t, reply)
					assert.Equal(t, row.expects, reply.Attempts[0].Took)
					assert.Equal(t, row.theirs, r.client.Timeout, "the client is left as it was")
					if row.expects < time.Hour {
						assert.Len(t, reply.Attempts, 2, "of each attempt")
						require.NotErrorIs(t, reply.Err, context.DeadlineExceeded)
					} else {
						require.ErrorIs(t, reply.Err, context.DeadlineExceeded)
					}
				})
			}
		})
	}
}

// No timer of an attempt is left running when its call has ended.
func TestAttemptTimeIsReleased(t *testing.T) {
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
		reply := x.Do(t.Context(), request(exchange.Read))
		assertJournal(t, reply)
		require.Len(t, contexts, len(reply.Attempts))
		for _, ctx := range contexts {
			require.ErrorIs(t, ctx.Err(), context.Canceled, "status %d", status)
		}
	}
}

// The wait for an answer is not counted as time of the attempt before it.
func TestWaitsAreNotPartOfAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, inTurn(answer(429, "", "Retry-After", "60"), lag(9*time.Second, ok)))
		reply := r.do(t, exchange.Unguarded)
		assertJournal(t, reply)
		assert.Equal(t, exchange.Done, reply.Ending)
	})
}

func TestTheCallersClientIsLeftAsItWas(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		require.NoError(t, err)
		followed := false
		r := newRig(t, inTurn(
			answer(503, "", "Set-Cookie", "session=1"),
			answer(503, "", "Set-Cookie", "session=2"),
			func(w http.ResponseWriter, req *http.Request) {
				assert.Equal(t, []string{"session=2"}, req.Header["Cookie"], "once, and the last one")
				answer(302, "", "Location", "/")(w, req)
			},
		), func(r *rig) {
			r.client.Jar = jar
			r.client.Timeout = time.Minute
			r.client.CheckRedirect = func(*http.Request, []*http.Request) error { followed = true; return nil }
		})
		before := *r.client
		redirect := reflect.ValueOf(r.client.CheckRedirect).Pointer()
		req := request(exchange.Guarded)
		header := req.Header.Clone()

		reply := r.x.Do(t.Context(), req)
		assertJournal(t, reply)
		assert.Equal(t, exchange.Refused, reply.Ending)
		assert.EqualValues(t, 3, r.seen.Load())
		assert.False(t, followed, "whatever the client says of redirects")
		assert.Equal(t, header, req.Header, "cookies are added to a copy")
		assert.Equal(t, redirect, reflect.ValueOf(r.client.CheckRedirect).Pointer())
		r.client.CheckRedirect, before.CheckRedirect = nil, nil // functions cannot be compared
		assert.Equal(t, before, *r.client)
		assert.Same(t, r.transport, r.client.Transport)
		assert.Nil(t, r.transport.TLSClientConfig)
		assert.Len(t, jar.Cookies(&url.URL{Scheme: "http", Host: host, Path: "/api/v1/orders/create_order/"}), 1, "the jar is the caller's to use")
	})
}

// An answer that a mock hands out again and again is not written to.
func TestTheHeaderOfAnAnswerIsNotChanged(t *testing.T) {
	t.Parallel()
	header := http.Header{"Location": {"http://evil.example/"}, "X-Request-Id": {"r1"}}
	x := exchange.New(exchange.Config{
		HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusFound, Header: header, Body: http.NoBody}, nil
		})},
		MaxAttempts: 1, MaxBody: 100, Jitter: func() float64 { return 0 },
	})
	reply := x.Do(t.Context(), request(exchange.Guarded))
	assert.Equal(t, "r1", reply.Header.Get("X-Request-Id"))
	assert.Equal(t, "http://evil.example/", header.Get("Location"))
}

// Every body that a transport hands out is closed, and read to its end unless it
// is too large.
func TestBodiesAreClosed(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		status int
		body   string
		whole  bool
	}{
		{"granted", 200, `{"id":1}`, true},
		{"limited", 429, "later", true},
		{"server error", 503, strings.Repeat("x", 3000), true},
		{"too large", 500, strings.Repeat("x", 1<<20), false},
		{"redirect", 302, "there", true},
		{"refused", 400, "no", true},
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
			reply := x.Do(t.Context(), request(exchange.Read))
			assertJournal(t, reply)
			assert.EqualValues(t, len(reply.Attempts), opened.Load())
			assert.Equal(t, opened.Load(), closed.Load())
			assert.Equal(t, row.whole, read.Load() == opened.Load())
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

// Go-retryablehttp closes all idle connections when a call fails for good.
// Those may be other calls'.
func TestAFailedCallLeavesOtherConnectionsAlone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		fail http.HandlerFunc
	}{
		{"cut", cut},
		{"server error", answer(500, "")},
		{"limited", answer(429, "")},
		{"not json", answer(200, "<html>")},
		{"time up", hang},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const kept = 4
				var barrier sync.WaitGroup // calls that are to be under way at once
				together := func(w http.ResponseWriter, req *http.Request) {
					barrier.Done()
					barrier.Wait()
					ok(w, req)
				}
				var mu sync.Mutex
				handle := together
				r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
					mu.Lock()
					h := handle
					mu.Unlock()
					h(w, req)
				}, func(r *rig) { r.transport.MaxIdleConnsPerHost = kept })
				succeed := func(calls int) {
					barrier.Add(calls)
					var wg sync.WaitGroup
					for range calls {
						wg.Go(func() { assert.Equal(t, exchange.Done, r.do(t, exchange.Guarded).Ending) })
					}
					wg.Wait()
					synctest.Wait() // the connections come back a moment later
				}
				succeed(kept)
				require.Equal(t, kept, r.net.Dials())

				mu.Lock()
				handle = row.fail
				mu.Unlock()
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				reply := r.x.Do(ctx, request(exchange.Unguarded))
				assertJournal(t, reply)
				require.NotEqual(t, exchange.Done, reply.Ending)
				lost := 0
				if reply.Status == 0 {
					lost = len(reply.Attempts) // the connection of each is of no more use
				}

				mu.Lock()
				handle = together
				mu.Unlock()
				succeed(kept - lost)
				assert.Equal(t, kept, r.net.Dials(), "the others are still there")

				r.x.CloseIdleConnections()
				succeed(1)
				assert.Equal(t, kept+1, r.net.Dials(), "until they are closed")
			})
		})
	}
}

// A transport that keeps no connections has none to close.
func TestCloseIdleConnectionsOfATransportWithout(t *testing.T) {
	t.Parallel()
	x := exchange.New(exchange.Config{HTTP: &http.Client{Transport: roundTripper(nil)}})
	assert.NotPanics(t, x.CloseIdleConnections)
}

// Where the caller brings no transport, ours keeps a connection for each call
// of a burst, and is known to run the hooks.
func TestOwnTransport(t *testing.T) {
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
				req := request(exchange.Guarded)
				req.URL = server.URL
				assert.Equal(t, exchange.Done, x.Do(t.Context(), req).Ending)
			})
		}
		wg.Wait()
	}
	assert.LessOrEqual(t, opened.Load(), int32(burst+8), "connections are kept") // one comes back a moment after its answer

	req := request(exchange.Unguarded)
	req.URL = server.URL
	req.Header.Set("Authorization", "header-canary\nX: y")
	reply := x.Do(t.Context(), req)
	assertJournal(t, reply)
	assert.Equal(t, exchange.Hopeless, reply.Ending, "silence of a transport of ours does prove that nothing was sent")
	assert.Equal(t, "the request cannot be sent as it is", last(t, reply).Reason)
	assert.False(t, reply.MayHaveActed())
}

// The same request through a transport of the caller's may have been sent by
// whatever is inside it.
func TestSilenceOfTheCallersTransportCountsAsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ok)
		req := request(exchange.Unguarded)
		req.Header.Set("Authorization", "header-canary\nX: y")
		reply := r.x.Do(t.Context(), req)
		assertJournal(t, reply)
		assert.Equal(t, exchange.Lost, reply.Ending)
		assert.Zero(t, r.net.Dials())
	})
}

// An attempt that waits for a connection of a full pool has not been sent.
func TestWaitingForAConnectionIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, lag(25*time.Second, ok), func(r *rig) { r.transport.MaxConnsPerHost = 1; r.cfg.AttemptTimeout = 30 * time.Second })
		var wg sync.WaitGroup
		wg.Go(func() { assert.Equal(t, exchange.Done, r.do(t, exchange.Unguarded).Ending) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		reply := r.x.Do(ctx, request(exchange.Unguarded))
		assertJournal(t, reply)
		assert.Equal(t, exchange.NotSent, reply.Ending)
		assert.Equal(t, exchange.Unsent, last(t, reply).Phase)
		wg.Wait()
		assert.EqualValues(t, 1, r.seen.Load())
	})
}

// 64 calls at once through one Exchanger, each with its own faults, its own
// journal and its own answer.
func TestManyCallsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n, told atomic.Int32
		g := newGate(open)
		r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
			switch n.Add(1) % 4 {
			case 0:
				cut(w, req)
			case 1:
				answer(429, "", "Retry-After", "1")(w, req)
			case 2:
				answer(503, "")(w, req)
			default:
				answer(200, `{}`, "X-Echo", req.Header.Get("X-Call"))(w, req)
			}
		}, func(r *rig) {
			r.cfg.MaxAttempts = 1000
			r.cfg.Gate = g
			r.net.OnDial(func(l *lst.Line) {
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
				req.Watcher = ended(func(context.Context, exchange.Attempt) { told.Add(1) })
				call := strconv.Itoa(i)
				req.Header.Set("X-Call", call)
				reply := r.x.Do(t.Context(), req)
				assertJournal(t, reply)
				assert.Equal(t, exchange.Done, reply.Ending)
				assert.Equal(t, call, reply.Header.Get("X-Echo"))
				attempts.Add(int32(len(reply.Attempts)))
			})
		}
		wg.Wait()
		assert.Equal(t, attempts.Load(), told.Load())
		assert.EqualValues(t, attempts.Load(), g.passed)
	})
}
