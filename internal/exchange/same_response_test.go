package exchange_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// A transport of somebody's test may return one response for everything. It is
// read each time, and never changed: another call may be looking at it.
func TestSameResponseAgainAndAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := io.NopCloser(strings.NewReader(""))
		resp := &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Location": {"%zz"}}, Body: body}
		r := newRig(t, ok, func(r *rig) {
			r.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return resp, nil })
		})
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() {
				for range 2 {
					reply := r.x.Do(t.Context(), request(exchange.Guarded))
					assert.Equal(t, exchange.Lost, reply.Ending)
					assert.Len(t, reply.Attempts, 3)
				}
			})
		}
		calls.Wait()
		assert.Equal(t, body, resp.Body)
		assert.NotEmpty(t, resp.Header)
	})
}
