package licensespringtest

import (
	"net"
	"strings"
	"time"
)

// DefaultAPIKey is the API key of a server without [WithAPIKey]. It has the form
// of the vendor's management keys.
const DefaultAPIKey = "FAKEFAKE.0123456789abcdef0123456789abcdef"

const (
	defaultSeed            = 1
	defaultRequestLogLimit = 10000
)

// An Option configures a [Server].
type Option func(*config)

type config struct {
	apiKey           string
	products         []Product
	policies         []Policy
	customerAccounts []int64
	dialect          Dialect
	extraMembers     []string
	listener         net.Listener
	network          *Network
	basePath         string
	rateLimit        RateLimit
	lookupDelay      time.Duration
	ignoredFilters   bool
	seed             int64
	legacyResponse   bool
	quirks           map[Quirk]bool
	requestLogLimit  int
	strictFaults     bool
	observe          func(Request)

	rejectedRepeats     bool
	endingSubscriptions bool
	rejectedFeatures    bool
	staleReads          time.Duration
	cappedActivations   *int
}

func newConfig(opts []Option) config {
	c := config{
		apiKey:          DefaultAPIKey,
		products:        DefaultProducts(),
		seed:            defaultSeed,
		requestLogLimit: defaultRequestLogLimit,
		quirks:          make(map[Quirk]bool),
	}
	for _, opt := range opts {
		opt(&c)
	}

	return c
}

// WithAPIKey sets the API key that the server requires.
func WithAPIKey(key string) Option {
	return func(c *config) { c.apiKey = key }
}

// WithProducts sets the products that orders may name. The default is
// [DefaultProducts].
func WithProducts(products ...Product) Option {
	return func(c *config) { c.products = products }
}

// WithPolicies sets the license policies that licenses may name. The default is
// none. The server rejects unknown policies.
func WithPolicies(policies ...Policy) Option {
	return func(c *config) { c.policies = policies }
}

// WithCustomerAccounts sets the ids of the customer accounts that orders may name.
// The default is none.
func WithCustomerAccounts(ids ...int64) Option {
	return func(c *config) { c.customerAccounts = ids }
}

// WithDialect sets the dialect of the server's requests and responses. The default
// is [DialectClassic].
func WithDialect(d Dialect) Option {
	return func(c *config) { c.dialect = d }
}

// WithExtraMembers makes the server accept and store unknown members with the
// given names, in every object of a request. Other unknown members are rejected.
func WithExtraMembers(names ...string) Option {
	return func(c *config) { c.extraMembers = names }
}

// WithListener makes the server accept connections from l instead of a port of
// its own on the loopback interface. [Server.Close] closes l.
func WithListener(l net.Listener) Option {
	return func(c *config) { c.listener = l }
}

// WithNetwork makes the server listen on an in-memory network. Clients of
// [Server.Client] dial through that network.
func WithNetwork(n *Network) Option {
	return func(c *config) { c.network = n }
}

// WithBasePath sets the path under which the API is served. Use it to find clients
// that drop the path of their base URL. The default is none.
func WithBasePath(path string) Option {
	return func(c *config) {
		c.basePath = ""
		if trimmed := strings.Trim(path, "/"); trimmed != "" {
			c.basePath = "/" + trimmed
		}
	}
}

// WithRateLimit makes the server respond with 429 to requests above the limit. All
// connections share the limit, as the clients of one company at one address do.
// Only accepted requests with the right key count. The default is no limit.
func WithRateLimit(limit RateLimit) Option {
	return func(c *config) { c.rateLimit = limit }
}

// WithLookupDelay hides new data from lookups for d: a new order completely, and
// of an append the new licenses. Until then, the licenses and users cannot be
// changed either. The response to the create itself shows everything. The default
// is no delay.
func WithLookupDelay(d time.Duration) Option {
	return func(c *config) { c.lookupDelay = d }
}

// WithIgnoredFilters makes lists ignore filters, as the service ignores unknown
// ones: store_id and store_id__startswith of orders, and all filters of licenses,
// users and customers.
func WithIgnoredFilters() Option {
	return func(c *config) { c.ignoredFilters = true }
}

// WithSeed sets the seed of the ids, keys and passwords that the server generates.
// Servers with the same seed generate the same values for the same requests. The
// default seed is constant, so servers that must differ need seeds of their own.
func WithSeed(seed int64) Option {
	return func(c *config) { c.seed = seed }
}

// WithLegacyResponse makes [CreateOrder] respond in the older form, with order_id
// and new_passwords instead of the order's record.
func WithLegacyResponse() Option {
	return func(c *config) { c.legacyResponse = true }
}

// WithQuirks enables quirks of the server's records.
func WithQuirks(quirks ...Quirk) Option {
	return func(c *config) {
		for _, q := range quirks {
			c.quirks[q] = true
		}
	}
}

// WithRequestLogLimit sets the maximum number of requests that [Server.Requests]
// returns. The default is 10,000.
func WithRequestLogLimit(n int) Option {
	return func(c *config) { c.requestLogLimit = max(1, n) }
}

// WithStrictFaults makes the test given to [NewServer] fail if injected faults are
// still pending at its end. See [Server.PendingFaults].
func WithStrictFaults() Option {
	return func(c *config) { c.strictFaults = true }
}
