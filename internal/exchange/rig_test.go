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

// What must never be in an error: a part of the URL, of a header, of the body,
// and of a proxy's address.
const (
	host    = "127.0.0.1:1"
	address = "http://" + host + "/api/v1/orders/create_order/?store_id=query-canary"
	apiKey  = "Api-Key header-canary"
	payload = `{"id":"body-canary"}`
)

var safeties = [...]exchange.Safety{exchange.Read, exchange.Guarded, exchange.Unguarded}

func safetyName(s exchange.Safety) string { return [...]string{"read", "guarded", "unguarded"}[s] }

// rig is an Exchanger and a server, joined by a network in memory, so that in a
// bubble all that waits takes no time. It makes no goroutine that the bubble
// does not see end.
type rig struct {
	net       *lst.Network
	transport *http.Transport
	client    *http.Client
	cfg       exchange.Config
	server    *http.Server
	tls       bool
	handle    http.HandlerFunc

	x    *exchange.Exchanger
	seen atomic.Int32 // requests that the server has read to their end

	mu     sync.Mutex
	dialed []string
}

// newRig starts a rig. Tweaks may change everything before it starts.
func newRig(t *testing.T, handle http.HandlerFunc, tweaks ...func(*rig)) *rig {
	t.Helper()
	r := &rig{net: lst.NewNetwork(), handle: handle}
	r.transport = &http.Transport{DialContext: r.dial}
	r.client = &http.Client{Transport: r.transport}
	r.cfg = exchange.Config{
		MaxAttempts:    3,
		WaitMin:        time.Second,
		WaitMax:        8 * time.Second,
		AttemptTimeout: 10 * time.Second,
		MaxBody:        4 << 10,
		Jitter:         func() float64 { return 0.5 },
	}
	r.server = &http.Server{
		Handler:           http.HandlerFunc(r.serve),
		ErrorLog:          log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 24 * time.Hour,
	}
	for _, tweak := range tweaks {
		tweak(r)
	}
	r.cfg.HTTP = r.client
	r.x = exchange.New(r.cfg)

	listener := r.net.Listener()
	go func() {
		if r.tls {
			_ = r.server.ServeTLS(listener, "", "")
		} else {
			_ = r.server.Serve(listener)
		}
	}()
	t.Cleanup(func() {
		r.transport.CloseIdleConnections()
		_ = r.server.Close()
		_ = listener.Close()
	})
	return r
}

func (r *rig) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	r.mu.Lock()
	r.dialed = append(r.dialed, addr)
	r.mu.Unlock()
	return r.net.DialContext(ctx, network, addr)
}

func (r *rig) serve(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodConnect {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		r.seen.Add(1)
	}
	r.handle(w, req)
}

// request is one of the three kinds of request.
func request(s exchange.Safety) exchange.Request {
	req := exchange.Request{
		Method: http.MethodPost,
		URL:    address,
		Header: http.Header{"Authorization": {apiKey}, "Content-Type": {"application/json"}},
		Body:   []byte(payload),
		Safety: s,
	}
	if s == exchange.Read {
		req.Method, req.Body = http.MethodGet, nil
	}
	return req
}

func (r *rig) do(t *testing.T, s exchange.Safety) *exchange.Reply {
	t.Helper()
	return r.x.Do(t.Context(), request(s))
}

// ended is a watcher that looks at the ends of attempts.
type ended func(context.Context, exchange.Attempt)

func (ended) Start(ctx context.Context, _ int) context.Context    { return ctx }
func (f ended) End(ctx context.Context, attempt exchange.Attempt) { f(ctx, attempt) }

// The handlers.

func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// ok is the answer to a request that was granted.
func ok(w http.ResponseWriter, req *http.Request) { answer(http.StatusOK, `{"id":1}`)(w, req) }

// inTurn answers the first request with the first handler, and so on; the last
// one goes on for ever.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, req *http.Request) {
		i := int(n.Add(1)) - 1
		handlers[min(i, len(handlers)-1)](w, req)
	}
}

// raw answers with bytes and ends the connection.
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

func cut(w http.ResponseWriter, req *http.Request) { raw("")(w, req) }

// hang answers nothing until the client goes away.
func hang(_ http.ResponseWriter, req *http.Request) { <-req.Context().Done() }

// lag lets virtual time pass before it goes on.
func lag(d time.Duration, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		<-timer.C
		next(w, req)
	}
}

// secure makes the rig speak TLS, over HTTP/1 or HTTP/2, with a certificate
// that the client trusts or not.
func secure(t *testing.T, h2, trusted bool) func(*rig) {
	t.Helper()
	cert := certificate(t)
	return func(r *rig) {
		r.tls = true
		protocols := new(http.Protocols)
		protocols.SetHTTP1(!h2)
		protocols.SetHTTP2(h2)
		r.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}
		r.server.Protocols = protocols
		r.transport.Protocols = protocols
		roots := x509.NewCertPool()
		if trusted {
			roots.AddCert(cert.Leaf)
		}
		r.transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	}
}

// certificate makes one for the address of the tests that is valid in a bubble,
// where it is the year 2000, and outside.
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

// roundTripper is a transport that is a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// assertSecretsKept walks the whole chain of an error and looks at each link in
// every way one can print it.
func assertSecretsKept(t *testing.T, err error) {
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

// assertJournal checks what holds for the journal of any reply.
func assertJournal(t *testing.T, reply *exchange.Reply) {
	t.Helper()
	for i, a := range reply.Attempts {
		last := i == len(reply.Attempts)-1
		assert.Equal(t, i+1, a.Number)
		assert.False(t, a.Start.IsZero())
		assert.NotEmpty(t, a.Reason)
		assert.NotEmpty(t, a.Verdict)
		assert.Equal(t, a.Phase == exchange.Answered, a.Status != 0, "a status is an answer")
		assert.Equal(t, !last, a.Verdict == "sent again", "#%d: %s", a.Number, a.Verdict)
		if last {
			assert.Zero(t, a.Wait)
			assert.Equal(t, a.Ending, reply.Ending)
			assert.Equal(t, a.Status, reply.Status)
		} else {
			assert.False(t, reply.Attempts[i+1].Start.Before(a.Start.Add(a.Took+a.Wait)))
		}
		for _, text := range []string{a.Reason, a.Verdict} {
			assertSecretsKept(t, errors.New(text))
		}
	}
	if reply.Ending == exchange.Done {
		require.NoError(t, reply.Err)
	}
	assertSecretsKept(t, reply.Err)
}

// ending of the last attempt, in a form that fails legibly.
func last(t *testing.T, reply *exchange.Reply) exchange.Attempt {
	t.Helper()
	require.NotEmpty(t, reply.Attempts)
	return reply.Attempts[len(reply.Attempts)-1]
}

// bigHeader makes a header that net/http cannot send in one piece.
func bigHeader() string { return strings.Repeat("x", 6000) }
