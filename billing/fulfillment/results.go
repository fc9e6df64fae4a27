package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// known reports whether the entry has a result. An error counts as no: then the
// service is asked.
func (p *Pipeline) known(ctx context.Context, key entryKey) bool {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	entry, err := p.results.Get(ctx, key.order)
	if err != nil {
		return false
	}
	var s struct {
		Contents []string `json:"contents"`
	}
	return json.Unmarshal(entry.Value(), &s) == nil && slices.Contains(s.Contents, key.content)
}

// keep stores a result, or adds it to the one that is there.
func (p *Pipeline) keep(ctx context.Context, key entryKey, s *storedResult) error {
	return p.persist(ctx, func(ctx context.Context) error {
		value, err := p.fit(s)
		if err != nil {
			return err
		}
		_, err = p.results.Create(ctx, key.order, value)
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return err
		}
		return p.add(ctx, key, s)
	})
}

// add adds a result to the one that is there.
func (p *Pipeline) add(ctx context.Context, key entryKey, s *storedResult) error {
	entry, err := p.results.Get(ctx, key.order)
	if err != nil {
		return again(err)
	}
	var have storedResult
	if err := json.Unmarshal(entry.Value(), &have); err != nil {
		return err
	}
	if !have.merge(s) {
		return nil
	}
	value, err := p.fit(&have)
	if err != nil {
		return err
	}
	_, err = p.results.Update(ctx, key.order, value, entry.Revision())
	return again(err)
}

// again has persist try once more what a concurrent change was in the way of: a
// result that was there and is not, or is another by now. A replica that lags
// behind its leader may tell so, too.
func again(err error) error {
	if errors.Is(err, jetstream.ErrKeyNotFound) || isTaken(err) {
		return errors.Join(errAgain, err)
	}
	return err
}

// fit encodes a result so that the server takes it: without the order, if that
// is too large.
func (p *Pipeline) fit(s *storedResult) ([]byte, error) {
	value, err := encode(s)
	if limit := p.conn.MaxPayload(); err != nil || limit <= 0 || int64(len(value)) <= limit {
		return value, err
	}
	small := *s
	small.Order, small.Warnings, small.Passwords = nil, nil, nil
	return encode(small)
}

// Result returns the result of the order with the caller's id, and [ErrNoResult]
// if there is none.
func (p *Pipeline) Result(ctx context.Context, orderID string) (*Result, error) {
	entry, err := p.results.Get(ctx, orderKey(orderID))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, ErrNoResult
	}
	if err != nil {
		return nil, wrap("result", err)
	}
	return readResult(entry)
}

func readResult(entry jetstream.KeyValueEntry) (*Result, error) {
	var s storedResult
	if err := json.Unmarshal(entry.Value(), &s); err != nil {
		return nil, wrap("read a result", err)
	}
	r, err := s.result()
	return r, wrap("read a result", err)
}

// Results yields the results that are kept, in no particular order. It ends
// after the first error.
func (p *Pipeline) Results(ctx context.Context) iter.Seq2[*Result, error] {
	return p.watch(ctx, true, jetstream.IgnoreDeletes())
}

// Watch yields results as they are stored, from now on and by whichever machine,
// until ctx ends or the loop is left; with [ErrClosed] if the pipeline is closed. A
// result is yielded again when it changes: when the order was appended to, for
// one. What was stored before the loop began is in [Pipeline.Results].
func (p *Pipeline) Watch(ctx context.Context) iter.Seq2[*Result, error] {
	return p.watch(ctx, false, jetstream.IgnoreDeletes(), jetstream.UpdatesOnly())
}

func (p *Pipeline) watch(ctx context.Context, once bool, options ...jetstream.WatchOpt) iter.Seq2[*Result, error] {
	return func(yield func(*Result, error) bool) {
		watcher, err := p.results.WatchAll(ctx, options...)
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
					if r, err := readResult(entry); !yield(r, err) || err != nil {
						return
					}
				case once: // nil: that was all there is
					return
				}
			}
		}
	}
}
