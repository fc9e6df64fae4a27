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

func TestFailureTellsItsCauseButNotItsText(t *testing.T) {
	t.Parallel()
	cause := &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	wrapped := fmt.Errorf("query-canary: %w", &url.Error{Op: "Post", URL: address, Err: fmt.Errorf("proxy-canary: %w", &url.Error{Op: "Get", URL: address, Err: cause})})
	err := error(exchange.NewFailure(t.Context(), "connection refused", wrapped))

	require.EqualError(t, err, "connection refused")
	assertSecretsKept(t, err)
	assertSecretsKept(t, fmt.Errorf("create: %w", err))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.NotErrorIs(t, err, io.EOF)
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	assert.Same(t, cause, op)
	var withURL *url.Error
	assert.NotErrorAs(t, err, &withURL, "the wrapper that holds the URL is gone")
}

// The attempt's own time limit ends it with context.DeadlineExceeded, too. Only
// the caller's context may look like the caller's context.
func TestFailureKnowsWhoseTimeWasUp(t *testing.T) {
	t.Parallel()
	attempt := error(exchange.NewFailure(t.Context(), "timed out", context.DeadlineExceeded))
	require.NotErrorIs(t, attempt, context.DeadlineExceeded)
	var timeout net.Error
	require.ErrorAs(t, attempt, &timeout)
	assert.True(t, timeout.Timeout())

	over, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the caller's own canary"))
	call := error(exchange.NewFailure(over, "canceled", context.Cause(over)))
	require.ErrorIs(t, call, context.Canceled)
	require.NotErrorIs(t, call, context.DeadlineExceeded)
	assertSecretsKept(t, call)
}

// Each of these errors of net/http, or of what is around it, quotes something
// that is nobody's business.
func TestNoErrorQuotesAnything(t *testing.T) {
	t.Parallel()
	proxied := func(scheme string) func(*rig) {
		return func(r *rig) {
			r.transport.Proxy = http.ProxyURL(&url.URL{Scheme: scheme, User: url.UserPassword("u", "proxy-canary"), Host: "127.0.0.1:3128"})
		}
	}
	replaced := func(f roundTripper) func(*rig) { return func(r *rig) { r.client.Transport = f } }
	for _, row := range []struct {
		name   string
		url    string
		handle http.HandlerFunc
		tweaks []func(*rig)
		ending exchange.Ending
	}{
		{name: "an address that is none", url: "http://127.0.0.1:canary/?query-canary", ending: exchange.NotSent},
		{name: "an address with half an escape", url: "http://127.0.0.1/%zzcanary", ending: exchange.NotSent},
		{name: "a scheme that is none", url: "canary://127.0.0.1/?query-canary", ending: exchange.Lost}, // the hooks stay silent
		{name: "an answer that is not http and echoes", handle: raw("canary " + address + "\r\n" + payload + "\r\n\r\n"), ending: exchange.Lost},
		{name: "a header that echoes", handle: raw("HTTP/1.1 200 OK\r\n" + payload + "\r\n\r\n"), ending: exchange.Lost},
		{name: "a status that echoes", handle: raw("HTTP/1.1 2xx" + payload + "\r\n\r\n"), ending: exchange.Lost},
		{name: "a location that cannot be parsed", handle: answer(302, "", "Location", "http://%zz/?query-canary"), ending: exchange.Refused},
		{name: "a proxy that refuses", tweaks: []func(*rig){proxied("http"), refuse}, ending: exchange.NotSent},
		{name: "a proxy that refuses to connect, and echoes", url: "https://" + host + "/?query-canary", handle: raw("HTTP/1.1 407 http://u:proxy-canary@127.0.0.1:3128\r\n\r\n"), tweaks: []func(*rig){proxied("http")}, ending: exchange.NotSent},
		{name: "a proxy of socks", tweaks: []func(*rig){proxied("socks5")}, handle: cut, ending: exchange.NotSent},
		{name: "a proxy that is not set up", tweaks: []func(*rig){func(r *rig) {
			r.transport.Proxy = func(req *http.Request) (*url.URL, error) { return nil, fmt.Errorf("no proxy for %s", req.URL) }
		}}, ending: exchange.Lost},
		{name: "a transport that talks", tweaks: []func(*rig){replaced(func(req *http.Request) (*http.Response, error) {
			return nil, fmt.Errorf("%s with %v: %w", req.URL, req.Header, io.EOF)
		})}, ending: exchange.Lost},
		{name: "a transport that calls others", tweaks: []func(*rig){replaced(func(req *http.Request) (*http.Response, error) {
			return nil, errors.Join(errors.New("canary"), &url.Error{Op: "Get", URL: req.URL.String(), Err: &url.Error{Op: "Get", URL: address, Err: io.EOF}})
		})}, ending: exchange.Lost},
		{name: "a transport that says nothing at all", tweaks: []func(*rig){replaced(func(*http.Request) (*http.Response, error) {
			return nil, nil //nolint:nilnil // what a broken transport does
		})}, ending: exchange.Lost},
		{name: "a body that fails", tweaks: []func(*rig){replaced(func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(io.MultiReader(errReader{fmt.Errorf("reading %s", req.URL)}))}, nil
		})}, ending: exchange.Unreadable},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if row.handle == nil {
					row.handle = ok
				}
				r := newRig(t, row.handle, row.tweaks...)
				req := request(exchange.Unguarded)
				if row.url != "" {
					req.URL = row.url
				}
				reply := r.x.Do(t.Context(), req)
				assert.Equal(t, row.ending, reply.Ending, "%v", reply.Attempts)
				assertJournal(t, reply)
				if row.ending != exchange.Refused {
					require.Error(t, reply.Err)
				}
			})
		})
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
