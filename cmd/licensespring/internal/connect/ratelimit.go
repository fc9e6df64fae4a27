package connect

import (
	"errors"
	"strconv"

	"github.com/licensespring-go/licensespring"
)

// RateLimit is the flag of a rate limit.
type RateLimit struct {
	Limit licensespring.RateLimit
	// Given reports that the flag is set.
	Given bool
}

// plans are the names of rate limits.
var plans = [...]struct {
	name  string
	limit licensespring.RateLimit
}{
	{"free", licensespring.RateLimitFree},
	{"business-starter", licensespring.RateLimitBusinessStarter},
	{"business-plus", licensespring.RateLimitBusinessPlus},
	{"enterprise", licensespring.RateLimitEnterprise},
	{"none", licensespring.NoRateLimit},
}

// String returns the name of the plan or the number, and "" if the flag is not set.
func (r *RateLimit) String() string {
	if !r.Given {
		return ""
	}
	for _, plan := range plans {
		if plan.limit == r.Limit {
			return plan.name
		}
	}
	return strconv.Itoa(int(r.Limit))
}

// Type returns the name of the value in the help.
func (r *RateLimit) Type() string { return "plan" }

// Set parses the name of a plan or a number.
func (r *RateLimit) Set(text string) error {
	for _, plan := range plans {
		if plan.name == text {
			r.Limit, r.Given = plan.limit, true
			return nil
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return errors.New("want free, business-starter, business-plus, enterprise, a positive number, or none")
	}
	r.Limit, r.Given = licensespring.RateLimit(n), true
	return nil
}
