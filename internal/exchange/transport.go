package exchange

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// copyClient returns the http.Client that an exchange works with. The caller's
// is left as it is.
func copyClient(caller *http.Client, attemptTimeout time.Duration) *http.Client {
	c := *caller
	if c.Transport == nil {
		c.Transport = defaultTransport()
	}
	// A timeout of the caller's client holds for an attempt too. It is taken
	// over and not left to net/http, which starts a goroutine for each request
	// when it does not know the transport.
	if attemptTimeout == 0 || (c.Timeout > 0 && c.Timeout < attemptTimeout) {
		attemptTimeout = c.Timeout
	}
	c.Timeout = 0
	c.Transport = attemptTransport{base: c.Transport, timeout: attemptTimeout}
	// A redirected POST becomes a GET whose 200 looks like success, and a key
	// in a header may be carried to another host. No redirect is followed: the
	// transport hides where to, and this would hold where it did not.
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

var errNoResponse = errors.New("the transport returned neither a response nor an error")

// attemptTransport sends one attempt within its own time. It shows nothing of
// the transport below it but RoundTrip: go-retryablehttp closes all idle
// connections whenever a call fails for good, and they may be other calls', or
// even another client's.
type attemptTransport struct {
	base    http.RoundTripper
	timeout time.Duration // 0: none
}

// RoundTrip sends one attempt. Its time ends when the body is closed.
func (t attemptTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	ctx, cancel := c.attemptContext(), func() {}
	if t.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, t.timeout)
	}
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err == nil && resp == nil {
		err = errNoResponse
	}
	if err != nil {
		cancel()
		return nil, err
	}
	c.timed.ReadCloser, c.timed.cancel = resp.Body, cancel
	if resp.Body == nil { // net/http never does this, mocks do
		c.timed.ReadCloser = http.NoBody
	}
	// A copy, for a transport may return the same response again and again, and
	// to several calls at once.
	c.answer = *resp
	c.answer.Body = &c.timed
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		// Nobody wants to know where to. http.Client would parse it all the
		// same, and lose the answer over one that it cannot parse.
		c.answer.Header = resp.Header.Clone()
		c.answer.Header.Del("Location")
	}
	return &c.answer, nil
}

func (t attemptTransport) closeIdle() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type timedBody struct {
	io.ReadCloser

	cancel context.CancelFunc
}

// Close closes the body and ends the attempt's time.
func (b *timedBody) Close() error {
	err := b.ReadCloser.Close()
	b.cancel()
	return err
}

// defaultTransport is used where the caller brings none. It differs from
// net/http's in that it keeps as many idle connections for its one host as a
// busy program uses: net/http keeps two and closes the rest after each burst.
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
		// Headers are kept in memory before any limit of ours can see them.
		MaxResponseHeaderBytes: 256 << 10,
	}
}
