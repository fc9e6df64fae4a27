package fulfillment

import (
	"context"
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
)

// Ensurer makes sure that an order is there, once. It is a
// [licensespring.Client], or something around one.
type Ensurer interface {
	EnsureOrder(ctx context.Context, order *licensespring.Order) (*licensespring.OrderResult, error)
}

// What holds for [Pipeline.Run] unless an option says otherwise.
const (
	// DefaultConcurrency is how many orders a worker has under way at once. With
	// calls that take up to half a second it is what the largest plan allows.
	DefaultConcurrency = 16
	// DefaultGrace is how long calls may go on after the context has ended.
	DefaultGrace = 30 * time.Second
	// DefaultBackoffFirst and DefaultBackoffCeiling are the first wait before an
	// order is tried again, and the longest.
	DefaultBackoffFirst   = time.Second
	DefaultBackoffCeiling = 5 * time.Minute
	// DefaultMaxDeliveries is how many tries that count an order has: about a day's
	// worth of them at the longest wait.
	DefaultMaxDeliveries = 300
)

// RunOption sets one thing about a call of [Pipeline.Run].
type RunOption func(*runConfig)

type runConfig struct {
	concurrency    int
	grace          time.Duration
	first, ceiling time.Duration
	maxDeliveries  int
	observe        func(Event)
	faults         []error
}

func newRunConfig(options []RunOption) (*runConfig, error) {
	c := &runConfig{
		concurrency: DefaultConcurrency, grace: DefaultGrace,
		first: DefaultBackoffFirst, ceiling: DefaultBackoffCeiling,
		maxDeliveries: DefaultMaxDeliveries,
		observe:       func(Event) {},
	}
	for _, option := range options {
		if option != nil {
			option(c)
		}
	}
	return c, errors.Join(c.faults...)
}

func (c *runConfig) fault(message string) {
	c.faults = append(c.faults, errors.New("fulfillment: "+message))
}

// WithConcurrency sets how many orders are under way at once, 1 to 1000.
func WithConcurrency(n int) RunOption {
	return func(c *runConfig) {
		if n < 1 || n > 1000 {
			c.fault("the concurrency must be from 1 to 1000")
		}
		c.concurrency = n
	}
}

// WithGrace sets how long calls may go on after the context has ended. What is
// not finished by then is given back to the queue. Zero cuts them off at once.
func WithGrace(d time.Duration) RunOption {
	return func(c *runConfig) {
		if d < 0 {
			c.fault("the grace must not be negative")
		}
		c.grace = d
	}
}

// WithBackoff sets the first wait before an order is tried again, and the
// longest. The waits double, with jitter; a wait that the service asks for is
// kept to, whatever the ceiling.
func WithBackoff(first, ceiling time.Duration) RunOption {
	return func(c *runConfig) {
		if first <= 0 || ceiling < first {
			c.fault("the first wait must be above zero and no longer than the ceiling")
		}
		c.first, c.ceiling = first, ceiling
	}
}

// WithMaxDeliveries sets how often an order is tried before it becomes a dead
// letter. Those tries count that failed in a way which may be the order's own
// fault, see the table in the package documentation, and those that never came
// back because the process was killed, except for the very first. What an outage, a
// rate limit or a pause costs does not count. Zero means without end.
func WithMaxDeliveries(n int) RunOption {
	return func(c *runConfig) {
		if n < 0 {
			c.fault("the number of deliveries must not be negative")
		}
		c.maxDeliveries = n
	}
}

// WithObserver has observe told how each delivery ended, after that is stored.
// It is called from several goroutines at once and should be quick.
func WithObserver(observe func(Event)) RunOption {
	return func(c *runConfig) {
		if observe == nil {
			c.fault("the observer is nil")
			return
		}
		c.observe = observe
	}
}
