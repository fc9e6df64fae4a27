package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/licensespring-go/licensespring"
)

// usageError is about what the caller of the program gave it.
type usageError struct{ error }

// Unwrap returns the error itself.
func (e usageError) Unwrap() error { return e.error }

// report says what went wrong, and returns the exit code for it. Whatever is
// wrong with an order is said at once, one finding a line.
func report(w io.Writer, err error) int {
	var (
		wrong *licensespring.ValidationError
		e     *licensespring.Error
		usage usageError
	)
	switch {
	case errors.As(err, &wrong):
		printFindings(w, wrong.Findings)
		return exitUsage
	case errors.As(err, &usage):
		_, _ = fmt.Fprintln(w, usage)
		return exitUsage
	case !errors.As(err, &e):
		_, _ = fmt.Fprintln(w, err)
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
		_, _ = fmt.Fprintln(w, "Come back at", e.RetryAt.Format("15:04:05 MST")+".")
	}
	printAttempts(w, e.Attempts)
	_, _ = fmt.Fprintln(w, outcomeText(e.Outcome))
	return exitCode(e.Outcome)
}

// outcomeText says what became of the order.
func outcomeText(outcome licensespring.Outcome) string {
	switch outcome {
	case licensespring.Unknown:
		return "The order may or may not have been made. Run this again with -ensure to find out."
	case licensespring.NotSent:
		return "The service was not reached: nothing was made."
	default:
		return "Nothing was made."
	}
}

func exitCode(outcome licensespring.Outcome) int {
	switch outcome {
	case licensespring.Unknown:
		return exitUnknown
	case licensespring.NotSent:
		return exitNotSent
	case licensespring.Refused:
		return exitRefused
	default:
		return exitFailed
	}
}
