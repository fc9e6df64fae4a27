package fulfillment

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// retryTransient calls do until it succeeds, ctx ends, or the error is not
// transient. A cluster rejects or loses requests while it elects a leader.
func retryTransient(ctx context.Context, do func(context.Context) error) error {
	const initial, maximum = 25 * time.Millisecond, time.Second
	for wait := initial; ; wait = min(2*wait, maximum) {
		// A request that is lost with its server must not use up the time of ctx.
		attempt, cancel := context.WithTimeout(ctx, apiTimeout)
		err := do(attempt)
		cancel()
		if err == nil || !isTransient(err) {
			return err
		}
		if !sleep(ctx, wait) {
			return err
		}
	}
}

// codeDuplicateConflict is JetStream's code for a message whose first copy is
// being stored.
const codeDuplicateConflict jetstream.ErrorCode = 10158

// errConcurrentChange is a transient error: a concurrent change made the response
// of JetStream outdated.
var errConcurrentChange = errors.New("fulfillment: concurrent change")

// isTransient reports whether a server or a leader was temporarily unavailable.
// All retried operations are idempotent.
func isTransient(err error) bool {
	for _, transient := range [...]error{
		nats.ErrNoResponders, nats.ErrTimeout, nats.ErrDisconnected, nats.ErrConnectionReconnecting,
		nats.ErrReconnectBufExceeded, nats.ErrStaleConnection, jetstream.ErrNoStreamResponse,
		context.DeadlineExceeded, errConcurrentChange,
	} {
		if errors.Is(err, transient) {
			return true
		}
	}
	var apiErr *jetstream.APIError
	var jsErr jetstream.JetStreamError
	switch {
	case errors.As(err, &apiErr):
	case errors.As(err, &jsErr):
		apiErr = jsErr.APIError()
	}
	return apiErr != nil && (apiErr.Code >= http.StatusInternalServerError || apiErr.ErrorCode == codeDuplicateConflict)
}

// isWrongSequence reports whether a message was rejected because of the expected
// last sequence of its subject.
func isWrongSequence(err error) bool {
	var apiErr *jetstream.APIError
	return errors.As(err, &apiErr) &&
		(apiErr.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || apiErr.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// backoff returns the n-th wait, counted from 1. Waits double from initial to
// maximum, with jitter over the upper half.
func backoff(initial, maximum time.Duration, n int) time.Duration {
	d := initial
	for range n - 1 {
		if d >= maximum/2 {
			d = maximum
			break
		}
		d *= 2
	}
	d = min(d, maximum)
	return d/2 + jitter(d/2)
}

// jitter returns a random duration in [0, d).
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

// sleep waits for d, and reports whether ctx is still active.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
