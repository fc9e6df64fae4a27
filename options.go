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

// The defaults of a client. Each can be changed by an option.
const (
	// DefaultBaseURL is the service's own address.
	DefaultBaseURL = "https://saas.licensespring.com"
	// DefaultMaxAttempts is how often a request is sent at the most.
	DefaultMaxAttempts = 4
	// DefaultWaitMin and DefaultWaitMax are the first step and the ceiling of
	// the backoff between attempts.
	DefaultWaitMin = 500 * time.Millisecond
	DefaultWaitMax = 10 * time.Second
	// DefaultAttemptTimeout is how long one attempt may take.
	DefaultAttemptTimeout = 30 * time.Second
	// DefaultCallTimeout is how long a call may take, all attempts, waits and
	// lookups together. It is above the 60 seconds over which the service
	// counts requests, so that a rate limit can be waited out.
	DefaultCallTimeout = 2 * time.Minute
	// DefaultMaxResponseBytes is how many bytes of an answer are read, after
	// decompression: 8 MiB.
	DefaultMaxResponseBytes = 8 << 20
)

// version is sent in the User-Agent header.
const version = "0.1.0"

const productToken = "licensespring-go/" + version

// Option sets one thing about a client. Options are passed to [New], which
// reports everything that is wrong with any of them at once.
type Option func(*config)

// config is what options write into. Nothing writes into it after New.
type config struct {
	baseURL        string
	httpClient     *http.Client
	maxAttempts    int
	waitMin        time.Duration
	waitMax        time.Duration
	attemptTimeout time.Duration
	callTimeout    time.Duration
	maxBody        int64
	logger         *slog.Logger
	observers      []Observer
	userAgent      string
	dialect        Dialect
	jitter         func() float64
	budget         *Budget
	faults         []Finding
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
		maxBody:        DefaultMaxResponseBytes,
		logger:         slog.New(slog.DiscardHandler),
		userAgent:      productToken,
		jitter:         rand.Float64,
		budget:         NewBudget(PlanUnknown),
	}
}

func (c *config) fault(option, message string) {
	c.faults = append(c.faults, Finding{Path: option, Rule: RuleOption, Severity: Fault, Message: message})
}

// WithBaseURL sets the address of the service: scheme, host, and a path if a
// proxy needs one. Only https is accepted, unless the host is localhost or a
// loopback address: the management key goes with each request. The default is
// [DefaultBaseURL].
func WithBaseURL(address string) Option {
	return func(c *config) { c.baseURL = address }
}

// WithHTTPClient sets the http.Client to send with. It is copied, never
// changed. Its Transport and Jar are used as they are; a Timeout of it holds
// for each attempt, if it is shorter than [WithAttemptTimeout]; redirects are
// never followed, whatever it says about them.
func WithHTTPClient(client *http.Client) Option {
	return func(c *config) {
		if client == nil {
			c.fault("http_client", "is nil")
			return
		}
		c.httpClient = client
	}
}

// WithMaxAttempts sets how often a request is sent at the most, 1 to 100; 1
// means never again. The default is [DefaultMaxAttempts].
func WithMaxAttempts(n int) Option {
	return func(c *config) {
		if n < 1 || n > 100 {
			c.fault("max_attempts", "must be between 1 and 100")
		}
		c.maxAttempts = n
	}
}

// WithRetryWaits sets the first step and the ceiling of the backoff between
// attempts. The steps double, up to five minutes; each wait is drawn between
// nothing and the step, or, after a 429 that names no wait, between half of it
// and the step. A wait that the service asks for is kept to, whatever the
// ceiling, with up to one first step on top; one of more than five minutes is
// not begun. The first step must be above zero and no longer than the ceiling.
// The defaults are [DefaultWaitMin] and [DefaultWaitMax].
func WithRetryWaits(first, ceiling time.Duration) Option {
	return func(c *config) {
		if first <= 0 || ceiling < first {
			c.fault("retry_waits", "the first step must be above zero and no longer than the ceiling")
		}
		c.waitMin, c.waitMax = first, ceiling
	}
}

// WithAttemptTimeout sets how long one attempt may take, the reading of the
// answer included. Zero means as long as the call may take; the default is
// [DefaultAttemptTimeout].
func WithAttemptTimeout(d time.Duration) Option {
	return func(c *config) {
		if d < 0 {
			c.fault("attempt_timeout", "must not be negative")
		}
		c.attemptTimeout = d
	}
}

// WithCallTimeout sets how long a whole call may take: attempts, waits and the
// lookups that settle an outcome. Zero means as long as the caller's context
// allows; the default is [DefaultCallTimeout]. An error of a call whose time
// was up matches [context.DeadlineExceeded].
func WithCallTimeout(d time.Duration) Option {
	return func(c *config) {
		if d < 0 {
			c.fault("call_timeout", "must not be negative")
		}
		c.callTimeout = d
	}
}

// WithMaxResponseBytes sets how many bytes of an answer are read, after
// decompression: at least 1. The default is [DefaultMaxResponseBytes]. A create
// whose answer is larger is settled by looking the order up.
func WithMaxResponseBytes(n int64) Option {
	return func(c *config) {
		if n < 1 {
			c.fault("max_response_bytes", "must be above zero")
		}
		c.maxBody = n
	}
}

// WithLogger sets a logger that is told about each attempt and each call. What
// it is told is allow-listed: never a key, an e-mail address, a body or a URL.
// Without it the client is silent.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) {
		if logger == nil {
			c.fault("logger", "is nil")
			return
		}
		c.logger = logger
	}
}

// WithObserver sets an observer that is told about each call and each attempt
// while they happen. Given more than once, each is told: first of the start
// what was given first, and last of the end.
func WithObserver(observer Observer) Option {
	return func(c *config) { c.observers = append(c.observers, observer) }
}

// WithUserAgent puts the name of the calling program, as in "acme-billing/1.2",
// before the SDK's own in the User-Agent header. It must be printable ASCII.
func WithUserAgent(product string) Option {
	return func(c *config) {
		if product == "" || !headerSafe(product) {
			c.fault("user_agent", "must be printable ASCII")
			return
		}
		c.userAgent = product + " " + productToken
	}
}

// WithDialect sets which of the two spellings of the wire is sent; the default
// is [PageDialect]. See [Dialect].
func WithDialect(d Dialect) Option {
	return func(c *config) {
		if d != PageDialect && d != CurrentDialect {
			c.fault("dialect", "is not one of the known dialects")
		}
		c.dialect = d
	}
}

// WithJitter sets where the randomness of waits comes from: a function that
// returns numbers in [0, 1) and is safe for concurrent use. It is meant for
// tests that want the same waits each time.
func WithJitter(source func() float64) Option {
	return func(c *config) {
		if source == nil {
			c.fault("jitter", "is nil")
			return
		}
		c.jitter = source
	}
}

// checkKey notes what is wrong with a management key, never repeating it.
func (c *config) checkKey(key string) {
	switch {
	case key == "":
		c.fault("api_key", "is empty")
	case strings.TrimSpace(key) != key:
		c.fault("api_key", "has space or a line break around it")
	case !headerSafe(key) || strings.Contains(key, " "):
		c.fault("api_key", "has characters that no key has")
	}
}

// root returns the base URL without a slash at its end, and notes what is wrong
// with it.
func (c *config) root() string {
	u, err := url.Parse(c.baseURL)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		c.fault("base_url", "is not a URL with a scheme and a host")
		return ""
	case u.User != nil:
		c.fault("base_url", "must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		c.fault("base_url", "must not hold a query or fragment")
	case u.Scheme != "https" && u.Scheme != "http":
		c.fault("base_url", "must be https")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		c.fault("base_url", "must be https, for the management key goes with each request; http is for this machine only")
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// headerSafe reports whether s can stand in a header as it is.
func headerSafe(s string) bool {
	for _, r := range s {
		if r > unicode.MaxASCII || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
