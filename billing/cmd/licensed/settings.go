package main

import (
	"errors"
	"flag"
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

// newSettings reads the command line and the environment, and says everything
// that is wrong with them at once.
func newSettings(args []string, env environment, out io.Writer) (*settings, error) {
	s := &settings{}
	f := s.flags(env, out)
	if err := f.parse(args); err != nil {
		return nil, err
	}
	if f.set.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", f.set.Arg(0))
	}
	var err error
	if s.secrets, err = readSecrets(env); err != nil {
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

// envFlags are flags that can be given in the environment as well.
type envFlags struct {
	set    *flag.FlagSet
	env    environment
	faults []error
}

func newEnvFlags(name string, env environment, out io.Writer) *envFlags {
	f := &envFlags{set: flag.NewFlagSet(name, flag.ContinueOnError), env: env}
	f.set.SetOutput(out)
	return f
}

// fromEnv sets a flag that was just declared from the environment.
func (f *envFlags) fromEnv(name, variable string) {
	value := ""
	if variable != "" {
		value = f.env(variable)
	}
	if value == "" {
		return
	}
	if err := f.set.Set(name, value); err != nil {
		f.faults = append(f.faults, fmt.Errorf("%s: %w", variable, err))
	}
}

func also(usage, variable string) string {
	if variable == "" {
		return usage
	}
	return usage + " (" + variable + ")"
}

func (f *envFlags) string(p *string, name, variable, value, usage string) {
	f.set.StringVar(p, name, value, also(usage, variable))
	f.fromEnv(name, variable)
}

func (f *envFlags) int(p *int, name, variable string, value int, usage string) {
	f.set.IntVar(p, name, value, also(usage, variable))
	f.fromEnv(name, variable)
}

func (f *envFlags) bool(p *bool, name, variable, usage string) {
	f.set.BoolVar(p, name, false, also(usage, variable))
	f.fromEnv(name, variable)
}

func (f *envFlags) duration(p *time.Duration, name, variable string, value time.Duration, usage string) {
	f.set.DurationVar(p, name, value, also(usage, variable))
	f.fromEnv(name, variable)
}

// parse reads the command line. The flag package has told what is wrong with it.
func (f *envFlags) parse(args []string) error {
	if err := f.set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	return errors.Join(f.faults...)
}
