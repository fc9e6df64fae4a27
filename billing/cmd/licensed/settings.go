package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// settings are what serve is told.
type settings struct {
	secrets

	listen, admin string

	store, natsURL, natsCreds, name string
	replicas                        int
	keepPasswords                   bool

	baseURL string
	current bool
	plan    int
	workers int
	grace   time.Duration

	idPrefix                string
	renewals, otherProducts bool

	fake, demo, exit bool
	logJSON, verbose bool
}

// flags declares the flags of serve. Their defaults come from the environment.
func (s *settings) flags(env environment, out io.Writer) *envFlags {
	f := newEnvFlags("licensed serve", env, out)
	f.string(&s.listen, "listen", "LICENSED_LISTEN", "127.0.0.1:8080", "`address` of the webhook and /healthz")
	f.string(&s.admin, "admin", "LICENSED_ADMIN", "127.0.0.1:8081", "`address` of the status page, /metrics and the API of the other commands")
	f.string(&s.store, "store", "LICENSED_STORE", "", "`directory` of the embedded queue")
	f.string(&s.natsURL, "nats", "LICENSED_NATS_URL", "", "`url` of a NATS cluster to use instead of the embedded queue")
	f.string(&s.natsCreds, "nats-creds", "LICENSED_NATS_CREDS", "", "`file` with the NATS user's credentials")
	f.int(&s.replicas, "replicas", "LICENSED_REPLICAS", 0, "on how many servers of the cluster each order is kept: 1, 3 or 5")
	f.string(&s.name, "name", "LICENSED_NAME", "", "beginning of the names of streams and buckets")
	f.bool(&s.keepPasswords, "keep-passwords", "LICENSED_KEEP_PASSWORDS", "keep the initial passwords of new license users in the results")
	f.string(&s.baseURL, "base-url", "LICENSESPRING_BASE_URL", "", "`url` of the service, if it is not the vendor's")
	f.bool(&s.current, "current-dialect", "LICENSESPRING_CURRENT_DIALECT", "send the spelling of the vendor's newer reference")
	f.int(&s.plan, "plan", "LICENSED_PLAN", 0, "requests a minute that this process may use: 600, 900, 1200 and 2400 are the vendor's plans")
	f.int(&s.workers, "workers", "LICENSED_WORKERS", fulfillment.DefaultConcurrency, "orders under way at once")
	f.duration(&s.grace, "grace", "LICENSED_GRACE", fulfillment.DefaultGrace, "how long calls under way may go on at the end")
	f.string(&s.idPrefix, "id-prefix", "LICENSED_ID_PREFIX", "", "`text` before Stripe's id in the id of an order")
	f.bool(&s.renewals, "renewals", "LICENSED_RENEWALS", "make an order of each renewal of a subscription, too")
	f.bool(&s.otherProducts, "other-products", "LICENSED_OTHER_PRODUCTS", "pass over what has no license in the metadata of its price")
	f.bool(&s.fake, "fake", "LICENSED_FAKE", "talk to a fake of the service")
	f.bool(&s.demo, "demo", "", "with the fake: post sample events and print what happens")
	f.bool(&s.exit, "exit", "", "with -demo: end when it is over")
	f.bool(&s.logJSON, "log-json", "LICENSED_LOG_JSON", "log in JSON")
	f.bool(&s.verbose, "v", "LICENSED_VERBOSE", "log more")
	return f
}

// newSettings reads the command line and the environment. It says at once what of
// them cannot be read; and if all can, what makes no sense together.
func newSettings(args []string, env environment, out io.Writer) (*settings, error) {
	s := &settings{}
	f := s.flags(env, out)
	err := f.parse(args)
	if isTold(err) {
		return nil, err
	}
	if f.set.NArg() > 0 {
		err = errors.Join(err, fmt.Errorf("unexpected argument %q", f.set.Arg(0)))
	}
	var unread error
	s.secrets, unread = readSecrets(env)
	if err := errors.Join(err, unread); err != nil {
		return nil, err
	}
	// A service that was configured and lacks its key must not make up licenses:
	// the fake is for those who ask for it, and for those who say nothing.
	if s.managementKey.IsZero() && s.store+s.natsURL+s.baseURL == "" &&
		s.webhookSecret.IsZero() && s.stripeKey.IsZero() {
		s.fake = true
	}
	return s, errors.Join(s.faults()...)
}

// maxWorkers is what fulfillment.WithConcurrency takes.
const maxWorkers = 1000

func (s *settings) faults() []error {
	var faults []error
	check := func(wrong bool, format string, args ...any) {
		if wrong {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	check(!s.fake && s.managementKey.IsZero(), "%s is not set (for a fake of the service give -fake)", envManagementKey)
	check(!s.fake && s.webhookSecret.IsZero(), "%s is not set", envWebhookSecret)
	check(!s.fake && s.store+s.natsURL == "", "give -store or -nats: the queue must outlive the process")
	check(s.fake && !s.managementKey.IsZero(), "-fake, and %s is set", envManagementKey)
	check(s.fake && s.baseURL != "", "-fake and -base-url exclude each other")
	check(s.store != "" && s.natsURL != "", "-store and -nats exclude each other")
	check(s.natsURL == "" && s.natsCreds != "", "-nats-creds goes with -nats")
	check(s.natsURL == "" && s.replicas > 1, "-replicas goes with -nats")
	check(s.natsURL != "" && !s.storeKey.IsZero(), "%s encrypts an embedded queue, and -nats is another", envStoreKey)
	check(s.workers < 1 || s.workers > maxWorkers, "-workers must be from 1 to %d", maxWorkers)
	check(s.grace < 0, "-grace must not be negative")
	check(s.demo && !s.fake, "-demo is for the fake only")
	check(s.exit && !s.demo, "-exit goes with -demo")
	check(s.plan < 0, "-plan must not be negative")
	check(!loopback(s.admin) && s.adminToken.IsZero(),
		"-admin is not on the loopback interface, and %s is not set", envAdminToken)
	return faults
}

// loopback reports whether only this machine reaches an address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || (ip != nil && ip.IsLoopback())
}

// perMinute is how many requests the budget lets through in a minute, counted at
// the address limit that holds for every plan.
func (s *settings) perMinute() int {
	const perAddress = 6 * 200 // 200 in ten seconds
	if s.plan == 0 {
		return perAddress
	}
	return min(s.plan, perAddress)
}

func (s *settings) dialect() licensespring.Dialect {
	if s.current {
		return licensespring.CurrentDialect
	}
	return licensespring.PageDialect
}
