package licensespringtest

import "time"

// The options below select another behavior of the licenses where the service does
// not document its own.

// WithRejectedRepeats makes the server reject [EnableLicense] for an enabled license,
// [DisableLicense] for a disabled one and [AssignUser] for a user that the license
// has, with 400 and {"detail": "…"}. By default these requests succeed.
func WithRejectedRepeats() Option {
	return func(c *config) { c.rejectedRepeats = true }
}

// WithEndingSubscriptions makes a subscription expire at the end of its validity
// period, as other licenses do. By default it does not: the Create Order page says
// that a subscription stays valid. Newer pages say the opposite.
func WithEndingSubscriptions() Option {
	return func(c *config) { c.endingSubscriptions = true }
}

// WithRejectedFeatures makes [UpdateFeatures] reject unknown feature codes with the
// code unsupported_product_feature. By default it drops them silently.
func WithRejectedFeatures() Option {
	return func(c *config) { c.rejectedFeatures = true }
}

// WithStaleReads makes lookups show a license for d as it was before a change, as
// a replica of a database may do. The response to the change itself shows the new
// state, and requests apply to it. The default is no delay.
func WithStaleReads(d time.Duration) Option {
	return func(c *config) { c.staleReads = d }
}

// WithCappedActivations makes [UpdateLicense] silently store max_activations above n
// as n, as a limit of the vendor's plan might. The default is no limit.
func WithCappedActivations(n int) Option {
	return func(c *config) { c.cappedActivations = &n }
}
