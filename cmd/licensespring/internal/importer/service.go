package importer

import (
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/connect"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// service is the service that receives the orders.
type service struct {
	client   *licensespring.Client
	fake     *licensespringtest.Server // of this program, nil for another service
	greeting string
}

// service returns the service to use. A dry run that reads no products needs neither a
// service nor a key.
func (s *settings) service(message func(format string, args ...any)) (*service, error) {
	var err error
	options := append(s.connection.Observe(message), connect.ReportWaits(message))
	svc := &service{}
	switch c := s.connection; {
	case s.dryRun && !s.checkProducts:
		svc.greeting = "Dry run: nothing is sent."
		svc.client, err = c.OfflineClient()
	case s.ownFake:
		svc.fake = s.startFake()
		svc.greeting = "Using a fake of the service at " + svc.fake.URL() + ": no real license is created."
		own := connect.Settings{
			BaseURL: svc.fake.URL(), Dialect: c.Dialect, RateLimit: c.RateLimit, Timeout: c.Timeout,
			Getenv: fakeKey,
		}
		if !own.RateLimit.Given {
			own.RateLimit.Limit = licensespring.NoRateLimit
		}
		if svc.client, err = own.Client(append(options, shortWaits()...)...); err != nil {
			svc.fake.Close()
		}
	default:
		svc.greeting = "Using the service at " + c.Address() + "."
		if s.dryRun {
			svc.greeting = "Dry run: only the products are read, from " + c.Address() + "."
		}
		if c.RateLimit.Limit == licensespring.NoRateLimit {
			options = append(options, shortWaits()...)
		}
		svc.client, err = c.Client(options...)
	}
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	return svc, nil
}

// fakeKey is an environment with the key of a fake only.
func fakeKey(name string) string {
	if name == connect.EnvKey {
		return licensespringtest.DefaultAPIKey
	}
	return ""
}

// shortWaits are options for a fake, which responds within a millisecond or not at
// all.
func shortWaits() []licensespring.Option {
	return []licensespring.Option{
		licensespring.WithRetryWaits(10*time.Millisecond, 500*time.Millisecond),
		licensespring.WithAttemptTimeout(3 * time.Second),
	}
}

// repeat returns how to continue an import.
func (svc *service) repeat() string {
	if svc.fake != nil {
		return "The fake of this run is gone. To resume an import, run \"licensespring fake\" in another terminal."
	}
	return "Run the same command again: existing orders are not created twice."
}

func (svc *service) close() {
	svc.client.CloseIdleConnections()
	if svc.fake != nil {
		svc.fake.Close()
	}
}
