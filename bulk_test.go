package licensespring_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
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

// manyOrders yields n different small orders.
func manyOrders(n int) iter.Seq[*licensespring.Order] {
	return func(yield func(*licensespring.Order) bool) {
		for i := range n {
			order := licensespring.NewOrder(fmt.Sprintf("bulk-%06d", i)).
				AddItem("acmecad", licensespring.NewLicense().Perpetual())
			if !yield(order) {
				return
			}
		}
	}
}

// bubbleClient returns a client and a fake that are connected by an in-memory
// network, for use in a synctest bubble.
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

var unlimited = licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit))

func TestEnsureOrdersCreatesEachOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		for run, want := range []licensespring.Outcome{licensespring.OutcomeCreated, licensespring.OutcomeExisting} {
			var last licensespring.Progress
			seen := make(map[int]bool)
			for r := range client.EnsureOrders(t.Context(), manyOrders(300),
				licensespring.WithTotal(300), licensespring.WithProgress(func(p licensespring.Progress) { last = p })) {
				require.NoError(t, r.Err)
				assert.Equal(t, want, r.Result.Outcome)
				assert.Equal(t, fmt.Sprintf("bulk-%06d", r.Index), r.OrderID)
				assert.False(t, seen[r.Index], "order %d came twice", r.Index)
				seen[r.Index] = true
			}
			assert.Len(t, seen, 300)
			assert.Equal(t, 300, last.Done)
			assert.Equal(t, [2]int{300 * (1 - run), 300 * run}, [2]int{last.Created, last.Existing})
			assert.Zero(t, last.Remaining)
		}
		assert.Len(t, s.Orders(), 300)
		assert.Equal(t, 300, s.LicenseCount())
	})
}

func TestEnsureOrdersContinuesAfterInvalidOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		input := []*licensespring.Order{
			licensespring.NewOrder("good-1").AddItem("acmecad", licensespring.NewLicense()),
			licensespring.NewOrder(""), // invalid
			nil,
			licensespring.NewOrder("unknown-product").AddItem("no-such", licensespring.NewLicense()),
			licensespring.NewOrder("good-2").AddItem("acmecad", licensespring.NewLicense()),
		}
		got := make([]licensespring.BulkResult, len(input))
		for r := range client.EnsureOrders(t.Context(), slices.Values(input)) {
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

func TestEnsureOrdersStopsOnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		s.Inject(licensespringtest.Status(http.StatusBadRequest).On(licensespringtest.CreateOrder).Nth(10))
		results := 0
		for range client.EnsureOrders(t.Context(), manyOrders(1000), licensespring.WithStopOnError(), licensespring.WithConcurrency(4)) {
			results++
		}
		assert.GreaterOrEqual(t, results, 10)
		assert.Less(t, results, 20, "only those in progress end")
		assert.Len(t, s.Orders(), results-1)
	})
}

func TestEnsureOrdersEndsWhenKeyIsRejected(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, s := bubbleClient(t, nil)
		client, err := licensespring.New("wrong", licensespring.WithBaseURL(s.URL()),
			licensespring.WithHTTPClient(s.Client()), unlimited)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		results := 0
		for r := range client.EnsureOrders(t.Context(), manyOrders(100_000), licensespring.WithConcurrency(4)) {
			require.ErrorIs(t, r.Err, licensespring.ErrUnauthorized)
			results++
		}
		assert.LessOrEqual(t, results, 10, "the other orders would fail, too")
	})
}

func TestEnsureOrdersReportsAbandonedOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		s.Inject(licensespringtest.DelayAfter(time.Second).On(licensespringtest.CreateOrder).Forever())
		yielded := make(map[string]bool)
		abandoned := make(map[string]bool)
		for r := range client.EnsureOrders(t.Context(), manyOrders(1000), licensespring.WithConcurrency(8),
			licensespring.WithAbandoned(func(r licensespring.BulkResult) {
				assert.NoError(t, r.Err)
				abandoned[r.OrderID] = true
			})) {
			yielded[r.OrderID] = true
			if len(yielded) == 20 {
				break
			}
		}
		assert.Len(t, yielded, 20)
		assert.LessOrEqual(t, len(abandoned), 8)
		for _, order := range s.Orders() {
			assert.NotEqual(t, yielded[order.StoreID], abandoned[order.StoreID], "%s was created and not reported exactly once", order.StoreID)
		}
		assert.Len(t, s.Orders(), len(yielded)+len(abandoned))
	})
}

func TestEnsureOrdersReportsOrdersInProgressWhenContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		s.Inject(licensespringtest.DelayAfter(time.Second).On(licensespringtest.CreateOrder).Forever())
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+500*time.Millisecond)
		defer cancel()
		start := time.Now()
		created, unknown := make(map[string]bool), make(map[string]bool)
		for r := range client.EnsureOrders(ctx, manyOrders(1000), licensespring.WithConcurrency(8)) {
			switch {
			case r.Err == nil:
				created[r.OrderID] = true
			case errors.Is(r.Err, licensespring.ErrOutcomeUnknown):
				require.ErrorIs(t, r.Err, context.DeadlineExceeded)
				unknown[r.OrderID] = true
			default:
				require.ErrorIs(t, r.Err, licensespring.ErrNotSent)
			}
		}
		assert.Equal(t, 10*time.Second+500*time.Millisecond, time.Since(start), "the end is prompt")
		assert.Len(t, created, 80)
		assert.Len(t, unknown, 8)
		for _, order := range s.Orders() {
			assert.True(t, created[order.StoreID] || unknown[order.StoreID], "%s was created and not reported", order.StoreID)
		}
	})
}

func TestEnsureOrdersWaitsForRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, licensespring.WithCallTimeout(10*time.Second))
		// The pause exceeds the call timeout: without waiting for its end,
		// every later order would be rejected within a second.
		s.Inject(licensespringtest.Status(http.StatusTooManyRequests,
			licensespringtest.Header("Retry-After", "200")).On(licensespringtest.CreateOrder).Nth(5))
		start := time.Now()
		for r := range client.EnsureOrders(t.Context(), manyOrders(50)) {
			require.NoError(t, r.Err)
		}
		assert.Len(t, s.Orders(), 50)
		assert.InDelta(t, 200, time.Since(start).Seconds(), 10)
	})
}

// A caller that leaves the loop does not wait for a long rate limit: the orders
// that wait for it are reported as rate limited.
func TestEnsureOrdersCanBeLeftDuringRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, licensespring.WithCallTimeout(10*time.Second))
		s.Inject(licensespringtest.Status(http.StatusTooManyRequests,
			licensespringtest.Header("Retry-After", "200")).On(licensespringtest.CreateOrder).Nth(3).Times(1))
		s.Inject(licensespringtest.DelayAfter(20 * time.Millisecond).On(licensespringtest.CreateOrder).Forever())
		start := time.Now()
		created, limited := 0, 0
		count := func(r licensespring.BulkResult) {
			if errors.Is(r.Err, licensespring.ErrRateLimited) {
				limited++
				return
			}
			require.NoError(t, r.Err)
			created++
		}
		for r := range client.EnsureOrders(t.Context(), manyOrders(1000), licensespring.WithConcurrency(4), licensespring.WithAbandoned(count)) {
			count(r)
			break
		}
		assert.Less(t, time.Since(start), 15*time.Second)
		assert.Positive(t, limited)
		assert.Len(t, s.Orders(), created)
	})
}

// The estimate considers that an unused rate limiter allows one minute's
// requests at once, and that an existing order costs two requests.
func TestEnsureOrdersEstimatesRemainingTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.RateLimitFree)))
		s.Inject(licensespringtest.DelayAfter(50 * time.Millisecond).Forever())
		for run, total := range []int{500, 2000, 2000} {
			type estimate struct{ at, left time.Duration }
			var all []estimate
			start := time.Now()
			for range client.EnsureOrders(t.Context(), manyOrders(total), licensespring.WithTotal(total), licensespring.WithProgress(func(p licensespring.Progress) {
				if p.Done%100 == 0 {
					all = append(all, estimate{p.Elapsed, p.Remaining})
				}
			})) {
				continue
			}
			took := time.Since(start)
			for _, e := range all {
				off := 10.0
				if run == 1 { // some orders exist and others are new, so the first estimates are wrong
					if off = 40; e.at < took/2 { // the previous window delays the next one
						continue
					}
				}
				assert.InDelta(t, (took - e.at).Seconds(), e.left.Seconds(), off, "run %d, after %s", run, e.at)
			}
		}
	})
}

func TestEnsureOrdersLeaksNoGoroutineWhenBodyPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // a bubble fails if a goroutine is left
		client, _ := bubbleClient(t, nil, unlimited)
		assert.PanicsWithValue(t, "mine", func() {
			for range client.EnsureOrders(t.Context(), manyOrders(100)) {
				panic("mine")
			}
		})
	})
}

// TestEnsureOrdersStaysWithinTheRateLimit compares the service's request count
// with the rate limit, with faults injected.
func TestEnsureOrdersStaysWithinTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t,
			[]licensespringtest.Option{licensespringtest.WithRateLimit(licensespringtest.RateLimit{PerMinute: 600})},
			licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.RateLimitFree)))
		s.Inject(licensespringtest.DropAfter().On(licensespringtest.CreateOrder).Nth(100).Times(20))
		start := time.Now()
		var last licensespring.Progress
		for r := range client.EnsureOrders(t.Context(), manyOrders(3000), licensespring.WithTotal(3000),
			licensespring.WithProgress(func(p licensespring.Progress) {
				last = p
				if p.Done == 1500 {
					assert.InDelta(t, 150, p.Remaining.Seconds(), 20)
				}
			})) {
			require.NoError(t, r.Err)
		}
		assert.Equal(t, 3000, last.Created)
		assert.Len(t, s.Orders(), 3000)
		limited := 0
		for _, r := range s.Requests() {
			if r.Status == http.StatusTooManyRequests {
				limited++
			}
		}
		assert.Zero(t, limited, "the rate limiter prevents every 429")
		assert.InDelta(t, 5.0, time.Since(start).Minutes(), 0.35, "3,000 orders at 600 a minute")
	})
}

// TestEnsureOrdersMemoryIsConstant runs ten times the orders and compares the
// reachable memory.
//
//nolint:paralleltest // it measures the heap, which all tests share
func TestEnsureOrdersMemoryIsConstant(t *testing.T) {
	response := responseTo(t, benchOrder())
	client, err := licensespring.New("12345678.key", unlimited,
		licensespring.WithHTTPClient(&http.Client{Transport: fixedResponse{body: response}}))
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
		for r := range client.EnsureOrders(t.Context(), same, licensespring.WithConcurrency(2)) {
			require.NoError(t, r.Err)
			if done++; done%(orders/20) == 0 {
				// The live heap, unlike the number of allocations, does not
				// depend on when the collector ran.
				runtime.GC()
				live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
				metrics.Read(live)
				highest = max(highest, live[0].Value.Uint64())
			}
		}
		return highest
	}
	peak(500) // allocations that happen once
	few, many := peak(500), peak(5_000)
	t.Logf("%d bytes in use with 500 orders, %d with 5,000", few, many)
	const underWay = 32 << 10 // calls that are in progress during the measurement
	assert.LessOrEqual(t, float64(many), 1.10*float64(few)+underWay)
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	response := responseTo(t, benchOrder())
	client, err := licensespring.New("12345678.key", unlimited,
		licensespring.WithHTTPClient(&http.Client{Transport: roundTripFunc(func(req *http.Request) (*http.Response, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); {
				m = most.Load()
			}
			runtime.Gosched()
			return fixedResponse{body: response}.RoundTrip(req)
		})}))
	require.NoError(t, err)
	orders := slices.Values(slices.Repeat([]*licensespring.Order{benchOrder()}, 500))
	for r := range client.EnsureOrders(t.Context(), orders, licensespring.WithConcurrency(3)) {
		require.NoError(t, r.Err)
	}
	assert.LessOrEqual(t, most.Load(), int64(3))
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// EnsureLicenses makes each license as its state wants it; a second run changes
// nothing.
func TestEnsureLicenses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s := bubbleClient(t, nil, unlimited)
		const n = 100
		for r := range client.EnsureOrders(t.Context(), manyOrders(n)) {
			require.NoError(t, r.Err)
		}
		states := map[int64]licensespring.LicenseState{4711: {Enabled: new(false)}} // does not exist
		for _, l := range s.Licenses() {
			states[l.ID] = licensespring.LicenseState{LicenseUpdate: licensespring.LicenseUpdate{MaxActivations: new(7)}}
		}
		s.Inject(licensespringtest.DropAfter().On(licensespringtest.UpdateLicense).Times(10))
		for run, want := range []licensespring.Outcome{licensespring.OutcomeChanged, licensespring.OutcomeUnchanged} {
			var last licensespring.Progress
			indexes, ids := map[int]bool{}, map[int64]bool{}
			for r := range client.EnsureLicenses(t.Context(), maps.All(states), licensespring.WithTotal(len(states)),
				licensespring.WithProgress(func(p licensespring.Progress) { last = p })) {
				indexes[r.Index], ids[r.LicenseID] = true, true
				assert.Nil(t, r.Result)
				assert.Empty(t, r.OrderID)
				if r.LicenseID == 4711 {
					require.ErrorIs(t, r.Err, licensespring.ErrNotFound)
					assert.Equal(t, licensespring.OutcomeRejected, r.Outcome())
					continue
				}
				require.NoError(t, r.Err)
				assert.Equal(t, want, r.Outcome(), "run %d", run)
				assert.Equal(t, 7, *r.License.License.MaxActivations)
			}
			assert.Len(t, indexes, n+1)
			assert.Len(t, ids, n+1)
			assert.Equal(t, n+1, last.Done)
			assert.Equal(t, 1, last.Failed)
			assert.Equal(t, n, map[licensespring.Outcome]int{licensespring.OutcomeChanged: last.Changed, licensespring.OutcomeUnchanged: last.Unchanged}[want])
			assert.Zero(t, last.Created+last.Existing+last.Unknown)
		}

		// Leaving the loop completes what is being processed, and starts nothing else.
		abandoned := 0
		for range client.EnsureLicenses(t.Context(), maps.All(states), licensespring.WithConcurrency(4),
			licensespring.WithAbandoned(func(licensespring.BulkResult) { abandoned++ })) {
			break
		}
		assert.Less(t, abandoned, 8)
	})
}
