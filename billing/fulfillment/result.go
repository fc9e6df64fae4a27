package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

// Result describes an order that exists at the service.
type Result struct {
	// OrderID is the caller's id of the order.
	OrderID string
	// Outcome is the outcome of the call: created, appended, recovered or existing.
	Outcome licensespring.Outcome
	// Order is the order with its license keys. It contains initial passwords only
	// with [WithKeepPasswords]. It is nil if the record exceeded the maximum
	// message size; [licensespring.Client.GetOrder] with ServiceID returns it.
	Order *licensespring.OrderRecord
	// ServiceID is the service's id of the order.
	ServiceID int64
	// Warnings are those of [Pipeline.EnqueueWithWarnings], and the Warnings of the
	// [licensespring.OrderResult].
	Warnings []licensespring.Finding
	// EnqueuedAt is the time at which the order was enqueued, and CompletedAt the
	// time at which the call returned.
	EnqueuedAt, CompletedAt time.Time
	// Deliveries is the number of deliveries of the order to a worker.
	Deliveries int
}

// hasResult reports whether the entry has a result. It returns false on an error,
// because then the call settles the order.
func (p *Pipeline) hasResult(ctx context.Context, key entryKey) bool {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	found, err := p.findResult(ctx, key)
	return found && err == nil
}

func (p *Pipeline) findResult(ctx context.Context, key entryKey) (bool, error) {
	entry, err := p.streams.results.Get(ctx, key.order)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var s struct {
		Contents []string `json:"contents"`
	}
	return json.Unmarshal(entry.Value(), &s) == nil && slices.Contains(s.Contents, key.content), nil
}

// saveResult stores a result, or merges it into the stored one.
func (p *Pipeline) saveResult(ctx context.Context, key entryKey, s *storedResult) error {
	return p.write(ctx, func(ctx context.Context) error {
		value, err := p.encodeResult(s)
		if err != nil {
			return err
		}
		_, err = p.streams.results.Create(ctx, key.order, value)
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return err
		}
		return p.mergeResult(ctx, key, s)
	})
}

func (p *Pipeline) mergeResult(ctx context.Context, key entryKey, s *storedResult) error {
	entry, err := p.streams.results.Get(ctx, key.order)
	if err != nil {
		return retryConcurrentChange(err)
	}
	var have storedResult
	if err := json.Unmarshal(entry.Value(), &have); err != nil {
		return err
	}
	if !have.merge(s) {
		return nil
	}
	value, err := p.encodeResult(&have)
	if err != nil {
		return err
	}
	_, err = p.streams.results.Update(ctx, key.order, value, entry.Revision())
	return retryConcurrentChange(err)
}

// retryConcurrentChange makes an error of a concurrent change transient. A replica
// that lags behind its leader reports the same errors.
func retryConcurrentChange(err error) error {
	if errors.Is(err, jetstream.ErrKeyNotFound) || isWrongSequence(err) {
		return errors.Join(errConcurrentChange, err)
	}
	return err
}

// encodeResult encodes a result, without the order if that exceeds the maximum
// message size.
func (p *Pipeline) encodeResult(s *storedResult) ([]byte, error) {
	value, err := encodeJSON(s)
	if limit := p.conn.MaxPayload(); err != nil || limit <= 0 || int64(len(value)) <= limit {
		return value, err
	}
	small := *s
	small.Order, small.Warnings, small.Passwords = nil, nil, nil
	return encodeJSON(small)
}

// Result returns the result of an order, or [ErrNoResult].
func (p *Pipeline) Result(ctx context.Context, orderID string) (*Result, error) {
	entry, err := p.streams.results.Get(ctx, orderKey(orderID))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, ErrNoResult
	}
	if err != nil {
		return nil, wrap("result", err)
	}
	return decodeResult(entry)
}

func decodeResult(entry jetstream.KeyValueEntry) (*Result, error) {
	var s storedResult
	if err := json.Unmarshal(entry.Value(), &s); err != nil {
		return nil, wrap("decode result", err)
	}
	r, err := s.result()
	return r, wrap("decode result", err)
}

// Results yields the stored results in no particular order. The sequence ends
// after the first error.
func (p *Pipeline) Results(ctx context.Context) iter.Seq2[*Result, error] {
	return p.watchResults(ctx, true, jetstream.IgnoreDeletes())
}

// Watch yields results of all machines as they are stored, until ctx ends, the
// loop ends, or the pipeline is closed ([ErrClosed]). A result is yielded again
// when it changes, for example because licenses were appended. Results that were
// stored before are in [Pipeline.Results].
func (p *Pipeline) Watch(ctx context.Context) iter.Seq2[*Result, error] {
	return p.watchResults(ctx, false, jetstream.IgnoreDeletes(), jetstream.UpdatesOnly())
}

func (p *Pipeline) watchResults(ctx context.Context, once bool, options ...jetstream.WatchOpt) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		watcher, err := p.streams.results.WatchAll(ctx, options...)
		if err != nil {
			yield(nil, wrap("watch results", err))
			return
		}
		defer func() { _ = watcher.Stop() }()
		for {
			select {
			case <-ctx.Done():
				if once {
					yield(nil, ctx.Err())
				}
				return
			case entry, open := <-watcher.Updates():
				switch {
				case !open:
					yield(nil, ErrClosed)
					return
				case entry != nil:
					if r, err := decodeResult(entry); !yield(r, err) || err != nil {
						return
					}
				case once: // nil marks the end of the stored results
					return
				}
			}
		}
	}
}

// PruneResults removes the results that were last changed before a time, and
// returns their number. It needs no free space. If an order without a result is
// enqueued again, a worker finds it at the service and stores its result again.
func (p *Pipeline) PruneResults(ctx context.Context, before time.Time) (int, error) {
	stream, err := p.js.Stream(ctx, "KV_"+p.names.results())
	if err != nil {
		return 0, wrap("prune results", err)
	}
	watcher, err := p.streams.results.WatchAll(ctx, jetstream.MetaOnly())
	if err != nil {
		return 0, wrap("prune results", err)
	}
	defer func() { _ = watcher.Stop() }()
	for pruned := 0; ; {
		select {
		case <-ctx.Done():
			return pruned, ctx.Err()
		case entry, open := <-watcher.Updates():
			switch {
			case !open:
				return pruned, ErrClosed
			case entry == nil: // the end of the stored results
				return pruned, nil
			case !entry.Created().Before(before):
				continue
			}
			// A purge of the stream leaves no marker, unlike one of the key, and keeps
			// a result that was replaced meanwhile.
			err := p.write(ctx, func(ctx context.Context) error {
				return stream.Purge(ctx, jetstream.WithPurgeSubject("$KV."+entry.Bucket()+"."+entry.Key()), jetstream.WithPurgeSequence(entry.Revision()+1))
			})
			if err != nil {
				return pruned, wrap("prune results", err)
			}
			pruned++
		}
	}
}
