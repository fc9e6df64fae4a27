// Package exchange sends one request to the service and, where sending it
// again can do no harm, sends it again.
//
// It is a thin, careful layer on go-retryablehttp. That library owns the loop
// and rewinds the body; what may be repeated, when, and what an ending means is
// decided here:
//
//	exchange.go   what goes in and what comes out: Do
//	call.go       one call from its first attempt to its last
//	carrier.go    how hooks and transport find the call they work for
//	table.go      the retry table
//	classify.go   what an attempt's ending was, from its response or error
//	phase.go      how far an attempt got, from net/http's trace hooks
//	replay.go     what net/http may send again by itself: nothing that changes something
//	wait.go       how long to wait, and whether the wait fits the deadline
//	retryafter.go the Retry-After header, in every form
//	body.go       reading an answer within bounds
//	failure.go    why no answer came, without the texts of others
//	transport.go  the http.Client an exchange works with
//
// The package knows nothing about orders. It never logs, and no error or text
// it returns holds a URL.
package exchange

import (
	"context"
	"net/http"
	"time"
)

// Config is what an Exchanger works with. All fields but Gate are required.
type Config struct {
	HTTP           *http.Client // the caller's: copied, never changed
	MaxAttempts    int
	WaitMin        time.Duration // first step of the backoff
	WaitMax        time.Duration // its ceiling
	AttemptTimeout time.Duration // one attempt, its body included; 0: none
	MaxBody        int64         // bytes of an answer, after decompression
	Jitter         func() float64
	Gate           Gate // nil: nothing limits the rate
}

// Gate is passed before each attempt, first ones and repeated ones alike. It is
// where a budget of requests per minute is kept.
type Gate interface {
	// Pass returns when the attempt may be sent, or an error why not.
	Pass(ctx context.Context) error
	// Pause tells the gate that the service wants no request before t.
	Pause(t time.Time)
}

// Request is one request. Body and Header are not changed. A request that is not
// a Read has a body: net/http would replay one without it, unseen.
type Request struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
	Safety Safety
	// MaxAttempts, if above 0, is how often this request is sent at the most,
	// where the exchanger would allow more.
	MaxAttempts int
	Watcher     Watcher // nil: nobody watches
}

// Watcher is told about each attempt of a request, on the goroutine of Do.
type Watcher interface {
	// Start is called right before the n-th attempt, counted from 1. The context
	// it returns, which comes from the one it is given, is that of the attempt.
	Start(ctx context.Context, n int) context.Context
	// End is called when the attempt is over, with its context. Its wait and
	// verdict are plans: the context of the call may be over first.
	End(ctx context.Context, a Attempt)
}

// Attempt is what happened in one attempt.
type Attempt struct {
	Number  int // from 1
	Start   time.Time
	Took    time.Duration
	Phase   Phase
	Ending  Ending
	Status  int           // 0: no answer came
	Reason  string        // how it ended, in a few words of ours
	Wait    time.Duration // before the next attempt; 0: none followed
	Verdict string        // why it was sent again, or why not
}

// MayHaveActed reports whether the service may have done what this attempt asked for.
func (a Attempt) MayHaveActed() bool {
	switch a.Ending {
	case Lost, LostForGood, Unreadable, Done:
		return true
	default:
		return false
	}
}

// Reply is how a call ended: the last answer, if there was one, and the journal.
type Reply struct {
	Ending   Ending
	Status   int // 0: no answer came in the last attempt
	Header   http.Header
	Body     []byte // what could be read of it, at most MaxBody bytes
	Err      error  // why no whole answer came, or no further attempt; holds no URL
	RetryAt  time.Time
	Attempts []Attempt
}

// MayHaveActed reports whether any attempt may have done what was asked for.
func (r *Reply) MayHaveActed() bool {
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
	own  bool // the transport is ours, so that it is known to run the trace hooks
}

// New returns an Exchanger. Nothing is opened or started by it.
func New(cfg Config) *Exchanger {
	return &Exchanger{
		cfg:  cfg,
		http: copyClient(cfg.HTTP, cfg.AttemptTimeout),
		own:  cfg.HTTP.Transport == nil,
	}
}

// CloseIdleConnections closes the connections that are kept for later calls
// and are not in use now.
func (x *Exchanger) CloseIdleConnections() {
	if t, ok := x.http.Transport.(attemptTransport); ok {
		t.closeIdle()
	}
}

// Do sends req until it is answered, may not be sent again, or ctx is over. It
// returns promptly when ctx is over, and always returns a Reply.
func (x *Exchanger) Do(ctx context.Context, req Request) *Reply {
	c := &call{x: x, ctx: ctx, attemptsMax: x.attemptsFor(req), safety: req.Safety, sent: req.Header, watcher: req.Watcher}
	if err := c.passGate(); err != nil {
		return c.reply(err)
	}
	hreq, err := c.request(req)
	if err != nil {
		return c.reply(err)
	}
	resp, err := c.do(hreq)
	if resp != nil {
		// Its body was read, and closed, when the attempt was judged; closing
		// twice is harmless, not closing costs the connection.
		_ = resp.Body.Close()
	}
	return c.reply(err)
}

func (x *Exchanger) attemptsFor(req Request) int {
	if req.MaxAttempts > 0 {
		return min(req.MaxAttempts, x.cfg.MaxAttempts)
	}
	return x.cfg.MaxAttempts
}
