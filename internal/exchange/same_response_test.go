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

// A mock may return the same response for every request. It is read each time and
// never changed, because other calls may read it concurrently.
func TestSharedResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := io.NopCloser(strings.NewReader(""))
		resp := &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Location": {"%zz"}}, Body: body}
		h := newHarness(t, ok, func(h *harness) {
			h.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) { return resp, nil })
		})
		var calls sync.WaitGroup
		for range 3 {
			calls.Go(func() {
				for range 2 {
					resp := h.x.Do(t.Context(), request(exchange.Idempotent))
					assert.Equal(t, exchange.Ambiguous, resp.Ending)
					assert.Len(t, resp.Attempts, 3)
				}
			})
		}
		calls.Wait()
		assert.Equal(t, body, resp.Body)
		assert.NotEmpty(t, resp.Header)
	})
}
