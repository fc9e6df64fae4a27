package view

import (
	"errors"
	"time"

	"github.com/licensespring-go/licensespring"
)

// Failure is the error of a call.
type Failure struct {
	Kind    licensespring.ErrorKind `json:"kind"`
	Message string                  `json:"message"`
	Status  int                     `json:"status,omitzero"`
	Code    string                  `json:"code,omitzero"`
	// Findings are those of the validation, Fields the service's messages about fields,
	// and Differences the differences from what exists.
	Findings    []licensespring.Finding `json:"findings,omitzero"`
	Fields      []FieldError            `json:"fields,omitzero"`
	Differences []Difference            `json:"differences,omitzero"`
	RequestID   string                  `json:"request_id,omitzero"`
	RetryAt     time.Time               `json:"retry_at,omitzero"`
}

// FieldError is a [licensespring.FieldError] with names for JSON.
type FieldError struct {
	Path     string   `json:"path"`
	Messages []string `json:"messages"`
}

// Difference is a [licensespring.Difference] with names for JSON.
type Difference struct {
	Path string             `json:"path"`
	Want string             `json:"want,omitzero"`
	Got  string             `json:"got,omitzero"`
	Rule licensespring.Rule `json:"rule"`
}

// FailureOf returns the failure of an error, and nil for nil.
func FailureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	f := &Failure{Message: err.Error()}
	if failed, ok := errors.AsType[*licensespring.Error](err); ok {
		f.Kind, f.Message, f.Status, f.Code = failed.Kind, failed.Error(), failed.StatusCode, failed.Code
		f.RequestID, f.RetryAt = failed.RequestID, failed.RetryAt
		for _, field := range failed.Fields {
			f.Fields = append(f.Fields, FieldError(field))
		}
		f.Differences = Differences(failed.Differences)
	}
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok {
		f.Findings = invalid.Findings
	}
	return f
}

// Differences returns differences with names for JSON.
func Differences(differences []licensespring.Difference) []Difference {
	var all []Difference
	for _, d := range differences {
		all = append(all, Difference(d))
	}
	return all
}
