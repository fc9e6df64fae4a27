package importer

import (
	"net"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"

	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/exit"
)

// startFake starts a fake of the service with the rate limit and the dialect of the
// settings. A server accepts one dialect only.
func (s *settings) startFake(options ...licensespringtest.Option) *licensespringtest.Server {
	if s.dialect == licensespring.DialectCurrent {
		options = append(options, licensespringtest.WithDialect(licensespringtest.DialectCurrent))
	}
	if s.rateLimit > 0 {
		options = append(options, licensespringtest.WithRateLimit(
			licensespringtest.RateLimit{PerMinute: int(s.rateLimit), PerSecond: 50, PerTenSeconds: 200}))
	}
	// This program does not read the log of requests, which would grow with the
	// input.
	fake := licensespringtest.NewServer(nil, append(options, licensespringtest.WithRequestLogLimit(1))...)
	if s.faults {
		fake.Inject(randomFaults()...)
	}
	return fake
}

// listenAt returns an option that makes a fake listen at an address.
func listenAt(address string) (licensespringtest.Option, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	return licensespringtest.WithListener(l), nil
}
