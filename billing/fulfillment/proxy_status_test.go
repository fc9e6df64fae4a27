package fulfillment_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// A status of a proxy that did not wait for the service, or of the connection to it,
// is not about the order: a paid order must be retried, whether the service stored
// it or not.
func TestProxyStatusesAreRetried(t *testing.T) {
	t.Parallel()
	const (
		loadBalancerTimeout = 460
		clientClosedRequest = 499
	)
	statuses := []int{
		http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusMisdirectedRequest, http.StatusTooEarly,
		http.StatusTooManyRequests, loadBalancerTimeout, clientClosedRequest,
		http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	for name, options := range map[string][]licensespringtest.StatusOption{
		"stored":     {licensespringtest.Stored()},
		"not stored": nil,
		"html":       {licensespringtest.Body("text/html", "<html>proxy</html>")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := openPipeline(t)
			servers := make(map[string]*licensespringtest.Server)
			clients := make(map[string]*licensespring.Client)
			for _, status := range statuses {
				s := licensespringtest.NewServer(t)
				// The first lookup after the create fails too. A later lookup may settle
				// a stored order within the call.
				s.Inject(
					licensespringtest.Status(status, options...).On(licensespringtest.CreateOrder),
					licensespringtest.Status(status).On(licensespringtest.ListOrders),
				)
				id := strconv.Itoa(status)
				servers[id], clients[id] = s, newClient(t, s, licensespring.WithMaxAttempts(1))
				require.NoError(t, p.Enqueue(t.Context(), newOrder(id)))
			}
			var seen events
			run(t, p, ensureFunc(func(ctx context.Context, o *licensespring.Order) (*licensespring.OrderResult, error) {
				return clients[o.ID].EnsureOrder(ctx, o)
			}), seen.option())
			waitUntilEmpty(t, p)
			assert.Equal(t, fulfillment.Stats{Done: len(statuses)}, stats(t, p))
			for id, s := range servers {
				assert.Zero(t, seen.countOf(id, fulfillment.DispositionDead), id)
				if name != "stored" {
					assert.Positive(t, seen.countOf(id, fulfillment.DispositionRetry), "%s: the service has no order yet", id)
				}
				assert.Equal(t, 1, s.LicenseCount(), "%s: the order must exist once", id)
			}
		})
	}
}

// countOf counts the deliveries of an order, except those without a call.
func (e *events) countOf(id string, disposition fulfillment.Disposition) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for i := range e.all {
		if e.all[i].OrderID == id && e.all[i].Disposition == disposition && !errors.Is(e.all[i].Err, fulfillment.ErrPaused) {
			n++
		}
	}
	return n
}
