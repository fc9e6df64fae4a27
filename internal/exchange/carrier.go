package exchange

import "context"

// carrier carries a call in the context of its request, as far as the transport.
// Every attempt has a context of its own, and only there can it be given to the
// request: what go-retryablehttp holds is the request of all attempts, which may
// not be changed once a transport has seen it.
type carrier struct {
	context.Context //nolint:containedctx // it is one

	call *call
}

// carrierKey is the key under which a carrier has itself. No attempt's own
// context has it: a call that a watcher makes with one is not taken for this.
type carrierKey struct{}

// Value returns the carrier under its key, and else what the context has.
func (c *carrier) Value(key any) any {
	if key == (carrierKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// callOf returns the call of a request's context.
func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(carrierKey{}).(*carrier)
	return c.call
}
