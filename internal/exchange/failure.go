package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
)

// failure is the error of a call without a complete response. Its text is this
// package's own. errors.Is and errors.As find the cause, but the cause is not
// in the chain, so that it is never printed: an error of net/http may contain
// the URL with its query, the password of a proxy, or text of the peer that
// repeats the request.
type failure struct {
	reason string
	// cause returns the cause. It is a function because fmt follows pointers
	// under verbs that it does not know for them.
	cause func() error
	// ctxErr is the error of the call's context. An attempt that exceeds its own
	// timeout also ends with context.DeadlineExceeded and must not match the
	// caller's deadline.
	ctxErr error
}

// newFailure returns an error that hides err behind reason. Ctx is the context
// of the call.
func newFailure(ctx context.Context, reason string, err error) *failure {
	err = withoutURL(err)
	return &failure{reason: reason, cause: func() error { return err }, ctxErr: ctx.Err()}
}

// Error returns the reason.
func (f *failure) Error() string { return f.reason }

// Is reports whether target is among the causes.
func (f *failure) Is(target error) bool {
	if target == context.Canceled || target == context.DeadlineExceeded {
		return errors.Is(f.ctxErr, target)
	}
	return errors.Is(f.cause(), target)
}

// As finds the first cause that matches target. What it finds may contain
// secrets.
func (f *failure) As(target any) bool { return errors.As(f.cause(), target) }

// Format writes the reason under every verb. Without it, verbs such as %d would
// print the fields.
func (f *failure) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.reason) }

// withoutURL unwraps every *url.Error and whatever wraps it, because their texts
// contain the whole URL with its query.
func withoutURL(err error) error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err
}
