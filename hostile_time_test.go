package licensespring_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

// Every endpoint sends one byte a second. The call ends at its timeout and
// reports the created order as unknown.
func TestHostileDrip(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]struct{ option, context time.Duration }{
		"the default":      {licensespring.DefaultCallTimeout, 0},
		"a shorter one":    {50 * time.Second, 0},
		"the context's":    {licensespring.DefaultCallTimeout, 70 * time.Second},
		"only a context's": {0, 200 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			most := max(limit.option, limit.context)
			if limit.option > 0 && limit.context > 0 {
				most = min(limit.option, limit.context)
			}
			begin := func(t *testing.T) (context.Context, *licensespring.Client, *lst.Server) {
				t.Helper()
				client, s, _ := inMemory(t, nil, licensespring.WithCallTimeout(limit.option))
				s.Inject(lst.SlowDrip(1, time.Second).Forever())
				ctx := t.Context()
				if limit.context > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, limit.context)
					t.Cleanup(cancel)
				}
				return ctx, client, s
			}
			for _, order := range []*licensespring.Order{anOrder("inv-1"), anAppend("inv-1", givenKey, otherKey)} {
				synctest.Test(t, func(t *testing.T) {
					ctx, client, s := begin(t)
					start := time.Now()
					_, err := client.CreateOrder(ctx, order)
					assert.LessOrEqual(t, time.Since(start), most)
					require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
					require.NotErrorIs(t, err, licensespring.ErrNotSent)
					assertTerse(t, err)
					assert.Len(t, s.Orders(), 1)
					assert.Equal(t, s.LicenseCount(), len(order.Items[0].Licenses)+max(0, len(order.Items)-1), "nothing is created twice")
				})
			}
			for what, read := range reads() {
				synctest.Test(t, func(t *testing.T) {
					ctx, client, _ := begin(t)
					start := time.Now()
					err := read(ctx, client)
					assert.LessOrEqual(t, time.Since(start), most, what)
					require.ErrorIs(t, err, licensespring.ErrUnavailable, what)
					assertTerse(t, err)
				})
			}
		})
	}
}

// Whatever Retry-After contains, the call ends in time, starts no wait that
// exceeds its deadline, and RetryAt is neither in the past nor more than a day
// away.
func TestHostileRetryAfter(t *testing.T) {
	t.Parallel()
	const none = -1
	for name, tt := range map[string]struct {
		values []string
		wait   time.Duration // the requested wait, before jitter; none: not readable
	}{
		"the largest int64":     {[]string{"9223372036854775807"}, 24 * time.Hour},
		"beyond int64":          {[]string{"99999999999999999999999999"}, 24 * time.Hour},
		"overflows in ns":       {[]string{"9223372037"}, 24 * time.Hour},
		"negative":              {[]string{"-1"}, none},
		"very negative":         {[]string{"-9223372036854775808"}, none},
		"a fraction":            {[]string{"0.5"}, time.Second},
		"a fraction of a great": {[]string{"1e30"}, none},
		"not a number":          {[]string{"NaN"}, none},
		"infinite":              {[]string{"Infinity"}, none},
		"empty":                 {[]string{""}, none},
		"blank":                 {[]string{" \t "}, none},
		"none":                  {nil, none},
		"zero":                  {[]string{"0"}, 0},
		"a date long past":      {[]string{"Mon, 01 Jan 1900 00:00:00 GMT"}, 0},
		"a date to come":        {[]string{"Fri, 31 Dec 9999 23:59:59 GMT"}, 24 * time.Hour},
		"no date":               {[]string{"Fri, 99 Dec 2099 99:99:99 GMT"}, none},
		"two, the first counts": {[]string{"2", "9223372036854775807"}, 2 * time.Second},
		"two, first the worse":  {[]string{"9223372036854775807", "2"}, 24 * time.Hour},
		"two, first empty":      {[]string{"", "2"}, none},
		"a list":                {[]string{"2, 3"}, none},
		"with a line in it":     {[]string{"2\u0085X: y"}, none},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, status := range []int{429, 503} {
				synctest.Test(t, func(t *testing.T) {
					client := newClient(t, testKey, licensespring.WithHTTPClient(&http.Client{
						Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
							resp := response(req, status, `{}`)
							if tt.values != nil {
								resp.Header["Retry-After"] = tt.values
							}
							return resp, nil
						}),
					}))
					start := time.Now()
					_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
					took := time.Since(start)
					assertTerse(t, err)
					e := errorOf(t, err)
					assert.LessOrEqual(t, took, licensespring.DefaultCallTimeout)
					if status == 429 {
						assert.Equal(t, licensespring.OutcomeRejected, e.Outcome)
						require.ErrorIs(t, err, licensespring.ErrRateLimited)
					} else {
						assert.Equal(t, licensespring.OutcomeUnknown, e.Outcome)
					}
					if !e.RetryAt.IsZero() {
						assert.False(t, e.RetryAt.Before(start))
						assert.LessOrEqual(t, e.RetryAt.Sub(start), 25*time.Hour)
					}
					creates := 0
					for i, a := range e.Attempts {
						if a.Op != licensespring.OpCreateOrder {
							continue
						}
						if creates++; tt.wait == none || i == licensespring.DefaultMaxAttempts-1 {
							continue
						}
						assert.True(t, a.Wait == 0 || a.Wait >= tt.wait, "%v", a)
					}
					if tt.wait > licensespring.DefaultCallTimeout {
						assert.Equal(t, 1, creates, "the wait is not started")
						if status == 429 {
							assert.Zero(t, took)
							assert.GreaterOrEqual(t, e.RetryAt.Sub(start), 24*time.Hour)
						}
					} else {
						assert.Equal(t, licensespring.DefaultMaxAttempts, creates)
					}
				})
			}
		})
	}
}
