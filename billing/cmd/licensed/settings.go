package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/billing/inbox"
	"github.com/licensespring-go/licensespring/billing/lifecycle"
)

const (
	maxSlackDays     = 366
	minAuditInterval = time.Minute
)

// settings is the configuration of serve.
type settings struct {
	secrets

	listen, admin string

	store, natsURL, natsCreds, name string
	replicas                        int
	keepPasswords                   bool
	resultTTL                       time.Duration

	notifyURL       string
	notifyPasswords bool

	baseURL   string
	current   bool
	rateLimit int
	workers   int
	grace     time.Duration

	idPrefix              string
	invoiceTimeout        time.Duration
	webhookURL, stripeURL string
	skipUnlicensed        bool
	slackDays             int
	auditInterval         time.Duration
	liveOnly              bool

	fake, demo, exit bool
	logJSON, verbose bool
}

// flagsOf declares the flags of serve and check.
func (s *settings) flagsOf(name string, env environment, out io.Writer) *envFlags {
	f := newEnvFlags(name, env, out)
	f.string(&s.listen, "listen", "LICENSED_LISTEN", "127.0.0.1:8080", "`address` of the webhook, /healthz and /readyz")
	f.string(&s.admin, "admin", "LICENSED_ADMIN", "127.0.0.1:8081", "`address` of the status page, /metrics and the API of the other commands")
	f.string(&s.store, "store", "LICENSED_STORE", "", "`directory` of the embedded queue")
	f.string(&s.natsURL, "nats", "LICENSED_NATS_URL", "", "`url` of a NATS cluster to use instead of the embedded queue")
	f.string(&s.natsCreds, "nats-creds", "LICENSED_NATS_CREDS", "", "`file` with the credentials of the NATS user")
	f.int(&s.replicas, "replicas", "LICENSED_REPLICAS", 0, "number of servers of the cluster that store each order: 1, 3 or 5")
	f.string(&s.name, "name", "LICENSED_NAME", "", "prefix of the names of streams and buckets")
	f.bool(&s.keepPasswords, "keep-passwords", "LICENSED_KEEP_PASSWORDS", "store the initial passwords of new license users in the results")
	f.duration(&s.resultTTL, "result-ttl", "LICENSED_RESULT_TTL", 0, "time after which results expire, as in 8760h; 0 keeps the setting of the queue, which is initially never")
	f.string(&s.notifyURL, "notify-url", "LICENSED_NOTIFY_URL", "", "`url` to which license.issued and license.failed are posted, signed with "+envNotifySecret)
	f.bool(&s.notifyPasswords, "notify-passwords", "LICENSED_NOTIFY_PASSWORDS", "include the initial passwords of new license users in notifications, once")
	f.string(&s.baseURL, "base-url", "LICENSESPRING_BASE_URL", "", "`url` of the service, if it is not the vendor's")
	f.bool(&s.current, "current-dialect", "LICENSESPRING_CURRENT_DIALECT", "use the spelling of the vendor's newer reference in requests")
	f.int(&s.rateLimit, "rate-limit", "LICENSED_RATE_LIMIT", 0, "maximum number of requests per minute of this process; the vendor's plans have 600, 900, 1200 and 2400, and one IP address has at most 1200")
	f.int(&s.workers, "workers", "LICENSED_WORKERS", fulfillment.DefaultConcurrency, "number of orders processed concurrently")
	f.duration(&s.grace, "grace", "LICENSED_GRACE", fulfillment.DefaultGracePeriod, "time for active calls during shutdown")
	f.string(&s.idPrefix, "id-prefix", "LICENSED_ID_PREFIX", "", "`text` before the Stripe id in order ids")
	f.duration(&s.invoiceTimeout, "invoice-timeout", "LICENSED_INVOICE_TIMEOUT", inbox.DefaultInvoiceTimeout, "time after which a paid Checkout session becomes a dead letter if no event of its invoice has led to its order")
	f.string(&s.webhookURL, "webhook-url", "LICENSED_WEBHOOK_URL", "", "public `url` of the webhook, to find its endpoint at Stripe; without it the path decides")
	f.string(&s.stripeURL, "stripe-url", "STRIPE_BASE_URL", "", "`url` of the Stripe API, if it is not Stripe's")
	f.int(&s.slackDays, "slack-days", "LICENSED_SLACK_DAYS", lifecycle.DefaultSlackDays, "days for which a license remains valid after the paid period, unless its price has slack_days")
	f.duration(&s.auditInterval, "audit-interval", "LICENSED_AUDIT_INTERVAL", 0, "`interval` of audits of all subscriptions and payments; 0: none")
	f.bool(&s.skipUnlicensed, "skip-unlicensed", "LICENSED_SKIP_UNLICENSED", "skip lines without license metadata")
	f.bool(&s.liveOnly, "live-only", "LICENSED_LIVE_ONLY", "ignore events of Stripe's test mode")
	f.bool(&s.fake, "fake", "LICENSED_FAKE", "use a fake of the service")
	f.bool(&s.demo, "demo", "", "with the fake: post sample events and print the results")
	f.bool(&s.exit, "exit", "", "with -demo: exit after the demo")
	f.bool(&s.logJSON, "log-json", "LICENSED_LOG_JSON", "log in JSON")
	f.bool(&s.verbose, "v", "LICENSED_VERBOSE", "log at debug level")
	return f
}

// newSettings reads the command line and the environment. It reports all unreadable
// values at once, and otherwise all invalid combinations. The settings are not nil
// after an error either, because they determine the format of the log.
func newSettings(args []string, env environment, out io.Writer) (*settings, error) {
	s := &settings{}
	f := s.flagsOf("licensed serve", env, out)
	err := f.parse(args)
	if isReported(err) {
		return s, err
	}
	if f.set.NArg() > 0 {
		err = errors.Join(err, fmt.Errorf("unexpected argument %q", f.set.Arg(0)))
	}
	var secretsErr error
	s.secrets, secretsErr = readSecrets(env)
	if err := errors.Join(err, secretsErr); err != nil {
		return s, err
	}
	// The fake is used only on request, or without any configuration. A configured
	// service whose key is missing must not issue fake licenses.
	if s.managementKey.IsZero() && s.store+s.natsURL+s.baseURL == "" &&
		s.webhookSecret.IsZero() && s.stripeKey.IsZero() {
		s.fake = true
	}
	return s, errors.Join(s.validate()...)
}

// maxWorkers is the maximum of fulfillment.WithConcurrency.
const maxWorkers = 1000

func (s *settings) validate() []error {
	var errs []error
	check := func(invalid bool, format string, args ...any) {
		if invalid {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(!s.fake && s.managementKey.IsZero(), "%s is not set (use -fake for a fake of the service)", envManagementKey)
	check(!s.fake && s.webhookSecret.IsZero(), "%s is not set", envWebhookSecret)
	check(!s.fake && s.store+s.natsURL == "", "set -store or -nats: the queue must survive the process")
	check(s.fake && !s.managementKey.IsZero(), "-fake cannot be combined with %s", envManagementKey)
	check(s.fake && s.baseURL != "", "-fake cannot be combined with -base-url")
	check(s.notifyURL != "" && s.notifySecret.IsZero(), "-notify-url requires %s", envNotifySecret)
	check(s.notifyURL != "" && !isSafeEndpoint(s.notifyURL), "-notify-url: want an https URL: notifications hold license keys")
	check(s.notifyURL == "" && s.notifyPasswords, "-notify-passwords requires -notify-url")
	check(s.store != "" && s.natsURL != "", "-store cannot be combined with -nats")
	check(s.natsURL == "" && s.natsCreds != "", "-nats-creds requires -nats")
	check(s.natsURL == "" && s.replicas > 1, "-replicas requires -nats")
	check(s.natsURL != "" && !s.storeKey.IsZero(), "%s cannot be combined with -nats: it encrypts an embedded queue", envStoreKey)
	check(s.workers < 1 || s.workers > maxWorkers, "-workers must be from 1 to %d", maxWorkers)
	check(s.resultTTL != 0 && s.resultTTL < time.Minute, "-result-ttl must be at least 1m")
	check(s.slackDays < 0 || s.slackDays > maxSlackDays, "-slack-days must be from 0 to %d", maxSlackDays)
	check(s.auditInterval < 0 || s.auditInterval > 0 && s.auditInterval < minAuditInterval, "-audit-interval must be at least %s", minAuditInterval)
	check(s.auditInterval > 0 && s.stripeKey.IsZero() && !s.demo, "-audit-interval requires %s", envStripeKey)
	check(s.invoiceTimeout <= 0, "-invoice-timeout must be positive")
	check(s.grace < 0, "-grace must not be negative")
	check(s.demo && !s.fake, "-demo requires the fake")
	check(s.exit && !s.demo, "-exit requires -demo")
	check(s.rateLimit < 0, "-rate-limit must not be negative")
	check(!isLoopback(s.admin) && s.adminToken.IsZero(),
		"-admin requires %s unless the address is loopback", envAdminToken)
	return errs
}

// isLoopback reports whether an address is reachable only from this machine.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// isSafeEndpoint reports whether a URL is https, or leads to this machine.
func isSafeEndpoint(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Host))
}

// requestsPerMinute returns the number of requests that the rate limiter permits per
// minute, including the limit per address that applies to every plan.
func (s *settings) requestsPerMinute() int {
	const perAddress = 6 * 200 // 200 in ten seconds
	if s.rateLimit == 0 {
		return perAddress
	}
	return min(s.rateLimit, perAddress)
}

func (s *settings) dialect() licensespring.Dialect {
	if s.current {
		return licensespring.DialectCurrent
	}
	return licensespring.DialectClassic
}
