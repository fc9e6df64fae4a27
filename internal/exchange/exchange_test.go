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

func refuseDials(h *harness) { h.net.OnDial(func(l *lst.Line) { l.Refuse() }) }

func onDial(prepare func(*lst.Line)) func(*harness) {
	return func(h *harness) { h.net.OnDial(prepare) }
}

// Every failure of an exchange, for every kind of request: the number of attempts,
// the number of requests that reach the service, and the ending.
func TestDo(t *testing.T) {
	t.Parallel()
	const (
		notSent, permanent, limited, rejected = exchange.NotSent, exchange.PermanentFailure, exchange.RateLimited, exchange.Rejected
		ambiguous, final, badBody, success    = exchange.Ambiguous, exchange.AmbiguousFinal, exchange.BadBody, exchange.OK
		unsent, sent, responded               = exchange.Unsent, exchange.Sent, exchange.Responded
	)
	// Attempts by safety: safe, idempotent, non-idempotent. The maximum is 3.
	var (
		all        = [3]int{3, 3, 3}
		once       = [3]int{1, 1, 1}
		idempotent = [3]int{3, 3, 1}
		safe       = [3]int{3, 1, 1}
		none       = [3]int{}
	)
	https := func(t *testing.T) func(*harness) { t.Helper(); return withTLS(t, false, true) }
	for _, row := range []struct {
		name     string
		handle   http.HandlerFunc
		tweak    func(*testing.T) func(*harness)
		ending   exchange.Ending
		phase    exchange.Phase
		status   int
		reason   string
		attempts [3]int
		seen     [3]int
		https    bool
	}{
		{name: "ok", handle: ok, ending: success, phase: responded, status: 200, reason: "ok", attempts: once, seen: once},
		{name: "ok over tls", handle: ok, tweak: https, https: true, ending: success, phase: responded, status: 200, reason: "ok", attempts: once, seen: once},

		// Not sent: no request reached the service.
		{name: "connection refused", handle: ok, tweak: static(refuseDials), ending: notSent, phase: unsent, reason: "connection refused", attempts: all, seen: none},
		{name: "no such host", handle: ok, tweak: static(func(h *harness) {
			h.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "canary", IsNotFound: true}}
			}
		}), ending: notSent, phase: unsent, reason: "host name not resolved", attempts: all, seen: none},
		{name: "dial timeout", handle: ok, tweak: static(onDial(func(l *lst.Line) { l.Delay(time.Hour) })), ending: notSent, phase: unsent, reason: "timed out", attempts: all, seen: none},
		{name: "tls handshake cut", handle: ok, tweak: func(t *testing.T) func(*harness) {
			t.Helper()
			return combine(https(t), onDial(func(l *lst.Line) { l.CutAfter(lst.ToServer, 20) }))
		}, https: true, ending: notSent, phase: unsent, reason: "connection closed", attempts: all, seen: none},
		{name: "tls handshake without a response", handle: ok, tweak: func(t *testing.T) func(*harness) {
			t.Helper()
			return combine(https(t), onDial(func(l *lst.Line) { l.StallAfter(lst.ToClient, 0) }))
		}, https: true, ending: notSent, phase: unsent, reason: "timed out", attempts: all, seen: none},
		{name: "untrusted certificate", handle: ok, tweak: func(t *testing.T) func(*harness) { t.Helper(); return withTLS(t, false, false) }, https: true, ending: permanent, phase: unsent, reason: "certificate or protocol not accepted", attempts: once, seen: none},
		{name: "server without tls", handle: ok, https: true, ending: permanent, phase: unsent, reason: "certificate or protocol not accepted", attempts: once, seen: none},
		{name: "407 to connect", handle: respond(407, ""), tweak: static(func(h *harness) {
			h.transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:3128"})
		}), https: true, ending: permanent, phase: unsent, reason: "proxy responded to CONNECT with status 407", attempts: once, seen: none},

		// Ambiguous: a request may have reached the service.
		{name: "cut after the request", handle: cut, ending: ambiguous, phase: sent, reason: "connection closed", attempts: idempotent, seen: idempotent},
		{name: "cut within the request", handle: ok, tweak: static(onDial(func(l *lst.Line) { l.CutAfter(lst.ToServer, 20) })), ending: ambiguous, phase: sent, reason: "connection closed", attempts: idempotent, seen: none},
		{name: "no response in time", handle: hang, ending: ambiguous, phase: sent, reason: "timed out", attempts: idempotent, seen: idempotent},
		{name: "request that never arrives", handle: ok, tweak: static(onDial(func(l *lst.Line) { l.StallAfter(lst.ToServer, 0) })), ending: ambiguous, phase: sent, reason: "timed out", attempts: idempotent, seen: none},
		{name: "headers cut", handle: raw("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n"), ending: ambiguous, phase: sent, reason: "connection closed", attempts: idempotent, seen: idempotent},
		{name: "a header cut", handle: raw("HTTP/1.1 200 OK\r\nContent-Le"), ending: ambiguous, phase: sent, reason: "transport error", attempts: idempotent, seen: idempotent},
		{name: "endless headers", handle: raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 4096)), tweak: static(func(h *harness) { h.transport.MaxResponseHeaderBytes = 1024 }), ending: ambiguous, phase: sent, reason: "transport error", attempts: idempotent, seen: idempotent},
		{name: "too many headers", handle: raw("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-X: x\r\n", 1000) + "\r\n{}"), tweak: static(func(h *harness) { h.transport.MaxResponseHeaderBytes = 1024 }), ending: ambiguous, phase: sent, reason: "transport error", attempts: idempotent, seen: idempotent},
		{name: "not http", handle: raw("SSH-2.0-canary\r\n\r\n"), ending: ambiguous, phase: sent, reason: "transport error", attempts: idempotent, seen: idempotent},
		{name: "endless informational responses", handle: raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 5000)), ending: ambiguous, phase: sent, reason: "connection closed", attempts: idempotent, seen: idempotent},
		{name: "switching protocols", handle: raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: canary\r\n\r\n{}"), ending: ambiguous, phase: responded, status: 101, reason: "unexpected status", attempts: idempotent, seen: idempotent},
		{name: "500", handle: respond(500, `{"detail":"x"}`), ending: ambiguous, phase: responded, status: 500, reason: "server error", attempts: idempotent, seen: idempotent},
		{name: "502 in html", handle: respond(502, "<html>"), ending: ambiguous, phase: responded, status: 502, reason: "server error", attempts: idempotent, seen: idempotent},
		{name: "503", handle: respond(503, ""), ending: ambiguous, phase: responded, status: 503, reason: "server error", attempts: idempotent, seen: idempotent},
		{name: "503 cut", handle: raw("HTTP/1.1 503 No\r\nContent-Length: 100\r\n\r\n{"), ending: ambiguous, phase: responded, status: 503, reason: "server error", attempts: idempotent, seen: idempotent},
		{name: "504", handle: respond(504, ""), ending: ambiguous, phase: responded, status: 504, reason: "server error", attempts: idempotent, seen: idempotent},
		{name: "520", handle: respond(520, ""), ending: ambiguous, phase: responded, status: 520, reason: "server error", attempts: idempotent, seen: idempotent},
		{name: "501", handle: respond(501, ""), ending: final, phase: responded, status: 501, reason: "server error", attempts: once, seen: once},
		{name: "505", handle: respond(505, ""), ending: final, phase: responded, status: 505, reason: "server error", attempts: once, seen: once},
		{name: "303", handle: respond(303, "", "Location", "/api/v1/orders/1/"), ending: final, phase: responded, status: 303, reason: "redirected", attempts: once, seen: once},

		// Rate limited or rejected.
		{name: "429", handle: respond(429, ""), ending: limited, phase: responded, status: 429, reason: "rate limited", attempts: all, seen: all},
		{name: "429 with a wait", handle: respond(429, "", "Retry-After", "2"), ending: limited, phase: responded, status: 429, reason: "rate limited", attempts: all, seen: all},
		{name: "429 with a huge wait", handle: respond(429, "", "Retry-After", "9223372036854775807"), ending: limited, phase: responded, status: 429, reason: "rate limited", attempts: once, seen: once},
		{name: "301", handle: respond(301, "", "Location", "/elsewhere"), ending: rejected, phase: responded, status: 301, reason: "redirected", attempts: once, seen: once},
		{name: "302 to another host", handle: respond(302, "", "Location", "http://evil.example/"), ending: rejected, phase: responded, status: 302, reason: "redirected", attempts: once, seen: once},
		{name: "307 to another host", handle: respond(307, "", "Location", "http://evil.example/"), ending: rejected, phase: responded, status: 307, reason: "redirected", attempts: once, seen: once},
		{name: "308", handle: respond(308, "", "Location", address), ending: rejected, phase: responded, status: 308, reason: "redirected", attempts: once, seen: once},
		{name: "302 with an invalid location", handle: respond(302, "", "Location", "http://%zz"), ending: rejected, phase: responded, status: 302, reason: "redirected", attempts: once, seen: once},
		{name: "302 without a location", handle: respond(302, ""), ending: rejected, phase: responded, status: 302, reason: "redirected", attempts: once, seen: once},
		{name: "400", handle: respond(400, `{"code":"unknown_product"}`), ending: rejected, phase: responded, status: 400, reason: "rejected", attempts: once, seen: once},
		{name: "401", handle: respond(401, ""), ending: rejected, phase: responded, status: 401, reason: "rejected", attempts: once, seen: once},
		{name: "403", handle: respond(403, `{"detail":"x"}`), ending: rejected, phase: responded, status: 403, reason: "rejected", attempts: once, seen: once},
		{name: "404 in megabytes of html", handle: respond(404, strings.Repeat("<p>", 1<<20)), ending: rejected, phase: responded, status: 404, reason: "rejected", attempts: once, seen: once},
		{name: "407 of a proxy", handle: respond(407, "", "Proxy-Authenticate", "Basic"), tweak: static(func(h *harness) {
			h.transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:3128"})
		}), ending: rejected, phase: responded, status: 407, reason: "rejected", attempts: once, seen: once},
		{name: "409", handle: respond(409, `{"code":"order_id_exists"}`), ending: rejected, phase: responded, status: 409, reason: "rejected", attempts: once, seen: once},
		{name: "409 cut", handle: raw("HTTP/1.1 409 No\r\nContent-Length: 100\r\n\r\n{"), ending: rejected, phase: responded, status: 409, reason: "rejected", attempts: once, seen: once},

		// 2xx that cannot be read.
		{name: "200 cut", handle: raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":1}"), ending: badBody, phase: responded, status: 200, reason: "response truncated", attempts: safe, seen: safe},
		{name: "200 cut in a chunk", handle: raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":1}\r\n"), ending: badBody, phase: responded, status: 200, reason: "response truncated", attempts: safe, seen: safe},
		{name: "200 one byte a second", handle: drip, ending: badBody, phase: responded, status: 200, reason: "response truncated", attempts: safe, seen: safe},
		{name: "200 of a huge length", handle: raw("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{}"), ending: badBody, phase: responded, status: 200, reason: "response truncated", attempts: safe, seen: safe},
		{name: "200 too large", handle: respond(200, `"`+strings.Repeat("x", 5000)+`"`), ending: badBody, phase: responded, status: 200, reason: "response too large", attempts: safe, seen: safe},
		{name: "200 too large after decompression", handle: bomb, ending: badBody, phase: responded, status: 200, reason: "response too large", attempts: safe, seen: safe},
		{name: "200 with invalid gzip", handle: respond(200, `{"id":1}`, "Content-Encoding", "gzip"), ending: badBody, phase: responded, status: 200, reason: "response truncated", attempts: safe, seen: safe},
		{name: "200 with gzip that was not requested", handle: bomb, tweak: static(func(h *harness) { h.transport.DisableCompression = true }), ending: badBody, phase: responded, status: 200, reason: "response too large", attempts: safe, seen: safe},
		{name: "200 in html", handle: respond(200, "<html>"), ending: badBody, phase: responded, status: 200, reason: "response is not json", attempts: safe, seen: safe},
		{name: "200 empty", handle: respond(200, ""), ending: badBody, phase: responded, status: 200, reason: "response is not json", attempts: safe, seen: safe},
		{name: "200 nested too deeply", handle: respond(200, strings.Repeat("[", 2000)), ending: badBody, phase: responded, status: 200, reason: "response is not json", attempts: safe, seen: safe},
		{name: "200 and another response", handle: raw("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{\"id\":1}HTTP/1.1 500 No\r\n\r\n"), tweak: static(func(h *harness) { h.transport.DisableKeepAlives = true }), ending: success, phase: responded, status: 200, reason: "ok", attempts: once, seen: once},
		{name: "204", handle: respond(204, ""), ending: badBody, phase: responded, status: 204, reason: "response is not json", attempts: safe, seen: safe},
	} {
		for i, safety := range safeties {
			t.Run(row.name+"/"+safetyName(safety), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					tweak := func(*harness) {}
					if row.tweak != nil {
						tweak = row.tweak(t)
					}
					h := newHarness(t, row.handle, tweak)
					req := request(safety)
					if row.https {
						req.URL = strings.Replace(req.URL, "http:", "https:", 1)
					}
					sentHeader := req.Header.Clone()
					resp := h.x.Do(t.Context(), req)
					synctest.Wait()

					assertConsistent(t, resp)
					require.Len(t, resp.Attempts, row.attempts[i], "%v", resp.Attempts)
					for _, a := range resp.Attempts {
						assert.Equal(t, row.ending, a.Ending)
						assert.Equal(t, row.phase, a.Phase)
						assert.Equal(t, row.status, a.Status)
						assert.Equal(t, row.reason, a.Reason)
						assert.LessOrEqual(t, a.Took, h.cfg.AttemptTimeout)
					}
					assert.Equal(t, row.seen[i], int(h.seen.Load()), "requests at the server")
					assert.LessOrEqual(t, len(resp.Body), int(h.cfg.MaxBody))
					if resp.MayHaveActed() {
						assert.NotEqual(t, unsent, row.phase)
					} else {
						assert.Contains(t, []exchange.Ending{notSent, permanent, limited, rejected}, row.ending)
					}
					assert.Equal(t, sentHeader, req.Header, "the header is not changed")
					assert.Equal(t, request(safety).Body, req.Body, "nor is the body")
					for _, addr := range h.dialed {
						assert.Contains(t, []string{host, "127.0.0.1:3128"}, addr, "no other host is dialed")
					}
				})
			})
		}
	}
}

func static(tweak func(*harness)) func(*testing.T) func(*harness) {
	return func(*testing.T) func(*harness) { return tweak }
}

func combine(tweaks ...func(*harness)) func(*harness) {
	return func(h *harness) {
		for _, tweak := range tweaks {
			tweak(h)
		}
	}
}

// drip responds with one byte a second, without end.
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

// bomb responds with a zip bomb.
func bomb(w http.ResponseWriter, _ *http.Request) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(bytes.Repeat([]byte(" "), 4<<20))
	_ = zip.Close()
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(packed.Bytes())
}

// The response is that of the last attempt.
func TestResponseIsOfLastAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, sequence(
			respond(503, "one", "X-Request-Id", "r1", "Retry-After", "1"),
			raw("HTTP/1.1 502 No\r\nContent-Length: 10\r\nX-Request-Id: r2\r\n\r\ntwo"),
			respond(201, `{"three":3}`, "X-Request-Id", "r3"),
		))
		resp := h.do(t, exchange.Idempotent)
		assertConsistent(t, resp)
		assert.Equal(t, exchange.OK, resp.Ending)
		assert.Equal(t, 201, resp.Status)
		assert.JSONEq(t, `{"three":3}`, string(resp.Body))
		assert.Equal(t, "r3", resp.Header.Get("X-Request-Id"))
		require.NoError(t, resp.Err)
		assert.True(t, resp.RetryAt.IsZero(), "Retry-After of the first response is obsolete")
		assert.True(t, resp.MayHaveActed())
	})
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, sequence(respond(503, "one", "X-Request-Id", "r1", "Retry-After", "1"), raw("HTTP/1.1 400 No\r\nContent-Length: 10\r\n\r\ntwo")))
		resp := h.do(t, exchange.Idempotent)
		assertConsistent(t, resp)
		assert.Equal(t, exchange.Rejected, resp.Ending)
		assert.Equal(t, "two", string(resp.Body), "a truncated body can still contain the code")
		require.ErrorIs(t, resp.Err, io.ErrUnexpectedEOF)
		assert.Empty(t, resp.Header.Get("X-Request-Id"))
		assert.True(t, resp.MayHaveActed(), "the first attempt may have")
	})
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, respond(503, "one"), func(h *harness) { h.net.Line(2).Refuse(); h.transport.DisableKeepAlives = true; h.cfg.MaxAttempts = 2 })
		resp := h.do(t, exchange.Idempotent)
		assertConsistent(t, resp)
		assert.Equal(t, exchange.NotSent, resp.Ending)
		assert.Zero(t, resp.Status)
		assert.Nil(t, resp.Header)
		assert.Nil(t, resp.Body)
		assert.True(t, resp.MayHaveActed(), "only the last attempt was not sent")
	})
}

// Every field of the attempts of one call.
func TestAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var observed []exchange.Attempt
		type ctxKey struct{}
		ctx := context.WithValue(t.Context(), ctxKey{}, "the call's")
		h := newHarness(t, sequence(
			delay(100*time.Millisecond, cut),
			delay(200*time.Millisecond, respond(429, "", "Retry-After", "3")),
			delay(300*time.Millisecond, ok),
		), func(h *harness) {
			h.cfg.MaxAttempts = 5
			h.net.Line(1).Refuse()
		})
		start := time.Now()
		req := request(exchange.Idempotent)
		req.Watcher = endFunc(func(ctx context.Context, a exchange.Attempt) {
			assert.Equal(t, "the call's", ctx.Value(ctxKey{}))
			observed = append(observed, a)
		})
		resp := h.x.Do(ctx, req)
		assertConsistent(t, resp)
		const ms = time.Millisecond
		want := []exchange.Attempt{
			{Number: 1, Start: start, Took: 0, Phase: exchange.Unsent, Ending: exchange.NotSent, Reason: "connection refused", Wait: 500 * ms, Decision: "retry"},
			{Number: 2, Start: start.Add(500 * ms), Took: 100 * ms, Phase: exchange.Sent, Ending: exchange.Ambiguous, Reason: "connection closed", Wait: 1000 * ms, Decision: "retry"},
			{Number: 3, Start: start.Add(1600 * ms), Took: 200 * ms, Phase: exchange.Responded, Ending: exchange.RateLimited, Status: 429, Reason: "rate limited", Wait: 3500 * ms, Decision: "retry"},
			{Number: 4, Start: start.Add(5300 * ms), Took: 300 * ms, Phase: exchange.Responded, Ending: exchange.OK, Status: 200, Reason: "ok", Decision: ""},
		}
		assert.Equal(t, want, resp.Attempts)
		assert.Equal(t, want, observed)
		assert.Equal(t, 5600*ms, time.Since(start))
	})
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 7} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, respond(503, ""), func(h *harness) { h.cfg.MaxAttempts = n })
				resp := h.do(t, exchange.Safe)
				assertConsistent(t, resp)
				assert.Len(t, resp.Attempts, max(n, 1))
				assert.Equal(t, "no retry: maximum attempts reached", lastAttempt(t, resp).Decision)
				assert.Equal(t, max(n, 1), int(h.seen.Load()))
			})
		})
	}
}

// A request may lower the maximum number of attempts, not raise it.
func TestMaxAttemptsOfRequest(t *testing.T) {
	t.Parallel()
	for requested, want := range map[int]int{-1: 3, 0: 3, 1: 1, 2: 2, 3: 3, 4: 3} {
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t, respond(503, ""))
			req := request(exchange.Safe)
			req.MaxAttempts = requested
			resp := h.x.Do(t.Context(), req)
			assertConsistent(t, resp)
			assert.Len(t, resp.Attempts, want, "%d requested", requested)
			assert.Equal(t, "no retry: maximum attempts reached", lastAttempt(t, resp).Decision)
		})
	}
}

// Each attempt sends the same request, including the API key.
func TestEveryAttemptSendsTheSameRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		h := newHarness(t, nil)
		h.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, err := io.ReadAll(req.Body)
			assert.NoError(t, err)
			seen = append(seen, strings.Join([]string{req.Method, req.RequestURI, req.Header.Get("Authorization"), fmt.Sprint(req.ContentLength), string(body)}, " "))
			respond(503, "")(w, req)
		})
		h.do(t, exchange.Idempotent)
		h.do(t, exchange.Safe)
		write := "POST /api/v1/orders/create_order/?store_id=query-canary " + apiKey + " 20 " + payload
		read := "GET /api/v1/orders/create_order/?store_id=query-canary " + apiKey + " 0 "
		assert.Equal(t, []string{write, write, write, read, read, read}, seen)
	})
}

// net/http could replay a write without a body, unobserved: see preventReplay.
func TestWriteWithoutBodyIsNotSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, ok)
		for _, body := range [][]byte{nil, {}} {
			req := request(exchange.Idempotent)
			req.Body = body
			resp := h.x.Do(t.Context(), req)
			assert.Equal(t, exchange.NotSent, resp.Ending)
			assert.Empty(t, resp.Attempts)
			require.EqualError(t, resp.Err, "write request without a body")
		}
		req := request(exchange.Safe)
		req.Body = []byte{}
		assert.Equal(t, exchange.OK, h.x.Do(t.Context(), req).Ending)
		assert.EqualValues(t, 1, h.seen.Load())
	})
}
