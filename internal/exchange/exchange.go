// Package exchange sends one HTTP request to the service and retries it when a
// retry is safe.
//
// It is a thin layer on go-retryablehttp. That library runs the retry loop and
// rewinds the body. This package decides what may be retried, when, and what
// the end of an attempt means:
//
//	exchange.go     configuration, request, response and Do
//	call.go         one call, from its first attempt to its last
//	call_context.go how hooks and transport find the call of a request
//	table.go        the retry table
//	classify.go     how an attempt ended, from its response or error
//	phase.go        how far an attempt got, from net/http's trace hooks
//	replay.go       prevents net/http from replaying writes
//	wait.go         backoff, and whether the wait fits the deadline
//	retry_after.go  the Retry-After header, in every form
//	body.go         reads a response body within bounds
//	failure.go      errors that do not repeat the text of their cause
//	transport.go    the http.Client of an Exchanger
//
// The package does not know about orders. It never logs, and no error or text
// that it returns contains a URL.
package exchange

import (
	"context"
	"net/http"
	"time"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// Config configures an Exchanger. All fields but Limiter are required.
type Config struct {
	HTTP           *http.Client // the caller's: copied, never changed
	MaxAttempts    int
	WaitMin        time.Duration // first step of the backoff
	WaitMax        time.Duration // maximum step of the backoff
	AttemptTimeout time.Duration // limit of one attempt, including its body; 0: none
	MaxBody        int64         // maximum bytes of a response body, after decompression
	Jitter         func() float64
	Limiter        Limiter // nil: no rate limit
}

// Limiter limits the rate of attempts. Both first attempts and retries wait for
// it.
type Limiter interface {
	// Wait blocks until the attempt may be sent. It returns an error if the
	// attempt must not be sent.
	Wait(ctx context.Context) error
	// Pause reports that the service accepts no request before t.
	Pause(t time.Time)
}

// Request is one request. Do does not change Body and Header. A request that is
// not Safe needs a body: net/http could replay one without a body, unobserved.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	Safety Safety
	// MaxAttempts, if positive, lowers the maximum number of attempts for this
	// request.
	MaxAttempts int
	// MaxBody replaces that of the Config if it is positive.
	MaxBody int64
	Watcher Watcher // nil: none
}

// Watcher is notified of each attempt of a request, on the goroutine of Do.
type Watcher interface {
	// Start is called immediately before attempt n, counted from 1. It returns
	// the context of the attempt, which must be derived from ctx.
	Start(ctx context.Context, n int) context.Context
	// End is called after the attempt, with the attempt's context. The wait and
	// the decision are provisional: the call's context may end first.
	End(ctx context.Context, a Attempt)
}

// Attempt is the record of one attempt.
type Attempt struct {
	Number   int // from 1
	Start    time.Time
	Took     time.Duration
	Phase    Phase
	Ending   Ending
	Status   int           // 0: no response
	Reason   string        // how the attempt ended
	Wait     time.Duration // before the next attempt; 0: none followed
	Decision string        // whether a retry follows, and why not; empty after success
}

// isRateLimited reports whether the response was 429, whatever the ending.
func (a Attempt) isRateLimited() bool {
	return a.Ending == RateLimited || a.Status == http.StatusTooManyRequests
}

// MayHaveActed reports whether the service may have acted on the attempt.
func (a Attempt) MayHaveActed() bool {
	switch a.Ending {
	case Ambiguous, AmbiguousFinal, BadBody, OK:
		return true
	default:
		return false
	}
}

// Response is the result of a call: the last response, if there was one, and
// the record of all attempts.
type Response struct {
	Ending   Ending
	Status   int // 0: the last attempt got no response
	Header   http.Header
	Body     []byte             // what could be read, at most MaxBody bytes
	Document *jsonread.Document // Body, if the Ending is OK
	Err      error              // why there is no complete response or no further attempt; contains no URL
	RetryAt  time.Time
	Attempts []Attempt
}

// MayHaveActed reports whether the service may have acted on any attempt.
func (r *Response) MayHaveActed() bool {
	for _, a := range r.Attempts {
		if a.MayHaveActed() {
			return true
		}
	}
	return false
}

// Exchanger sends requests. It is safe for concurrent use.
type Exchanger struct {
	cfg  Config
	http *http.Client
	// ownTransport reports that the transport is this package's, so that it is
	// known to run the trace hooks.
	ownTransport bool
}

// New returns an Exchanger. It opens no connection and starts no goroutine.
func New(cfg Config) *Exchanger {
	return &Exchanger{
		cfg:          cfg,
		http:         copyClient(cfg.HTTP, cfg.AttemptTimeout),
		ownTransport: cfg.HTTP.Transport == nil,
	}
}

// CloseIdleConnections closes the connections that are idle.
func (x *Exchanger) CloseIdleConnections() {
	if t, ok := x.http.Transport.(attemptTransport); ok {
		t.closeIdle()
	}
}

// Do sends req and retries it until there is a final response, a retry is not
// allowed, or ctx is done. It returns promptly when ctx is done, and never
// returns nil.
func (x *Exchanger) Do(ctx context.Context, req Request) *Response {
	c := &call{x: x, ctx: ctx, maxAttempts: x.maxAttemptsOf(req), maxBody: x.cfg.MaxBody, safety: req.Safety, reqHeader: req.Header, watcher: req.Watcher}
	if req.MaxBody > 0 {
		c.maxBody = req.MaxBody
	}
	if err := c.waitLimiter(); err != nil {
		return c.finish(err)
	}
	hreq, err := c.newRequest(req)
	if err != nil {
		return c.finish(err)
	}
	resp, err := c.do(hreq)
	if resp != nil {
		// afterAttempt has read and closed the body. Closing it twice is
		// harmless; not closing it would leak the connection.
		_ = resp.Body.Close()
	}
	return c.finish(err)
}

func (x *Exchanger) maxAttemptsOf(req Request) int {
	if req.MaxAttempts > 0 {
		return min(req.MaxAttempts, x.cfg.MaxAttempts)
	}
	return x.cfg.MaxAttempts
}
