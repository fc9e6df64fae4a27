package fulfillment

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/licensespring-go/licensespring"
)

// storedResult is a result as it stands in the bucket.
type storedResult struct {
	OrderID    string                  `json:"order_id"`
	Outcome    licensespring.Outcome   `json:"outcome"`
	Order      json.RawMessage         `json:"order,omitzero"`
	ServiceID  int64                   `json:"service_id,omitzero"`
	Licenses   int                     `json:"licenses"`
	Warnings   []licensespring.Finding `json:"warnings,omitzero"`
	Enqueued   time.Time               `json:"enqueued"`
	Done       time.Time               `json:"done"`
	Deliveries int                     `json:"deliveries"`
	// Contents are the entries that this is the result of: one, and for an
	// order that is appended to one for each append.
	Contents []string `json:"contents"`
	// Passwords are by user, if they are to be kept. A record is written
	// without them.
	Passwords map[string]string `json:"passwords,omitzero"`
}

func (p *Pipeline) newStoredResult(d *delivery, res *licensespring.OrderResult) (storedResult, error) {
	s := storedResult{
		OrderID: d.order.ID, Outcome: res.Outcome, Warnings: res.Warnings,
		Enqueued: d.enqueued, Done: time.Now().UTC(), Deliveries: d.deliveries,
		Contents: []string{d.key.content},
	}
	if res.Order == nil {
		return s, nil
	}
	s.ServiceID, s.Licenses = res.Order.ID, len(res.Order.Licenses())
	var err error
	if s.Order, err = json.Marshal(res.Order); err != nil {
		return s, err
	}
	if !p.cfg.keepPasswords {
		return s, nil
	}
	eachUser(res.Order, func(u *licensespring.UserRecord) {
		if u.InitialPassword.IsZero() {
			return
		}
		if s.Passwords == nil {
			s.Passwords = make(map[string]string)
		}
		s.Passwords[passwordKey(u)] = u.InitialPassword.Reveal()
	})
	return s, nil
}

func (s *storedResult) result() (*Result, error) {
	r := &Result{
		OrderID: s.OrderID, Outcome: s.Outcome, ServiceID: s.ServiceID, Warnings: s.Warnings,
		Enqueued: s.Enqueued, Done: s.Done, Deliveries: s.Deliveries,
	}
	if s.Order == nil {
		return r, nil
	}
	r.Order = &licensespring.OrderRecord{}
	if err := json.Unmarshal(s.Order, r.Order); err != nil {
		return nil, err
	}
	eachUser(r.Order, func(u *licensespring.UserRecord) {
		u.InitialPassword = licensespring.NewSecret(s.Passwords[passwordKey(u)])
	})
	return r, nil
}

// merge adds a later result of the same order to one that is stored, and reports
// whether that changed it. Results of one order meet when it was enqueued twice,
// when two workers had it, and when it is appended to. The order as it was when
// it had most licenses is kept, for licenses are only ever added; of two alike,
// what the maker of the order says and not who found it there.
func (s *storedResult) merge(later *storedResult) bool {
	changed := false
	for _, content := range later.Contents {
		if !slices.Contains(s.Contents, content) {
			s.Contents, changed = append(s.Contents, content), true
		}
	}
	for user, password := range later.Passwords {
		if s.Passwords[user] != "" {
			continue
		}
		if s.Passwords == nil {
			s.Passwords = make(map[string]string)
		}
		s.Passwords[user], changed = password, true
	}
	isMaker := s.Outcome == licensespring.Existing && later.Outcome != licensespring.Existing
	if later.Licenses < s.Licenses || (later.Licenses == s.Licenses && !isMaker) {
		return changed
	}
	contents, passwords, enqueued := s.Contents, s.Passwords, s.Enqueued
	*s = *later
	s.Contents, s.Passwords = contents, passwords
	if enqueued.Before(s.Enqueued) {
		s.Enqueued = enqueued
	}
	return true
}

func passwordKey(u *licensespring.UserRecord) string {
	if u.ID != 0 {
		return strconv.FormatInt(u.ID, 10)
	}
	return u.Email
}

func eachUser(order *licensespring.OrderRecord, do func(*licensespring.UserRecord)) {
	for i := range order.OrderItems {
		for j := range order.OrderItems[i].Licenses {
			users := order.OrderItems[i].Licenses[j].LicenseUsers
			for k := range users {
				do(&users[k])
			}
		}
	}
	for i := range order.NewUsers {
		do(&order.NewUsers[i])
	}
}

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
	return persist(ctx, func(ctx context.Context) error {
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
		return errors.Join(err, context.DeadlineExceeded)
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
// until ctx ends or the loop is left. A result is yielded again when it changes:
// when the order was appended to, for one.
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
