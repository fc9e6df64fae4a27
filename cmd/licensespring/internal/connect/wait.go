package connect

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/licensespring-go/licensespring"
)

// ReportWaits returns an option for runs with many orders or licenses. They wait for a
// rate limit, also beyond the timeout of a call: it prints until when.
func ReportWaits(message func(format string, args ...any)) licensespring.Option {
	var mu sync.Mutex
	var reported time.Time
	return licensespring.WithObserver(licensespring.Observer{EndCall: func(_ context.Context, call licensespring.CallEnded) {
		e, ok := errors.AsType[*licensespring.Error](call.Err)
		waits := call.Op == licensespring.OpEnsureLicense || call.Op == licensespring.OpEnsureOrder
		if !ok || !waits || e.Kind != licensespring.ErrRateLimited {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if e.RetryAt.Sub(reported) > time.Second && time.Until(e.RetryAt) > time.Second {
			reported = e.RetryAt
			message("Rate limited: waiting until %s.", e.RetryAt.Format(time.TimeOnly))
		}
	}})
}
