package exchange_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
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
)

// issued makes a certificate for an address that is valid for a time. It is its
// own authority.
func issued(t *testing.T, ip net.IP, from, to time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to, IPAddresses: []net.IP{ip},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// A peer that is not who it should be gets nothing, and what was to be sent was
// not sent. In a bubble it is the year 2000.
func TestHostileTLS(t *testing.T) {
	t.Parallel()
	const notAccepted = "the certificate or protocol of the service was not accepted"
	here := net.IPv4(127, 0, 0, 1)
	y := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, row := range []struct {
		name    string
		cert    tls.Certificate
		trusted bool
		server  func(*tls.Config)
		ending  exchange.Ending
		reason  string
	}{
		{name: "as it should be", cert: issued(t, here, y(1999), y(2199)), trusted: true, ending: exchange.Done, reason: "answered"},
		{name: "unknown authority", cert: issued(t, here, y(1999), y(2199)), ending: exchange.Hopeless, reason: notAccepted},
		{name: "wrong host", cert: issued(t, net.IPv4(127, 0, 0, 2), y(1999), y(2199)), trusted: true, ending: exchange.Hopeless, reason: notAccepted},
		{name: "expired", cert: issued(t, here, y(1990), y(1999)), trusted: true, ending: exchange.Hopeless, reason: notAccepted},
		{name: "not yet valid", cert: issued(t, here, y(2030), y(2199)), trusted: true, ending: exchange.Hopeless, reason: notAccepted},
		{
			name: "a version of yesterday", cert: issued(t, here, y(1999), y(2199)), trusted: true, ending: exchange.NotSent, reason: "transport error",
			server: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
		},
		{
			name: "no certificate", cert: issued(t, here, y(1999), y(2199)), trusted: true, ending: exchange.NotSent, reason: "transport error",
			server: func(c *tls.Config) {
				c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, io.ErrUnexpectedEOF }
				c.Certificates = nil
			},
		},
	} {
		for _, h2 := range []bool{false, true} {
			for _, safety := range safeties {
				t.Run(strings.Join([]string{row.name, safetyName(safety), map[bool]string{true: "h2", false: "h1"}[h2]}, "/"), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						r := newRig(t, ok, secure(t, h2, false), func(r *rig) {
							r.server.TLSConfig.Certificates = []tls.Certificate{row.cert}
							if row.server != nil {
								row.server(r.server.TLSConfig)
							}
							if row.trusted {
								r.transport.TLSClientConfig.RootCAs.AddCert(row.cert.Leaf)
							}
						})
						req := request(safety)
						req.URL = strings.Replace(req.URL, "http:", "https:", 1)
						reply := r.x.Do(t.Context(), req)
						synctest.Wait()
						assertJournal(t, reply)
						assert.Equal(t, row.ending, reply.Ending, "%v", reply.Attempts)
						assert.Equal(t, row.reason, last(t, reply).Reason)
						assert.Len(t, reply.Attempts, attemptsOf(row.ending, safety, r.cfg.MaxAttempts))
						if row.ending != exchange.Done {
							assert.Zero(t, r.seen.Load())
							assert.False(t, reply.MayHaveActed())
						}
					})
				})
			}
		}
	}
}

// A service that wants a certificate of ours says so, in TLS 1.3, when the
// request may be under way already. Which of the two comes first is chance; that
// it is no refusal is not.
func TestHostileTLSWantsACertificate(t *testing.T) {
	t.Parallel()
	for _, safety := range safeties {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, ok, secure(t, false, true), func(r *rig) { r.server.TLSConfig.ClientAuth = tls.RequireAnyClientCert })
			req := request(safety)
			req.URL = strings.Replace(req.URL, "http:", "https:", 1)
			reply := r.x.Do(t.Context(), req)
			assertJournal(t, reply)
			assert.Contains(t, []exchange.Ending{exchange.NotSent, exchange.Lost}, reply.Ending)
			assert.Zero(t, r.seen.Load())
		})
	}
}

// What answers a handshake with anything else than a handshake.
func TestHostileHandshake(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		bytes  string
		drip   bool
		ending exchange.Ending
		reason string
	}{
		{name: "noise", bytes: strings.Repeat("\x8f\x03canary", 1000), ending: exchange.NotSent, reason: "transport error"},
		{name: "an alert", bytes: "\x15\x03\x03\x00\x02\x02\x28", ending: exchange.NotSent, reason: "transport error"},
		{name: "a record of an absurd size", bytes: "\x16\x03\x03\xff\xff" + strings.Repeat("x", 70_000), ending: exchange.NotSent, reason: "transport error"},
		{name: "alerts for ever", bytes: strings.Repeat("\x15\x03\x03\x00\x02\x01\x00", 10_000), ending: exchange.NotSent, reason: "connection cut"},
		{name: "plain http", bytes: "HTTP/1.1 400 canary\r\n\r\n", ending: exchange.Hopeless, reason: "the certificate or protocol of the service was not accepted"},
		{name: "a byte a second", bytes: "\x16\x03\x03\x3f\xff", drip: true, ending: exchange.NotSent, reason: "timed out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					r := newHTTP2Rig(t) // the one without a server
					r.transport.Protocols = nil
					r.transport.TLSHandshakeTimeout = 10 * time.Second // as ours has
					listener := r.net.Listener()
					go func() {
						for {
							conn, err := listener.Accept()
							if err != nil {
								return
							}
							go answerHello(conn, row.bytes, row.drip)
						}
					}()
					req := request(safety)
					req.URL = strings.Replace(req.URL, "http:", "https:", 1)
					reply := r.x.Do(t.Context(), req)
					_ = listener.Close()
					assertJournal(t, reply)
					assert.Equal(t, row.ending, reply.Ending, "%v", reply.Attempts)
					assert.Equal(t, row.reason, last(t, reply).Reason)
					assert.Len(t, reply.Attempts, attemptsOf(row.ending, safety, r.cfg.MaxAttempts))
					assert.False(t, reply.MayHaveActed())
					letGo()
				})
			}
		})
	}
}

// answerHello answers the first bytes on a connection.
func answerHello(conn net.Conn, bytes string, drip bool) {
	defer conn.Close()
	buf := make([]byte, 4096)
	if _, err := conn.Read(buf); err != nil {
		return
	}
	_, err := io.WriteString(conn, bytes)
	for drip && err == nil {
		<-time.After(time.Second)
		_, err = io.WriteString(conn, "x")
	}
}

// Whatever a proxy answers when it is to connect, the request was not sent: it
// goes through the connection that there is none of.
func TestHostileProxy(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		reason string
		ending exchange.Ending
	}{
		{"407", answer(407, "who are you?", "Proxy-Authenticate", "Basic realm=canary"), "transport error", exchange.NotSent},
		{"502", answer(502, "<html>canary</html>"), "transport error", exchange.NotSent},
		{"503 with a wait", answer(503, "", "Retry-After", "9223372036854775807"), "transport error", exchange.NotSent}, // of the proxy's, and unseen
		{"302", answer(302, "", "Location", "http://evil.example/"), "transport error", exchange.NotSent},
		{"101", raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: canary\r\n\r\n"), "transport error", exchange.NotSent},
		{"an order, for an answer", answer(201, `{"id":1}`), "transport error", exchange.NotSent},
		{"a status that echoes", raw("HTTP/1.1 500 " + apiKey + " " + address + "\r\n\r\n"), "transport error", exchange.NotSent},
		{"not http", raw("canary\r\n\r\n"), "transport error", exchange.NotSent},
		{"headers without end", raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10)), "connection cut", exchange.NotSent},
		{"headers that trickle", trickle("HTTP/1.1 200 OK\r\n", "X: y\r\n", time.Second), "timed out", exchange.NotSent},
		{"no answer", hang, "timed out", exchange.NotSent},
		{"cut", cut, "connection cut", exchange.NotSent},
		{"connected to noise", raw("HTTP/1.1 200 OK\r\n\r\n\x8f\x03canary canary"), "connection cut", exchange.NotSent},
		{"connected, and the answer is there already", raw("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{\"id\":1}"), "connection cut", exchange.NotSent},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					headers := make(chan http.Header, 10)
					r := newRig(t, func(w http.ResponseWriter, req *http.Request) {
						headers <- req.Header.Clone()
						row.handle(w, req)
					}, func(r *rig) {
						r.transport.MaxResponseHeaderBytes = 64 << 10
						r.transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", User: url.UserPassword("u", "proxy-canary"), Host: "127.0.0.1:3128"})
					})
					req := request(safety)
					req.URL = strings.Replace(req.URL, "http:", "https:", 1)
					reply := r.x.Do(t.Context(), req)
					letGo()
					assertJournal(t, reply)
					assert.Equal(t, row.ending, reply.Ending, "%v", reply.Attempts)
					assert.Equal(t, row.reason, last(t, reply).Reason)
					assert.Len(t, reply.Attempts, attemptsOf(row.ending, safety, r.cfg.MaxAttempts))
					assert.False(t, reply.MayHaveActed())
					assert.Zero(t, reply.Status, "the answer of a proxy is not the service's")
					assert.True(t, reply.RetryAt.IsZero())
					assert.Zero(t, r.seen.Load())
					for range len(headers) {
						assert.Empty(t, (<-headers).Get("Authorization"), "the proxy is not told the key")
					}
				})
			}
		})
	}
}
