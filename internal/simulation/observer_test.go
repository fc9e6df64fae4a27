package simulation

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An observer is a transport between the SDK and net/http. It tags each attempt, so
// that requests at the service can be attributed to it, and records what the SDK
// received.
type observer struct{ base http.RoundTripper }

// An observation is one attempt as observed outside of the SDK.
type observation struct {
	method, path string
	start        time.Time

	// mu guards the fields below. Different goroutines may read and close a body.
	mu       sync.Mutex
	reused   bool // the connection had been used before
	status   int
	injected bool      // the response does not come from the service
	retryAt  time.Time // from the Retry-After header
	err      error
	body     []byte
	complete bool // the body was read completely

	page *page // the decoded body, or nil
}

// headerTag contains the numbers of the call and of the attempt.
const headerTag = "X-Sim-Attempt"

func tagOf(call, attempt int) string { return fmt.Sprintf("%03d.%03d", call, attempt) }

func parseTag(tag string) (call, attempt int, ok bool) {
	n, err := fmt.Sscanf(tag, "%d.%d", &call, &attempt)
	return call, attempt, err == nil && n == 2
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// RoundTrip sends a tagged copy of the request.
func (t observer) RoundTrip(req *http.Request) (*http.Response, error) {
	c, _ := req.Context().Value(callKey{}).(*call)
	o := &observation{method: req.Method, path: req.URL.Path, start: time.Now()}
	tag := c.observe(o)
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.reused = info.Reused
	}}
	tagged := req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	tagged.Header = maps.Clone(req.Header)
	tagged.Header[headerTag] = []string{tag}
	resp, err := t.base.RoundTrip(tagged)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.err = err
		return nil, err
	}
	o.status, o.injected = resp.StatusCode, resp.Header.Get(headerInjected) != ""
	o.retryAt = retryAfterTime(resp.Header, time.Now())
	resp.Body = &observedBody{ReadCloser: resp.Body, observation: o}
	return resp, nil
}

// An observedBody records what is read from a body.
type observedBody struct {
	io.ReadCloser

	observation *observation
}

func (b *observedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.observation.mu.Lock()
	defer b.observation.mu.Unlock()
	b.observation.body = append(b.observation.body, p[:n]...)
	b.observation.complete = b.observation.complete || err == io.EOF
	return n, err
}

// retryAfterTime parses Retry-After in the form of seconds or of a date. It returns
// the zero time for other forms.
func retryAfterTime(h http.Header, now time.Time) time.Time {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && !strings.HasPrefix(value, "-") {
		return now.Add(time.Duration(min(seconds, 24*3600) * float64(time.Second)))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return time.Time{}
	}
	clock, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		clock = now
	}
	return now.Add(max(0, at.Sub(clock)))
}
