package exchange_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// The canaries in these values must never appear in an error: parts of the URL,
// of a header and of the body.
const (
	host    = "127.0.0.1:1"
	address = "http://" + host + "/api/v1/orders/create_order/?store_id=query-canary"
	apiKey  = "Api-Key header-canary"
	payload = `{"id":"body-canary"}`
)

var safeties = [...]exchange.Safety{exchange.Safe, exchange.Idempotent, exchange.NonIdempotent}

func safetyName(s exchange.Safety) string {
	return [...]string{"safe", "idempotent", "nonidempotent"}[s]
}

// harness is an Exchanger and a server on an in-memory network, so that waits in
// a synctest bubble take no real time. It leaves no goroutine behind.
type harness struct {
	net       *lst.Network
	transport *http.Transport
	client    *http.Client
	cfg       exchange.Config
	server    *http.Server
	tls       bool
	handle    http.HandlerFunc

	x    *exchange.Exchanger
	seen atomic.Int32 // requests that the server has read completely

	mu     sync.Mutex
	dialed []string
}

// newHarness starts a harness. Tweaks may change every field before it starts.
func newHarness(t *testing.T, handle http.HandlerFunc, tweaks ...func(*harness)) *harness {
	t.Helper()
	h := &harness{net: lst.NewNetwork(), handle: handle}
	h.transport = &http.Transport{DialContext: h.dial}
	h.client = &http.Client{Transport: h.transport}
	h.cfg = exchange.Config{
		MaxAttempts:    3,
		WaitMin:        time.Second,
		WaitMax:        8 * time.Second,
		AttemptTimeout: 10 * time.Second,
		MaxBody:        4 << 10,
		Jitter:         func() float64 { return 0.5 },
	}
	h.server = &http.Server{
		Handler:           http.HandlerFunc(h.serve),
		ErrorLog:          log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 24 * time.Hour,
	}
	for _, tweak := range tweaks {
		tweak(h)
	}
	h.cfg.HTTP = h.client
	h.x = exchange.New(h.cfg)

	listener := h.net.Listener()
	go func() {
		if h.tls {
			_ = h.server.ServeTLS(listener, "", "")
		} else {
			_ = h.server.Serve(listener)
		}
	}()
	t.Cleanup(func() {
		h.transport.CloseIdleConnections()
		_ = h.server.Close()
		_ = listener.Close()
	})
	return h
}

func (h *harness) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	h.mu.Lock()
	h.dialed = append(h.dialed, addr)
	h.mu.Unlock()
	return h.net.DialContext(ctx, network, addr)
}

func (h *harness) serve(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodConnect {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		h.seen.Add(1)
	}
	h.handle(w, req)
}

// request returns a request of the given kind.
func request(s exchange.Safety) exchange.Request {
	req := exchange.Request{
		Method: http.MethodPost,
		URL:    address,
		Header: http.Header{"Authorization": {apiKey}, "Content-Type": {"application/json"}},
		Body:   []byte(payload),
		Safety: s,
	}
	if s == exchange.Safe {
		req.Method, req.Body = http.MethodGet, nil
	}
	return req
}

func (h *harness) do(t *testing.T, s exchange.Safety) *exchange.Response {
	t.Helper()
	return h.x.Do(t.Context(), request(s))
}

// endFunc is a Watcher that only observes the ends of attempts.
type endFunc func(context.Context, exchange.Attempt)

func (endFunc) Start(ctx context.Context, _ int) context.Context    { return ctx }
func (f endFunc) End(ctx context.Context, attempt exchange.Attempt) { f(ctx, attempt) }

// The handlers.

// respond responds with a status, a body and pairs of header name and value.
func respond(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// ok responds with 200 and a JSON body.
func ok(w http.ResponseWriter, req *http.Request) { respond(http.StatusOK, `{"id":1}`)(w, req) }

// sequence handles the n-th request with the n-th handler, and all further ones
// with the last handler.
func sequence(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, req *http.Request) {
		i := int(n.Add(1)) - 1
		handlers[min(i, len(handlers)-1)](w, req)
	}
}

// raw writes bytes and closes the connection.
func raw(bytes string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, bytes)
		_ = conn.Close()
	}
}

// cut closes the connection without a response.
func cut(w http.ResponseWriter, req *http.Request) { raw("")(w, req) }

// hang does not respond until the client disconnects.
func hang(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }

// delay waits before it calls next.
func delay(d time.Duration, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		<-timer.C
		next(w, req)
	}
}

// withTLS makes the harness use TLS, over HTTP/1 or HTTP/2, with a certificate
// that the client trusts or not.
func withTLS(t *testing.T, h2, trusted bool) func(*harness) {
	t.Helper()
	cert := certificate(t)
	return func(h *harness) {
		h.tls = true
		protocols := new(http.Protocols)
		protocols.SetHTTP1(!h2)
		protocols.SetHTTP2(h2)
		h.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
		h.server.Protocols = protocols
		h.transport.Protocols = protocols
		roots := x509.NewCertPool()
		if trusted {
			roots.AddCert(cert.Leaf)
		}
		h.transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	}
}

// certificate returns a certificate for 127.0.0.1 that is valid in a bubble,
// where the year is 2000, and outside.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// roundTripper adapts a function to http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// assertNoSecrets checks every error in the chain of err under every verb.
func assertNoSecrets(t *testing.T, err error) {
	t.Helper()
	for _, link := range chain(err) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%t"} {
			text := fmt.Sprintf(verb, link)
			for _, canary := range []string{"canary", "://", "?store_id"} {
				assert.NotContains(t, text, canary, "%T under %s", link, verb)
			}
			assert.Less(t, len(text), 300)
		}
	}
}

func chain(err error) []error {
	if err == nil {
		return nil
	}
	links := []error{err}
	switch e := err.(type) { //nolint:errorlint // walks the chain itself
	case interface{ Unwrap() error }:
		links = append(links, chain(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, next := range e.Unwrap() {
			links = append(links, chain(next)...)
		}
	}
	return links
}

// assertConsistent checks what holds for the attempts of any response.
func assertConsistent(t *testing.T, resp *exchange.Response) {
	t.Helper()
	for i, a := range resp.Attempts {
		last := i == len(resp.Attempts)-1
		assert.Equal(t, i+1, a.Number)
		assert.False(t, a.Start.IsZero())
		assert.NotEmpty(t, a.Reason)
		assert.Equal(t, a.Ending == exchange.OK, a.Decision == "", "#%d: %s", a.Number, a.Decision)
		assert.Equal(t, a.Phase == exchange.Responded, a.Status != 0, "a status means a response")
		assert.Equal(t, !last, a.Decision == "retry", "#%d: %s", a.Number, a.Decision)
		if last {
			assert.Zero(t, a.Wait)
			assert.Equal(t, a.Ending, resp.Ending)
			assert.Equal(t, a.Status, resp.Status)
		} else {
			assert.False(t, resp.Attempts[i+1].Start.Before(a.Start.Add(a.Took+a.Wait)))
		}
		for _, text := range []string{a.Reason, a.Decision} {
			assertNoSecrets(t, errors.New(text))
		}
	}
	if resp.Ending == exchange.OK {
		require.NoError(t, resp.Err)
	}
	assertNoSecrets(t, resp.Err)
}

// lastAttempt returns the last attempt, and fails the test if there is none.
func lastAttempt(t *testing.T, resp *exchange.Response) exchange.Attempt {
	t.Helper()
	require.NotEmpty(t, resp.Attempts)
	return resp.Attempts[len(resp.Attempts)-1]
}

// bigHeader returns a header value that net/http cannot send in one write.
func bigHeader() string { return strings.Repeat("x", 6000) }
