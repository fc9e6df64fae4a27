package exchange

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// call is the state of one call. Each call has a retryablehttp.Client of its
// own: the Backoff of a shared one never learns which request it is asked about.
// The other hooks are given the context of the request, and find the call in it.
type call struct {
	x      *Exchanger
	ctx    context.Context //nolint:containedctx // a call does not outlive it, and hooks are given none
	safety Safety
	sent   http.Header // the request's

	watcher  Watcher         // nil: nobody watches
	attempt  context.Context //nolint:containedctx // of the attempt under way: ctx, or what the watcher made of it
	phase    *phase          // that it has reached
	phase1   phase           // of the first one: most calls need no other
	underWay bool            // an attempt has begun and not ended
	carrier  carrier
	answer   http.Response // of the attempt under way: it is read and closed before the next begins
	timed    timedBody     // of the answer
	source   bytes.Reader  // of the body, of which go-retryablehttp gives each attempt a copy
	retrier  retryablehttp.Client
	replied  Reply

	attemptsMax int

	attempts []Attempt
	first    [1]Attempt // most calls need one: no allocation for it
	started  time.Time
	// again says that another attempt is to follow, and left why it did not, if
	// it was the gate that stopped it. It is kept here because with an answer at
	// hand go-retryablehttp hands out that one and forgets the error.
	again bool
	left  error

	// The last attempt's answer. It is kept here because go-retryablehttp
	// forgets it when the context ends during a wait, and drains its body
	// before anybody can look for a hint in it.
	header  http.Header
	body    []byte
	err     error
	retryAt time.Time
}

// do sends the request until that is enough.
func (c *call) do(hreq *retryablehttp.Request) (*http.Response, error) {
	r := &c.retrier
	r.HTTPClient = c.x.http
	r.Logger = nil // its logger prints whole URLs
	r.RetryMax = c.attemptsMax - 1
	// Runs right before every attempt, the first one included.
	r.RequestLogHook = beginAttempt
	r.CheckRetry = judgeAttempt
	r.Backoff = c.backoff
	r.PrepareRetry = prepareAttempt
	r.ErrorHandler = eitherOr
	defer c.endBroken()
	return r.Do(hreq)
}

// endBroken tells the watcher of the end of an attempt that a panic of the
// transport has ended: what became of the request nobody knows.
func (c *call) endBroken() {
	if c.watcher == nil || !c.underWay {
		return
	}
	c.watcher.End(c.attempt, Attempt{
		Number: len(c.attempts) + 1, Start: c.started, Took: time.Since(c.started), Phase: c.phase.reached(c.x.own),
		Ending: Lost, Reason: "the transport did not return", Verdict: "not sent again: the transport did not return",
	})
}

// The hooks that go-retryablehttp calls.

func beginAttempt(_ retryablehttp.Logger, hreq *http.Request, _ int) {
	callOf(hreq.Context()).begin(hreq)
}

// judgeAttempt never returns an error: go-retryablehttp would put that in the
// place of the real one.
func judgeAttempt(ctx context.Context, resp *http.Response, err error) (bool, error) {
	return callOf(ctx).judge(resp, err), nil
}

func prepareAttempt(hreq *http.Request) error { return callOf(hreq.Context()).prepare() }

func (c *call) backoff(_, _ time.Duration, _ int, _ *http.Response) time.Duration {
	return c.attempts[len(c.attempts)-1].Wait
}

// eitherOr hands out the response or the error, never both: with both, somebody
// forgets to close the one when looking at the other.
func eitherOr(resp *http.Response, err error, _ int) (*http.Response, error) {
	if resp != nil {
		return resp, nil
	}
	return nil, err
}

// request makes the request that all attempts of the call send.
func (c *call) request(req Request) (*retryablehttp.Request, error) {
	c.carrier = carrier{Context: c.ctx, call: c}
	var body any // a nil reader in an interface would count as a body
	switch {
	case len(req.Body) > 0:
		c.source.Reset(req.Body)
		body = &c.source
	case req.Safety != Read:
		return nil, errNoBody
	}
	hreq, err := retryablehttp.NewRequestWithContext(&c.carrier, req.Method, req.URL, body)
	if err != nil {
		return nil, newFailure(c.ctx, "the request cannot be made", err)
	}
	hreq.Header = req.Header
	c.guardReplay(hreq.Request)
	return hreq, nil
}

func (c *call) begin(hreq *http.Request) {
	if c.x.http.Jar != nil {
		// net/http adds cookies to the very map it is given, once per attempt.
		hreq.Header = c.sent.Clone()
	}
	c.attempt = c.ctx
	if c.watcher != nil {
		c.attempt = c.watcher.Start(c.ctx, len(c.attempts)+1)
	}
	c.phase = &c.phase1
	if len(c.attempts) > 0 {
		c.phase = new(phase) // what is left of an attempt before must not speak for this one
	}
	c.header, c.body, c.err, c.retryAt = nil, nil, nil, time.Time{}
	c.started, c.underWay = time.Now(), true
}

// attemptContext returns the context of the attempt that is under way.
func (c *call) attemptContext() context.Context { return c.phase.trace(c.attempt) }

// judge notes how the attempt that has just ended went and decides whether
// another one follows.
func (c *call) judge(resp *http.Response, err error) bool {
	if c.attempts == nil {
		c.attempts = c.first[:0]
	}
	a := Attempt{Number: len(c.attempts) + 1, Start: c.started}
	switch {
	case resp != nil:
		// The body is read here and not after the loop: a read that was cut
		// short must be able to go round again, and the attempt's own timeout
		// still runs.
		c.header = resp.Header
		c.body, err = readBody(resp, c.x.cfg.MaxBody)
		if err != nil {
			c.err = newFailure(c.ctx, reasonOfBody(err), err)
		}
		a.Phase, a.Status = Answered, resp.StatusCode
		a.Ending, a.Reason = classifyAnswer(resp.StatusCode, c.body, err)
	default:
		a.Phase = c.phase.reached(c.x.own)
		a.Ending, a.Reason = classifyError(withContext(c.ctx, err), a.Phase, c.phase.asked.Load())
		c.err = newFailure(c.ctx, a.Reason, err)
	}
	c.again = c.decide(&a)
	a.Took = time.Since(c.started)
	c.attempts, c.underWay = append(c.attempts, a), false
	if c.watcher != nil {
		c.watcher.End(c.attempt, a)
	}
	return c.again
}

// decide says whether a may be followed by another attempt, after which wait,
// and notes why. The wait is chosen here and not in backoff, because whether it
// fits the deadline is part of the decision: a wait that does not fit is not
// begun, so that the caller learns at once, and learns the real reason.
func (c *call) decide(a *Attempt) bool {
	if a.Ending == Done {
		a.Verdict = "answered"
		return false
	}
	hint, hinted := c.hint(a)
	wait := c.x.wait(a, hint, hinted)
	if hinted || a.Ending == Limited {
		c.retryAt = time.Now().Add(wait)
	}
	if a.Ending == Limited && c.x.cfg.Gate != nil {
		// Others are held up no longer than this call would sit through: a header
		// gone wrong must not stop a whole company for a day.
		c.x.cfg.Gate.Pause(time.Now().Add(min(wait, longestWait)))
	}
	switch {
	case !mayResend(a.Ending, c.safety):
		a.Verdict = whyNot(a.Ending, c.safety)
	case c.ctx.Err() != nil:
		a.Verdict = "not sent again: the context is over"
	case a.Number >= c.attemptsMax:
		a.Verdict = "not sent again: attempts used up"
	case wait > longestWait:
		a.Verdict = "not sent again: the wait asked for is too long"
	case !fits(c.ctx, wait):
		a.Verdict = "not sent again: the wait does not fit the deadline"
	default:
		a.Wait, a.Verdict = wait, "sent again"
		return true
	}
	return false
}

// hint is the wait the service asks for, where it asks for one. On the server
// errors that a proxy answers with it counts as much as on 429.
func (c *call) hint(a *Attempt) (time.Duration, bool) {
	if a.Status == http.StatusTooManyRequests || a.Status >= http.StatusInternalServerError {
		return retryAfter(c.header, time.Now())
	}
	return 0, false
}

func (c *call) prepare() error {
	c.left = c.passGate()
	return c.left
}

func (c *call) passGate() error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	if c.x.cfg.Gate == nil {
		return nil
	}
	if err := c.x.cfg.Gate.Pass(c.ctx); err != nil {
		return err
	}
	return c.ctx.Err() // it may have let through what came too late
}

// reply sums the call up. Err is what the call ended with outside of an attempt:
// before the first one, in a wait, or at the gate. The answer that led to the
// wait is still here.
func (c *call) reply(err error) *Reply {
	r := &c.replied
	*r = Reply{
		Ending:   NotSent,
		Header:   c.header,
		Body:     c.body,
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
	if c.again {
		// Another attempt was to follow and did not.
		if c.left != nil {
			err = c.left
		}
		r.Err = err
		last.Wait, last.Verdict = 0, "not sent again: "+leftBecause(err)
	}
	return r
}
