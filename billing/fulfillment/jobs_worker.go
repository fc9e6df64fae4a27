package fulfillment

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// jobAckWait returns the time after which the job of a killed process runs again.
func (p *Pipeline) jobAckWait() time.Duration {
	if p.cfg.ackWait > 0 {
		return p.cfg.ackWait
	}
	return DefaultAckWait
}

// Run calls handle for requested jobs until ctx ends. It can run several times
// concurrently, in this process and on other machines. A job is done when handle
// returns nil. Otherwise it runs again, after a time that a [RetryError] determines, and
// other jobs run meanwhile. A request during a run leads to another run. Like
// [Pipeline.Run], it waits for active calls and uses the grace period and the backoff of
// its options. A panic of handle is an error.
func (j *Jobs) Run(ctx context.Context, handle func(context.Context, Job) error, options ...RunOption) error {
	cfg, err := newRunConfig(options)
	if handle == nil {
		err = errors.Join(err, errors.New("fulfillment: the function is nil"))
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	errs := make([]error, len(j.partitions))
	one := *cfg
	one.concurrency = 1
	for i := range j.partitions {
		q := &j.partitions[i]
		w := &jobWorker{
			messageWorker: newMessageWorker(j.pipeline, &one, q.consumer, j.pipeline.jobAckWait()/3),
			jobs:          j, handle: handle,
		}
		w.deliver, w.reconcile = w.deliverJob, q.reconcile
		running.Go(func() {
			defer cancel() // the other partitions end as well
			errs[i] = w.run(ctx)
		})
	}
	running.Wait()
	return firstError(errs)
}

// firstError returns the first error: the partitions end for the same reason.
func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// jobWorker runs the jobs of one partition.
type jobWorker struct {
	messageWorker

	jobs   *Jobs
	handle func(context.Context, Job) error
}

func (w *jobWorker) deliverJob(ctx, callCtx context.Context, msg jetstream.Msg, probe bool) {
	if ctx.Err() != nil {
		_ = msg.Nak() // redeliver to another worker
		return
	}
	defer w.startHeartbeat(msg)()
	if remaining, ready := w.breaker.ready(probe); !ready {
		_ = msg.NakWithDelay(w.returnUncalled(remaining).RetryIn)
		return
	}
	job := Job{Key: msg.Headers().Get(headerJobKey), RequestedAt: time.Now()}
	job.Attempt, _ = strconv.Atoi(msg.Headers().Get(headerAttempt))
	meta, err := msg.Metadata()
	storeCtx := context.WithoutCancel(ctx)
	var later bool
	if err == nil {
		job.RequestedAt = meta.Timestamp
		later, err = w.requestedAgain(storeCtx, msg.Subject(), meta.Sequence.Stream)
	}
	switch {
	case err != nil:
		_ = msg.NakWithDelay(reconnectWait)
		return
	case !later:
		err = w.pipeline.recoverPanics(callCtx, func() error { return w.handle(callCtx, job) })
	}
	switch {
	case err == nil:
		w.breaker.succeeded()
	case callCtx.Err() != nil:
		_ = msg.Nak() // canceled after the grace period
		return
	default:
		// The retry is stored before the acknowledgment: a kill in between runs the job
		// again.
		if w.jobs.schedule(storeCtx, job.Key, w.retryAt(job, err), job.Attempt+1) != nil {
			_ = msg.NakWithDelay(w.cfg.initialBackoff)
			return
		}
	}
	err = withWriteTimeout(storeCtx, func(ctx context.Context) error { return w.pipeline.write(ctx, msg.DoubleAck) })
	if err != nil {
		w.logger().LogAttrs(storeCtx, slog.LevelWarn, "fulfillment acknowledgment failed", slog.String("queue", w.jobs.name), slog.Any("error", err))
	}
}

// requestedAgain reports whether a later request for the job waits, which makes this
// one superfluous.
func (w *jobWorker) requestedAgain(ctx context.Context, subject string, seq uint64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	last, err := w.jobs.stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil // a read replica may be behind
	}
	if err != nil {
		return false, err
	}
	return last.Sequence > seq, nil
}

// retryAt records a failure, and returns the time of the retry.
func (w *jobWorker) retryAt(job Job, err error) time.Time {
	return time.Now().Add(w.retryIn(job.Attempt+1, err))
}
