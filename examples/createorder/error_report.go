package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/licensespring-go/licensespring"
)

// usageError is an error in the command line, the environment or the order file.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// reportError writes an error and returns its exit code. It writes all validation
// errors of an order, one per line. Only the outcome decides whether something was
// created: the error of a sent order may contain other errors as well.
func reportError(w io.Writer, err error) int {
	e, called := errors.AsType[*licensespring.Error](err)
	sent := called && (e.Outcome == licensespring.OutcomeUnknown || e.Outcome == licensespring.OutcomeRejected)
	if invalid, ok := errors.AsType[*licensespring.ValidationError](err); ok && !sent {
		printFindings(w, invalid.Findings)
		return exitUsage
	}
	if !called {
		_, _ = fmt.Fprintln(w, err)
		if _, ok := errors.AsType[usageError](err); ok {
			return exitUsage
		}
		return exitFailed
	}

	_, _ = fmt.Fprintln(w, e)
	for _, field := range e.Fields {
		for _, message := range field.Messages {
			_, _ = fmt.Fprintf(w, "  %s: %s\n", field.Path, message)
		}
	}
	for _, difference := range e.Differences {
		_, _ = fmt.Fprintln(w, " ", difference)
	}
	if !e.RetryAt.IsZero() {
		_, _ = fmt.Fprintln(w, "Retry at", e.RetryAt.Format("15:04:05 MST")+".")
	}
	printAttempts(w, e.Attempts)
	return reportOutcome(w, licensespring.OutcomeOf(err))
}

// reportOutcome writes what a failed call did to the order and returns the exit
// code.
func reportOutcome(w io.Writer, outcome licensespring.Outcome) int {
	switch outcome {
	case licensespring.OutcomeUnknown:
		_, _ = fmt.Fprintln(w, "The order may or may not have been created. Run the command again with -ensure to settle it.")
		return exitUnknown
	case licensespring.OutcomeNotSent:
		_, _ = fmt.Fprintln(w, "The service was not reached. Nothing was created.")
		return exitNotSent
	case licensespring.OutcomeRejected:
		_, _ = fmt.Fprintln(w, "Nothing was created.")
		return exitRejected
	default: // the error of a read, which this program never makes
		return exitFailed
	}
}
