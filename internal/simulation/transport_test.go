package simulation

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// A transportPlan is the transport that a process passes to the SDK. A repeating
// transport repeats a request on its own, so that the SDK does not see the earlier
// responses. TestGuards lists seeds that fail if the SDK does not notice it.
type transportPlan struct {
	kind    transportKind
	repeats int           // maximum number of repetitions of a request
	wait    time.Duration // before a repetition
}

type transportKind string

const (
	direct   transportKind = ""
	looping  transportKind = "loop"             // a middleware that buffers the body
	retrying transportKind = "go-retryablehttp" // its StandardClient, which also follows redirects
)

func (p *plan) planTransports(r random) {
	for i := range p.processes {
		if r.chance(15) {
			p.processes[i].transport = r.repeating(pick(r, looping, retrying))
		}
	}
}

func (r random) repeating(kind transportKind) transportPlan {
	if kind == direct {
		return transportPlan{}
	}
	return transportPlan{kind: kind, repeats: r.between(1, 2), wait: r.duration(time.Millisecond, time.Second)}
}

// maxSends returns the maximum number of sends of an attempt.
func (q *processPlan) maxSends() int {
	switch q.transport.kind {
	case looping:
		return 1 + q.transport.repeats
	case retrying:
		return 2 * (1 + q.transport.repeats) // each may be redirected once
	case direct:
	}
	return 1
}

// over returns the transport on top of a base transport.
func (t transportPlan) over(base sender) http.RoundTripper {
	switch t.kind {
	case looping:
		return loop{base: base, plan: t}
	case retrying:
		c := retryablehttp.NewClient()
		c.Logger, c.HTTPClient, c.RetryMax = nil, &http.Client{Transport: base}, t.repeats
		c.Backoff = func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return t.wait }
		return c.StandardClient().Transport //nolint:forbidigo // what a caller may use
	case direct:
	}
	return base
}

// A loop is a transport that repeats a request after an error or a server error.
type loop struct {
	base http.RoundTripper
	plan transportPlan
}

// RoundTrip sends a request until it has a response.
func (t loop) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
	}
	for n := 0; ; n++ {
		again := req.Clone(req.Context())
		if req.Body != nil {
			again.Body, again.GetBody = io.NopCloser(bytes.NewReader(body)), nil
		}
		resp, err := t.base.RoundTrip(again)
		if n == t.plan.repeats || (err == nil && resp.StatusCode < 500) {
			return resp, err
		}
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body) // the connection becomes idle
			_ = resp.Body.Close()
		}
		select {
		case <-req.Context().Done():
			return nil, req.Context().Err()
		case <-time.After(t.plan.wait):
		}
	}
}
