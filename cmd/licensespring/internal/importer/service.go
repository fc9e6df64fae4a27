package importer

import (
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// service is the address and key of the service, and the fake if there is one.
type service struct {
	key, baseURL string
	fake         *licensespringtest.Server // nil for another service
	shortWaits   bool                      // for fakes
	greeting     string
}

// service returns the service to use. A dry run needs no fake.
func (s *settings) service() *service {
	svc := &service{key: s.key, baseURL: s.baseURL, shortWaits: s.rateLimit == licensespring.NoRateLimit}
	if svc.baseURL == "" {
		svc.baseURL = licensespring.DefaultBaseURL
	}
	switch {
	case s.dryRun && s.checkProducts && !s.usesOwnFake():
		svc.greeting = "Dry run: only the products are read, from " + svc.baseURL + "."
	case s.dryRun && !s.checkProducts:
		svc.greeting = "Dry run: nothing is sent."
		if svc.key == "" {
			svc.key = licensespringtest.DefaultAPIKey
		}
	case s.usesOwnFake():
		svc.fake, svc.shortWaits = s.startFake(), true
		svc.key, svc.baseURL = svc.fake.APIKey(), svc.fake.URL()
		svc.greeting = "Using a fake of the service at " + svc.baseURL + ": no real license is created."
	default:
		svc.greeting = "Using the service at " + svc.baseURL + "."
	}
	return svc
}

// client returns a client for the service.
func (svc *service) client(s *settings) (*licensespring.Client, error) {
	limit := s.rateLimit
	if !s.rateLimitGiven && svc.fake != nil {
		limit = licensespring.NoRateLimit
	}
	options := []licensespring.Option{
		licensespring.WithBaseURL(svc.baseURL),
		licensespring.WithDialect(s.dialect),
		licensespring.WithUserAgent("licensespring-cli"),
		licensespring.WithRateLimiter(licensespring.NewRateLimiter(limit)),
	}
	if svc.shortWaits {
		// A fake responds within a millisecond or not at all.
		options = append(options,
			licensespring.WithRetryWaits(10*time.Millisecond, 500*time.Millisecond),
			licensespring.WithAttemptTimeout(3*time.Second))
	}
	client, err := licensespring.New(svc.key, options...)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	return client, nil
}

func (svc *service) close() {
	if svc.fake != nil {
		svc.fake.Close()
	}
}
