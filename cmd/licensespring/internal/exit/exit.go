// Package exit defines the exit codes of the program and derives them from errors.
package exit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/licensespring-go/licensespring"
)

// The exit codes. [Table] documents them.
const (
	Done = iota
	Failed
	Usage
	Rejected
	NotSent
	Unknown
	Conflict
	Interrupted
)

// Table documents the exit codes for the help. README.md contains the same table.
const Table = `  0  done: everything is as wanted
  1  failed: another error, such as a file that cannot be written or an invalid response
  2  usage: invalid command line, environment, key or form of the input
  3  rejected: invalid, rejected by the service, or not found; no effect
  4  not sent: the service was not reached or not available, or a rate limit; no effect: repeat the command
  5  unknown: it may or may not have taken effect: repeat the command
  6  conflict: something exists that differs from what is wanted, and was not changed
  7  interrupted: some of the work was not started, and the rest is done: repeat the command

If several codes apply, the first of 1, 2, 7, 5, 4, 6, 3 is returned.`

// Error is an error with an exit code.
type Error struct {
	Code int
	// Err is nil if the error has been reported.
	Err error
}

// Error returns the text of the error, or the exit code if it has been reported.
func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the error.
func (e *Error) Unwrap() error { return e.Err }

// With returns an error with an exit code. It returns nil for nil.
func With(code int, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Err: err}
}

// Usagef returns an error with the code [Usage].
func Usagef(format string, args ...any) error {
	return &Error{Code: Usage, Err: fmt.Errorf(format, args...)}
}

// Silent returns an error that has been reported. It returns nil for the code 0.
func Silent(code int) error {
	if code == Done {
		return nil
	}
	return &Error{Code: code}
}

// Report writes an error, unless it is nil or has been reported, and returns its
// exit code.
func Report(w io.Writer, err error) int {
	if !Reported(err) {
		text := strings.Replace(err.Error(), "licensespring: ", "", 1) // the name of the SDK, not of this program
		_, _ = fmt.Fprintln(w, text)                                   // an error of writing a message cannot be reported
	}
	return Code(err)
}

// Reported reports whether an error is nil or has been reported.
func Reported(err error) bool {
	if err == nil {
		return true
	}
	e, ok := errors.AsType[*Error](err)
	return ok && e.Err == nil
}

// Code returns the exit code of an error, and [Done] for nil.
func Code(err error) int {
	if err == nil {
		return Done
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[*licensespring.Error](err); ok {
		return ofCall(e)
	}
	switch {
	case errors.Is(err, licensespring.ErrInvalidConfig):
		return Usage
	case errors.Is(err, licensespring.ErrInvalidRequest):
		return Rejected
	case errors.Is(err, context.Canceled):
		return Interrupted
	default:
		return Failed
	}
}

// ofCall returns the exit code of an error of a call. The outcome decides first: a
// call with an unknown outcome has no other code, whatever its kind is.
func ofCall(e *licensespring.Error) int {
	switch e.Outcome {
	case licensespring.OutcomeRejected, licensespring.OutcomeNotSent, "": // a read
		if errors.Is(e, context.Canceled) {
			return Interrupted
		}
		return ofKind(e.Kind)
	default:
		return Unknown
	}
}

// ofKind returns the exit code of an error that had no effect. It can be that of a read
// before the write.
func ofKind(kind licensespring.ErrorKind) int {
	switch kind {
	case licensespring.ErrUnauthorized, licensespring.ErrInvalidConfig:
		return Usage
	case licensespring.ErrOrderConflict, licensespring.ErrLicenseConflict, licensespring.ErrOrderExists:
		return Conflict
	case licensespring.ErrRateLimited, licensespring.ErrUnavailable, licensespring.ErrNotSent:
		return NotSent
	case licensespring.ErrBadResponse:
		return Failed
	default:
		return Rejected
	}
}

// rank orders the exit codes of the items of one run, the most important last.
var rank = [...]int{Done, Rejected, Conflict, NotSent, Unknown, Interrupted, Usage, Failed}

// Worst returns the code that a run with items of both codes returns: the first
// applicable one of 1, 2, 7, 5, 4, 6, 3.
func Worst(a, b int) int {
	for i := len(rank) - 1; i >= 0; i-- {
		if rank[i] == a || rank[i] == b {
			return rank[i]
		}
	}
	return Failed
}
