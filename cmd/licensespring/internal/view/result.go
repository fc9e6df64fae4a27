package view

import (
	"cmp"
	"errors"

	"github.com/licensespring-go/licensespring"
)

// OrderResult is the result of a write of an order.
type OrderResult struct {
	ID       string                  `json:"id"`
	Outcome  licensespring.Outcome   `json:"outcome"`
	Order    *Order                  `json:"order,omitzero"`
	Warnings []licensespring.Finding `json:"warnings,omitzero"`
	Error    *Failure                `json:"error,omitzero"`
}

// OrderResultOf returns the result of a call.
func OrderResultOf(id string, res *licensespring.OrderResult, err error, secrets bool) *OrderResult {
	r := &OrderResult{ID: id, Outcome: outcomeOf(err), Error: FailureOf(err)}
	if res != nil {
		r.Outcome, r.Order, r.Warnings = res.Outcome, OrderOf(res.Order, secrets), res.Warnings
	}
	return r
}

// LicenseResult is the result of a write of a license.
type LicenseResult struct {
	LicenseID int64                 `json:"license_id,omitzero"`
	Outcome   licensespring.Outcome `json:"outcome"`
	License   *License              `json:"license,omitzero"`
	// NewUsers are the users that the call assigned.
	NewUsers []User                  `json:"new_users,omitzero"`
	Warnings []licensespring.Finding `json:"warnings,omitzero"`
	Error    *Failure                `json:"error,omitzero"`
}

// LicenseResultOf returns the result of a call. An error can also have new users.
func LicenseResultOf(id int64, res *licensespring.LicenseResult, err error, secrets bool) *LicenseResult {
	r := &LicenseResult{LicenseID: id, Outcome: outcomeOf(err), Error: FailureOf(err)}
	if res != nil {
		r.Outcome, r.License, r.Warnings = res.Outcome, LicenseOf(res.License, secrets), res.Warnings
		r.NewUsers = Users(res.NewUsers, secrets)
	}
	if failed, ok := errors.AsType[*licensespring.Error](err); ok {
		r.NewUsers = Users(failed.NewUsers(), secrets)
	}
	return r
}

// outcomeOf returns the outcome of an error of a write. An error without an outcome may
// have had an effect.
func outcomeOf(err error) licensespring.Outcome {
	if err == nil {
		return ""
	}
	return cmp.Or(licensespring.OutcomeOf(err), licensespring.OutcomeUnknown)
}
