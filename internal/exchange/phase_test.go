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

// wire is a protocol that the sweeps below run over.
type wire struct {
	name   string
	tweak  func(*testing.T) func(*rig)
	stride int64 // of the bytes at which it is cut
}

func wires() []wire {
	return []wire{
		{"http1", func(*testing.T) func(*rig) { return func(*rig) {} }, 1},
		{"http2", func(*testing.T) func(*rig) { return plainHTTP2 }, 1},
		// A handshake makes a run expensive.
		{"http1 over tls", func(t *testing.T) func(*rig) { t.Helper(); return secure(t, false, true) }, 97},
		{"http2 over tls", func(t *testing.T) func(*rig) { t.Helper(); return secure(t, true, true) }, 97},
	}
}

// plainHTTP2 makes the rig speak HTTP/2 without TLS.
func plainHTTP2(r *rig) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	r.server.Protocols = protocols
	r.transport.Protocols = protocols
}

func (w wire) request(s exchange.Safety) exchange.Request {
	req := request(s)
	if strings.Contains(w.name, "tls") {
		req.URL = strings.Replace(req.URL, "http:", "https:", 1)
	}
	return req
}

func TestWiresAreWhatTheyAreCalled(t *testing.T) {
	t.Parallel()
	for _, w := range wires() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, func(rw http.ResponseWriter, req *http.Request) {
					assert.Equal(t, strings.Contains(w.name, "http2"), req.ProtoMajor == 2, req.Proto)
					assert.Equal(t, strings.Contains(w.name, "tls"), req.TLS != nil)
					ok(rw, req)
				}, w.tweak(t))
				assert.Equal(t, exchange.Done, r.x.Do(t.Context(), w.request(exchange.Guarded)).Ending)
			})
		})
	}
}

// The network of the other tests is made of memory. This is what a kernel says.
func TestOnARealNetwork(t *testing.T) {
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
			_, _ = conn.Read(make([]byte, 1)) // the rest is unread, so that closing resets
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
		{"nobody listens", "http://" + closed.Addr().String(), &http.Client{}, exchange.NotSent, exchange.Unsent, "connection refused"},
		{"reset", "http://" + cutting.Addr().String(), &http.Client{}, exchange.Lost, exchange.Sent, "connection cut"},
		{"reset in the handshake", "https://" + cutting.Addr().String(), &http.Client{}, exchange.NotSent, exchange.Unsent, "connection cut"},
		{"http2", h2.URL, h2.Client(), exchange.Done, exchange.Answered, "answered"},
		{"http2, not trusted", h2.URL, &http.Client{}, exchange.Hopeless, exchange.Unsent, "the certificate or protocol of the service was not accepted"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x := exchange.New(exchange.Config{HTTP: row.client, MaxAttempts: 2, MaxBody: 100, AttemptTimeout: time.Minute, Jitter: func() float64 { return 0 }})
			t.Cleanup(x.CloseIdleConnections)
			req := request(exchange.Unguarded)
			req.URL = row.url
			reply := x.Do(t.Context(), req)
			assertJournal(t, reply)
			assert.Equal(t, row.ending, reply.Ending)
			assert.Equal(t, row.phase, last(t, reply).Phase)
			assert.Equal(t, row.reason, last(t, reply).Reason)
		})
	}
}

// watch counts, at the end of each attempt, when all has come to rest, the
// requests that the service has read to their end: acted[i] of attempt i.
func watch(r *rig, req *exchange.Request) *[]int32 {
	acted := new([]int32)
	req.Watcher = ended(func(context.Context, exchange.Attempt) {
		synctest.Wait()
		*acted = append(*acted, r.seen.Load())
	})
	return acted
}

// assertHonest checks what must hold however an exchange ended: whatever the
// service acted upon was not called unsent, and nothing that it may have acted
// upon was sent again unless that does no harm.
func assertHonest(t *testing.T, s exchange.Safety, reply *exchange.Reply, acted []int32, seen int32) {
	t.Helper()
	assertJournal(t, reply)
	before := int32(0)
	for i, a := range reply.Attempts {
		if acted[i] > before {
			assert.NotEqual(t, exchange.Unsent, a.Phase, "#%d reached the service", a.Number)
			assert.True(t, a.MayHaveActed(), "#%d reached the service", a.Number)
		}
		before = acted[i]
	}
	assert.Equal(t, before, seen, "nothing arrives after its attempt has ended")
	if s != exchange.Read {
		// Reads may be repeated within an attempt, by net/http.
		assert.LessOrEqual(t, int(seen), len(reply.Attempts), "every request is in the journal")
	}
	if s == exchange.Unguarded {
		assert.LessOrEqual(t, seen, int32(1), "an append is made once")
	}
	if reply.Ending == exchange.Done {
		assert.Positive(t, seen)
	}
}

// The connection of the first attempt is cut, either way, after each of its
// bytes in turn.
func TestCutAtEveryByte(t *testing.T) {
	t.Parallel()
	for _, w := range wires() {
		for _, safety := range safeties {
			for _, direction := range []lst.Direction{lst.ToServer, lst.ToClient} {
				t.Run(strings.Join([]string{w.name, safetyName(safety), direction.String()}, "/"), func(t *testing.T) {
					t.Parallel()
					tweak := w.tweak(t)
					req := w.request(safety)
					req.Header.Set("X-Big", bigHeader()) // so that headers go out in several pieces
					sent, unsent, total := 0, 0, int64(1)
					for n := int64(0); n < total; n += w.stride {
						if n > 0 && n < total-300 {
							n += 96 // the middle of one long header; its end and the body are at the end
						}
						synctest.Test(t, func(t *testing.T) {
							r := newRig(t, ok, tweak)
							acted := watch(r, &req)
							if n > 0 { // the first run is whole, to learn how long it is
								r.net.Line(1).CutAfter(direction, n)
							}
							reply := r.x.Do(t.Context(), req)
							synctest.Wait()
							assertHonest(t, safety, reply, *acted, r.seen.Load())
							switch {
							case n == 0:
								require.Equal(t, exchange.Done, reply.Ending)
								total = r.net.Line(1).Sent(direction)
							case safety != exchange.Unguarded && reply.Ending != exchange.Unreadable:
								assert.Equal(t, exchange.Done, reply.Ending, "cut after %d bytes", n)
							}
							if reply.Attempts[0].Phase == exchange.Unsent {
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
					if strings.Contains(w.name, "tls") {
						assert.Positive(t, unsent, "a handshake that is cut is not sent")
					}
				})
			}
		}
	}
}

// The caller's context, or the attempt's own time, ends at each moment in turn:
// in the dial, the handshake, the request, the service and the answer, each of
// which takes its time here.
func TestTimeUpAtEveryMoment(t *testing.T) {
	t.Parallel()
	const step = 7 * time.Millisecond
	for _, w := range wires() {
		for _, safety := range safeties {
			for _, whose := range []string{"caller", "attempt"} {
				t.Run(strings.Join([]string{w.name, safetyName(safety), whose}, "/"), func(t *testing.T) {
					t.Parallel()
					tweak := w.tweak(t)
					seen := map[exchange.Phase]int{}
					for limit := step; ; limit += step {
						whole := false
						synctest.Test(t, func(t *testing.T) {
							r := newRig(t, lag(20*time.Millisecond, ok), tweak, onDial(func(l *lst.Line) { l.Delay(10 * time.Millisecond) }))
							ctx := t.Context()
							if whose == "attempt" {
								r.cfg.AttemptTimeout = limit
								r.cfg.MaxAttempts = 2
							} else {
								var cancel context.CancelCauseFunc
								ctx, cancel = context.WithCancelCause(ctx)
								defer time.AfterFunc(limit, func() { cancel(errors.New("the caller's canary")) }).Stop()
							}
							r.x = exchange.New(r.cfg)
							start := time.Now()
							reply := r.x.Do(ctx, w.request(safety))
							took := time.Since(start)
							settle(t)
							first := reply.Attempts[0]
							seen[first.Phase]++
							whole = reply.Ending == exchange.Done
							assertLateHonest(t, safety, reply, r.seen.Load())
							if whole {
								return
							}
							require.Error(t, reply.Err)
							if whose == "caller" {
								assert.Equal(t, limit, took, "promptly")
								require.ErrorIs(t, reply.Err, context.Canceled)
								assert.Len(t, reply.Attempts, 1)
								if first.Phase != exchange.Answered {
									assert.Equal(t, "canceled", first.Reason, "whatever the caller's error says")
								}
							} else {
								assert.Equal(t, limit, first.Took)
								require.NotErrorIs(t, reply.Err, context.DeadlineExceeded, "it is not the caller's time that was up")
							}
						})
						if t.Failed() {
							t.Fatalf("time was up after %s", limit)
						}
						if whole {
							break
						}
					}
					assert.Positive(t, seen[exchange.Unsent], "in the dial")
					assert.Positive(t, seen[exchange.Sent], "in the service")
				})
			}
		}
	}
}

// settle lets time pass until all that is on its way has arrived.
func settle(t *testing.T) {
	t.Helper()
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	<-timer.C
	synctest.Wait()
}

// assertLateHonest is assertHonest for lines on which a request takes its time:
// what has been sent arrives after the attempt has ended.
func assertLateHonest(t *testing.T, s exchange.Safety, reply *exchange.Reply, seen int32) {
	t.Helper()
	assertJournal(t, reply)
	may := int32(0)
	for _, a := range reply.Attempts {
		if a.Phase != exchange.Unsent {
			may++
			assert.True(t, a.MayHaveActed())
		}
	}
	assert.LessOrEqual(t, seen, may, "what was not sent does not arrive")
	if s == exchange.Unguarded {
		assert.LessOrEqual(t, seen, int32(1), "an append is made once")
	}
}

// A transport that does not run net/http's hooks cannot say that it has not
// sent anything.
func TestSilenceCountsAsSent(t *testing.T) {
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
				r := newRig(t, ok, func(r *rig) { r.client.Transport = row.transport })
				reply := r.do(t, exchange.Unguarded)
				assertJournal(t, reply)
				assert.Equal(t, exchange.Lost, reply.Ending)
				assert.Equal(t, exchange.Sent, last(t, reply).Phase)
				assert.Len(t, reply.Attempts, 1)
			})
		})
	}
}

// valueless is a context without what it carries.
type valueless struct{ context.Context } //nolint:containedctx // it wraps one

func (valueless) Value(any) any { return nil }

// A transport that sends again by itself has its own ideas: once it has sent
// anything, the attempt was sent, whatever its last try came to.
func TestATransportThatRetriesHasSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, cut, func(r *rig) {
			r.net.Line(2).Refuse()
			inner := r.transport
			r.client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
				if _, err := inner.RoundTrip(req); err == nil {
					return nil, errors.New("it was not cut")
				}
				req = req.Clone(req.Context())
				req.Body = io.NopCloser(strings.NewReader(payload))
				return inner.RoundTrip(req)
			})
		})
		reply := r.do(t, exchange.Unguarded)
		assertJournal(t, reply)
		assert.Equal(t, exchange.Lost, reply.Ending)
		assert.Equal(t, "connection refused", last(t, reply).Reason)
		assert.EqualValues(t, 1, r.seen.Load())
	})
}

// A transport that answers by itself has answered, hooks or not.
func TestAMockAnswers(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, `=~.*`, httpmock.NewStringResponder(200, `{"id":1}`))
	x := exchange.New(exchange.Config{HTTP: &http.Client{Transport: mock}, MaxAttempts: 3, MaxBody: 100, Jitter: func() float64 { return 0 }})
	reply := x.Do(t.Context(), request(exchange.Unguarded))
	assertJournal(t, reply)
	assert.Equal(t, exchange.Done, reply.Ending)
	assert.Equal(t, 1, mock.GetTotalCallCount())
}

// Many mocks leave the body out where there is none.
func TestAnAnswerWithoutABody(t *testing.T) {
	t.Parallel()
	for _, timeout := range []time.Duration{0, time.Second} {
		x := exchange.New(exchange.Config{
			HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: http.StatusNotFound}, nil
			})},
			MaxAttempts: 1, MaxBody: 100, AttemptTimeout: timeout, Jitter: func() float64 { return 0 },
		})
		reply := x.Do(t.Context(), request(exchange.Read))
		assert.Equal(t, exchange.Refused, reply.Ending)
		assert.Equal(t, http.StatusNotFound, reply.Status)
	}
}

// A trace that the caller has put into the context sees what it came to see.
func TestTheCallersTraceGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var conns, written, answered atomic.Int32
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			GetConn:              func(string) { conns.Add(1) },
			WroteHeaders:         func() { written.Add(1) },
			GotFirstResponseByte: func() { answered.Add(1) },
		})
		r := newRig(t, inTurn(answer(503, ""), ok), func(r *rig) { r.net.Line(1).Refuse() })
		reply := r.x.Do(ctx, request(exchange.Guarded))
		assertJournal(t, reply)
		assert.Equal(t, []exchange.Phase{exchange.Unsent, exchange.Answered, exchange.Answered}, phases(reply))
		assert.Equal(t, "3 2 2", fmt.Sprint(conns.Load(), written.Load(), answered.Load()))
	})
}

func phases(reply *exchange.Reply) []exchange.Phase {
	got := make([]exchange.Phase, len(reply.Attempts))
	for i, a := range reply.Attempts {
		got[i] = a.Phase
	}
	return got
}
