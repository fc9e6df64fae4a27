package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
)

// failure is why no whole answer came. Its text is ours. What caused it is found
// by errors.Is and errors.As, but it is not in the chain for anybody to print:
// an error of net/http may hold the URL with its query, a proxy's password, or
// whatever the other side said, which may be what the request held.
type failure struct {
	reason string
	// cause returns what caused it: a function, because fmt looks behind pointers
	// when it is given a verb that it does not know for them.
	cause func() error
	// ended is the error of the call's context, if that is over. An attempt that
	// ran out of its own time ends with context.DeadlineExceeded as well, and
	// must not look as if the caller's time were over.
	ended error
}

// newFailure hides err behind a reason. Ctx is the call's.
func newFailure(ctx context.Context, reason string, err error) *failure {
	err = withoutURL(err)
	return &failure{reason: reason, cause: func() error { return err }, ended: ctx.Err()}
}

// Error returns the reason, in words of ours.
func (f *failure) Error() string { return f.reason }

// Is reports whether target is among the causes.
func (f *failure) Is(target error) bool {
	if target == context.Canceled || target == context.DeadlineExceeded {
		return errors.Is(f.ended, target)
	}
	return errors.Is(f.cause(), target)
}

// As finds a cause that fits target, for callers who know what they are doing
// with it.
func (f *failure) As(target any) bool { return errors.As(f.cause(), target) }

// Format writes the reason under every verb: %d, say, knows no errors and would
// look inside.
func (f *failure) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, f.reason) }

// withoutURL strips the wrapper that net/http puts around every error, and all
// that is around that: its text holds the whole URL, query included.
func withoutURL(err error) error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err
}
