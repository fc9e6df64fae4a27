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

// How much of the long proofs is run; by night they are run whole.
var (
	killsFlag    = flag.Int("kills", 20, "how often a process is killed, in each of the two kill tests")
	eventsFlag   = flag.Int("events", 1000, "how many events are delivered one to three times")
	restartsFlag = flag.Int("restarts", 3, "how many servers of the cluster are stopped and started again")
)

// books keeps what was asked for, and compares it in the end with what the fake
// service has and with what the pipeline says.
type books struct {
	mu     sync.Mutex
	orders []*licensespring.Order
	bad    map[string]bool // those the service refuses
	number int
}

func newBooks() *books { return &books{bad: make(map[string]bool)} }

func (b *books) asked() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.orders)
}

// next is an order that was not asked for before: of one to three licenses, by
// key, by user, or appended to an order that others are appended to as well.
func (b *books) next(bad bool) *licensespring.Order {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number++
	n := b.number
	order := licensespring.NewOrder(fmt.Sprintf("inv-%06d", n)).
		WithCustomer(licensespring.Customer{Email: fmt.Sprintf("customer-%d@example.com", n%50)})
	switch {
	case bad:
		order.AddItem("no-such-product", licensespring.NewLicense().Perpetual())
		b.bad[order.ID] = true
	case n%7 == 0:
		order.ID, order.Append = fmt.Sprintf("team-%04d", n/28), true // four to a team
		order.AddItem("acme-cad", licensespring.NewKeyLicense(fmt.Sprintf("KEYS-%04d-%04d-AAAA", n/10000, n%10000)).Perpetual())
	case n%5 == 0:
		order.AddItem("acme-web", licensespring.NewUserLicense(fmt.Sprintf("user-%d@example.com", n)))
	default:
		order.AddItem("acme-cad", licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(1+n%3))
		for range rand.IntN(3) {
			order.AddItem("acme-api", licensespring.NewLicense().Consumption(100))
		}
	}
	b.orders = append(b.orders, order)
	return order
}

// check compares the books.
func (b *books) check(t *testing.T, p *fulfillment.Pipeline, s *licensespringtest.Server) {
	t.Helper()
	want := make(map[string]int) // licenses by order
	licenses := 0
	for _, o := range b.orders {
		if b.bad[o.ID] {
			continue
		}
		for _, item := range o.Items {
			want[o.ID] += len(item.Licenses)
			licenses += len(item.Licenses)
		}
	}

	// What the service has.
	made := make(map[string]int)
	keys := make(map[string][]string)
	for _, o := range s.Orders() {
		made[o.StoreID] += len(o.Licenses())
		for _, l := range o.Licenses() {
			if l.Key != "" {
				keys[o.StoreID] = append(keys[o.StoreID], l.Key)
			}
		}
	}
	assert.Equal(t, licenses, s.LicenseCount(), "licenses made")
	assert.Len(t, s.Orders(), len(want), "orders made")
	for id := range want {
		assert.Equal(t, want[id], made[id], "licenses of %s", id)
	}

	// What the pipeline says.
	results := 0
	for r, err := range p.Results(t.Context()) {
		require.NoError(t, err)
		results++
		got := r.Order.LicenseKeys()
		slices.Sort(got)
		slices.Sort(keys[r.OrderID])
		assert.Equal(t, keys[r.OrderID], got, "the keys of %s", r.OrderID)
	}
	assert.Equal(t, len(want), results, "results")
	dead := make(map[string]bool)
	for l, err := range p.DeadLetters(t.Context()) {
		require.NoError(t, err)
		assert.False(t, dead[l.OrderID], "two letters for %s", l.OrderID)
		dead[l.OrderID] = true
		assert.Equal(t, "unknown_product", l.Failure.Code, "%s: %s", l.OrderID, l.Failure.Text)
	}
	assert.Equal(t, b.bad, dead, "dead letters")
	assert.Equal(t, fulfillment.Stats{Done: len(want), Dead: len(b.bad)}, stats(t, p))
	t.Logf("the books: asked for %d orders (%d entries, %d licenses); in the service %d orders, %d licenses; %d results + %d dead letters",
		len(want)+len(b.bad), len(b.orders), licenses, len(s.Orders()), s.LicenseCount(), results, len(dead))
}
