package stripetest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// Defaults of a server.
const (
	// DefaultAPIKey is the API key of a server without [WithAPIKey].
	DefaultAPIKey = "rk_live_stripetest" //nolint:gosec // the key of the fake
	// DefaultSecret is the signing secret of the default endpoint.
	DefaultSecret = "whsec_stripetest"
	// DefaultURL is the URL of the default endpoint.
	DefaultURL = "https://licenses.example.com/webhooks/stripe"
)

// TB is the subset of testing.TB that a server uses.
type TB interface {
	Helper()
	Cleanup(cleanup func())
	Errorf(format string, args ...any)
}

// Endpoint is a webhook endpoint of the account.
type Endpoint struct {
	// URL is the address of the endpoint. The default is [DefaultURL].
	URL string
	// Secret signs the deliveries. The default is [DefaultSecret].
	Secret string
	// Version is the API version of the events. The default is that of the account.
	Version Version
	// Events are the subscribed event types. The default is all of them.
	Events []string
	// Disabled endpoints receive no events.
	Disabled bool
}

// FinalAction is what happens to a subscription after the last failed payment.
type FinalAction string

// The final actions.
const (
	FinalCancel  FinalAction = "cancel"
	FinalUnpaid  FinalAction = "mark_unpaid"
	FinalPastDue FinalAction = "leave_past_due"
)

// Dunning is the handling of failed payments of subscriptions.
type Dunning struct {
	// Retries are the times between the attempts. The default is seven retries within
	// two weeks, as recommended for smart retries.
	Retries []time.Duration
	// Final is the action after the last retry. The default is [FinalCancel].
	Final FinalAction
}

// An Option configures a [Server].
type Option func(*config)

type config struct {
	tb          TB
	start       time.Time
	seed        uint64
	apiKey      string
	version     Version
	endpoints   []Endpoint
	testMode    bool
	account     string
	context     string
	permissions []Resource // nil permits all
	delivery    Delivery
	dunning     Dunning
	signedAt    func() time.Time
	flexible    bool
}

const day = 24 * time.Hour

func newConfig(opts []Option) config {
	c := config{
		start:   time.Date(2031, time.January, 15, 10, 0, 0, 0, time.UTC),
		seed:    1,
		apiKey:  DefaultAPIKey,
		version: VersionNewest,
		dunning: Dunning{Retries: []time.Duration{day, day, 2 * day, 2 * day, 2 * day, 3 * day, 3 * day}, Final: FinalCancel},
	}
	for _, opt := range opts {
		opt(&c)
	}
	if len(c.endpoints) == 0 {
		c.endpoints = []Endpoint{{}}
	}
	for i := range c.endpoints {
		e := &c.endpoints[i]
		e.URL = first(e.URL, DefaultURL)
		e.Secret = first(e.Secret, DefaultSecret)
		e.Version = first(e.Version, c.version)
		e.Version.check()
	}
	c.version.check()
	return c
}

func (c *config) newRand() *rand.Rand { return rand.New(rand.NewPCG(c.seed, 0)) }

// first returns the first value that is not zero.
func first[T comparable](values ...T) T {
	var zero T
	for _, v := range values {
		if v != zero {
			return v
		}
	}
	return zero
}

// WithTB makes the test fail for each request that is not modeled; see
// [Server.Violations].
func WithTB(tb TB) Option {
	return func(c *config) { c.tb = tb }
}

// WithStart sets the time at which the clock of the server starts. The default is
// 2031-01-15 10:00 UTC. Stripe's times have whole seconds.
func WithStart(start time.Time) Option {
	return func(c *config) { c.start = start.UTC().Truncate(time.Second) }
}

// WithSeed sets the seed of ids and of deliveries.
func WithSeed(seed uint64) Option {
	return func(c *config) { c.seed = seed }
}

// WithAPIKey sets the API key that the server requires.
func WithAPIKey(key string) Option {
	return func(c *config) { c.apiKey = key }
}

// WithAPIVersion sets the default API version of the account: that of events, and of
// responses to requests without a version. The default is that of stripe-go.
func WithAPIVersion(v Version) Option {
	return func(c *config) { c.version = v }
}

// WithEndpoint adds a webhook endpoint. Without this option the server has one that
// receives all events.
func WithEndpoint(e Endpoint) Option {
	return func(c *config) { c.endpoints = append(c.endpoints, e) }
}

// WithTestMode sets the member livemode of all objects to false.
func WithTestMode() Option {
	return func(c *config) { c.testMode = true }
}

// WithAccount makes the account a connected one. Its events have the member account, and
// requests without the header Stripe-Account do not find its objects.
func WithAccount(id string) Option {
	return func(c *config) { c.account = id }
}

// WithContext makes the account one of an organization. Its events have the member
// context, and requests without the header Stripe-Context do not find its objects.
func WithContext(id string) Option {
	return func(c *config) { c.context = id }
}

// WithPermissions makes the API key a restricted one that can read only these
// resources. The default is all.
func WithPermissions(resources ...Resource) Option {
	return func(c *config) {
		c.permissions = append([]Resource{}, resources...) // not nil, which permits all
	}
}

// WithDelivery sets how events are delivered. The default is once each, in order.
func WithDelivery(d Delivery) Option {
	return func(c *config) { c.delivery = d }
}

// WithDunning sets the handling of failed payments.
func WithDunning(d Dunning) Option {
	return func(c *config) {
		if d.Retries != nil {
			c.dunning.Retries = d.Retries
		}
		c.dunning.Final = first(d.Final, c.dunning.Final)
	}
}

// WithSigningTime sets the clock of signatures. The default is that of the server. A
// handler that verifies the age of signatures with the time of the machine requires
// time.Now here.
func WithSigningTime(now func() time.Time) Option {
	return func(c *config) { c.signedAt = now }
}

// WithFlexibleBilling selects the flexible billing mode of subscriptions, in which a
// subscription without an initial payment has no first invoice.
func WithFlexibleBilling() Option {
	return func(c *config) { c.flexible = true }
}

// Version is an API version of Stripe.
type Version string

// Versions with different shapes. Any other version from Version2018 to VersionNewest is
// valid too.
const (
	// Version2018 is the oldest supported version.
	Version2018 Version = "2018-10-31"
	// Version2022 has charges only by reference, and periods on subscriptions.
	Version2022 Version = "2022-11-15"
	// VersionBasil has periods on subscription items, and parents of invoices.
	VersionBasil Version = "2025-03-31.basil"
	// VersionNewest is the version of stripe-go.
	VersionNewest Version = Version(stripe.APIVersion)
)

// before reports whether a version is older than a date.
func (v Version) before(date string) bool { return v.date() < date }

func (v Version) date() string { return string(v[:min(len(v), len(time.DateOnly))]) }

func (v Version) isValid() bool {
	_, err := time.Parse(time.DateOnly, v.date())
	return err == nil && v.date() >= string(Version2018) && v.date() <= VersionNewest.date()
}

func (v Version) check() {
	if !v.isValid() {
		panic(fmt.Sprintf("stripetest: API version %q is not supported", string(v)))
	}
}
