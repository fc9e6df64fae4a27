package main

import (
	"net"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// startFake starts a fake of the service that the settings ask for. It keeps to
// the same plan and takes the same spelling as the client does: a service knows
// one of the two.
func (s *settings) startFake(options ...licensespringtest.Option) *licensespringtest.Server {
	if s.dialect == licensespring.CurrentDialect {
		options = append(options, licensespringtest.WithDialect(licensespringtest.DialectCurrent))
	}
	if s.plan > 0 {
		options = append(options, licensespringtest.WithRateLimit(
			licensespringtest.RateLimit{PerMinute: int(s.plan), PerSecond: 50, PerTenSeconds: 200}))
	}
	// Nobody reads its journal, and it holds every request.
	fake := licensespringtest.NewServer(nil, append(options, licensespringtest.WithJournalLimit(1))...)
	if s.faults {
		fake.Inject(faultMix()...)
	}
	return fake
}

// listenAt is the option that makes a fake listen at an address.
func listenAt(address string) (licensespringtest.Option, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, usageError{err}
	}
	return licensespringtest.WithListener(l), nil
}
