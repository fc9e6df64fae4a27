package importer

import (
	"io"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/fake"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// startFake starts a fake of the service with the rate limit and the dialect of the
// settings.
func (s *settings) startFake() *licensespringtest.Server {
	// This program does not read the log of requests, which would grow with the
	// input.
	options := []licensespringtest.Option{licensespringtest.WithRequestLogLimit(1)}
	if limit := s.connection.RateLimit.Limit; limit > 0 {
		options = append(options, licensespringtest.WithRateLimit(fake.RateLimit(limit)))
	}
	// A server accepts one dialect only.
	if licensespring.Dialect(s.connection.Dialect) == licensespring.DialectCurrent {
		options = append(options, licensespringtest.WithDialect(licensespringtest.DialectCurrent))
	}
	server := licensespringtest.NewServer(nil, options...)
	if s.faults {
		server.Inject(fake.RandomFaults()...)
	}
	return server
}

// printStored writes how many orders and licenses the fake stores.
func printStored(w io.Writer, server *licensespringtest.Server) {
	printLine(w, "The fake stores %s with %s.", plural(len(server.Orders()), "order"), plural(server.LicenseCount(), "license"))
}
