package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

func TestFailureHidesTextOfCause(t *testing.T) {
	t.Parallel()
	cause := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	wrapped := fmt.Errorf("query-canary: %w", &url.Error{Op: "Post", URL: address, Err: fmt.Errorf("proxy-canary: %w", &url.Error{Op: "Get", URL: address, Err: cause})})
	err := error(exchange.NewFailure(t.Context(), "connection refused", wrapped))

	require.EqualError(t, err, "connection refused")
	assertNoSecrets(t, err)
	assertNoSecrets(t, fmt.Errorf("create: %w", err))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.NotErrorIs(t, err, io.EOF)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	assert.Same(t, cause, op)
	var withURL *url.Error
	assert.NotErrorAs(t, err, &withURL, "the wrapper with the URL is removed")
}

// The attempt timeout also ends with context.DeadlineExceeded. Only the end of the
// caller's context may match it.
func TestFailureMatchesOnlyCallersContext(t *testing.T) {
	t.Parallel()
	attempt := error(exchange.NewFailure(t.Context(), "timed out", context.DeadlineExceeded))
	require.NotErrorIs(t, attempt, context.DeadlineExceeded)
	var timeout net.Error
	require.ErrorAs(t, attempt, &timeout)
	assert.True(t, timeout.Timeout())

	done, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the caller's own canary"))
	call := error(exchange.NewFailure(done, "canceled", context.Cause(done)))
	require.ErrorIs(t, call, context.Canceled)
	require.NotErrorIs(t, call, context.DeadlineExceeded)
	assertNoSecrets(t, call)
}

// Each of these errors, of net/http or around it, quotes a secret.
func TestErrorsQuoteNothing(t *testing.T) {
	t.Parallel()
	proxied := func(scheme string) func(*harness) {
		return func(h *harness) {
			h.transport.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, User: url.UserPassword("u", "proxy-canary"), Host: "127.0.0.1:3128"})
		}
	}
	replaced := func(f roundTripper) func(*harness) { return func(h *harness) { h.client.Transport = f } }
	for _, row := range []struct {
		name   string
		url    string
		handle http.HandlerFunc
		tweaks []func(*harness)
		ending exchange.Ending
	}{
		{name: "invalid port", url: "http://127.0.0.1:canary/?query-canary", ending: exchange.NotSent},
		{name: "invalid escape", url: "http://127.0.0.1/%zzcanary", ending: exchange.NotSent},
		{name: "unknown scheme", url: "canary://127.0.0.1/?query-canary", ending: exchange.Ambiguous}, // the hooks are not called
		{name: "response that is not http and echoes the request", handle: raw("canary " + address + "\r\n" + payload + "\r\n\r\n"), ending: exchange.Ambiguous},
		{name: "header that echoes the request", handle: raw("HTTP/1.1 200 OK\r\n" + payload + "\r\n\r\n"), ending: exchange.Ambiguous},
		{name: "status that echoes the request", handle: raw("HTTP/1.1 2xx" + payload + "\r\n\r\n"), ending: exchange.Ambiguous},
		{name: "invalid location", handle: respond(302, "", "Location", "http://%zz/?query-canary"), ending: exchange.Rejected},
		{name: "proxy refuses the connection", tweaks: []func(*harness){proxied("http"), refuseDials}, ending: exchange.NotSent},
		{name: "proxy rejects CONNECT and echoes", url: "https://" + host + "/?query-canary", handle: raw("HTTP/1.1 407 http://u:proxy-canary@127.0.0.1:3128\r\n\r\n"), tweaks: []func(*harness){proxied("http")}, ending: exchange.NotSent},
		{name: "socks proxy", tweaks: []func(*harness){proxied("socks5")}, handle: cut, ending: exchange.NotSent},
		{name: "proxy function fails", tweaks: []func(*harness){func(h *harness) {
			h.transport.Proxy = func(req *http.Request) (*url.URL, error) { return nil, fmt.Errorf("no proxy for %s", req.URL) }
		}}, ending: exchange.PermanentFailure},
		{name: "transport error with the request", tweaks: []func(*harness){replaced(func(req *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s with %v: %w", req.URL, req.Header, io.EOF)
		})}, ending: exchange.Ambiguous},
		{name: "transport error with nested url errors", tweaks: []func(*harness){replaced(func(req *http.Request) (*http.Response, error) {
			return nil, errors.Join(errors.New("canary"), &url.Error{Op: "Get", URL: req.URL.String(), Err: &url.Error{Op: "Get", URL: address, Err: io.EOF}})
		})}, ending: exchange.Ambiguous},
		{name: "transport returns nil and nil", tweaks: []func(*harness){replaced(func(*http.Request) (*http.Response, error) {
			return nil, nil //nolint:nilnil // what a broken transport does
		})}, ending: exchange.Ambiguous},
		{name: "body read error", tweaks: []func(*harness){replaced(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(io.MultiReader(errReader{fmt.Errorf("reading %s", req.URL)}))}, nil
		})}, ending: exchange.BadBody},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if row.handle == nil {
					row.handle = ok
				}
				h := newHarness(t, row.handle, row.tweaks...)
				req := request(exchange.NonIdempotent)
				if row.url != "" {
					req.URL = row.url
				}
				resp := h.x.Do(t.Context(), req)
				assert.Equal(t, row.ending, resp.Ending, "%v", resp.Attempts)
				assertConsistent(t, resp)
				if row.ending != exchange.Rejected {
					require.Error(t, resp.Err)
				}
			})
		})
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
