package exchange_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// net/http replays an HTTP/2 request after some kinds of failure. Every write that
// reaches the service must be a recorded attempt.
func TestHTTP2DoesNotReplayWrites(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  reaction
	}{
		{"refused stream", reset(codeRefusedStream)},
		{"protocol error", reset(codeProtocol)}, // a proxy may send this after the service has acted
		{"internal error", reset(codeInternal)},
		{"enhance your calm", reset(codeEnhanceYourCalm)},
		{"GOAWAY before it", goAway(0, codeNoError)},
		{"GOAWAY after it", goAway(1, codeNoError)},
		{"GOAWAY, enhance your calm", goAway(0, codeEnhanceYourCalm)},
		{"connection closed", func(p *peer, _ uint32) { _ = p.conn.Close() }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					h := newHTTP2Harness(t)
					requests := serveHTTP2(t, h.net, row.end, respondOK)
					resp := h.do(t, safety)
					assertConsistent(t, resp)
					assert.GreaterOrEqual(t, resp.Attempts[0].Phase, exchange.Sent)
					if safety != exchange.Safe {
						assert.Len(t, resp.Attempts, requests(), "every request is a recorded attempt")
					}
					if safety == exchange.NonIdempotent {
						assert.Equal(t, exchange.Ambiguous, resp.Ending)
						assert.Equal(t, 1, requests())
						require.Error(t, resp.Err)
					} else {
						assert.Equal(t, exchange.OK, resp.Ending)
						assert.Equal(t, 2, requests())
					}
				})
			}
		})
	}
}

// newHTTP2Harness returns a harness without a server, for use with serveHTTP2.
func newHTTP2Harness(t *testing.T) *harness {
	t.Helper()
	h := &harness{net: lst.NewNetwork()}
	h.transport = &http.Transport{DialContext: h.dial, Protocols: new(http.Protocols)}
	h.transport.Protocols.SetUnencryptedHTTP2(true)
	h.cfg = exchange.Config{
		HTTP:        &http.Client{Transport: h.transport},
		MaxAttempts: 3, WaitMin: time.Second, WaitMax: time.Second, AttemptTimeout: time.Minute, MaxBody: 1000,
		Jitter: func() float64 { return 0.5 },
	}
	h.x = exchange.New(h.cfg)
	t.Cleanup(h.transport.CloseIdleConnections)
	return h
}

// The second stream of a connection fails in several ways.
func TestHTTP2FailureOnReusedConnection(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  reaction
	}{
		{"second stream not received", goAway(1, codeNoError)}, // net/http would replay it on a new connection
		{"second stream received", goAway(3, codeNoError)},
		{"second stream refused", reset(codeRefusedStream)},
		{"second stream reset", reset(codeProtocol)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHTTP2Harness(t)
				requests := serveHTTP2(t, h.net, []reaction{respondOK, row.end, respondOK}...)
				require.Equal(t, exchange.OK, h.do(t, exchange.NonIdempotent).Ending)
				resp := h.do(t, exchange.NonIdempotent)
				assertConsistent(t, resp)
				assert.Equal(t, exchange.Ambiguous, resp.Ending)
				assert.Equal(t, 2, requests())
				assert.Equal(t, exchange.OK, h.do(t, exchange.NonIdempotent).Ending, "the next call is not affected")
			})
		})
	}
}

// On a reused connection that dies, net/http replays a request that it considers
// idempotent: a GET, or any request with an idempotency key header.
func TestHTTP1DoesNotReplayWrites(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"X-Request-Id", "Idempotency-Key", "X-Idempotency-Key"} {
		for _, safety := range safeties {
			t.Run(header+"/"+safetyName(safety), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h := newHarness(t, sequence(ok, cut, respond(http.StatusOK, `{}`)))
					require.Equal(t, exchange.OK, h.do(t, exchange.Safe).Ending, "leaves an idle connection")
					req := request(safety)
					req.Header.Set(header, "42")
					resp := h.x.Do(t.Context(), req)
					assertConsistent(t, resp)
					switch safety {
					case exchange.Safe:
						assert.Equal(t, exchange.OK, resp.Ending)
						assert.Len(t, resp.Attempts, 1, "a replay by net/http is not an attempt")
						assert.EqualValues(t, 3, h.seen.Load())
					case exchange.Idempotent:
						assert.Equal(t, []exchange.Phase{exchange.Sent, exchange.Responded}, phases(resp))
						assert.EqualValues(t, 3, h.seen.Load())
					case exchange.NonIdempotent:
						assert.Equal(t, exchange.Ambiguous, resp.Ending)
						assert.EqualValues(t, 2, h.seen.Load())
					}
				})
			})
		}
	}
}

// Nothing is written to an idle connection that the service has closed.
func TestClosedIdleConnectionIsNotUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, ok, func(h *harness) { h.server.IdleTimeout = time.Minute })
		for range 3 {
			resp := h.do(t, exchange.NonIdempotent)
			assertConsistent(t, resp)
			assert.Equal(t, exchange.OK, resp.Ending)
			assert.Len(t, resp.Attempts, 1)
			timer := time.NewTimer(2 * time.Minute)
			<-timer.C
		}
		assert.Equal(t, 3, h.net.Dials())
	})
}

// A transport may read the body before it sends the request, for example to sign
// it.
func TestTransportMayReadBodyFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, ok, func(h *harness) {
			inner := h.transport
			h.client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
				body, err := req.GetBody()
				if err != nil {
					return nil, err
				}
				defer body.Close()
				text, err := io.ReadAll(body)
				require.NoError(t, err)
				assert.JSONEq(t, payload, string(text))
				resp, err := inner.RoundTrip(req)
				_, bodyErr := req.GetBody()
				assert.Error(t, bodyErr, "not after the headers were written")
				return resp, err
			})
		})
		resp := h.do(t, exchange.NonIdempotent)
		assertConsistent(t, resp)
		assert.Equal(t, exchange.OK, resp.Ending)
	})
}
