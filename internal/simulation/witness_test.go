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

// A witness stands between the SDK and net/http. It marks each attempt, so that
// what the service did can be told to be this attempt's doing, and remembers
// what the SDK was shown: what it could have known, whatever it made of it.
type witness struct{ base http.RoundTripper }

// sighting is one attempt as seen from outside the SDK.
type sighting struct {
	method, path string
	start        time.Time

	// mu guards what follows: a body may be closed by another goroutine than
	// the one that reads it.
	mu       sync.Mutex
	reused   bool // the connection had been used before
	status   int
	injected bool      // the answer is not the service's own
	back     time.Time // when to come back, as the answer asks
	err      error
	body     []byte
	complete bool // the body was read to its end

	page *page // the body, when it was read for its meaning
}

// headerTag carries the number of the call and of the attempt.
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

// RoundTrip passes a marked copy of the request on.
func (w witness) RoundTrip(req *http.Request) (*http.Response, error) {
	c, _ := req.Context().Value(callKey{}).(*call)
	s := &sighting{method: req.Method, path: req.URL.Path, start: time.Now()}
	tag := c.see(s)
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reused = info.Reused
	}}
	marked := req.WithContext(httptrace.WithClientTrace(req.Context(), trace))
	marked.Header = maps.Clone(req.Header)
	marked.Header[headerTag] = []string{tag}
	resp, err := w.base.RoundTrip(marked)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.err = err
		return nil, err
	}
	s.status, s.injected = resp.StatusCode, resp.Header.Get(headerInjected) != ""
	s.back = comeBack(resp.Header, time.Now())
	resp.Body = &watchedBody{ReadCloser: resp.Body, seen: s}
	return resp, nil
}

// watchedBody notes what is read of a body.
type watchedBody struct {
	io.ReadCloser

	seen *sighting
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.seen.mu.Lock()
	defer b.seen.mu.Unlock()
	b.seen.body = append(b.seen.body, p[:n]...)
	b.seen.complete = b.seen.complete || err == io.EOF
	return n, err
}

// comeBack reads Retry-After, in fewer words than the SDK: what it cannot read
// is not asked for.
func comeBack(h http.Header, now time.Time) time.Time {
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
