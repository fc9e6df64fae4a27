package stripehook

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
)

// Defaults and limits.
const (
	// DefaultMaxBody is the default maximum size of an event in bytes. Events of
	// Stripe are much smaller.
	DefaultMaxBody = 1 << 20
	// DefaultTimeout is the default time for fetching line items and storing the
	// order. Stripe does not wait much longer for a response.
	DefaultTimeout = 10 * time.Second
	// DefaultTolerance is the default maximum age of a signature.
	DefaultTolerance = webhook.DefaultTolerance
	// DefaultReadTimeout is the default time for reading the body of a request.
	DefaultReadTimeout = 5 * time.Second
	// DefaultMaxBodies is the default maximum number of bodies that are read
	// concurrently.
	DefaultMaxBodies = 64
	// MaxLicenses is the maximum number of licenses in one order. An event with more
	// is assumed to be a mistake, and becomes a dead letter. So does an order that
	// exceeds the message size of the queue: the embedded server stores the maximum
	// number of licenses, and a server with 1 MiB per message several thousand.
	MaxLicenses = 10_000
)

// Option configures a [Handler]. [New] reports all invalid options at once.
type Option func(*config)

type config struct {
	secrets        []licensespring.Secret
	items          LineItems
	inbox          Inbox
	prefix         string
	tolerance      time.Duration
	timeout        time.Duration
	maxBody        int64
	maxBodies      int
	readTimeout    time.Duration
	liveOnly       bool
	authorization  func(productCode string) licensespring.AuthorizationMethod
	subjects       Subjects
	skipUnlicensed bool
	logger         *slog.Logger
	observe        func(Report)
	errs           []error
}

func defaultConfig(secret licensespring.Secret) config {
	return config{
		secrets:   []licensespring.Secret{secret},
		tolerance: DefaultTolerance,
		timeout:   DefaultTimeout,
		maxBody:   DefaultMaxBody,
		maxBodies: DefaultMaxBodies,
		logger:    slog.New(slog.DiscardHandler),
		observe:   func(Report) {},

		readTimeout:   DefaultReadTimeout,
		authorization: func(string) licensespring.AuthorizationMethod { return "" },
	}
}

func (c *config) invalid(message string) {
	c.errs = append(c.errs, errors.New("stripehook: "+message))
}

// WithAPIKey fetches line items from the Stripe API with a secret or restricted key.
// It sets [WithLineItems].
func WithAPIKey(key licensespring.Secret) Option {
	return func(c *config) {
		if key.IsZero() {
			c.invalid("the API key is empty")
			return
		}
		c.items = NewStripeLineItems(key, &http.Client{Timeout: DefaultTimeout}, "")
	}
}

// WithLineItems sets the source of line items that an event does not contain.
// Without it the handler responds to such an event with 5xx.
func WithLineItems(items LineItems) Option {
	return func(c *config) {
		if items == nil {
			c.invalid("the source of line items is nil")
		}
		c.items = items
	}
}

// WithInbox stores each event that may require an order, and responds before line
// items are fetched. [Handler.Process] then creates the order. Without it the handler
// fetches line items before it responds, and stores nothing if that fails: Stripe
// retries for up to three days, and the event is lost afterwards.
func WithInbox(inbox Inbox) Option {
	return func(c *config) {
		if inbox == nil {
			c.invalid("the inbox is nil")
		}
		c.inbox = inbox
	}
}

// WithIDPrefix sets the prefix of order ids, for companies that also create orders
// elsewhere. A changed prefix creates new orders for repeated events.
func WithIDPrefix(prefix string) Option {
	return func(c *config) { c.prefix = prefix }
}

// WithSecrets also accepts events signed with other secrets: those of a second
// endpoint, as for the events of connected accounts, or the next one during a rotation.
func WithSecrets(secrets ...licensespring.Secret) Option {
	return func(c *config) { c.secrets = append(c.secrets, secrets...) }
}

// WithLiveOnly ignores events of Stripe's test mode, so that a test does not create
// licenses. Stripe may deliver them to a live endpoint, for example those of connected
// accounts.
func WithLiveOnly() Option {
	return func(c *config) { c.liveOnly = true }
}

// WithMaxBodies sets the maximum number of requests whose body is read at a time,
// before the signature is verified. It bounds the memory that requests without a valid
// signature use. Further requests wait for the time of [WithReadTimeout], and then
// receive a response with the status 503.
func WithMaxBodies(n int) Option {
	return func(c *config) {
		if n < 1 {
			c.invalid("the maximum number of bodies must be positive")
		}
		c.maxBodies = n
	}
}

// WithReadTimeout sets the time for reading the body of a request.
func WithReadTimeout(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.invalid("the read timeout must be positive")
		}
		c.readTimeout = d
	}
}

// WithTolerance sets the maximum age of a signature, which limits replay attacks. A
// signature from further in the future is rejected too.
func WithTolerance(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.invalid("the tolerance must be positive")
		}
		c.tolerance = d
	}
}

// WithTimeout sets the time for fetching line items and storing the order.
func WithTimeout(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.invalid("the timeout must be positive")
		}
		c.timeout = d
	}
}

// WithMaxBody sets the maximum size of an event in bytes.
func WithMaxBody(n int64) Option {
	return func(c *config) {
		if n < 1 {
			c.invalid("the maximum body size must be positive")
		}
		c.maxBody = n
	}
}

// WithAuthorizationMethods sets a function that returns the authorization method of a
// product, or an empty one if it is not known. The method of a known product has
// precedence over the metadata of the price. The function is called concurrently.
func WithAuthorizationMethods(of func(productCode string) licensespring.AuthorizationMethod) Option {
	return func(c *config) {
		if of == nil {
			c.invalid("the function of authorization methods is nil")
			return
		}
		c.authorization = of
	}
}

// WithSubjects reconciles the licenses of subscriptions and payments after each event
// of theirs. All orders are then those of the reconciliation. It requires [WithInbox].
func WithSubjects(subjects Subjects) Option {
	return func(c *config) {
		if subjects == nil {
			c.invalid("the subjects are nil")
			return
		}
		c.subjects = subjects
	}
}

// WithSkipUnlicensedLines skips lines whose price has none of the metadata keys,
// and ignores events with no other lines. Without it such a line makes the event a
// dead letter, because the metadata of the price may have been forgotten.
func WithSkipUnlicensedLines() Option {
	return func(c *config) { c.skipUnlicensed = true }
}

// WithLogger sets the logger for deliveries. Log records contain ids and reasons, but
// no names, addresses, secrets or bodies. Without it the handler does not log.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) {
		if logger == nil {
			c.invalid("the logger is nil")
			return
		}
		c.logger = logger
	}
}

// WithObserver sets a function that is called for each delivery, before the response
// is written. It is called concurrently and should return quickly.
func WithObserver(observe func(Report)) Option {
	return func(c *config) {
		if observe == nil {
			c.invalid("the observer is nil")
			return
		}
		c.observe = observe
	}
}
