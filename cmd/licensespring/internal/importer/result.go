package importer

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/cmd/licensespring/internal/view"
)

// outcomeValid is the outcome of a valid order in a dry run.
const outcomeValid licensespring.Outcome = "valid"

// A result is a line of the results: the outcome of an entry.
type result struct {
	Line    int                   `json:"line"`
	ID      string                `json:"id,omitzero"`
	Outcome licensespring.Outcome `json:"outcome"`
	// OrderID is the id that the service assigned.
	OrderID     int64     `json:"order_id,omitzero"`
	LicenseKeys []string  `json:"license_keys,omitzero"`
	Users       []user    `json:"users,omitzero"`
	Warnings    []finding `json:"warnings,omitzero"`
	Error       *failure  `json:"error,omitzero"`
}

// document returns the result as a line of the results without its end.
func (r *result) document() []byte {
	var line bytes.Buffer
	if err := encode(&line, r); err != nil {
		return fmt.Appendf(nil, "line %d: %v", r.Line, err)
	}
	return bytes.TrimSuffix(line.Bytes(), []byte("\n"))
}

// user is a user of a license.
type user struct {
	Email     string `json:"email"`
	IsManager bool   `json:"is_manager,omitzero"`
	// InitialPassword is set with --show-secrets only. The service shows it in
	// the response to the create only.
	InitialPassword string `json:"initial_password,omitzero"`
}

// failure is the error of an entry. Its findings have lines.
type failure struct {
	view.Failure

	Findings []finding `json:"findings,omitzero"`
}

// orderResult returns the result of an order that exists.
func orderResult(e *entry, res *licensespring.OrderResult, passwords bool) *result {
	r := &result{
		Line: e.line, ID: e.id, Outcome: res.Outcome,
		OrderID:     res.Order.ID,
		LicenseKeys: res.Order.LicenseKeys(),
		Warnings:    slices.Concat(e.warnings, e.withLines(res.Warnings)),
	}
	for _, u := range res.Order.Users() {
		shown := user{Email: u.Email, IsManager: u.IsManager}
		if passwords {
			shown.InitialPassword = u.InitialPassword.Reveal()
		}
		r.Users = append(r.Users, shown)
	}
	return r
}

// errorResult returns the result of an order that failed.
func errorResult(e *entry, outcome licensespring.Outcome, err error) *result {
	r := &result{
		Line: e.line, ID: e.id, Warnings: e.warnings,
		Outcome: cmp.Or(outcome, licensespring.OutcomeUnknown),
		Error:   &failure{Failure: *view.FailureOf(err)},
	}
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		r.Error.Findings = e.withLines(invalid.Findings)
	}
	return r
}

// invalidResult returns the result of an entry that is not an order.
func invalidResult(e *entry) *result {
	return &result{
		Line: e.line, ID: e.id, Outcome: licensespring.OutcomeNotSent, Warnings: e.warnings,
		Error: &failure{
			Failure:  view.Failure{Kind: licensespring.ErrInvalidRequest, Message: "the entry is not a valid order"},
			Findings: e.errors,
		},
	}
}
