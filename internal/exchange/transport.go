package exchange

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// copyClient returns the http.Client of an Exchanger: a copy of the caller's,
// which is not changed.
func copyClient(caller *http.Client, attemptTimeout time.Duration) *http.Client {
	c := *caller
	if c.Transport == nil {
		c.Transport = defaultTransport()
	}
	// The timeout of the caller's client applies to an attempt as well. It is
	// enforced by attemptTransport, because net/http would start a goroutine for
	// each request on a transport of an unknown type.
	if attemptTimeout == 0 || (c.Timeout > 0 && c.Timeout < attemptTimeout) {
		attemptTimeout = c.Timeout
	}
	c.Timeout = 0
	c.Transport = attemptTransport{base: c.Transport, timeout: attemptTimeout}
	// A redirected POST becomes a GET whose 200 looks like success, and the API
	// key could be sent to another host. No redirect is followed: attemptTransport
	// removes the Location header, and this rejects any redirect that remains.
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

var errNoResponse = errors.New("transport returned neither a response nor an error")

// attemptTransport sends one attempt within the attempt timeout. It exposes only
// RoundTrip of the base transport: go-retryablehttp closes all idle connections
// when a call fails, and other calls or clients may use them.
type attemptTransport struct {
	base    http.RoundTripper
	timeout time.Duration // 0: none
}

// RoundTrip sends one attempt. The attempt timeout applies until the body is
// closed.
func (t attemptTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	ctx, cancel := c.attemptCtx, context.CancelFunc(func() {})
	switch {
	case t.timeout > 0:
		ctx, cancel = context.WithTimeout(ctx, t.timeout)
	case c.safety == NonIdempotent:
		ctx, cancel = context.WithCancel(ctx)
	}
	if c.safety == NonIdempotent {
		c.phase.stop = cancel
	}
	ctx = c.phase.trace(ctx)
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err == nil && resp == nil {
		err = errNoResponse
	}
	if err != nil {
		cancel()
		return nil, t.withProxyError(req, err, c.phase)
	}
	c.respBody.ReadCloser, c.respBody.cancel = resp.Body, cancel
	if resp.Body == nil { // net/http never returns nil, mocks do
		c.respBody.ReadCloser = http.NoBody
	}
	// A mock may return the same response to several calls, so it is copied.
	c.httpResp = *resp
	c.httpResp.Body = &c.respBody
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		// http.Client parses Location even if it does not follow it, and drops
		// the response if it is invalid.
		c.httpResp.Header = resp.Header.Clone()
		c.httpResp.Header.Del("Location")
	}
	return &c.httpResp, nil
}

// withProxyError returns err as a *proxyError if the proxy could not be
// determined, or did not accept the CONNECT request. In both cases nothing was
// sent. The default transport returns a *proxyError itself.
func (t attemptTransport) withProxyError(req *http.Request, err error, p *phase) error {
	tr, ok := t.base.(*http.Transport)
	switch {
	case !ok || p.headersWritten():
		return err
	case p.connRequested.Load():
		// net/http returns the status text of the response and nothing else.
		for status := http.StatusContinue; status < 600; status++ {
			if text := http.StatusText(status); text != "" && err.Error() == text {
				return &proxyError{status: status, cause: err}
			}
		}
		return err
	case tr.Proxy == nil:
		return err
	}
	// No connection was requested. If the proxy function returns the same error
	// again, it is the reason.
	if _, proxyErr := tr.Proxy(req); proxyErr == nil || proxyErr.Error() != err.Error() {
		return err
	}
	return &proxyError{cause: err}
}

// proxyError is the error of a request that could not be sent because of its
// proxy.
type proxyError struct {
	status int // of the response to CONNECT; 0: the proxy could not be determined
	cause  error
}

// Error returns the reason of the attempt.
func (e *proxyError) Error() string {
	if e.status == 0 {
		return "proxy could not be determined"
	}
	return "proxy responded to CONNECT with status " + strconv.Itoa(e.status)
}

// Unwrap returns the error of net/http.
func (e *proxyError) Unwrap() error { return e.cause }

// isPermanent reports whether a retry cannot help.
func (e *proxyError) isPermanent() bool {
	return e.status < 500 && e.status != http.StatusRequestTimeout && e.status != http.StatusTooManyRequests
}

func (t attemptTransport) closeIdle() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// timedBody is the body of a response, which ends the attempt timeout when it is
// closed.
type timedBody struct {
	io.ReadCloser

	cancel context.CancelFunc
}

// Close closes the body and releases the timer of the attempt.
func (b *timedBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}

// defaultTransport returns the transport for a client without one. Unlike
// http.DefaultTransport it keeps idle connections for a burst of calls to one
// host: net/http keeps two and closes the others.
func defaultTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
		// net/http buffers headers before MaxBody can apply.
		MaxResponseHeaderBytes: 256 << 10,
		OnProxyConnectResponse: func(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
			if resp.StatusCode != http.StatusOK {
				return &proxyError{status: resp.StatusCode, cause: errors.New("connect failed")}
			}
			return nil
		},
	}
}
