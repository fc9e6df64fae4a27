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

// What holds unless an option says otherwise.
const (
	// DefaultName is the beginning of all names in JetStream.
	DefaultName = "licensespring"
	// DefaultAckWait is how long an order stays with a worker that is not heard
	// of before it is given to another.
	DefaultAckWait = 30 * time.Second
	// DefaultDedupeWindow is how long JetStream itself knows an order again.
	DefaultDedupeWindow = 24 * time.Hour
)

// Option sets one thing about a pipeline. Options are passed to [Open], which
// reports everything that is wrong with any of them at once.
type Option func(*config)

type config struct {
	// Durations and numbers that are zero leave what is there in JetStream as it
	// is: a program that only looks must not change what the workers set.
	name          string
	storeDir      string
	listen        string
	token         licensespring.Secret
	encryptionKey licensespring.Secret
	syncInterval  time.Duration
	maxStore      int64 // of the embedded server in bytes; 0: its own choice
	url           string
	natsOptions   []nats.Option
	replicas      int
	ackWait       time.Duration
	dedupe        time.Duration
	resultTTL     time.Duration
	keepPasswords bool
	logger        *slog.Logger
	faults        []error
}

func newConfig(options []Option) (*config, error) {
	c := &config{
		name:   DefaultName,
		logger: slog.New(slog.DiscardHandler),
	}
	for _, option := range options {
		if option != nil {
			option(c)
		}
	}
	c.checkTogether()
	return c, errors.Join(c.faults...)
}

// checkTogether finds what is wrong with options beside each other.
func (c *config) checkTogether() {
	embedded := c.storeDir != ""
	if embedded == (c.url != "") {
		c.fault("want either a store directory or a URL")
	} else if !embedded && c.embeddedOnly() {
		c.fault("listening, encryption and syncing are the cluster's own business")
	}
	if embedded && c.replicas > 1 {
		c.fault("an embedded server keeps no replicas")
	}
	if c.listen != "" && c.token.IsZero() && !isLoopback(c.listen) {
		c.fault("listening beyond this machine takes a token")
	}
}

func (c *config) embeddedOnly() bool {
	return c.listen != "" || !c.encryptionKey.IsZero() || c.syncInterval != 0
}

func isLoopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (c *config) fault(message string) {
	c.faults = append(c.faults, errors.New("fulfillment: "+message))
}

// WithStoreDir runs a NATS server inside this process and keeps its files in
// the directory, which is made if it is not there. The server opens no port.
func WithStoreDir(dir string) Option {
	return func(c *config) {
		if dir == "" {
			c.fault("the store directory is empty")
		}
		c.storeDir = dir
	}
}

// WithURL uses the NATS servers at the address, several separated by commas, in
// place of an embedded one. JetStream has to be enabled there. The connection is
// made again for as long as the pipeline is open, whenever it is lost.
func WithURL(url string) Option {
	return func(c *config) {
		if strings.TrimSpace(url) == "" {
			c.fault("the URL is empty")
		}
		c.url = url
	}
}

// WithNATSOptions adds options to the connection that [WithURL] makes, such as
// nats.UserCredentials or nats.RootCAs.
func WithNATSOptions(options ...nats.Option) Option {
	return func(c *config) { c.natsOptions = append(c.natsOptions, options...) }
}

// WithReplicas sets on how many servers of a cluster each order and each result
// is kept: 1, 3 or 5. Three outlive the loss of one. Without it streams that are
// there stay as they are, and new ones have one replica.
func WithReplicas(n int) Option {
	return func(c *config) {
		if n < 1 || n > 5 || n%2 == 0 {
			c.fault("replicas must be 1, 3 or 5")
		}
		c.replicas = n
	}
}

// WithName sets the beginning of the names of streams, subjects and buckets, for
// several pipelines (companies, test and production) on one server. It is of
// letters, digits, "-" and "_".
func WithName(name string) Option {
	return func(c *config) {
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(name) {
			c.fault("a name is of letters, digits, - and _, and of 1 to 64 of them")
		}
		c.name = name
	}
}

// WithListen opens a port of the embedded server, as in "127.0.0.1:4222", so
// that other programs on the machine (a command line, say) can open the same
// pipeline with [WithURL]. Whoever reaches the port and knows the token of
// [WithToken] can read and write all that is stored; an address other than
// loopback is refused without a token.
func WithListen(address string) Option {
	return func(c *config) {
		_, port, err := net.SplitHostPort(address)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			c.fault("the address to listen on is not host:port, with a number as the port")
		}
		c.listen = address
	}
}

// WithToken sets the token that [WithListen] asks for and [WithURL] brings.
func WithToken(token licensespring.Secret) Option {
	return func(c *config) { c.token = token }
}

// WithEncryptionKey encrypts the files of the embedded server (ChaCha20-Poly1305
// with keys derived from the one given). What was stored with a key cannot be
// read without it.
func WithEncryptionKey(key licensespring.Secret) Option {
	return func(c *config) { c.encryptionKey = key }
}

// WithSyncInterval has the embedded server sync its files every so often,
// instead of before each acknowledgment. Enqueue gets faster by the time of an
// fsync. What was acknowledged then still outlives a kill of the process, since
// the operating system has it, but the last interval may be lost in a power cut.
func WithSyncInterval(d time.Duration) Option {
	return func(c *config) {
		if d <= 0 {
			c.fault("the sync interval must be above zero")
		}
		c.syncInterval = d
	}
}

// WithAckWait sets how long an order stays with a worker that is not heard of,
// because it was killed or cut off, before it is given to another. A worker
// that lives tells three times in that while that it is at it, so it bounds no
// call. It is at least 500 milliseconds. Without it a consumer that is there
// stays as it is, and a new one gets [DefaultAckWait].
func WithAckWait(d time.Duration) Option {
	return func(c *config) {
		if d < 500*time.Millisecond {
			c.fault("the ack wait must be at least 500ms")
		}
		c.ackWait = d
	}
}

// WithDedupeWindow sets how long JetStream itself knows an order again that it
// was given before, finished or not. A repeated order that comes later is
// recognized all the same, by the worker. Without it a stream that is there stays
// as it is, and a new one gets [DefaultDedupeWindow].
func WithDedupeWindow(d time.Duration) Option {
	return func(c *config) {
		if d < 100*time.Millisecond {
			c.fault("the dedupe window must be at least 100ms")
		}
		c.dedupe = d
	}
}

// WithResultTTL sets for how long results are kept. Without it they are kept
// for good: it is your copy of who got which license.
func WithResultTTL(d time.Duration) Option {
	return func(c *config) {
		if d < time.Minute {
			c.fault("the results' time to live must be at least a minute")
		}
		c.resultTTL = d
	}
}

// WithKeepPasswords says whether the initial passwords of new license users are
// kept in the results, so that they can be mailed. They are stored as they are,
// readable by whoever reads the store; see [WithEncryptionKey] and
// [WithResultTTL]. The default is no.
func WithKeepPasswords(keep bool) Option {
	return func(c *config) { c.keepPasswords = keep }
}

// WithLogger sets a logger for what happens in the pipeline and in the embedded
// server. It is told order ids and reasons, and never a key, an e-mail address or
// the content of an order. Without it the pipeline is silent.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) {
		if logger == nil {
			c.fault("the logger is nil")
			return
		}
		c.logger = logger
	}
}
