// Package connect makes a client of the SDK from the global flags and the environment.
package connect

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The environment variables of the key and the address of the service.
const (
	EnvKey     = "LICENSESPRING_MANAGEMENT_KEY"
	EnvKeyFile = "LICENSESPRING_MANAGEMENT_KEY_FILE"
	EnvBaseURL = "LICENSESPRING_BASE_URL"
)

// Settings are the key, the address and the limits of the service. The key is never a
// flag: other users of the machine can see the command line.
type Settings struct {
	KeyFile   string
	BaseURL   string
	Dialect   Dialect
	RateLimit RateLimit
	Timeout   time.Duration
	Verbose   bool

	// Getenv returns the environment.
	Getenv func(string) string
	// UserAgent names the program to the service.
	UserAgent string
}

// AddFlags adds the flags to a command and to its subcommands.
func (s *Settings) AddFlags(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&s.KeyFile, "key-file", "", "read the management key from this `file` of mode 0600, or below /run/secrets (default: $"+EnvKeyFile+")")
	flags.StringVar(&s.BaseURL, "base-url", "", "`address` of the service (default: $"+EnvBaseURL+", or that of the vendor)")
	flags.Var(&s.Dialect, "dialect", "`dialect` of the service: classic or current")
	flags.Var(&s.RateLimit, "rate-limit", "maximum request rate: the `plan` of the account (free, business-starter, business-plus or"+
		" enterprise), a number of requests per minute, or none (for a fake only)")
	flags.DurationVar(&s.Timeout, "timeout", licensespring.DefaultCallTimeout, "maximum duration of a call, with all attempts; 0 for no limit")
	flags.BoolVarP(&s.Verbose, "verbose", "v", false, "print each request to standard error")
	Complete(cmd, "dialect", "classic", "current")
	Complete(cmd, "rate-limit", "free", "business-starter", "business-plus", "enterprise", "none")
}

// Complete sets the values that the shell suggests for a flag.
func Complete(cmd *cobra.Command, flag string, values ...string) {
	// The error says that there is no such flag.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// Address returns the address of the service.
func (s *Settings) Address() string {
	return cmp.Or(s.BaseURL, s.Getenv(EnvBaseURL), licensespring.DefaultBaseURL)
}

// Client returns a client of the service.
func (s *Settings) Client(options ...licensespring.Option) (*licensespring.Client, error) {
	key, err := s.Key()
	if err != nil {
		return nil, err
	}
	if s.RateLimit.Limit == licensespring.NoRateLimit && !IsLocal(s.Address()) {
		return nil, exit.Usagef("--rate-limit none: only a fake on this machine has no rate limit")
	}
	return s.client(key, options)
}

// Observe returns the options of a client that prints its requests, if they are wanted.
func (s *Settings) Observe(message func(format string, args ...any)) []licensespring.Option {
	if !s.Verbose {
		return nil
	}
	return []licensespring.Option{licensespring.WithObserver(licensespring.Observer{
		EndAttempt: func(_ context.Context, attempt licensespring.Attempt) { message("%s", attempt) },
	})}
}

// OfflineClient returns a client for previews. It needs no key.
func (s *Settings) OfflineClient() (*licensespring.Client, error) {
	key, err := s.Key()
	if errors.Is(err, errNoKey) {
		key, err = licensespringtest.DefaultAPIKey, nil
	}
	if err != nil {
		return nil, err
	}
	return s.client(key, nil)
}

func (s *Settings) client(key string, options []licensespring.Option) (*licensespring.Client, error) {
	client, err := licensespring.New(key, append([]licensespring.Option{
		licensespring.WithBaseURL(s.Address()),
		licensespring.WithDialect(licensespring.Dialect(s.Dialect)),
		licensespring.WithUserAgent(cmp.Or(s.UserAgent, "licensespring-cli")),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(s.RateLimit.Limit)),
		licensespring.WithCallTimeout(s.Timeout),
	}, options...)...)
	return client, exit.With(exit.Usage, err)
}
