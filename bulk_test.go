package licensespring_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// manyOrders yields n small orders that are different from each other.
func manyOrders(n int) iter.Seq[*licensespring.Order] {
	return func(yield func(*licensespring.Order) bool) {
		for i := range n {
			order := licensespring.NewOrder(fmt.Sprintf("bulk-%06d", i)).
				AddItem("acme-cad", licensespring.NewLicense().Perpetual())
			if !yield(order) {
				return
			}
		}
	}
}

// bubbleClient returns a client and a fake that are joined by a network in
// memory, for use in a bubble of virtual time.
func bubbleClient(t *testing.T, server []licensespringtest.Option, options ...licensespring.Option) (*licensespring.Client, *licensespringtest.Server) {
	t.Helper()
	network := licensespringtest.NewNetwork()
	s := licensespringtest.NewServer(t, append(server, licensespringtest.WithNetwork(network))...)
	transport := &http.Transport{DialContext: network.DialContext, MaxIdleConnsPerHost: 100}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := licensespring.New(s.APIKey(), append([]licensespring.Option{
		licensespring.WithBaseURL(s.URL()), licensespring.WithHTTPClient(&http.Client{Transport: transport}),
	}, options...)...)
	require.NoError(t, err)
	return client, s
}

var unlimited = licensespring.WithBudget(licensespring.NewBudget(licensespring.Unlimited))

func TestCreateOrdersMakesEachOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		for run, want := range []licensespring.Outcome{licensespring.Created, licensespring.Existing} {
			var last licensespring.Progress
			seen := make(map[int]bool)
			for r := range client.CreateOrders(t.Context(), manyOrders(300),
				licensespring.WithTotal(300), licensespring.WithProgress(func(p licensespring.Progress) { last = p })) {
				require.NoError(t, r.Err)
				assert.Equal(t, want, r.Result.Outcome)
				assert.Equal(t, fmt.Sprintf("bulk-%06d", r.Index), r.OrderID)
				assert.False(t, seen[r.Index], "order %d came twice", r.Index)
				seen[r.Index] = true
			}
			assert.Len(t, seen, 300)
			assert.Equal(t, 300, last.Done)
			assert.Equal(t, [2]int{300 * (1 - run), 300 * run}, [2]int{last.Made, last.Existing})
			assert.Zero(t, last.Left)
		}
		assert.Len(t, s.Orders(), 300)
		assert.Equal(t, 300, s.LicenseCount())
	})
}

func TestCreateOrdersGoesOnAfterABadOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		input := []*licensespring.Order{
			licensespring.NewOrder("good-1").AddItem("acme-cad", licensespring.NewLicense()),
			licensespring.NewOrder(""), // everything wrong
			nil,
			licensespring.NewOrder("unknown-product").AddItem("no-such", licensespring.NewLicense()),
			licensespring.NewOrder("good-2").AddItem("acme-cad", licensespring.NewLicense()),
		}
		got := make([]licensespring.BulkResult, len(input))
		for r := range client.CreateOrders(t.Context(), slices.Values(input)) {
			got[r.Index] = r
		}
		require.NoError(t, got[0].Err)
		require.ErrorIs(t, got[1].Err, licensespring.ErrInvalidRequest)
		require.ErrorIs(t, got[2].Err, licensespring.ErrInvalidRequest)
		require.ErrorIs(t, got[3].Err, licensespring.ErrInvalidRequest)
		require.NoError(t, got[4].Err)
		assert.Len(t, s.Orders(), 2)
	})
}

func TestCreateOrdersStopsOnErrorWhenAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		s.Inject(licensespringtest.Status(http.StatusBadRequest).On(licensespringtest.CreateOrder).Nth(10))
		results := 0
		for range client.CreateOrders(t.Context(), manyOrders(1000), licensespring.WithStopOnError(), licensespring.WithConcurrency(4)) {
			results++
		}
		assert.GreaterOrEqual(t, results, 10)
		assert.Less(t, results, 20, "only those under way are finished")
		assert.Len(t, s.Orders(), results-1)
	})
}

func TestCreateOrdersEndsWhenTheKeyIsNotAccepted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s := bubbleClient(t, nil)
		client, err := licensespring.New("wrong", licensespring.WithBaseURL(s.URL()),
			licensespring.WithHTTPClient(s.Client()), unlimited)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		results := 0
		for r := range client.CreateOrders(t.Context(), manyOrders(100_000), licensespring.WithConcurrency(4)) {
			require.ErrorIs(t, r.Err, licensespring.ErrUnauthorized)
			results++
		}
		assert.LessOrEqual(t, results, 10, "the rest would fail the same way")
	})
}

func TestCreateOrdersAccountsForOrdersUnderWayWhenTheLoopIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		s.Inject(licensespringtest.DelayAfter(time.Second).On(licensespringtest.CreateOrder).Forever())
		yielded := make(map[string]bool)
		leftovers := make(map[string]bool)
		for r := range client.CreateOrders(t.Context(), manyOrders(1000), licensespring.WithConcurrency(8),
			licensespring.WithLeftovers(func(r licensespring.BulkResult) {
				assert.NoError(t, r.Err)
				leftovers[r.OrderID] = true
			})) {
			yielded[r.OrderID] = true
			if len(yielded) == 20 {
				break
			}
		}
		assert.Len(t, yielded, 20)
		assert.LessOrEqual(t, len(leftovers), 8)
		for _, order := range s.Orders() {
			assert.NotEqual(t, yielded[order.StoreID], leftovers[order.StoreID], "%s was made and not told of just once", order.StoreID)
		}
		assert.Len(t, s.Orders(), len(yielded)+len(leftovers))
	})
}

func TestCreateOrdersAccountsForOrdersUnderWayWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		s.Inject(licensespringtest.DelayAfter(time.Second).On(licensespringtest.CreateOrder).Forever())
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+500*time.Millisecond)
		defer cancel()
		start := time.Now()
		made, unknown := make(map[string]bool), make(map[string]bool)
		for r := range client.CreateOrders(ctx, manyOrders(1000), licensespring.WithConcurrency(8)) {
			switch {
			case r.Err == nil:
				made[r.OrderID] = true
			case errors.Is(r.Err, licensespring.ErrOutcomeUnknown):
				require.ErrorIs(t, r.Err, context.DeadlineExceeded)
				unknown[r.OrderID] = true
			default:
				require.ErrorIs(t, r.Err, licensespring.ErrNotSent)
			}
		}
		assert.Equal(t, 10*time.Second+500*time.Millisecond, time.Since(start), "the end is prompt")
		assert.Len(t, made, 80)
		assert.Len(t, unknown, 8)
		for _, order := range s.Orders() {
			assert.True(t, made[order.StoreID] || unknown[order.StoreID], "%s was made and nobody was told", order.StoreID)
		}
	})
}

func TestCreateOrdersWaitsOutARateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, licensespring.WithCallTimeout(10*time.Second))
		// A pause longer than any call may take: without waiting every order
		// after it would be refused within a second.
		s.Inject(licensespringtest.Status(http.StatusTooManyRequests,
			licensespringtest.Header("Retry-After", "200")).On(licensespringtest.CreateOrder).Nth(5))
		start := time.Now()
		for r := range client.CreateOrders(t.Context(), manyOrders(50)) {
			require.NoError(t, r.Err)
		}
		assert.Len(t, s.Orders(), 50)
		assert.InDelta(t, 200, time.Since(start).Seconds(), 10)
	})
}

// Who leaves the loop does not sit through a pause of minutes: an order that
// waits for its end was refused, and that is what is told of it.
func TestCreateOrdersIsLeftAtOnceDuringAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, licensespring.WithCallTimeout(10*time.Second))
		s.Inject(licensespringtest.Status(http.StatusTooManyRequests,
			licensespringtest.Header("Retry-After", "200")).On(licensespringtest.CreateOrder).Nth(3).Times(1))
		s.Inject(licensespringtest.DelayAfter(20 * time.Millisecond).On(licensespringtest.CreateOrder).Forever())
		start := time.Now()
		made, limited := 0, 0
		count := func(r licensespring.BulkResult) {
			if errors.Is(r.Err, licensespring.ErrRateLimited) {
				limited++
				return
			}
			require.NoError(t, r.Err)
			made++
		}
		for r := range client.CreateOrders(t.Context(), manyOrders(1000), licensespring.WithConcurrency(4), licensespring.WithLeftovers(count)) {
			count(r)
			break
		}
		assert.Less(t, time.Since(start), 15*time.Second)
		assert.Positive(t, limited)
		assert.Len(t, s.Orders(), made)
	})
}

// The estimate knows that a budget nobody has used yet gives a minute's worth at
// once, and that an order which is there costs two requests.
func TestCreateOrdersEstimatesWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, licensespring.WithBudget(licensespring.NewBudget(licensespring.PlanFree)))
		s.Inject(licensespringtest.DelayAfter(50 * time.Millisecond).Forever())
		for run, total := range []int{500, 2000, 2000} {
			type estimate struct{ at, left time.Duration }
			var all []estimate
			start := time.Now()
			for range client.CreateOrders(t.Context(), manyOrders(total), licensespring.WithTotal(total), licensespring.WithProgress(func(p licensespring.Progress) {
				if p.Done%100 == 0 {
					all = append(all, estimate{p.Elapsed, p.Left})
				}
			})) {
				continue
			}
			took := time.Since(start)
			for _, e := range all {
				off := 10.0
				if run == 1 { // a part is there, the rest is new: it cannot know at first
					if off = 40; e.at < took/2 { // what one window keeps the next one waiting
						continue
					}
				}
				assert.InDelta(t, (took - e.at).Seconds(), e.left.Seconds(), off, "run %d, after %s", run, e.at)
			}
		}
	})
}

func TestCreateOrdersLeavesNoGoroutineWhenTheBodyPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // a bubble fails if a goroutine is left
		client, _ := bubbleClient(t, nil, unlimited)
		assert.PanicsWithValue(t, "mine", func() {
			for range client.CreateOrders(t.Context(), manyOrders(100)) {
				panic("mine")
			}
		})
	})
}

// TestCreateOrdersKeepsToTheBudget holds the service's own count against the
// plan's, faults and all.
func TestCreateOrdersKeepsToTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t,
			[]licensespringtest.Option{licensespringtest.WithRateLimit(licensespringtest.RateLimit{PerMinute: 600})},
			licensespring.WithBudget(licensespring.NewBudget(licensespring.PlanFree)))
		s.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder).Nth(100).Times(20))
		start := time.Now()
		var last licensespring.Progress
		for r := range client.CreateOrders(t.Context(), manyOrders(3000), licensespring.WithTotal(3000),
			licensespring.WithProgress(func(p licensespring.Progress) {
				last = p
				if p.Done == 1500 {
					assert.InDelta(t, 150, p.Left.Seconds(), 20)
				}
			})) {
			require.NoError(t, r.Err)
		}
		assert.Equal(t, 3000, last.Made)
		assert.Len(t, s.Orders(), 3000)
		limited := 0
		for _, r := range s.Requests() {
			if r.Status == http.StatusTooManyRequests {
				limited++
			}
		}
		assert.Zero(t, limited, "a budget that is kept to meets no 429")
		assert.InDelta(t, 5.0, time.Since(start).Minutes(), 0.35, "3,000 orders at 600 a minute")
	})
}

// TestCreateOrdersNeedsNoMoreMemoryForMoreOrders runs ten times the orders and
// looks at how much is reachable on the way.
//
//nolint:paralleltest // it measures the heap, which all tests share
func TestCreateOrdersNeedsNoMoreMemoryForMoreOrders(t *testing.T) {
	answer := answerOf(t, benchOrder())
	client, err := licensespring.New("12345678.key", unlimited,
		licensespring.WithHTTPClient(&http.Client{Transport: answering{body: answer}}))
	require.NoError(t, err)
	peak := func(orders int) uint64 {
		var highest uint64
		done := 0
		same := func(yield func(*licensespring.Order) bool) {
			for range orders {
				if !yield(benchOrder()) {
					return
				}
			}
		}
		for r := range client.CreateOrders(t.Context(), same, licensespring.WithConcurrency(2)) {
			require.NoError(t, r.Err)
			if done++; done%(orders/20) == 0 {
				// What the collector found to be in use, not what was allocated
				// since: that would depend on when it ran.
				runtime.GC()
				live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
				metrics.Read(live)
				highest = max(highest, live[0].Value.Uint64())
			}
		}
		return highest
	}
	peak(500) // what is made once
	few, many := peak(500), peak(5_000)
	t.Logf("%d bytes in use with 500 orders, %d with 5,000", few, many)
	const underWay = 32 << 10 // calls that happen to be half done when it looks
	assert.LessOrEqual(t, float64(many), 1.10*float64(few)+underWay)
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	answer := answerOf(t, benchOrder())
	client, err := licensespring.New("12345678.key", unlimited,
		licensespring.WithHTTPClient(&http.Client{Transport: roundTripFunc(func(req *http.Request) (*http.Response, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); {
				m = most.Load()
			}
			runtime.Gosched()
			return answering{body: answer}.RoundTrip(req)
		})}))
	require.NoError(t, err)
	orders := slices.Values(slices.Repeat([]*licensespring.Order{benchOrder()}, 500))
	for r := range client.CreateOrders(t.Context(), orders, licensespring.WithConcurrency(3)) {
		require.NoError(t, r.Err)
	}
	assert.LessOrEqual(t, most.Load(), int64(3))
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
