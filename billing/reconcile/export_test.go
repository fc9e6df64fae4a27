package reconcile

import "time"

// WithOrderWait sets the time after which a job looks for licenses that it ordered.
func WithOrderWait(d time.Duration) Option { return func(c *config) { c.orderWait = d } }
