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

// An observer is the transport that the SDK uses. It records each attempt and what
// the SDK received.
type observer struct{ base http.RoundTripper }

// A sender is the transport below the observer, and below a repeating transport if
// the process has one. It records each send of an attempt and tags its request, so
// that requests at the service can be attributed to it.
type sender struct{ base *http.Transport }

// An observation is one attempt as observed outside of the SDK.
type observation struct {
	method, path string
	tag          tag // without the number of the send
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
	sends    []*send

	page *page // the decoded body, or nil
}

// A send is one request of an attempt. There is more than one only if the process
// has a repeating transport.
type send struct {
	connRequested, wroteHeaders bool
	status                      int
}

// repeated reports whether the transport wrote the request twice or, for an append,
// tried to: the SDK must stop the second write.
func (o *observation) repeated(appends bool) bool {
	written := 0
	for _, s := range o.sends {
		if written > 0 && appends && s.connRequested {
			return true
		}
		if s.wroteHeaders {
			written++
		}
	}
	return written > 1
}

// A tag identifies a send by the numbers of its call, attempt and send.
type tag struct{ call, attempt, send int }

// headerTag contains the tag of a request.
const headerTag = "X-Sim-Attempt"

func (t tag) String() string { return fmt.Sprintf("%03d.%03d.%d", t.call, t.attempt, t.send) }

func parseTag(text string) (t tag, ok bool) {
	n, err := fmt.Sscanf(text, "%d.%d.%d", &t.call, &t.attempt, &t.send)
	return t, err == nil && n == 3
}

type (
	callKey        struct{}
	observationKey struct{}
)

func withCall(ctx context.Context, c *callRecord) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// RoundTrip records an attempt.
func (t observer) RoundTrip(req *http.Request) (*http.Response, error) {
	c, _ := req.Context().Value(callKey{}).(*callRecord)
	o := &observation{method: req.Method, path: req.URL.Path, start: time.Now()}
	o.tag = c.observe(o)
	resp, err := t.base.RoundTrip(req.WithContext(context.WithValue(req.Context(), observationKey{}, o)))
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

// RoundTrip sends a tagged copy of the request.
func (t sender) RoundTrip(req *http.Request) (*http.Response, error) {
	o, _ := req.Context().Value(observationKey{}).(*observation)
	s := new(send)
	record := func(change func()) {
		o.mu.Lock()
		defer o.mu.Unlock()
		change()
	}
	record(func() { o.sends = append(o.sends, s) })
	trace := &httptrace.ClientTrace{
		GetConn:      func(string) { record(func() { s.connRequested = true }) },
		GotConn:      func(info httptrace.GotConnInfo) { record(func() { o.reused = info.Reused }) },
		WroteHeaders: func() { record(func() { s.wroteHeaders = true }) },
	}
	tagged := req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	tagged.Header = maps.Clone(req.Header)
	tagged.Header[headerTag] = []string{tag{o.tag.call, o.tag.attempt, len(o.sends)}.String()}
	resp, err := t.base.RoundTrip(tagged)
	if err == nil {
		record(func() { s.status = resp.StatusCode })
	}
	return resp, err
}

// CloseIdleConnections is called by go-retryablehttp after a failure.
func (t sender) CloseIdleConnections() { t.base.CloseIdleConnections() }

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
