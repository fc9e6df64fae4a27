package licensespring

import (
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// The defaults of a client. An option changes each of them.
const (
	// DefaultBaseURL is the address of the service.
	DefaultBaseURL = "https://saas.licensespring.com"
	// DefaultMaxAttempts is the maximum number of attempts of a request.
	DefaultMaxAttempts = 4
	// DefaultWaitMin and DefaultWaitMax are the first and the maximum step of the
	// backoff between attempts.
	DefaultWaitMin = 500 * time.Millisecond
	DefaultWaitMax = 10 * time.Second
	// DefaultAttemptTimeout is the timeout of one attempt.
	DefaultAttemptTimeout = 30 * time.Second
	// DefaultCallTimeout is the timeout of a call, including all attempts, waits
	// and lookups. It exceeds the 60 seconds in which the service counts requests,
	// so a call can wait for a rate limit.
	DefaultCallTimeout = 2 * time.Minute
	// DefaultMaxResponseBytes is the maximum size of a response after
	// decompression: 8 MiB. For an order with many licenses the limit is 4 KiB per
	// license and user, if that is more.
	DefaultMaxResponseBytes = 8 << 20
)

// version is sent in the User-Agent header.
const version = "0.1.0"

const productToken = "licensespring-go/" + version

// Option configures a client. [New] reports all invalid options at once.
type Option func(*config)

// config is the configuration of a client. It is not modified after New.
type config struct {
	baseURL        string
	httpClient     *http.Client
	maxAttempts    int
	waitMin        time.Duration
	waitMax        time.Duration
	attemptTimeout time.Duration
	callTimeout    time.Duration
	maxBody        int64 // 0: DefaultMaxResponseBytes, and more for a large order
	logger         *slog.Logger
	observers      []Observer
	userAgent      string
	dialect        Dialect
	jitter         func() float64
	limiter        *RateLimiter
	findings       []Finding
}

func defaultConfig() config {
	return config{
		baseURL:        DefaultBaseURL,
		httpClient:     &http.Client{},
		maxAttempts:    DefaultMaxAttempts,
		waitMin:        DefaultWaitMin,
		waitMax:        DefaultWaitMax,
		attemptTimeout: DefaultAttemptTimeout,
		callTimeout:    DefaultCallTimeout,
		logger:         slog.New(slog.DiscardHandler),
		userAgent:      productToken,
		jitter:         rand.Float64,
		limiter:        NewRateLimiter(RateLimitUnknown),
	}
}

func (c *config) reject(option, message string) {
	c.findings = append(c.findings, Finding{Path: option, Rule: RuleOption, Severity: SeverityError, Message: message})
}

// WithBaseURL sets the address of the service: scheme, host, and the path of a
// proxy, if any. The scheme must be https unless the host is localhost or a
// loopback address, since each request carries the management key. The default
// is [DefaultBaseURL].
func WithBaseURL(address string) Option {
	return func(c *config) { c.baseURL = address }
}

// WithHTTPClient sets the http.Client that sends the requests. It is copied and
// never modified. Its Transport and Jar are used unchanged. Its Timeout applies to
// each attempt if it is shorter than that of [WithAttemptTimeout]. Its
// CheckRedirect is ignored: redirects are never followed.
//
// The Transport should not retry: the client retries itself and knows when that is
// safe. If the Transport writes a request more than once, the attempt counts as
// ambiguous, whatever the last response is, and a second write of an append is
// stopped. This is detected with [net/http/httptrace], so the Transport must pass
// on the context of the request. A Transport that drops it and retries can create
// licenses twice.
func WithHTTPClient(client *http.Client) Option {
	return func(c *config) {
		if client == nil {
			c.reject("http_client", "is nil")
			return
		}
		c.httpClient = client
	}
}

// WithMaxAttempts sets the maximum number of attempts of a request, from 1 to 100.
// 1 disables retries. The default is [DefaultMaxAttempts].
func WithMaxAttempts(n int) Option {
	return func(c *config) {
		if n < 1 || n > 100 {
			c.reject("max_attempts", "must be between 1 and 100")
		}
		c.maxAttempts = n
	}
}

// WithRetryWaits sets the first and the maximum step of the exponential backoff
// between attempts. The steps double, up to five minutes. The wait is a random
// duration between zero and the step or, after a 429 without a Retry-After header,
// between half the step and the step. A Retry-After header replaces the step, with
// up to one first step of jitter on top; a call does not wait for more than five
// minutes. First must be positive and not exceed maximum. The defaults are
// [DefaultWaitMin] and [DefaultWaitMax].
func WithRetryWaits(first, maximum time.Duration) Option {
	return func(c *config) {
		if first <= 0 || maximum < first {
			c.reject("retry_waits", "the first wait must be positive and not exceed the maximum")
		}
		c.waitMin, c.waitMax = first, maximum
	}
}

// WithAttemptTimeout sets the timeout of one attempt, including reading the
// response. Zero means no timeout but that of the call. The default is
// [DefaultAttemptTimeout].
func WithAttemptTimeout(d time.Duration) Option {
	return func(c *config) {
		if d < 0 {
			c.reject("attempt_timeout", "must not be negative")
		}
		c.attemptTimeout = d
	}
}

// WithCallTimeout sets the timeout of a call, including all attempts, waits and
// lookups. Zero means no timeout but that of the caller's context. The default is
// [DefaultCallTimeout]. The error of a call that timed out matches
// [context.DeadlineExceeded].
func WithCallTimeout(d time.Duration) Option {
	return func(c *config) {
		if d < 0 {
			c.reject("call_timeout", "must not be negative")
		}
		c.callTimeout = d
	}
}

// WithMaxResponseBytes sets the maximum size of a response in bytes after
// decompression, at least 1. The default is [DefaultMaxResponseBytes], which grows
// with the order. If the response to a create is larger, a lookup settles the
// outcome; if that of the lookup is larger too, the outcome is unknown.
func WithMaxResponseBytes(n int64) Option {
	return func(c *config) {
		if n < 1 {
			c.reject("max_response_bytes", "must be positive")
		}
		c.maxBody = n
	}
}

// WithLogger sets the logger of attempts and calls. Log entries hold no key, e-mail
// address, body or URL; the package documentation lists their attributes. By
// default nothing is logged.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) {
		if logger == nil {
			c.reject("logger", "is nil")
			return
		}
		c.logger = logger
	}
}

// WithObserver adds an observer of calls and attempts. Observers are called in the
// order in which they were added at the start of a call or attempt, and in reverse
// order at its end.
func WithObserver(observer Observer) Option {
	return func(c *config) { c.observers = append(c.observers, observer) }
}

// WithUserAgent adds the name of the calling program, as in "acme-billing/1.2", to
// the User-Agent header, before that of the SDK. It must be printable ASCII.
func WithUserAgent(product string) Option {
	return func(c *config) {
		if product == "" || !headerSafe(product) {
			c.reject("user_agent", "must be printable ASCII")
			return
		}
		c.userAgent = product + " " + productToken
	}
}

// WithDialect sets the spelling in which orders are sent. The default is
// [DialectClassic]. See [Dialect].
func WithDialect(d Dialect) Option {
	return func(c *config) {
		if d != DialectClassic && d != DialectCurrent {
			c.reject("dialect", "is not a known dialect")
		}
		c.dialect = d
	}
}

// WithRateLimiter sets the rate limiter of the client. Clients of the same company
// should share one. The default is a limiter of [RateLimitUnknown].
func WithRateLimiter(limiter *RateLimiter) Option {
	return func(c *config) {
		if limiter == nil || limiter.limiter == nil {
			c.reject("rate_limiter", "was not created by NewRateLimiter")
			return
		}
		c.limiter = limiter
	}
}

// WithJitter sets the source of randomness of waits: a function that returns
// numbers in [0, 1) and is safe for concurrent use. It is meant for tests that
// need the same waits each time.
func WithJitter(source func() float64) Option {
	return func(c *config) {
		if source == nil {
			c.reject("jitter", "is nil")
			return
		}
		c.jitter = source
	}
}

// checkKey validates a management key without repeating it.
func (c *config) checkKey(key string) {
	switch {
	case key == "":
		c.reject("api_key", "is empty")
	case strings.TrimSpace(key) != key:
		c.reject("api_key", "begins or ends with white space")
	case !headerSafe(key) || strings.Contains(key, " "):
		c.reject("api_key", "has invalid characters")
	}
}

// parseBaseURL validates the base URL and returns it without a trailing slash.
func (c *config) parseBaseURL() string {
	u, err := url.Parse(c.baseURL)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		c.reject("base_url", "is not a URL with a scheme and a host")
		return ""
	case u.User != nil:
		c.reject("base_url", "must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		c.reject("base_url", "must not hold a query or fragment")
	case u.Scheme != "https" && u.Scheme != "http":
		c.reject("base_url", "must be https")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		c.reject("base_url", "must be https unless the host is loopback: each request carries the management key")
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// headerSafe reports whether s is valid as a header value.
func headerSafe(s string) bool {
	for _, r := range s {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
