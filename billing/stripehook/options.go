package stripehook

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/licensespring-go/licensespring"
)

// What holds unless an option says otherwise.
const (
	// DefaultMaxBody is the size of the largest event that is read. Stripe's
	// own are far below.
	DefaultMaxBody = 1 << 20
	// DefaultTimeout is how long fetching line items and storing the order may
	// take. Stripe does not wait much longer for an answer.
	DefaultTimeout = 10 * time.Second
	// DefaultTolerance is the age up to which a signature is accepted.
	DefaultTolerance = webhook.DefaultTolerance
	// MaxLicenses is how many licenses one order may have. More are taken for a
	// mistake, and become a dead letter.
	MaxLicenses = 10_000
)

// Option sets one thing about a [Handler]. New reports everything that is wrong
// with any of them at once.
type Option func(*config)

type config struct {
	secret    licensespring.Secret
	items     LineItems
	prefix    string
	tolerance time.Duration
	timeout   time.Duration
	maxBody   int64
	renewals  bool
	others    bool
	logger    *slog.Logger
	observe   func(Report)
	faults    []error
}

func defaultConfig(secret licensespring.Secret) config {
	return config{
		secret:    secret,
		tolerance: DefaultTolerance,
		timeout:   DefaultTimeout,
		maxBody:   DefaultMaxBody,
		logger:    slog.New(slog.DiscardHandler),
		observe:   func(Report) {},
	}
}

func (c *config) fault(message string) {
	c.faults = append(c.faults, errors.New("stripehook: "+message))
}

// WithAPIKey has line items fetched from Stripe with the given secret or
// restricted key. It is the usual [WithLineItems].
func WithAPIKey(key licensespring.Secret) Option {
	return func(c *config) {
		if key.IsZero() {
			c.fault("the API key is empty")
			return
		}
		c.items = NewStripeLineItems(key, &http.Client{Timeout: DefaultTimeout}, "")
	}
}

// WithLineItems sets where line items come from that are not in the event.
// Without it such an event is answered with 5xx.
func WithLineItems(items LineItems) Option {
	return func(c *config) {
		if items == nil {
			c.fault("the source of line items is nil")
		}
		c.items = items
	}
}

// WithIDPrefix sets what stands before Stripe's id in the order's id, for a
// company whose orders come from elsewhere, too. Changing it makes other orders
// of the same purchases.
func WithIDPrefix(prefix string) Option {
	return func(c *config) { c.prefix = prefix }
}

// WithTolerance sets the age up to which a signature is accepted. A delivery that
// is recorded and sent again later than that is refused.
func WithTolerance(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.fault("the tolerance must be above zero")
		}
		c.tolerance = d
	}
}

// WithTimeout sets how long fetching line items and storing the order may take
// together.
func WithTimeout(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.fault("the timeout must be above zero")
		}
		c.timeout = d
	}
}

// WithMaxBody sets the size of the largest event that is read, in bytes.
func WithMaxBody(n int64) Option {
	return func(c *config) {
		if n < 1 {
			c.fault("the largest body must be above zero")
		}
		c.maxBody = n
	}
}

// WithRenewals makes an order of each renewal of a subscription as well, with the
// id of its invoice. It is for licenses that end with the period and are
// replaced.
func WithRenewals() Option {
	return func(c *config) { c.renewals = true }
}

// WithOtherProducts says that not everything sold needs a license: a line whose
// price has none of the five names in its metadata is passed over, and an event
// with no other lines is ignored. Without it such a line makes the event a dead
// letter, since it may be a price whose metadata was forgotten.
func WithOtherProducts() Option {
	return func(c *config) { c.others = true }
}

// WithLogger sets a logger that is told what became of each delivery: ids and
// reasons, and never a name, an address, a secret or a body. Without it the
// handler is silent.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) {
		if logger == nil {
			c.fault("the logger is nil")
			return
		}
		c.logger = logger
	}
}

// WithObserver has observe told what became of each delivery, before it is
// answered. It is called from several goroutines at once and should be quick.
func WithObserver(observe func(Report)) Option {
	return func(c *config) {
		if observe == nil {
			c.fault("the observer is nil")
			return
		}
		c.observe = observe
	}
}
