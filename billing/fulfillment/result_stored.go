package fulfillment

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/licensespring-go/licensespring"
)

// storedResult is the JSON form of a result in the bucket.
type storedResult struct {
	OrderID     string                  `json:"order_id"`
	Outcome     licensespring.Outcome   `json:"outcome"`
	Order       json.RawMessage         `json:"order,omitzero"`
	ServiceID   int64                   `json:"service_id,omitzero"`
	Licenses    int                     `json:"licenses"`
	Warnings    []licensespring.Finding `json:"warnings,omitzero"`
	EnqueuedAt  time.Time               `json:"enqueued_at"`
	CompletedAt time.Time               `json:"completed_at"`
	Deliveries  int                     `json:"deliveries"`
	// Contents holds the content keys of the entries that have this result: one,
	// and one more for each append.
	Contents []string `json:"contents"`
	// Silent reports that the result was only stored again without its passwords: it
	// leads to no notice.
	Silent bool `json:"silent,omitzero"`
	// Passwords holds the initial passwords by user. An OrderRecord encodes none.
	Passwords map[string]string `json:"passwords,omitzero"`
}

func newStoredResult(d *delivery, res *licensespring.OrderResult, keepPasswords bool) (storedResult, error) {
	s := storedResult{
		OrderID: d.order.ID, Outcome: res.Outcome, Warnings: slices.Concat(d.warnings, res.Warnings),
		EnqueuedAt: d.enqueuedAt, CompletedAt: time.Now().UTC(), Deliveries: d.count,
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
	if !keepPasswords {
		return s, nil
	}
	forEachUser(res.Order, func(u *licensespring.UserRecord) {
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
		EnqueuedAt: s.EnqueuedAt, CompletedAt: s.CompletedAt, Deliveries: s.Deliveries,
	}
	if s.Order == nil {
		return r, nil
	}
	r.Order = &licensespring.OrderRecord{}
	if err := json.Unmarshal(s.Order, r.Order); err != nil {
		return nil, err
	}
	forEachUser(r.Order, func(u *licensespring.UserRecord) {
		u.InitialPassword = licensespring.NewSecret(s.Passwords[passwordKey(u)])
	})
	return r, nil
}

// merge adds a later result of the same order, and reports whether s changed.
// Results are merged when an order was enqueued twice, processed by two workers,
// or appended to. The record with more licenses wins, since licenses are only ever
// added. Between equal records the one of the call that created the order wins.
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
	s.Silent = s.Silent && !changed
	laterCreated := s.Outcome == licensespring.OutcomeExisting && later.Outcome != licensespring.OutcomeExisting
	if later.Licenses < s.Licenses || (later.Licenses == s.Licenses && !laterCreated) {
		return changed
	}
	contents, passwords, enqueuedAt := s.Contents, s.Passwords, s.EnqueuedAt
	*s = *later
	s.Contents, s.Passwords = contents, passwords
	if enqueuedAt.Before(s.EnqueuedAt) {
		s.EnqueuedAt = enqueuedAt
	}
	return true
}

func passwordKey(u *licensespring.UserRecord) string {
	if u.ID != 0 {
		return strconv.FormatInt(u.ID, 10)
	}
	return u.Email
}

func forEachUser(order *licensespring.OrderRecord, do func(*licensespring.UserRecord)) {
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
