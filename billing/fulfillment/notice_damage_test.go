package fulfillment_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
	"github.com/licensespring-go/licensespring/licensespringtest"
)

// noticeStreams are the streams whose messages are reported.
var noticeStreams = map[string]string{
	"results":       "KV_licensespring-results",
	"dead letters":  "licensespring-dead-letters",
	"announcements": "licensespring-announcements",
}

// notifiedStore returns the directory of a store with a result, a dead letter and an
// announcement that were reported, and another one of each that were not.
func notifiedStore(t *testing.T) (dir string) {
	t.Helper()
	s := licensespringtest.NewServer(t)
	dir = t.TempDir()
	p := openDir(t, dir)
	stopRun := run(t, p, newClient(t, s))
	r := newReceiver(0)
	stop := notify(t, p, r, fastNotices)
	createAll := func(done, dead, announced string) {
		require.NoError(t, p.Enqueue(t.Context(), newOrder(done)))
		waitUntilEmpty(t, p)
		s.Inject(licensespringtest.Status(http.StatusUnprocessableEntity).On(licensespringtest.CreateOrder))
		require.NoError(t, p.Enqueue(t.Context(), newOrder(dead)))
		waitUntilEmpty(t, p)
		announce(t, p, announced)
	}
	createAll("done-1", "dead-1", "announced-1")
	for range 3 {
		r.next(t)
	}
	stop()
	createAll("done-2", "dead-2", "announced-2")
	stopRun()
	require.NoError(t, p.Close())
	return dir
}

func announce(t *testing.T, p *fulfillment.Pipeline, id string) {
	t.Helper()
	require.NoError(t, p.Announce(t.Context(), fulfillment.Announcement{ID: id, OrderID: id, Body: []byte("{}")}))
}

// received returns the ids of the orders of the notices until each of want arrived.
func (r *receiver) received(t *testing.T, want ...string) map[string]bool {
	t.Helper()
	got := map[string]bool{}
	for !containsAll(got, want) {
		switch n := r.next(t); {
		case n.Result != nil:
			got[n.Result.OrderID] = true
		case n.Announcement != nil:
			got[n.Announcement.OrderID] = true
		default:
			got[n.DeadLetter.OrderID] = true
		}
	}
	return got
}

func containsAll(got map[string]bool, want []string) bool {
	for _, id := range want {
		if !got[id] {
			return false
		}
	}
	return true
}

// A damaged state of a consumer of notices skips no notice.
func TestDamagedNoticeConsumerIsRepaired(t *testing.T) {
	t.Parallel()
	for of, stream := range noticeStreams {
		for name, tt := range consumerDamage {
			t.Run(of+", "+name, func(t *testing.T) {
				t.Parallel()
				dir := notifiedStore(t)
				damageConsumer(t, dir, stream, "licensespring-notices", tt.file, tt.change)
				// The process that repairs it may end before it notifies.
				require.NoError(t, openDir(t, dir).Close())
				p := openDir(t, dir)
				r := newReceiver(0)
				notify(t, p, r, fastNotices)
				r.received(t, "done-2", "dead-2", "announced-2")
			})
		}
	}
}

// After a kill the state of a consumer of notices may be missing.
func TestMissingStateOfNoticeConsumer(t *testing.T) {
	t.Parallel()
	dir := notifiedStore(t)
	for _, stream := range noticeStreams {
		require.NoError(t, os.Remove(filepath.Join(streamDir(dir, stream), "obs", "licensespring-notices", "o.dat")))
	}
	r := newReceiver(0)
	notify(t, openDir(t, dir), r, fastNotices)
	r.received(t, "done-2", "dead-2", "announced-2")
}

// A damaged stream reuses the sequence numbers of the messages that it lost. Their
// notices are not skipped.
func TestNoticesAfterLostMessages(t *testing.T) {
	t.Parallel()
	for of, stream := range noticeStreams {
		t.Run(of, func(t *testing.T) {
			t.Parallel()
			s := licensespringtest.NewServer(t)
			dir := notifiedStore(t)
			p := openDir(t, dir)
			stop := notify(t, p, newReceiver(0), fastNotices)
			<-time.After(time.Second)
			stop()
			require.NoError(t, p.Close())
			damage(t, dir, stream, func([]byte) []byte { return nil })

			p = openDir(t, dir)
			r := newReceiver(0)
			notify(t, p, r, fastNotices)
			run(t, p, newClient(t, s))
			require.NoError(t, p.Enqueue(t.Context(), newOrder("done-3")))
			waitUntilEmpty(t, p)
			require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "dead-3", Reason: "no"}))
			announce(t, p, "announced-3")
			r.received(t, "done-3", "dead-3", "announced-3")
		})
	}
}

// The first call of Notify begins with the next result, also after a kill during it.
func TestFirstNotifyAfterDamagedConsumer(t *testing.T) {
	t.Parallel()
	dir := notifiedStore(t)
	for _, stream := range noticeStreams {
		obs := filepath.Join(streamDir(dir, stream), "obs", "licensespring-notices")
		require.NoError(t, os.RemoveAll(obs))
		require.NoError(t, os.MkdirAll(obs, 0o700))
	}
	p := openDir(t, dir)
	r := newReceiver(0)
	notify(t, p, r, fastNotices)
	require.NoError(t, p.Reject(t.Context(), fulfillment.Rejection{ID: "dead-3", Reason: "no"}))
	announce(t, p, "announced-3")
	got := r.received(t, "dead-3", "announced-3")
	assert.Equal(t, map[string]bool{"dead-3": true, "announced-3": true}, got)
	entries, err := filepath.Glob(filepath.Join(dir, "damaged-consumer-*"))
	require.NoError(t, err)
	assert.Empty(t, entries)
}
