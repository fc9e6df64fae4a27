package fulfillment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// An announcement is reported like a result. The ID of its notice is the same in every
// delivery.
func TestAnnouncements(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	r := newReceiver(2)
	stop := notify(t, p, r, fastNotices)
	require.Eventually(t, func() bool { // Notify begins with the next announcement
		require.NoError(t, p.Announce(t.Context(), fulfillment.Announcement{ID: "a/1", OrderID: "inv-1", Type: "license.suspended", Body: []byte(`{"n":1}`)}))
		return len(r.arrived) > 0
	}, testTimeout, 10*time.Millisecond)
	n := r.next(t)
	assert.Equal(t, &fulfillment.Announcement{ID: "a/1", OrderID: "inv-1", Type: "license.suspended", Body: []byte(`{"n":1}`)}, n.Announcement)
	assert.Nil(t, n.Result)
	assert.Nil(t, n.DeadLetter)
	stop()
	require.Error(t, p.Announce(t.Context(), fulfillment.Announcement{}))
}

// An announcement that is not accepted can be retried.
func TestUndeliveredAnnouncement(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	r := newReceiver(-1)
	cfg := fastNotices
	cfg.MaxAge = time.Millisecond
	notify(t, p, r, cfg)
	var seq uint64
	require.Eventually(t, func() bool {
		require.NoError(t, p.Announce(t.Context(), fulfillment.Announcement{ID: "a/1", OrderID: "inv-1", Type: "license.changed", Body: []byte(`{}`)}))
		for u, err := range p.Undelivered(t.Context()) {
			require.NoError(t, err)
			assert.Equal(t, "inv-1", u.OrderID)
			seq = u.Seq
		}
		return seq != 0
	}, testTimeout, 10*time.Millisecond)
	accepting := newReceiver(0)
	require.NoError(t, p.RetryNotice(t.Context(), seq, accepting.handle))
	assert.Equal(t, "license.changed", accepting.next(t).Announcement.Type)
}
