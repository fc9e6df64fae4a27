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

// span is what a tracer would keep: a call, and the attempts in it.
type span struct {
	started  licensespring.CallStarted
	ended    []licensespring.CallEnded
	attempts []licensespring.AttemptStarted
	over     []licensespring.Attempt
}

// spans are those of one observer. It checks that each func gets the context
// that the one before it returned.
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

// Every call is observed from its start to its end, each attempt within it, and
// both tell what the result or the error tells.
func TestObserver(t *testing.T) {
	t.Parallel()
	const create, get = "/api/v1/orders/create_order/", "/api/v1/orders/"
	tests := []struct {
		name    string
		faults  []lst.Fault
		call    func(context.Context, *licensespring.Client) error
		op, id  string
		outcome licensespring.Outcome
		paths   []string // of the attempts
	}{
		{"created", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, anOrder("inv-1"))
			return err
		}, "create order", "inv-1", licensespring.Created, []string{create}},
		{"recovered: the lookups that settle are attempts of the call", []lst.Fault{lst.DropAfter()}, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.EnsureOrder(ctx, anOrder("inv-1"))
			return err
		}, "ensure order", "inv-1", licensespring.Recovered, []string{create, create, get}},
		{"refused", []lst.Fault{lst.Status(400)}, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, anOrder("inv-1"))
			return err
		}, "create order", "inv-1", licensespring.Refused, []string{create}},
		{"invalid: a call without attempts", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, licensespring.NewOrder("inv-1"))
			return err
		}, "create order", "inv-1", licensespring.NotSent, nil},
		{"none at all", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, nil)
			return err
		}, "create order", "", licensespring.NotSent, nil},
		{"unknown", []lst.Fault{lst.DropAfter()}, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.CreateOrder(ctx, appendWithoutKeys("inv-1"))
			return err
		}, "create order", "inv-1", licensespring.Unknown, []string{create}},
		{"found: no query in the URL", []lst.Fault{lst.Status(503).Times(1)}, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.FindOrder(ctx, "inv-9")
			return err
		}, "find order", "inv-9", "", []string{get, get}},
		{"got", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GetOrder(ctx, 77)
			return err
		}, "get order", "", "", []string{get + "77/"}},
		{"listed", nil, func(ctx context.Context, c *licensespring.Client) error {
			return drain(c.Orders(ctx, licensespring.OrderFilter{CustomerEmail: customerEmail}))
		}, "list orders", "", "", []string{get}},
		{"keys", nil, func(ctx context.Context, c *licensespring.Client) error {
			_, err := c.GenerateLicenseKeys(ctx, "acme-cad", 3)
			return err
		}, "generate license keys", "", "", []string{"/api/v1/orders/generate_license/"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				told := &spans{t: t}
				client, s, _ := inMemory(t, nil, licensespring.WithObserver(told.observer()))
				s.Inject(tt.faults...)
				start := time.Now()
				err := tt.call(t.Context(), client)

				require.Len(t, told.all, 1)
				sp := told.all[0]
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

// A request that was to be sent again and was not: the observer heard of the
// plan, the error of what became of it.
func TestObserverHearsOfPlans(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		told := &spans{t: t}
		client, s, _ := inMemory(t, nil, licensespring.WithObserver(told.observer()))
		s.Inject(lst.Status(429, lst.Header("Retry-After", "30")))
		time.AfterFunc(10*time.Second, cancel)
		_, err := client.CreateOrder(ctx, anOrder("inv-1"))
		require.ErrorIs(t, err, context.Canceled)
		sp := told.all[0]
		require.Len(t, sp.over, 1)
		assert.Equal(t, "sent again", sp.over[0].Verdict)
		assert.GreaterOrEqual(t, sp.over[0].Wait, 30*time.Second)
		assert.Contains(t, sp.ended[0].Attempts[0].Verdict, "not sent again")
		assert.Zero(t, sp.ended[0].Attempts[0].Wait)
	})
}

// Each order of a bulk run is a call of its own, within the context of the run.
func TestObserverOfManyOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type runKey struct{}
		told := &spans{t: t}
		observer := told.observer()
		start := observer.StartCall
		observer.StartCall = func(ctx context.Context, call licensespring.CallStarted) context.Context {
			assert.Equal(t, "run", ctx.Value(runKey{}))
			return start(ctx, call)
		}
		client, _, _ := inMemory(t, nil, licensespring.WithObserver(observer))
		orders := func(yield func(*licensespring.Order) bool) {
			for _, id := range []string{"inv-1", "inv-2", "inv-1"} {
				if !yield(licensespring.NewOrder(id).AddItem("acme-cad", licensespring.NewLicense().Perpetual())) {
					return
				}
			}
		}
		outcomes := map[licensespring.Outcome]int{}
		for range client.CreateOrders(context.WithValue(t.Context(), runKey{}, "run"), orders, licensespring.WithConcurrency(1)) {
			continue
		}
		for _, sp := range told.all {
			outcomes[sp.ended[0].Outcome]++
		}
		assert.Equal(t, map[licensespring.Outcome]int{licensespring.Created: 2, licensespring.Existing: 1}, outcomes)
	})
}

// Several observers nest like calls: the first is told of the start first and of
// the end last. What is nil is left out, and a nil context is forgiven.
func TestObservers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		observer := func(name string) licensespring.Observer {
			return licensespring.Observer{
				StartCall: func(context.Context, licensespring.CallStarted) context.Context {
					told = append(told, name+" starts call")
					return nil
				},
				EndCall: func(context.Context, licensespring.CallEnded) { told = append(told, name+" ends call") },
				StartAttempt: func(context.Context, licensespring.AttemptStarted) context.Context {
					told = append(told, name+" starts attempt")
					return nil
				},
				EndAttempt: func(context.Context, licensespring.Attempt) { told = append(told, name+" ends attempt") },
			}
		}
		client, _, _ := inMemory(t, nil, licensespring.WithObserver(observer("a")),
			licensespring.WithObserver(licensespring.Observer{}), licensespring.WithObserver(observer("b")))
		_, err := client.CreateOrder(t.Context(), anOrder("inv-1"))
		require.NoError(t, err)
		assert.Equal(t, []string{
			"a starts call", "b starts call", "a starts attempt", "b starts attempt",
			"b ends attempt", "a ends attempt", "b ends call", "a ends call",
		}, told)
	})
}

// Whatever context an observer returns, a call has its time limit.
func TestObserverCannotLiftTheLimit(t *testing.T) {
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

// A transport that panics ends the call: it must not look like a good end, for
// nobody knows what the transport did before.
func TestObserverOfAPanic(t *testing.T) {
	t.Parallel()
	for op, call := range map[string]func(context.Context, *licensespring.Client){
		"create order": func(ctx context.Context, c *licensespring.Client) { _, _ = c.CreateOrder(ctx, anOrder("inv-1")) },
		"get order":    func(ctx context.Context, c *licensespring.Client) { _, _ = c.GetOrder(ctx, 1) },
	} {
		told := &spans{t: t}
		client, err := licensespring.New(lst.DefaultAPIKey, licensespring.WithObserver(told.observer()),
			licensespring.WithHTTPClient(&http.Client{Transport: canaryTrip(func(*http.Request) (*http.Response, error) { panic("the transport") })}))
		require.NoError(t, err)
		assert.Panics(t, func() { call(t.Context(), client) })
		require.Len(t, told.all, 1)
		ended := told.all[0].ended[0]
		assert.Equal(t, op, ended.Op)
		require.ErrorContains(t, ended.Err, "the call did not return")
		assert.Equal(t, op == "create order", errors.Is(ended.Err, licensespring.ErrOutcomeUnknown))
		assert.Equal(t, op == "create order", ended.Outcome == licensespring.Unknown)
	}
}

// A list that fails is over before its caller hears of it.
func TestObserverOfAListThatFails(t *testing.T) {
	t.Parallel()
	ended := 0
	client := newClient(t, testKey, licensespring.WithObserver(licensespring.Observer{
		EndCall: func(context.Context, licensespring.CallEnded) { ended++ },
	}))
	for _, err := range client.Orders(t.Context(), licensespring.OrderFilter{PageSize: 101}) {
		require.ErrorIs(t, err, licensespring.ErrInvalidRequest)
		assert.Equal(t, 1, ended)
	}
	assert.Equal(t, 1, ended)
}
