// Package interrupt lets what has begun end after an interrupt.
package interrupt

import (
	"context"
	"time"
)

// WithGrace returns a context that is canceled a grace period after ctx is done, so
// that requests in flight can end: a request without a response has an unknown
// outcome.
func WithGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	extended, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(extended, func() { timer.Stop() })
	})
	return extended, func() { stop(); cancel() }
}
