package fulfillment_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// testTimeout is long so that no test fails on a slow machine.
const testTimeout, pollInterval = 3 * time.Minute, 10 * time.Millisecond

var unlimited = licensespring.WithRateLimiter(licensespring.NewRateLimiter(licensespring.NoRateLimit))

func openPipeline(t *testing.T, options ...fulfillment.Option) *fulfillment.Pipeline {
	t.Helper()
	return openDir(t, t.TempDir(), options...)
}

func openDir(t *testing.T, dir string, options ...fulfillment.Option) *fulfillment.Pipeline {
	t.Helper()
	p, err := fulfillment.Open(t.Context(), append([]fulfillment.Option{
		fulfillment.WithStoreDir(dir), fulfillment.WithSyncInterval(time.Minute),
	}, options...)...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	return p
}

func newClient(t testing.TB, s *licensespringtest.Server, options ...licensespring.Option) *licensespring.Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := licensespring.New(s.APIKey(), append([]licensespring.Option{
		licensespring.WithBaseURL(s.URL()), unlimited,
		licensespring.WithHTTPClient(&http.Client{Transport: transport}),
		licensespring.WithRetryWaits(time.Millisecond, 10*time.Millisecond),
	}, options...)...)
	require.NoError(t, err)
	return client
}

// run runs a worker until the test ends or stop is called.
func run(t *testing.T, p *fulfillment.Pipeline, client fulfillment.Ensurer, options ...fulfillment.RunOption) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		assert.NoError(t, p.Run(ctx, client, append([]fulfillment.RunOption{
			fulfillment.WithBackoff(5*time.Millisecond, 100*time.Millisecond),
		}, options...)...))
	})
	stop = sync.OnceFunc(func() {
		cancel()
		all.Wait()
	})
	t.Cleanup(stop)
	return stop
}

func newOrder(id string) *licensespring.Order {
	return licensespring.NewOrder(id).
		WithCustomer(licensespring.Customer{Email: "ada@example.com"}).
		AddItem("acmecad", licensespring.NewLicense().TimeLimited(licensespring.Years(1)).WithMaxActivations(3))
}

func stats(t testing.TB, p *fulfillment.Pipeline) fulfillment.Stats {
	t.Helper()
	s, err := p.Stats(t.Context())
	require.NoError(t, err)
	return s
}

// waitUntilEmpty waits until the queue is empty.
func waitUntilEmpty(t testing.TB, p *fulfillment.Pipeline) {
	t.Helper()
	var last fulfillment.Stats
	if !assert.Eventually(t, func() bool {
		s, err := p.Stats(t.Context())
		last = s
		return err == nil && s.Depth == 0
	}, testTimeout, pollInterval) {
		require.FailNow(t, "the queue is not empty", "%+v", last)
	}
}

func deadLetters(t testing.TB, p *fulfillment.Pipeline) []*fulfillment.DeadLetter {
	t.Helper()
	var all []*fulfillment.DeadLetter
	for l, err := range p.DeadLetters(t.Context()) {
		require.NoError(t, err)
		all = append(all, l)
	}
	return all
}

func TestOrderBecomesResult(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	order := newOrder("inv-1")
	before, err := order.MarshalJSON()
	require.NoError(t, err)

	require.NoError(t, p.Enqueue(t.Context(), order))
	_, err = p.Result(t.Context(), "inv-1")
	require.ErrorIs(t, err, fulfillment.ErrNoResult)
	assert.Equal(t, 1, stats(t, p).Depth)
	assert.Positive(t, stats(t, p).OldestAge)

	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	r, err := p.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	stored, exists := s.Order("inv-1")
	require.True(t, exists)
	assert.Equal(t, "inv-1", r.OrderID)
	assert.Equal(t, licensespring.OutcomeCreated, r.Outcome)
	assert.Equal(t, stored.ID, r.ServiceID)
	assert.Equal(t, []string{stored.Licenses()[0].Key}, r.Order.LicenseKeys())
	assert.Equal(t, 1, r.Deliveries)
	assert.False(t, r.CompletedAt.Before(r.EnqueuedAt.Truncate(time.Second)))
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))

	after, err := order.MarshalJSON()
	require.NoError(t, err)
	assert.Equal(t, before, after, "the caller's order must not change")
}

func TestEnqueueRejectsInvalidOrders(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	invalid := licensespring.NewOrder("").AddItem("", licensespring.NewLicense().Perpetual())
	invalid.Append = true

	err := p.Enqueue(t.Context(), invalid)
	var validationErr *licensespring.ValidationError
	require.ErrorAs(t, err, &validationErr)
	require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
	var rules []string
	for _, f := range validationErr.Findings {
		rules = append(rules, f.Path+" "+string(f.Rule))
	}
	assert.Contains(t, rules, "id required")
	assert.Contains(t, rules, "items[0].product_code required")
	assert.Contains(t, rules, "items append_without_keys")

	require.Error(t, p.Enqueue(t.Context(), nil))
	assert.Zero(t, stats(t, p).Depth)
}

func TestSameOrderIsQueuedOnce(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	// The window is so short that only the subject and the result deduplicate.
	p := openPipeline(t, fulfillment.WithDedupeWindow(100*time.Millisecond))
	for range 5 {
		require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	}
	<-time.After(300 * time.Millisecond)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	assert.Equal(t, 1, stats(t, p).Depth, "the order is in the queue, regardless of the window")

	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	requests := len(s.Requests())
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)
	assert.Len(t, s.Requests(), requests, "an order with a result needs no request")
	assert.Equal(t, 1, s.LicenseCount())
	assert.Equal(t, 1, stats(t, p).Done)
}

func TestConcurrentEnqueuesCreateOneOrder(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	client := newClient(t, s)
	run(t, p, client)
	run(t, p, client)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for i := range 20 {
				assert.NoError(t, p.Enqueue(t.Context(), newOrder(fmt.Sprint("inv-", i))))
			}
		})
	}
	all.Wait()
	waitUntilEmpty(t, p)
	assert.Len(t, s.Orders(), 20)
	assert.Equal(t, 20, s.LicenseCount())
	assert.Equal(t, 20, stats(t, p).Done)
}

func TestDifferentOrderUnderSameIDIsDeadLetter(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)

	other := newOrder("inv-1")
	other.Items[0].Licenses[0].MaxActivations = new(4)
	require.NoError(t, p.Enqueue(t.Context(), other))
	waitUntilEmpty(t, p)
	all := deadLetters(t, p)
	require.Len(t, all, 1)
	require.ErrorIs(t, &all[0].Failure, licensespring.ErrOrderConflict)
	require.Len(t, all[0].Failure.Differences, 1)
	assert.Equal(t, "items[0].licenses[0].max_activations: want 4, got 3 [value_mismatch]", all[0].Failure.Differences[0].String())
	assert.Equal(t, "inv-1", all[0].OrderID)
	assert.Equal(t, new(4), all[0].Order.Items[0].Licenses[0].MaxActivations)

	r, err := p.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeCreated, r.Outcome, "the first result must not change")
}

func TestRejectedOrderIsDeadLetterAndCanBeRetried(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t, licensespringtest.WithProducts(
		licensespringtest.Product{Code: "acmecad"}, licensespringtest.Product{Code: "acmeold", Disabled: true},
	))
	p := openPipeline(t)
	client := newClient(t, s)
	reject := true
	var mu sync.Mutex
	run(t, p, ensureFunc(func(ctx context.Context, o *licensespring.Order) (*licensespring.OrderResult, error) {
		mu.Lock()
		defer mu.Unlock()
		if reject {
			o = o.Clone()
			o.Items[0].ProductCode = "acmeold"
		}
		return client.EnsureOrder(ctx, o)
	}))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)

	all := deadLetters(t, p)
	require.Len(t, all, 1)
	l := all[0]
	require.ErrorIs(t, &l.Failure, licensespring.ErrInvalidRequest)
	assert.Equal(t, "disabled_product", l.Failure.Code)
	assert.Equal(t, licensespring.OutcomeRejected, l.Failure.Outcome)
	assert.Equal(t, http.StatusBadRequest, l.Failure.StatusCode)
	assert.Len(t, l.Failure.Attempts, 1)
	assert.Equal(t, 1, l.Deliveries)
	assert.Equal(t, fulfillment.Stats{Dead: 1}, stats(t, p))

	// A retry without a correction ends in one dead letter again.
	require.NoError(t, p.Retry(t.Context(), l.Seq))
	waitUntilEmpty(t, p)
	again := deadLetters(t, p)
	require.Len(t, again, 1)
	assert.Equal(t, l.EnqueuedAt, again[0].EnqueuedAt, "the enqueue time must not change")
	require.ErrorIs(t, p.Retry(t.Context(), l.Seq), fulfillment.ErrNoDeadLetter)

	mu.Lock()
	reject = false
	mu.Unlock()
	require.NoError(t, p.Retry(t.Context(), again[0].Seq))
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
	assert.Equal(t, 1, s.LicenseCount())
}

// ensureFunc implements Ensurer.
type ensureFunc func(context.Context, *licensespring.Order) (*licensespring.OrderResult, error)

func (f ensureFunc) EnsureOrder(ctx context.Context, o *licensespring.Order) (*licensespring.OrderResult, error) {
	return f(ctx, o)
}

func TestResultRemovesDeadLetter(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithDedupeWindow(100*time.Millisecond))
	client := newClient(t, s)
	s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity))
	run(t, p, client)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)
	require.Equal(t, 1, stats(t, p).Dead)

	// The sender enqueues it again, without Retry, until after the dedupe window.
	require.Eventually(t, func() bool {
		return assert.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1"))) && stats(t, p).Done == 1
	}, testTimeout, pollInterval)
	waitUntilEmpty(t, p)
	assert.Equal(t, fulfillment.Stats{Done: 1}, stats(t, p))
}

func TestReject(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	require.Error(t, p.Reject(t.Context(), fulfillment.Rejection{Reason: "no id"}))
	for range 3 {
		require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{
			ID: "evt_1", Reason: "price has no product_short_code", Source: "stripe invoice.paid", Payload: []byte(`{"id":"evt_1"}`),
			Err: licensespring.NewOrder("").Validate(),
		}))
	}
	all := deadLetters(t, p)
	require.Len(t, all, 1, "the same rejection is one dead letter")
	l := all[0]
	assert.Equal(t, "evt_1", l.OrderID)
	assert.Equal(t, "price has no product_short_code", l.Failure.Error())
	assert.Equal(t, "stripe invoice.paid", l.Source)
	assert.JSONEq(t, `{"id":"evt_1"}`, string(l.Payload))
	assert.NotEmpty(t, l.Failure.Findings)
	require.ErrorIs(t, &l.Failure, licensespring.ErrInvalidRequest)
	assert.Nil(t, l.Order)

	one, err := p.DeadLetter(t.Context(), l.Seq)
	require.NoError(t, err)
	assert.Equal(t, l, one)
	require.ErrorIs(t, p.Retry(t.Context(), l.Seq), fulfillment.ErrNotRetryable)
	require.NoError(t, p.Discard(t.Context(), l.Seq))
	require.NoError(t, p.Discard(t.Context(), l.Seq), "discarding is idempotent")
	_, err = p.DeadLetter(t.Context(), l.Seq)
	require.ErrorIs(t, err, fulfillment.ErrNoDeadLetter)
	assert.Empty(t, deadLetters(t, p))
}

func TestArbitraryOrderIDs(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	run(t, p, newClient(t, s))
	ids := []string{"a.b", "a b", "*", ">", "a/b", "ä", "日本", "..", "$KV.x", "A", "a", "inv-" + string(slices.Repeat([]byte("x"), 200))}
	for _, id := range ids {
		require.NoError(t, p.Enqueue(t.Context(), newOrder(id)), "%q", id)
	}
	waitUntilEmpty(t, p)
	for _, id := range ids {
		r, err := p.Result(t.Context(), id)
		if assert.NoError(t, err, "%q", id) {
			assert.Equal(t, id, r.OrderID)
		}
	}
	assert.Equal(t, fulfillment.Stats{Done: len(ids)}, stats(t, p))
}

func TestAppends(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	client := newClient(t, s)
	p := openPipeline(t)
	run(t, p, client)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("team-1")))
	waitUntilEmpty(t, p)

	const appends = 6
	var all sync.WaitGroup
	for range appends {
		order := licensespring.NewOrder("team-1").AddItem("acmecad", licensespring.NewLicense().Perpetual())
		order.Append = true
		require.ErrorIs(t, p.Enqueue(t.Context(), order), licensespring.ErrInvalidRequest)
		order, err := client.AssignKeys(t.Context(), order)
		require.NoError(t, err)
		for range 3 {
			all.Go(func() { assert.NoError(t, p.Enqueue(t.Context(), order)) })
		}
	}
	all.Wait()
	waitUntilEmpty(t, p)
	assert.Equal(t, 1+appends, s.LicenseCount())
	assert.Empty(t, deadLetters(t, p))
	r, err := p.Result(t.Context(), "team-1")
	require.NoError(t, err)
	assert.Len(t, r.Order.LicenseKeys(), 1+appends, "the result contains all licenses of the order")
}

func TestPasswordsAreStoredOnlyWithOption(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			dir := t.TempDir()
			p := openDir(t, dir, fulfillment.WithKeepPasswords(keep))
			stop := run(t, p, newClient(t, s))
			require.NoError(t, p.Enqueue(t.Context(), licensespring.NewOrder("inv-1").
				AddItem("acmeweb", licensespring.NewUserLicense("grace@example.com"))))
			waitUntilEmpty(t, p)
			stored, _ := s.Order("inv-1")
			password := stored.Licenses()[0].Users[0].InitialPassword
			require.NotEmpty(t, password)

			r, err := p.Result(t.Context(), "inv-1")
			require.NoError(t, err)
			user := r.Order.Users()[0]
			assert.Equal(t, "grace@example.com", user.Email)
			for _, text := range []string{fmt.Sprintf("%v", r), fmt.Sprintf("%+v", *r), fmt.Sprintf("%#v", r.Order)} {
				assert.NotContains(t, text, password)
			}
			if keep {
				assert.Equal(t, password, user.InitialPassword.Reveal())
				return
			}
			assert.True(t, user.InitialPassword.IsZero())
			stop()
			require.NoError(t, p.Close())
			assert.NotContains(t, contents(t, dir), password, "in the store")
			assert.NotContains(t, contents(t, dir), s.APIKey(), "in the store")
		})
	}
}

func TestEncryptedStore(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	dir, key := t.TempDir(), fulfillment.WithEncryptionKey(licensespring.NewSecret("correct horse battery staple"))
	p := openDir(t, dir, key)
	stop := run(t, p, newClient(t, s))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)
	stop()
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-2")))
	require.NoError(t, p.Close())
	stored, _ := s.Order("inv-1")
	all := contents(t, dir)
	for _, secret := range []string{"ada@example.com", stored.Licenses()[0].Key, "correct horse"} {
		assert.NotContains(t, all, secret)
	}

	p = openDir(t, dir, key)
	r, err := p.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	assert.Equal(t, []string{stored.Licenses()[0].Key}, r.Order.LicenseKeys())
	assert.Equal(t, 1, stats(t, p).Depth)
}

func TestRestartLosesNothing(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	dir := t.TempDir()
	p := openDir(t, dir)
	for i := range 50 {
		require.NoError(t, p.Enqueue(t.Context(), newOrder(fmt.Sprint("inv-", i))))
	}
	require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "evt_1", Reason: "no"}))
	require.NoError(t, p.Close())
	require.NoError(t, p.Close(), "Close is idempotent")
	require.ErrorIs(t, p.Enqueue(t.Context(), newOrder("inv-x")), fulfillment.ErrClosed)
	require.ErrorIs(t, p.Run(t.Context(), newClient(t, s)), fulfillment.ErrClosed)

	p = openDir(t, dir)
	have := stats(t, p)
	have.OldestAge = 0
	assert.Equal(t, fulfillment.Stats{Depth: 50, Waiting: 50, Dead: 1}, have)
	stop := run(t, p, newClient(t, s))
	waitUntilEmpty(t, p)
	stop()
	require.NoError(t, p.Close())

	p = openDir(t, dir)
	assert.Equal(t, fulfillment.Stats{Done: 50, Dead: 1}, stats(t, p))
	assert.Equal(t, 50, s.LicenseCount())
}

func TestStoreDirectoryIsExclusive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := openDir(t, dir)
	_, err := fulfillment.Open(t.Context(), fulfillment.WithStoreDir(dir))
	require.ErrorIs(t, err, fulfillment.ErrStoreInUse)
	require.NoError(t, p.Close())
	openDir(t, dir)
}

func TestInvalidOptions(t *testing.T) {
	t.Parallel()
	dir := fulfillment.WithStoreDir(filepath.Join(t.TempDir(), "queue"))
	for name, options := range map[string][]fulfillment.Option{
		"either WithStoreDir or WithURL":     {},
		"the URL is empty":                   {fulfillment.WithURL(" ")},
		"number of replicas":                 {dir, fulfillment.WithReplicas(2)},
		"an embedded server has one replica": {dir, fulfillment.WithReplicas(3)},
		"the name must consist of":           {dir, fulfillment.WithName("a.b")},
		"must be host:port":                  {dir, fulfillment.WithListen("127.0.0.1:http")},
		"requires WithToken":                 {dir, fulfillment.WithListen("0.0.0.0:0")},
		"require WithStoreDir":               {fulfillment.WithURL("nats://localhost:1"), fulfillment.WithSyncInterval(time.Second)},
		"the ack wait":                       {dir, fulfillment.WithAckWait(time.Millisecond)},
	} {
		_, err := fulfillment.Open(t.Context(), options...)
		require.ErrorContains(t, err, name)
	}
	_, err := fulfillment.Open(t.Context(), dir, fulfillment.WithReplicas(3), fulfillment.WithListen("0.0.0.0:0"), fulfillment.WithName(""))
	for _, part := range []string{"has one replica", "requires WithToken", "the name must consist of"} {
		require.ErrorContains(t, err, part, "all errors at once")
	}
	p := openPipeline(t)
	require.Error(t, p.Run(t.Context(), nil))
	err = p.Run(t.Context(), nil, fulfillment.WithConcurrency(0), fulfillment.WithGracePeriod(-1),
		fulfillment.WithBackoff(0, 0), fulfillment.WithMaxDeliveries(-1), fulfillment.WithObserver(nil))
	for _, part := range []string{"client", "concurrency", "grace period", "initial backoff", "deliveries", "observer"} {
		require.ErrorContains(t, err, part)
	}
}

// A URL may contain a password, so that no error contains the URL.
func TestErrorsDoNotContainURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"nats://me:hush%zz@127.0.0.1:1", "nats://me:hush hush@127.0.0.1:1", "nats://me:hush@127.0.0.1:1"} {
		_, err := fulfillment.Open(t.Context(), fulfillment.WithURL(url))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "hush")
		assert.NotContains(t, err.Error(), "zz")
	}
}

func TestEmbeddedQueueIsSharedByPort(t *testing.T) {
	t.Parallel()
	token := fulfillment.WithToken(licensespring.NewSecret("sesame"))
	p := openPipeline(t, fulfillment.WithListen("127.0.0.1:0"), token, fulfillment.WithAckWait(time.Minute))
	_, err := fulfillment.Open(t.Context(), fulfillment.WithURL(p.Address()))
	require.Error(t, err, "without the token")

	other, err := fulfillment.Open(t.Context(), fulfillment.WithURL(p.Address()), token)
	require.NoError(t, err)
	defer func() { require.NoError(t, other.Close()) }()
	require.NoError(t, other.Enqueue(t.Context(), newOrder("inv-1")))
	assert.Equal(t, 1, stats(t, p).Depth)
	s := licensespringtest.NewServer(t)
	run(t, p, newClient(t, s))
	waitUntilEmpty(t, other)
	r, err := other.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	assert.Equal(t, licensespring.OutcomeCreated, r.Outcome)
}

func TestResultsAndWatch(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan string, 100)
	var watching sync.WaitGroup
	watching.Go(func() {
		for r, err := range p.Watch(ctx) {
			if assert.NoError(t, err) {
				seen <- r.OrderID
			}
		}
	})
	run(t, p, newClient(t, s))
	var want []string
	// The first result that is seen proves that the watch has started.
	for i := 0; len(seen) == 0; i++ {
		want = append(want, fmt.Sprint("inv-", i))
		require.NoError(t, p.Enqueue(t.Context(), newOrder(want[i])))
		waitUntilEmpty(t, p)
	}
	require.NoError(t, p.Enqueue(t.Context(), newOrder("last")))
	require.Eventually(t, func() bool {
		for {
			select {
			case id := <-seen:
				if id == "last" {
					return true
				}
			default:
				return false
			}
		}
	}, testTimeout, pollInterval)
	cancel()
	watching.Wait()

	var got []string
	for r, err := range p.Results(t.Context()) {
		require.NoError(t, err)
		got = append(got, r.OrderID)
	}
	assert.ElementsMatch(t, append(want, "last"), got)
	for range p.Results(t.Context()) {
		break // must not leak the watcher
	}
	canceled, cancelResults := context.WithCancel(t.Context())
	cancelResults()
	for _, err := range p.Results(canceled) {
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestWatchEndsWithPipeline(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	client := newClient(t, licensespringtest.NewServer(t))
	stop := run(t, p, client)
	started := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		start := sync.OnceFunc(func() { close(started) })
		for _, err := range p.Watch(t.Context()) {
			start()
			if err != nil {
				ended <- err
			}
		}
	}()
	for i := 0; ; i++ { // the first result proves that the watch has started
		require.NoError(t, p.Enqueue(t.Context(), newOrder(fmt.Sprint("inv-", i))))
		waitUntilEmpty(t, p)
		select {
		case <-started:
		case <-time.After(pollInterval):
			continue
		}
		break
	}
	stop()
	require.NoError(t, p.Close())
	require.ErrorIs(t, <-ended, fulfillment.ErrClosed)
	for _, err := range p.Results(t.Context()) {
		require.ErrorIs(t, err, fulfillment.ErrClosed)
	}
}
