package licensespring_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// Texts that must not appear in errors and logs.
const (
	testKey       = "TESTTEST.fedcba9876543210fedcba9876543210"
	customerEmail = "ada.lovelace@example.com"
	userEmail     = "grace.hopper@example.com"
	company       = "Analytical Engines Ltd"
	givenKey      = "AB2C-D3EF-GH4J-K5MN"
	otherKey      = "ZX2C-V3BN-M4AS-D5FG"
)

func secretsOfOrders() []string {
	return []string{testKey, lst.DefaultAPIKey, customerEmail, userEmail, company, givenKey, otherKey, "lovelace", "hopper"}
}

// anOrder returns an order with a license with a key, one without, one with a
// user, and a customer.
func anOrder(id string) *licensespring.Order {
	return licensespring.NewOrder(id).
		WithCustomer(licensespring.Customer{Email: customerEmail, Company: company}).
		AddItem("acmecad",
			licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3),
			licensespring.NewKeyLicense(givenKey).Perpetual(),
		).
		AddItem("acmeweb", licensespring.NewUserLicense(userEmail))
}

// anAppend returns an append whose licenses all have keys.
func anAppend(id string, keys ...string) *licensespring.Order {
	order := licensespring.NewOrder(id)
	order.Append = true
	var licenses []licensespring.License
	for _, key := range keys {
		licenses = append(licenses, licensespring.NewKeyLicense(key).Perpetual())
	}
	return order.AddItem("acmecad", licenses...)
}

// half makes the jitter deterministic.
func half() float64 { return 0.5 }

// inMemory returns a client and a fake that are connected by an in-memory
// network, for use in a synctest bubble. No rate limit applies.
func inMemory(t *testing.T, service []lst.Option, options ...licensespring.Option) (*licensespring.Client, *lst.Server, *lst.Network) {
	t.Helper()
	network := lst.NewNetwork()
	s := lst.NewServer(t, append(service, lst.WithNetwork(network))...)
	transport := &http.Transport{DialContext: network.DialContext, MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	return newClient(t, s.APIKey(), append([]licensespring.Option{
		licensespring.WithBaseURL(s.URL()),
		licensespring.WithHTTPClient(&http.Client{Transport: transport}),
	}, options...)...), s, network
}

// onLoopback returns a client and a fake that use real HTTP, with negligible
// waits.
func onLoopback(t *testing.T, service []lst.Option, options ...licensespring.Option) (*licensespring.Client, *lst.Server) {
	t.Helper()
	s := lst.NewServer(t, service...)
	return newClient(t, s.APIKey(), append([]licensespring.Option{
		licensespring.WithBaseURL(s.URL()), licensespring.WithHTTPClient(s.Client()), licensespring.WithRetryWaits(1, 1),
	}, options...)...), s
}

// mocked returns a client with a mock transport, for tests of the exact
// requests and responses.
func mocked(t *testing.T, options ...licensespring.Option) (*licensespring.Client, *httpmock.MockTransport) {
	t.Helper()
	transport := httpmock.NewMockTransport()
	return newClient(t, testKey, append([]licensespring.Option{
		licensespring.WithHTTPClient(&http.Client{Transport: transport}), licensespring.WithRetryWaits(1, 1),
	}, options...)...), transport
}

func newClient(t *testing.T, key string, options ...licensespring.Option) *licensespring.Client {
	t.Helper()
	client, err := licensespring.New(key, append([]licensespring.Option{
		licensespring.WithJitter(half),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit)),
	}, options...)...)
	require.NoError(t, err)
	return client
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// response returns a response with a body, as net/http would.
func response(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// respondingWith returns an http.Client that receives the same response to
// every request.
func respondingWith(body string) *http.Client {
	return &http.Client{Transport: transportFunc(func(req *http.Request) (*http.Response, error) { return response(req, http.StatusOK, body), nil })}
}

// newTLSServer returns the address of a service whose certificate is not
// trusted.
func newTLSServer(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// cancelAtEnd calls cancel when the body has been read.
type cancelAtEnd struct {
	io.ReadCloser

	cancel func()
}

func (c cancelAtEnd) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	if err != nil {
		c.cancel()
	}
	return n, err
}

// serve passes a request to a handler and returns the response.
func serve(handler http.Handler, req *http.Request) *http.Response {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, req)
	return w.Result()
}

// sentTo counts the requests that reached an endpoint.
func sentTo(s *lst.Server, endpoint lst.Endpoint) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Endpoint == endpoint {
			n++
		}
	}
	return n
}

// errorOf returns the *Error that every failed call returns.
func errorOf(t *testing.T, err error) *licensespring.Error {
	t.Helper()
	var e *licensespring.Error
	require.ErrorAs(t, err, &e)
	return e
}

// assertMatches checks that the error matches exactly these kinds.
func assertMatches(t *testing.T, err error, kinds ...licensespring.ErrorKind) {
	t.Helper()
	want := make(map[licensespring.ErrorKind]bool)
	for _, kind := range kinds {
		want[kind] = true
	}
	for _, kind := range allKinds() {
		assert.Equal(t, want[kind], errors.Is(err, kind), "matches %q: %v", kind, err)
	}
}

func allKinds() []licensespring.ErrorKind {
	return []licensespring.ErrorKind{
		licensespring.ErrInvalidRequest, licensespring.ErrInvalidConfig, licensespring.ErrUnauthorized, licensespring.ErrNotFound,
		licensespring.ErrOrderExists, licensespring.ErrOrderConflict, licensespring.ErrRateLimited, licensespring.ErrRedirected,
		licensespring.ErrUnavailable, licensespring.ErrBadResponse, licensespring.ErrOutcomeUnknown, licensespring.ErrNotSent,
	}
}

// assertTerse checks that an error contains no secret in any printed form, and
// that its text is one line of bounded length.
func assertTerse(t *testing.T, err error, secrets ...string) {
	t.Helper()
	require.Error(t, err)
	text := err.Error()
	assert.LessOrEqual(t, len(text), 1500)
	assert.NotContains(t, text, "\n")
	for _, text := range printed(t, err) {
		for _, secret := range append(secretsOfOrders(), secrets...) {
			assert.NotContains(t, strings.ToLower(text), strings.ToLower(secret))
		}
		assert.NotContains(t, text, "://")
		assert.NotContains(t, text, "127.0.0.1")
		assert.NotContains(t, text, "/api/v1/")
	}
}

// printed returns everything that a program can print of a value.
func printed(t *testing.T, v any) []string {
	t.Helper()
	var all []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all = append(all, fmt.Sprintf(verb, v))
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", slog.Any("value", v))
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", slog.Any("value", v))
	all = append(all, log.String())
	if data, err := json.Marshal(v); err == nil {
		all = append(all, string(data))
	}
	if err, ok := v.(error); ok {
		for _, cause := range causesOf(err) {
			all = append(all, cause.Error(), fmt.Sprintf("%+v", cause), fmt.Sprintf("%#v", cause))
		}
	}
	return all
}

func causesOf(err error) []error {
	var all []error
	switch wrapped := err.(type) { //nolint:errorlint // the tree is walked
	case interface{ Unwrap() []error }:
		for _, cause := range wrapped.Unwrap() {
			all = append(append(all, cause), causesOf(cause)...)
		}
	case interface{ Unwrap() error }:
		if cause := wrapped.Unwrap(); cause != nil {
			all = append(append(all, cause), causesOf(cause)...)
		}
	}
	return all
}

// recorder is a slog.Handler that keeps its records.
type recorder struct {
	mu      sync.Mutex
	level   slog.Level
	records []slog.Record
}

func (r *recorder) Enabled(_ context.Context, level slog.Level) bool { return level >= r.level }

func (r *recorder) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.records = append(r.records, record.Clone())
	return nil
}

func (r *recorder) WithAttrs([]slog.Attr) slog.Handler { return r }
func (r *recorder) WithGroup(string) slog.Handler      { return r }

// entries returns the attributes of each record, with the members of groups as
// separate attributes.
func (r *recorder) entries() []logEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []logEntry
	for _, record := range r.records {
		e := logEntry{Level: record.Level, Message: record.Message, Attrs: map[string]string{}}
		record.Attrs(func(a slog.Attr) bool {
			e.add("", a)
			return true
		})
		all = append(all, e)
	}
	return all
}

type logEntry struct {
	Level   slog.Level
	Message string
	Attrs   map[string]string
}

func (e *logEntry) add(prefix string, a slog.Attr) {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		e.Attrs[prefix+a.Key] = v.String()
		return
	}
	for _, member := range v.Group() {
		e.add(prefix+a.Key+".", member)
	}
}

// golden reads a file of testdata, and writes it first if the tests are run
// with -update.
func golden(t *testing.T, name string, got []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name))
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	return want
}
