package main

import (
	"io"
	"time"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// service is what the program talks to.
type service struct {
	key, baseURL string
	fake         *licensespringtest.Server // nil: a service out there
	patient      bool                      // it is worth waiting for
	greeting     string
}

// service is the one that the settings name. A dry run sends nothing, so it
// needs none.
func (s *settings) service() *service {
	svc := &service{key: s.key, baseURL: s.baseURL, patient: s.plan != licensespring.Unlimited}
	if svc.baseURL == "" {
		svc.baseURL = licensespring.DefaultBaseURL
	}
	switch {
	case s.dryRun:
		svc.greeting = "Dry run: nothing is sent."
		if svc.key == "" {
			svc.key = licensespringtest.DefaultAPIKey
		}
	case s.ownFake():
		svc.fake, svc.patient = s.startFake(), false
		svc.key, svc.baseURL = svc.fake.APIKey(), svc.fake.URL()
		svc.greeting = "Talking to a fake of the service, started at " + svc.baseURL + ": nothing of this is real."
	default:
		svc.greeting = "Talking to the service at " + svc.baseURL + ", since " + envKey + " is set."
	}
	return svc
}

// client returns a client for the service.
func (svc *service) client(s *settings) (*licensespring.Client, error) {
	plan := s.plan
	if !s.planGiven && svc.fake != nil {
		plan = licensespring.Unlimited
	}
	options := []licensespring.Option{
		licensespring.WithBaseURL(svc.baseURL),
		licensespring.WithDialect(s.dialect),
		licensespring.WithUserAgent("bulkimport-example"),
		licensespring.WithBudget(licensespring.NewBudget(plan)),
	}
	if !svc.patient {
		// A fake answers in a millisecond, or never.
		options = append(options,
			licensespring.WithRetryWaits(10*time.Millisecond, 500*time.Millisecond),
			licensespring.WithAttemptTimeout(3*time.Second))
	}
	client, err := licensespring.New(svc.key, options...)
	if err != nil {
		return nil, usageError{err}
	}
	return client, nil
}

// printBooks says what the fake holds, which is the truth about what was made.
func (svc *service) printBooks(w io.Writer) {
	if svc.fake != nil {
		printBooks(w, svc.fake)
	}
}

func printBooks(w io.Writer, fake *licensespringtest.Server) {
	say(w, "The fake holds %s with %s.", plural(len(fake.Orders()), "order"), plural(fake.LicenseCount(), "license"))
}

func (svc *service) close() {
	if svc.fake != nil {
		svc.fake.Close()
	}
}
