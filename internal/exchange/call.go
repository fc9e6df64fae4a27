package exchange

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/licensespring-go/licensespring/internal/jsonread"
)

// call is the state of one call of Do. Each call has its own
// retryablehttp.Client, because Backoff of a shared client cannot tell which
// request it is called for. The other hooks receive the context of the request
// and find the call in it.
type call struct {
	x         *Exchanger
	ctx       context.Context //nolint:containedctx // a call does not outlive it, and hooks are given none
	safety    Safety
	reqHeader http.Header // of the request

	watcher    Watcher         // nil: none
	attemptCtx context.Context //nolint:containedctx // of the current attempt: ctx, or what the watcher derived from it
	phase      *phase          // of the current attempt
	firstPhase phase           // of the first attempt: saves an allocation in most calls
	inAttempt  bool            // an attempt has started and not ended
	callCtx    callContext
	httpResp   http.Response // of the current attempt: read and closed before the next one starts
	respBody   timedBody     // of httpResp
	bodyReader bytes.Reader  // of the request body; go-retryablehttp copies it for each attempt
	retrier    retryablehttp.Client
	resp       Response

	maxAttempts int
	maxBody     int64

	attempts     []Attempt
	firstAttempt [1]Attempt // backs attempts: saves an allocation in most calls
	started      time.Time
	retry        bool // the last decision: another attempt follows
	// limiterErr is the error with which the limiter prevented that attempt. It
	// is kept here because go-retryablehttp drops it if there is a response.
	limiterErr error

	// The last attempt's response. It is kept here because go-retryablehttp
	// drops it when the context ends during a wait, and drains its body before
	// CheckRetry can read it.
	respHeader http.Header
	document   *jsonread.Document // respBytes, if the response is a readable 2xx
	respBytes  []byte
	err        error
	retryAt    time.Time
}

// do runs the retry loop of go-retryablehttp.
func (c *call) do(hreq *retryablehttp.Request) (*http.Response, error) {
	r := &c.retrier
	r.HTTPClient = c.x.http
	r.Logger = nil // its logger prints whole URLs
	r.RetryMax = c.maxAttempts - 1
	// Runs immediately before every attempt, including the first.
	r.RequestLogHook = beforeAttempt
	r.CheckRetry = afterAttempt
	r.Backoff = c.backoff
	r.PrepareRetry = prepareRetry
	r.ErrorHandler = responseOrError
	defer c.endPanicked()
	return r.Do(hreq)
}

// endPanicked notifies the watcher of the end of an attempt in which the
// transport panicked. The effect of the request is unknown.
func (c *call) endPanicked() {
	if c.watcher == nil || !c.inAttempt {
		return
	}
	c.watcher.End(c.attemptCtx, Attempt{
		Number: len(c.attempts) + 1, Start: c.started, Took: time.Since(c.started), Phase: c.phase.reached(c.x.ownTransport),
		Ending: Ambiguous, Reason: "transport did not return", Decision: "no retry: transport did not return",
	})
}

// The hooks of go-retryablehttp.

func beforeAttempt(_ retryablehttp.Logger, hreq *http.Request, _ int) {
	callOf(hreq.Context()).beforeAttempt(hreq)
}

// afterAttempt never returns an error: go-retryablehttp would return it instead
// of the attempt's error.
func afterAttempt(ctx context.Context, resp *http.Response, err error) (bool, error) {
	return callOf(ctx).afterAttempt(resp, err), nil
}

func prepareRetry(hreq *http.Request) error { return callOf(hreq.Context()).prepareRetry() }

func (c *call) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration {
	return c.attempts[len(c.attempts)-1].Wait
}

// responseOrError returns either the response or the error, so that a caller
// that checks the error first cannot forget to close the response.
func responseOrError(resp *http.Response, err error, _ int) (*http.Response, error) {
	if resp != nil {
		return resp, nil
	}
	return nil, err
}

// newRequest returns the request that all attempts of the call send.
func (c *call) newRequest(req Request) (*retryablehttp.Request, error) {
	c.callCtx = callContext{Context: c.ctx, call: c}
	var body any // a nil *bytes.Reader in an interface would count as a body
	switch {
	case len(req.Body) > 0:
		c.bodyReader.Reset(req.Body)
		body = &c.bodyReader
	case req.Safety != Safe:
		return nil, errNoBody
	}
	hreq, err := retryablehttp.NewRequestWithContext(&c.callCtx, req.Method, req.URL, body)
	if err != nil {
		return nil, newFailure(c.ctx, "invalid request", err)
	}
	hreq.Header = req.Header
	c.preventReplay(hreq.Request)
	return hreq, nil
}

func (c *call) beforeAttempt(hreq *http.Request) {
	if c.x.http.Jar != nil {
		// net/http adds cookies to the header map of the request in each attempt.
		hreq.Header = c.reqHeader.Clone()
	}
	c.attemptCtx = c.ctx
	if c.watcher != nil {
		c.attemptCtx = c.watcher.Start(c.ctx, len(c.attempts)+1)
	}
	c.phase = &c.firstPhase
	if len(c.attempts) > 0 {
		c.phase = new(phase) // a late hook of an earlier attempt must not change this one
	}
	c.respHeader, c.respBytes, c.document, c.err, c.retryAt = nil, nil, nil, nil, time.Time{}
	c.started, c.inAttempt = time.Now(), true
}

// afterAttempt records the attempt that has just ended and reports whether
// another one follows.
func (c *call) afterAttempt(resp *http.Response, err error) bool {
	if c.attempts == nil {
		c.attempts = c.firstAttempt[:0]
	}
	a := Attempt{Number: len(c.attempts) + 1, Start: c.started}
	switch {
	case resp != nil:
		// The body is read within the attempt, so that a truncated body can be
		// retried and the attempt's timeout includes the read.
		c.respHeader = resp.Header
		c.respBytes, err = readBody(resp, c.maxBody)
		if err != nil {
			c.err = newFailure(c.ctx, bodyErrorReason(err), err)
		}
		a.Phase, a.Status = Responded, resp.StatusCode
		valid := false
		if err == nil && resp.StatusCode >= 200 && resp.StatusCode < 300 {
			c.document, valid = jsonread.Parse(c.respBytes)
		}
		a.Ending, a.Reason = classifyResponse(resp.StatusCode, valid, err)
	default:
		a.Phase = c.phase.reached(c.x.ownTransport)
		if proxyErrorOf(err) != nil {
			a.Phase = Unsent
		}
		a.Ending, a.Reason = classifyError(contextErrorOr(c.ctx, err), a.Phase, c.phase.connRequested.Load())
		c.err = newFailure(c.ctx, a.Reason, err)
	}
	if c.safety != Safe && c.phase.repeated() {
		a.Ending = a.Ending.ofRepeated(c.safety)
		a.Reason = "transport repeated the request"
	}
	c.retry = c.decide(&a)
	a.Took = time.Since(c.started)
	c.attempts, c.inAttempt = append(c.attempts, a), false
	if c.watcher != nil {
		c.watcher.End(c.attemptCtx, a)
	}
	return c.retry
}

// decide reports whether another attempt follows a, and sets the wait and the
// decision of a. The wait is computed here and not in backoff because a wait
// that exceeds the deadline ends the call at once, with the attempt's own error.
func (c *call) decide(a *Attempt) bool {
	if a.Ending == OK {
		a.Decision = ""
		return false
	}
	hint, hinted := c.hint(a)
	wait := c.x.wait(a, hint, hinted)
	if hinted || a.isRateLimited() {
		c.retryAt = time.Now().Add(wait)
	}
	if a.isRateLimited() && c.x.cfg.Limiter != nil {
		// The cap keeps a wrong header from stopping all calls that share the
		// limiter for a day.
		c.x.cfg.Limiter.Pause(time.Now().Add(min(wait, maxWait)))
	}
	switch {
	case !shouldRetry(a.Ending, c.safety):
		a.Decision = noRetryReason(a.Ending, c.safety)
	case c.ctx.Err() != nil:
		a.Decision = "no retry: context done"
	case a.Number >= c.maxAttempts:
		a.Decision = "no retry: maximum attempts reached"
	case wait > maxWait:
		a.Decision = "no retry: requested wait too long"
	case !fitsDeadline(c.ctx, wait):
		a.Decision = "no retry: wait exceeds deadline"
	default:
		a.Wait, a.Decision = wait, "retry"
		return true
	}
	return false
}

// hint returns the wait that the service requests, if any. On 5xx, which a proxy
// may send, Retry-After counts as on 429.
func (c *call) hint(a *Attempt) (time.Duration, bool) {
	if a.Status == http.StatusTooManyRequests || a.Status >= http.StatusInternalServerError {
		return retryAfter(c.respHeader, time.Now())
	}
	return 0, false
}

func (c *call) prepareRetry() error {
	c.limiterErr = c.waitLimiter()
	return c.limiterErr
}

func (c *call) waitLimiter() error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	if c.x.cfg.Limiter == nil {
		return nil
	}
	if err := c.x.cfg.Limiter.Wait(c.ctx); err != nil {
		return err
	}
	return c.ctx.Err() // a limiter may return nil after the context has ended
}

// finish returns the response of the call. Err is the error with which the call
// ended outside an attempt: before the first one, during a wait, or in the
// limiter. In the last two cases the response of the last attempt is returned
// with it.
func (c *call) finish(err error) *Response {
	r := &c.resp
	*r = Response{
		Ending:   NotSent,
		Header:   c.respHeader,
		Body:     c.respBytes,
		Document: c.document,
		Err:      c.err,
		RetryAt:  c.retryAt,
		Attempts: c.attempts,
	}
	n := len(c.attempts)
	if n == 0 {
		r.Err = err
		return r
	}
	last := &c.attempts[n-1]
	r.Ending, r.Status = last.Ending, last.Status
	if c.retry {
		// A retry was decided on and did not take place.
		if c.limiterErr != nil {
			err = c.limiterErr
		}
		r.Err = err
		last.Wait, last.Decision = 0, "no retry: "+noAttemptReason(err)
	}
	return r
}
