package importer

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/licensespring-go/licensespring"
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

// user is a user of a license.
type user struct {
	Email     string `json:"email"`
	IsManager bool   `json:"is_manager,omitzero"`
	// InitialPassword is set with --show-secrets only. The service shows it in
	// the response to the create only.
	InitialPassword string `json:"initial_password,omitzero"`
}

// failure is the error of an entry.
type failure struct {
	Kind    licensespring.ErrorKind `json:"kind"`
	Message string                  `json:"message"`
	Status  int                     `json:"status,omitzero"`
	Code    string                  `json:"code,omitzero"`
	// Findings are the findings of the validation, Fields the service's messages
	// about fields, and Differences the differences from the existing order.
	Findings    []finding    `json:"findings,omitzero"`
	Fields      []fieldError `json:"fields,omitzero"`
	Differences []difference `json:"differences,omitzero"`
	RequestID   string       `json:"request_id,omitzero"`
	RetryAt     time.Time    `json:"retry_at,omitzero"`
}

type fieldError struct {
	Path     string   `json:"path"`
	Messages []string `json:"messages"`
}

// difference is a [licensespring.Difference] with names for JSON.
type difference struct {
	Path string             `json:"path"`
	Want string             `json:"want,omitzero"`
	Got  string             `json:"got,omitzero"`
	Rule licensespring.Rule `json:"rule"`
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
		Error:   &failure{Message: err.Error()},
	}
	if failed, ok := errors.AsType[*licensespring.Error](err); ok {
		r.Error = &failure{
			Kind: failed.Kind, Message: failed.Error(), Status: failed.StatusCode, Code: failed.Code,
			RequestID: failed.RequestID, RetryAt: failed.RetryAt,
		}
		for _, f := range failed.Fields {
			r.Error.Fields = append(r.Error.Fields, fieldError(f))
		}
		for _, d := range failed.Differences {
			r.Error.Differences = append(r.Error.Differences, difference(d))
		}
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
			Kind: licensespring.ErrInvalidRequest, Message: "the entry is not a valid order",
			Findings: e.errors,
		},
	}
}
