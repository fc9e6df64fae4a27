package fulfillment

import (
	"errors"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/licensespring-go/licensespring"
)

// Defaults of the options of [Open].
const (
	// DefaultName is the default name prefix in JetStream.
	DefaultName = "licensespring"
	// DefaultAckWait is the default redelivery timeout of [WithAckWait].
	DefaultAckWait = 30 * time.Second
	// DefaultDedupeWindow is the default deduplication window of JetStream.
	DefaultDedupeWindow = 24 * time.Hour
)

// Option configures a pipeline. [Open] reports all invalid options at once.
type Option func(*config)

// config holds the options. A zero duration or number leaves the setting of an
// existing stream or consumer unchanged, so that a program that only reads does
// not change what the workers configured.
type config struct {
	name          string
	storeDir      string
	listen        string
	token         licensespring.Secret
	encryptionKey licensespring.Secret
	syncInterval  time.Duration
	maxStoreBytes int64 // of the embedded server; 0 means its default
	url           string
	natsOptions   []nats.Option
	replicas      int
	ackWait       time.Duration
	dedupeWindow  time.Duration
	resultTTL     time.Duration
	keepPasswords bool
	logger        *slog.Logger

	reconcileInterval time.Duration
	noticeAckWait     time.Duration
	errs              []error
}

func newConfig(options []Option) (*config, error) {
	c := &config{
		name:   DefaultName,
		logger: slog.New(slog.DiscardHandler),

		reconcileInterval: defaultReconcileInterval,
		noticeAckWait:     noticeAckWait,
	}
	for _, option := range options {
		if option != nil {
			option(c)
		}
	}
	c.checkCombinations()
	return c, errors.Join(c.errs...)
}

func (c *config) checkCombinations() {
	embedded := c.storeDir != ""
	if embedded == (c.url != "") {
		c.invalid("set either WithStoreDir or WithURL")
	} else if !embedded && c.hasEmbeddedOption() {
		c.invalid("WithListen, WithEncryptionKey and WithSyncInterval require WithStoreDir")
	}
	if embedded && c.replicas > 1 {
		c.invalid("WithReplicas requires WithURL: an embedded server has one replica")
	}
	if c.listen != "" && c.token.IsZero() && !isLoopback(c.listen) {
		c.invalid("WithListen requires WithToken unless the address is loopback")
	}
}

func (c *config) hasEmbeddedOption() bool {
	return c.listen != "" || !c.encryptionKey.IsZero() || c.syncInterval != 0
}

func isLoopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (c *config) invalid(message string) {
	c.errs = append(c.errs, errors.New("fulfillment: "+message))
}

// WithStoreDir runs a NATS server in this process that stores its files in dir.
// Open creates the directory if it does not exist. The server opens no port.
func WithStoreDir(dir string) Option {
	return func(c *config) {
		if dir == "" {
			c.invalid("the store directory is empty")
		}
		c.storeDir = dir
	}
}

// WithURL connects to the NATS servers at the comma-separated URLs instead of an
// embedded server. The servers must have JetStream enabled. A lost connection is
// re-established for as long as the pipeline is open.
func WithURL(url string) Option {
	return func(c *config) {
		if strings.TrimSpace(url) == "" {
			c.invalid("the URL is empty")
		}
		c.url = url
	}
}

// WithNATSOptions adds options to the connection of [WithURL], such as
// nats.UserCredentials or nats.RootCAs.
func WithNATSOptions(options ...nats.Option) Option {
	return func(c *config) { c.natsOptions = append(c.natsOptions, options...) }
}

// WithReplicas sets the number of servers in a cluster that store each order and
// each result: 1, 3 or 5. Three replicas survive the loss of one server. Without
// it existing streams are unchanged, and new ones have one replica.
func WithReplicas(n int) Option {
	return func(c *config) {
		if n < 1 || n > 5 || n%2 == 0 {
			c.invalid("the number of replicas must be 1, 3 or 5")
		}
		c.replicas = n
	}
}

// WithName sets the prefix of the names of streams, subjects and buckets, so that
// several pipelines (companies, test and production) can share a server. A name
// consists of 1 to 64 letters, digits, "-" and "_".
func WithName(name string) Option {
	return func(c *config) {
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(name) {
			c.invalid("the name must consist of 1 to 64 letters, digits, - and _")
		}
		c.name = name
	}
}

// WithListen opens a port of the embedded server, as in "127.0.0.1:4222", so
// that other programs on the machine, such as a command line tool, can open the
// same pipeline with [WithURL]. A client that reaches the port and knows the token
// of [WithToken] can read and write everything that is stored. An address that is
// not loopback requires a token.
func WithListen(address string) Option {
	return func(c *config) {
		_, port, err := net.SplitHostPort(address)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			c.invalid("the listen address must be host:port with a numeric port")
		}
		c.listen = address
	}
}

// WithToken sets the token that the port of [WithListen] requires and that the
// connection of [WithURL] sends.
func WithToken(token licensespring.Secret) Option {
	return func(c *config) { c.token = token }
}

// WithEncryptionKey encrypts the files of the embedded server with
// ChaCha20-Poly1305, using keys derived from key. Encrypted files cannot be read
// without the key.
func WithEncryptionKey(key licensespring.Secret) Option {
	return func(c *config) { c.encryptionKey = key }
}

// WithSyncInterval makes the embedded server sync its files at the interval d
// instead of before each acknowledgment, which makes Enqueue faster. Acknowledged
// orders still survive a kill of the process. A power failure can lose the orders
// of the last interval.
func WithSyncInterval(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.invalid("the sync interval must be positive")
		}
		c.syncInterval = d
	}
}

// WithAckWait sets the time after which an order is redelivered to another worker
// when its worker was killed or disconnected. A running worker extends it every
// third of that time, so that it does not bound the duration of a call. The
// minimum is 500 milliseconds. Without it an existing consumer is unchanged, and a
// new one uses [DefaultAckWait].
func WithAckWait(d time.Duration) Option {
	return func(c *config) {
		if d < 500*time.Millisecond {
			c.invalid("the ack wait must be at least 500ms")
		}
		c.ackWait = d
	}
}

// WithDedupeWindow sets the time for which JetStream deduplicates an order, even
// after the order left the queue. After the window a worker recognizes a repeated
// order by its result. Without it an existing stream is unchanged, and a new one
// uses [DefaultDedupeWindow].
func WithDedupeWindow(d time.Duration) Option {
	return func(c *config) {
		if d < 100*time.Millisecond {
			c.invalid("the dedupe window must be at least 100ms")
		}
		c.dedupeWindow = d
	}
}

// WithResultTTL sets the time after which results expire. Without it results are
// kept indefinitely, as a local record of the issued licenses.
func WithResultTTL(d time.Duration) Option {
	return func(c *config) {
		if d < time.Minute {
			c.invalid("the result TTL must be at least 1m")
		}
		c.resultTTL = d
	}
}

// WithKeepPasswords sets whether results contain the initial passwords of new
// license users, for example to mail them. They are stored in plain text unless
// [WithEncryptionKey] is set; see also [WithResultTTL]. The default is false.
func WithKeepPasswords(keep bool) Option {
	return func(c *config) { c.keepPasswords = keep }
}

// WithLogger sets the logger of the pipeline and of the embedded server. Log
// records contain order ids and reasons, but no license keys, e-mail addresses or
// order contents. Without it the pipeline does not log.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) {
		if logger == nil {
			c.invalid("the logger is nil")
			return
		}
		c.logger = logger
	}
}
