package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// jobPartitions is the number of partitions of the keys. Each partition runs one job
// at a time. It must not change: machines that disagree would run two jobs of a key.
const jobPartitions = 16

// headerJobKey holds the key of a job. Subjects contain only its hash. headerAttempt
// holds the number of failed runs before.
const (
	headerJobKey  = "Licensespring-Job-Key"
	headerAttempt = "Licensespring-Attempt"
)

// ErrStateChanged means that another process has saved the state of a job since it was
// read.
var ErrStateChanged = errors.New("fulfillment: the state of the job has changed")

// Jobs is a durable set of jobs, of which each key has one. [Pipeline.OpenJobs] returns
// it. Requests for a key that wait are one job, and at most one job of a key runs at a
// time on all machines. A request during a run leads to another run after it. Jobs is
// safe for concurrent use.
//
// JetStream itself serializes the jobs: keys are partitioned by their hash, and the
// consumer of a partition, which all machines share, delivers the next message after
// the acknowledgment of the previous one. A limit of one message per key would not do:
// JetStream ends the delivery of a message that such a limit removes, so that a request
// during a run would start a second one.
type Jobs struct {
	pipeline   *Pipeline
	name       string
	stream     jetstream.Stream
	partitions [jobPartitions]workQueue
	states     jetstream.KeyValue
}

// Job is one run of a job.
type Job struct {
	// Key is the key of the request.
	Key string
	// Attempt is the number of runs that failed since the last request.
	Attempt int
	// RequestedAt is the time of the last request or retry.
	RequestedAt time.Time
}

// JobStats holds the counts of [Jobs] over all machines.
type JobStats struct {
	// Waiting is the number of requests that wait or run, and Scheduled that of
	// retries and later requests.
	Waiting, Scheduled int
	// OldestAge is the time since the oldest request was stored, without Scheduled.
	OldestAge time.Duration
}

func (n names) jobSubjects(name string) string { return n.prefix + "." + name + ".>" }
func (n names) jobPartition(name string, i int) string {
	return n.prefix + "." + name + "." + strconv.Itoa(i) + ".*"
}

func (n names) jobSubject(name, key string) string {
	return n.prefix + "." + name + "." + strconv.Itoa(partitionOf(key)) + "." + orderKey(key)
}

// jobSchedule is the subject of the scheduled request of a key, which no consumer
// receives.
func (n names) jobSchedule(name, key string) string {
	return n.prefix + "." + name + ".later." + orderKey(key)
}
func (n names) jobSchedules(name string) string { return n.prefix + "." + name + ".later.*" }
func (n names) jobConsumer(i int) string        { return n.consumer() + "-" + strconv.Itoa(i) }
func (n names) jobStates(name string) string    { return n.prefix + "-" + name + "-state" }

// partitionOf returns the partition of a key, the same on all machines.
func partitionOf(key string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return int(h.Sum32() % jobPartitions)
}

// OpenJobs opens a set of jobs, and creates it if it does not exist. The name consists
// of lower-case letters. Servers before 2.12 do not support it.
func (p *Pipeline) OpenJobs(ctx context.Context, name string) (*Jobs, error) {
	if !p.names.isFree(name) {
		return nil, errors.New("fulfillment: open jobs: the name is invalid")
	}
	j := &Jobs{pipeline: p, name: name}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := retryTransient(ctx, j.open); err != nil {
		return nil, wrap("open jobs", err)
	}
	p.queues.set(p.names.queue(name), j.stream)
	p.queues.set("KV_"+p.names.jobStates(name), nil)
	return j, nil
}

func (j *Jobs) open(ctx context.Context) error {
	p := j.pipeline
	var err error
	j.stream, err = p.openStream(ctx, jetstream.StreamConfig{
		Name:              p.names.queue(j.name),
		Description:       "Requests for jobs.",
		Subjects:          []string{p.names.jobSubjects(j.name)},
		Retention:         jetstream.WorkQueuePolicy,
		Storage:           jetstream.FileStorage,
		Replicas:          p.cfg.replicas,
		AllowMsgSchedules: true,
	})
	if err != nil {
		return err
	}
	for i := range j.partitions {
		q := &j.partitions[i]
		q.pipeline, q.name, q.stream, q.partition = p, j.name, j.stream, p.names.jobPartition(j.name, i)
		q.consumer, err = p.js.CreateOrUpdateConsumer(ctx, p.names.queue(j.name), jetstream.ConsumerConfig{
			Durable:       p.names.jobConsumer(i),
			Description:   "The workers on all machines, for one partition of the keys.",
			FilterSubject: q.partition,
			DeliverPolicy: jetstream.DeliverAllPolicy,
			AckPolicy:     jetstream.AckExplicitPolicy,
			AckWait:       p.jobAckWait(),
			MaxDeliver:    -1,
			MaxAckPending: 1, // one job at a time
		})
		if err == nil {
			err = q.reconcileOnce(ctx)
		}
		if err != nil {
			return err
		}
	}
	j.states, err = p.openBucket(ctx, jetstream.KeyValueConfig{
		Bucket:      p.names.jobStates(j.name),
		Description: "States of jobs.",
		History:     1,
		Storage:     jetstream.FileStorage,
	})
	return err
}

// Request requests a run of the job of a key as soon as possible. It returns nil when
// the request is stored, and otherwise the errors of [Pipeline.Enqueue].
func (j *Jobs) Request(ctx context.Context, key string) error {
	return wrap("request a job", j.publish(ctx, key, j.pipeline.names.jobSubject(j.name, key), 0))
}

// RequestAt requests a run at a time, in whole seconds. It replaces another such request
// for the key. A request for the past is one as soon as possible.
func (j *Jobs) RequestAt(ctx context.Context, key string, at time.Time) error {
	return wrap("request a job", j.schedule(ctx, key, at, 0))
}

// schedule stores a request that JetStream moves to the queue at a time. Without a
// schedule a job that waits for its retry would block its partition.
func (j *Jobs) schedule(ctx context.Context, key string, at time.Time, attempt int) error {
	names := j.pipeline.names
	return j.publish(ctx, key, names.jobSchedule(j.name, key), attempt,
		jetstream.WithScheduleAt(at.Add(time.Second-1)), jetstream.WithScheduleTarget(names.jobSubject(j.name, key)))
}

func (j *Jobs) publish(ctx context.Context, key, subject string, attempt int, options ...jetstream.PublishOpt) error {
	p := j.pipeline
	if key == "" {
		return errors.New("the key is empty")
	}
	release, err := p.allocate(ctx, len(key))
	if err != nil {
		return err
	}
	defer release()
	msg := nats.NewMsg(subject)
	msg.Header.Set(headerJobKey, key)
	msg.Header.Set(headerAttempt, strconv.Itoa(attempt))
	return withWriteTimeout(ctx, func(ctx context.Context) error {
		return p.write(ctx, func(ctx context.Context) error {
			_, err := p.js.PublishMsg(ctx, msg, options...)
			return err
		})
	})
}

// Stats returns the counts of the jobs.
func (j *Jobs) Stats(ctx context.Context) (JobStats, error) {
	later := j.pipeline.names.jobSchedules(j.name)
	info, err := j.stream.Info(ctx, jetstream.WithSubjectFilter(later))
	if err != nil {
		return JobStats{}, wrap("job stats", err)
	}
	s := JobStats{Scheduled: len(info.State.Subjects)}
	s.Waiting = max(toInt(info.State.Msgs)-s.Scheduled, 0)
	if s.Waiting == 0 {
		return s, nil
	}
	for i := range j.partitions {
		msg, err := j.stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(j.partitions[i].partition))
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return s, wrap("job stats", err)
		default:
			s.OldestAge = max(s.OldestAge, time.Since(msg.Time))
		}
	}
	return s, nil
}

// JobState is what a program stores for a key, such as what its job did.
type JobState struct {
	// Key is the key of the job.
	Key string
	// Data is the state, in JSON.
	Data json.RawMessage

	revision uint64 // 0: not stored
}

// storedState is the JSON form of a state.
type storedState struct {
	Key  string          `json:"key"`
	Data json.RawMessage `json:"data"`
}

// State returns the state of a key. Its Data is nil if none was saved.
func (j *Jobs) State(ctx context.Context, key string) (*JobState, error) {
	entry, err := j.states.Get(ctx, orderKey(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return &JobState{Key: key}, nil
	}
	if err != nil {
		return nil, wrap("read the state of a job", err)
	}
	s, err := decodeState(entry)
	return s, wrap("read the state of a job", err)
}

func decodeState(entry jetstream.KeyValueEntry) (*JobState, error) {
	var s storedState
	if err := json.Unmarshal(entry.Value(), &s); err != nil {
		return nil, err
	}
	return &JobState{Key: s.Key, Data: s.Data, revision: entry.Revision()}, nil
}

// SaveState stores a state that State returned, with other Data. It returns
// [ErrStateChanged] if the stored one has changed since, for example because the
// machine was paused during a job and another one ran it. Saving the same state twice
// is valid.
func (j *Jobs) SaveState(ctx context.Context, s *JobState) error {
	body, err := encodeJSON(storedState{Key: s.Key, Data: s.Data})
	if err != nil {
		return wrap("save the state of a job", err)
	}
	err = withWriteTimeout(ctx, func(ctx context.Context) error {
		return j.pipeline.write(ctx, func(ctx context.Context) error {
			revision, err := j.states.Update(ctx, orderKey(s.Key), body, s.revision)
			if isWrongSequence(err) {
				// A lost response is retried after the state was stored.
				entry, readErr := j.states.Get(ctx, orderKey(s.Key))
				if readErr != nil || !slices.Equal(entry.Value(), body) {
					return ErrStateChanged
				}
				revision, err = entry.Revision(), nil
			}
			if err == nil {
				s.revision = revision
			}
			return err
		})
	})
	return wrap("save the state of a job", err)
}

// States yields the states of all keys, in no particular order. The sequence ends after
// the first error.
func (j *Jobs) States(ctx context.Context) iter.Seq2[*JobState, error] {
	return func(yield func(*JobState, error) bool) {
		watcher, err := j.states.WatchAll(ctx, jetstream.IgnoreDeletes())
		if err != nil {
			yield(nil, wrap("read the states of jobs", err))
			return
		}
		defer func() { _ = watcher.Stop() }()
		for {
			select {
			case <-ctx.Done():
				yield(nil, ctx.Err())
				return
			case entry, open := <-watcher.Updates():
				switch {
				case !open:
					yield(nil, ErrClosed)
					return
				case entry == nil: // the end
					return
				}
				if s, err := decodeState(entry); !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}
