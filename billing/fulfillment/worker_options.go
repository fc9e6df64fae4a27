package fulfillment

import (
	"context"
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
)

// Ensurer creates an order idempotently. [licensespring.Client] implements it.
type Ensurer interface {
	EnsureOrder(ctx context.Context, order *licensespring.Order) (*licensespring.OrderResult, error)
}

// Defaults of the options of [Pipeline.Run].
const (
	// DefaultConcurrency is the default number of orders processed concurrently.
	// With calls of up to 0.8 seconds it reaches the rate limit of one IP address.
	DefaultConcurrency = 16
	// DefaultGracePeriod is the default time for active calls after ctx ends.
	DefaultGracePeriod = 30 * time.Second
	// DefaultInitialBackoff is the default wait before the first retry.
	DefaultInitialBackoff = time.Second
	// DefaultMaxBackoff is the default maximum wait before a retry.
	DefaultMaxBackoff = 5 * time.Minute
	// DefaultMaxDeliveries is the default maximum number of counted deliveries:
	// about one day at the maximum backoff.
	DefaultMaxDeliveries = 300
)

// RunOption configures a call of [Pipeline.Run].
type RunOption func(*runConfig)

type runConfig struct {
	concurrency    int
	gracePeriod    time.Duration
	initialBackoff time.Duration
	maxBackoff     time.Duration
	maxDeliveries  int
	observe        func(Event)
	errs           []error
}

func newRunConfig(options []RunOption) (*runConfig, error) {
	c := &runConfig{
		concurrency:    DefaultConcurrency,
		gracePeriod:    DefaultGracePeriod,
		initialBackoff: DefaultInitialBackoff,
		maxBackoff:     DefaultMaxBackoff,
		maxDeliveries:  DefaultMaxDeliveries,
		observe:        func(Event) {},
	}
	for _, option := range options {
		if option != nil {
			option(c)
		}
	}
	return c, errors.Join(c.errs...)
}

func (c *runConfig) invalid(message string) {
	c.errs = append(c.errs, errors.New("fulfillment: "+message))
}

// WithConcurrency sets the number of orders processed concurrently, from 1 to 1000.
func WithConcurrency(n int) RunOption {
	return func(c *runConfig) {
		if n < 1 || n > 1000 {
			c.invalid("the concurrency must be from 1 to 1000")
		}
		c.concurrency = n
	}
}

// WithGracePeriod sets the time for which active calls may continue after ctx
// ends. Run returns unfinished orders to the queue after it. Zero cancels active
// calls immediately.
func WithGracePeriod(d time.Duration) RunOption {
	return func(c *runConfig) {
		if d < 0 {
			c.invalid("the grace period must not be negative")
		}
		c.gracePeriod = d
	}
}

// WithBackoff sets the wait before the first retry and the maximum wait. Waits
// double, with jitter. A longer wait that the service requests has precedence.
func WithBackoff(initial, maximum time.Duration) RunOption {
	return func(c *runConfig) {
		if initial <= 0 || maximum < initial {
			c.invalid("the initial backoff must be positive and at most the maximum backoff")
		}
		c.initialBackoff, c.maxBackoff = initial, maximum
	}
}

// WithMaxDeliveries sets the maximum number of counted deliveries, after which an
// order becomes a dead letter. A delivery counts if its failure may be caused by
// the order, see the table in the package documentation, or if the process ended
// during the call, except for the first delivery. Outages, rate limits and pauses
// do not count. Zero means no limit.
func WithMaxDeliveries(n int) RunOption {
	return func(c *runConfig) {
		if n < 0 {
			c.invalid("the maximum number of deliveries must not be negative")
		}
		c.maxDeliveries = n
	}
}

// WithObserver sets a function that is called after each delivery, once its
// disposition is stored. It is called concurrently and should return quickly.
func WithObserver(observe func(Event)) RunOption {
	return func(c *runConfig) {
		if observe == nil {
			c.invalid("the observer is nil")
			return
		}
		c.observe = observe
	}
}
