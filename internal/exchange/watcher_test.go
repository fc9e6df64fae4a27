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

// recordingWatcher records attempts. It derives a context for each attempt and
// cancels it at the end of the attempt.
type recordingWatcher struct {
	t       *testing.T
	limit   time.Duration // of each attempt's context; 0: none
	started []int
	ended   []exchange.Attempt
	cancel  context.CancelFunc
}

type attemptKey struct{}

func (w *recordingWatcher) Start(ctx context.Context, n int) context.Context {
	assert.Nil(w.t, ctx.Value(attemptKey{}), "the context derives from that of the call, not of the previous attempt")
	w.started = append(w.started, n)
	ctx, w.cancel = context.WithCancel(ctx)
	if w.limit > 0 {
		ctx, w.cancel = context.WithTimeout(ctx, w.limit)
	}
	return context.WithValue(ctx, attemptKey{}, n)
}

func (w *recordingWatcher) End(ctx context.Context, a exchange.Attempt) {
	assert.Equal(w.t, a.Number, ctx.Value(attemptKey{}))
	assert.Len(w.t, w.started, a.Number)
	w.ended = append(w.ended, a)
	w.cancel()
}

// The transport receives the context that the watcher derives. When the watcher
// cancels it at the end of the attempt, the call continues.
func TestWatcher(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []any
		h := newHarness(t, sequence(cut, respond(503, "", "Retry-After", "2"), ok), func(h *harness) {
			h.client.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
				seen = append(seen, req.Context().Value(attemptKey{}))
				return h.transport.RoundTrip(req)
			})
		})
		w := &recordingWatcher{t: t}
		conns := 0
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GetConn: func(string) { conns++ }})
		req := request(exchange.Idempotent)
		req.Watcher = w
		resp := h.x.Do(ctx, req)
		assertConsistent(t, resp)
		require.Equal(t, exchange.OK, resp.Ending)
		assert.Equal(t, []int{1, 2, 3}, w.started)
		assert.Equal(t, resp.Attempts, w.ended)
		assert.Equal(t, []any{1, 2, 3}, seen)
		assert.Equal(t, 3, conns, "the caller's trace is called once per attempt")
	})
}

// A context of the watcher that expires ends the attempt but not the call.
func TestWatcherWithTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, sequence(hang, ok))
		req := request(exchange.Idempotent)
		req.Watcher = &recordingWatcher{t: t, limit: time.Second}
		resp := h.x.Do(t.Context(), req)
		assertConsistent(t, resp)
		require.Equal(t, exchange.OK, resp.Ending)
		assert.Equal(t, exchange.Ambiguous, resp.Attempts[0].Ending)
		assert.Equal(t, time.Second, resp.Attempts[0].Took)
	})
}

// A call that a watcher makes with the context of an attempt is a separate call.
func TestWatcherCallsDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, sequence(cut, raw(""), ok))
		var inner *exchange.Response
		req := request(exchange.Idempotent)
		req.Watcher = endFunc(func(ctx context.Context, a exchange.Attempt) {
			if a.Number == 1 {
				inner = h.x.Do(ctx, request(exchange.NonIdempotent))
			}
		})
		resp := h.x.Do(t.Context(), req)
		assertConsistent(t, resp)
		assertConsistent(t, inner)
		assert.Len(t, inner.Attempts, 1)
		assert.Equal(t, exchange.Ambiguous, inner.Ending)
		assert.Len(t, resp.Attempts, 2)
		assert.Equal(t, exchange.OK, resp.Ending)
	})
}

// An attempt in which the transport panics ends as Ambiguous.
func TestWatcherWithPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, ok, func(h *harness) {
			calls := 0
			h.client.Transport = roundTripper(func(*http.Request) (*http.Response, error) {
				if calls++; calls == 1 {
					return nil, errors.New("first attempt fails")
				}
				<-time.After(time.Second) // so that Took is not zero
				panic("second attempt panics")
			})
		})
		w := &recordingWatcher{t: t}
		req := request(exchange.Idempotent)
		req.Watcher = w
		assert.PanicsWithValue(t, "second attempt panics", func() { h.x.Do(t.Context(), req) })
		assert.Equal(t, []int{1, 2}, w.started)
		require.Len(t, w.ended, 2)
		assert.Equal(t, "transport error", w.ended[0].Reason)
		assert.Equal(t, "transport did not return", w.ended[1].Reason)
		assert.Equal(t, exchange.Sent, w.ended[1].Phase)
		assert.True(t, w.ended[1].MayHaveActed())
		assert.Equal(t, time.Second, w.ended[1].Took)
	})
}

// The watcher is not called if there is no attempt.
func TestWatcherWithoutAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, ok)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		w := &recordingWatcher{t: t}
		req := request(exchange.Safe)
		req.Watcher = w
		resp := h.x.Do(ctx, req)
		assert.Equal(t, exchange.NotSent, resp.Ending)
		assert.Empty(t, w.started)
		assert.Empty(t, w.ended)
	})
}
