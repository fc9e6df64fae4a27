package exchange_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// looping returns a transport that repeats a request up to n times, like a
// middleware that buffers the body and retries.
func looping(inner http.RoundTripper, n int) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		var body []byte
		if req.Body != nil {
			body, _ = io.ReadAll(req.Body)
		}
		var (
			resp *http.Response
			err  error
		)
		for range n {
			if resp != nil { // the connection becomes idle
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
			again := req.Clone(req.Context())
			again.Body, again.GetBody = io.NopCloser(bytes.NewReader(body)), nil
			if resp, err = inner.RoundTrip(again); err == nil && resp.StatusCode < 500 {
				break
			}
		}
		return resp, err
	})
}

// retrying returns the transport of a go-retryablehttp client.
func retrying(inner http.RoundTripper) http.RoundTripper {
	c := retryablehttp.NewClient()
	c.Logger, c.HTTPClient = nil, &http.Client{Transport: inner}
	return c.StandardClient().Transport //nolint:forbidigo // a transport that callers use
}

// A transport that retries on its own makes an attempt ambiguous: its last
// response is that of a repetition. A non-idempotent request is never written
// twice, whether the transport gets a new connection or an idle one.
func TestTransportThatRepeats(t *testing.T) {
	t.Parallel()
	transports := map[string]func(http.RoundTripper) http.RoundTripper{
		"loop":             func(inner http.RoundTripper) http.RoundTripper { return looping(inner, 3) },
		"go-retryablehttp": retrying,
	}
	const idempotent, nonIdempotent = exchange.Idempotent, exchange.NonIdempotent
	rows := []struct {
		name   string
		safety exchange.Safety
		handle []http.HandlerFunc
		tls    bool
		ending exchange.Ending
		seen   int
	}{
		{name: "lost, then taken", safety: idempotent, handle: []http.HandlerFunc{cut, respond(409, `{"code":"order_id_exists"}`)}, ending: exchange.AmbiguousFinal, seen: 2},
		{name: "lost, then created", safety: idempotent, handle: []http.HandlerFunc{cut, ok}, ending: exchange.OK, seen: 2},
		{name: "502, then rejected", safety: idempotent, handle: []http.HandlerFunc{respond(502, ""), respond(400, "")}, ending: exchange.AmbiguousFinal, seen: 2},
		{name: "a read", safety: exchange.Safe, handle: []http.HandlerFunc{cut, respond(404, "")}, ending: exchange.Rejected, seen: 2},
		{name: "lost append", safety: nonIdempotent, handle: []http.HandlerFunc{cut, ok}, ending: exchange.Ambiguous, seen: 1},
		{name: "502 to an append", safety: nonIdempotent, handle: []http.HandlerFunc{respond(502, ""), ok}, ending: exchange.Ambiguous, seen: 1}, // on an idle connection
		{name: "502 to an append over http2", safety: nonIdempotent, handle: []http.HandlerFunc{respond(502, ""), ok}, tls: true, ending: exchange.Ambiguous, seen: 1},
		{name: "append without a repetition", safety: nonIdempotent, handle: []http.HandlerFunc{ok}, ending: exchange.OK, seen: 1},
	}
	for name, wrap := range transports {
		for _, row := range rows {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					tweaks := []func(*harness){}
					if row.tls {
						tweaks = append(tweaks, withTLS(t, true, true))
					}
					tweaks = append(tweaks, func(h *harness) {
						h.cfg.AttemptTimeout = time.Hour // the transport waits too
						h.client.Transport = wrap(h.transport)
					})
					h := newHarness(t, sequence(row.handle...), tweaks...)
					req := request(row.safety)
					if row.tls {
						req.URL = "https" + req.URL[len("http"):]
					}
					resp := h.x.Do(t.Context(), req)
					waitForPeer()
					assertConsistent(t, resp)
					assert.Equal(t, row.ending, resp.Ending, "%v", resp.Attempts)
					assert.EqualValues(t, row.seen, h.seen.Load())
					if row.ending == exchange.Ambiguous || row.ending == exchange.AmbiguousFinal {
						assert.True(t, resp.MayHaveActed())
						assert.Equal(t, "transport repeated the request", lastAttempt(t, resp).Reason)
					}
				})
			})
		}
	}
}

// If the proxy cannot be determined nothing was sent, whatever the
// transport. An error of the transport itself stays ambiguous.
func TestProxyThatCannotBeDetermined(t *testing.T) {
	t.Parallel()
	fails := func(*http.Request) (*url.URL, error) { return nil, fmt.Errorf("no proxy for canary") }
	for _, safety := range safeties {
		x := exchange.New(exchange.Config{
			HTTP:        &http.Client{Transport: &http.Transport{Proxy: fails}},
			MaxAttempts: 3, MaxBody: 100, Jitter: func() float64 { return 0 },
		})
		resp := x.Do(t.Context(), request(safety))
		require.Len(t, resp.Attempts, 1)
		assert.Equal(t, exchange.PermanentFailure, resp.Ending)
		assert.Equal(t, exchange.Unsent, resp.Attempts[0].Phase)
		assert.Equal(t, "proxy could not be determined", resp.Attempts[0].Reason)
		assert.False(t, resp.MayHaveActed())
		assertNoSecrets(t, resp.Err)
	}
}
