package exchange_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/internal/exchange"
)

// diary is a watcher that gives each attempt a context of its own, and ends it.
type diary struct {
	t       *testing.T
	limit   time.Duration // of each attempt's context; 0: none
	started []int
	ended   []exchange.Attempt
	cancel  context.CancelFunc
}

type pageKey struct{}

func (d *diary) Start(ctx context.Context, n int) context.Context {
	assert.Nil(d.t, ctx.Value(pageKey{}), "an attempt's context is the call's, not that of the attempt before")
	d.started = append(d.started, n)
	ctx, d.cancel = context.WithCancel(ctx)
	if d.limit > 0 {
		ctx, d.cancel = context.WithTimeout(ctx, d.limit)
	}
	return context.WithValue(ctx, pageKey{}, n)
}

func (d *diary) End(ctx context.Context, a exchange.Attempt) {
	assert.Equal(d.t, a.Number, ctx.Value(pageKey{}))
	assert.Len(d.t, d.started, a.Number)
	d.ended = append(d.ended, a)
	d.cancel()
}

// What the watcher puts into an attempt's context reaches the transport, and
// that the watcher ends it at the attempt's end does not end the call.
func TestWatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []any
		r := newRig(t, inTurn(cut, answer(503, "", "Retry-After", "2"), ok), func(r *rig) {
			r.client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
				seen = append(seen, req.Context().Value(pageKey{}))
				return r.transport.RoundTrip(req)
			})
		})
		d := &diary{t: t}
		asked := 0
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GetConn: func(string) { asked++ }})
		req := request(exchange.Guarded)
		req.Watcher = d
		reply := r.x.Do(ctx, req)
		assertJournal(t, reply)
		require.Equal(t, exchange.Done, reply.Ending)
		assert.Equal(t, []int{1, 2, 3}, d.started)
		assert.Equal(t, reply.Attempts, d.ended)
		assert.Equal(t, []any{1, 2, 3}, seen)
		assert.Equal(t, 3, asked, "the caller's trace is told of each attempt once")
	})
}

// A context that the watcher lets run out ends the attempt, as its own time
// would, and not the call.
func TestWatcherWithATimeLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, inTurn(hang, ok))
		req := request(exchange.Guarded)
		req.Watcher = &diary{t: t, limit: time.Second}
		reply := r.x.Do(t.Context(), req)
		assertJournal(t, reply)
		require.Equal(t, exchange.Done, reply.Ending)
		assert.Equal(t, exchange.Lost, reply.Attempts[0].Ending)
		assert.Equal(t, time.Second, reply.Attempts[0].Took)
	})
}

// A call that the watcher makes with an attempt's context is another call.
func TestWatcherThatCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, inTurn(cut, raw(""), ok))
		var inner *exchange.Reply
		req := request(exchange.Guarded)
		req.Watcher = ended(func(ctx context.Context, a exchange.Attempt) {
			if a.Number == 1 {
				inner = r.x.Do(ctx, request(exchange.Unguarded))
			}
		})
		reply := r.x.Do(t.Context(), req)
		assertJournal(t, reply)
		assertJournal(t, inner)
		assert.Len(t, inner.Attempts, 1)
		assert.Equal(t, exchange.Lost, inner.Ending)
		assert.Len(t, reply.Attempts, 2)
		assert.Equal(t, exchange.Done, reply.Ending)
	})
}

// A transport that panics ends the attempt too, and nobody can say what it did.
func TestWatcherOfAPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ok, func(r *rig) {
			calls := 0
			r.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
				if calls++; calls == 1 {
					return nil, errors.New("first it fails")
				}
				<-time.After(time.Second) // what it does takes a while
				panic("then it panics")
			})
		})
		d := &diary{t: t}
		req := request(exchange.Guarded)
		req.Watcher = d
		assert.PanicsWithValue(t, "then it panics", func() { r.x.Do(t.Context(), req) })
		assert.Equal(t, []int{1, 2}, d.started)
		require.Len(t, d.ended, 2)
		assert.Equal(t, "transport error", d.ended[0].Reason)
		assert.Equal(t, "the transport did not return", d.ended[1].Reason)
		assert.Equal(t, exchange.Sent, d.ended[1].Phase)
		assert.True(t, d.ended[1].MayHaveActed())
		assert.Equal(t, time.Second, d.ended[1].Took)
	})
}

// Nothing is told of an attempt that is not made.
func TestWatcherOfNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, ok)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d := &diary{t: t}
		req := request(exchange.Read)
		req.Watcher = d
		reply := r.x.Do(ctx, req)
		assert.Equal(t, exchange.NotSent, reply.Ending)
		assert.Empty(t, d.started)
		assert.Empty(t, d.ended)
	})
}
