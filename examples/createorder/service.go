package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// fakePolicy is the code of the fake's license policy.
const fakePolicy = "team"

// service is the address and key of the service, and the fake if there is one.
type service struct {
	key, baseURL string
	fake         *licensespringtest.Server // nil for another service
	greeting     string
	builtIn      bool // the order is the built-in one
}

// service returns the service to use. A dry run sends nothing and therefore needs
// no fake.
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
		svc.greeting = "Using the service at " + svc.baseURL + ", because " + envKey + " is set."
	default:
		svc.fake = startFake(s.dialect)
		svc.key, svc.baseURL = svc.fake.APIKey(), svc.fake.URL()
		svc.greeting = "Using a fake of the service at " + svc.baseURL + ": no real license is created."
	}
	return svc
}

// startFake starts a fake that accepts the dialect of the client. A server accepts
// one dialect only.
func startFake(d licensespring.Dialect) *licensespringtest.Server {
	dialect := licensespringtest.DialectClassic
	if d == licensespring.DialectCurrent {
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

// hint writes how to fix an error, if its text does not tell.
func (s *service) hint(w io.Writer, err error) {
	if errors.Is(err, licensespring.ErrOrderExists) {
		_, _ = fmt.Fprintln(w, "An id can be used for one order only. With -ensure, an existing order with the same content is a success.")
	}
	if e, ok := errors.AsType[*licensespring.Error](err); ok && e.Code == "unknown_product" && s.fake == nil && s.builtIn {
		_, _ = fmt.Fprintln(w, "The built-in order uses product codes of the fake. Set the codes of your products with -key-product,"+
			" -user-product and -consumption-product, or send an order from a file with -f.")
	}
}
