package fake

import (
	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// RateLimit returns a rate limit of a plan, with the limits that hold for every plan.
func RateLimit(limit licensespring.RateLimit) licensespringtest.RateLimit {
	return licensespringtest.RateLimit{PerMinute: int(limit), PerSecond: 50, PerTenSeconds: 200}
}
