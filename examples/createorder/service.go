package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// fakePolicy is the license policy of the fake.
const fakePolicy = "team"

// service is what the program talks to.
type service struct {
	key, baseURL string
	fake         *licensespringtest.Server // nil: a service out there
	greeting     string
	builtIn      bool // the built-in order is sent to it
}

// service is the one that the settings name. A dry run sends nothing, so it
// needs no service: it shows what would be sent to the real one.
func (s *settings) service() service {
	svc := service{key: s.key, baseURL: s.baseURL, builtIn: s.file == ""}
	if svc.baseURL == "" {
		svc.baseURL = licensespring.DefaultBaseURL
	}
	switch {
	case s.dryRun && svc.key == "":
		svc.key = licensespringtest.DefaultAPIKey
		svc.greeting = "Dry run: nothing is sent. Without " + envKey + " the order goes to a fake of the service."
	case s.dryRun:
		svc.greeting = "Dry run: nothing is sent."
	case svc.key != "":
		svc.greeting = "Talking to the service at " + svc.baseURL + ", since " + envKey + " is set."
	default:
		svc.fake = startFake(s.dialect)
		svc.key, svc.baseURL = svc.fake.APIKey(), svc.fake.URL()
		svc.greeting = "Talking to a fake of the service, started at " + svc.baseURL + ": nothing of this is real."
	}
	return svc
}

// startFake starts the fake. It takes the same spelling as is sent to it: a
// service knows one of the two.
func startFake(d licensespring.Dialect) *licensespringtest.Server {
	dialect := licensespringtest.DialectPage
	if d == licensespring.CurrentDialect {
		dialect = licensespringtest.DialectCurrent
	}
	return licensespringtest.NewServer(nil,
		licensespringtest.WithDialect(dialect),
		licensespringtest.WithPolicies(licensespringtest.Policy{
			Code: fakePolicy,
			Properties: map[string]any{
				"license_type": "time-limited", "valid_duration": "3m", "max_activations": 5,
			},
		}),
	)
}

func (s *service) client(d licensespring.Dialect) (*licensespring.Client, error) {
	return licensespring.New(s.key,
		licensespring.WithBaseURL(s.baseURL),
		licensespring.WithDialect(d),
		licensespring.WithUserAgent("createorder-example"),
	)
}

func (s *service) close() {
	if s.fake != nil {
		s.fake.Close()
	}
}

// hint says what to do about an error, where that is not plain from its text.
func (s *service) hint(w io.Writer, err error) {
	var e *licensespring.Error
	switch {
	case errors.Is(err, licensespring.ErrOrderExists):
		_, _ = fmt.Fprintln(w, "An id makes one order, once. With -ensure an order that is there as asked for is no error.")
	case errors.As(err, &e) && e.Code == "unknown_product" && s.fake == nil && s.builtIn:
		_, _ = fmt.Fprintln(w, "The built-in order names products of the fake. Name yours with -key-product, -user-product"+
			" and -consumption-product, or send an order of your own with -f.")
	}
}
