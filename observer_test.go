package licensespring_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	lst "github.com/licensespring-go/licensespring/licensespringtest"
)

type spanKey struct{}

// span is what a tracer would record: a call and its attempts.
type span struct {
	started  licensespring.CallStarted
	ended    []licensespring.CallEnded
	attempts []licensespring.AttemptStarted
	over     []licensespring.Attempt
}

// spans are the spans of one observer. It checks that each function receives
// the context that the previous one returned.
type spans struct {
	t   *testing.T
	mu  sync.Mutex
	all []*span
}

func (s *spans) observer() licensespring.Observer {
	type attemptKey struct{}
	of := func(ctx context.Context) *span {
		sp, ok := ctx.Value(spanKey{}).(*span)
		require.True(s.t, ok)
		return sp
	}
	return licensespring.Observer{
		StartCall: func(ctx context.Context, call licensespring.CallStarted) context.Context {
			s.mu.Lock()
			defer s.mu.Unlock()
			sp := &span{started: call}
			s.all = append(s.all, sp)
			return context.WithValue(ctx, spanKey{}, sp)
		},
		EndCall: func(ctx context.Context, call licensespring.CallEnded) {
			sp := of(ctx)
			assert.Nil(s.t, ctx.Value(attemptKey{}))
			assert.Equal(s.t, sp.started, call.CallStarted)
			sp.ended = append(sp.ended, call)
		},
		StartAttempt: func(ctx context.Context, attempt licensespring.AttemptStarted) context.Context {
			assert.Nil(s.t, ctx.Value(attemptKey{}))
			of(ctx).attempts = append(of(ctx).attempts, attempt)
			return context.WithValue(ctx, attemptKey{}, attempt)
		},
		EndAttempt: func(ctx context.Context, attempt licensespring.Attempt) {
			started, ok := ctx.Value(attemptKey{}).(licensespring.AttemptStarted)
			require.True(s.t, ok)
			assert.Equal(s.t, started.Op, attempt.Op)
			assert.Equal(s.t, started.Number, attempt.Number)
			of(ctx).over = append(of(ctx).over, attempt)
		},
	}
}

// Every call is observed from its start to its end with all of its attempts,
// and the observer receives the same values as the result or the error.
func TestObserver(t *testing.T) {
	t.Parallel()
	const create, get = "/api/v1/orders/create_order/", "/api/v1/orders/"
	tests := []struct {
		name    string
		faults  []lst.Fault
		call    func(context.Context, *licensespring.Client) error
		op      licensespring.Op
		id      string
		outcome licensespring.Outcome
		paths   []string // of the attempts
	}{
		{"created", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, anOrder("inv-1"))
			return err
		}, "create order", "inv-1", licensespring.OutcomeCreated, []string{create}},
		{"recovered: the lookups that settle are attempts of the call", []lst.Fault{lst.DropAfter()}, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.EnsureOrder(ctx, anOrder("inv-1"))
			return err
		}, "ensure order", "inv-1", licensespring.OutcomeRecovered, []string{create, create, get}},
		{"rejected", []lst.Fault{lst.Status(400)}, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, anOrder("inv-1"))
			return err
		}, "create order", "inv-1", licensespring.OutcomeRejected, []string{create}},
		{"invalid: a call without attempts", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, licensespring.NewOrder("inv-1"))
			return err
		}, "create order", "inv-1", licensespring.OutcomeNotSent, nil},
		{"none at all", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, nil)
			return err
		}, "create order", "", licensespring.OutcomeNotSent, nil},
		{"unknown", []lst.Fault{lst.DropAfter()}, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, appendWithoutKeys("inv-1"))
			return err
		}, "create order", "inv-1", licensespring.OutcomeUnknown, []string{create}},
		{"found: no query in the URL", []lst.Fault{lst.Status(503).Times(1)}, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrderByStoreID(ctx, "inv-9")
			return err
		}, "get order by store id", "inv-9", "", []string{get, get}},
		{"got", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrder(ctx, 77)
			return err
		}, "get order", "", "", []string{get + "77/"}},
		{"listed", nil, func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.ListOrders(ctx, licensespring.OrderFilter{CustomerEmail: customerEmail}))
		}, "list orders", "", "", []string{get}},
		{"keys", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GenerateLicenseKeys(ctx, "acmecad", 3)
			return err
		}, "generate license keys", "", "", []string{"/api/v1/orders/generate_license/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				recorded := &spans{t: t}
				client, s, _ := inMemory(t, nil, licensespring.WithObserver(recorded.observer()))
				s.Inject(tt.faults...)
				start := time.Now()
				err := tt.call(t.Context(), client)

				require.Len(t, recorded.all, 1)
				sp := recorded.all[0]
				assert.Equal(t, licensespring.CallStarted{Op: tt.op, OrderID: tt.id}, sp.started)
				require.Len(t, sp.ended, 1)
				ended := sp.ended[0]
				assert.Equal(t, err, ended.Err)
				assert.Equal(t, tt.outcome, ended.Outcome)
				assert.Equal(t, time.Since(start), ended.Took)
				if e, ok := errors.AsType[*licensespring.Error](err); ok {
					assert.Equal(t, e.Attempts, ended.Attempts)
				}
				require.Len(t, sp.attempts, len(tt.paths))
				for i, path := range tt.paths {
					assert.Equal(t, s.URL()+path, sp.attempts[i].URL)
					method := http.MethodGet
					if path == create {
						method = http.MethodPost
					}
					assert.Equal(t, method, sp.attempts[i].Method)
				}
				assert.Equal(t, ended.Attempts, sp.over)
			})
		})
	}
}

// If the context ends during a wait, the observer was recorded of the planned
// retry, and the error contains the final decision.
func TestObserverReceivesPlannedRetries(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		recorded := &spans{t: t}
		client, s, _ := inMemory(t, nil, licensespring.WithObserver(recorded.observer()))
		s.Inject(lst.Status(429, lst.Header("Retry-After", "30")))
		time.AfterFunc(10*time.Second, cancel)
		_, err := client.CreateOrder(ctx, anOrder("inv-1"))
		require.ErrorIs(t, err, context.Canceled)
		sp := recorded.all[0]
		require.Len(t, sp.over, 1)
		assert.Equal(t, "retry", sp.over[0].Decision)
		assert.GreaterOrEqual(t, sp.over[0].Wait, 30*time.Second)
		assert.Contains(t, sp.ended[0].Attempts[0].Decision, "no retry")
		assert.Zero(t, sp.ended[0].Attempts[0].Wait)
	})
}

// Each order of a bulk run is a call of its own, within the context of the run.
func TestObserverOfBulkRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type runKey struct{}
		recorded := &spans{t: t}
		observer := recorded.observer()
		start := observer.StartCall
		observer.StartCall = func(ctx context.Context, call licensespring.CallStarted) context.Context {
			assert.Equal(t, "run", ctx.Value(runKey{}))
			return start(ctx, call)
		}
		client, _, _ := inMemory(t, nil, licensespring.WithObserver(observer))
		orders := func(yield func(*licensespring.Order) bool) {
			for _, id := range []string{"inv-1", "inv-2", "inv-1"} {
				if !yield(licensespring.NewOrder(id).AddItem("acmecad", licensespring.NewLicense().Perpetual())) {
					return
				}
			}
		}
		outcomes := map[licensespring.Outcome]int{}
		for range client.EnsureOrders(context.WithValue(t.Context(), runKey{}, "run"), orders, licensespring.WithConcurrency(1)) {
			continue
		}
		for _, sp := range recorded.all {
			outcomes[sp.ended[0].Outcome]++
		}
		assert.Equal(t, map[licensespring.Outcome]int{licensespring.OutcomeCreated: 2, licensespring.OutcomeExisting: 1}, outcomes)
	})
}

// Several observers nest like calls: the first is called first at the start and
// last at the end. Nil functions are skipped, and a nil context is ignored.
func TestObservers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var recorded []string
		observer := func(name string) licensespring.Observer {
			return licensespring.Observer{
				StartCall: func(context.Context, licensespring.CallStarted) context.Context {
					recorded = append(recorded, name+" starts call")
					return nil
				},
				EndCall: func(context.Context, licensespring.CallEnded) { recorded = append(recorded, name+" ends call") },
				StartAttempt: func(context.Context, licensespring.AttemptStarted) context.Context {
					recorded = append(recorded, name+" starts attempt")
					return nil
				},
				EndAttempt: func(context.Context, licensespring.Attempt) { recorded = append(recorded, name+" ends attempt") },
			}
		}
		client, _, _ := inMemory(t, nil, licensespring.WithObserver(observer("a")),
			licensespring.WithObserver(licensespring.Observer{}), licensespring.WithObserver(observer("b")))
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		assert.Equal(t, []string{
			"a starts call", "b starts call", "a starts attempt", "b starts attempt",
			"b ends attempt", "a ends attempt", "b ends call", "a ends call",
		}, recorded)
	})
}

// The call timeout applies to whatever context an observer returns.
func TestObserverCannotExtendTheTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, s, _ := inMemory(t, nil, licensespring.WithCallTimeout(time.Second), licensespring.WithObserver(licensespring.Observer{
			StartCall: func(ctx context.Context, _ licensespring.CallStarted) context.Context {
				return context.WithoutCancel(ctx)
			},
		}))
		s.Inject(lst.StallAfter())
		start := time.Now()
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.ErrorIs(t, err, licensespring.ErrOutcomeUnknown)
		assert.Equal(t, time.Second, time.Since(start))
	})
}

// A transport that panics ends the call with an error, since what it did before
// is unknown.
func TestObserverOfPanic(t *testing.T) {
	t.Parallel()
	for op, call := range map[licensespring.Op]func(context.Context, *licensespring.Client){
		"create order": func(ctx context.Context, c *licensespring.Client) { _, _ = c.CreateOrder(ctx, anOrder("inv-1")) },
		"get order":    func(ctx context.Context, c *licensespring.Client) { _, _ = c.GetOrder(ctx, 1) },
	} {
		recorded := &spans{t: t}
		client, err := licensespring.New(lst.DefaultAPIKey, licensespring.WithObserver(recorded.observer()),
			licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(func(*http.Request) (*http.Response, error) { panic("the transport") })}))
		require.NoError(t, err)
		assert.Panics(t, func() { call(t.Context(), client) })
		require.Len(t, recorded.all, 1)
		ended := recorded.all[0].ended[0]
		assert.Equal(t, op, ended.Op)
		require.ErrorContains(t, ended.Err, "the call did not return")
		assert.Equal(t, op == "create order", errors.Is(ended.Err, licensespring.ErrOutcomeUnknown))
		assert.Equal(t, op == "create order", ended.Outcome == licensespring.OutcomeUnknown)
	}
}

// A list that fails has ended before the caller receives the error.
func TestObserverOfFailedList(t *testing.T) {
	t.Parallel()
	ended := 0
	client := newClient(t, testKey, licensespring.WithObserver(licensespring.Observer{
		EndCall: func(context.Context, licensespring.CallEnded) { ended++ },
	}))
	for _, err := range client.ListOrders(t.Context(), licensespring.OrderFilter{PageSize: 101}) {
		require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
		assert.Equal(t, 1, ended)
	}
	assert.Equal(t, 1, ended)
}
