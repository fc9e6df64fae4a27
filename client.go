package licensespring

import (
	"context"
	"net/http"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// Client creates orders. Make one with [New], and share it: it is safe for
// concurrent use, never changes, and keeps connections for later calls.
type Client struct {
	cfg  config
	root string // base URL without a slash at the end
	// createURL is where orders are created: root and path, joined once.
	createURL string
	x         *exchange.Exchanger
	// header returns the headers of a request. The management key is held by
	// this function alone, so that printing a Client cannot show it.
	header func(withBody bool) http.Header
	// scrub returns the texts that no error may repeat, for the same reason
	// held by a function.
	secrets func() []string
}

// New returns a client that works with the given management key. It opens and
// starts nothing. Whatever is wrong with the key and the options is reported
// at once, in an error that matches [ErrInvalidConfig] and carries a
// [*ValidationError].
func New(apiKey string, options ...Option) (*Client, error) {
	cfg := defaultConfig()
	cfg.checkKey(apiKey)
	for _, option := range options {
		if option != nil {
			option(&cfg)
		}
	}
	root := cfg.root()
	if len(cfg.faults) > 0 {
		return nil, &Error{
			Op:     "new client",
			Kind:   ErrInvalidConfig,
			detail: summary(cfg.faults),
			causes: []error{&ValidationError{Findings: cfg.faults, kind: ErrInvalidConfig}},
		}
	}
	c := &Client{
		cfg:       cfg,
		root:      root,
		createURL: root + pathCreateOrder,
		header:    headers(apiKey, cfg.userAgent),
		secrets:   func() []string { return append(strings.Split(apiKey, "."), apiKey) }, // its parts too
	}
	c.x = exchange.New(exchange.Config{
		HTTP:           cfg.httpClient,
		MaxAttempts:    cfg.maxAttempts,
		WaitMin:        cfg.waitMin,
		WaitMax:        cfg.waitMax,
		AttemptTimeout: cfg.attemptTimeout,
		MaxBody:        cfg.maxBody,
		Jitter:         cfg.jitter,
		Gate:           cfg.budget.b,
	})
	return c, nil
}

// headers returns a function that makes the headers of a request: a new map
// each time, since net/http adds to the one it is given, around values that
// are made once.
//
// There is no idempotency header among them, on purpose: the service knows
// none, and net/http would take one as leave to send a POST again by itself.
func headers(apiKey, userAgent string) func(withBody bool) http.Header {
	var (
		authorization = []string{"Api-Key " + apiKey}
		agent         = []string{userAgent}
		media         = []string{"application/json"}
	)
	return func(withBody bool) http.Header {
		h := http.Header{"Authorization": authorization, "User-Agent": agent, "Accept": media}
		if withBody {
			h["Content-Type"] = media
		}
		return h
	}
}

// CloseIdleConnections closes the connections kept for later calls. A client
// that is dropped without it loses them by itself after a while.
func (c *Client) CloseIdleConnections() { c.x.CloseIdleConnections() }

// CreateOrder makes an order, and says what became of it.
//
// Without an error the order was made: the result's Outcome is [Created],
// [Appended], or [Recovered] if the answer was lost and the order was looked
// up. With an error, its Outcome says whether the order was refused ([Refused],
// [NotSent]) or may have been made ([Unknown]):
//
//   - [ErrInvalidRequest]: something is wrong with the order. If it was found
//     before sending, errors.As finds a [*ValidationError] with all of it.
//   - [ErrOrderExists]: the id was taken before.
//   - [ErrUnauthorized], [ErrRateLimited], [ErrRedirected], [ErrNotFound],
//     [ErrUnavailable]: refused, or never sent.
//   - [ErrNotSent]: never sent. It matches together with one of the others,
//     or alone if ctx was over before.
//   - [ErrOutcomeUnknown]: it may have been made. [Client.EnsureOrder] with the
//     same order settles it, now or after a restart. Such an error may match
//     [ErrUnavailable] or [ErrRateLimited] besides, which say why it could not be
//     found out: so ask for this one first, or look at the Outcome.
//
// The order is sent again after a lost answer only where that cannot make a
// second one: see the package documentation for the table. The order is not
// changed. When ctx ends, the call returns promptly.
func (c *Client) CreateOrder(ctx context.Context, order *Order) (*OrderResult, error) {
	k := c.begin(ctx, opCreate, order)
	defer k.end()

	req, findings, err := c.createRequest(order)
	if err != nil {
		return nil, k.invalid(NotSent, err)
	}
	k.sending(req.Body, findings)
	return k.create(order, req)
}
