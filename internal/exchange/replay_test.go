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

// HTTP/2 has ways to end a request for which net/http sends it again by itself.
// Every write that reaches the service has to be an attempt of ours.
func TestHTTP2SendsNoWriteAgainByItself(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  reaction
	}{
		{"refused stream", reset(codeRefusedStream)},
		{"protocol error", reset(codeProtocol)}, // what a proxy says that dislikes the answer of the service: it was done
		{"internal error", reset(codeInternal)},
		{"too much", reset(codeCalm)},
		{"goodbye before it", goAway(0, codeNo)},
		{"goodbye after it", goAway(1, codeNo)},
		{"goodbye in anger", goAway(0, codeCalm)},
		{"hung up", func(p *peer, _ uint32) { _ = p.conn.Close() }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					r := newHTTP2Rig(t)
					requests := serveHTTP2(t, r.net, row.end, grant)
					reply := r.do(t, safety)
					assertJournal(t, reply)
					assert.GreaterOrEqual(t, reply.Attempts[0].Phase, exchange.Sent)
					if safety != exchange.Read {
						assert.Len(t, reply.Attempts, requests(), "requests that arrived and attempts of the journal")
					}
					if safety == exchange.Unguarded {
						assert.Equal(t, exchange.Lost, reply.Ending)
						assert.Equal(t, 1, requests())
						require.Error(t, reply.Err)
					} else {
						assert.Equal(t, exchange.Done, reply.Ending)
						assert.Equal(t, 2, requests())
					}
				})
			}
		})
	}
}

// newHTTP2Rig is a rig without its server: a peer takes its place.
func newHTTP2Rig(t *testing.T) *rig {
	t.Helper()
	r := &rig{net: lst.NewNetwork()}
	r.transport = &http.Transport{DialContext: r.dial, Protocols: new(http.Protocols)}
	r.transport.Protocols.SetUnencryptedHTTP2(true)
	r.cfg = exchange.Config{
		HTTP:        &http.Client{Transport: r.transport},
		MaxAttempts: 3, WaitMin: time.Second, WaitMax: time.Second, AttemptTimeout: time.Minute, MaxBody: 1000,
		Jitter: func() float64 { return 0.5 },
	}
	r.x = exchange.New(r.cfg)
	t.Cleanup(r.transport.CloseIdleConnections)
	return r
}

// Several streams of one connection, each ended in its own way.
func TestHTTP2GoodbyeOnAWarmConnection(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  reaction
	}{
		{"second stream not received", goAway(1, codeNo)}, // net/http would open a new connection and send it again
		{"second stream received", goAway(3, codeNo)},
		{"second stream refused", reset(codeRefusedStream)},
		{"second stream reset", reset(codeProtocol)},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newHTTP2Rig(t)
				requests := serveHTTP2(t, r.net, []reaction{grant, row.end, grant}...)
				require.Equal(t, exchange.Done, r.do(t, exchange.Unguarded).Ending)
				reply := r.do(t, exchange.Unguarded)
				assertJournal(t, reply)
				assert.Equal(t, exchange.Lost, reply.Ending)
				assert.Equal(t, 2, requests())
				assert.Equal(t, exchange.Done, r.do(t, exchange.Unguarded).Ending, "the next one is none the worse")
			})
		})
	}
}

// On a kept connection that dies, net/http sends a request again if it takes it
// for idempotent: a GET, or anything with one of two header names.
func TestHTTP1SendsNoWriteAgainByItself(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"X-Request-Id", "Idempotency-Key", "X-Idempotency-Key"} {
		for _, safety := range safeties {
			t.Run(header+"/"+safetyName(safety), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, inTurn(ok, cut, answer(http.StatusOK, `{}`)))
					require.Equal(t, exchange.Done, r.do(t, exchange.Read).Ending, "a connection is kept")
					req := request(safety)
					req.Header.Set(header, "42")
					reply := r.x.Do(t.Context(), req)
					assertJournal(t, reply)
					switch safety {
					case exchange.Read:
						assert.Equal(t, exchange.Done, reply.Ending)
						assert.Len(t, reply.Attempts, 1, "net/http's own second try is no attempt of ours")
						assert.EqualValues(t, 3, r.seen.Load())
					case exchange.Guarded:
						assert.Equal(t, []exchange.Phase{exchange.Sent, exchange.Answered}, phases(reply))
						assert.EqualValues(t, 3, r.seen.Load())
					case exchange.Unguarded:
						assert.Equal(t, exchange.Lost, reply.Ending)
						assert.EqualValues(t, 2, r.seen.Load())
					}
				})
			})
		}
	}
}

// A kept connection that the service has closed in the meantime costs nothing:
// nothing is written on it.
func TestAClosedConnectionIsNotUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ok, func(r *rig) { r.server.IdleTimeout = time.Minute })
		for range 3 {
			reply := r.do(t, exchange.Unguarded)
			assertJournal(t, reply)
			assert.Equal(t, exchange.Done, reply.Ending)
			assert.Len(t, reply.Attempts, 1)
			timer := time.NewTimer(2 * time.Minute)
			<-timer.C
		}
		assert.Equal(t, 3, r.net.Dials())
	})
}

// Before anything is sent the body may be read as often as somebody likes: a
// transport that signs requests does.
func TestATransportMayReadTheBodyFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ok, func(r *rig) {
			inner := r.transport
			r.client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
				body, err := req.GetBody()
				if err != nil {
					return nil, err
				}
				defer body.Close()
				text, err := io.ReadAll(body)
				require.NoError(t, err)
				assert.JSONEq(t, payload, string(text))
				resp, err := inner.RoundTrip(req)
				_, again := req.GetBody()
				assert.Error(t, again, "but not once it is sent")
				return resp, err
			})
		})
		reply := r.do(t, exchange.Unguarded)
		assertJournal(t, reply)
		assert.Equal(t, exchange.Done, reply.Ending)
	})
}
