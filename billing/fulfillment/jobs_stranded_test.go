package fulfillment_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

// jobsStream is the stream of the jobs of openJobs.
const jobsStream = "licensespring-subjects"

// jobRecorder records the keys of the jobs that were run.
type jobRecorder struct {
	mu   sync.Mutex
	keys []string
}

func (r *jobRecorder) handle(_ context.Context, job fulfillment.Job) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = append(r.keys, job.Key)
	return nil
}

// finishJobs runs jobs until no request waits, and returns their keys.
func finishJobs(t *testing.T, j *fulfillment.Jobs) []string {
	t.Helper()
	r := &jobRecorder{}
	stop := runJobs(t, j, r.handle)
	defer stop()
	require.Eventually(t, func() bool { return waitingJobs(t, j).Waiting == 0 }, testTimeout, pollInterval)
	return r.keys
}

func requestAll(t *testing.T, j *fulfillment.Jobs, keys []string) {
	t.Helper()
	for _, key := range keys {
		require.NoError(t, j.Request(t.Context(), key))
	}
}

// Requests that were acknowledged are back in the stream. They run again, and a request
// with a sequence number that the consumer has acknowledged is not lost.
func TestAcknowledgedJobsLeaveTheQueue(t *testing.T) {
	t.Parallel()
	before, after := []string{"sub_1", "sub_2", "sub_3"}, []string{"sub_4", "sub_5", "sub_6", "sub_7"}
	dir := t.TempDir()
	p := openDir(t, dir)
	requestAll(t, openJobs(t, p), before)
	require.NoError(t, p.Close())
	copied := copyMessages(t, dir, jobsStream)
	p = openDir(t, dir)
	j := openJobs(t, p)
	requestAll(t, j, append(after, before...))
	finishJobs(t, j)
	require.NoError(t, p.Close())
	restoreMessages(t, dir, jobsStream, copied)

	p = openDir(t, dir, fulfillment.WithReconcileInterval(time.Hour))
	j = openJobs(t, p)
	assert.Equal(t, 3, waitingJobs(t, j).Waiting)
	requestAll(t, j, after)
	assert.ElementsMatch(t, append(before, after...), finishJobs(t, j))
}

// Run finds stranded requests too, on servers of any kind, and does not disturb the job
// of the partition that runs.
func TestRunRedeliversStrandedJobs(t *testing.T) {
	t.Parallel()
	p := startCluster(t, 1, 0).open(t, fulfillment.WithReconcileInterval(600*time.Millisecond), fulfillment.WithAckWait(time.Minute))
	j := openJobs(t, p)
	keys := samePartition(4)
	requestAll(t, j, keys[:3])
	require.NoError(t, fulfillment.StrandJobs(t.Context(), j, keys[0]))
	require.NoError(t, j.Request(t.Context(), keys[3]))
	r := &jobRecorder{}
	running := make(chan struct{}, 1)
	release := make(chan struct{})
	stop := runJobs(t, j, func(ctx context.Context, job fulfillment.Job) error {
		if job.Key == keys[3] {
			select {
			case running <- struct{}{}:
				<-release
			default:
			}
		}
		return r.handle(ctx, job)
	})
	defer stop()
	<-running
	<-time.After(3 * time.Second)
	r.mu.Lock()
	assert.Empty(t, r.keys, "one job at a time")
	r.mu.Unlock()
	close(release)
	require.Eventually(t, func() bool { return waitingJobs(t, j).Waiting == 0 }, testTimeout, pollInterval)
	r.mu.Lock()
	defer r.mu.Unlock()
	assert.Equal(t, keys[3], r.keys[0])
	assert.ElementsMatch(t, keys, r.keys)
}

// The state of the consumer of a partition is repaired: it is moved aside.
func TestDamagedJobConsumerIsRepaired(t *testing.T) {
	t.Parallel()
	keys := samePartition(3)
	for name, tt := range consumerDamage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			p := openDir(t, dir)
			j := openJobs(t, p)
			requestAll(t, j, keys[:1])
			finishJobs(t, j)
			requestAll(t, j, keys[1:])
			require.NoError(t, p.Close())
			damageConsumer(t, dir, jobsStream, fulfillment.JobConsumer(p, keys[0]), tt.file, tt.change)
			j = openJobs(t, openDir(t, dir))
			assert.Equal(t, keys[1:], finishJobs(t, j))
		})
	}
}
