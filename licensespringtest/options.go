package licensespringtest

import (
	"net"
	"strings"
	"time"
)

// DefaultAPIKey is the key of a server made without [WithAPIKey]. It has the
// form of the vendor's management keys.
const DefaultAPIKey = "FAKEFAKE.0123456789abcdef0123456789abcdef"

const (
	defaultSeed         = 1
	defaultJournalLimit = 10000
)

// An Option changes how a [Server] is made.
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
	journalLimit     int
	strictFaults     bool
}

func newConfig(opts []Option) config {
	c := config{
		apiKey:       DefaultAPIKey,
		products:     DefaultProducts(),
		seed:         defaultSeed,
		journalLimit: defaultJournalLimit,
		quirks:       make(map[Quirk]bool),
	}
	for _, opt := range opts {
		opt(&c)
	}

	return c
}

// WithAPIKey sets the key requests have to bring.
func WithAPIKey(key string) Option {
	return func(c *config) { c.apiKey = key }
}

// WithProducts sets the catalogue, instead of [DefaultProducts].
func WithProducts(products ...Product) Option {
	return func(c *config) { c.products = products }
}

// WithPolicies sets the license policies a license may name. There are none
// otherwise, and naming one that is not there is refused.
func WithPolicies(policies ...Policy) Option {
	return func(c *config) { c.policies = policies }
}

// WithCustomerAccounts sets the ids of the customer accounts an order may name.
// There are none otherwise.
func WithCustomerAccounts(ids ...int64) Option {
	return func(c *config) { c.customerAccounts = ids }
}

// WithDialect sets the one spelling the server accepts and answers in, by
// default [DialectPage].
func WithDialect(d Dialect) Option {
	return func(c *config) { c.dialect = d }
}

// WithExtraMembers makes the server accept and store members it does not know,
// by their names, at every level of an order. Otherwise it refuses them.
func WithExtraMembers(names ...string) Option {
	return func(c *config) { c.extraMembers = names }
}

// WithListener makes the server accept connections from l, which it closes in
// the end, instead of a port of its own on the loopback interface.
func WithListener(l net.Listener) Option {
	return func(c *config) { c.listener = l }
}

// WithNetwork puts the server on a network in memory. [Server.Client] then
// dials by way of it.
func WithNetwork(n *Network) Option {
	return func(c *config) { c.network = n }
}

// WithBasePath puts the API below a path, which catches clients that take the
// path of their base URL for empty.
func WithBasePath(path string) Option {
	return func(c *config) {
		c.basePath = ""
		if trimmed := strings.Trim(path, "/"); trimmed != "" {
			c.basePath = "/" + trimmed
		}
	}
}

// WithRateLimit makes the server answer 429 to requests above the limit. It is
// counted over all connections: a server is one company, and its clients share
// one address. Only requests with the right key count, and those that are refused
// do not.
func WithRateLimit(limit RateLimit) Option {
	return func(c *config) { c.rateLimit = limit }
}

// WithLookupDelay hides what a create has made from lookups for a while: a new
// order as a whole, an append's licenses within the order that was there. The
// answer to the create itself shows everything.
func WithLookupDelay(d time.Duration) Option {
	return func(c *config) { c.lookupDelay = d }
}

// WithIgnoredFilters makes lists ignore store_id and store_id__startswith and
// return every order, as the service does with filters it does not know.
func WithIgnoredFilters() Option {
	return func(c *config) { c.ignoredFilters = true }
}

// WithSeed sets the seed of the ids, keys and passwords the server makes.
// Servers with the same seed that are sent the same make the same; the default
// seed is fixed, so two servers of one test that must differ need it.
func WithSeed(seed int64) Option {
	return func(c *config) { c.seed = seed }
}

// WithLegacyResponse makes create_order answer in its older form, an order_id
// and new_passwords, instead of with the order's record.
func WithLegacyResponse() Option {
	return func(c *config) { c.legacyResponse = true }
}

// WithQuirks gives the server's records oddities the service's have been seen
// with.
func WithQuirks(quirks ...Quirk) Option {
	return func(c *config) {
		for _, q := range quirks {
			c.quirks[q] = true
		}
	}
}

// WithJournalLimit sets how many requests [Server.Requests] remembers at most,
// instead of 10,000.
func WithJournalLimit(n int) Option {
	return func(c *config) { c.journalLimit = max(1, n) }
}

// WithStrictFaults makes a test fail if, at its end, an injected fault has
// never happened: the test did not test what it says. It needs the test that
// [NewServer] is given.
func WithStrictFaults() Option {
	return func(c *config) { c.strictFaults = true }
}
