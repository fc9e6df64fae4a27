package exchange_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

func refuse(r *rig) { r.net.OnDial(func(l *lst.Line) { l.Refuse() }) }

func onDial(prepare func(*lst.Line)) func(*rig) { return func(r *rig) { r.net.OnDial(prepare) } }

// Every way an exchange can go wrong, by every kind of request: how often it is
// sent, how often that reaches the service, and what it is called.
func TestDo(t *testing.T) {
	t.Parallel()
	const (
		notSent, hopeless, limited, refused = exchange.NotSent, exchange.Hopeless, exchange.Limited, exchange.Refused
		lost, lostForGood, unreadable, done = exchange.Lost, exchange.LostForGood, exchange.Unreadable, exchange.Done
		unsent, sent, answered              = exchange.Unsent, exchange.Sent, exchange.Answered
	)
	// Attempts by read, guarded and unguarded; nothing is sent more than thrice.
	var (
		always  = [3]int{3, 3, 3}
		once    = [3]int{1, 1, 1}
		guarded = [3]int{3, 3, 1}
		read    = [3]int{3, 1, 1}
		none    = [3]int{}
	)
	https := func(t *testing.T) func(*rig) { t.Helper(); return secure(t, false, true) }
	for _, row := range []struct {
		name     string
		handle   http.HandlerFunc
		tweak    func(*testing.T) func(*rig)
		ending   exchange.Ending
		phase    exchange.Phase
		status   int
		reason   string
		attempts [3]int
		seen     [3]int
		https    bool
	}{
		{name: "answered", handle: ok, ending: done, phase: answered, status: 200, reason: "answered", attempts: once, seen: once},
		{name: "answered over tls", handle: ok, tweak: https, https: true, ending: done, phase: answered, status: 200, reason: "answered", attempts: once, seen: once},

		// Nothing reached the service.
		{name: "refused dial", handle: ok, tweak: static(refuse), ending: notSent, phase: unsent, reason: "connection refused", attempts: always, seen: none},
		{name: "no such host", handle: ok, tweak: static(func(r *rig) {
			r.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "canary", IsNotFound: true}}
			}
		}), ending: notSent, phase: unsent, reason: "the name of the service could not be resolved", attempts: always, seen: none},
		{name: "dial that takes too long", handle: ok, tweak: static(onDial(func(l *lst.Line) { l.Delay(time.Hour) })), ending: notSent, phase: unsent, reason: "timed out", attempts: always, seen: none},
		{name: "tls handshake cut", handle: ok, tweak: func(t *testing.T) func(*rig) {
			t.Helper()
			return both(https(t), onDial(func(l *lst.Line) { l.CutAfter(lst.ToServer, 20) }))
		}, https: true, ending: notSent, phase: unsent, reason: "connection cut", attempts: always, seen: none},
		{name: "tls handshake without an answer", handle: ok, tweak: func(t *testing.T) func(*rig) {
			t.Helper()
			return both(https(t), onDial(func(l *lst.Line) { l.StallAfter(lst.ToClient, 0) }))
		}, https: true, ending: notSent, phase: unsent, reason: "timed out", attempts: always, seen: none},
		{name: "certificate that is not trusted", handle: ok, tweak: func(t *testing.T) func(*rig) { t.Helper(); return secure(t, false, false) }, https: true, ending: hopeless, phase: unsent, reason: "the certificate or protocol of the service was not accepted", attempts: once, seen: none},
		{name: "no tls over there", handle: ok, https: true, ending: hopeless, phase: unsent, reason: "the certificate or protocol of the service was not accepted", attempts: once, seen: none},
		{name: "proxy that asks for a password before it connects", handle: answer(407, ""), tweak: static(func(r *rig) {
			r.transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:3128"})
		}), https: true, ending: notSent, phase: unsent, reason: "transport error", attempts: always, seen: none},

		// It may have.
		{name: "cut after the request", handle: cut, ending: lost, phase: sent, reason: "connection cut", attempts: guarded, seen: guarded},
		{name: "cut before the request was whole", handle: ok, tweak: static(onDial(func(l *lst.Line) { l.CutAfter(lst.ToServer, 20) })), ending: lost, phase: sent, reason: "connection cut", attempts: guarded, seen: none},
		{name: "no answer in time", handle: hang, ending: lost, phase: sent, reason: "timed out", attempts: guarded, seen: guarded},
		{name: "request that never arrives", handle: ok, tweak: static(onDial(func(l *lst.Line) { l.StallAfter(lst.ToServer, 0) })), ending: lost, phase: sent, reason: "timed out", attempts: guarded, seen: none},
		{name: "headers cut", handle: raw("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n"), ending: lost, phase: sent, reason: "connection cut", attempts: guarded, seen: guarded},
		{name: "a header cut", handle: raw("HTTP/1.1 200 OK\r\nContent-Le"), ending: lost, phase: sent, reason: "transport error", attempts: guarded, seen: guarded},
		{name: "headers that never end", handle: raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 4096)), tweak: static(func(r *rig) { r.transport.MaxResponseHeaderBytes = 1024 }), ending: lost, phase: sent, reason: "transport error", attempts: guarded, seen: guarded},
		{name: "more headers than allowed", handle: raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-X: x\r\n", 1000) + "\r\n{}"), tweak: static(func(r *rig) { r.transport.MaxResponseHeaderBytes = 1024 }), ending: lost, phase: sent, reason: "transport error", attempts: guarded, seen: guarded},
		{name: "not http", handle: raw("SSH-2.0-canary\r\n\r\n"), ending: lost, phase: sent, reason: "transport error", attempts: guarded, seen: guarded},
		{name: "informational for ever", handle: raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 5000)), ending: lost, phase: sent, reason: "connection cut", attempts: guarded, seen: guarded},
		{name: "switching protocols", handle: raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: canary\r\n\r\n{}"), ending: lost, phase: answered, status: 101, reason: "unexpected status", attempts: guarded, seen: guarded},
		{name: "500", handle: answer(500, `{"detail":"x"}`), ending: lost, phase: answered, status: 500, reason: "server error", attempts: guarded, seen: guarded},
		{name: "502 in html", handle: answer(502, "<html>"), ending: lost, phase: answered, status: 502, reason: "server error", attempts: guarded, seen: guarded},
		{name: "503", handle: answer(503, ""), ending: lost, phase: answered, status: 503, reason: "server error", attempts: guarded, seen: guarded},
		{name: "503 cut", handle: raw("HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\n{"), ending: lost, phase: answered, status: 503, reason: "server error", attempts: guarded, seen: guarded},
		{name: "504", handle: answer(504, ""), ending: lost, phase: answered, status: 504, reason: "server error", attempts: guarded, seen: guarded},
		{name: "520", handle: answer(520, ""), ending: lost, phase: answered, status: 520, reason: "server error", attempts: guarded, seen: guarded},
		{name: "501", handle: answer(501, ""), ending: lostForGood, phase: answered, status: 501, reason: "server error", attempts: once, seen: once},
		{name: "505", handle: answer(505, ""), ending: lostForGood, phase: answered, status: 505, reason: "server error", attempts: once, seen: once},
		{name: "303", handle: answer(303, "", "Location", "/api/v1/orders/1/"), ending: lostForGood, phase: answered, status: 303, reason: "redirected", attempts: once, seen: once},

		// It said no.
		{name: "429", handle: answer(429, ""), ending: limited, phase: answered, status: 429, reason: "rate limited", attempts: always, seen: always},
		{name: "429 with a wait", handle: answer(429, "", "Retry-After", "2"), ending: limited, phase: answered, status: 429, reason: "rate limited", attempts: always, seen: always},
		{name: "429 for hours", handle: answer(429, "", "Retry-After", "9223372036854775807"), ending: limited, phase: answered, status: 429, reason: "rate limited", attempts: once, seen: once},
		{name: "301", handle: answer(301, "", "Location", "/elsewhere"), ending: refused, phase: answered, status: 301, reason: "redirected", attempts: once, seen: once},
		{name: "302 to another host", handle: answer(302, "", "Location", "http://evil.example/"), ending: refused, phase: answered, status: 302, reason: "redirected", attempts: once, seen: once},
		{name: "307 to another host", handle: answer(307, "", "Location", "http://evil.example/"), ending: refused, phase: answered, status: 307, reason: "redirected", attempts: once, seen: once},
		{name: "308", handle: answer(308, "", "Location", address), ending: refused, phase: answered, status: 308, reason: "redirected", attempts: once, seen: once},
		{name: "302 to nowhere", handle: answer(302, "", "Location", "http://%zz"), ending: refused, phase: answered, status: 302, reason: "redirected", attempts: once, seen: once},
		{name: "302 without a place", handle: answer(302, ""), ending: refused, phase: answered, status: 302, reason: "redirected", attempts: once, seen: once},
		{name: "400", handle: answer(400, `{"code":"unknown_product"}`), ending: refused, phase: answered, status: 400, reason: "refused", attempts: once, seen: once},
		{name: "401", handle: answer(401, ""), ending: refused, phase: answered, status: 401, reason: "refused", attempts: once, seen: once},
		{name: "403", handle: answer(403, `{"detail":"x"}`), ending: refused, phase: answered, status: 403, reason: "refused", attempts: once, seen: once},
		{name: "404 in megabytes of html", handle: answer(404, strings.Repeat("<p>", 1<<20)), ending: refused, phase: answered, status: 404, reason: "refused", attempts: once, seen: once},
		{name: "407 of a proxy", handle: answer(407, "", "Proxy-Authenticate", "Basic"), tweak: static(func(r *rig) {
			r.transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:3128"})
		}), ending: refused, phase: answered, status: 407, reason: "refused", attempts: once, seen: once},
		{name: "409", handle: answer(409, `{"code":"order_id_exists"}`), ending: refused, phase: answered, status: 409, reason: "refused", attempts: once, seen: once},
		{name: "409 cut", handle: raw("HTTP/1.1 409 No\r\nContent-Length: 100\r\n\r\n{"), ending: refused, phase: answered, status: 409, reason: "refused", attempts: once, seen: once},

		// It was done, and cannot be read.
		{name: "200 cut", handle: raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":1}"), ending: unreadable, phase: answered, status: 200, reason: "the answer was cut short", attempts: read, seen: read},
		{name: "200 cut in a chunk", handle: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":1}\r\n"), ending: unreadable, phase: answered, status: 200, reason: "the answer was cut short", attempts: read, seen: read},
		{name: "200 in drips", handle: drip, ending: unreadable, phase: answered, status: 200, reason: "the answer was cut short", attempts: read, seen: read},
		{name: "200 of an absurd length", handle: raw("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{}"), ending: unreadable, phase: answered, status: 200, reason: "the answer was cut short", attempts: read, seen: read},
		{name: "200 too large", handle: answer(200, `"`+strings.Repeat("x", 5000)+`"`), ending: unreadable, phase: answered, status: 200, reason: "the answer is too large", attempts: read, seen: read},
		{name: "200 too large once unpacked", handle: bomb, ending: unreadable, phase: answered, status: 200, reason: "the answer is too large", attempts: read, seen: read},
		{name: "200 packed wrongly", handle: answer(200, `{"id":1}`, "Content-Encoding", "gzip"), ending: unreadable, phase: answered, status: 200, reason: "the answer was cut short", attempts: read, seen: read},
		{name: "200 packed unasked", handle: bomb, tweak: static(func(r *rig) { r.transport.DisableCompression = true }), ending: unreadable, phase: answered, status: 200, reason: "the answer is too large", attempts: read, seen: read},
		{name: "200 in html", handle: answer(200, "<html>"), ending: unreadable, phase: answered, status: 200, reason: "the answer is not json", attempts: read, seen: read},
		{name: "200 of nothing", handle: answer(200, ""), ending: unreadable, phase: answered, status: 200, reason: "the answer is not json", attempts: read, seen: read},
		{name: "200 nested without end", handle: answer(200, strings.Repeat("[", 2000)), ending: unreadable, phase: answered, status: 200, reason: "the answer is not json", attempts: read, seen: read},
		{name: "200 and another", handle: raw("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"id\":1}HTTP/1.1 500 No\r\n\r\n"), tweak: static(func(r *rig) { r.transport.DisableKeepAlives = true }), ending: done, phase: answered, status: 200, reason: "answered", attempts: once, seen: once},
		{name: "204", handle: answer(204, ""), ending: unreadable, phase: answered, status: 204, reason: "the answer is not json", attempts: read, seen: read},
	} {
		for i, safety := range safeties {
			t.Run(row.name+"/"+safetyName(safety), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					tweak := func(*rig) {}
					if row.tweak != nil {
						tweak = row.tweak(t)
					}
					r := newRig(t, row.handle, tweak)
					req := request(safety)
					if row.https {
						req.URL = strings.Replace(req.URL, "http:", "https:", 1)
					}
					sentHeader := req.Header.Clone()
					reply := r.x.Do(t.Context(), req)
					synctest.Wait()

					assertJournal(t, reply)
					require.Len(t, reply.Attempts, row.attempts[i], "%v", reply.Attempts)
					for _, a := range reply.Attempts {
						assert.Equal(t, row.ending, a.Ending)
						assert.Equal(t, row.phase, a.Phase)
						assert.Equal(t, row.status, a.Status)
						assert.Equal(t, row.reason, a.Reason)
						assert.LessOrEqual(t, a.Took, r.cfg.AttemptTimeout)
					}
					assert.Equal(t, row.seen[i], int(r.seen.Load()), "requests the server saw")
					assert.LessOrEqual(t, len(reply.Body), int(r.cfg.MaxBody))
					if reply.MayHaveActed() {
						assert.NotEqual(t, unsent, row.phase)
					} else {
						assert.Contains(t, []exchange.Ending{notSent, hopeless, limited, refused}, row.ending)
					}
					assert.Equal(t, sentHeader, req.Header, "the header is not changed")
					assert.Equal(t, request(safety).Body, req.Body, "nor is the body")
					for _, addr := range r.dialed {
						assert.Contains(t, []string{host, "127.0.0.1:3128"}, addr, "nobody else is ever called")
					}
				})
			})
		}
	}
}

func static(tweak func(*rig)) func(*testing.T) func(*rig) {
	return func(*testing.T) func(*rig) { return tweak }
}

func both(tweaks ...func(*rig)) func(*rig) {
	return func(r *rig) {
		for _, tweak := range tweaks {
			tweak(r)
		}
	}
}

// drip answers a byte a second, for ever.
func drip(w http.ResponseWriter, req *http.Request) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		if _, err := io.WriteString(w, " "); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
		select {
		case <-ticker.C:
		case <-req.Context().Done():
			return
		}
	}
}

// bomb is little on the wire and much in memory.
func bomb(w http.ResponseWriter, _ *http.Request) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(bytes.Repeat([]byte(" "), 4<<20))
	_ = zip.Close()
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(packed.Bytes())
}

// What the answer was is in the reply, of whichever attempt was the last.
func TestReplyIsThatOfTheLastAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, inTurn(
			answer(503, "one", "X-Request-Id", "r1", "Retry-After", "1"),
			raw("HTTP/1.1 502 No\r\nContent-Length: 10\r\nX-Request-Id: r2\r\n\r\ntwo"),
			answer(201, `{"three":3}`, "X-Request-Id", "r3"),
		))
		reply := r.do(t, exchange.Guarded)
		assertJournal(t, reply)
		assert.Equal(t, exchange.Done, reply.Ending)
		assert.Equal(t, 201, reply.Status)
		assert.JSONEq(t, `{"three":3}`, string(reply.Body))
		assert.Equal(t, "r3", reply.Header.Get("X-Request-Id"))
		require.NoError(t, reply.Err)
		assert.True(t, reply.RetryAt.IsZero(), "of the first answer, and long past")
		assert.True(t, reply.MayHaveActed())
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, inTurn(answer(503, "one", "X-Request-Id", "r1", "Retry-After", "1"), raw("HTTP/1.1 400 No\r\nContent-Length: 10\r\n\r\ntwo")))
		reply := r.do(t, exchange.Guarded)
		assertJournal(t, reply)
		assert.Equal(t, exchange.Refused, reply.Ending)
		assert.Equal(t, "two", string(reply.Body), "what there was of it can still tell why")
		require.ErrorIs(t, reply.Err, io.ErrUnexpectedEOF)
		assert.Empty(t, reply.Header.Get("X-Request-Id"))
		assert.True(t, reply.MayHaveActed(), "the first attempt may have")
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, answer(503, "one"), func(r *rig) { r.net.Line(2).Refuse(); r.transport.DisableKeepAlives = true; r.cfg.MaxAttempts = 2 })
		reply := r.do(t, exchange.Guarded)
		assertJournal(t, reply)
		assert.Equal(t, exchange.NotSent, reply.Ending)
		assert.Zero(t, reply.Status)
		assert.Nil(t, reply.Header)
		assert.Nil(t, reply.Body)
		assert.True(t, reply.MayHaveActed(), "not sent, but only the last time")
	})
}

// The journal of one call, to the last field.
func TestJournal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []exchange.Attempt
		type ctxKey struct{}
		ctx := context.WithValue(t.Context(), ctxKey{}, "the call's")
		r := newRig(t, inTurn(
			lag(100*time.Millisecond, cut),
			lag(200*time.Millisecond, answer(429, "", "Retry-After", "3")),
			lag(300*time.Millisecond, ok),
		), func(r *rig) {
			r.cfg.MaxAttempts = 5
			r.net.Line(1).Refuse()
		})
		start := time.Now()
		req := request(exchange.Guarded)
		req.Watcher = ended(func(ctx context.Context, a exchange.Attempt) {
			assert.Equal(t, "the call's", ctx.Value(ctxKey{}))
			told = append(told, a)
		})
		reply := r.x.Do(ctx, req)
		assertJournal(t, reply)
		const ms = time.Millisecond
		want := []exchange.Attempt{
			{Number: 1, Start: start, Took: 0, Phase: exchange.Unsent, Ending: exchange.NotSent, Reason: "connection refused", Wait: 500 * ms, Verdict: "sent again"},
			{Number: 2, Start: start.Add(500 * ms), Took: 100 * ms, Phase: exchange.Sent, Ending: exchange.Lost, Reason: "connection cut", Wait: 1000 * ms, Verdict: "sent again"},
			{Number: 3, Start: start.Add(1600 * ms), Took: 200 * ms, Phase: exchange.Answered, Ending: exchange.Limited, Status: 429, Reason: "rate limited", Wait: 3500 * ms, Verdict: "sent again"},
			{Number: 4, Start: start.Add(5300 * ms), Took: 300 * ms, Phase: exchange.Answered, Ending: exchange.Done, Status: 200, Reason: "answered", Verdict: "answered"},
		}
		assert.Equal(t, want, reply.Attempts)
		assert.Equal(t, want, told)
		assert.Equal(t, 5600*ms, time.Since(start))
	})
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, answer(503, ""), func(r *rig) { r.cfg.MaxAttempts = n })
				reply := r.do(t, exchange.Read)
				assertJournal(t, reply)
				assert.Len(t, reply.Attempts, max(n, 1))
				assert.Equal(t, "not sent again: attempts used up", last(t, reply).Verdict)
				assert.Equal(t, max(n, 1), int(r.seen.Load()))
			})
		})
	}
}

// A request may allow itself fewer attempts than the exchanger does, not more.
func TestMaxAttemptsOfARequest(t *testing.T) {
	t.Parallel()
	for asked, want := range map[int]int{-1: 3, 0: 3, 1: 1, 2: 2, 3: 3, 4: 3} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, answer(503, ""))
			req := request(exchange.Read)
			req.MaxAttempts = asked
			reply := r.x.Do(t.Context(), req)
			assertJournal(t, reply)
			assert.Len(t, reply.Attempts, want, "%d asked for", asked)
			assert.Equal(t, "not sent again: attempts used up", last(t, reply).Verdict)
		})
	}
}

// The key goes to the service, as it was given, in each attempt.
func TestEveryAttemptIsTheSameRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		r := newRig(t, nil)
		r.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, err := io.ReadAll(req.Body)
			assert.NoError(t, err)
			seen = append(seen, strings.Join([]string{req.Method, req.RequestURI, req.Header.Get("Authorization"), fmt.Sprint(req.ContentLength), string(body)}, " "))
			answer(503, "")(w, req)
		})
		r.do(t, exchange.Guarded)
		r.do(t, exchange.Read)
		write := "POST /api/v1/orders/create_order/?store_id=query-canary " + apiKey + " 20 " + payload
		read := "GET /api/v1/orders/create_order/?store_id=query-canary " + apiKey + " 0 "
		assert.Equal(t, []string{write, write, write, read, read, read}, seen)
	})
}

// Without a body, net/http would send a write again unseen: see guardReplay.
func TestAWriteWithoutABodyIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ok)
		for _, body := range [][]byte{nil, {}} {
			req := request(exchange.Guarded)
			req.Body = body
			reply := r.x.Do(t.Context(), req)
			assert.Equal(t, exchange.NotSent, reply.Ending)
			assert.Empty(t, reply.Attempts)
			require.EqualError(t, reply.Err, "a request that changes something has to have a body")
		}
		req := request(exchange.Read)
		req.Body = []byte{}
		assert.Equal(t, exchange.Done, r.x.Do(t.Context(), req).Ending)
		assert.EqualValues(t, 1, r.seen.Load())
	})
}
