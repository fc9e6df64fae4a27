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

// issued returns a self-signed certificate for ip that is valid from from to to.
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

// A peer with an invalid certificate receives no request, and the attempt is not
// sent. In a bubble the year is 2000.
func TestHostileTLS(t *testing.T) {
	t.Parallel()
	const notAccepted = "certificate or protocol not accepted"
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
		{name: "valid", cert: issued(t, here, y(1999), y(2199)), trusted: true, ending: exchange.OK, reason: "ok"},
		{name: "unknown authority", cert: issued(t, here, y(1999), y(2199)), ending: exchange.PermanentFailure, reason: notAccepted},
		{name: "wrong host", cert: issued(t, net.IPv4(127, 0, 0, 2), y(1999), y(2199)), trusted: true, ending: exchange.PermanentFailure, reason: notAccepted},
		{name: "expired", cert: issued(t, here, y(1990), y(1999)), trusted: true, ending: exchange.PermanentFailure, reason: notAccepted},
		{name: "not yet valid", cert: issued(t, here, y(2030), y(2199)), trusted: true, ending: exchange.PermanentFailure, reason: notAccepted},
		{
			name: "an old TLS version", cert: issued(t, here, y(1999), y(2199)), trusted: true, ending: exchange.NotSent, reason: "transport error",
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
						h := newHarness(t, ok, withTLS(t, h2, false), func(h *harness) {
							h.server.TLSConfig.Certificates = []tls.Certificate{row.cert}
							if row.server != nil {
								row.server(h.server.TLSConfig)
							}
							if row.trusted {
								h.transport.TLSClientConfig.RootCAs.AddCert(row.cert.Leaf)
							}
						})
						req := request(safety)
						req.URL = strings.Replace(req.URL, "http:", "https:", 1)
						resp := h.x.Do(t.Context(), req)
						synctest.Wait()
						assertConsistent(t, resp)
						assert.Equal(t, row.ending, resp.Ending, "%v", resp.Attempts)
						assert.Equal(t, row.reason, lastAttempt(t, resp).Reason)
						assert.Len(t, resp.Attempts, wantAttempts(row.ending, safety, h.cfg.MaxAttempts))
						if row.ending != exchange.OK {
							assert.Zero(t, h.seen.Load())
							assert.False(t, resp.MayHaveActed())
						}
					})
				})
			}
		}
	}
}

// In TLS 1.3 a server requests a client certificate when the request may already
// be on the wire. The order is random, but the ending is never Rejected.
func TestHostileTLSClientCertificate(t *testing.T) {
	t.Parallel()
	for _, safety := range safeties {
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t, ok, withTLS(t, false, true), func(h *harness) { h.server.TLSConfig.ClientAuth = tls.RequireAnyClientCert })
			req := request(safety)
			req.URL = strings.Replace(req.URL, "http:", "https:", 1)
			resp := h.x.Do(t.Context(), req)
			assertConsistent(t, resp)
			assert.Contains(t, []exchange.Ending{exchange.NotSent, exchange.Ambiguous}, resp.Ending)
			assert.Zero(t, h.seen.Load())
		})
	}
}

// A peer that responds to a handshake with something else.
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
		{name: "a record of a huge size", bytes: "\x16\x03\x03\xff\xff" + strings.Repeat("x", 70_000), ending: exchange.NotSent, reason: "transport error"},
		{name: "endless alerts", bytes: strings.Repeat("\x15\x03\x03\x00\x02\x01\x00", 10_000), ending: exchange.NotSent, reason: "connection closed"},
		{name: "plain http", bytes: "HTTP/1.1 400 canary\r\n\r\n", ending: exchange.PermanentFailure, reason: "certificate or protocol not accepted"},
		{name: "a byte a second", bytes: "\x16\x03\x03\x3f\xff", drip: true, ending: exchange.NotSent, reason: "timed out"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					h := newHTTP2Harness(t) // has no server
					h.transport.Protocols = nil
					h.transport.TLSHandshakeTimeout = 10 * time.Second // as the default transport
					listener := h.net.Listener()
					go func() {
						for {
							conn, err := listener.Accept()
							if err != nil {
								return
							}
							go respondToHello(conn, row.bytes, row.drip)
						}
					}()
					req := request(safety)
					req.URL = strings.Replace(req.URL, "http:", "https:", 1)
					resp := h.x.Do(t.Context(), req)
					_ = listener.Close()
					assertConsistent(t, resp)
					assert.Equal(t, row.ending, resp.Ending, "%v", resp.Attempts)
					assert.Equal(t, row.reason, lastAttempt(t, resp).Reason)
					assert.Len(t, resp.Attempts, wantAttempts(row.ending, safety, h.cfg.MaxAttempts))
					assert.False(t, resp.MayHaveActed())
					waitForPeer()
				})
			}
		})
	}
}

// respondToHello writes bytes after the first read from a connection.
func respondToHello(conn net.Conn, bytes string, drip bool) {
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

// Whatever a proxy responds to CONNECT, the request was not sent: there is no
// connection to send it on.
func TestHostileProxy(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		handle http.HandlerFunc
		reason string
		ending exchange.Ending
	}{
		{"407", respond(407, "unauthorized", "Proxy-Authenticate", "Basic realm=canary"), "proxy responded to CONNECT with status 407", exchange.PermanentFailure},
		{"502", respond(502, "<html>canary</html>"), "proxy responded to CONNECT with status 502", exchange.NotSent},
		{"503 with a wait", respond(503, "", "Retry-After", "9223372036854775807"), "proxy responded to CONNECT with status 503", exchange.NotSent}, // the wait of the proxy is ignored
		{"302", respond(302, "", "Location", "http://evil.example/"), "proxy responded to CONNECT with status 302", exchange.PermanentFailure},
		{"101", raw("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: canary\r\n\r\n"), "proxy responded to CONNECT with status 101", exchange.PermanentFailure},
		{"an order as the response", respond(201, `{"id":1}`), "proxy responded to CONNECT with status 201", exchange.PermanentFailure},
		{"a status that echoes the request", raw("HTTP/1.1 500 " + apiKey + " " + address + "\r\n\r\n"), "transport error", exchange.NotSent},
		{"not http", raw("canary\r\n\r\n"), "transport error", exchange.NotSent},
		{"endless headers", raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100<<10)), "connection closed", exchange.NotSent},
		{"slow headers", trickle("HTTP/1.1 200 OK\r\n", "X: y\r\n", time.Second), "timed out", exchange.NotSent},
		{"no response", hang, "timed out", exchange.NotSent},
		{"cut", cut, "connection closed", exchange.NotSent},
		{"connected to noise", raw("HTTP/1.1 200 OK\r\n\r\n\x8f\x03canary canary"), "connection closed", exchange.NotSent},
		{"connected, with an early response", raw("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{\"id\":1}"), "connection closed", exchange.NotSent},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for _, safety := range safeties {
				synctest.Test(t, func(t *testing.T) {
					headers := make(chan http.Header, 10)
					h := newHarness(t, func(w http.ResponseWriter, req *http.Request) {
						headers <- req.Header.Clone()
						row.handle(w, req)
					}, func(h *harness) {
						h.transport.MaxResponseHeaderBytes = 64 << 10
						h.transport.Proxy = http.ProxyURL(&url.URL{Scheme: "http", User: url.UserPassword("u", "proxy-canary"), Host: "127.0.0.1:3128"})
					})
					req := request(safety)
					req.URL = strings.Replace(req.URL, "http:", "https:", 1)
					resp := h.x.Do(t.Context(), req)
					waitForPeer()
					assertConsistent(t, resp)
					assert.Equal(t, row.ending, resp.Ending, "%v", resp.Attempts)
					assert.Equal(t, row.reason, lastAttempt(t, resp).Reason)
					assert.Len(t, resp.Attempts, wantAttempts(row.ending, safety, h.cfg.MaxAttempts))
					assert.False(t, resp.MayHaveActed())
					assert.Zero(t, resp.Status, "the response of a proxy is not the service's")
					assert.True(t, resp.RetryAt.IsZero())
					assert.Zero(t, h.seen.Load())
					for range len(headers) {
						assert.Empty(t, (<-headers).Get("Authorization"), "the proxy does not receive the API key")
					}
				})
			}
		})
	}
}
