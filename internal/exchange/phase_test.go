package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// stack is a protocol stack that the sweeps below run over.
type stack struct {
	name   string
	tweak  func(*testing.T) func(*harness)
	stride int64 // between the bytes at which the connection is cut
}

func stacks() []stack {
	return []stack{
		{"http1", func(*testing.T) func(*harness) { return func(*harness) {} }, 1},
		{"http2", func(*testing.T) func(*harness) { return plainHTTP2 }, 1},
		// A larger stride, because a handshake makes a run expensive.
		{"http1 over tls", func(t *testing.T) func(*harness) { t.Helper(); return withTLS(t, false, true) }, 97},
		{"http2 over tls", func(t *testing.T) func(*harness) { t.Helper(); return withTLS(t, true, true) }, 97},
	}
}

// plainHTTP2 makes the harness use HTTP/2 without TLS.
func plainHTTP2(h *harness) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	h.server.Protocols = protocols
	h.transport.Protocols = protocols
}

func (k stack) request(s exchange.Safety) exchange.Request {
	req := request(s)
	if strings.Contains(k.name, "tls") {
		req.URL = strings.Replace(req.URL, "http:", "https:", 1)
	}
	return req
}

func TestStacks(t *testing.T) {
	t.Parallel()
	for _, k := range stacks() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, func(rw http.ResponseWriter, req *http.Request) {
					assert.Equal(t, strings.Contains(k.name, "http2"), req.ProtoMajor == 2, req.Proto)
					assert.Equal(t, strings.Contains(k.name, "tls"), req.TLS != nil)
					ok(rw, req)
				}, k.tweak(t))
				assert.Equal(t, exchange.OK, h.x.Do(t.Context(), k.request(exchange.Idempotent)).Ending)
			})
		})
	}
}

// The other tests use an in-memory network; this one uses the kernel's.
func TestRealNetwork(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	cutting, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { cutting.Close() })
	go func() {
		for {
			conn, err := cutting.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1)) // unread data makes Close send a reset
			_ = conn.Close()
		}
	}()
	h2 := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		assert.Equal(t, 2, req.ProtoMajor)
		ok(w, req)
	}))
	h2.EnableHTTP2 = true
	h2.Config.ErrorLog = log.New(io.Discard, "", 0)
	h2.StartTLS()
	t.Cleanup(h2.Close)

	for _, row := range []struct {
		name   string
		url    string
		client *http.Client
		ending exchange.Ending
		phase  exchange.Phase
		reason string
	}{
		{"closed port", "http://" + closed.Addr().String(), &http.Client{}, exchange.NotSent, exchange.Unsent, "connection refused"},
		{"reset", "http://" + cutting.Addr().String(), &http.Client{}, exchange.Ambiguous, exchange.Sent, "connection closed"},
		{"reset in the handshake", "https://" + cutting.Addr().String(), &http.Client{}, exchange.NotSent, exchange.Unsent, "connection closed"},
		{"http2", h2.URL, h2.Client(), exchange.OK, exchange.Responded, "ok"},
		{"http2, untrusted", h2.URL, &http.Client{}, exchange.PermanentFailure, exchange.Unsent, "certificate or protocol not accepted"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x := exchange.New(exchange.Config{HTTP: row.client, MaxAttempts: 2, MaxBody: 100, AttemptTimeout: time.Minute, Jitter: func() float64 { return 0 }})
			t.Cleanup(x.CloseIdleConnections)
			req := request(exchange.NonIdempotent)
			req.URL = row.url
			resp := x.Do(t.Context(), req)
			assertConsistent(t, resp)
			assert.Equal(t, row.ending, resp.Ending)
			assert.Equal(t, row.phase, lastAttempt(t, resp).Phase)
			assert.Equal(t, row.reason, lastAttempt(t, resp).Reason)
		})
	}
}

// watch records the number of requests that the server has read completely at the
// end of each attempt.
func watch(h *harness, req *exchange.Request) *[]int32 {
	acted := new([]int32)
	req.Watcher = endFunc(func(context.Context, exchange.Attempt) {
		synctest.Wait()
		*acted = append(*acted, h.seen.Load())
	})
	return acted
}

// assertAccurate checks what holds for every exchange: no attempt on which the
// service acted is recorded as unsent, and no request that may have taken effect
// is repeated unless that is safe.
func assertAccurate(t *testing.T, s exchange.Safety, resp *exchange.Response, acted []int32, seen int32) {
	t.Helper()
	assertConsistent(t, resp)
	before := int32(0)
	for i, a := range resp.Attempts {
		if acted[i] > before {
			assert.NotEqual(t, exchange.Unsent, a.Phase, "#%d reached the service", a.Number)
			assert.True(t, a.MayHaveActed(), "#%d reached the service", a.Number)
		}
		before = acted[i]
	}
	assert.Equal(t, before, seen, "no request arrives after its attempt has ended")
	if s != exchange.Safe {
		// net/http may replay reads within an attempt.
		assert.LessOrEqual(t, int(seen), len(resp.Attempts), "every request is a recorded attempt")
	}
	if s == exchange.NonIdempotent {
		assert.LessOrEqual(t, seen, int32(1), "an append is applied at most once")
	}
	if resp.Ending == exchange.OK {
		assert.Positive(t, seen)
	}
}

// The connection of the first attempt is cut after each of its bytes, in both
// directions.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, k := range stacks() {
		for _, safety := range safeties {
			for _, direction := range []lst.Direction{lst.ToServer, lst.ToClient} {
				t.Run(strings.Join([]string{k.name, safetyName(safety), direction.String()}, "/"), func(t *testing.T) {
					t.Parallel()
					tweak := k.tweak(t)
					req := k.request(safety)
					req.Header.Set("X-Big", bigHeader()) // so that the headers need several writes
					sent, unsent, total := 0, 0, int64(1)
					for n := int64(0); n < total; n += k.stride {
						if n > 0 && n < total-300 {
							n += 96 // skips within the long header; its end and the body are tested byte by byte
						}
						synctest.Test(t, func(t *testing.T) {
							h := newHarness(t, ok, tweak)
							acted := watch(h, &req)
							if n > 0 { // the first run is not cut, to measure the length
								h.net.Line(1).CutAfter(direction, n)
							}
							resp := h.x.Do(t.Context(), req)
							synctest.Wait()
							assertAccurate(t, safety, resp, *acted, h.seen.Load())
							switch {
							case n == 0:
								require.Equal(t, exchange.OK, resp.Ending)
								total = h.net.Line(1).Sent(direction)
							case safety != exchange.NonIdempotent && resp.Ending != exchange.BadBody:
								assert.Equal(t, exchange.OK, resp.Ending, "cut after %d bytes", n)
							}
							if resp.Attempts[0].Phase == exchange.Unsent {
								unsent++
							} else {
								sent++
							}
						})
						if t.Failed() {
							t.Fatalf("cut after %d of %d bytes", n, total)
						}
					}
					assert.Positive(t, sent)
					if strings.Contains(k.name, "tls") {
						assert.Positive(t, unsent, "an attempt that is cut in the handshake is not sent")
					}
				})
			}
		}
	}
}

// The caller's context or the attempt timeout ends at each moment: in the dial, the
// handshake, the request, the handler and the response. Each of them is delayed.
func TestTimeoutAtEveryMoment(t *testing.T) {
	t.Parallel()
	const step = 7 * time.Millisecond
	for _, k := range stacks() {
		for _, safety := range safeties {
			for _, whose := range []string{"caller", "attempt"} {
				t.Run(strings.Join([]string{k.name, safetyName(safety), whose}, "/"), func(t *testing.T) {
					t.Parallel()
					tweak := k.tweak(t)
					seen := map[exchange.Phase]int{}
					for limit := step; ; limit += step {
						complete := false
						synctest.Test(t, func(t *testing.T) {
							h := newHarness(t, delay(20*time.Millisecond, ok), tweak, onDial(func(l *lst.Line) { l.Delay(10 * time.Millisecond) }))
							ctx := t.Context()
							if whose == "attempt" {
								h.cfg.AttemptTimeout = limit
								h.cfg.MaxAttempts = 2
							} else {
								var cancel context.CancelCauseFunc
								ctx, cancel = context.WithCancelCause(ctx)
								defer time.AfterFunc(limit, func() { cancel(errors.New("the caller's canary")) }).Stop()
							}
							h.x = exchange.New(h.cfg)
							start := time.Now()
							resp := h.x.Do(ctx, k.request(safety))
							took := time.Since(start)
							drain(t)
							first := resp.Attempts[0]
							seen[first.Phase]++
							complete = resp.Ending == exchange.OK
							assertAccurateDelayed(t, safety, resp, h.seen.Load())
							if complete {
								return
							}
							require.Error(t, resp.Err)
							if whose == "caller" {
								assert.Equal(t, limit, took, "promptly")
								require.ErrorIs(t, resp.Err, context.Canceled)
								assert.Len(t, resp.Attempts, 1)
								if first.Phase != exchange.Responded {
									assert.Equal(t, "canceled", first.Reason, "regardless of the cancellation cause")
								}
							} else {
								assert.Equal(t, limit, first.Took)
								require.NotErrorIs(t, resp.Err, context.DeadlineExceeded, "the caller's deadline has not passed")
							}
						})
						if t.Failed() {
							t.Fatalf("limit %s", limit)
						}
						if complete {
							break
						}
					}
					assert.Positive(t, seen[exchange.Unsent], "during the dial")
					assert.Positive(t, seen[exchange.Sent], "in the handler")
				})
			}
		}
	}
}

// drain lets virtual time pass until all data in transit has arrived.
func drain(t *testing.T) {
	t.Helper()
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	<-timer.C
	synctest.Wait()
}

// assertAccurateDelayed is assertAccurate for delayed lines, on which a request can
// arrive after its attempt has ended.
func assertAccurateDelayed(t *testing.T, s exchange.Safety, resp *exchange.Response, seen int32) {
	t.Helper()
	assertConsistent(t, resp)
	sent := int32(0)
	for _, a := range resp.Attempts {
		if a.Phase != exchange.Unsent {
			sent++
			assert.True(t, a.MayHaveActed())
		}
	}
	assert.LessOrEqual(t, seen, sent, "no unsent request arrives")
	if s == exchange.NonIdempotent {
		assert.LessOrEqual(t, seen, int32(1), "an append is applied at most once")
	}
}

// An attempt on a transport that does not run net/http's hooks counts as sent.
func TestTransportWithoutHooksCountsAsSent(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, `=~.*`, httpmock.NewErrorResponder(errors.New("no such route")))
	for _, row := range []struct {
		name      string
		transport http.RoundTripper
	}{
		{"a mock", mock},
		{"a wrapper that drops the context", roundTripper(func(req *http.Request) (*http.Response, error) {
			return (&http.Transport{DialContext: lst.NewNetwork().DialContext}).RoundTrip(req.WithContext(valueless{req.Context()}))
		})},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, ok, func(h *harness) { h.client.Transport = row.transport })
				resp := h.do(t, exchange.NonIdempotent)
				assertConsistent(t, resp)
				assert.Equal(t, exchange.Ambiguous, resp.Ending)
				assert.Equal(t, exchange.Sent, lastAttempt(t, resp).Phase)
				assert.Len(t, resp.Attempts, 1)
			})
		})
	}
}

// valueless hides the values of a context.
type valueless struct{ context.Context } //nolint:containedctx // it wraps one

func (valueless) Value(any) any { return nil }

// A transport that retries: once it has written a request, the attempt counts as
// sent, whatever the result of its last try.
func TestRetryingTransportCountsAsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, cut, func(h *harness) {
			h.net.Line(2).Refuse()
			inner := h.transport
			h.client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
				if _, err := inner.RoundTrip(req); err == nil {
					return nil, errors.New("want an error of the first try")
				}
				req = req.Clone(req.Context())
				req.Body = io.NopCloser(strings.NewReader(payload))
				return inner.RoundTrip(req)
			})
		})
		resp := h.do(t, exchange.NonIdempotent)
		assertConsistent(t, resp)
		assert.Equal(t, exchange.Ambiguous, resp.Ending)
		assert.Equal(t, "transport repeated the request", lastAttempt(t, resp).Reason)
		assert.EqualValues(t, 1, h.seen.Load())
	})
}

// A response of a mock counts as a response, with or without hooks.
func TestMockResponds(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, `=~.*`, httpmock.NewStringResponder(200, `{"id":1}`))
	x := exchange.New(exchange.Config{HTTP: &http.Client{Transport: mock}, MaxAttempts: 3, MaxBody: 100, Jitter: func() float64 { return 0 }})
	resp := x.Do(t.Context(), request(exchange.NonIdempotent))
	assertConsistent(t, resp)
	assert.Equal(t, exchange.OK, resp.Ending)
	assert.Equal(t, 1, mock.GetTotalCallCount())
}

// Mocks may return a response with a nil Body.
func TestResponseWithoutBody(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{0, time.Second} {
		x := exchange.New(exchange.Config{
			HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusNotFound}, nil
			})},
			MaxAttempts: 1, MaxBody: 100, AttemptTimeout: timeout, Jitter: func() float64 { return 0 },
		})
		resp := x.Do(t.Context(), request(exchange.Safe))
		assert.Equal(t, exchange.Rejected, resp.Ending)
		assert.Equal(t, http.StatusNotFound, resp.Status)
	}
}

// A trace in the caller's context keeps working.
func TestCallersTraceKeepsWorking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var conns, written, responded atomic.Int32
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GetConn:              func(string) { conns.Add(1) },
			WroteHeaders:         func() { written.Add(1) },
			GotFirstResponseByte: func() { responded.Add(1) },
		})
		h := newHarness(t, sequence(respond(503, ""), ok), func(h *harness) { h.net.Line(1).Refuse() })
		resp := h.x.Do(ctx, request(exchange.Idempotent))
		assertConsistent(t, resp)
		assert.Equal(t, []exchange.Phase{exchange.Unsent, exchange.Responded, exchange.Responded}, phases(resp))
		assert.Equal(t, "3 2 2", fmt.Sprint(conns.Load(), written.Load(), responded.Load()))
	})
}

func phases(resp *exchange.Response) []exchange.Phase {
	got := make([]exchange.Phase, len(resp.Attempts))
	for i, a := range resp.Attempts {
		got[i] = a.Phase
	}
	return got
}
