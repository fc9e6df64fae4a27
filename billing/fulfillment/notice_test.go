package fulfillment_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring"
	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// receiver accepts notices and records them.
type receiver struct {
	mu       sync.Mutex
	notices  []*fulfillment.Notice
	rejects  int // notices to reject first
	arrived  chan *fulfillment.Notice
	rejected []*fulfillment.Notice
}

func newReceiver(rejects int) *receiver {
	return &receiver{rejects: rejects, arrived: make(chan *fulfillment.Notice, 100)}
}

func (r *receiver) handle(_ context.Context, n *fulfillment.Notice) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rejects != 0 {
		r.rejects--
		r.rejected = append(r.rejected, n)
		return errors.New("the shop is closed")
	}
	r.notices = append(r.notices, n)
	r.arrived <- n
	return nil
}

// next returns the next notice that is accepted.
func (r *receiver) next(t *testing.T) *fulfillment.Notice {
	t.Helper()
	select {
	case n := <-r.arrived:
		return n
	case <-time.After(testTimeout):
		require.Fail(t, "no notice")
		return nil
	}
}

var fastNotices = fulfillment.NotifyConfig{InitialBackoff: time.Millisecond, MaxBackoff: 10 * time.Millisecond}

// notify runs Notify until stop is called or the test ends.
func notify(t *testing.T, p *fulfillment.Pipeline, r *receiver, cfg fulfillment.NotifyConfig) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	require.NoError(t, fulfillment.OpenNotices(ctx, p)) // so that no result is stored before
	go func() { done <- p.Notify(ctx, cfg, r.handle) }()
	stop = sync.OnceFunc(func() {
		cancel()
		assert.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return stop
}

// Every result and every dead letter is reported once, after rejections too.
func TestNotify(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	run(t, p, newClient(t, s))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("before"))) // is not reported
	waitUntilEmpty(t, p)
	r := newReceiver(3)
	notify(t, p, r, fastNotices)

	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	n := r.next(t)
	assert.Equal(t, "inv-1", n.Result.OrderID)
	assert.Len(t, n.Result.Order.LicenseKeys(), 1)
	assert.Nil(t, n.DeadLetter)
	assert.Equal(t, 4, n.Deliveries)
	for _, rejected := range r.rejected {
		assert.Equal(t, n.ID, rejected.ID, "the same notice")
	}

	s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity))
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-2")))
	n = r.next(t)
	assert.Equal(t, "inv-2", n.DeadLetter.OrderID)
	assert.Nil(t, n.Result)

	// The retry of the dead letter is reported as a result.
	require.NoError(t, p.Retry(t.Context(), n.DeadLetter.Seq))
	n = r.next(t)
	assert.Equal(t, "inv-2", n.Result.OrderID)
	waitUntilEmpty(t, p)
	assert.Empty(t, r.arrived)
}

// A notice that was not accepted when the process ended is delivered by the next one.
func TestNotifyAfterRestart(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	dir := t.TempDir()
	p := openDir(t, dir, fulfillment.WithNoticeAckWait(time.Second))
	stopRun := run(t, p, newClient(t, s))
	r := newReceiver(-1) // rejects everything
	stop := notify(t, p, r, fastNotices)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	waitUntilEmpty(t, p)
	stop()
	stopRun()
	require.NoError(t, p.Close())

	p = openDir(t, dir)
	r = newReceiver(0)
	notify(t, p, r, fastNotices)
	assert.Equal(t, "inv-1", r.next(t).Result.OrderID)
}

// A notice that is not accepted for long becomes undelivered. It can be retried, and
// then reports the present state.
func TestUndeliveredNotice(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	run(t, p, newClient(t, s))
	cfg := fastNotices
	cfg.MaxAge = time.Nanosecond
	r := newReceiver(2)
	notify(t, p, r, cfg)
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))

	undelivered := func() []*fulfillment.Undelivered {
		var all []*fulfillment.Undelivered
		for u, err := range p.Undelivered(t.Context()) {
			require.NoError(t, err)
			all = append(all, u)
		}
		return all
	}
	require.Eventually(t, func() bool { return len(undelivered()) == 1 }, testTimeout, 10*time.Millisecond)
	u := undelivered()[0]
	assert.Equal(t, "inv-1", u.OrderID)
	assert.Equal(t, "the shop is closed", u.Reason)

	require.EqualError(t, p.RetryNotice(t.Context(), u.Seq, r.handle), "the shop is closed")
	require.Len(t, undelivered(), 1)
	require.NoError(t, p.RetryNotice(t.Context(), u.Seq, r.handle))
	assert.Equal(t, "inv-1", r.next(t).Result.OrderID)
	assert.Equal(t, u.ID, r.notices[0].ID)
	assert.Empty(t, undelivered())
	require.ErrorIs(t, p.RetryNotice(t.Context(), u.Seq, r.handle), fulfillment.ErrNoUndelivered)
	require.NoError(t, p.DiscardNotice(t.Context(), u.Seq))
}

// Passwords are delivered once and then removed from the store, without a further
// notice.
func TestForgetPasswords(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t, fulfillment.WithKeepPasswords(true))
	run(t, p, newClient(t, s))
	r := newReceiver(0)
	notify(t, p, r, fastNotices)
	order := licensespring.NewOrder("inv-1").AddItem("acmeweb", licensespring.NewUserLicense("ada@example.com"))
	require.NoError(t, p.Enqueue(t.Context(), order))
	n := r.next(t)
	require.NotEmpty(t, n.Result.Order.Users()[0].InitialPassword.Reveal())
	require.NoError(t, p.ForgetPasswords(t.Context(), n))
	require.NoError(t, p.ForgetPasswords(t.Context(), n), "again")

	result, err := p.Result(t.Context(), "inv-1")
	require.NoError(t, err)
	assert.True(t, result.Order.Users()[0].InitialPassword.IsZero())
	assert.Equal(t, "ada@example.com", result.Order.Users()[0].Email)

	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-2")))
	assert.Equal(t, "inv-2", r.next(t).Result.OrderID, "the removal of the passwords is not reported")
}

// A handler that panics does not stop the others.
func TestNotifyPanic(t *testing.T) {
	t.Parallel()
	s := licensespringtest.NewServer(t)
	p := openPipeline(t)
	run(t, p, newClient(t, s))
	r := newReceiver(0)
	require.NoError(t, fulfillment.OpenNotices(t.Context(), p))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	panicked := false
	cfg := fastNotices
	cfg.Concurrency = 1
	go func() {
		done <- p.Notify(ctx, cfg, func(ctx context.Context, n *fulfillment.Notice) error {
			if !panicked {
				panicked = true
				panic("boom")
			}
			return r.handle(ctx, n)
		})
	}()
	require.NoError(t, p.Enqueue(t.Context(), newOrder("inv-1")))
	assert.Equal(t, 2, r.next(t).Deliveries)
	cancel()
	require.NoError(t, <-done)
}
