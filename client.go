package licensespring

import (
	"cmp"
	"net/http"
	"strings"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// Client is a client of the Management API. Create it with [New] and share it: it
// is safe for concurrent use, its configuration is immutable, and it reuses
// connections.
type Client struct {
	cfg       config
	baseURL   string // without a trailing slash
	createURL string // baseURL and the path of creates, joined once
	exchanger *exchange.Exchanger
	products  *productCodes
	// header returns the headers of a request. A function holds the management
	// key, so that printing a Client cannot show it.
	header func(withBody bool) http.Header
	// secrets returns the texts that errors must not contain; a function for the
	// same reason.
	secrets func() []string
}

// New returns a client for the given management key. It opens no connection and
// starts no goroutine. If the key or options are invalid, the error matches
// [ErrInvalidConfig], and errors.As finds a [*ValidationError] with all findings.
func New(apiKey string, options ...Option) (*Client, error) {
	cfg := defaultConfig()
	cfg.checkKey(apiKey)
	for _, option := range options {
		if option != nil {
			option(&cfg)
		}
	}
	baseURL := cfg.parseBaseURL()
	if len(cfg.findings) > 0 {
		return nil, &Error{
			Op:     OpNew,
			Kind:   ErrInvalidConfig,
			detail: summary(cfg.findings),
			causes: []error{&ValidationError{Findings: cfg.findings, kind: ErrInvalidConfig}},
		}
	}
	c := &Client{
		cfg:       cfg,
		baseURL:   baseURL,
		products:  &productCodes{},
		createURL: baseURL + pathCreateOrder,
		header:    headers(apiKey, cfg.userAgent),
		secrets:   func() []string { return append(strings.Split(apiKey, "."), apiKey) },
	}
	c.exchanger = exchange.New(exchange.Config{
		HTTP:           cfg.httpClient,
		MaxAttempts:    cfg.maxAttempts,
		WaitMin:        cfg.waitMin,
		WaitMax:        cfg.waitMax,
		AttemptTimeout: cfg.attemptTimeout,
		MaxBody:        cmp.Or(cfg.maxBody, DefaultMaxResponseBytes),
		Jitter:         cfg.jitter,
		Limiter:        cfg.limiter.limiter,
	})
	return c, nil
}

// CloseIdleConnections closes the connections that are kept for later calls.
// Without it they are closed after an idle timeout.
func (c *Client) CloseIdleConnections() { c.exchanger.CloseIdleConnections() }
