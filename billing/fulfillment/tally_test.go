package fulfillment_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// The defaults are short. Nightly runs use larger values.
var (
	killsFlag    = flag.Int("kills", 20, "number of killed processes in each of the two kill tests")
	eventsFlag   = flag.Int("events", 1000, "number of events, each delivered one to three times")
	restartsFlag = flag.Int("restarts", 3, "number of restarted servers of the cluster")
)

// tally records the requested orders, and compares them with the orders of the fake
// service and of the pipeline.
type tally struct {
	mu       sync.Mutex
	orders   []*licensespring.Order
	rejected map[string]bool // ids that the service rejects
	number   int
}

func newTally() *tally { return &tally{rejected: make(map[string]bool)} }

func (c *tally) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.orders)
}

// next returns a new order with one to three licenses: key-based, user-based, or
// appended to an order with other appends. The service rejects it if invalid is set.
func (c *tally) next(invalid bool) *licensespring.Order {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	n := c.number
	order := licensespring.NewOrder(fmt.Sprintf("inv-%06d", n)).
		WithCustomer(licensespring.Customer{Email: fmt.Sprintf("customer-%d@example.com", n%50)})
	switch {
	case invalid:
		order.AddItem("no-such-product", licensespring.NewLicense().Perpetual())
		c.rejected[order.ID] = true
	case n%7 == 0:
		order.ID, order.Append = fmt.Sprintf("team-%04d", n/28), true // four appends per order
		order.AddItem("acmecad", licensespring.NewKeyLicense(fmt.Sprintf("KEYS-%04d-%04d-AAAA", n/10000, n%10000)).Perpetual())
	case n%5 == 0:
		order.AddItem("acmeweb", licensespring.NewUserLicense(fmt.Sprintf("user-%d@example.com", n)))
	default:
		order.AddItem("acmecad", licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(1+n%3))
		for range rand.IntN(3) {
			order.AddItem("acmeapi", licensespring.NewLicense().Consumption(100))
		}
	}
	c.orders = append(c.orders, order)
	return order
}

// check compares the requested orders with the service and the pipeline.
func (c *tally) check(t *testing.T, p *fulfillment.Pipeline, s *licensespringtest.Server) {
	t.Helper()
	want := make(map[string]int) // licenses by order
	licenses := 0
	for _, o := range c.orders {
		if c.rejected[o.ID] {
			continue
		}
		for _, item := range o.Items {
			want[o.ID] += len(item.Licenses)
			licenses += len(item.Licenses)
		}
	}

	got := make(map[string]int)
	keys := make(map[string][]string)
	for _, o := range s.Orders() {
		got[o.StoreID] += len(o.Licenses())
		for _, l := range o.Licenses() {
			if l.Key != "" {
				keys[o.StoreID] = append(keys[o.StoreID], l.Key)
			}
		}
	}
	assert.Equal(t, licenses, s.LicenseCount(), "licenses of the service")
	assert.Len(t, s.Orders(), len(want), "orders of the service")
	for id := range want {
		assert.Equal(t, want[id], got[id], "licenses of %s", id)
	}

	results := 0
	for r, err := range p.Results(t.Context()) {
		require.NoError(t, err)
		results++
		got := r.Order.LicenseKeys()
		slices.Sort(got)
		slices.Sort(keys[r.OrderID])
		assert.Equal(t, keys[r.OrderID], got, "keys of %s", r.OrderID)
	}
	assert.Equal(t, len(want), results, "results")
	dead := make(map[string]bool)
	for l, err := range p.DeadLetters(t.Context()) {
		require.NoError(t, err)
		assert.False(t, dead[l.OrderID], "two dead letters for %s", l.OrderID)
		dead[l.OrderID] = true
		assert.Equal(t, "unknown_product", l.Failure.Code, "%s: %s", l.OrderID, l.Failure.Text)
	}
	assert.Equal(t, c.rejected, dead, "dead letters")
	assert.Equal(t, fulfillment.Stats{Done: len(want), Dead: len(c.rejected)}, stats(t, p))
	t.Logf("%d orders requested (%d entries, %d licenses); the service has %d orders and %d licenses; %d results and %d dead letters",
		len(want)+len(c.rejected), len(c.orders), licenses, len(s.Orders()), s.LicenseCount(), results, len(dead))
}
