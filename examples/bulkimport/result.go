package main

import (
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
)

// outcomeValid is the outcome of an order in a dry run that has no fault.
const outcomeValid licensespring.Outcome = "valid"

// A result is a line of the results: what became of an entry.
type result struct {
	Line    int                   `json:"line"`
	ID      string                `json:"id,omitzero"`
	Outcome licensespring.Outcome `json:"outcome"`
	// OrderID is the service's number for the order.
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
	// InitialPassword is there if it was asked for and the service told it,
	// which it does only once.
	InitialPassword string `json:"initial_password,omitzero"`
}

// failure says why an order was not made, or may not have been.
type failure struct {
	Kind    licensespring.ErrorKind `json:"kind"`
	Message string                  `json:"message"`
	Status  int                     `json:"status,omitzero"`
	Code    string                  `json:"code,omitzero"`
	// Findings are what validation says, Fields what the service says of single
	// fields, and Differences how the order differs from the one that is there.
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

type difference struct {
	Path  string `json:"path"`
	Asked string `json:"asked,omitzero"`
	Found string `json:"found,omitzero"`
}

// made is the result of an order that is there.
func made(e *entry, res *licensespring.OrderResult, passwords bool) *result {
	r := &result{
		Line: e.line, ID: e.id, Outcome: res.Outcome,
		OrderID:     res.Order.ID,
		LicenseKeys: res.Order.LicenseKeys(),
		Warnings:    e.placed(res.Warnings),
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

// unmade is the result of an order that was not made, or may not have been.
func unmade(e *entry, err error) *result {
	r := &result{Line: e.line, ID: e.id, Outcome: licensespring.NotSent}
	var (
		failed *licensespring.Error
		wrong  *licensespring.ValidationError
	)
	if !errors.As(err, &failed) { // the SDK returns nothing else
		r.Outcome, r.Error = licensespring.Unknown, &failure{Message: err.Error()}
		return r
	}
	r.Outcome = failed.Outcome
	r.Error = &failure{
		Kind: failed.Kind, Message: failed.Error(), Status: failed.StatusCode, Code: failed.Code,
		RequestID: failed.RequestID, RetryAt: failed.RetryAt,
	}
	if errors.As(err, &wrong) {
		r.Error.Findings = e.placed(wrong.Findings)
	}
	for _, f := range failed.Fields {
		r.Error.Fields = append(r.Error.Fields, fieldError(f))
	}
	for _, d := range failed.Differences {
		r.Error.Differences = append(r.Error.Differences, difference{Path: d.Path, Asked: d.Asked, Found: d.Found})
	}
	return r
}

// unread is the result of an entry that is no order.
func unread(e *entry) *result {
	return &result{
		Line: e.line, ID: e.id, Outcome: licensespring.NotSent,
		Error: &failure{
			Kind: licensespring.ErrInvalidRequest, Message: "the line cannot be read as an order",
			Findings: e.faults,
		},
	}
}
