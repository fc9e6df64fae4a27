package exchange

import "context"

// callContext carries a call in the context of its request, down to the
// transport. The context of an attempt can only be set there: go-retryablehttp
// holds one request for all attempts, which must not change once a transport
// has seen it.
type callContext struct {
	context.Context //nolint:containedctx // it is one

	call *call
}

// callContextKey is the key of a callContext. Contexts of attempts do not carry
// it, so that a call that a watcher makes with one of them is a call of its own.
type callContextKey struct{}

// Value returns the callContext for its key, and otherwise the value of the
// wrapped context.
func (c *callContext) Value(key any) any {
	if key == (callContextKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// callOf returns the call of a request's context.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callContextKey{}).(*callContext)
	return c.call
}
