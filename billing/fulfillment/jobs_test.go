package fulfillment_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/licensespring-go/licensespring/billing/fulfillment"
)

func openJobs(t *testing.T, p *fulfillment.Pipeline) *fulfillment.Jobs {
	t.Helper()
	j, err := p.OpenJobs(t.Context(), "subjects")
	require.NoError(t, err)
	return j
}

// runJobs runs jobs until the returned function is called.
func runJobs(t *testing.T, j *fulfillment.Jobs, handle func(context.Context, fulfillment.Job) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- j.Run(ctx, handle, fulfillment.WithBackoff(10*time.Millisecond, 50*time.Millisecond))
	}()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

func waitingJobs(t *testing.T, j *fulfillment.Jobs) fulfillment.JobStats {
	t.Helper()
	s, err := j.Stats(t.Context())
	require.NoError(t, err)
	return s
}

// Requests that wait are one job. A request during a run leads to one more run.
func TestJobsAreCoalesced(t *testing.T) {
	t.Parallel()
	j := openJobs(t, openPipeline(t))
	for range 10 {
		require.NoError(t, j.Request(t.Context(), "sub_1"))
	}
	assert.Equal(t, 10, waitingJobs(t, j).Waiting)
	runs := 0
	stop := runJobs(t, j, func(ctx context.Context, job fulfillment.Job) error {
		assert.Equal(t, "sub_1", job.Key)
		assert.Zero(t, job.Attempt)
		if runs++; runs == 1 {
			for range 5 {
				assert.NoError(t, j.Request(ctx, "sub_1"))
			}
		}
		return nil
	})
	require.Eventually(t, func() bool { return waitingJobs(t, j).Waiting == 0 }, testTimeout, 10*time.Millisecond)
	stop()
	assert.Equal(t, 2, runs)
}

// samePartition returns keys of one partition.
func samePartition(n int) []string {
	var keys []string
	for i := 0; len(keys) < n; i++ {
		key := fmt.Sprintf("sub_%d", i)
		if len(keys) == 0 || fulfillment.PartitionOf(key) == fulfillment.PartitionOf(keys[0]) {
			keys = append(keys, key)
		}
	}
	return keys
}

// A job that waits for its retry does not delay the other jobs of its partition.
func TestFailedJobIsRetried(t *testing.T) {
	t.Parallel()
	j := openJobs(t, openPipeline(t))
	keys := samePartition(3)
	var mu sync.Mutex
	var order []string
	retryAt := time.Now().Add(2 * time.Second)
	stop := runJobs(t, j, func(_ context.Context, job fulfillment.Job) error {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, fmt.Sprint(job.Key, " ", job.Attempt))
		switch {
		case job.Key == keys[0] && job.Attempt == 0:
			return &fulfillment.RetryError{Err: errors.New("wait"), At: retryAt}
		case job.Key == keys[0] && job.Attempt == 1:
			assert.False(t, time.Now().Before(retryAt))
			panic("ada@example.com")
		}
		return nil
	})
	for _, key := range keys {
		require.NoError(t, j.Request(t.Context(), key))
	}
	require.Eventually(t, func() bool {
		s := waitingJobs(t, j)
		return s.Waiting+s.Scheduled == 0
	}, testTimeout, 10*time.Millisecond)
	stop()
	assert.Equal(t, []string{keys[0] + " 0", keys[1] + " 0", keys[2] + " 0", keys[0] + " 1", keys[0] + " 2"}, order)
}

// Two machines never run two jobs of a key at the same time, and each request is
// followed by a run.
func TestJobsAreSerialized(t *testing.T) {
	t.Parallel()
	first := openPipeline(t, fulfillment.WithListen("127.0.0.1:0"))
	second, err := fulfillment.Open(t.Context(), fulfillment.WithURL(first.Address()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = second.Close() })

	const keys, requests = 6, 300
	var active [keys]atomic.Int32
	var requested, seen [keys]atomic.Int64
	handle := func(_ context.Context, job fulfillment.Job) error {
		var i int
		if _, err := fmt.Sscanf(job.Key, "key-%d", &i); err != nil {
			return err
		}
		assert.EqualValues(t, 1, active[i].Add(1), "two runs of a job at the same time")
		defer active[i].Add(-1)
		at := requested[i].Load()
		<-time.After(time.Millisecond) // so that runs can overlap
		if rand.IntN(10) == 0 {
			return errors.New("failed")
		}
		seen[i].Store(at)
		return nil
	}
	jobs := []*fulfillment.Jobs{openJobs(t, first), openJobs(t, second)}
	for _, j := range jobs {
		t.Cleanup(runJobs(t, j, handle))
	}
	var all sync.WaitGroup
	for n := range 2 {
		all.Go(func() {
			for range requests {
				i := rand.IntN(keys)
				requested[i].Add(1)
				assert.NoError(t, jobs[n].Request(t.Context(), fmt.Sprintf("key-%d", i)))
			}
		})
	}
	all.Wait()
	require.Eventually(t, func() bool {
		s := waitingJobs(t, jobs[0])
		return s.Waiting+s.Scheduled == 0
	}, testTimeout, 20*time.Millisecond)
	for i := range keys {
		assert.Equal(t, requested[i].Load(), seen[i].Load(), "the last run has seen the last request")
	}
}

// The job of an ended process runs again.
func TestInterruptedJob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := openPipeline(t, fulfillment.WithStoreDir(dir), fulfillment.WithAckWait(time.Second))
	j := openJobs(t, p)
	require.NoError(t, j.Request(t.Context(), "sub_1"))
	require.NoError(t, j.RequestAt(t.Context(), "sub_2", time.Now().Add(2*time.Second)))
	started, ended := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- j.Run(t.Context(), func(context.Context, fulfillment.Job) error {
			close(started)
			<-ended
			return nil
		})
	}()
	<-started
	require.NoError(t, p.Close())
	close(ended)
	<-done

	j = openJobs(t, openPipeline(t, fulfillment.WithStoreDir(dir), fulfillment.WithAckWait(time.Second)))
	var mu sync.Mutex
	runs := map[string]int{}
	stop := runJobs(t, j, func(_ context.Context, job fulfillment.Job) error {
		mu.Lock()
		defer mu.Unlock()
		runs[job.Key]++
		return nil
	})
	require.Eventually(t, func() bool {
		s := waitingJobs(t, j)
		return s.Waiting+s.Scheduled == 0
	}, testTimeout, 10*time.Millisecond)
	stop()
	assert.Equal(t, map[string]int{"sub_1": 1, "sub_2": 1}, runs)
}

func TestJobState(t *testing.T) {
	t.Parallel()
	j := openJobs(t, openPipeline(t))
	s, err := j.State(t.Context(), "sub_1")
	require.NoError(t, err)
	assert.Nil(t, s.Data)
	stale := *s
	s.Data = []byte(`{"n":1}`)
	require.NoError(t, j.SaveState(t.Context(), s))
	s.Data = []byte(`{"n":2}`)
	require.NoError(t, j.SaveState(t.Context(), s))
	stale.Data = []byte(`{"n":3}`)
	require.ErrorIs(t, j.SaveState(t.Context(), &stale), fulfillment.ErrStateChanged)
	stale.Data = []byte(`{"n":2}`)
	require.NoError(t, j.SaveState(t.Context(), &stale), "the same state")

	n := 0
	for s, err := range j.States(t.Context()) {
		require.NoError(t, err)
		assert.Equal(t, "sub_1", s.Key)
		assert.JSONEq(t, `{"n":2}`, string(s.Data))
		n++
	}
	assert.Equal(t, 1, n)
}

func TestOpenJobsRejectsNames(t *testing.T) {
	t.Parallel()
	p := openPipeline(t)
	for _, name := range []string{"", "orders", "Upper", "a.b"} {
		_, err := p.OpenJobs(t.Context(), name)
		require.Error(t, err, name)
	}
	require.Error(t, openJobs(t, p).Request(t.Context(), ""))
	require.Error(t, openJobs(t, p).Run(t.Context(), nil))
}
